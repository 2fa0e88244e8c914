"""Rows of files: columns in two languages, cells of all sorts, plane coordinates refused."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from core.errors import Invalid
from geo.patrol import imports
from geo.patrol.imports import Named, Refused, changes, fields_of, find, standing_of

CELL = datetime.fromisoformat("2026-03-02 08:00")  # a spreadsheet knows no offset


def as_is(lon: float, lat: float) -> tuple[float, float]:
    return lon, lat


def test_columns_in_either_language_and_empty_cells_say_nothing() -> None:
    row = {"点位名称": " 桥头 ", "经度": "121.5", "LAT": 31.2, "备注": "x", "标签": ""}
    assert fields_of(row) == {"name": "桥头", "lon": "121.5", "lat": 31.2}
    assert fields_of({"name": "'=A1"}) == {"name": "=A1"}
    assert fields_of({"name": "'tis"}) == {"name": "'tis"}


@pytest.mark.parametrize(
    "row",
    [
        {"name": "x", "东坐标": 351234.5},
        {"name": "x", "lon": -1234.5, "lat": 2345.6},
        {"name": "x", "lon": 351234.5, "lat": 3456789.0},
        {"name": "x", "geometry": {"type": "Point", "coordinates": [13525000, 3660000]}},
    ],
)
def test_plane_coordinates_are_refused_and_named(row: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        imports.place_of(fields_of(row), as_is)
    assert "平面坐标" in caught.value.zh and "plane coordinates" in caught.value.en


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"lon": 31.2, "lat": 121.5}, "Exchange"),
        ({"lon": 121.5}, "lat is missing"),
        ({"lon": "east", "lat": 31.2}, "no number"),
        ({"lon": "nan", "lat": 31.2}, "no number"),
        ({"geometry": {"type": "Polygon", "coordinates": []}}, "needs a Point"),
        ({"geometry": {"type": "Point", "coordinates": [121.5]}}, "[longitude, latitude]"),
    ],
)
def test_places_that_are_none(given: dict[str, Any], why: str) -> None:
    with pytest.raises(Refused) as caught:
        imports.place_of(given, as_is)
    assert why in caught.value.en and caught.value.zh


def test_places_are_converted_and_rounded() -> None:
    shifted = imports.place_of({"lon": 121.5, "lat": 31.2}, lambda lon, lat: (lon + 1e-9, lat - 1))
    assert shifted == (121.5, 30.2)
    assert imports.place_of({}, as_is) is None


def test_lines_from_wkt_and_from_geojson_are_the_same() -> None:
    wkt = {"line": "LINESTRING(121.5 31.2, 121.6 31.2)"}
    drawn = {"geometry": {"type": "LineString", "coordinates": [[121.5, 31.2], [121.6, 31.2]]}}
    assert imports.line_of(wkt, as_is) == imports.line_of(drawn, as_is) == drawn["geometry"]
    for wrong in ({}, {"line": "POINT(1 2)"}, {"line": "x"}):
        with pytest.raises(Refused):
            imports.line_of(wrong, as_is)


@pytest.mark.parametrize(
    ("cell", "at"),
    [
        ("2026-03-02 08:00", "2026-03-02T00:00:00+00:00"),
        ("2026-03-02T08:00:00+00:00", "2026-03-02T08:00:00+00:00"),
        (CELL, "2026-03-02T00:00:00+00:00"),
    ],
)
def test_moments_without_an_offset_are_of_shanghai(cell: Any, at: str) -> None:
    assert imports.moment({"x": cell}, "x").astimezone(UTC).isoformat() == at


def test_cells_of_a_spreadsheet() -> None:
    assert imports.text(20260302.0) == "20260302"
    assert imports.grade_of({"grade": "一级"}) == imports.grade_of({"grade": 1.0}) == 1
    assert imports.day_of({"day": CELL}) == imports.day_of({"day": "2026-03-02"})
    assert imports.day_of({"day": date(2026, 3, 2)}) == date(2026, 3, 2)
    assert imports.word({"kind": "休假"}, "kind", "patrol") == "leave"
    assert imports.is_ended({"ended": "是"}) and not imports.is_ended({"ended": "否"})
    for wrong in ("02/03/2026", None):
        with pytest.raises(Refused):
            imports.day_of({"day": wrong})
    with pytest.raises(Refused):
        imports.grade_of({"grade": "1.5"})
    with pytest.raises(Refused):
        imports.moment({"x": "soon"}, "x")


BRIDGES = [Named(1, "桥", 10, "P-1"), Named(2, "桥", 11, "P-2"), Named(3, "塔", 10, "P-3")]


def test_things_are_found_by_code_name_or_number() -> None:
    what = ("点位", "point")
    assert find("P-2", BRIDGES, what).id == 2
    assert find("塔", BRIDGES, what).id == find("3", BRIDGES, what).id == 3
    for said, why in (("桥", "Several"), ("门", "no point"), ("9", "no point")):
        with pytest.raises(Refused, match=why):
            find(said, BRIDGES, what)


def test_a_row_is_about_what_it_names() -> None:
    assert standing_of({"name": "桥"}, BRIDGES, 11) == BRIDGES[1]
    assert standing_of({"name": "门"}, BRIDGES, None) is None
    assert standing_of({"id": "3", "name": "新塔"}, BRIDGES, None) == BRIDGES[2]
    assert standing_of({"code": "P-1", "name": "x"}, BRIDGES, None) == BRIDGES[0]
    for wrong in ({"name": "桥"}, {"id": "P-1"}, {"code": "P-9"}):
        with pytest.raises(Refused):
            standing_of(wrong, BRIDGES, None)


def test_only_what_differs_is_a_change() -> None:
    before = {"lon": 121.50000001, "grade": 2, "line": {"c": [[1.0, 2.0]]}, "tag": None}
    same = {"lon": 121.5, "grade": 2, "line": {"c": [[1, 2.00000001]]}}
    assert changes(before, same) == {}
    assert changes(before, {"grade": 1, "tag": "04"}) == {"grade": (2, 1), "tag": (None, "04")}
    assert "line" in changes(before, {"line": {"c": [[1, 2], [3, 4]]}})
    assert "lon" in changes(before, {"lon": 121.5000002})


def test_files_that_are_none() -> None:
    for kind, rows in (("dogs", [{}]), ("points", []), ("points", [{}] * 2_001)):
        with pytest.raises(Invalid):
            imports.check_rows(kind, rows)
