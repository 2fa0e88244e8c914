import threading
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from core.values import Point, TaskId
from dispatch.assignments import IllegalMove
from dispatch.tasks import OPEN, OWNED, Move, MoveTask, NewTask, SamePerson, State, legal_moves
from dispatch.tasks_io import (
    create_task,
    list_tasks,
    move_task,
    moves_of,
    recent_tasks,
    task_by_id,
)
from tests.integration.dispatch.conftest import NOON, Connection, Place, seed

DRAFT = NewTask(
    "street_stall",
    "Stall blocks the pavement",
    instructions="Ask them to move",
    priority=2,
    place=Point(31.23, 121.47),
    deadline=NOON + timedelta(hours=2),
)


def make(conn: Connection, place: Place, device_id: str | None = "zhang", **more: Any) -> Any:
    draft = replace(DRAFT, device_id=device_id, **more)
    return create_task(conn, place.dispatcher, draft, NOON)[0]


def move(conn: Connection, place: Place, task: Any, name: str, **more: Any) -> Any:
    command = MoveTask(TaskId(task["id"]), Move(name), task["version"], **more)
    return move_task(conn, place.dispatcher, command, NOON)[0]


def messages(conn: Connection) -> list[tuple[int, dict[str, Any]]]:
    return conn.execute("SELECT device_no, body FROM device_message ORDER BY id").fetchall()


def test_a_task_made_with_a_unit_is_offered_and_queued_at_once(
    conn: Connection, place: Place
) -> None:
    shape, events = create_task(conn, place.dispatcher, replace(DRAFT, device_id="zhang"), NOON)
    assert [event.kind for event in events] == ["task.created", "task.moved"]
    assert (shape["state"], shape["version"], shape["open"]) == ("dispatched", 2, True)
    assert shape["assignment"]["device_id"] == "zhang"
    assert shape["assignment"]["state"] == "offered"
    assert events[-1].body["task"] == shape == task_by_id(conn, place.dispatcher, shape["id"])
    assert events[-1].body["move"]["move"] == "assign"
    assert messages(conn) == [
        (
            place.zhang,
            {
                "task_id": shape["id"],
                "version": 2,
                "state": "dispatched",
                "title": "Stall blocks the pavement",
                "kind": "street_stall",
                "priority": 2,
                "lon": 121.47,
                "lat": 31.23,
                "deadline": 1_772_373_600_000,
                "instructions": "Ask them to move",
            },
        )
    ]


def test_the_whole_loop_is_in_the_moves(conn: Connection, place: Place) -> None:
    task = make(conn, place)
    for name in ("ack", "depart", "arrive", "start", "resolve", "close"):
        task = move(conn, place, task, name)
    assert (task["state"], task["open"]) == ("closed", False)
    assert task["assignment"]["state"] == "cleared"
    told = moves_of(conn, place.dispatcher, task["id"])
    assert [line["version"] for line in told] == list(range(1, 9))
    assert [line["after"] for line in told][-1] == "closed"
    assert {line["actor"] for line in told} == {"desk"}


def test_handing_over_tells_both_units(conn: Connection, place: Place) -> None:
    task = move(conn, place, make(conn, place), "assign", device_id="wang")
    assert task["assignment"]["device_id"] == "wang"
    assert [(no, body["state"]) for no, body in messages(conn)] == [
        (place.zhang, "dispatched"),
        (place.zhang, "reassigned"),
        (place.wang, "dispatched"),
    ]


@pytest.mark.parametrize(
    ("name", "more", "told"),
    [
        ("cancel", {}, "cancelled"),
        ("defer", {"reason": "rain", "until": NOON + timedelta(days=1)}, "deferred"),
        ("lapse", {}, "returned"),
        ("extend", {"reason": "rain", "until": NOON + timedelta(days=1)}, "dispatched"),
    ],
)
def test_a_unit_is_told_what_a_person_decided(
    conn: Connection, place: Place, name: str, more: dict[str, Any], told: str
) -> None:
    task = move(conn, place, make(conn, place), name, **more)
    assert (messages(conn)[-1][0], messages(conn)[-1][1]["state"]) == (place.zhang, told)
    assert messages(conn)[-1][1]["version"] == task["version"]
    if name == "extend":
        assert task["deadline"].startswith("2026-03-02T12:00")
    if name == "defer":
        assert task["deferred_until"].startswith("2026-03-02T12:00")
        assert move(conn, place, task, "resume")["deferred_until"] is None


