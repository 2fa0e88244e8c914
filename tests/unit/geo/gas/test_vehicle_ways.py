"""E16: off the roads a vehicle may use, and what is no detour. A degree of latitude is 110.9 km."""

from typing import Any

import pytest

from geo.gas.registers import read_entry
from geo.gas.vehicle_stops import Places
from geo.gas.vehicle_ways import Detour, Route, detours, routes_of
from geo.patrol.imports import Refused

M = 1 / 110_870  # degrees of latitude
ROAD = [(121.50, 31.20), (121.55, 31.20)]  # 4.8 km to the east
RULE: dict[str, Any] = {"least_s": 600, "road_m": 200, "site_m": 200, "user_m": 100}


def along(begin_s: int, end_s: int, off_m: float, lon: float = 121.50) -> list[Any]:
    """A fix each half minute, so far north of the road."""
    return [
        (s * 1000, lon + (s - begin_s) * 1e-5, 31.20 + off_m * M)
        for s in range(begin_s, end_s + 1, 30)
    ]


def judged(track: list[Any], *, sites: Any = (), users: Any = (), **rule: float) -> list[Detour]:
    return detours(track, [ROAD], Places(sites), Places(users), **(RULE | rule))


def test_a_detour_has_its_times_and_where_it_was_farthest() -> None:
    track = [*along(0, 900, 30), *along(930, 1_230, 400), *along(1_260, 1_560, 900),
             *along(1_590, 1_800, 20)]  # fmt: skip
    (one,) = judged(track)
    assert (one.from_ms, one.to_ms, one.lasted_s) == (930_000, 1_560_000, 630)
    assert one.farthest_m == pytest.approx(900, abs=5)
    assert one.lat_deg == pytest.approx(31.20 + 900 * M)


@pytest.mark.parametrize(
    ("off_m", "end_s", "found"),
    [(199, 2_000, 0), (201, 2_000, 1), (300, 1_500, 0), (300, 1_530, 1)],
)
def test_how_far_and_how_long(off_m: float, end_s: int, found: int) -> None:
    track = [*along(0, 900, 0), *along(930, end_s, off_m)]
    assert len(judged(track)) == found


def test_both_ends_of_the_road_are_its_ends() -> None:
    beyond = [(s * 1000, 121.553 + s * 1e-6, 31.20) for s in range(0, 900, 30)]
    assert len(judged(beyond)) == 1, "280 m past its end is not on it"


def test_a_silence_is_no_detour() -> None:
    track = [*along(0, 300, 500), *along(1_200, 1_500, 500)]
    assert judged(track) == [], "five minutes, a quarter of an hour of silence, five minutes"
    joined = [*along(0, 300, 500), *along(870, 1_200, 500)]
    assert len(judged(joined)) == 1


def test_at_a_site_it_is_not_off() -> None:
    track = [*along(0, 900, 0), *along(930, 1_800, 500)]
    here = [(121.504, 31.20 + 500 * M)]
    assert len(judged(track)) == 1
    assert judged(track, sites=here, site_m=600) == []


def test_standing_at_a_door_is_delivering_and_passing_it_is_not() -> None:
    off = 31.20 + 700 * M
    door = [(121.52, off)]
    standing = [(s * 1000, 121.52, off) for s in range(930, 1_830, 30)]
    assert judged([*along(0, 900, 0), *standing], users=door) == []
    assert len(judged([*along(0, 900, 0), *standing])) == 1
    passing = [(s * 1000, 121.51 + (s - 930) * 2e-5, off) for s in range(930, 1_830, 30)]
    assert len(judged([*along(0, 900, 0), *passing], users=door)) == 1


def test_without_roads_nobody_is_judged() -> None:
    assert detours(along(0, 3_000, 5_000), [], Places([]), Places([]), **RULE) == []
    assert judged([]) == []


def test_which_roads_a_vehicle_may_use() -> None:
    a, b, c = (
        Route(key, 1, company, ROAD) for key, company in (("A", "L"), ("B", "L"), ("C", "W"))
    )
    assert routes_of([], "L", [a, b, c]) == [a, b]
    assert routes_of(["C", "A"], "L", [a, b, c]) == [c, a]
    assert routes_of([], "", [a, Route("D", 1, "", ROAD)]) == [], "nobody's company is no company"
    assert routes_of(["A", "X"], "L", [a, b]) == [], "one it names is not known: not judged"


def entry(**row: Any) -> dict[str, Any]:
    return read_entry("route", {"key": "A", **row}, lambda lon, lat: (lon, lat)).body


def test_a_route_is_a_line() -> None:
    line = [[121.5, 31.2], [121.55, 31.2]]
    assert entry(线="LINESTRING(121.5 31.2, 121.55 31.2)", 企业="L") == {
        "name": "A", "company": "L", "line": line
    }  # fmt: skip
    assert entry(geometry={"type": "LineString", "coordinates": line})["line"] == line
    assert "line" not in entry(name="renamed"), "an empty cell says nothing"
    with pytest.raises(Refused):
        entry(line="POINT(121.5 31.2)")
    with pytest.raises(Refused):
        entry(geometry={"type": "LineString", "coordinates": [[121.5, 31.2]]})


def test_a_vehicle_names_its_routes() -> None:
    body = read_entry("vehicle", {"key": "V", "路线": "A；B; C"}, lambda lon, lat: (lon, lat)).body
    assert body["routes"] == ["A", "B", "C"]
    for told in ("A,B，C", ["A", "B", "C"]):
        row = {"key": "V", "routes": told}
        assert read_entry("vehicle", row, lambda lon, lat: (lon, lat)).body["routes"] == [*"ABC"]
    with pytest.raises(Refused, match="50"):
        row = {"key": "V", "routes": ";".join(map(str, range(51)))}
        read_entry("vehicle", row, lambda lon, lat: (lon, lat))


@pytest.mark.parametrize("line", ["LINESTRING(nan 31, 121 31)", "LINESTRING EMPTY"])
def test_a_line_of_no_numbers_is_refused(line: str) -> None:
    with pytest.raises(Refused):
        entry(line=line)


@pytest.mark.parametrize("coordinates", [5, True, None, [[float("nan"), 31], [121, 31]], [5]])
def test_a_geometry_of_anything_is_refused(coordinates: Any) -> None:
    with pytest.raises(Refused):
        entry(geometry={"type": "LineString", "coordinates": coordinates})
