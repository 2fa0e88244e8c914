"""Deadlines and what follows when they pass, on a real database."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.errors import Forbidden, NotFound
from core.values import TaskId
from dispatch.conduct_io import list_kinds, set_kind
from dispatch.supervision_io import as_csv, list_steps, of_task, supervise, sweep
from dispatch.tasks import MissingEvidence, Move, MoveTask, NewTask, NoFeedback, NotVerified
from dispatch.tasks_io import create_task, move_task, task_by_id
from tests.integration.dispatch.conftest import NOON, Connection, Place
from tests.integration.dispatch.test_tasks_io import make, messages, move

LATE = NOON + timedelta(hours=2, minutes=1)


def numbers(conn: Connection, place: Place, task: Any) -> list[str]:
    return [one["number"] for one in of_task(conn, place.dispatcher, task["id"])]


def alarms(conn: Connection) -> list[tuple[str, int, int]]:
    return conn.execute(
        "SELECT type, priority, seen FROM alarm WHERE active AND type = 'task_overdue'"
    ).fetchall()


def test_overdue_work_climbs_the_ladder_and_the_unit_is_told(
    conn: Connection, place: Place
) -> None:
    task = make(conn, place)  # due in two hours, on a Sunday
    assert sweep(conn, NOON + timedelta(hours=2)) == []
    events = sweep(conn, LATE)
    assert [event.kind for event in events] == ["task.supervised", "alarm.raised"]
    assert events[0].body["task"] == task_by_id(conn, place.dispatcher, task["id"])
    assert events[0].body["task"]["supervision"]["step"] == "reminder"
    assert numbers(conn, place, task) == ["催办〔2026〕1号"]
    assert messages(conn)[-1][1]["reminder"]["number"] == "催办〔2026〕1号"
    assert sweep(conn, LATE + timedelta(minutes=5)) == [], "each step once"
    monday = NOON + timedelta(days=1, hours=3)
    assert [event.kind for event in sweep(conn, monday)] == ["task.supervised", "alarm.repeated"]
    assert numbers(conn, place, task) == ["催办〔2026〕1号", "督办通知单〔2026〕1号"]
    assert alarms(conn) == [("task_overdue", 3, 2)]


def test_a_report_ends_it_and_so_does_an_extension(conn: Connection, place: Place) -> None:
    one, other = make(conn, place), make(conn, place)
    sweep(conn, LATE)
    assert len(alarms(conn)) == 2
    for name in ("resolve", "report"):
        one = move(conn, place, one, name)
    command = MoveTask(TaskId(other["id"]), Move.EXTEND, other["version"], reason="rain",
                       until=LATE + timedelta(hours=1))  # fmt: skip
    move_task(conn, place.dispatcher, command, LATE)
    assert [event.kind for event in sweep(conn, LATE)] == ["alarm.cleared"] * 2
    assert alarms(conn) == []
    # Late again: a new ladder for the new deadline.
    sweep(conn, LATE + timedelta(hours=1, minutes=1))
    assert numbers(conn, place, other) == ["催办〔2026〕2号", "催办〔2026〕3号"]
    assert numbers(conn, place, one) == ["催办〔2026〕1号"]


def test_a_deferred_task_is_not_chased(conn: Connection, place: Place) -> None:
    task = make(conn, place)
    command = MoveTask(TaskId(task["id"]), Move.DEFER, task["version"], reason="rain",
                       until=NOON + timedelta(days=2))  # fmt: skip
    move_task(conn, place.dispatcher, command, NOON)
    assert sweep(conn, NOON + timedelta(days=1)) == []


def test_a_person_may_take_a_step_within_the_role(conn: Connection, place: Place) -> None:
    task = make(conn, place)
    with pytest.raises(Forbidden):
        supervise(conn, place.squad, task["id"], step="notice", reason="x", now=NOON)
    with pytest.raises(Forbidden):
        supervise(conn, place.onlooker, task["id"], step="reminder", reason="x", now=NOON)
    said, events = supervise(
        conn, place.squad, task["id"], step="reminder", reason="people wait", now=NOON
    )
    assert (said["number"], said["by"]) == ("催办〔2026〕1号", "leader")
    assert [event.kind for event in events] == ["task.supervised"]
    supervise(conn, place.dispatcher, task["id"], step="notice", reason="5 %", now=NOON)
    found = list_steps(conn, place.dispatcher, since=None, until=None, step="notice", after=0,
                       limit=10)  # fmt: skip
    assert [one["number"] for one in found] == ["督察告知单〔2026〕1号"]
    assert "督察告知单〔2026〕1号,notice" in as_csv(found)
    with pytest.raises(NotFound):
        of_task(conn, replace(place.squad, org_ids=frozenset()), task["id"])


KIND = {"name_zh": "违建", "name_en": "illegal building", "evidence": ["photo"], "feedback": True,
        "verify": True, "first_report_s": 7200, "deadline_workdays": 3}  # fmt: skip


def build(conn: Connection, place: Place) -> Any:
    set_kind(conn, place.dispatcher, "building", KIND, NOON)
    draft = NewTask("building", "Roof", priority=2, device_id="zhang")
    return create_task(conn, place.dispatcher, draft, NOON)[0]


def test_a_kind_asks_for_evidence_feedback_and_verification(conn: Connection, place: Place) -> None:
    from dispatch.attachments_io import attach

    task = build(conn, place)
    assert task["deadline"] == "2026-03-04T15:59:59+00:00"  # NOON is a Sunday
    assert task["first_report_due"] == "2026-03-01T14:00:00+00:00"
    with pytest.raises(MissingEvidence, match="photo"):
        move(conn, place, task, "resolve")
    picture = b"\xff\xd8\xff fake but whole"
    shape, events = attach(conn, place.dispatcher, task["id"], name="a.jpg",
                           media_type="image/jpeg", body=picture, now=NOON)  # fmt: skip
    assert shape["kind"] == "photo"
    assert [event.kind for event in events] == ["task.attached"]
    assert attach(conn, place.dispatcher, task["id"], name="b.jpg", media_type="image/jpeg",
                  body=picture, now=NOON)[1] == []  # fmt: skip
    task = move(conn, place, task, "resolve")
    with pytest.raises(NotVerified):
        move(conn, place, task, "close", reason="done")
    task = move(conn, place, task, "report")
    other = replace(place.dispatcher, login="other")
    command = MoveTask(TaskId(task["id"]), Move.VERIFY, task["version"])
    task = move_task(conn, other, command, NOON)[0]
    command = MoveTask(TaskId(task["id"]), Move.CLOSE, task["version"])
    with pytest.raises(NoFeedback):
        move_task(conn, other, command, NOON)
    closed = move_task(conn, other, replace(command, reason="Roof is down"), NOON)[0]
    assert closed["state"] == "closed"
    assert closed["closed_at"] is not None


def test_the_first_of_two_reports_is_chased_until_it_is_given(
    conn: Connection, place: Place
) -> None:
    task = build(conn, place)
    late = NOON + timedelta(hours=2, minutes=1)
    assert [event.kind for event in sweep(conn, late)] == ["task.supervised", "alarm.raised"]
    told = move(conn, place, task, "first_report", reason="looked at it")
    assert told["first_report_at"] is not None
    assert [event.kind for event in sweep(conn, late)] == ["alarm.cleared"]
    assert "building" in [one["kind"] for one in list_kinds(conn)]
