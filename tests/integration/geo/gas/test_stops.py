"""E16: a registered vehicle stands where it should not, or leaves its roads; late fixes count."""

from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from core.values import OrgId, Role, Viewer, from_ms
from geo.gas import registers_io, vehicles_io
from geo.gas.findings import Move
from geo.gas.findings_io import Filter, list_findings, move_finding
from tests.integration.evaluators.road import (
    START_MS,
    Road,
    make_device,
    make_org,
    positions,
)
from tests.integration.geo.gas.test_judgement_io import office, viewer

__all__ = ["office", "viewer"]
NOW = from_ms(START_MS) + timedelta(hours=3)


def found(conn: Connection[Any], office: Viewer) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = list_findings(conn, office, Filter(rules=["E16"]), limit=9)[
        "items"
    ]
    return items


def sweep(conn: Connection[Any], now: datetime) -> None:
    """Both, as the clock has them."""
    vehicles_io.sweep(conn, now)
    vehicles_io.sweep_past(conn, now)


def standing(
    begin_s: int, minutes: int, lon: float, lat: float
) -> list[tuple[float, float, float]]:
    return [(begin_s + s, lon, lat) for s in range(0, minutes * 60 + 1, 60)]


def test_an_unplanned_stop_is_named_with_how_long(conn: Connection[Any], office: Viewer) -> None:
    no = make_device(conn, office.org_id, "truck-1", "vehicle")
    registers_io.take_in(conn, office, "vehicle", [{"key": "\u6caaDW1208", "device_id": "truck-1"}],
                         datum="wgs84", dry_run=False, now=NOW)  # fmt: skip
    road = Road(conn, [])
    way = [
        *standing(1_000, 15, 121.5, 31.2),  # at the filling station
        *standing(2_500, 9, 121.6, 31.3),  # too short
        *standing(3_600, 12, 121.7, 31.3),
        *standing(5_000, 15, 121.51, 31.21),  # at a user's door
    ]
    road.send(positions(no, way))
    sweep(conn, NOW)
    (one,) = found(conn, office)
    assert (one["subject"], one["value"], one["lon"]) == ("vehicle", 12.0, 121.7)
    sweep(conn, NOW + timedelta(minutes=5))
    assert len(found(conn, office)) == 1

    # An outbox brings what was in between: it drove on.
    road.send(positions(no, [(3_600 + s + 30, 121.7 + s / 1e5, 31.3) for s in range(60, 700, 60)]))
    sweep(conn, NOW + timedelta(minutes=10))
    assert found(conn, office) == []


def on_the_way(begin_s: int, minutes: int, lat: float) -> list[tuple[float, float, float]]:
    return [(begin_s + s, 121.80 + s / 1e5, lat) for s in range(0, minutes * 60 + 1, 60)]


def test_a_detour_is_found_and_a_known_road_takes_it_back(
    conn: Connection[Any], office: Viewer
) -> None:
    no = make_device(conn, office.org_id, "truck-2", "vehicle")
    truck = {"key": "\u6caaDW2000", "device_id": "truck-2", "company": "L"}
    put(conn, office, "vehicle", truck)
    Road(conn, []).send(
        positions(no, [*on_the_way(1_000, 20, 31.40), *on_the_way(2_260, 15, 31.41)])
    )
    sweep(conn, NOW)
    assert found(conn, office) == [], "nobody told where it may drive"

    put(conn, office, "route", {"key": "A", "company": "L",
                                "line": "LINESTRING(121.7 31.40, 121.9 31.40)"})  # fmt: skip
    sweep(conn, NOW)
    (one,) = found(conn, office)
    assert (one["variant"], one["value"], one["lat"]) == ("route", 15.0, 31.41)
    assert (one["detail"]["routes"], one["detail"]["device_id"]) == (["A"], "truck-2")

    put(conn, office, "vehicle", truck | {"routes": "A;B"})
    sweep(conn, NOW)
    assert found(conn, office) == [], "B is not registered, so nobody knows what is off"
    put(conn, office, "route", {"key": "B", "line": "LINESTRING(121.7 31.41, 121.9 31.41)"})
    sweep(conn, NOW)
    assert found(conn, office) == []


def test_what_an_outbox_brings_days_later_is_judged(conn: Connection[Any], office: Viewer) -> None:
    no = make_device(conn, office.org_id, "truck-3", "vehicle")
    put(conn, office, "vehicle", {"key": "\u6caaDW3000", "device_id": "truck-3"})
    road = Road(conn, [])
    road.send(positions(no, standing(1_000, 15, 121.7, 31.3)))
    later = NOW + timedelta(days=5)
    turns = [later + timedelta(seconds=vehicles_io.EVERY_S * n) for n in range(vehicles_io.DAYS)]
    for now in turns:
        sweep(conn, now)
    (one,) = found(conn, office)
    assert one["value"] == 15.0
    for now in turns:
        sweep(conn, now)
    assert [each["id"] for each in found(conn, office)] == [one["id"]]


def test_what_was_found_stays_when_the_vehicle_goes(conn: Connection[Any], office: Viewer) -> None:
    for name in ("truck-5", "truck-6"):
        no = make_device(conn, office.org_id, name, "vehicle")
        put(conn, office, "vehicle", {"key": name, "device_id": name})
        Road(conn, []).send(positions(no, standing(1_000, 15, 121.7, 31.3)))
    sweep(conn, NOW)
    assert len(found(conn, office)) == 2
    for name in ("truck-5", "truck-6"):
        put(conn, office, "vehicle", {"key": name, "ended": "1"})
        sweep(conn, NOW)
        assert len(found(conn, office)) == 2


