from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import NotFound
from core.events import Event
from devices.readings import QUEUED, RETAINED, Readings, Status
from dispatch.units_io import UnitEvaluator, list_units, sweep, unit_by_id
from tests.integration.dispatch.conftest import (
    NOON,
    Connection,
    Place,
    position,
    readings,
    stamp,
    will,
)


def after(seconds: float) -> Any:
    return NOON + timedelta(seconds=seconds)


def hear(conn: Connection, *those: Any) -> list[Event]:
    return list(UnitEvaluator().evaluate(conn, readings(*those), NOON))


def unit(conn: Connection, place: Place, device_id: str = "zhang") -> dict[str, Any]:
    return unit_by_id(conn, place.dispatcher, device_id)


def listen(conn: Connection, from_s: float, to_s: float) -> None:
    """Say that our own ingest was alive from then to then, in seconds after noon."""
    conn.execute("INSERT INTO alive_span VALUES (0, %s, %s)", (after(from_s), after(to_s)))


def states(conn: Connection) -> list[Any]:
    return conn.execute(
        "SELECT device_no, to_jsonb(unit_state) - 'change' FROM unit_state ORDER BY device_no"
    ).fetchall()


def test_a_unit_never_heard_of_is_shown(conn: Connection, place: Place) -> None:
    shape = unit(conn, place)
    assert (shape["link"], shape["lon"], shape["org"]) == ("never", None, "North")


def test_the_first_live_position_brings_a_unit_online(conn: Connection, place: Place) -> None:
    said = hear(conn, position(place.zhang, 1, acc_m=6.5, bat_pct=80))
    shape = unit(conn, place)
    assert [event.kind for event in said] == ["unit.online"]
    assert said[0].body["unit"] == shape
    assert said[0].org_id == place.north
    assert (shape["lon"], shape["lat"], shape["acc_m"]) == (121.47, 31.23, 6.5)
    assert (shape["bat_pct"], shape["link"], shape["link_reason"]) == (80, "online", "live")
    assert hear(conn, position(place.zhang, 2)) == []


def test_the_last_position_is_the_last_observed_not_the_last_to_arrive(
    conn: Connection, place: Place
) -> None:
    hear(conn, position(place.zhang, 60, lon_deg=121.6))
    hear(conn, position(place.zhang, 30, late_s=60, lon_deg=121.5))
    assert unit(conn, place)["lon"] == 121.6
    # Of two observed in the same millisecond the higher counter is the later one.
    hear(conn, position(place.zhang, 60, seq=9_999, lon_deg=121.7))
    assert unit(conn, place)["lon"] == 121.7


def test_a_row_without_a_fix_is_a_sign_of_life_and_no_place(conn: Connection, place: Place) -> None:
    hear(conn, position(place.zhang, 1))
    hear(conn, position(place.zhang, 2, flags=0, lon_deg=0, bat_pct=40))
    shape = unit(conn, place)
    assert (shape["lon"], shape["bat_pct"]) == (121.47, 40)
    assert shape["heard_at"].startswith("2026-03-01T12:00:02.1")


def test_the_corrected_time_counts_where_there_is_one(conn: Connection, place: Place) -> None:
    hear(conn, position(place.zhang, 0, lon_deg=121.5))
    # Its clock is an hour slow; by its monotonic clock this is the newer one.
    hear(conn, position(place.zhang, -3590, late_s=3590, skew_ms=3_600_000, lon_deg=121.6))
    assert unit(conn, place)["lon"] == 121.6


@pytest.mark.parametrize(
    ("flags", "late_s"), [(1 | QUEUED, 1), (1, 61)], ids=["kept by the device", "late"]
)
def test_what_was_saved_up_is_heard_but_the_sweep_decides(
    conn: Connection, place: Place, flags: int, late_s: float
) -> None:
    assert hear(conn, position(place.zhang, -late_s, late_s=late_s, flags=flags)) == []
    assert unit(conn, place)["link"] == "never"
    listen(conn, -100, 5)
    assert [event.kind for event in sweep(conn, after(5))] == ["unit.online"]
    assert unit(conn, place)["link_reason"] == "backfill"


