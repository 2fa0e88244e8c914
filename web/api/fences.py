"""Fences: list, draw, end."""

from typing import Any

from fastapi import APIRouter

from core.values import Role
from geo import fence_edits_io
from geo.fence_edits import FenceDraft
from web import pages_io
from web.edge import Work, edge
from web.schemas.geo import NewFence
from web.schemas.lists import DEFAULT, After, Limit

router = APIRouter(tags=["fences"])


@router.get("/fences")
@edge(Role.VIEWER)
def list_fences(work: Work, limit: Limit = DEFAULT, after: After = 0) -> dict[str, Any]:
    """Standing fences by id; those of purpose `point` belong to a patrol point."""
    return pages_io.page_of_shapes(work.conn, work.viewer, "fences", after, limit)


@router.post("/fences", status_code=201)
@edge(Role.DISPATCHER)
def create_fence(work: Work, body: NewFence) -> dict[str, Any]:
    """Draw a fence. A shape that cannot be one is refused with the reason."""
    draft = FenceDraft(**body.model_dump())
    shape, events = fence_edits_io.create_fence(work.conn, work.viewer, draft, work.now)
    work.record(events)
    return shape


@router.get("/fences/{id}")
@edge(Role.VIEWER)
def get_fence(work: Work, id: int) -> dict[str, Any]:
    """One standing fence."""
    return fence_edits_io.get_fence(work.conn, work.viewer, id)


@router.put("/fences/{id}")
@edge(Role.DISPATCHER)
def redraw_fence(work: Work, id: int, body: NewFence) -> dict[str, Any]:
    """Draw a fence anew: the old one ends, the answer is its successor."""
    draft = FenceDraft(**body.model_dump())
    shape, events = fence_edits_io.redraw_fence(work.conn, work.viewer, id, draft, work.now)
    work.record(events)
    return shape


@router.delete("/fences/{id}", status_code=204)
@edge(Role.DISPATCHER)
def end_fence(work: Work, id: int) -> None:
    """End a fence; what happened in it stays on record."""
    work.record(fence_edits_io.end_fence(work.conn, work.viewer, id, work.now))
