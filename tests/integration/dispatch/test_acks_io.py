from datetime import timedelta
from typing import Any

import pytest

from core.events import Event
from core.events_io import append_events
from core.values import TaskId
from devices.readings import Ack
from dispatch.acks_io import AckEvaluator
from dispatch.tasks import Move, MoveTask
from dispatch.tasks_io import move_task, moves_of, task_by_id
from dispatch.units_io import UnitEvaluator
from tests.integration.dispatch.conftest import (
    NOON,
    Connection,
    Place,
    position,
    readings,
    stamp,
)
from tests.integration.dispatch.test_tasks_io import make, messages

LATER = NOON + timedelta(minutes=10)


def ack(place: Place, task: Any, move: str, at_s: float, device_no: int | None = None) -> Ack:
    own = stamp(place, place.zhang if device_no is None else device_no, at_s)
    return Ack(own, task["id"], move, "busy" if move == "declined" else None)


def say(conn: Connection, *acks: Ack) -> list[Event]:
    """As the follower does it: judge, append."""
    events = list(AckEvaluator().evaluate(conn, readings(*acks), LATER))
    append_events(conn, events)
    return events


def shape(conn: Connection, place: Place, task: Any) -> dict[str, Any]:
    return task_by_id(conn, place.dispatcher, task["id"])


def test_the_answers_of_a_unit_move_its_task(conn: Connection, place: Place) -> None:
    task = make(conn, place)
    UnitEvaluator().evaluate(conn, readings(position(place.zhang, 40)), NOON)
    for n, (said, state, unit) in enumerate(
        [
            ("delivered", "delivered", "delivered"),
            ("read", "read", "read"),
            ("accepted", "acked", "accepted"),
            ("en_route", "en_route", "en_route"),
            ("on_scene", "on_scene", "on_scene"),
            ("resolved", "resolved", "cleared"),
        ]
    ):
        events = say(conn, ack(place, task, said, 10 * n + 1))
        now = shape(conn, place, task)
        assert [event.kind for event in events] == ["task.moved"]
        assert events[0].body["task"] == now
        assert (now["state"], now["assignment"]["state"]) == (state, unit)
    told = moves_of(conn, place.dispatcher, task["id"])
    assert [line["version"] for line in told] == list(range(1, 9))
    assert told[-1]["actor"] == "device:zhang"
    assert told[-1]["at"] == NOON + timedelta(seconds=51)
    assert (told[-1]["lat_deg"], told[-1]["lon_deg"]) == (31.23, 121.47)
    assert len(messages(conn)) == 1, "a device is not told what it said itself"


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_replay_is_silent_and_batches_do_not_matter(
    conn: Connection, place: Place, cut: int
) -> None:
    task, other = make(conn, place), make(conn, place, "wang")
    said = [
        ack(place, task, "delivered", 1),
        ack(place, task, "on_scene", 3),
        ack(place, task, "accepted", 2),
    ]
    theirs = ack(place, other, "read", 2, place.wang)
    say(conn, *said[:cut], theirs)
    say(conn, *said[cut:])
    before = shape(conn, place, task)
    assert before["state"] == "on_scene"
    assert shape(conn, place, other)["state"] == "read"
    evaluator = AckEvaluator()
    evaluator.forget()
    assert list(evaluator.evaluate(conn, readings(*said, theirs), LATER)) == []
    assert list(evaluator.evaluate(conn, readings(said[2], theirs, said[0]), LATER)) == []
    assert shape(conn, place, task) == before


def test_a_late_ack_is_written_down_once_and_moves_nothing(conn: Connection, place: Place) -> None:
    task = make(conn, place)
    say(conn, ack(place, task, "on_scene", 30))
    events = say(conn, ack(place, task, "accepted", 10))
    assert [event.kind for event in events] == ["task.ack_late"]
    assert events[0].body["reason"]["code"] == "already_there"
    assert events[0].body["task"]["state"] == "on_scene"
    assert shape(conn, place, task)["version"] == 3
    assert say(conn, ack(place, task, "accepted", 10)) == []


def test_strangers_learn_nothing(conn: Connection, place: Place) -> None:
    task = make(conn, place)
    unknown = {"id": 987_654_321}
    for said in (
        ack(place, task, "accepted", 1, place.wang),
        ack(place, unknown, "accepted", 2, place.wang),
    ):
        events = say(conn, said)
        assert [event.kind for event in events] == ["ack.refused"]
        assert events[0].org_id == place.south
        assert events[0].task_id is None
        assert "task" not in events[0].body
        assert events[0].body["reason"]["code"] == "not_its_task"
        assert say(conn, said) == []
    assert shape(conn, place, task)["state"] == "dispatched"


def test_a_unit_that_sent_the_task_back_may_still_turn_up(conn: Connection, place: Place) -> None:
    task = make(conn, place)
    say(conn, ack(place, task, "declined", 5))
    returned = shape(conn, place, task)
    assert (returned["state"], returned["assignment"]) == ("returned", None)
    assert moves_of(conn, place.dispatcher, task["id"])[-1]["reason"] == "busy"
    say(conn, ack(place, task, "on_scene", 60))
    assert shape(conn, place, task)["assignment"]["device_id"] == "zhang"
    assert shape(conn, place, task)["state"] == "on_scene"


def test_after_a_hand_over_the_first_unit_has_no_say(conn: Connection, place: Place) -> None:
    task = make(conn, place)
    command = MoveTask(TaskId(task["id"]), Move.ASSIGN, task["version"], device_id="wang")
    move_task(conn, place.dispatcher, command, NOON)
    events = say(conn, ack(place, task, "on_scene", 5))
    assert events[0].body["reason"]["code"] == "no_longer_owner"
    assert shape(conn, place, task)["state"] == "dispatched"
    say(conn, ack(place, task, "accepted", 6, place.wang))
    assert shape(conn, place, task)["state"] == "acked"