def test_a_retained_copy_is_no_sign_of_life(conn: Connection, place: Place) -> None:
    assert hear(conn, position(place.zhang, 1, flags=1 | RETAINED)) == []
    shape = unit(conn, place)
    assert (shape["heard_at"], shape["link"], shape["lon"]) == (None, "never", 121.47)


def test_a_last_will_silences_at_once_and_leaves_the_state(conn: Connection, place: Place) -> None:
    hear(conn, Status(stamp(place, place.zhang, 1), "on_duty", 77.0, {"fw": "2"}))
    said = hear(conn, will(place, place.zhang, 9))
    shape = unit(conn, place)
    assert [event.kind for event in said] == ["unit.silent"]
    assert (shape["state"], shape["bat_pct"], shape["detail"]) == ("on_duty", 77, {"fw": "2"})
    assert (shape["link"], shape["link_reason"]) == ("silent", "last_will")
    assert shape["link_since"].startswith("2026-03-01T12:00:09")
    assert hear(conn, will(place, place.zhang, 9)) == []
    # The will of a connection that was already replaced says nothing.
    assert [e.kind for e in hear(conn, position(place.zhang, 12))] == ["unit.online"]
    assert hear(conn, will(place, place.zhang, 11)) == []


def test_a_camera_shows_its_place_from_its_status(conn: Connection, place: Place) -> None:
    detail = {"lon": 121.48, "lat": 31.24, "acc": 12.0, "dock": None}
    hear(conn, Status(stamp(place, place.camera, 1), "recording", 55.0, detail))
    shape = unit(conn, place, "camera")
    assert (shape["lon"], shape["lat"], shape["acc_m"]) == (121.48, 31.24, 12)
    assert (shape["state"], shape["link"]) == ("recording", "online")


def test_silence_deepens_from_stale_to_silent(conn: Connection, place: Place) -> None:
    hear(conn, position(place.zhang, 0))
    listen(conn, -100, 1000)
    assert sweep(conn, after(30)) == []
    assert [event.kind for event in sweep(conn, after(31))] == ["unit.stale"]
    assert unit(conn, place)["link_reason"] == "late"
    assert sweep(conn, after(299)) == []
    said = sweep(conn, after(301))
    assert [event.kind for event in said] == ["unit.silent"]
    assert said[0].at == after(300.1), "when the limit was passed, not when we looked"
    assert sweep(conn, after(900)) == []
    assert [e.kind for e in hear(conn, position(place.zhang, 901))] == ["unit.online"]


def test_silence_while_our_own_ingest_was_down_says_nothing(conn: Connection, place: Place) -> None:
    hear(conn, position(place.zhang, 0))
    listen(conn, -100, 10)
    assert sweep(conn, after(400)) == [], "the heartbeat is missing"
    listen(conn, 400, 420)
    assert sweep(conn, after(425)) == [], "25 s of silence heard, although 425 s have passed"
    assert [event.kind for event in sweep(conn, after(431))] == ["unit.stale"]


def test_readings_received_but_not_yet_judged_are_not_silence(
    conn: Connection, place: Place
) -> None:
    hear(conn, position(place.zhang, 0))
    listen(conn, -100, 1000)
    conn.execute("INSERT INTO follower_cursor VALUES (0, 1)")
    conn.execute(
        """INSERT INTO batch (session_no, no, received_at, stored, duplicate, rejected)
           VALUES (0, 1, %s, 1, 0, 0), (0, 2, %s, 1, 0, 0)""",
        (after(0), after(20)),
    )
    assert sweep(conn, after(900)) == []
    conn.execute("UPDATE follower_cursor SET batch_no = 2")
    assert [event.kind for event in sweep(conn, after(900))] == ["unit.silent"]