def test_a_repeated_key_is_answered_and_moves_nothing(conn: Connection, place: Place) -> None:
    draft = replace(DRAFT, device_id="zhang", idempotency_key="make-1")
    first, _ = create_task(conn, place.dispatcher, draft, NOON)
    assert create_task(conn, place.dispatcher, draft, NOON) == (first, [])

    command = MoveTask(TaskId(first["id"]), Move.CANCEL, 2, idempotency_key="cancel-1")
    done, events = move_task(conn, place.dispatcher, command, NOON)
    assert len(events) == 1
    assert move_task(conn, place.dispatcher, command, NOON) == (done, [])
    assert done["version"] == 3
    assert len(messages(conn)) == 2

    other = replace(command, move=Move.EXTEND, reason="x", until=NOON + timedelta(days=1))
    with pytest.raises(Conflict, match="was used for 'cancel'"):
        move_task(conn, place.dispatcher, other, NOON)


def test_who_looked_at_an_older_version_decides_anew(conn: Connection, place: Place) -> None:
    task = make(conn, place)
    move(conn, place, task, "ack")
    with pytest.raises(Conflict, match="acked at version 3; you looked at version 2"):
        move(conn, place, task, "cancel")


def test_an_illegal_move_says_what_is_legal(conn: Connection, place: Place) -> None:
    task = make(conn, place, None)
    with pytest.raises(IllegalMove, match="is accepted, so 'close' is not possible") as refused:
        move(conn, place, task, "close")
    assert refused.value.context["legal"] == [
        "assign", "cancel", "defer", "extend", "reserve", "contact", "first_report",
    ]  # fmt: skip
    assert refused.value.code == "illegal_move"


def test_the_verifier_is_not_the_handler(conn: Connection, place: Place) -> None:
    task = make(conn, place)
    for name in ("resolve", "report"):
        task = move(conn, place, task, name)
    with pytest.raises(SamePerson):
        move(conn, place, task, "verify")
    colleague = replace(place.dispatcher, login="colleague")
    command = MoveTask(TaskId(task["id"]), Move.VERIFY, task["version"])
    task, _ = move_task(conn, colleague, command, NOON)
    with pytest.raises(SamePerson):
        move(conn, place, task, "close")
    command = MoveTask(TaskId(task["id"]), Move.CLOSE, task["version"])
    assert move_task(conn, colleague, command, NOON)[0]["state"] == "closed"


def test_only_who_may_and_sees(conn: Connection, place: Place) -> None:
    with pytest.raises(Forbidden):
        create_task(conn, place.onlooker, DRAFT, NOON)
    with pytest.raises(NotFound):
        create_task(conn, place.squad, replace(DRAFT, org_id=place.south), NOON)
    with pytest.raises(NotFound, match="No unit wang"):
        create_task(conn, place.squad, replace(DRAFT, device_id="wang"), NOON)
    with pytest.raises(Invalid, match="cannot take a task"):
        make(conn, place, "camera")

    task = make(conn, place, "zhang", org_id=place.south)
    with pytest.raises(NotFound):
        task_by_id(conn, place.squad, task["id"])
    with pytest.raises(NotFound):
        moves_of(conn, place.squad, task["id"])
    assert list_tasks(conn, place.squad, 0, 10) == []
    assert recent_tasks(conn, place.squad, NOON) == []
    command = MoveTask(TaskId(task["id"]), Move.CANCEL, task["version"])
    with pytest.raises(NotFound):
        move_task(conn, place.squad, command, NOON)
    with pytest.raises(Forbidden):
        move_task(conn, place.onlooker, command, NOON)
    with pytest.raises(Forbidden, match="own device"):
        move(conn, place, task, "deliver")

    own, _ = create_task(conn, place.squad, replace(DRAFT, device_id="zhang"), NOON)
    extend = MoveTask(
        TaskId(own["id"]), Move.EXTEND, own["version"], reason="x", until=NOON + timedelta(days=1)
    )
    with pytest.raises(Forbidden, match="needs dispatcher"):
        move_task(conn, place.squad, extend, NOON)


def test_a_unit_cannot_be_given_what_it_has(conn: Connection, place: Place) -> None:
    task = make(conn, place)
    with pytest.raises(Invalid, match="already has task"):
        move(conn, place, task, "assign", device_id="zhang")
    assert task_by_id(conn, place.dispatcher, task["id"]) == task


def test_a_task_belongs_to_the_squad_whose_unit_goes(conn: Connection, place: Place) -> None:
    assert make(conn, place, "wang")["org_id"] == place.south
    assert make(conn, place, None)["org_id"] == place.bureau


