"""Carry the ladder of offers on, from the data alone: a sweep that missed ticks catches up."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from core.events import Event
from core.sql import load_queries
from core.values import OrgId, Role, Viewer
from dispatch import candidates_io
from dispatch.alarms import ClearAlarm, RaiseAlarm
from dispatch.alarms_io import carry_out
from dispatch.assignments import AssignmentState
from dispatch.assignments_io import tell
from dispatch.conduct import Offers
from dispatch.conduct_io import load_policy
from dispatch.offers import LAPSED, TYPES, Doing, Offer, Waiting, judge, may_reoffer, wrong
from dispatch.standing_io import outages_before
from dispatch.tasks import Move, Step
from dispatch.tasks_io import advance, lock_tasks
from geo.patrol.sight import Span

QUERIES = load_queries("dispatch", "offers.sql")
ACTOR: Final = "system"


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """Resume, begin, tell again, take back, offer anew; then say what is wrong."""
    rule = load_policy(conn).offers
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(QUERIES["open_offers"]).fetchall()
    offers = [Offer(**{**row, "state": AssignmentState(row["state"])}) for row in rows]
    outages = outages_before(conn, now) if offers else ()
    offers = [offer for offer in offers if judge(offer, rule, outages, now) is not None]
    resumed = [id_ for (id_,) in conn.execute(QUERIES["due_to_resume"], {"now": now})]
    begun = _due_to_start(conn, rule, now)
    back = [one.task_id for one in _waiting(conn) if one.state == "returned"]
    # All at once and in order of id, as everybody locks tasks: nobody waits in a ring.
    ids = {*resumed, *begun, *back, *(offer.task_id for offer in offers)}
    lock_tasks(conn, sorted(ids), None)
    events = _resume(conn, resumed, now)
    # Asked again under the lock: somebody may have reserved another unit meanwhile.
    events += _begin(conn, _due_to_start(conn, rule, now), now)
    for offer in offers:
        events += _answer(conn, offer, rule, outages, now)
    events += _offer_anew(conn, rule, now)
    return events + _say(conn, rule, now)


def _resume(conn: Connection[Any], due: Sequence[int], now: datetime) -> list[Event]:
    """Deferred tasks whose day has come."""
    events: list[Event] = []
    for task in lock_tasks(conn, due, None).values():
        if task.state == "deferred":
            events += advance(conn, task, Step(Move.RESUME, ACTOR, now), now)[1]
    return events


def _due_to_start(conn: Connection[Any], rule: Offers, now: datetime) -> dict[int, int]:
    """Scheduled tasks whose time has come, and the device number each is reserved for."""
    given = {"until": now + timedelta(seconds=rule.lead_s)}
    return dict(conn.execute(QUERIES["due_to_start"], given).fetchall())


def _begin(conn: Connection[Any], due: Mapping[int, int], now: datetime) -> list[Event]:
    """Scheduled work is offered to whom it is reserved for."""
    events: list[Event] = []
    for task in lock_tasks(conn, list(due), None).values():
        if task.state == "accepted":
            step = Step(Move.ASSIGN, ACTOR, now, unit_no=due[task.id])
            events += advance(conn, task, step, now)[1]
    return events


def _answer(
    conn: Connection[Any], offer: Offer, rule: Offers, outages: Sequence[Span], now: datetime
) -> list[Event]:
    """Judged again under the task's lock, since its device may have answered meanwhile."""
    task = lock_tasks(conn, [offer.task_id], None)[offer.task_id]
    given = {"assignment_id": offer.assignment_id, "priority": offer.priority}
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(QUERIES["still"], given).fetchone()
    if row is None:
        return []
    device_no = row.pop("device_no")
    still = Offer(**{**row, "state": AssignmentState(row["state"])})
    doing = judge(still, rule, outages, now)
    if doing is Doing.LAPSE:
        return advance(conn, task, Step(Move.LAPSE, ACTOR, now, reason=LAPSED), now)[1]
    if doing is Doing.TELL_AGAIN:
        tell(conn, task, device_no, task.state, now)
        conn.execute(QUERIES["count_told"], given)
    return []


def _offer_anew(conn: Connection[Any], rule: Offers, now: datetime) -> list[Event]:
    events: list[Event] = []
    for waiting in _waiting(conn):
        if waiting.state != "returned" or waiting.lon_deg is None or waiting.lat_deg is None:
            continue
        if not may_reoffer(waiting, rule):
            continue
        chosen = _next(conn, waiting, now)
        task = lock_tasks(conn, [waiting.task_id], None)[waiting.task_id]
        if chosen is not None and task.state == "returned":
            step = Step(Move.ASSIGN, ACTOR, now, reason=LAPSED, unit_no=chosen)
            events += advance(conn, task, step, now)[1]
    return events


def _next(conn: Connection[Any], task: Waiting, now: datetime) -> int | None:
    """The best unit that is free and was not asked yet."""
    assert task.lon_deg is not None
    assert task.lat_deg is not None
    orgs = frozenset(OrgId(i) for (i,) in conn.execute(QUERIES["scope"], {"org_id": task.org_id}))
    machine = Viewer(ACTOR, Role.DISPATCHER, OrgId(task.org_id), orgs)
    found = candidates_io.near(
        conn, machine, lon=task.lon_deg, lat=task.lat_deg, limit=1, now=now, but=task.tried,
        org_id=task.org_id, only_free=True,
    )  # fmt: skip
    return int(found.items[0]["unit"]["no"]) if found.items else None


def _say(conn: Connection[Any], rule: Offers, now: datetime) -> list[Event]:
    """Raise what is wrong and is not said yet, or got worse; clear what is no more."""
    undelivered = {task_id for (task_id,) in conn.execute(QUERIES["undelivered"])}
    active = set(conn.execute(QUERIES["active"], {"types": list(TYPES)}).fetchall())
    wanted: dict[tuple[str, str], RaiseAlarm] = {
        (alarm.type, alarm.source): alarm
        for task in _waiting(conn)
        for alarm in wrong(task, rule, undelivered=task.task_id in undelivered, now=now)
    }
    raises = [alarm for key, alarm in sorted(wanted.items()) if key not in active]
    clears = [ClearAlarm(t, s, now) for t, s in sorted(active - set(wanted))]
    return carry_out(conn, [*raises, *clears])


def _waiting(conn: Connection[Any]) -> list[Waiting]:
    with conn.cursor(row_factory=class_row(Waiting)) as cursor:
        return cursor.execute(QUERIES["waiting"]).fetchall()
