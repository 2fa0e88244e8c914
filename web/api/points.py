"""Patrol points: where somebody must be."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.values import Role
from geo.patrol import exports_io, points_io, windows_io
from geo.patrol.points import PointDraft
from web import pages_io
from web.edge import Work, edge
from web.schemas.coverage import Accept
from web.schemas.geo import NewPoint
from web.schemas.imports import PointFormat
from web.schemas.lists import DEFAULT, After, Limit
from web.schemas.plans import PointChanges

router = APIRouter(prefix="/patrol", tags=["patrol"])


@router.get("/points", response_model=None)
@edge(Role.VIEWER)
def list_points(
    work: Work,
    *,
    limit: Limit = DEFAULT,
    after: After = 0,
    format: PointFormat = None,
    accept: Accept = "",
) -> dict[str, Any] | Response:
    """Patrol points by id; as a file all of them, in the columns an import reads."""
    wanted = format or ("csv" if "text/csv" in accept else "json")
    if wanted == "json":
        return pages_io.page_of_shapes(work.conn, work.viewer, "points", after, limit)
    file = exports_io.export_points(work.conn, work.viewer, wanted)
    return Response(file.body, media_type=file.media, headers=file.headers)


@router.post("/points", status_code=201)
@edge(Role.DISPATCHER)
def create_point(work: Work, body: NewPoint) -> dict[str, Any]:
    """Make a patrol point with a circle around it; its windows follow its grade at once."""
    draft = PointDraft(**body.model_dump())
    shape, events = points_io.create_point(work.conn, work.viewer, draft, work.now)
    work.record(events)
    work.record(windows_io.issue(work.conn, work.now, work.viewer.login, [shape["id"]]))
    return shape


@router.put("/points/{id}")
@edge(Role.DISPATCHER)
def edit_point(work: Work, id: int, body: PointChanges) -> dict[str, Any]:
    """Move, rename, tag or grade a point. What happened where it stood stays on record."""
    shape, events = points_io.edit_point(work.conn, work.viewer, id, body.said(), work.now)
    work.record(events)
    return shape


@router.post("/points/{id}/end", status_code=204)
@edge(Role.DISPATCHER)
def end_point(work: Work, id: int) -> None:
    """End a point: windows not yet open are withdrawn, its tag is free again."""
    work.record(points_io.end_point(work.conn, work.viewer, id, work.now))
