"""What the public sees who scan the code, or the tag, at a point: a page to read, nothing else.

The query of a SUN address is not looked at: a public scan is no check-in, and what the tag
counts is judged by what officers send alone.
"""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from geo.patrol import tags_io
from geo.patrol.proofs import code_in
from web import citizens_page
from web.edge import Doors, public

router = APIRouter(include_in_schema=False)
_HEADERS = {"Cache-Control": "no-cache"}


@router.get("/p.css")
@public
def style() -> Response:
    """Beside the page, because our policy forbids styles within it."""
    return Response(citizens_page.STYLE, media_type="text/css")


@router.get("/p/{code}")
@public
def point_page(request: Request, code: str) -> HTMLResponse:
    """The page of a point; nothing is recorded."""
    doors: Doors = request.app.state.doors
    name = code_in(code)
    with doors.transaction() as conn:
        texts = None if name is None else tags_io.page_of(conn, name)
    if texts is None:
        return HTMLResponse(citizens_page.gone(), 404, _HEADERS)
    return HTMLResponse(citizens_page.page(*texts), headers=_HEADERS)
