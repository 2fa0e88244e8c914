"""The ladder of offers on a real database: told again, taken back, made to the next, each once."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.values import TaskId
from dispatch.conduct_io import set_kind, set_policy
from dispatch.offers_io import sweep
from dispatch.standing_io import RuleDraft, add_rule
from dispatch.standing_io import sweep as standing_sweep
from dispatch.tasks import Move, MoveTask, NewTask
from dispatch.tasks_io import create_task, move_task, moves_of, task_by_id
from tests.integration.dispatch.conftest import NOON, Connection, Place
from tests.integration.dispatch.test_acks_io import ack, say
from tests.integration.dispatch.test_machines import fix
from tests.integration.dispatch.test_standing_io import hear
from tests.integration.dispatch.test_tasks_io import DRAFT, make, messages, move


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def heard(conn: Connection) -> None:
    hear(conn, -60, 600)  # minutes


def state(conn: Connection, place: Place, task: Any) -> tuple[str, str | None]:
    found = task_by_id(conn, place.dispatcher, task["id"])
    return found["state"], (found["assignment"] or {}).get("device_id")


def alarms(conn: Connection) -> set[str]:
    rows = conn.execute("SELECT type FROM alarm WHERE active AND source LIKE 'task:%'")
    return {type_ for (type_,) in rows}


def test_an_offer_that_does_not_arrive_is_told_again_and_the_dispatcher_knows(
    conn: Connection, place: Place
) -> None:
    task = make(conn, place)
    assert sweep(conn, at(29)) == []
    assert [event.kind for event in sweep(conn, at(31))] == ["alarm.raised"]
    assert sweep(conn, at(33)) == []
    assert [body["version"] for _, body in messages(conn)] == [2, 2]
    assert alarms(conn) == {"offer_undelivered"}
    say(conn, ack(place, task, "delivered", 40))
    assert [event.kind for event in sweep(conn, at(45))] == ["alarm.cleared"]
    assert alarms(conn) == set()
    assert len(messages(conn)) == 2


def test_an_offer_nobody_answers_goes_to_the_next_free_unit(conn: Connection, place: Place) -> None:
    task = make(conn, place)  # urgent: two minutes
    say(conn, ack(place, task, "delivered", 5), ack(place, task, "read", 6))
    for no in (place.zhang, place.wang, place.car):
        fix(conn, no, at(110))
    conn.execute("UPDATE unit_state SET state = 'break' WHERE device_no = %s", (place.wang,))
    assert sweep(conn, at(119)) == []
    assert state(conn, place, task) == ("read", "zhang")
    kinds = [event.kind for event in sweep(conn, at(121))]
    assert kinds == ["task.moved", "task.moved", "alarm.raised"]
    # Wang is on a break, and Zhang was asked already.
    assert state(conn, place, task) == ("dispatched", "car")
    assert sweep(conn, at(122)) == []
    told = moves_of(conn, place.dispatcher, task["id"])
    assert [(line["move"], line["actor"]) for line in told][-2:] == [
        ("lapse", "system"), ("assign", "system"),
    ]  # fmt: skip
    assert alarms(conn) == {"task_unanswered"}
    # The last one does not answer either, and nobody is left: it waits for the dispatcher.
    assert [e.kind for e in sweep(conn, at(250))] == ["task.moved"]
    assert state(conn, place, task) == ("returned", None)
    assert sweep(conn, at(400)) == []
    assert alarms(conn) == {"task_unanswered"}
    say(conn, ack(place, task, "accepted", 410, place.car))
    assert state(conn, place, task) == ("acked", "car")
    sweep(conn, at(420))
    assert alarms(conn) == set()


def test_an_outage_of_ours_takes_no_task_from_anybody(conn: Connection, place: Place) -> None:
    conn.execute("DELETE FROM alive_span")
    hear(conn, -60, 0)
    task = make(conn, place)
    assert sweep(conn, at(600)) == []
    assert state(conn, place, task) == ("dispatched", "zhang")


def test_without_leave_the_machine_only_takes_back(conn: Connection, place: Place) -> None:
    set_policy(conn, place.dispatcher, {"offers": {"reoffer": False}}, NOON)
    task = make(conn, place)
    fix(conn, place.wang, at(110))
    sweep(conn, at(121))
    assert state(conn, place, task) == ("returned", None)
    assert alarms(conn) == {"task_unanswered"}


def test_what_comes_back_too_often_goes_up(conn: Connection, place: Place) -> None:
    task = make(conn, place)
    for unit in ("wang", "car", None):
        task = move(conn, place, task, "return", reason="not ours")
        sweep(conn, at(1))
        if unit is not None:
            assert alarms(conn) == set()
            task = move(conn, place, task, "assign", device_id=unit)
    assert alarms(conn) == {"task_returned_often"}


def scheduled(conn: Connection, place: Place) -> Any:
    draft = replace(DRAFT, starts_at=at(3600), device_id="zhang")
    return create_task(conn, place.dispatcher, draft, NOON)[0]


def test_scheduled_work_reserves_a_unit_and_does_not_make_it_busy(
    conn: Connection, place: Place
) -> None:
    task = scheduled(conn, place)
    assert (task["state"], task["assignment"]["state"]) == ("accepted", "reserved")
    assert messages(conn) == [], "the unit is told when its time has come"
    assert sweep(conn, at(2999)) == []
    assert [event.kind for event in sweep(conn, at(3001))] == ["task.moved"]
    assert state(conn, place, task) == ("dispatched", "zhang")
    assert [no for no, _ in messages(conn)] == [place.zhang]
    # The offer stands from then on, not from when it was reserved.
    assert sweep(conn, at(3002)) == []
    rows = conn.execute("SELECT count(*) FROM assignment").fetchone()
    assert rows == (1,)


def test_reserved_work_is_neither_ageing_nor_overdue_before_it_begins(
    conn: Connection, place: Place
) -> None:
    set_kind(conn, place.dispatcher, "dated",
             {"name_zh": "限时", "name_en": "dated", "deadline_s": 600, "first_report_s": 300},
             NOON)  # fmt: skip
    draft = replace(DRAFT, kind="dated", deadline=None, starts_at=at(3600), device_id="zhang")
    task, _ = create_task(conn, place.dispatcher, draft, NOON)
    assert datetime.fromisoformat(task["deadline"]) == at(4200)
    assert datetime.fromisoformat(task["first_report_due"]) == at(3900)
    rule = RuleDraft("task_ageing", "Taken", {"threshold_s": 300}, org_id=place.bureau)
    add_rule(conn, place.dispatcher, rule, NOON)
    assert standing_sweep(conn, at(1800)) == []
    move(conn, place, task, "cancel")


def test_a_reservation_goes_to_another_unit_in_silence(conn: Connection, place: Place) -> None:
    task = scheduled(conn, place)
    task = move(conn, place, task, "reserve", device_id="car", until=at(7200))
    assert (task["assignment"]["device_id"], task["assignment"]["state"]) == ("car", "reserved")
    assert messages(conn) == []
    task = move(conn, place, task, "assign", device_id="wang")
    assert [no for no, _ in messages(conn)] == [place.wang]
    assert task["state"] == "dispatched"


def test_a_deferred_task_comes_back_by_itself_with_what_was_left(
    conn: Connection, place: Place
) -> None:
    task = make(conn, place, None)  # due in two hours
    command = MoveTask(TaskId(task["id"]), Move.DEFER, task["version"], reason="rain",
                       until=at(3600))  # fmt: skip
    move_task(conn, place.dispatcher, command, at(1800))
    assert sweep(conn, at(3599)) == []
    sweep(conn, at(3600))
    found = task_by_id(conn, place.dispatcher, task["id"])
    assert found["state"] == "accepted"
    assert datetime.fromisoformat(found["deadline"]) == at(7200 + 1800)
    assert found["deferred_until"] is None


def test_a_task_without_a_place_waits_for_the_dispatcher(conn: Connection, place: Place) -> None:
    draft = NewTask("inspection", "Somewhere", priority=1, device_id="zhang")
    task, _ = create_task(conn, place.dispatcher, draft, NOON)
    fix(conn, place.wang, at(110))
    sweep(conn, at(121))
    assert state(conn, place, task) == ("returned", None)
