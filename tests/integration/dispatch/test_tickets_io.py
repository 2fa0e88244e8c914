"""Complaint tickets on a real database: each once, repeats found, rates counted."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.errors import Forbidden, Invalid, NotFound
from core.values import TaskId
from dispatch.supervision_io import of_task
from dispatch.tasks import Move, MoveTask
from dispatch.tasks_io import list_tasks, move_task
from dispatch.tickets_io import (
    Callback,
    call_back,
    list_tickets,
    rates,
    rates_csv,
    take_in,
    ticket_by_id,
)
from tests.integration.dispatch.conftest import NOON, Connection, Place

DAY = timedelta(days=1)


def row(no: int, **more: Any) -> dict[str, Any]:
    return {"external_id": f"A-{no}", "subject": "占道设摊", "received_at": NOON.isoformat(),
            "org": "North", "caller": "13812345678", "address": "东路 1 号", **more}  # fmt: skip


def take(conn: Connection, place: Place, *rows: dict[str, Any], dry_run: bool = False) -> Any:
    return take_in(conn, place.dispatcher, rows, system="12345", datum="wgs84", dry_run=dry_run,
                   now=NOON)  # fmt: skip


def actions(report: Any) -> list[str]:
    return [one["action"] for one in report["rows"]]


def test_a_ticket_becomes_one_task_of_the_squad_named(conn: Connection, place: Place) -> None:
    report, events = take(conn, place, row(1))
    assert actions(report) == ["created"]
    assert [event.kind for event in events] == ["task.created", "ticket.taken"]
    (ticket,) = list_tickets(conn, place.dispatcher, since=None, until=None, after=0, limit=9)
    assert (ticket["system"], ticket["external_id"], ticket["org"]) == ("12345", "A-1", "North")
    assert ticket["caller"] == "138****5678"
    assert ticket["contact_due"] == "2026-03-02T15:59:59+00:00"
    (found,) = [shape for _, shape in list_tasks(conn, place.squad, 0, 9)]
    assert found["source"]["external_id"] == "A-1"
    assert found["kind"] == "complaint"
    assert found["deadline"] == "2026-03-06T15:59:59+00:00"


def test_sent_again_it_changes_nothing(conn: Connection, place: Place) -> None:
    take(conn, place, row(1))
    report, events = take(conn, place, row(1), row(1))
    assert (actions(report), events) == (["unchanged", "unchanged"], [])
    report, events = take(conn, place, row(1, address="东路 2 号"))
    assert actions(report) == ["changed"]
    assert report["rows"][0]["changes"] == {"address": ("东路 1 号", "东路 2 号")}
    assert [event.kind for event in events] == ["ticket.changed"]
    assert len(list_tasks(conn, place.dispatcher, 0, 9)) == 1


def test_a_dry_run_writes_nothing_and_says_the_same(conn: Connection, place: Place) -> None:
    rows = [row(1), {"subject": "x"}, row(2, org="Nowhere")]
    dry, events = take(conn, place, *rows, dry_run=True)
    assert events == []
    assert actions(dry) == ["created", "refused", "refused"]
    assert list_tasks(conn, place.dispatcher, 0, 9) == []
    wet, _ = take(conn, place, *rows)
    assert actions(wet) == actions(dry)
    assert [one["row"] for one in wet["rows"]] == [1, 2, 3]
    assert "单位" in wet["rows"][2]["zh"]


def test_three_alike_are_supervised(conn: Connection, place: Place) -> None:
    take(conn, place, row(1), row(2), row(3, subject="噪声"))
    report, events = take(conn, place, row(4))
    assert actions(report) == ["created"]
    assert [event.kind for event in events] == ["task.created", "ticket.taken", "task.supervised"]
    found = list_tickets(conn, place.dispatcher, since=None, until=None, after=0, limit=9)
    (ticket,) = [one for one in found if one["external_id"] == "A-4"]
    (step,) = of_task(conn, place.dispatcher, ticket["task_id"])
    assert step["step"] == "repeat"
    assert "第 3 次" in step["reason"]


def test_only_dispatchers_take_them_in(conn: Connection, place: Place) -> None:
    with pytest.raises(Forbidden):
        take_in(conn, place.squad, [row(1)], system="x", datum="wgs84", dry_run=False, now=NOON)
    with pytest.raises(Invalid, match="1 to 500"):
        take(conn, place)
    take(conn, place, row(1))
    other = replace(place.dispatcher, org_ids=frozenset({place.dispatcher.org_id}))
    report, _ = take_in(conn, other, [row(1, org="")], system="12345", datum="wgs84",
                        dry_run=False, now=NOON)  # fmt: skip
    assert actions(report) == ["refused"], "another organisation's ticket is not shown"


def test_call_backs_and_the_rates(conn: Connection, place: Place) -> None:
    take(conn, place, row(1), row(2, subject="噪声", caller="", org="South"))
    one, _ = list_tickets(conn, place.dispatcher, since=None, until=None, after=0, limit=9)
    command = MoveTask(TaskId(one["task_id"]), Move.CONTACT, 1)
    move_task(conn, place.dispatcher, command, NOON + timedelta(hours=1))
    with pytest.raises(Invalid, match="Nobody answered"):
        call_back(conn, place.dispatcher, one["id"], Callback(False, solved=True), NOON)
    with pytest.raises(Forbidden):
        call_back(conn, place.squad, one["id"], Callback(False), NOON)
    shape, events = call_back(
        conn, place.dispatcher, one["id"], Callback(True, solved=True, satisfied=True), NOON
    )
    assert shape["callback"]["satisfied"] is True
    assert [event.kind for event in events] == ["ticket.called_back"]
    found = rates(conn, place.dispatcher, NOON - DAY, NOON + DAY, org_id=None, now=NOON + 9 * DAY)
    assert found["total"]["tickets"] == 2
    assert found["total"]["figures"]["contact"]["value"] == 1.0
    assert found["total"]["figures"]["on_time"]["denominator"] == 2
    assert [one["name"] for one in found["items"]] == ["North", "South"]
    assert found["notices"] == {"issued": 0, "wanted": 1}
    assert "on_time_value" in rates_csv(found)
    with pytest.raises(NotFound):
        ticket_by_id(conn, replace(place.squad, org_ids=frozenset({place.dispatcher.org_id})),
                     one["id"])  # fmt: skip
    with pytest.raises(Invalid, match="at most a year"):
        rates(conn, place.dispatcher, NOON, NOON, org_id=None, now=NOON)
