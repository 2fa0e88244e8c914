"""Which stretches of a road were walked along: cases of the domain reference, and the oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage.segments import Covered, Line, cover, cut, places_of
from geo.coverage.ways import Mover
from geo.distance import distance_m
from geo.patrol.rules import CoverageRule
from tests.unit.geo.coverage.oracle import Road, Spot, covered_m
from tests.unit.geo.coverage.steps import CAR, FOOT, known, line, straight, wander, ways

RULE = CoverageRule()
ROAD = line(1, (0, 0), (400, 0))


def one(road: Line, spots: list[Spot], mover: Mover = FOOT) -> Covered:
    (found,) = cover([road], ways(*spots, mover=mover), RULE)
    return found


def test_a_walk_along_covers_it_all() -> None:
    found = one(ROAD, straight((-30, 6), (430, 6)))
    assert found.length_m == pytest.approx(400, abs=0.1)
    assert found.covered_m == found.length_m
    assert found.stretches_m() == [(0.0, pytest.approx(400, abs=0.1))]


def test_both_directions_count() -> None:
    assert one(ROAD, straight((430, 6), (-30, 6))).covered_m == pytest.approx(400, abs=0.1)


def test_half_a_walk_covers_half_and_the_reach_of_its_width() -> None:
    found = one(ROAD, straight((0, 0), (200, 0)))
    assert found.covered_m == pytest.approx(220, abs=5)


def test_a_cross_street_does_not_count() -> None:
    assert one(ROAD, straight((200, -150), (200, 150))).covered_m == 0


def test_but_a_short_segment_is_covered_by_whoever_fills_it() -> None:
    """Of 30 m the crossing way takes in more than 60 %."""
    short = line(1, (0, 0), (30, 0))
    assert one(short, straight((15, -100), (15, 100))).covered_m == pytest.approx(30, abs=0.1)


def test_passes_are_not_added_up() -> None:
    """Two cross streets touch 40 m each of 120: neither took in most of it."""
    road = line(1, (0, 0), (120, 0))
    first = straight((25, -100), (25, 100))
    then = straight((95, 100), (95, -100), at_s=first[-1].t + 60)
    assert one(road, first + then).covered_m == 0


def test_standing_at_a_corner_is_no_walk() -> None:
    chance = np.random.default_rng(5)
    spots = [Spot(10.0 * i, 200 + chance.normal(0, 4), chance.normal(0, 4), 8) for i in range(300)]
    assert one(ROAD, spots).covered_m == 0


def test_a_gap_is_not_bridged() -> None:
    """Five minutes without a fix, in which the road could well have been walked."""
    before = straight((-100, 0), (100, 0))
    after = straight((300, 0), (500, 0), at_s=before[-1].t + 300)
    found = one(ROAD, before + after)
    assert [(round(a), round(b)) for a, b in found.stretches_m()] == [(0, 120), (280, 400)]


def test_no_line_is_drawn_to_a_jump_and_back() -> None:
    spots = straight((0, 500), (400, 500))
    spots[10] = spots[10]._replace(y=-200_000)
    assert one(ROAD, spots).covered_m == 0


@pytest.mark.parametrize(
    ("mover", "mps", "error_m"),
    [(FOOT, 1.4, 0.0), (FOOT, 1.4, 4.0), (CAR, 10.0, 0.0), (CAR, 8.0, 4.0)],
)
def test_of_two_parallel_roads_the_one_walked_is_covered(
    mover: Mover, mps: float, error_m: float
) -> None:
    """25 m apart, closer than twice the width (C.6)."""
    chance = np.random.default_rng(11)
    spots = [
        spot._replace(x=spot.x + chance.normal(0, error_m), y=spot.y + chance.normal(0, error_m))
        for spot in straight((-30, 0), (430, 0), mps=mps, acc=6)
    ]
    here, beside = cover([ROAD, line(2, (0, 25), (400, 25))], ways(*spots, mover=mover), RULE)
    assert here.covered_m == pytest.approx(400, abs=0.1)
    assert beside.covered_m == 0


def test_two_segments_of_one_street_do_not_take_each_others_ways() -> None:
    both = cover([ROAD, line(2, (0, 4), (400, 4))], ways(*straight((-30, 1), (430, 1))), RULE)
    assert [round(found.covered_m) for found in both] == [400, 400]


def test_a_vehicle_reaches_as_far_as_its_error_but_not_to_the_next_street() -> None:
    apart = [
        straight((-30, y), (430, y), mps=10, acc=acc) for y, acc in ((18, 2), (18, 5), (40, 90))
    ]
    assert [round(one(ROAD, spots, CAR).covered_m) for spots in apart] == [0, 400, 0]


def test_a_width_of_its_own_counts_instead() -> None:
    wide = line(1, (0, 0), (400, 0), width_m=45.0)
    spots = straight((-60, 40), (460, 40))
    assert one(wide, spots).covered_m == pytest.approx(400, abs=0.1)
    assert one(ROAD, spots).covered_m == 0


def test_pieces_add_up_around_a_bend() -> None:
    bent = line(1, (0, 0), (102, 0), (102, 0), (102, 53))
    pieces = cut(bent, 5.0)
    assert pieces.length_m.sum() == pytest.approx(155, abs=0.05)
    assert pieces.length_m.max() <= 5.01
    assert len(pieces.x) == 21 + 11


def test_a_stretch_as_positions_keeps_the_bend() -> None:
    bent = line(1, (0, 0), (100, 0), (100, 100))
    (found,) = cover([bent], ways(*straight((0, 0), (100, 0))), RULE)
    places = places_of(found, 50.0, 150.0, bent)
    assert len(places) == 3
    assert distance_m(*places[0], *places[1]) == pytest.approx(50, abs=0.1)


def test_nobody_there() -> None:
    assert one(ROAD, []).covered_m == 0
    assert one(ROAD, [Spot(0, 200, 0)]).covered_m == 0


ROADS = [
    [(0.0, 0.0), (240.0, 0.0)],
    [(0.0, 25.0), (240.0, 25.0)],
    [(60.0, -120.0), (60.0, 60.0), (180.0, 60.0)],
    [(-120.0, -60.0), (-80.0, -60.0)],
    [(-240.0, -240.0), (240.0, 240.0)],
]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_it_agrees_with_a_dense_brute_force(seed: int) -> None:
    """On any track: between what the oracle gives and what it takes where a hair's breadth
    decides (centimetres, a tenth of a degree), and one piece more for the steps it takes."""
    chance = np.random.default_rng(seed)
    spots = wander(chance, 70)
    lines = [line(i, *places) for i, places in enumerate(ROADS)]
    got = [found.covered_m for found in cover(lines, ways(*spots), RULE)]
    least, most = (covered_m(known(spots), [Road(p) for p in ROADS], edge=edge) for edge in (-1, 1))
    for low, metres, high in zip(least, got, most, strict=True):
        assert low - RULE.piece_m - 0.5 <= metres <= high + RULE.piece_m + 0.5, (least, got, most)
