from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.events import Event
from dispatch.alarms import ClearAlarm, Command, RaiseAlarm
from dispatch.rules import judge

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FORBIDDEN = {5: "Old town wall"}


def decide(kind: str, body: dict[str, Any], *, age_s: float = 1) -> list[Command]:
    event = Event(kind, NOON - timedelta(seconds=age_s), 3, body, device_no=7)
    return judge([event], FORBIDDEN, NOON)


def window(result: str, closed_h: float = 0.5) -> dict[str, Any]:
    closes = NOON - timedelta(hours=closed_h)
    return {
        "window": {
            "id": 4,
            "point_id": 9,
            "opens_at": (closes - timedelta(hours=1)).isoformat(),
            "closes_at": closes.isoformat(),
            "grace_s": 1500,
            "result": result,
            "reasons": [{"code": "no_evidence"}],
        }
    }


def unit(kind: str = "officer", state: str | None = "on_duty") -> dict[str, Any]:
    return {
        "unit": {
            "no": 7,
            "id": "zhang",
            "kind": kind,
            "state": state,
            "lon": 121.47,
            "lat": 31.23,
            "link_reason": "not_heard",
        }
    }


@pytest.mark.parametrize("type_", ["sos", "fall"])
def test_a_call_for_help_latches_with_its_place(type_: str) -> None:
    (command,) = decide("device.event", {"type": type_, "lon": 121.5, "lat": 31.2})
    assert isinstance(command, RaiseAlarm)
    assert (command.type, command.source, command.priority) == (type_, "device:7", 1)
    assert (command.latched, command.lon_deg, command.lat_deg) == (True, 121.5, 31.2)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("device.event", {"type": "problem"}),
        ("unit.silent", unit(kind="vehicle")),
        ("unit.silent", unit(state="off_duty")),
        ("unit.stale", unit()),
        ("crossing.entered", {"crossing": {"fence_id": 6}}),
        ("task.moved", {"task": {}}),
    ],
)
def test_what_calls_nobody(kind: str, body: dict[str, Any]) -> None:
    assert decide(kind, body) == []


@pytest.mark.parametrize(
    ("kind", "body", "age_s", "count"),
    [
        ("device.event", {"type": "sos"}, 3_599, 1),
        ("device.event", {"type": "sos"}, 3_601, 0),
        ("unit.silent", unit(), 899, 1),
        ("unit.silent", unit(), 901, 0),
        ("crossing.entered", {"crossing": {"fence_id": 5}}, 899, 1),
        ("crossing.entered", {"crossing": {"fence_id": 5}}, 901, 0),
    ],
)
def test_stale_facts_call_nobody(kind: str, body: dict[str, Any], age_s: float, count: int) -> None:
    assert len(decide(kind, body, age_s=age_s)) == count


def test_a_three_day_old_outbox_raises_nothing() -> None:
    old_s = 3 * 86_400
    assert decide("device.event", {"type": "sos"}, age_s=old_s) == []
    assert decide("window.judged", window("missed", closed_h=72), age_s=0) == []


def test_a_missed_window_is_stale_by_when_it_could_be_said() -> None:
    """It closed half an hour ago, but its grace ended only five minutes ago."""
    (command,) = decide("window.judged", window("missed"), age_s=1800)
    assert isinstance(command, RaiseAlarm)
    assert (command.type, command.source, command.priority) == ("missed_point", "point:9", 3)
    assert command.detail["window_id"] == 4


@pytest.mark.parametrize(
    ("result", "exactly"),
    [("on_time", False), ("late", False), ("excused", False), ("undeterminable", True)],
)
def test_another_verdict_takes_the_alarm_back(result: str, exactly: bool) -> None:
    (command,) = decide("window.judged", window(result))
    assert isinstance(command, ClearAlarm)
    assert command.exactly == exactly
    assert command.about == NOON - timedelta(hours=1.5)


def test_a_clear_is_never_too_late() -> None:
    assert len(decide("unit.online", unit(), age_s=1e6)) == 1


