"""Recordings and camera statuses as they come in: kept by the right clock, told where something is
wrong, and the tasks they bear on looked at again."""

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from core.events import Event
from core.sql import load_queries
from core.values import from_ms, to_ms
from devices.readings import Readings, Recording, Status
from dispatch.equipment.ledger_io import load_policy
from dispatch.equipment.policy import Audit, Policy
from dispatch.recordings.clips import (
    LATCHED,
    Clock,
    Setting,
    State,
    after,
    clip_of,
    conditions_of,
    heard,
    is_fresh,
    of_cameras,
    offset_ms,
)
from dispatch.recordings.metrics_io import mark

QUERIES = load_queries("dispatch.recordings", "clips.sql")


class RecordingEvaluator:
    """Keeps what cameras told; the verdicts follow by the clock (`audit_io.sweep`)."""

    name = "recordings"

    def evaluate(self, conn: Connection[Any], readings: Readings, now: datetime) -> Sequence[Event]:
        statuses = of_cameras(readings.statuses)
        if not statuses and not readings.recordings:
            return ()
        policy, _ = load_policy(conn)
        stamps = [*(one.stamp for one in statuses), *(one.stamp for one in readings.recordings)]
        clocks = Clocks(conn, {one.device_no for one in stamps}, policy.audit)
        clocks.hear_all([*statuses, *readings.recordings])
        events = _keep_states(conn, statuses, clocks, policy)
        told, bears_on, tasks = _keep_clips(conn, readings, clocks, policy, now)
        emptied = {one.stamp.device_no for one in statuses if one.detail.get("pending") == 0}
        if emptied:
            conn.execute(QUERIES["touch_waiting"], {"nos": sorted(emptied), "now": now})
        _look_again(conn, [*clocks.shifted, *bears_on], tasks, policy, now)
        return [*events, *told]

    def forget(self) -> None:
        """Nothing is remembered between calls."""


def _ms(at: datetime | None) -> int | None:
    return None if at is None else to_ms(at)


class Clocks:
    """How each camera's clock is set, as it is learnt message by message."""

    def __init__(self, conn: Connection[Any], nos: Collection[int], limits: Audit) -> None:
        self._conn, self._limits = conn, limits
        self._known: dict[int, Clock] = {}
        self._last: dict[int, int | None] = {}
        self.shifted: list[tuple[int, datetime, datetime]] = []  # recordings put right afterwards
        for no, settings, last, offset, received, before in conn.execute(
            QUERIES["clocks"], {"nos": sorted(nos)}
        ):
            suspect = None if offset is None else (offset, to_ms(received), _ms(before))
            self._known[no] = Clock(tuple(Setting(*one) for one in settings), suspect)
            self._last[no] = _ms(last)

    def hear_all(self, told: Sequence[Status | Recording]) -> None:
        """What messages say of the clocks, in the order of their receipt."""
        for one in sorted(told, key=lambda one: one.stamp.received_ms):
            self._hear(one)

    def _hear(self, one: Status | Recording) -> None:
        """A change is written down."""
        stamp = one.stamp
        if not is_fresh(one.detail):
            return
        no, before = stamp.device_no, self._known[stamp.device_no]
        found = offset_ms(stamp.at_ms, stamp.received_ms, one.detail, self._limits)
        after_ = heard(before, found, stamp.received_ms, self._last[no], self._limits)
        self._last[no] = max(self._last[no] or 0, stamp.received_ms)
        if after_ is before:
            return
        self._known[no] = after_
        if after_.suspect is not None:
            offset, received, last = after_.suspect
            row = {"device_no": no, "offset_ms": offset, "received_at": from_ms(received),
                   "before_at": None if last is None else from_ms(last)}  # fmt: skip
            self._conn.execute(QUERIES["suspect"], row)
            return
        self._conn.execute(QUERIES["trust"], {"device_no": no})
        if len(after_.settings) > len(before.settings):
            self._set(no, after_.settings[0], before)

    def _set(self, no: int, new: Setting, before: Clock) -> None:
        before_at = None if new.before_ms is None else from_ms(new.before_ms)
        row = {"device_no": no, "from_at": from_ms(new.from_ms), "offset_ms": new.offset_ms,
               "before_at": before_at}  # fmt: skip
        self._conn.execute(QUERIES["add_clock"], row)
        if before.suspect is not None:
            more_ms = new.offset_ms - before.offset_ms
            shifted = self._conn.execute(QUERIES["shift"], {
                **row, "more": timedelta(milliseconds=more_ms), "more_ms": more_ms,
                "since": from_ms(before.suspect[1]), "before_ms": before.offset_ms,
            }).fetchall()  # fmt: skip
            self.shifted += [row for row in shifted if row[0] is not None]

    def status_ms(self, one: Status) -> int:
        """When it was said. What came afresh was not said after its receipt."""
        stamp = one.stamp
        clock = self._known[stamp.device_no]
        return min(stamp.at_ms + clock.at(stamp.at_ms, stamp.received_ms), stamp.received_ms)

    def start_offset(self, one: Recording) -> int:
        """For the times of a recording: by the setting of its own time."""
        return self._known[one.stamp.device_no].at(one.start_ms, one.stamp.received_ms)


