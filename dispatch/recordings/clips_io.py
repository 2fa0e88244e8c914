"""Recordings and camera statuses as they come in: kept by the right clock, told where something is
wrong, and the tasks they bear on looked at again."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.events import Event
from core.sql import load_queries
from core.values import from_ms
from devices.readings import Readings, Status
from dispatch.equipment.ledger_io import load_policy
from dispatch.equipment.policy import Policy
from dispatch.recordings.clips import clip_of, conditions_of, newest, offset_ms
from dispatch.recordings.metrics_io import mark

QUERIES = load_queries("dispatch.recordings", "clips.sql")


class RecordingEvaluator:
    """Keeps what cameras told; the verdicts follow by the clock (`audit_io.sweep`)."""

    name = "recordings"

    def evaluate(self, conn: Connection[Any], readings: Readings, now: datetime) -> Sequence[Event]:
        statuses = newest(readings.statuses)
        if not statuses and not readings.recordings:
            return ()
        policy, _ = load_policy(conn)
        told = [one.stamp.device_no for one in statuses]
        told += [one.stamp.device_no for one in readings.recordings]
        known = _states(conn, told)
        events = _keep_states(conn, statuses, known, policy, now)
        events += _keep_clips(conn, readings, known, policy, now)
        emptied = [one.stamp.device_no for one in statuses if one.detail.get("pending") == 0]
        if emptied:
            conn.execute(QUERIES["touch_waiting"], {"nos": emptied, "now": now})
        return events

    def forget(self) -> None:
        """Nothing is remembered between calls."""


def _states(conn: Connection[Any], nos: Sequence[int]) -> dict[int, dict[str, Any]]:
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(QUERIES["states"], {"nos": sorted(set(nos))})
        return {row["device_no"]: row for row in rows}


def _keep_states(
    conn: Connection[Any], statuses: Sequence[Status], known: dict[int, dict[str, Any]],
    policy: Policy, now: datetime,
) -> list[Event]:  # fmt: skip
    """camera.condition, where what is wrong with a camera changed."""
    events = []
    for one in statuses:
        stamp, before = one.stamp, known.get(one.stamp.device_no)
        offset = offset_ms(stamp.at_ms, stamp.received_ms, one.detail,
                           before["offset_ms"] if before else 0, policy.audit)  # fmt: skip
        at = from_ms(stamp.at_ms)
        if before is not None and (at, stamp.seq) <= (before["at"], before["seq"]):
            continue
        conditions = conditions_of(one, policy.status)
        conn.execute(QUERIES["save_state"], {
            "device_no": stamp.device_no, "at": at, "seq": stamp.seq, "conditions": conditions,
            "dock": one.detail.get("dock"), "corrected_at": from_ms(stamp.at_ms + offset),
            "pending": one.detail.get("pending"), "offset_ms": offset,
        })  # fmt: skip
        known[stamp.device_no] = {"at": at, "seq": stamp.seq, "offset_ms": offset}
        stood = set(before["conditions"]) if before else set()
        if stood != set(conditions):
            body = {
                "device_id": stamp.device_id, "raised": sorted(set(conditions) - stood),
                "cleared": sorted(stood - set(conditions)), "bat_pct": one.bat_pct,
                "lon": one.detail.get("lon"), "lat": one.detail.get("lat"),
            }  # fmt: skip
            shown_at = from_ms(stamp.at_ms + offset)
            events.append(Event("camera.condition", shown_at, stamp.org_id, body, stamp.device_no))
    return events


def _keep_clips(
    conn: Connection[Any], readings: Readings, known: dict[int, dict[str, Any]], policy: Policy,
    now: datetime,
) -> list[Event]:  # fmt: skip
    """recording.altered, where a second hash was told of a recording."""
    events: list[Event] = []
    people, froms, tos, tasks = [], [], [], set()
    around = timedelta(seconds=policy.audit.around_s)
    for one in readings.recordings:
        stamp = one.stamp
        last = known.get(stamp.device_no, {}).get("offset_ms", 0)
        clip = clip_of(
            one, offset_ms(stamp.at_ms, stamp.received_ms, one.detail, last, policy.audit)
        )
        given = asdict(clip) | {"gaps": Jsonb(clip.gaps),
                                "upload": timedelta(hours=policy.audit.upload_h)}  # fmt: skip
        row = conn.execute(QUERIES["add_clip"], given).fetchone()
        assert row is not None
        if row[0] is not None:
            people.append(row[0])
            froms.append(clip.start_at - around)
            tos.append((clip.stop_at or clip.told_at) + around)
        if clip.task_id is not None:
            tasks.add(clip.task_id)
        if row[1]:
            body = {"device_id": stamp.device_id, "recording_id": one.recording_id,
                    "sha256": clip.sha256}  # fmt: skip
            events.append(Event("recording.altered", now, stamp.org_id, body, stamp.device_no))
    mark(conn, [at + around for at in froms], people)
    if people or tasks:
        conn.execute(QUERIES["touch_tasks"], {"people": people, "froms": froms, "tos": tos,
                                              "task_ids": sorted(tasks), "now": now})  # fmt: skip
    return events
