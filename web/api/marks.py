"""Marks of the cheat detectors: look, and say what a person found."""

from typing import Any

from fastapi import APIRouter

from core.values import Role
from geo.patrol import marks_io
from web.edge import Work, edge
from web.schemas.marks import Review, Wanted

router = APIRouter(prefix="/patrol/marks", tags=["patrol"])


@router.get("")
@edge(Role.SQUAD)
def list_marks(work: Work, wanted: Wanted) -> dict[str, Any]:
    """Marks, the newest first: evidence for a person to look at, never a rejection."""
    page = {"before": wanted.after, "limit": wanted.limit}
    filters = wanted.model_dump(exclude={"after", "limit"})
    return marks_io.list_marks(work.conn, work.viewer, **page, **filters)


@router.post("/{id}/review")
@edge(Role.SQUAD)
def review_mark(work: Work, id: int, body: Review) -> dict[str, Any]:
    """Say whether it was what it looked like. The officer concerned cannot."""
    shape, events = marks_io.review_mark(
        work.conn, work.viewer, id, body.review, note=body.note, now=work.now
    )
    work.audit("mark.review", f"mark:{id}", review=body.review, note=body.note)
    work.record(events)
    return shape