def test_lists_are_pages_and_know_what_is_open(conn: Connection, place: Place) -> None:
    first, second = make(conn, place), make(conn, place, None)
    move(conn, place, first, "cancel")
    ids = [id_ for id_, _ in list_tasks(conn, place.dispatcher, 0, 10)]
    assert ids == [first["id"], second["id"]]
    assert [i for i, _ in list_tasks(conn, place.dispatcher, 0, 9, is_open=True)] == ids[1:]
    assert [i for i, _ in list_tasks(conn, place.dispatcher, first["id"], 9)] == ids[1:]
    late = NOON + timedelta(hours=25)
    assert [s["id"] for s in recent_tasks(conn, place.dispatcher, NOON)] == ids
    assert [s["id"] for s in recent_tasks(conn, place.dispatcher, late)] == ids[1:]


def test_the_shape_knows_the_endings(conn: Connection, place: Place) -> None:
    task = make(conn, place, None)
    for state in State:
        conn.execute("UPDATE task SET state = %s WHERE id = %s", (state, task["id"]))
        assert task_by_id(conn, place.dispatcher, task["id"])["open"] == (state in OPEN)


def test_moves_cannot_be_rewritten(conn: Connection, place: Place) -> None:
    make(conn, place)
    with pytest.raises(psycopg.errors.RestrictViolation):
        conn.execute("UPDATE task_move SET actor = 'nobody'")


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["zhang", "wang", "car"]))))
def test_a_random_walk_is_gapless_and_has_one_owner(
    conn: Connection, place: Place, choices: list[tuple[int, str]]
) -> None:
    with conn.transaction(force_rollback=True):
        task = make(conn, place, None)
        for choice, device_id in choices:
            legal = [m for m in legal_moves(State(task["state"])) if m not in ("deliver", "read")]
            if not legal:
                break
            try:
                task = move(
                    conn,
                    place,
                    task,
                    legal[choice % len(legal)],
                    device_id=device_id,
                    reason="because",
                    until=NOON + timedelta(hours=choice + 1),
                )
            except (SamePerson, Invalid):
                continue  # refused by a rule, and nothing may have happened
            owners = conn.execute(
                "SELECT state FROM assignment WHERE task_id = %s AND NOT ended", (task["id"],)
            ).fetchall()
            # One who works on it, or one it is reserved for while it waits for its time.
            assert len(owners) == 1 if task["state"] in OWNED else len(owners) <= 1
            assert (owners == [("reserved",)]) == (bool(owners) and task["state"] == "accepted")
        told = moves_of(conn, place.dispatcher, task["id"])
        assert [line["version"] for line in told] == list(range(1, task["version"] + 1))
        for line, following in pairwise(told):
            assert following["before"] == line["after"]


def test_two_at_once_cannot_both_assign(database: str) -> None:
    """Real connections, real commits: one wins, the other is told to look again."""
    with psycopg.connect(database) as conn:
        place = seed(conn)
        task = make(conn, place, None)
    try:
        outcomes: list[str] = []
        start = threading.Barrier(2)

        def assign(device_id: str) -> None:
            with psycopg.connect(database) as own:
                start.wait()
                try:
                    move(own, place, task, "assign", device_id=device_id)
                    outcomes.append("done")
                except AppError as refused:
                    own.rollback()
                    outcomes.append(refused.code)

        rivals = [threading.Thread(target=assign, args=(name,)) for name in ("zhang", "wang")]
        for rival in rivals:
            rival.start()
        for rival in rivals:
            rival.join()
        assert sorted(outcomes) == ["done", "version_conflict"]
        with psycopg.connect(database) as conn:
            assert conn.execute("SELECT count(*) FROM assignment").fetchone() == (1,)
            assert conn.execute("SELECT count(*) FROM device_message").fetchone() == (1,)
    finally:
        with psycopg.connect(database) as conn:
            _remove_everything(conn)


def test_a_retry_that_overtakes_its_first_copy_waits_for_it(database: str) -> None:
    with psycopg.connect(database) as conn:
        place = seed(conn)
    try:
        made: list[int] = []
        start = threading.Barrier(3)

        def make_it() -> None:
            with psycopg.connect(database) as own:
                start.wait()
                made.append(make(own, place, None, idempotency_key="same")["id"])

        copies = [threading.Thread(target=make_it) for _ in range(3)]
        for copy in copies:
            copy.start()
        for copy in copies:
            copy.join()
        assert len(made) == 3
        assert len(set(made)) == 1
    finally:
        with psycopg.connect(database) as conn:
            _remove_everything(conn)


def _remove_everything(conn: Connection) -> None:
    """Committed rows of a test go; TRUNCATE passes the triggers that guard rows."""
    conn.execute(
        "TRUNCATE task, assignment, task_move, device_message, unit_state, device, org CASCADE"
    )
