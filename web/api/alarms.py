"""Alarms: look, acknowledge, shelve, end."""

from typing import Any

from fastapi import APIRouter

from core.values import Role
from dispatch import alarms_io
from web import pages_io
from web.edge import Work, edge
from web.schemas.alarms import Acknowledgement, Shelf
from web.schemas.lists import DEFAULT, After, Limit

router = APIRouter(tags=["alarms"])


@router.get("/alarms")
@edge(Role.VIEWER)
def list_alarms(work: Work, limit: Limit = DEFAULT, after: After = 0) -> dict[str, Any]:
    """Alarms by id, also those that are over."""
    rows = alarms_io.list_alarms(work.conn, work.viewer, after, limit)
    following = rows[-1][0] if len(rows) == limit else None
    return pages_io.as_page([shape for _, shape in rows], following)


@router.post("/alarms/{id}/acknowledge")
@edge(Role.SQUAD)
def acknowledge_alarm(work: Work, id: int, body: Acknowledgement) -> dict[str, Any]:
    """Somebody has seen it: who, when, and a note."""
    shape, events = alarms_io.acknowledge(work.conn, work.viewer, id, body.note, work.now)
    work.record(events)
    return shape


@router.post("/alarms/{id}/shelve")
@edge(Role.DISPATCHER)
def shelve_alarm(work: Work, id: int, body: Shelf) -> dict[str, Any]:
    """Keep it out of the way until a time, with a reason."""
    shape, events = alarms_io.shelve(
        work.conn, work.viewer, id, until=body.until, reason=body.reason, now=work.now
    )
    work.record(events)
    return shape


@router.post("/alarms/{id}/clear")
@edge(Role.DISPATCHER)
def clear_alarm(work: Work, id: int) -> dict[str, Any]:
    """It is over, says a person; the only way a latched alarm ends."""
    shape, events = alarms_io.reset(work.conn, work.viewer, id, work.now)
    work.record(events)
    return shape
