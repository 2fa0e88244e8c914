"""The evidence of a patrol window, excuses, and appeals 补签/申诉."""

from typing import Any, Literal

from fastapi import APIRouter

from core.values import Role
from geo.patrol import appeals_io, explain_io
from geo.patrol.appeals import Decision, Draft, Kind
from web.edge import Work, edge
from web.schemas.lists import DEFAULT, After, AsOf, Limit
from web.schemas.patrol import NewAppeal, NewDecision, NewExcuse

router = APIRouter(prefix="/patrol", tags=["patrol"])


@router.get("/windows/{id}")
@edge(Role.VIEWER)
def get_window(work: Work, id: int, as_of: AsOf = None) -> dict[str, Any]:
    """One window with all it was judged on; with `as_of`, the verdicts known then."""
    work.audit("patrol.evidence_read", f"window:{id}")
    return explain_io.window_evidence(work.conn, work.viewer, id, as_of or work.now)


@router.post("/windows/{id}/excuse")
@edge(Role.DISPATCHER)
def excuse_window(work: Work, id: int, body: NewExcuse) -> dict[str, Any]:
    """Nobody needs to come; with a task, because dispatch sent the officer elsewhere."""
    work.record(
        appeals_io.excuse_window(work.conn, work.viewer, id, now=work.now, **body.model_dump())
    )
    return explain_io.window_evidence(work.conn, work.viewer, id, work.now)


@router.post("/excuses/{id}/end", status_code=204)
@edge(Role.DISPATCHER)
def end_excuse(work: Work, id: int) -> None:
    """Take an excuse back; the window is judged anew."""
    work.record(appeals_io.end_excuse(work.conn, work.viewer, id, work.now))


@router.get("/appeals")
@edge(Role.VIEWER)
def list_appeals(
    work: Work,
    limit: Limit = DEFAULT,
    after: After = 0,
    state: Literal["open", "decided"] | None = None,
) -> dict[str, Any]:
    """Make-ups and appeals by id, with both verdicts."""
    return appeals_io.list_appeals(work.conn, work.viewer, state, after, limit)


@router.post("/appeals", status_code=201)
@edge(Role.VIEWER)
def file_appeal(work: Work, body: NewAppeal) -> dict[str, Any]:
    """Say that a verdict is wrong. Somebody else decides."""
    evidence = tuple(one.model_dump(exclude_none=True, mode="json") for one in body.evidence)
    draft = Draft(body.window_id, Kind(body.kind), body.reason, evidence)
    shape, events = appeals_io.file_appeal(work.conn, work.viewer, draft, work.now)
    work.record(events)
    return shape


@router.post("/appeals/{id}/decision")
@edge(Role.VIEWER)
def decide_appeal(work: Work, id: int, body: NewDecision) -> dict[str, Any]:
    """Approve or refuse it (squad leaders and above, never one's own), or withdraw one's own."""
    decision = Decision(body.decision)
    shape, events = appeals_io.decide_appeal(
        work.conn, work.viewer, id, decision, note=body.note, now=work.now
    )
    work.record(events)
    work.audit(f"appeal.{decision}", f"appeal:{id}")
    return shape
