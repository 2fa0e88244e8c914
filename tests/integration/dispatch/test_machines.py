"""Random walks over both state machines on a real database: people, devices and the clock at once.

Devices answer late, again, and about tasks they no longer have; the clock takes offers back and
makes them anew. Whatever the order, no move is illegal, lost or doubled, and a task has one unit.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from core.errors import AppError
from core.events_io import append_events
from core.values import TaskId
from devices.readings import Ack
from dispatch import offers_io
from dispatch.acks_io import AckEvaluator
from dispatch.assignments import (
    ASSIGNMENT_MOVES,
    ENDED,
    AssignmentMove,
    AssignmentState,
    IllegalMove,
    assignment_after,
)
from dispatch.tasks import ACK_MOVES, LINES, OWNED, Move, MoveTask, State, after, legal_moves
from dispatch.tasks_io import create_task, move_task, moves_of, task_by_id
from tests.integration.dispatch.conftest import NOON, Connection, Place, readings, seed, stamp
from tests.integration.dispatch.test_tasks_io import DRAFT
from tests.integration.dispatch.test_tasks_io import make as made
from tests.integration.dispatch.test_tasks_io import move as moved

UNITS = ("zhang", "wang", "car")
PEOPLE = [move for move in Move if LINES[move].before and LINES[move].role is not None]


class Walk(RuleBasedStateMachine):
    """Two tasks and three units. `conn` is set by the test; what an example did is undone."""

    conn: Connection

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = self.conn.transaction(force_rollback=True)
        self.savepoint.__enter__()
        self.place = seed(self.conn)
        self.now = NOON
        self.seq = 0
        self.said: list[Ack] = []
        self.conn.execute("INSERT INTO alive_span VALUES (0, %s, %s)",
                          (NOON - timedelta(days=1), NOON + timedelta(days=9)))  # fmt: skip
        for name in UNITS:
            self._fix(name)
        self.tasks = [
            self._make(replace(DRAFT, priority=1, device_id="zhang")),
            self._make(replace(DRAFT, starts_at=NOON + timedelta(minutes=20), device_id="car")),
        ]

    def teardown(self) -> None:
        self.savepoint.__exit__(None, None, None)

    @rule(
        which=st.integers(0, 1),
        pick=st.integers(0, 99),
        unit=st.sampled_from(UNITS),
        stale=st.sampled_from([False] * 7 + [True]),
    )
    def a_person_moves(self, which: int, pick: int, unit: str, stale: bool) -> None:
        """Mostly something that is legal: a walk that is only ever refused goes nowhere."""
        task = self._task(which)
        possible = [m for m in legal_moves(State(task["state"])) if m in PEOPLE]
        wanted = possible[pick % len(possible)] if possible and pick < 85 else PEOPLE[pick % 20]
        legal = wanted in possible
        command = MoveTask(
            TaskId(task["id"]), wanted, task["version"] - stale, reason="because",
            device_id=unit, until=self.now + timedelta(minutes=30),
        )  # fmt: skip
        try:
            with self.conn.transaction():
                shape, events = move_task(self.conn, self.place.dispatcher, command, self.now)
                append_events(self.conn, events)
        except AppError as refused:
            assert stale or refused.code != "version_conflict"
            assert legal or isinstance(refused, IllegalMove) or stale
            assert self._task(which) == task, "what is refused changes nothing"
            return
        assert legal
        assert not stale
        assert shape["state"] == after(State(task["state"]), wanted)

    @rule(
        which=st.integers(0, 1),
        word=st.sampled_from(sorted(ACK_MOVES)),
        unit=st.sampled_from(["owner", "owner", *UNITS]),
        late_s=st.sampled_from([0, 5, 90, 900]),
    )
    def a_device_answers(self, which: int, word: str, unit: str, late_s: int) -> None:
        owner = self._task(which)["assignment"]
        if unit == "owner" and owner is None:
            return
        no = owner["device_no"] if unit == "owner" else getattr(self.place, unit)
        at_s = (self.now - NOON).total_seconds() - late_s
        self.seq += 1
        own = stamp(self.place, no, at_s, late_s=late_s + 0.1, seq=self.seq)
        reason = "busy" if word == "declined" else None
        self._hear([Ack(own, self.tasks[which], word, reason)])

    @rule(count=st.integers(1, 4))
    def answers_come_again(self, count: int) -> None:
        self._hear(self.said[-count:])

    @rule(seconds=st.sampled_from([5, 40, 130, 700, 2000]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)
        for name in UNITS:
            self._fix(name)
        append_events(self.conn, offers_io.sweep(self.conn, self.now))
        again = offers_io.sweep(self.conn, self.now)
        assert again == [], "a sweep that just was finds nothing to do"

    @invariant()
    def every_move_is_a_line_and_none_is_missing(self) -> None:
        for id_ in self.tasks:
            told = moves_of(self.conn, self.place.dispatcher, id_)
            assert [line["version"] for line in told] == list(range(1, len(told) + 1))
            for line, following in pairwise(told):
                assert following["before"] == line["after"]
                assert following["after"] == after(State(line["after"]), Move(following["move"]))
            assert told[-1]["after"] == task_by_id(self.conn, self.place.dispatcher, id_)["state"]

    @invariant()
    def one_unit_has_a_task_and_just_while_it_is_worked_on(self) -> None:
        for id_ in self.tasks:
            state = task_by_id(self.conn, self.place.dispatcher, id_)["state"]
            rows = self.conn.execute(
                "SELECT state, ended FROM assignment WHERE task_id = %s", (id_,)
            ).fetchall()
            owners = [one for one, ended in rows if not ended]
            assert all((one in ENDED) == ended for one, ended in rows)
            if state in OWNED:
                assert len(owners) == 1
                assert owners != ["reserved"]
            else:
                assert owners in ([], ["reserved"])
                assert not owners or state == "accepted"

    @invariant()
    def every_answer_is_told_of_just_once(self) -> None:
        for ack in self.said:
            key = f"ack:{ack.stamp.device_no}:{ack.stamp.at_ms}:{ack.stamp.seq}"
            row = self.conn.execute(
                """SELECT (SELECT count(*) FROM task_move WHERE idempotency_key = %s)
                        + (SELECT count(*) FROM event WHERE kind IN ('task.ack_late', 'ack.refused')
                              AND device_no = %s AND (body ->> 'seq')::bigint = %s)""",
                (key, ack.stamp.device_no, ack.stamp.seq),
            ).fetchone()
            assert row == (1,), key

    def _hear(self, acks: list[Ack]) -> None:
        fresh = [ack for ack in acks if ack not in self.said]
        evaluated = AckEvaluator().evaluate(self.conn, readings(*acks), self.now)
        append_events(self.conn, evaluated)
        assert fresh or not evaluated, "an answer heard before changes nothing"
        self.said += fresh

    def _make(self, draft: Any) -> int:
        shape, events = create_task(self.conn, self.place.dispatcher, draft, self.now)
        append_events(self.conn, events)
        return int(shape["id"])

    def _task(self, which: int) -> dict[str, Any]:
        return task_by_id(self.conn, self.place.dispatcher, self.tasks[which])

    def _fix(self, name: str) -> None:
        fix(self.conn, getattr(self.place, name), self.now)


def fix(conn: Connection, no: int, at: datetime) -> None:
    conn.execute(
        """INSERT INTO unit_state (device_no, org_id, position_at, state, lat_e7, lon_e7, link)
           SELECT no, org_id, %s, 'on_duty', 312300000, 1214700000, 'online'
             FROM device WHERE no = %s
           ON CONFLICT (device_no) DO UPDATE SET position_at = excluded.position_at""",
        (at, no),
    )


def test_random_walks(conn: Connection) -> None:
    Walk.conn = conn
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Walk,
        settings=settings(
            max_examples=50, stateful_step_count=30, deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


@pytest.mark.parametrize("first", ["resolve", "return", "cancel"])
def test_a_unit_with_two_tasks_that_is_rid_of_one_keeps_the_other(
    conn: Connection, place: Place, first: str
) -> None:
    """The regression every dispatch system learns."""
    one, other = made(conn, place), made(conn, place)
    moved(conn, place, one, first, reason="because")
    kept = task_by_id(conn, place.dispatcher, other["id"])
    assert kept == other
    assert kept["assignment"]["device_id"] == "zhang"
    owned = conn.execute(
        "SELECT task_id FROM assignment WHERE device_no = %s AND NOT ended", (place.zhang,)
    ).fetchall()
    assert owned == [(other["id"],)]


def test_every_line_of_an_assignment_is_walked(conn: Connection) -> None:
    """The table itself: nothing leads out of an ending, and nothing into it but its own moves."""
    for line in ASSIGNMENT_MOVES:
        for before in line.before:
            assert before not in ENDED
            assert assignment_after(before, line.move) is line.after
    for state in ENDED:
        for move in AssignmentMove:
            with pytest.raises(IllegalMove):
                assignment_after(state, move)
    assert AssignmentState.RESERVED not in ENDED
