"""What can be a fence, what cannot and why, and how far its edge is."""

from typing import Any

import numpy as np
import pytest

from geo.fence_index import FenceIndex
from geo.shapes import BadShape, Circle, Polygon, geometry_of, plan_of, shape_from_geojson
from tests.unit.geo.shapes import square

LON, LAT = 121.4998, 31.2397
SQUARE = [[121.47, 31.23], [121.48, 31.23], [121.48, 31.24], [121.47, 31.24], [121.47, 31.23]]
BOW_TIE = [[121.47, 31.23], [121.48, 31.24], [121.48, 31.23], [121.47, 31.24], [121.47, 31.23]]
PLANE = [[-1020.5, 3400.0], [500.0, 3400.0], [500.0, 4000.0], [-1020.5, 3400.0]]
SWAPPED = [[31.23, 121.47], [31.23, 121.48], [31.24, 121.48], [31.23, 121.47]]
AWAY = [[121.5, 31.2], [121.6, 31.2], [121.6, 31.3], [121.5, 31.2]]


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


@pytest.mark.parametrize(
    ("geometry", "radius_m", "says"),
    [
        (None, None, "GeoJSON"),
        ({"type": "MultiPolygon", "coordinates": []}, None, "one fence for each part"),
        ({"type": "Point", "coordinates": [LON, LAT]}, None, "radius above 0"),
        ({"type": "Point", "coordinates": [LON, LAT]}, -1.0, "radius above 0"),
        ({"type": "Point", "coordinates": [LON]}, 10.0, r"\[longitude, latitude\]"),
        ({"type": "Point", "coordinates": ["121", 31]}, 10.0, "pair of numbers"),
        ({"type": "Point", "coordinates": [float("nan"), 31]}, 10.0, "pair of numbers"),
        (polygon(), None, "no rings"),
        (polygon(SQUARE), 5.0, "no radius"),
        (polygon(SQUARE[:3]), None, "at least four"),
        (polygon(SQUARE[:4]), None, "not closed"),
        (polygon(BOW_TIE), None, "Self-intersection"),
        (polygon(PLANE), None, "plane system"),
        (polygon(SWAPPED), None, "Exchange longitude and latitude"),
        (polygon([[0, 0], [5, 0], [5, 5], [0, 0]]), None, "Cut it into parts"),
        (polygon([[0, 0], [0.1, 0], [0.2, 0], [0, 0]]), None, "not valid|no area"),
        (polygon(SQUARE, AWAY), None, "Hole"),
    ],
)  # fmt: skip
def test_bad_shapes_say_what_is_wrong(geometry: Any, radius_m: float | None, says: str) -> None:
    with pytest.raises(BadShape, match=says):
        shape_from_geojson(geometry, radius_m)


def test_good_shapes_come_back_as_they_were() -> None:
    for geometry, radius_m in (
        (polygon(SQUARE), None),
        ({"type": "Point", "coordinates": [LON, LAT]}, 50.0),
    ):
        assert geometry_of(shape_from_geojson(geometry, radius_m)) == geometry


def signed_m(shape: Circle | Polygon, lon: float, lat: float) -> float:
    at = np.array([0]), np.array([lon]), np.array([lat])
    return float(FenceIndex([shape]).signed_m(*at)[0])


def test_fifty_metres_are_fifty_both_ways() -> None:
    """The points of C.1: inside 50.1 m, outside 49.9 m, whichever way they lie."""
    for lon, lat in ((LON, 31.24015096), (121.50032485, LAT)):
        assert signed_m(Circle(LON, LAT, 50.1), lon, lat) == pytest.approx(-0.1, abs=0.002)
        assert signed_m(Circle(LON, LAT, 49.9), lon, lat) == pytest.approx(0.1, abs=0.002)


def test_a_large_circle_is_still_round() -> None:
    """10 km north-east (C.1): the plane's parabola stands in for the cosine."""
    away_m = signed_m(Circle(LON, LAT, 10_000.0), 121.57407553, 31.30345417)
    assert away_m == pytest.approx(0, abs=0.05)


def test_metres_to_the_edge_of_a_square() -> None:
    box, plan = square(LON, LAT, 100), plan_of(square(LON, LAT, 100))
    for east, north, expected in (
        (0, 0, -100), (90, 0, -10), (100, 50, 0), (130, 0, 30), (130, 140, 50),
    ):  # fmt: skip
        lon, lat = LON + east / plan.east_m[0], LAT + north / plan.north_m
        assert signed_m(box, lon, lat) == pytest.approx(expected, abs=1e-3)


def test_a_hole_is_outside() -> None:
    outer, inner = square(LON, LAT, 100).rings[0], square(LON, LAT, 20).rings[0]
    assert signed_m(Polygon((outer, inner)), LON, LAT) == pytest.approx(20, abs=1e-3)


def test_where_a_way_meets_the_edge() -> None:
    plan = plan_of(Circle(LON, LAT, 50.0))
    west, east = (LON - 100 / plan.east_m[0], LAT), (LON + 100 / plan.east_m[0], LAT)
    assert plan.meets(west, east) == pytest.approx([0.25, 0.75], abs=1e-6)
    assert plan.meets(west, west) == []
    box = plan_of(square(LON, LAT, 50))
    assert box.meets(west, east) == pytest.approx([0.25, 0.75], abs=1e-6)
