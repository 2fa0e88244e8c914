"""What was covered of points, segments and areas; segments of road to be covered."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.values import Role
from geo.coverage import coverage_io, export_io, segment_edits_io
from geo.coverage.segment_edits import SegmentDraft
from web.edge import Work, edge
from web.schemas.coverage import Accept, Begin, End, Format, KindOf, NewSegment, OrgId
from web.schemas.lists import DEFAULT, After, Limit

router = APIRouter(prefix="/patrol", tags=["patrol"])


@router.get("/coverage", response_model=None)
@edge(Role.VIEWER)
def get_coverage(
    work: Work,
    *,
    kind: KindOf = "point",
    since: Begin = None,
    until: End = None,
    org_id: OrgId = None,
    format: Format = None,
    accept: Accept = "",
) -> dict[str, Any] | Response:
    """Coverage over a span of up to 31 days; a local day that is over is read as it was kept."""
    span = coverage_io.span_of(since, until, work.now)
    asked = coverage_io.Asked(kind, span, org_id)
    wanted = format or ("csv" if "text/csv" in accept else "json")
    if wanted == "json":
        return coverage_io.coverage(work.conn, work.viewer, asked, work.now)
    file = export_io.export(work.conn, work.viewer, asked, wanted, work.now)
    return Response(file.body, media_type=file.media, headers=file.headers)


@router.get("/segments")
@edge(Role.VIEWER)
def list_segments(work: Work, limit: Limit = DEFAULT, after: After = 0) -> dict[str, Any]:
    """Standing segments by id."""
    return segment_edits_io.list_segments(work.conn, work.viewer, after, limit)


@router.post("/segments", status_code=201)
@edge(Role.DISPATCHER)
def create_segment(work: Work, body: NewSegment) -> dict[str, Any]:
    """Draw a segment of road. A line that cannot be one is refused with the reason."""
    draft = SegmentDraft(**body.model_dump())
    shape, events = segment_edits_io.create_segment(work.conn, work.viewer, draft, work.now)
    work.record(events)
    return shape


@router.post("/segments/{id}/end", status_code=204)
@edge(Role.DISPATCHER)
def end_segment(work: Work, id: int) -> None:
    """End a segment; what was measured of it stays on record."""
    work.record(segment_edits_io.end_segment(work.conn, work.viewer, id, work.now))