def test_nobody_learns_where_anothers_device_is(conn: Connection[Any], office: Viewer) -> None:
    """By typing its number into a register of one's own, or an officer's."""
    org = OrgId(make_org(conn, "another"))
    spy = Viewer("spy", Role.ADMIN, org, frozenset({org}))
    theirs = make_device(conn, office.org_id, "truck-7", "vehicle")
    walker = make_device(conn, org, "walker-7")
    put(conn, spy, "vehicle", {"key": "FAKE-1", "device_id": "truck-7"})
    put(conn, spy, "vehicle", {"key": "FAKE-2", "device_id": "walker-7"})
    road = Road(conn, [])
    for no in (theirs, walker):
        road.send(positions(no, standing(1_000, 15, 121.7, 31.3)))
    sweep(conn, NOW)
    assert found(conn, spy) == []


def test_anothers_route_is_no_road_of_ours(conn: Connection[Any], office: Viewer) -> None:
    no = make_device(conn, office.org_id, "truck-8", "vehicle")
    put(conn, office, "vehicle", {"key": "V8", "device_id": "truck-8", "company": "L"})
    put(conn, office, "route", {"key": "A", "company": "L",
                                "line": "LINESTRING(121.7 31.40, 121.9 31.40)"})  # fmt: skip
    org = OrgId(make_org(conn, "another"))
    spy = Viewer("spy", Role.ADMIN, org, frozenset({org}))
    put(conn, spy, "route", {"key": "SPY", "company": "L",
                             "line": "LINESTRING(121.7 31.45, 121.9 31.45)"})  # fmt: skip
    Road(conn, []).send(positions(no, on_the_way(1_000, 20, 31.45)))
    sweep(conn, NOW)
    (one,) = found(conn, office)
    assert one["detail"]["routes"] == ["A"]


def test_a_place_that_is_given_up_excuses_what_was_before(
    conn: Connection[Any], office: Viewer
) -> None:
    no = make_device(conn, office.org_id, "truck-9", "vehicle")
    put(conn, office, "vehicle", {"key": "V9", "device_id": "truck-9"})
    put(conn, office, "site", {"key": "W9", "role": "warehouse", "lat": 31.3, "lon": 121.7})
    Road(conn, []).send(positions(no, standing(1_000, 15, 121.7, 31.3)))
    put(conn, office, "site", {"key": "W9", "ended": "1"})
    sweep(conn, NOW)
    assert found(conn, office) == []

    other = make_device(conn, office.org_id, "truck-11", "vehicle")
    put(conn, office, "vehicle", {"key": "V11", "device_id": "truck-11", "company": "L"})
    for key, lat in (("A", 31.40), ("C", 31.45)):
        line = f"LINESTRING(121.7 {lat}, 121.9 {lat})"
        put(conn, office, "route", {"key": key, "company": "L", "line": line})
    Road(conn, []).send(positions(other, on_the_way(1_000, 20, 31.45)))
    put(conn, office, "route", {"key": "C", "ended": "1"})
    sweep(conn, NOW)
    assert found(conn, office) == []


def test_a_fix_that_comes_late_undoes_no_decision(conn: Connection[Any], office: Viewer) -> None:
    no = make_device(conn, office.org_id, "truck-10", "vehicle")
    put(conn, office, "vehicle", {"key": "V10", "device_id": "truck-10"})
    road = Road(conn, [])
    road.send(positions(no, standing(1_000, 15, 121.7, 31.3)))
    sweep(conn, NOW)
    (one,) = found(conn, office)
    move_finding(conn, office, one["id"], Move.VERIFY, now=NOW)
    road.send(positions(no, [(940, 121.7, 31.3)]))
    sweep(conn, NOW + timedelta(minutes=5))
    (again,) = found(conn, office)
    assert (again["id"], again["state"], again["value"]) == (one["id"], "verified", 16.0)


def test_a_night_where_it_should_not_stand_is_one_stop(
    conn: Connection[Any], office: Viewer
) -> None:
    no = make_device(conn, office.org_id, "truck-4", "vehicle")
    put(conn, office, "vehicle", {"key": "\u6caaDW4000", "device_id": "truck-4"})
    night = standing(3600, 13 * 60, 121.7, 31.3)  # from a quarter past eleven, local time
    road = Road(conn, [])
    begin = from_ms(START_MS) + timedelta(hours=1)
    conn.execute("SELECT make_partition(%s)", ((begin + timedelta(days=1)).date(),))
    for hours in range(1, 14):
        road.send(positions(no, [one for one in night if one[0] <= (1 + hours) * 3600]))
        for n in range(vehicles_io.DAYS):
            turn = begin + timedelta(hours=hours, seconds=vehicles_io.EVERY_S * n)
            sweep(conn, turn)
    (one,) = found(conn, office)
    assert one["value"] == 13 * 60.0


def put(conn: Connection[Any], office: Viewer, kind: str, row: dict[str, Any]) -> None:
    report, _ = registers_io.take_in(
        conn, office, kind, [row], datum="wgs84", dry_run=False, now=NOW
    )
    assert report["counts"]["refused"] == 0, report