def test_entering_and_leaving_a_forbidden_area() -> None:
    (entered,) = decide("crossing.entered", {"crossing": {"fence_id": 5, "kind": "entered"}})
    (left,) = decide("crossing.left", {"crossing": {"fence_id": 5, "kind": "left"}})
    assert entered.source == left.source == "device:7/fence:5"
    assert isinstance(entered, RaiseAlarm)
    assert entered.detail["fence"] == "Old town wall"


def test_a_lost_session_is_an_alarm_of_the_whole_installation() -> None:
    (command,) = decide("ingest.session_lost", {"session_no": 2})
    assert (command.type, command.source) == ("ingest_session_lost", "ingest:2")


def test_a_datum_fault_is_one_alarm_of_its_source_until_it_is_right() -> None:
    mark = {"id": 3, "device_no": 7, "device_id": "zhang", "evidence": {"likely": "gcj02"}}
    (raised,) = decide("patrol.datum_fault", {"mark": mark})
    assert isinstance(raised, RaiseAlarm)
    assert (raised.type, raised.source, raised.priority) == ("datum_fault", "device:7", 2)
    assert raised.detail["likely"] == "gcj02" and raised.detail["mark_id"] == 3
    (cleared,) = decide("patrol.datum_right", {"mark": mark})
    assert isinstance(cleared, ClearAlarm) and cleared.source == raised.source


def told(commands: list[Command]) -> list[tuple[str, str, bool]]:
    """(type, source, whether it is raised) of each."""
    return [(one.type, one.source, isinstance(one, RaiseAlarm)) for one in commands]


def test_what_is_wrong_with_a_camera_is_raised_and_cleared_by_itself() -> None:
    body = {"device_id": "camera-1", "raised": ["battery", "fault"], "cleared": ["storage"]}
    assert told(decide("camera.condition", body)) == [
        ("camera_battery", "device:7", True),
        ("camera_fault", "device:7", True),
        ("camera_storage", "device:7", False),
    ]


def test_a_cameras_call_for_help_and_tampering_stand_until_a_person_looks() -> None:
    body = {"device_id": "camera-1", "raised": ["sos", "tamper"], "cleared": [], "lon": 121.5}
    sos, tamper = decide("camera.condition", body)
    assert isinstance(sos, RaiseAlarm)
    assert isinstance(tamper, RaiseAlarm)
    assert (sos.type, sos.priority, sos.latched, sos.lon_deg) == ("sos", 1, True, 121.5)
    assert (tamper.type, tamper.latched) == ("camera_tamper", True)
    over = {**body, "raised": [], "cleared": ["sos", "tamper"]}
    assert decide("camera.condition", over) == []


def test_short_equipment_names_who_lacks_it_until_nobody_does() -> None:
    (command,) = decide("equipment.short", {"badges": ["B1"], "names": ["李四"]})
    assert isinstance(command, RaiseAlarm)
    assert (command.type, command.source) == ("equipment_short", "equipment:3")
    assert command.detail["names"] == ["李四"]
    full = told(decide("equipment.full", {"kind": "camera"}))
    assert full == [("equipment_short", "equipment:3", False)]


@pytest.mark.parametrize(
    ("status", "raised"), [("UPLOAD_OVERDUE", True), ("OK", False), ("NO_RECORDING", False)]
)
def test_an_overdue_upload_alarms_until_it_is_another_verdict(status: str, raised: bool) -> None:
    body = {"task_id": 4, "person_id": 5, "status": status}
    assert told(decide("recording.judged", body)) == [("upload_overdue", "recording:4/5", raised)]


def test_another_hash_of_a_recording_is_most_urgent() -> None:
    body = {"device_id": "camera-1", "recording_id": "r1", "sha256": "ab"}
    (command,) = decide("recording.altered", body)
    assert isinstance(command, RaiseAlarm)
    assert (command.priority, command.latched) == (1, True)
    assert command.source == "recording:camera-1/r1"
