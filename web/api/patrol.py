"""The windows in which somebody must be at a point, and the verdicts."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query

from core.values import Role
from geo.patrol import windows_io
from geo.patrol.windows import Span
from web import pages_io
from web.edge import Work, edge
from web.schemas.geo import NewWindow, WindowFilter
from web.schemas.lists import AsOf, WindowId

router = APIRouter(prefix="/patrol", tags=["patrol"])


@router.get("/windows")
@edge(Role.VIEWER)
def list_windows(work: Work, which: Annotated[WindowFilter, Query()]) -> dict[str, Any]:
    """Windows that overlap a span (the last 24 and the next 12 hours), with their verdicts."""
    given = which.model_dump(exclude={"after", "limit"})
    given["since"] = which.since or work.now - timedelta(hours=24)
    given["until"] = which.until or work.now + timedelta(hours=12)
    return pages_io.page_of_shapes(
        work.conn, work.viewer, "windows", which.after, which.limit, **given
    )


@router.post("/windows", status_code=201)
@edge(Role.DISPATCHER)
def create_window(work: Work, body: NewWindow) -> dict[str, Any]:
    """One window by hand."""
    span = Span(**body.model_dump(exclude={"point_id"}))
    shape, events = windows_io.create_window(work.conn, work.viewer, body.point_id, span, work.now)
    work.record(events)
    return shape


@router.get("/verdicts")
@edge(Role.VIEWER)
def list_verdicts(work: Work, window_id: WindowId, as_of: AsOf = None) -> dict[str, Any]:
    """Every verdict on a window, the newest last; with `as_of`, what was known then."""
    return pages_io.verdicts_of(work.conn, work.viewer, window_id, as_of or work.now)
