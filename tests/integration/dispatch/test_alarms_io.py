from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from core.errors import Forbidden, Invalid, NotFound
from core.events import Event
from core.events_io import append_events
from devices.readings import DeviceEvent
from dispatch.alarms import ClearAlarm, NotNow, RaiseAlarm
from dispatch.alarms_io import (
    acknowledge,
    alarm_by_id,
    carry_out,
    list_alarms,
    recent_alarms,
    reset,
    shelve,
    sweep,
)
from dispatch.field_events_io import DeviceEventEvaluator
from dispatch.rules_io import react
from dispatch.units_io import UnitEvaluator
from tests.integration.dispatch.conftest import (
    NOON,
    Connection,
    Place,
    readings,
    stamp,
    will,
)
from tests.integration.dispatch.test_units_io import Status


def later(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def sos(place: Place, **more: Any) -> RaiseAlarm:
    return replace(
        RaiseAlarm("sos", f"device:{place.zhang}", place.north, 1, NOON, place.zhang, latched=True),
        **more,
    )


def missed(place: Place, hour: float) -> RaiseAlarm:
    about = (NOON + timedelta(hours=hour)).isoformat()
    return RaiseAlarm("missed_point", "point:9", place.north, 3, NOON, detail={"about": about})


def kinds(events: list[Event]) -> list[str]:
    return [event.kind for event in events]


def only(conn: Connection, place: Place) -> dict[str, Any]:
    ((_, shape),) = list_alarms(conn, place.dispatcher, 0, 10)
    return shape


def test_an_alarm_is_unique_while_active_and_counts(conn: Connection, place: Place) -> None:
    said = carry_out(conn, [missed(place, 1), replace(missed(place, 2), at=later(5))])
    assert kinds(said) == ["alarm.raised", "alarm.repeated"]
    shape = only(conn, place)
    assert said[-1].body["alarm"] == shape
    assert (shape["state"], shape["seen"]) == ("active_unack", 2)
    assert shape["first_at"].startswith("2026-03-01T12:00")
    assert shape["last_at"].startswith("2026-03-01T12:05")


def test_the_way_through_the_states(conn: Connection, place: Place) -> None:
    carry_out(conn, [missed(place, 1)])
    alarm_id = only(conn, place)["id"]
    shape, said = acknowledge(conn, place.squad, alarm_id, "on my way", later(1))
    assert kinds(said) == ["alarm.acknowledged"]
    assert (shape["state"], shape["ack_by"], shape["ack_note"]) == (
        "active_ack",
        "leader",
        "on my way",
    )
    with pytest.raises(NotNow, match="cannot be 'acknowledge'"):
        acknowledge(conn, place.squad, alarm_id, "again", later(2))
    said = carry_out(conn, [ClearAlarm("missed_point", "point:9", later(3))])
    assert kinds(said) == ["alarm.cleared"]
    assert only(conn, place)["state"] == "normal"
    assert carry_out(conn, [ClearAlarm("missed_point", "point:9", later(4))]) == []
    # What comes back after it was over is a new alarm.
    assert kinds(carry_out(conn, [missed(place, 3)])) == ["alarm.raised"]
    assert len(list_alarms(conn, place.dispatcher, 0, 10)) == 2


def test_what_cleared_unseen_and_comes_back_is_the_same_alarm(
    conn: Connection, place: Place
) -> None:
    carry_out(conn, [missed(place, 1), ClearAlarm("missed_point", "point:9", later(1))])
    assert only(conn, place)["state"] == "cleared_unack"
    assert kinds(carry_out(conn, [missed(place, 1)])) == ["alarm.raised"]
    shape = only(conn, place)
    assert (shape["state"], shape["seen"], shape["cleared_at"]) == ("active_unack", 2, None)


def test_a_clear_about_an_older_thing_leaves_the_alarm(conn: Connection, place: Place) -> None:
    carry_out(conn, [missed(place, 3)])
    older = ClearAlarm("missed_point", "point:9", NOON, NOON + timedelta(hours=2))
    assert carry_out(conn, [older]) == []
    newer = replace(older, about=NOON + timedelta(hours=3))
    assert kinds(carry_out(conn, [newer])) == ["alarm.cleared"]


def test_a_repeat_speaks_of_the_newest_thing(conn: Connection, place: Place) -> None:
    carry_out(conn, [missed(place, 1), missed(place, 3)])
    between = ClearAlarm("missed_point", "point:9", NOON, NOON + timedelta(hours=2))
    assert carry_out(conn, [between]) == []


def test_a_latched_alarm_ends_by_a_person_only(conn: Connection, place: Place) -> None:
    carry_out(conn, [sos(place)])
    alarm_id = only(conn, place)["id"]
    assert carry_out(conn, [ClearAlarm("sos", f"device:{place.zhang}", later(1))]) == []
    acknowledge(conn, place.dispatcher, alarm_id, "", later(1))
    # Pressed again: it calls again.
    assert kinds(carry_out(conn, [sos(place, at=later(2), lon_deg=121.5)])) == ["alarm.repeated"]
    assert only(conn, place)["state"] == "active_unack"
    assert only(conn, place)["lon"] == 121.5
    acknowledge(conn, place.dispatcher, alarm_id, "", later(3))
    shape, said = reset(conn, place.dispatcher, alarm_id, later(4))
    assert (shape["state"], kinds(said)) == ("normal", ["alarm.cleared"])
    assert said[0].actor == "desk"
    with pytest.raises(NotNow):
        reset(conn, place.dispatcher, alarm_id, later(5))


def test_a_shelf_ends_by_itself_once(conn: Connection, place: Place) -> None:
    carry_out(conn, [missed(place, 1)])
    alarm_id = only(conn, place)["id"]
    with pytest.raises(Invalid, match="Say why"):
        shelve(conn, place.squad, alarm_id, until=later(30), reason="", now=NOON)
    shape, said = shelve(conn, place.squad, alarm_id, until=later(30), reason="works", now=NOON)
    assert kinds(said) == ["alarm.shelved"]
    assert (shape["shelved_by"], shape["shelved_reason"]) == ("leader", "works")
    assert sweep(conn, later(29)) == []
    assert kinds(sweep(conn, later(30))) == ["alarm.unshelved"]
    assert sweep(conn, later(31)) == []
    assert only(conn, place)["shelved_until"] is None


def test_only_who_may_and_sees(conn: Connection, place: Place) -> None:
    carry_out(conn, [replace(missed(place, 1), org_id=place.south)])
    alarm_id = only(conn, place)["id"]
    assert list_alarms(conn, place.squad, 0, 10) == []
    assert recent_alarms(conn, place.squad, NOON) == []
    with pytest.raises(NotFound):
        alarm_by_id(conn, place.squad, alarm_id)
    with pytest.raises(NotFound):
        acknowledge(conn, place.squad, alarm_id, "", NOON)
    with pytest.raises(Forbidden):
        acknowledge(conn, place.onlooker, alarm_id, "", NOON)


def test_the_snapshot_holds_what_is_not_over_and_the_last_day(
    conn: Connection, place: Place
) -> None:
    carry_out(conn, [missed(place, 1), sos(place)])
    (first, _), _ = list_alarms(conn, place.dispatcher, 0, 10)
    acknowledge(conn, place.dispatcher, first, "", NOON)
    carry_out(conn, [ClearAlarm("missed_point", "point:9", NOON)])
    today = [shape["type"] for shape in recent_alarms(conn, place.dispatcher, later(60))]
    assert today == ["missed_point", "sos"]
    tomorrow = [shape["type"] for shape in recent_alarms(conn, place.dispatcher, later(1500))]
    assert tomorrow == ["sos"]


def help_call(place: Place, at_s: float = 0) -> DeviceEvent:
    own = stamp(place, place.zhang, at_s)
    return DeviceEvent(own, "sos", 121.5, 31.2, {"note": "help"})


def follow(conn: Connection, now: datetime, *those: Any) -> list[Event]:
    """As the follower does it: evaluators, rules, append."""
    given = readings(*those)
    events = list(UnitEvaluator().evaluate(conn, given, now))
    events += DeviceEventEvaluator().evaluate(conn, given, now)
    events += react(conn, events, now)
    append_events(conn, events)
    return events


def test_a_call_for_help_ends_as_an_alarm_and_replay_is_silent(
    conn: Connection, place: Place
) -> None:
    said = follow(conn, later(1), help_call(place))
    assert kinds(said) == ["unit.online", "device.event", "alarm.raised"]
    shape = only(conn, place)
    assert (shape["lon"], shape["latched"], shape["priority"]) == (121.5, True, 1)
    assert shape["detail"]["note"] == "help"
    assert follow(conn, later(2), help_call(place)) == []
    assert only(conn, place)["seen"] == 1


def test_field_events_are_the_same_however_they_are_cut(conn: Connection, place: Place) -> None:
    calls = [help_call(place, 5), help_call(place, 1), help_call(place, 3)]
    whole = DeviceEventEvaluator().evaluate(conn, readings(*calls), NOON)
    one_by_one = [
        event
        for call in calls
        for event in DeviceEventEvaluator().evaluate(conn, readings(call), NOON)
    ]
    assert len(whole) == 3
    assert sorted(whole, key=lambda e: e.at) == sorted(one_by_one, key=lambda e: e.at)
    doubled = DeviceEventEvaluator().evaluate(conn, readings(*calls, *calls), NOON)
    assert doubled == whole


def test_an_officer_on_duty_falling_silent_is_an_alarm_until_heard(
    conn: Connection, place: Place
) -> None:
    follow(conn, NOON, Status(stamp(place, place.zhang, 1), "on_duty"))
    said = follow(conn, later(1), will(place, place.zhang, 9))
    assert kinds(said) == ["unit.silent", "alarm.raised"]
    said = follow(conn, later(1), Status(stamp(place, place.zhang, 20), "on_duty"))
    assert kinds(said) == ["unit.online", "alarm.cleared"]


def test_a_forbidden_fence_is_looked_up(conn: Connection, place: Place) -> None:
    ids = [
        conn.execute(
            """INSERT INTO fence (org_id, name, purpose, lat_deg, lon_deg, radius_m)
               VALUES (%s, %s, %s, 31.2, 121.4, 50) RETURNING id""",
            (place.north, name, purpose),
        ).fetchone()
        for name, purpose in (("Wall", "forbidden"), ("Park", "area"))
    ]
    events = [
        Event(
            "crossing.entered",
            NOON,
            place.north,
            {"crossing": {"fence_id": row[0], "kind": "entered"}},
            place.zhang,
        )
        for row in ids
        if row is not None
    ]
    said = react(conn, events, later(1))
    assert kinds(said) == ["alarm.raised"]
    assert said[0].body["alarm"]["detail"]["fence"] == "Wall"


def test_the_database_itself_refuses_a_second_active_alarm(conn: Connection, place: Place) -> None:
    carry_out(conn, [sos(place)])
    with pytest.raises(psycopg.errors.UniqueViolation):
        conn.execute(
            """INSERT INTO alarm (org_id, type, source, active, first_at, last_at)
               SELECT org_id, type, source, true, first_at, last_at FROM alarm"""
        )
