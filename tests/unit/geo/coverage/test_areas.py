"""Cells of an area and the time spent in each."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage.areas import Grid, Walked, corners_deg, figures, grid_of, walked
from geo.distance import distance_m
from geo.patrol.rules import CoverageRule
from geo.shapes import Circle, Polygon
from tests.unit.geo.coverage.oracle import Spot, holds, time_in_cells
from tests.unit.geo.coverage.steps import degrees, known, straight, wander, ways
from tests.unit.geo.shapes import square, star
from tests.unit.geo.walks import EAST, LAT, LON, NORTH

RULE = CoverageRule()


def grid(half_m: float = 200.0, cell_m: float = 50.0) -> Grid:
    return grid_of(square(LON, LAT, half_m), cell_m)


def test_cells_of_a_square() -> None:
    found = grid()
    assert found.inside.sum() == 64
    a, b = corners_deg(found, 0, 0)[:2]
    assert distance_m(*a, *b) == pytest.approx(50, abs=0.1)


def test_a_cell_belongs_by_its_middle() -> None:
    assert grid(120).inside.sum() == 16  # of the outer ones 20 m of 50 are inside
    assert grid(130).inside.sum() == 36


def test_holes_are_left_out() -> None:
    shell, hole = square(LON, LAT, 200).rings[0], square(LON, LAT, 50).rings[0]
    assert grid_of(Polygon((shell, hole)), 50).inside.sum() == 60


def test_a_circle_has_cells_too() -> None:
    assert grid_of(Circle(LON, LAT, 200), 50).inside.sum() == pytest.approx(50, abs=4)


def test_what_is_smaller_than_a_cell_is_one() -> None:
    tiny = square(LON + 0.00003, LAT, 3)
    assert grid_of(tiny, 50).inside.sum() == 1


def test_a_large_area_gets_larger_cells() -> None:
    found = grid_of(square(LON, LAT, 40_000), 50)
    assert found.cell_m == 200
    assert found.inside.size < 250_000


def test_time_is_split_along_the_way() -> None:
    """100 m in 20 s through two cells of 50 m, from the middle of the first."""
    found = walked(grid(), ways(Spot(0, 25, 25), Spot(20, 125, 25)))
    times = found.dwell_s[found.dwell_s > 0]
    assert times == pytest.approx([5, 10, 5], abs=0.01)
    assert figures(found, RULE) == (3, 64)


def test_nothing_in_a_gap() -> None:
    """Two fixes five minutes apart: both cells were visited, for no time we know of."""
    found = walked(grid(), ways(Spot(0, 25, 25), Spot(300, 125, 25)))
    assert found.dwell_s.sum() == 0
    assert figures(found, RULE) == (2, 64)


def test_a_cell_may_ask_for_a_stay() -> None:
    rest = [Spot(10.0 * i, 25, 25) for i in range(7)]
    found = walked(grid(), ways(*rest, *straight((25, 25), (140, 25), at_s=70)))
    assert figures(found, RULE)[0] == 3
    assert figures(found, CoverageRule(cell_dwell_s=60))[0] == 1


def test_what_is_outside_does_not_count() -> None:
    found = walked(grid(), ways(*straight((-800, 0), (800, 0), mps=10)))
    inside = found.dwell_s[found.grid.inside].sum()
    assert inside == pytest.approx(40, abs=0.1)


def test_nobody_there() -> None:
    assert figures(walked(grid(), ways()), RULE) == (0, 64)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32))
def test_it_agrees_with_a_dense_brute_force(seed: int) -> None:
    """Each cell to within a step of 0.1 s for every way; cells visited to within the few that
    a way cuts off by less than a step."""
    chance = np.random.default_rng(seed)
    spots = wander(chance, 60)
    shape = star(LON, LAT, 260, 9, chance)
    made = grid_of(shape, 50)
    found = walked(made, ways(*spots))
    lon0, lat0 = made.plane.lon_deg, made.plane.lat_deg
    west, south = (lon0 - LON) * EAST + made.west, (lat0 - LAT) * NORTH + made.south
    true = time_in_cells(known(spots), 50, west, south)
    ring = [((lon - LON) * EAST, (lat - LAT) * NORTH) for lon, lat in shape.rings[0][:-1]]
    for (column, row), inside in np.ndenumerate(made.inside):
        x, y = west + (column + 0.5) * 50, south + (row + 0.5) * 50
        assert inside == holds(ring, x, y)
        assert found.dwell_s[column, row] == pytest.approx(true.get((column, row), 0.0), abs=1.5)
    _same_cells(found, {key for key in true if _within(made, key)}, true)


def _within(made: Grid, key: tuple[int, int]) -> bool:
    width, height = made.inside.shape
    return 0 <= key[0] < width and 0 <= key[1] < height and bool(made.inside[key])


def _same_cells(
    found: Walked, true: set[tuple[int, int]], times: dict[tuple[int, int], float]
) -> None:
    got = {(int(c), int(r)) for c, r in np.argwhere(found.visited(0.0))}
    for key in got ^ true:
        assert max(times.get(key, 0.0), float(found.dwell_s[key])) < 0.5, key


def test_the_oracle_sees_something() -> None:
    times = time_in_cells(known(straight((0, 25), (100, 25))), 50, 0, 0)
    assert times[0, 0] == pytest.approx(50 / 1.4, abs=0.3)
    assert holds([(0, 0), (2, 0), (2, 2)], 1.5, 0.5)
    assert not holds([(0, 0), (2, 0), (2, 2)], 0.5, 1.5)
    assert degrees(0, 0) == (LON, LAT)
