"""Dwell and visits at a point: the acceptance list C.6, and the oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage.visits import Seen, seen
from geo.coverage.ways import Mover, Stay
from geo.fence_fleet import World
from geo.fences import Fence
from geo.patrol.rules import CoverageRule
from geo.shapes import Circle, Shape
from tests.table import table
from tests.unit.geo.coverage.oracle import Spot, time_in_circle
from tests.unit.geo.coverage.steps import CAR, FOOT, known, straight, walked
from tests.unit.geo.walks import EAST, LAT, LON, NORTH, world

RULE = CoverageRule()
CIRCLE = Circle(LON, LAT, 50.0)


def at_point(*spots: Spot, mover: Mover = FOOT, shape: Shape = CIRCLE, min_s: float = 60) -> Seen:
    where: World = world([shape])
    _, stays = walked({1: spots}, mover, where)
    return seen(stays[10], [], min_s, RULE)


def resting(seconds: float, at_s: float = 0.0, x: float = 0.0) -> list[Spot]:
    return [Spot(at_s + t, x, 0) for t in np.arange(0, seconds + 1, 10)]


GEODESIC = """
    lat          lon           radius_m  inside
    31.24015096  121.49980000  50.1      1    # 50 m north: mean-radius haversine says 50.145
    31.23970000  121.50032485  50.1      1    # 50 m east
    31.24015096  121.49980000  49.9      0    # 50 m north
    31.23970000  121.50032485  49.9      0    # 50 m east: mean-radius haversine says 49.899
    31.24060193  121.49980000  100.1     1    # 100 m north
    31.24060193  121.49980000  99.9      0    # 100 m north
    31.23970000  121.50084971  100.1     1    # 100 m east
    31.23970000  121.50084971  99.9      0    # 100 m east
    31.24871927  121.49980000  1000.1    1    # 1 km north
    31.24871927  121.49980000  999.9     0    # 1 km north
    31.30345417  121.57407553  10000.1   1    # 10 km north-east
    31.30345417  121.57407553  9999.9    0    # 10 km north-east
