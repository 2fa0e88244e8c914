"""Turn what devices answer into moves of their tasks."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from core.events import Event
from core.sql import load_queries
from core.values import Point, from_ms
from devices.readings import Ack, Readings
from dispatch.acks import ACK_REASONS, DECISIONS, decide
from dispatch.assignments_io import assignments_of
from dispatch.attachments_io import refer
from dispatch.tasks import State, Step, Task
from dispatch.tasks_io import advance, lock_tasks, shape_of
from dispatch.told_io import key_of, told

QUERIES = load_queries("dispatch", "acks.sql")

LATE = "task.ack_late"  # {"task", "ack", "reason", "seq"}: moved nothing, and is no surprise
REFUSED = "ack.refused"  # {"ack", "reason", "seq"}: says nothing of the task it names
# A position this near in time says where the unit was when it answered.
PLACE_NEAR = timedelta(seconds=120)


class AckEvaluator:
    """Acks move tasks forward in event time; what moves nothing is written down once."""

    name = "acks"

    def evaluate(self, conn: Connection[Any], readings: Readings, now: datetime) -> Sequence[Event]:
        """Raises nothing on purpose: whatever a device says ends as a move or as a note."""
        fresh = _not_judged(conn, readings.acks)
        tasks = lock_tasks(conn, sorted({ack.task_id for ack in fresh}), None)
        events: list[Event] = []
        for ack in fresh:
            task = tasks.get(ack.task_id)
            if task is None:
                events.append(_refused(ack))
                continue
            events += _answer(conn, task, ack, now)
            tasks |= lock_tasks(conn, [task.id], None)
        return events

    def forget(self) -> None:
        """Nothing is kept between calls."""


def _not_judged(conn: Connection[Any], acks: Sequence[Ack]) -> list[Ack]:
    """Each ack once, in order of observed time, without those of an earlier call."""
    if not acks:
        return []
    by_key = {_key(ack): ack for ack in acks}
    rows = conn.execute(QUERIES["keys_known"], {"keys": list(by_key)}).fetchall()
    moved = {key for (key,) in rows}
    noted = told(conn, (LATE, REFUSED), [ack.stamp for ack in acks])
    fresh = [
        ack
        for key, ack in by_key.items()
        if key not in moved
        and key_of(LATE, ack.stamp) not in noted
        and key_of(REFUSED, ack.stamp) not in noted
    ]
    return sorted(fresh, key=lambda a: (a.stamp.at_ms, a.stamp.device_no, a.stamp.seq))


def _answer(conn: Connection[Any], task: Task, ack: Ack, now: datetime) -> list[Event]:
    stamp = ack.stamp
    at = from_ms(stamp.at_ms)
    mine = assignments_of(conn, [task.id])[task.id]
    media = ack.detail.get("media")
    if media and any(one.device_no == stamp.device_no for one in mine):
        # Evidence is kept whatever comes of the answer.
        refer(conn, task.id, media, by=_actor(ack), now=now)
    decision = decide(
        State(task.state),
        ack.move,
        at=at,
        device_no=stamp.device_no,
        assignments=mine,
        last_ack_at=_last_ack_at(conn, task.id, _actor(ack)),
    )
    if decision.move is not None:
        step = Step(
            decision.move,
            _actor(ack),
            at,
            reason=ack.reason,
            place=_place(conn, stamp.device_no, at),
            idempotency_key=_key(ack),
            unit_no=stamp.device_no,
            by_unit=True,
        )
        return advance(conn, task, step, now)[1]
    assert decision.ignored is not None
    if decision.ignored == "not_its_task":
        return [_refused(ack)]
    body = {"task": shape_of(conn, task.id), **_said(ack, decision.ignored)}
    return [Event(LATE, at, task.org_id, body, stamp.device_no, task.id, _actor(ack))]


def _refused(ack: Ack) -> Event:
    stamp = ack.stamp
    body = _said(ack, "not_its_task")
    at = from_ms(stamp.at_ms)
    return Event(REFUSED, at, stamp.org_id, body, stamp.device_no, actor=_actor(ack))


def _said(ack: Ack, code: str) -> dict[str, Any]:
    zh, en = ACK_REASONS[code]
    return {
        "ack": {"task_id": ack.task_id, "move": ack.move, "reason": ack.reason},
        "reason": {"code": code, "zh": zh, "en": en},
        "seq": ack.stamp.seq,
    }


def _last_ack_at(conn: Connection[Any], task_id: int, actor: str) -> datetime | None:
    row = conn.execute(
        QUERIES["last_ack"], {"task_id": task_id, "actor": actor, "moves": sorted(DECISIONS)}
    ).fetchone()
    assert row is not None
    at: datetime | None = row[0]
    return at


def _place(conn: Connection[Any], device_no: int, at: datetime) -> Point | None:
    row = conn.execute(
        QUERIES["place"], {"device_no": device_no, "at": at, "near": PLACE_NEAR}
    ).fetchone()
    return None if row is None or row[0] is None else Point(*row)


def _key(ack: Ack) -> str:
    return f"ack:{ack.stamp.device_no}:{ack.stamp.at_ms}:{ack.stamp.seq}"


def _actor(ack: Ack) -> str:
    return f"device:{ack.stamp.device_id}"