def _keep_states(
    conn: Connection[Any], statuses: Sequence[Status], clocks: Clocks, policy: Policy
) -> list[Event]:
    """camera.condition, where what is wrong with a camera changed. A call for help, and tampering,
    is told for every status that says so anew, also for one that comes late."""
    told = sorted(
        (one.stamp.device_no, clocks.status_ms(one), one.stamp.seq, n)
        for n, one in enumerate(statuses)
    )
    before = _states(conn, {no for no, *_ in told})
    now_of = dict(before)
    last: dict[int, Status] = {}
    events = []
    for no, at_ms, _, n in told:
        one, stood = statuses[n], now_of.get(no, State())
        then = after(stood, one, from_ms(at_ms), policy.status)
        calls = [name for name in conditions_of(one, policy.status) if name in LATCHED]
        fresh = [name for name in calls if then is stood or name not in stood.conditions]
        if fresh:
            events.append(_condition(one, from_ms(at_ms), fresh, []))
        if then is not stood:
            now_of[no], last[no] = then, one
    for no, one in last.items():
        then = now_of[no]
        given = {**asdict(then), "conditions": list(then.conditions), "device_no": no}
        conn.execute(QUERIES["save_state"], given)
        stood_, stands = set(before.get(no, State()).conditions), set(then.conditions)
        raised = sorted(stands - stood_ - set(LATCHED))
        cleared = sorted(stood_ - stands)
        if (raised or cleared) and then.at is not None:
            events.append(_condition(one, then.at, raised, cleared))
    return events


def _condition(one: Status, at: datetime, raised: Sequence[str], cleared: Sequence[str]) -> Event:
    body = {
        "device_id": one.stamp.device_id, "raised": list(raised), "cleared": list(cleared),
        "bat_pct": one.bat_pct, "lon": one.detail.get("lon"), "lat": one.detail.get("lat"),
    }  # fmt: skip
    return Event("camera.condition", at, one.stamp.org_id, body, one.stamp.device_no)


def _states(conn: Connection[Any], nos: Collection[int]) -> dict[int, State]:
    rows = conn.execute(QUERIES["states"], {"nos": sorted(nos)})
    return {no: State(at, seq, tuple(said), *rest) for no, at, seq, said, *rest in rows}


Bearing = tuple[int, datetime, datetime]  # a person, and a span that recordings bear on


def _keep_clips(
    conn: Connection[Any], readings: Readings, clocks: Clocks, policy: Policy, now: datetime
) -> tuple[list[Event], list[Bearing], set[int]]:
    """recording.altered, where a second hash was told of a recording; what they bear on; tasks."""
    if not readings.recordings:
        return [], [], set()
    events: list[Event] = []
    keys = {"nos": [one.stamp.device_no for one in readings.recordings],
            "names": [one.recording_id for one in readings.recordings]}  # fmt: skip
    # Where they were thought to be, and where they are now.
    bears_on: list[Bearing] = conn.execute(QUERIES["known_clips"], keys).fetchall()
    tasks = set()
    for one in readings.recordings:
        stamp = one.stamp
        clip = clip_of(one, clocks.start_offset(one))
        given = asdict(clip) | {"gaps": None if clip.gaps is None else Jsonb(clip.gaps),
                                "upload": timedelta(hours=policy.audit.upload_h)}  # fmt: skip
        row = conn.execute(QUERIES["add_clip"], given).fetchone()
        assert row is not None
        if row[0] is not None:
            bears_on.append((row[0], clip.start_at, clip.stop_at or clip.told_at))
        if clip.task_id is not None:
            tasks.add(clip.task_id)
        if row[1]:
            body = {"device_id": stamp.device_id, "recording_id": one.recording_id,
                    "sha256": clip.sha256, "sm3": clip.sm3}  # fmt: skip
            events.append(Event("recording.altered", now, stamp.org_id, body, stamp.device_no))
    return events, bears_on, tasks


def _look_again(
    conn: Connection[Any], bears_on: Sequence[Bearing], tasks: Collection[int], policy: Policy,
    now: datetime,
) -> None:  # fmt: skip
    """At tasks, then at days, that these spans of people bear on: in the order of the sweeps."""
    if not bears_on and not tasks:
        return
    around = timedelta(seconds=policy.audit.around_s)
    people = [person for person, *_ in bears_on]
    given = {
        "people": people, "froms": [start - around for _, start, _ in bears_on],
        "tos": [stop + around for *_, stop in bears_on], "task_ids": sorted(tasks), "now": now,
    }  # fmt: skip
    conn.execute(QUERIES["touch_tasks"], given)
    mark(conn, [start for _, start, _ in bears_on], people)
