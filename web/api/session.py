"""Log in, who am I, log out."""

from fastapi import APIRouter, Request, Response

from core import clock
from core.values import Role
from web import auth, auth_io
from web.edge import Doors, Work, edge, public
from web.schemas.session import LogIn, Session

router = APIRouter(tags=["session"])
public_router = APIRouter(tags=["session"])


@public_router.post("/session", response_model=Session)
@public
def log_in(request: Request, response: Response, body: LogIn) -> dict[str, object]:
    """Log in. The answer sets a cookie; the session ends when idle or after a shift."""
    doors: Doors = request.app.state.doors
    doors.check_forgery(request, None)
    secret, shape = auth_io.log_in(
        doors.transaction, body.user, body.password, _ip(request), clock.now()
    )
    response.set_cookie(
        auth.COOKIE, secret, httponly=True, samesite="strict",
        secure=doors.settings.secure_cookies, path="/",
    )  # fmt: skip
    return shape


@router.get("/session", response_model=Session)
@edge(Role.VIEWER)
def who_am_i(work: Work) -> dict[str, object]:
    """The account behind this request."""
    return work.account.shape()


@public_router.delete("/session", status_code=204)
@public
def log_out(request: Request, response: Response) -> None:
    """End this session, here and on the server. Ending one that has ended is no error."""
    doors: Doors = request.app.state.doors
    shown = auth.credential(None, request.cookies.get(auth.COOKIE))
    doors.check_forgery(request, shown)
    if shown is not None:
        with doors.transaction() as conn:
            auth_io.close_session(conn, shown)
    response.delete_cookie(auth.COOKIE, path="/")


def _ip(request: Request) -> str | None:
    return request.client.host if request.client else None
