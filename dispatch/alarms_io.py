"""Raise, clear, acknowledge, shelve. The machine's doings and a person's end as events alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from core.errors import Forbidden, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Role, Viewer
from dispatch.alarms import (
    ClearAlarm,
    Command,
    Happening,
    NotNow,
    RaiseAlarm,
    State,
    after,
    concerns,
    is_acknowledged,
    require_shelf,
    state_of,
)

QUERIES = load_queries("dispatch", "alarms.sql")

Shape = dict[str, Any]
RECENT = timedelta(hours=24)


class NoSuchAlarm(NotFound):
    """No such alarm, or not within your organisation."""


@dataclass(frozen=True, slots=True)
class AlarmRow:
    id: int
    org_id: int
    active: bool
    acknowledged: bool
    latched: bool
    device_no: int | None
    about: datetime | None

    @property
    def state(self) -> State:
        return state_of(active=self.active, acknowledged=self.acknowledged)


def carry_out(conn: Connection[Any], commands: Sequence[Command]) -> list[Event]:
    """What rules decided. Clears of alarms that do not stand are nothing."""
    events = []
    for command in commands:
        if isinstance(command, RaiseAlarm):
            events.append(raise_alarm(conn, command))
        else:
            events += clear_alarm(conn, command)
    return events


def raise_alarm(conn: Connection[Any], command: RaiseAlarm) -> Event:
    """alarm.raised, or alarm.repeated with its count when it stands already."""
    key = {"source": command.source, "type": command.type}
    conn.execute(QUERIES["lock_source"], key)
    standing = _standing(conn, command)
    place = {"lat_deg": command.lat_deg, "lon_deg": command.lon_deg}
    detail = Jsonb(command.detail)
    if standing is None:
        row = conn.execute(
            QUERIES["insert"],
            key
            | place
            | {
                "org_id": command.org_id,
                "device_no": command.device_no,
                "priority": command.priority,
                "latched": command.latched,
                "at": command.at,
                "detail": detail,
            },
        ).fetchone()
        assert row is not None
        return _event(conn, "alarm.raised", row[0], command.at)
    state = after(standing.state, Happening.RAISE, latched=standing.latched)
    assert state is not None, "an alarm that stands can always be raised again"
    conn.execute(
        QUERIES["repeat"],
        place
        | {
            "alarm_id": standing.id,
            "at": command.at,
            "acknowledged": is_acknowledged(state),
            "detail": detail,
        },
    )
    kind = "alarm.repeated" if standing.active else "alarm.raised"
    return _event(conn, kind, standing.id, command.at)


def clear_alarm(conn: Connection[Any], command: ClearAlarm) -> list[Event]:
    """The machine's clear: nothing where the alarm is latched, gone, or about a later thing."""
    standing = _standing(conn, command)
    if standing is None or not concerns(command, standing.about):
        return []
    if after(standing.state, Happening.CLEAR, latched=standing.latched) is None:
        return []
    conn.execute(QUERIES["clear"], {"alarm_id": standing.id, "at": command.at})
    return [_event(conn, "alarm.cleared", standing.id, command.at)]


def acknowledge(
    conn: Connection[Any], viewer: Viewer, alarm_id: int, note: str, now: datetime
) -> tuple[Shape, list[Event]]:
    """A person has seen it. Raises NotFound, Forbidden, NotNow."""
    _locked(conn, viewer, alarm_id, Happening.ACKNOWLEDGE)
    conn.execute(
        QUERIES["acknowledge"],
        {"alarm_id": alarm_id, "actor": viewer.login, "now": now, "note": note},
    )
    return _answer(conn, "alarm.acknowledged", alarm_id, viewer, now)


def reset(
    conn: Connection[Any], viewer: Viewer, alarm_id: int, now: datetime
) -> tuple[Shape, list[Event]]:
    """A person says it is over; the only way a latched alarm ends. Raises as acknowledge."""
    _locked(conn, viewer, alarm_id, Happening.RESET)
    conn.execute(QUERIES["clear"], {"alarm_id": alarm_id, "at": now})
    return _answer(conn, "alarm.cleared", alarm_id, viewer, now)


