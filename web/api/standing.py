"""Standing rules: what must not be so for longer than a time, whatever arrives or does not."""

from typing import Any

from fastapi import APIRouter

from core.values import Role
from dispatch import standing_io
from dispatch.standing_io import RuleDraft
from web import pages_io
from web.edge import Work, edge
from web.schemas.alarms import NewStandingRule
from web.schemas.lists import DEFAULT, After, Limit

router = APIRouter(prefix="/standing-rules", tags=["alarms"])


@router.get("")
@edge(Role.VIEWER)
def list_standing_rules(work: Work, limit: Limit = DEFAULT, after: After = 0) -> dict[str, Any]:
    """Rules in force by id."""
    rows = standing_io.list_rules(work.conn, work.viewer, after, limit)
    return pages_io.as_page(rows, rows[-1]["id"] if len(rows) == limit else None)


@router.post("", status_code=201)
@edge(Role.DISPATCHER)
def add_standing_rule(work: Work, body: NewStandingRule) -> dict[str, Any]:
    """In force from the next sweep on, within ten seconds."""
    shape, events = standing_io.add_rule(
        work.conn, work.viewer, RuleDraft(**body.model_dump()), work.now
    )
    work.record(events)
    return shape


@router.post("/{id}/end", status_code=204)
@edge(Role.DISPATCHER)
def end_standing_rule(work: Work, id: int) -> None:
    """Its alarms are cleared; that they stood remains on record."""
    work.record(standing_io.end_rule(work.conn, work.viewer, id, work.now))
