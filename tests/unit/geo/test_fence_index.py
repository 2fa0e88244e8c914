"""The index says what testing every place against every fence says."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import fence_cells
from geo.fence_index import FenceIndex
from geo.shapes import Circle, Polygon, Shape, plan_of
from tests.bench.geo import main as bench
from tests.unit.geo.shapes import star

LON, LAT = 121.47, 31.23


def brute(shapes: list[Shape], lon: np.ndarray, lat: np.ndarray) -> set[tuple[int, int]]:
    """Every place against every fence, by shapely and by the plain distance."""
    found = set()
    for f, shape in enumerate(shapes):
        if isinstance(shape, Polygon):
            inside = shapely.intersects_xy(
                shapely.Polygon(shape.rings[0], shape.rings[1:]), lon, lat
            )
        else:
            plan = plan_of(shape)
            away = [np.hypot(*plan.xy(a, b)) for a, b in zip(lon, lat, strict=True)]
            inside = np.array(away) <= shape.radius_m
        found |= {(int(row), f) for row in np.flatnonzero(inside)}
    return found


@st.composite
def fences(draw: st.DrawFn) -> list[Shape]:
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    made: list[Shape] = []
    for _ in range(draw(st.integers(1, 25))):
        lon, lat = LON + chance.normal(0, 0.004), LAT + chance.normal(0, 0.004)
        size = float(10 ** chance.uniform(1, draw(st.sampled_from([2.5, 4.0]))))
        if chance.random() < 0.3:
            made.append(Circle(lon, lat, size))
        else:
            hole = chance.random() < 0.3
            made.append(star(lon, lat, size, int(chance.integers(3, 40)), chance, hole=hole))
    return made


@settings(max_examples=60, deadline=None)
@given(fences(), st.integers(0, 2**32), st.booleans())
def test_hits_agree_with_brute_force(shapes: list[Shape], seed: int, dense: bool) -> None:
    chance = np.random.default_rng(seed)
    lon, lat = LON + chance.normal(0, 0.01, 300), LAT + chance.normal(0, 0.01, 300)
    limit = fence_cells.DENSE_CELLS_MAX
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fence_cells, "DENSE_CELLS_MAX", limit if dense else 0)
        rows, hit = FenceIndex(shapes).hits(lon, lat)
    got = list(zip(rows.tolist(), hit.tolist(), strict=True))
    assert set(got) == brute(shapes, lon, lat)
    assert len(set(got)) == len(got), "a pair was named twice"


@settings(max_examples=60, deadline=None)
@given(fences(), st.integers(0, 2**32))
def test_the_sign_of_the_distance_is_the_hit(shapes: list[Shape], seed: int) -> None:
    chance = np.random.default_rng(seed)
    lon, lat = LON + chance.normal(0, 0.006, 60), LAT + chance.normal(0, 0.006, 60)
    index = FenceIndex(shapes)
    f = np.repeat(np.arange(len(shapes)), len(lon))
    rows = np.tile(np.arange(len(lon)), len(shapes))
    inside = index.signed_m(f, lon[rows], lat[rows]) <= 0
    got = set(zip(rows[inside].tolist(), f[inside].tolist(), strict=True))
    assert got == brute(shapes, lon, lat)


@settings(max_examples=60, deadline=None)
@given(fences(), st.integers(0, 2**32), st.floats(1e-5, 0.02))
def test_ways_agree_with_brute_force(shapes: list[Shape], seed: int, reach: float) -> None:
    chance = np.random.default_rng(seed)
    lon_a, lat_a = LON + chance.normal(0, 0.006, 80), LAT + chance.normal(0, 0.006, 80)
    lon_b, lat_b = lon_a + chance.normal(0, reach, 80), lat_a + chance.normal(0, reach, 80)
    rows, hit = FenceIndex(shapes).crossed(lon_a, lat_a, lon_b, lat_b)
    got = set(zip(rows.tolist(), hit.tolist(), strict=True))
    expected = set()
    for f, shape in enumerate(shapes):
        plan = plan_of(shape)
        for row in range(80):
            a, b = (lon_a[row], lat_a[row]), (lon_b[row], lat_b[row])
            if isinstance(shape, Polygon):
                area = shapely.Polygon(shape.rings[0], shape.rings[1:])
                touch = area.intersects(shapely.LineString([a, b]))
            else:
                line = shapely.LineString([plan.xy(*a), plan.xy(*b)])
                touch = line.distance(shapely.Point(0, 0)) <= shape.radius_m
            if touch:
                expected.add((row, f))
    assert got == expected


def test_edges_and_corners_count_as_inside() -> None:
    """On numbers that lie on the cells' own lines as well."""
    corners = [(121.47, 31.23), (121.475, 31.23), (121.475, 31.235), (121.47, 31.235)]
    square = Polygon(((*corners, corners[0]),))
    lon = np.array([121.47, 121.475, 121.4725, 121.47, 121.473, 121.4699999])
    lat = np.array([31.23, 31.235, 31.23, 31.2333, 31.232, 31.232])
    rows, _ = FenceIndex([square]).hits(lon, lat)
    assert rows.tolist() == [0, 1, 2, 3, 4]


def test_a_city_and_a_doorstep_in_one_index() -> None:
    chance = np.random.default_rng(1)
    city = star(LON, LAT, 60_000, 50, chance)
    index = FenceIndex([city, Circle(LON, LAT, 20.0), Circle(LON, LAT, 15_000.0)])
    rows, hit = index.hits(np.array([LON, LON + 0.001, 0.0]), np.array([LAT, LAT, 0.0]))
    assert list(zip(rows.tolist(), hit.tolist(), strict=True)) == [
        (0, 0), (0, 1), (0, 2), (1, 0), (1, 2),
    ]  # fmt: skip


def test_no_fences_no_hits() -> None:
    rows, hit = FenceIndex([]).hits(np.array([LON]), np.array([LAT]))
    assert len(rows) == len(hit) == 0
    rows, hit = FenceIndex([]).crossed(*(np.array([v]) for v in (LON, LAT, LON, LAT)))
    assert len(rows) == len(hit) == 0


def test_the_bench_runs_small(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench(["--small", "--json"]) == 0
    assert '"bench": "geo"' in capsys.readouterr().out
