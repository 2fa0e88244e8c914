"""Rosters and the calendar of workdays and holidays."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from core.values import Role
from geo.patrol import calendar_io, rosters_io, windows_io
from geo.patrol.calendar import Day
from geo.patrol.pages import Page
from geo.patrol.rosters import ShiftDraft
from geo.patrol.rosters_io import Filter
from web.edge import Work, edge
from web.schemas.lists import DEFAULT, After, Limit
from web.schemas.plans import History, NewDay, NewShift, ShiftFilter, Year

router = APIRouter(prefix="/patrol", tags=["patrol plans"])


@router.get("/rosters")
@edge(Role.VIEWER)
def list_shifts(work: Work, which: Annotated[ShiftFilter, Query()]) -> dict[str, Any]:
    """Who is on duty when, for what."""
    about = Filter(**which.model_dump(exclude={"limit", "after", "history"}))
    page = Page(which.after, which.limit, which.history)
    return rosters_io.list_shifts(work.conn, work.viewer, about, page)


@router.post("/rosters", status_code=201)
@edge(Role.SQUAD)
def add_shift(work: Work, body: NewShift) -> dict[str, Any]:
    """A shift; with `supersedes` in place of another. Windows judged by the roster are again."""
    draft = ShiftDraft(**body.model_dump(exclude={"supersedes"}))
    shape, events = rosters_io.add_shift(
        work.conn, work.viewer, draft, work.now, supersedes=body.supersedes
    )
    work.record(events)
    return shape


@router.post("/rosters/{id}/end", status_code=204)
@edge(Role.SQUAD)
def end_shift(work: Work, id: int) -> None:
    """Take a shift back; it stays on record."""
    work.record(rosters_io.end_shift(work.conn, work.viewer, id, work.now))


@router.get("/calendar")
@edge(Role.VIEWER)
def list_days(
    work: Work,
    *,
    year: Year = None,
    limit: Limit = DEFAULT,
    after: After = 0,
    history: History = False,
) -> dict[str, Any]:
    """Days that differ from Monday to Friday, the last day known, and a warning near it."""
    calendar_io.seed(work.conn, work.now)
    page = Page(after, limit, history)
    return calendar_io.list_days(work.conn, year, page=page, now=work.now)


@router.post("/calendar", status_code=201)
@edge(Role.DISPATCHER)
def add_day(work: Work, body: NewDay) -> dict[str, Any]:
    """Say that a day is worked, or is not, with the notice that says so."""
    shape, events = calendar_io.add_day(work.conn, work.viewer, Day(**body.model_dump()), work.now)
    work.record([*events, *windows_io.issue(work.conn, work.now, work.viewer.login)])
    return shape


@router.post("/calendar/{id}/end", status_code=204)
@edge(Role.DISPATCHER)
def end_day(work: Work, id: int) -> None:
    """The day is again what its place in the week says."""
    events = calendar_io.end_day(work.conn, work.viewer, id, work.now)
    work.record([*events, *windows_io.issue(work.conn, work.now, work.viewer.login)])
