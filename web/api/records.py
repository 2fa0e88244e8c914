"""The record, the quarantine, the audit."""

from typing import Any

from fastapi import APIRouter

from core.errors import Conflict
from core.events_io import events_after
from core.values import Role
from web import pages_io
from web.edge import Work, edge
from web.live.polling import event_shape
from web.schemas.lists import DEFAULT, After, Limit

router = APIRouter(tags=["records"])


@router.get("/events")
@edge(Role.VIEWER)
def list_events(work: Work, limit: Limit = DEFAULT, after: After = 0) -> dict[str, Any]:
    """What happened after an event id, in the order it became known."""
    rows = events_after(work.conn, work.viewer, after, limit)
    following = rows[-1]["id"] if len(rows) == limit else None
    return pages_io.as_page([event_shape(row) for row in rows], following)


@router.get("/quarantine")
@edge(Role.ADMIN)
def list_quarantine(work: Work, limit: Limit = DEFAULT, after: After = 0) -> dict[str, Any]:
    """Messages that could not be read, each once, with the reason."""
    return pages_io.page_of_rows(work.conn, work.viewer, "quarantine", after, limit)


@router.get("/quarantine/{id}")
@edge(Role.ADMIN)
def get_quarantined(work: Work, id: int) -> dict[str, Any]:
    """One of them, with its body in base64."""
    return pages_io.quarantined(work.conn, work.viewer, id)


@router.post("/quarantine/{id}/redrive")
@edge(Role.ADMIN)
def redrive(work: Work, id: int) -> dict[str, Any]:
    """Read the message anew, as it came; what cannot be read stays where it is."""
    pages_io.quarantined(work.conn, work.viewer, id)
    if work.hooks.redrive is None:
        raise Conflict("This server was started without the ingest; redrive it where that runs.")
    work.record(work.hooks.redrive(work.conn, id, work.now))
    work.audit("quarantine.redriven", f"quarantine:{id}")
    return pages_io.quarantined(work.conn, work.viewer, id)


@router.get("/audit")
@edge(Role.ADMIN)
def list_audit(work: Work, limit: Limit = DEFAULT, after: After = 0) -> dict[str, Any]:
    """Who looked at what and who changed what."""
    return pages_io.page_of_rows(work.conn, work.viewer, "audit", after, limit)