"""


@table(GEODESIC)
def test_the_edge_of_the_circle(lat: float, lon: float, radius_m: float, inside: float) -> None:
    """Points at geodesic distances (vectors.json `geodesic_from_31.2397_121.4998`)."""
    x, y = (lon - LON) * EAST, (lat - LAT) * NORTH
    spots = [Spot(10.0 * i, x, y, 1.0) for i in range(12)]
    found = at_point(*spots, shape=Circle(LON, LAT, radius_m))
    assert found.dwell_s == (110 if inside else 0)


def test_a_stay_from_edge_to_edge() -> None:
    """In at 1.4 m/s, ten minutes inside, out again: 50 m of way on either side count."""
    way = straight((-100, 0), (0, 0))
    rest = resting(600, way[-1].t)
    out = straight((0, 0), (150, 0), at_s=rest[-1].t)
    found = at_point(*way, *rest, *out)
    assert found.longest_s == pytest.approx(600 + 2 * 50 / 1.4, abs=0.1)
    assert found.separate == 1


def test_jitter_about_the_edge_is_one_visit() -> None:
    """±15 m for ten minutes: at most one enter and one exit (C.6)."""
    chance = np.random.default_rng(3)
    spots = [Spot(10.0 * i, 50 + chance.uniform(-15, 15), 0, 10) for i in range(60)]
    where = world([CIRCLE])
    _, stays = walked({1: spots}, FOOT, where)
    assert len(stays[10]) <= 1
    assert seen(stays[10], [], 60, RULE).separate <= 1


def test_a_gap_credits_nothing() -> None:
    """Inside before and after five minutes of silence (C.6)."""
    found = at_point(*resting(120), *resting(120, at_s=120 + 300))
    assert found.dwell_s == 240
    assert found.visits[0].to_ms - found.visits[0].from_ms == 540_000
    assert found.separate == 1


def test_a_gap_ends_at_the_last_fix_inside() -> None:
    found = at_point(*resting(60), Spot(400, 300, 0), Spot(410, 310, 0))
    assert found.dwell_s == 60


def test_a_vehicle_crosses_between_two_fixes() -> None:
    """36 km/h through a circle of 50 m: ten seconds, with a fix every thirty (C.6)."""
    spots = [Spot(30.0 * i, -450 + 300.0 * i, 0) for i in range(4)]
    found = at_point(*spots, mover=CAR, min_s=0)
    assert found.dwell_s == pytest.approx(10, abs=0.1)
    assert found.separate == 1


def test_null_island_is_no_position() -> None:
    spots = [spot._replace(usable=i % 3 != 1) for i, spot in enumerate(resting(120))]
    assert at_point(*spots).dwell_s == 120


def test_a_jump_of_200_km_in_a_minute() -> None:
    spots = resting(300)
    spots[12] = Spot(120, 200_000, 0)
    assert at_point(*spots).dwell_s == 300


def test_after_three_rejects_the_track_starts_anew() -> None:
    away = [Spot(130 + 10.0 * i, 200_000, 0) for i in range(6)]
    found = at_point(*resting(120), *away)
    assert found.dwell_s == 120


def test_a_visit_is_long_enough_or_not() -> None:
    assert at_point(*resting(50)).separate == 0
    assert at_point(*resting(60)).separate == 1


def test_visits_far_apart_are_separate() -> None:
    """A quarter of an hour lies between the first two, a second less between the others."""
    stays = [Stay(1, 0, 100_000), Stay(1, 1_000_000, 1_100_000), Stay(1, 1_999_000, 2_100_000)]
    found = seen(stays, [], 60, RULE)
    assert found.separate == 2
    assert [visit.dwell_s for visit in found.visits] == [100, 201]


def test_two_officers_at_once_are_one_visit() -> None:
    found = seen([Stay(1, 0, 120_000), Stay(2, 60_000, 180_000)], [], 60, RULE)
    assert (found.separate, found.dwell_s, found.longest_s) == (1, 240, 120)


def test_who_stays_longest_ends_the_visit() -> None:
    """The second came and went while the first was there; the third came soon after the first."""
    stays = [Stay(1, 0, 300_000), Stay(2, 60_000, 120_000), Stay(3, 1_150_000, 1_250_000)]
    assert seen(stays, [], 60, RULE).separate == 1


def test_who_is_going_as_the_span_ends_stayed_until_the_edge() -> None:
    """Two fixes outside are not enough to leave, but the edge was met 50 m on the way."""
    rest = resting(120)
    way = [Spot(130, 40, 0), Spot(140, 80, 0), Spot(150, 120, 0)]
    assert at_point(*rest, *way).longest_s == pytest.approx(132.5, abs=0.1)


def test_short_visits_of_many_do_not_make_a_long_one() -> None:
    found = seen([Stay(no, no * 10_000, no * 10_000 + 10_000) for no in range(9)], [], 60, RULE)
    assert (found.separate, found.longest_s) == (0, 10)


def test_a_tap_is_a_visit() -> None:
    found = seen([Stay(1, 0, 10_000)], [5_000, 2_000_000], 60, RULE)
    assert (found.separate, found.taps) == (2, 2)


def test_who_stays_to_the_end_of_the_span() -> None:
    assert at_point(*straight((-100, 0), (0, 0)), *resting(300, 80)).longest_s > 300


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32))
def test_dwell_agrees_with_a_dense_brute_force(seed: int) -> None:
    """In and out again, with rests, silences, jumps and coarse fixes. Beginnings that are not
    seen (a gap, a new start) may cost the time of two fixes each; crossings a step of 0.1 s."""
    chance = np.random.default_rng(seed)
    spots: list[Spot] = []
    for _ in range(4):
        angle, far = chance.uniform(0, 2 * np.pi), chance.uniform(150, 300)
        away = far * np.cos(angle), far * np.sin(angle)
        middle = tuple(chance.normal(0, 8, 2))
        for a, b in ((away, middle), (middle, away)):
            spots += straight(a, b, at_s=spots[-1].t + 10 if spots else 0.0)  # type: ignore[arg-type]
            rest = chance.integers(2, 20)
            last = spots[-1]
            spots += [last._replace(t=last.t + 10.0 * (i + 1)) for i in range(rest)]
    breaks = 0
    kept: list[Spot] = []
    silent_until = 0.0
    for spot in spots:
        if chance.random() < 0.02:
            silent_until, breaks = spot.t + 200, breaks + 1
        if spot.t < silent_until:
            continue
        jump, usable = (chance.random() < 0.03) * 50_000, bool(chance.random() > 0.03)
        kept.append(spot._replace(x=spot.x + jump, usable=usable))
    found = at_point(*kept)
    true_s = time_in_circle(known(kept), 50.0)
    assert found.dwell_s == pytest.approx(true_s, abs=20 * breaks + 0.2 * 16)


def test_a_fence_may_have_rules_of_its_own() -> None:
    where = World([Fence(10, world([CIRCLE]).fences[0].plan, 0, 1)], world([CIRCLE]).index)
    _, stays = walked({1: [Spot(0, 0, 0), Spot(10, 90, 0)]}, FOOT, where)
    assert len(stays[10]) == 1