@pytest.mark.parametrize(
    ("device", "status", "detail", "reason"),
    [
        ("camera", "standby", {"dock": "dock-1"}, "docked"),
        ("camera", "recording", {"dock": None}, "not_heard"),
        ("zhang", "off_duty", {}, "off_duty"),
        ("zhang", "on_duty", {}, "not_heard"),
    ],
)
def test_silence_has_a_reason(
    conn: Connection, place: Place, device: str, status: str, detail: dict[str, Any], reason: str
) -> None:
    device_no = place.camera if device == "camera" else place.zhang
    hear(conn, Status(stamp(place, device_no, 0), status, None, detail))
    listen(conn, -100, 1000)
    said = sweep(conn, after(900))
    assert said[0].body["reason"]["code"] == reason
    assert unit(conn, place, device)["link_reason"] == reason


def test_a_squad_sees_its_own_units_only(conn: Connection, place: Place) -> None:
    seen = [shape["id"] for _, shape in list_units(conn, place.squad, 0, 10)]
    assert seen == ["zhang", "car", "camera"]
    with pytest.raises(NotFound):
        unit_by_id(conn, place.squad, "wang")
    page = list_units(conn, place.dispatcher, 0, 2)
    rest = list_units(conn, place.dispatcher, page[-1][0], 10)
    assert [shape["id"] for _, shape in page + rest] == ["zhang", "wang", "car", "camera"]


_moments = st.lists(
    st.tuples(
        st.sampled_from(["zhang", "wang"]),
        st.sampled_from(["position", "late", "nofix", "status", "will"]),
        st.integers(0, 40),
    ),
    min_size=1,
    max_size=14,
    unique_by=lambda m: (m[0], m[2]),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(_moments, st.data())
def test_replay_is_silent_and_batches_do_not_matter(
    conn: Connection, place: Place, moments: list[tuple[str, str, int]], data: st.DataObject
) -> None:
    """The contract of every evaluator, with readings in order of receipt."""
    numbers = {"zhang": place.zhang, "wang": place.wang}
    made = [
        _reading(place, numbers[name], kind, receipt_s)
        for name, kind, receipt_s in sorted(moments, key=lambda m: m[2])
    ]
    cut = data.draw(st.integers(0, len(made)))
    ends = []
    for parts in ([made], [made[:cut], made[cut:]], [[one] for one in made], _by_device(made)):
        with conn.transaction(force_rollback=True):
            told = {e.device_no: e.kind for part in parts for e in hear(conn, *part)}
            ends.append(states(conn))
            for device_no, kind in told.items():
                assert (device_no, kind.removeprefix("unit.")) in _links(ends[-1])
            evaluator = UnitEvaluator()
            evaluator.forget()
            assert list(evaluator.evaluate(conn, readings(*made), NOON)) == []
            assert states(conn) == ends[-1]
    assert all(end == ends[0] for end in ends)


def _links(rows: list[Any]) -> set[tuple[int, str]]:
    return {(device_no, row["link"]) for device_no, row in rows}


def _reading(place: Place, device_no: int, kind: str, receipt_s: int) -> Any:
    if kind == "will":
        return will(place, device_no, receipt_s)
    if kind == "status":
        return Status(stamp(place, device_no, receipt_s - 1, late_s=1), "on_duty", 50.0)
    late_s = 70 if kind == "late" else 1
    flags = 0 if kind == "nofix" else 1
    return position(
        device_no, receipt_s - late_s, late_s=late_s, flags=flags, lon_deg=121 + receipt_s / 100
    )


def _by_device(made: list[Any]) -> list[list[Any]]:
    def number(one: Any) -> int:
        return int(one.stamp.device_no if isinstance(one, Status) else one["device_no"])

    return [[one for one in made if number(one) == no] for no in {number(one) for one in made}]


def test_nothing_heard_is_nothing_said(conn: Connection) -> None:
    assert list(UnitEvaluator().evaluate(conn, Readings.empty(), NOON)) == []
