"""Complaint tickets: taken in once each, called back about, counted."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from core.errors import AppError, Forbidden, Invalid, NotFound
from core.events import Event
from core.sql import load_queries
from core.tables import as_csv
from core.values import Point, Role, Viewer
from dispatch.conduct import Supervision
from dispatch.conduct_io import load_policy
from dispatch.deadlines import end_of_workday
from dispatch.supervision import REPEAT, notices_wanted
from dispatch.supervision_io import take
from dispatch.tasks import NewTask
from dispatch.tasks_io import create_task, lock_tasks
from dispatch.tickets import Known, Outcome, Ticket, alike, four_rates, ticket_of
from geo.importers_io import converter
from geo.patrol import imports
from geo.patrol.calendar import Exceptions
from geo.patrol.calendar_io import load_exceptions
from geo.patrol.imports import Named, Refused, find, refused, summary
from geo.patrol.rates_io import scope

QUERIES = load_queries("dispatch", "tickets.sql")
Shape = dict[str, Any]
SPAN_MAX: Final = timedelta(days=366)
ROWS_MAX: Final = 500  # each becomes a task, all in one transaction


class NoSuchTicket(NotFound):
    """No such ticket, or not within your organisation."""


@dataclass(frozen=True, slots=True)
class Callback:
    """What the citizen said; nothing about a call nobody answered."""

    answered: bool
    solved: bool | None = None
    satisfied: bool | None = None
    note: str = ""


@dataclass
class _Job:
    conn: Connection[Any]
    viewer: Viewer
    now: datetime
    orgs: list[Named]
    rule: Supervision
    exceptions: Exceptions
    events: list[Event]


def take_in(
    conn: Connection[Any], viewer: Viewer, rows: Sequence[Mapping[str, Any]], *, system: str,
    datum: str, dry_run: bool, now: datetime,
) -> tuple[Shape, list[Event]]:  # fmt: skip
    """Tickets row by row; a bad row is refused by its number and the others are taken.

    Returns {dry_run, counts, rows: [{row, action, name, zh, en, changes}]}; a dry run writes
    nothing.
    Raises Forbidden, Invalid.
    """
    if not viewer.may(Role.DISPATCHER):
        raise Forbidden("Only dispatchers and administrators take in tickets.")
    if not 0 < len(rows) <= ROWS_MAX:
        raise Invalid(f"A file has 1 to {ROWS_MAX} tickets; got {len(rows)}. Split it.")
    with conn.cursor(row_factory=class_row(Named)) as cursor:
        orgs = cursor.execute(QUERIES["orgs"], {"org_ids": list(viewer.org_ids)}).fetchall()
    job = _Job(conn, viewer, now, orgs, load_policy(conn).supervision, load_exceptions(conn), [])
    convert = converter(datum)
    outcomes = []
    with conn.transaction(force_rollback=dry_run):
        for no, row in enumerate(rows, 1):
            name = ""
            try:
                ticket = ticket_of(row, system, convert)
                name = f"{ticket.system} {ticket.external_id}"
                with conn.transaction():
                    outcomes.append(_take(job, ticket, no, name))
            except (Refused, AppError) as error:
                outcomes.append(refused(no, name, error))
    report = {
        "dry_run": dry_run,
        "counts": summary(outcomes),
        "rows": [asdict(one) for one in outcomes],
    }
    return report, [] if dry_run else job.events


def _take(job: _Job, ticket: Ticket, no: int, name: str) -> imports.Outcome:
    org_id = job.viewer.org_id
    if ticket.org:
        org_id = type(org_id)(find(ticket.org, job.orgs, ("单位", "organisation")).id)
    key = {"system": ticket.system, "external_id": ticket.external_id}
    job.conn.execute(QUERIES["lock"], key)
    with job.conn.cursor(row_factory=dict_row) as cursor:
        known = cursor.execute(QUERIES["known"], key).fetchone()
    if known is not None:
        return _again(job, ticket, known, no, name)
    draft = NewTask(
        kind=ticket.kind, title=_title(ticket), instructions=ticket.content,
        priority=ticket.priority, place=ticket.place, deadline=ticket.deadline, org_id=org_id,
        source={"kind": "ticket", **key, "address": ticket.address},
    )  # fmt: skip
    shape, events = create_task(job.conn, job.viewer, draft, job.now)
    job.events += events
    due = None
    if ticket.wants_contact:
        due = end_of_workday(ticket.received_at, job.rule.contact_workdays, job.exceptions)
    row = job.conn.execute(QUERIES["add"], {
        **key, "org_id": org_id, "task_id": shape["id"], "subject": ticket.subject,
        "content": ticket.content, "caller": ticket.caller, "address": ticket.address,
        "received_at": ticket.received_at, "contact_due": due, "now": job.now,
    }).fetchone()  # fmt: skip
    assert row is not None
    job.events.append(Event("ticket.taken", job.now, org_id,
        {"ticket": ticket_by_id(job.conn, job.viewer, row[0])}, task_id=shape["id"],
        actor=job.viewer.login))  # fmt: skip
    _supervise_repeats(job, ticket, row[0], shape["id"])
    return imports.Outcome(no, "created", name)


def _again(job: _Job, ticket: Ticket, known: Shape, no: int, name: str) -> imports.Outcome:
    """A ticket sent again: what it says differently is kept; its task goes its own way."""
    if not job.viewer.sees(known["org_id"]):
        raise Refused("该工单已由其他单位受理", "another organisation has this ticket")
    said = {"subject": ticket.subject, "content": ticket.content, "caller": ticket.caller,
            "address": ticket.address}  # fmt: skip
    changed = imports.changes(known, said)
    if not changed:
        return imports.Outcome(no, "unchanged", name)
    job.conn.execute(QUERIES["change"], {"id": known["id"], **said})
    body = {"ticket": ticket_by_id(job.conn, job.viewer, known["id"]), "changes": changed}
    job.events.append(Event("ticket.changed", job.now, known["org_id"], body,
                            task_id=known["task_id"], actor=job.viewer.login))  # fmt: skip
    return imports.Outcome(no, "changed", name, changed)


def _supervise_repeats(job: _Job, ticket: Ticket, ticket_id: int, task_id: int) -> None:
    rule = job.rule
    place = ticket.place
    given = {"subject": ticket.subject, "caller": ticket.caller, "address": ticket.address,
             "lat": place and place.lat_deg, "lon": place and place.lon_deg,
             "id": ticket_id, "received_at": ticket.received_at,
             "radius_m": rule.repeat_radius_m,
             "days": rule.repeat_days, "org_ids": list(job.viewer.org_ids)}  # fmt: skip
    others = [
        Known(id_, task, caller, address, None if lon is None else Point(lat, lon))
        for id_, task, caller, address, lon, lat in job.conn.execute(QUERIES["before"], given)
    ]
    same = alike(ticket, others, rule.repeat_radius_m)
    count = len(same) + 1
    if count < rule.repeat_min:
        return
    task = lock_tasks(job.conn, [task_id], None)[task_id]
    which = ", ".join(f"#{one.task_id}" for one in same)
    days = rule.repeat_days
    reason = (
        f"{days} 天内第 {count} 次相似诉件：{which} / no. {count} alike in {days} days: {which}"
    )
    job.events += take(job.conn, task, REPEAT, reason, by="system", now=job.now)


def _title(ticket: Ticket) -> str:
    where = f"（{ticket.address}）" if ticket.address else ""
    return f"{ticket.subject}{where}"[:200]


def ticket_by_id(conn: Connection[Any], viewer: Viewer, ticket_id: int) -> Shape:
    """Raises NotFound."""
    found = list_tickets(conn, viewer, since=None, until=None, after=0, limit=1, id_=ticket_id)
    if not found:
        raise NoSuchTicket(id=ticket_id)
    return found[0]


def list_tickets(
    conn: Connection[Any], viewer: Viewer, *, since: datetime | None, until: datetime | None,
    after: int, limit: int, id_: int | None = None,
) -> list[Shape]:  # fmt: skip
    """By id, each with how its task stands and the newest call-back."""
    given = {"org_ids": list(viewer.org_ids), "since": since, "until": until, "after": after,
             "limit": limit, "id": id_}  # fmt: skip
    return [shape for _, shape in conn.execute(QUERIES["shapes"], given)]


def call_back(
    conn: Connection[Any], viewer: Viewer, ticket_id: int, said: Callback, now: datetime
) -> tuple[Shape, list[Event]]:
    """Write down what the citizen said. Raises NotFound, Forbidden, Invalid."""
    ticket = ticket_by_id(conn, viewer, ticket_id)
    if not viewer.may(Role.DISPATCHER):
        raise Forbidden("Only dispatchers and administrators write call-backs down.")
    if not said.answered and (said.solved, said.satisfied) != (None, None):
        raise Invalid("Nobody answered, so nobody said whether it is solved.")
    given = {"id": ticket_id, "now": now, "by": viewer.login, **asdict(said)}
    conn.execute(QUERIES["add_callback"], given)
    shape = ticket_by_id(conn, viewer, ticket_id)
    event = Event("ticket.called_back", now, ticket["org_id"], {"ticket": shape},
                  task_id=ticket["task_id"], actor=viewer.login)  # fmt: skip
    return shape, [event]


def rates(
    conn: Connection[Any], viewer: Viewer, since: datetime, until: datetime, *,
    org_id: int | None, now: datetime,
) -> Shape:  # fmt: skip
    """Of tickets received within the span: {total, items by organisation, repeats, notices}.

    Raises Invalid, NotFound.
    """
    if not since < until <= since + SPAN_MAX:
        raise Invalid("Rates cover at most a year, from before to.")
    given = {"since": since, "until": until, "org_ids": scope(conn, viewer, org_id)}
    with conn.cursor(row_factory=class_row(Outcome)) as cursor:
        outcomes = cursor.execute(QUERIES["outcomes"], given).fetchall()
    by_org: dict[int, list[Outcome]] = {}
    for one in outcomes:
        by_org.setdefault(one.org_id, []).append(one)
    names = dict(conn.execute(QUERIES["org_names"], given).fetchall())
    issued = conn.execute(QUERIES["notices"], given).fetchone()
    assert issued is not None
    wanted = notices_wanted(len(outcomes), load_policy(conn).supervision)
    with conn.cursor(row_factory=dict_row) as cursor:
        repeats = cursor.execute(QUERIES["repeats"], given).fetchall()
    return {
        "from": since, "to": until,
        "total": four_rates(outcomes, now),
        "items": [
            {"key": key, "name": names.get(key, str(key)), **four_rates(found, now)}
            for key, found in sorted(by_org.items(), key=lambda item: names.get(item[0], ""))
        ],
        "repeats": repeats,
        "notices": {"issued": issued[0], "wanted": wanted},
        "next": None,
    }  # fmt: skip


def rates_csv(found: Shape) -> str:
    """A row an organisation, each rate with its parts."""
    names = list(found["total"]["figures"])
    parts = ("value", "numerator", "denominator")
    rows = [["name", "tickets", "open", *(f"{n}_{part}" for n in names for part in parts)]]
    for one in [*found["items"], {"name": "合计 total", **found["total"]}]:
        figures = [one["figures"][name] for name in names]
        cells = [each[part] for each in figures for part in parts]
        rows.append([one["name"], one["tickets"], one["open"], *cells])
    return as_csv(rows)
