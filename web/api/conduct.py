"""How tasks are conducted: kinds and policy; supervision, complaint tickets, measures of alarms."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header, Path, Query
from starlette.responses import Response

from core.values import Role
from dispatch import alarm_metrics_io, conduct_io, supervision_io, tickets_io
from dispatch.tickets_io import Callback
from geo.importers_io import read_rows
from web import pages_io
from web.edge import Work, edge
from web.files import table
from web.schemas.imports import Content, Datum, DryRun, Upload
from web.schemas.lists import DEFAULT, After, From, Limit, Since, To, Until
from web.schemas.tasks import CallbackSaid

router = APIRouter(tags=["tasks"])
Accept = Annotated[str, Header(include_in_schema=False)]
Kind = Annotated[str, Path(min_length=1, max_length=64)]
Rule = Annotated[dict[str, Any], Body()]
Step = Annotated[str | None, Query(max_length=32)]
System = Annotated[str, Query(min_length=1, max_length=64, description="Where they come from.")]
OrgId = Annotated[int | None, Query(description="This organisation and everything below it.")]


@router.get("/task-kinds")
@edge(Role.VIEWER)
def list_task_kinds(work: Work) -> dict[str, Any]:
    """What each kind of task asks for: evidence, feedback, verification, deadlines."""
    return pages_io.as_page(conduct_io.list_kinds(work.conn), None)


@router.put("/task-kinds/{kind}")
@edge(Role.DISPATCHER)
def set_task_kind(work: Work, kind: Kind, body: Rule) -> dict[str, Any]:
    """Name a kind or change what it asks for, for tasks made from now on."""
    shape, events = conduct_io.set_kind(work.conn, work.viewer, kind, body, work.now)
    work.record(events)
    return shape


@router.get("/task-policy")
@edge(Role.VIEWER)
def get_task_policy(work: Work) -> dict[str, Any]:
    """How long an offer stands, and the ladder that overdue work climbs."""
    return conduct_io.get_policy(work.conn)


@router.put("/task-policy")
@edge(Role.DISPATCHER)
def set_task_policy(work: Work, body: Rule) -> dict[str, Any]:
    """A new version, in force within seconds; what is left out is as by default."""
    shape, events = conduct_io.set_policy(work.conn, work.viewer, body, work.now)
    work.record(events)
    return shape


@router.get("/supervisions", response_model=None)
@edge(Role.VIEWER)
def list_steps(
    work: Work,
    *,
    since: Since = None,
    until: Until = None,
    step: Step = None,
    limit: Limit = DEFAULT,
    after: After = 0,
    accept: Accept = "",
) -> dict[str, Any] | Response:
    """Steps of supervision with their numbers, by id."""
    found = supervision_io.list_steps(
        work.conn, work.viewer, since=since, until=until, step=step, after=after, limit=limit
    )
    if "text/csv" in accept:
        return table(supervision_io.as_csv(found), "supervisions")
    return pages_io.as_page(found, found[-1]["id"] if len(found) == limit else None)


@router.get("/tickets")
@edge(Role.VIEWER)
def list_tickets(
    work: Work, *, since: Since = None, until: Until = None, limit: Limit = DEFAULT,
    after: After = 0,
) -> dict[str, Any]:  # fmt: skip
    """Complaint tickets with their external numbers and how their tasks stand."""
    found = tickets_io.list_tickets(
        work.conn, work.viewer, since=since, until=until, after=after, limit=limit
    )
    return pages_io.as_page(found, found[-1]["id"] if len(found) == limit else None)


@router.post("/tickets/import")
@edge(Role.DISPATCHER)
def import_tickets(
    work: Work,
    *,
    body: Upload,
    system: System = "12345",
    dry_run: DryRun = True,
    datum: Datum = "wgs84",
    content_type: Content = "",
) -> dict[str, Any]:
    """Take in a file of tickets (CSV, XLSX, NDJSON); one known by its number changes nothing."""
    rows = read_rows(body, content_type)
    report, events = tickets_io.take_in(
        work.conn, work.viewer, rows, system=system, datum=datum, dry_run=dry_run, now=work.now
    )
    work.record(events)
    return report


@router.get("/tickets/{id}")
@edge(Role.VIEWER)
def get_ticket(work: Work, id: int) -> dict[str, Any]:
    """One ticket."""
    return tickets_io.ticket_by_id(work.conn, work.viewer, id)


@router.post("/tickets/{id}/callbacks", status_code=201)
@edge(Role.DISPATCHER)
def add_callback(work: Work, id: int, body: CallbackSaid) -> dict[str, Any]:
    """Write down what the citizen said when called back."""
    said = Callback(**body.model_dump())
    shape, events = tickets_io.call_back(work.conn, work.viewer, id, said, work.now)
    work.record(events)
    return shape


@router.get("/reports/complaints", response_model=None)
@edge(Role.VIEWER)
def complaint_rates(
    work: Work, since: From, until: To, *, org_id: OrgId = None, accept: Accept = ""
) -> dict[str, Any] | Response:
    """The four rates 四率 of tickets received within a span, with definitions; what repeats."""
    found = tickets_io.rates(work.conn, work.viewer, since, until, org_id=org_id, now=work.now)
    return table(tickets_io.rates_csv(found), "complaints") if "text/csv" in accept else found


@router.get("/reports/alarms", response_model=None)
@edge(Role.VIEWER)
def alarm_metrics(
    work: Work, since: From, until: To, *, accept: Accept = ""
) -> dict[str, Any] | Response:
    """Rates, floods, the ten worst sources, what chatters, how fast people answer."""
    found = alarm_metrics_io.alarm_metrics(work.conn, work.viewer, since, until, work.now)
    return table(alarm_metrics_io.as_csv(found), "alarms") if "text/csv" in accept else found
