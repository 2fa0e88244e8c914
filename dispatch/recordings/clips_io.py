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
from core.values import from_ms
from devices.readings import Readings, Recording, Status
from dispatch.equipment.ledger_io import load_policy
from dispatch.equipment.policy import Audit, Policy
from dispatch.recordings.clips import State, after, clip_of, is_fresh, of_cameras, offset_ms
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
        events = _keep_states(conn, statuses, clocks, policy)
        events += _keep_clips(conn, readings, clocks, policy, now)
        emptied = {one.stamp.device_no for one in statuses if one.detail.get("pending") == 0}
        if emptied:
            conn.execute(QUERIES["touch_waiting"], {"nos": sorted(emptied), "now": now})
        return events

    def forget(self) -> None:
        """Nothing is remembered between calls."""


class Clocks:
    """How wrong each camera's clock is, as it is learnt message by message."""

    def __init__(self, conn: Connection[Any], nos: Collection[int], limits: Audit) -> None:
        self._conn, self._limits = conn, limits
        rows = conn.execute(QUERIES["clocks"], {"nos": sorted(nos)})
        self._known: dict[int, int] = dict(rows.fetchall())

    def offset(self, one: Status | Recording) -> int:
        """Milliseconds to add to what it told. A change is written down."""
        stamp = one.stamp
        known = self._known.get(stamp.device_no)
        found = offset_ms(stamp.at_ms, stamp.received_ms, one.detail, known or 0, self._limits)
        if not is_fresh(one.detail) or found == known:
            return found
        # Delays of the network differ from message to message; the clock did not move by them.
        if known is None or abs(found - known) >= self._limits.clock_s * 1000:
            self._known[stamp.device_no] = found
            row = {"device_no": stamp.device_no, "at": from_ms(stamp.at_ms + found),
                   "offset_ms": found}  # fmt: skip
            self._conn.execute(QUERIES["add_clock"], row)
        return found


def _keep_states(
    conn: Connection[Any], statuses: Sequence[Status], clocks: Clocks, policy: Policy
) -> list[Event]:
    """camera.condition, where what is wrong with a camera changed."""
    told = sorted(
        ((one.stamp.device_no, one.stamp.at_ms + clocks.offset(one), one.stamp.seq, n)
         for n, one in enumerate(statuses))
    )  # fmt: skip
    before = _states(conn, {no for no, *_ in told})
    after_all = dict(before)
    last: dict[int, Status] = {}
    for no, at_ms, _, n in told:
        then = after(after_all.get(no, State()), statuses[n], from_ms(at_ms), policy.status)
        if then is not after_all.get(no):
            after_all[no], last[no] = then, statuses[n]
    events = []
    for no, one in last.items():
        then = after_all[no]
        given = {**asdict(then), "conditions": list(then.conditions), "device_no": no}
        conn.execute(QUERIES["save_state"], given)
        stood, stands = set(before.get(no, State()).conditions), set(then.conditions)
        if stood != stands and then.at is not None:
            body = {
                "device_id": one.stamp.device_id, "raised": sorted(stands - stood),
                "cleared": sorted(stood - stands), "bat_pct": one.bat_pct,
                "lon": one.detail.get("lon"), "lat": one.detail.get("lat"),
            }  # fmt: skip
            events.append(Event("camera.condition", then.at, one.stamp.org_id, body, no))
    return events


def _states(conn: Connection[Any], nos: Collection[int]) -> dict[int, State]:
    rows = conn.execute(QUERIES["states"], {"nos": sorted(nos)})
    return {no: State(at, seq, tuple(said), *rest) for no, at, seq, said, *rest in rows}


def _keep_clips(
    conn: Connection[Any], readings: Readings, clocks: Clocks, policy: Policy, now: datetime
) -> list[Event]:
    """recording.altered, where a second hash was told of a recording."""
    if not readings.recordings:
        return []
    events: list[Event] = []
    keys = {"nos": [one.stamp.device_no for one in readings.recordings],
            "names": [one.recording_id for one in readings.recordings]}  # fmt: skip
    # Where they were thought to be, and where they are now.
    bears_on = conn.execute(QUERIES["known_clips"], keys).fetchall()
    tasks = set()
    for one in readings.recordings:
        stamp = one.stamp
        clip = clip_of(one, clocks.offset(one))
        given = asdict(clip) | {"gaps": Jsonb(clip.gaps),
                                "upload": timedelta(hours=policy.audit.upload_h)}  # fmt: skip
        row = conn.execute(QUERIES["add_clip"], given).fetchone()
        assert row is not None
        if row[0] is not None:
            bears_on.append((row[0], clip.start_at, clip.stop_at or clip.told_at))
        if clip.task_id is not None:
            tasks.add(clip.task_id)
        if row[1]:
            body = {"device_id": stamp.device_id, "recording_id": one.recording_id,
                    "sha256": clip.sha256}  # fmt: skip
            events.append(Event("recording.altered", now, stamp.org_id, body, stamp.device_no))
    _look_again(conn, bears_on, tasks, policy, now)
    return events


def _look_again(
    conn: Connection[Any], bears_on: Sequence[tuple[int, datetime, datetime]],
    tasks: Collection[int], policy: Policy, now: datetime,
) -> None:  # fmt: skip
    """At days and tasks that these spans of people bear on."""
    around = timedelta(seconds=policy.audit.around_s)
    people = [person for person, *_ in bears_on]
    mark(conn, [start for _, start, _ in bears_on], people)
    given = {
        "people": people, "froms": [start - around for _, start, _ in bears_on],
        "tos": [stop + around for *_, stop in bears_on], "task_ids": sorted(tasks), "now": now,
    }  # fmt: skip
    conn.execute(QUERIES["touch_tasks"], given)