def shelve(
    conn: Connection[Any],
    viewer: Viewer,
    alarm_id: int,
    *,
    until: datetime,
    reason: str,
    now: datetime,
) -> tuple[Shape, list[Event]]:
    """Keep it out of the way until then. Raises NotFound, Forbidden, Invalid."""
    require_shelf(until, reason, now)
    _locked(conn, viewer, alarm_id, None)
    conn.execute(
        QUERIES["shelve"],
        {"alarm_id": alarm_id, "until": until, "actor": viewer.login, "reason": reason},
    )
    return _answer(conn, "alarm.shelved", alarm_id, viewer, now)


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """Take alarms off the shelf whose time is over: alarm.unshelved."""
    due = [alarm_id for (alarm_id,) in conn.execute(QUERIES["unshelve_due"], {"now": now})]
    return [_event(conn, "alarm.unshelved", alarm_id, now) for alarm_id in sorted(due)]


def alarm_by_id(conn: Connection[Any], viewer: Viewer, alarm_id: int) -> Shape:
    """Raises NotFound, also for an alarm of another organisation."""
    row = conn.execute(
        QUERIES["shape_for"], {"alarm_id": alarm_id, "org_ids": list(viewer.org_ids)}
    ).fetchone()
    if row is None:
        raise NoSuchAlarm(alarm_id=alarm_id)
    shape: Shape = row[0]
    return shape


def list_alarms(
    conn: Connection[Any], viewer: Viewer, after_id: int, limit: int
) -> list[tuple[int, Shape]]:
    """(id, shape) above `after_id`, in order of id."""
    return conn.execute(
        QUERIES["page"], {"org_ids": list(viewer.org_ids), "after": after_id, "limit": limit}
    ).fetchall()


def recent_alarms(conn: Connection[Any], viewer: Viewer, now: datetime) -> list[Shape]:
    """For the snapshot: what is not over, and what was in the last 24 hours."""
    rows = conn.execute(QUERIES["recent"], {"org_ids": list(viewer.org_ids), "since": now - RECENT})
    return [shape for (shape,) in rows]


def _standing(conn: Connection[Any], command: Command) -> AlarmRow | None:
    with conn.cursor(row_factory=class_row(AlarmRow)) as cursor:
        return cursor.execute(
            QUERIES["standing"], {"source": command.source, "type": command.type}
        ).fetchone()


def _locked(
    conn: Connection[Any], viewer: Viewer, alarm_id: int, happening: Happening | None
) -> AlarmRow:
    with conn.cursor(row_factory=class_row(AlarmRow)) as cursor:
        alarm = cursor.execute(
            QUERIES["locked"], {"alarm_id": alarm_id, "org_ids": list(viewer.org_ids)}
        ).fetchone()
    if alarm is None:
        raise NoSuchAlarm(alarm_id=alarm_id)
    if not viewer.may(Role.SQUAD):
        raise Forbidden("Your role may look at alarms but not answer them.")
    if happening is not None and after(alarm.state, happening, latched=alarm.latched) is None:
        raise NotNow(f"Alarm {alarm_id} is {alarm.state}: it cannot be '{happening}' now.")
    return alarm


def _answer(
    conn: Connection[Any], kind: str, alarm_id: int, viewer: Viewer, now: datetime
) -> tuple[Shape, list[Event]]:
    event = _event(conn, kind, alarm_id, now, viewer.login)
    return event.body["alarm"], [event]


def _event(
    conn: Connection[Any], kind: str, alarm_id: int, at: datetime, actor: str = "system"
) -> Event:
    row = conn.execute(QUERIES["shape"], {"alarm_ids": [alarm_id]}).fetchone()
    assert row is not None
    _, org_id, shape = row
    return Event(kind, at, org_id, {"alarm": shape}, shape["device_no"], actor=actor)
