"""Enter, leave, dwell, on hand-made tracks (domain reference C.4 and C.6)."""

import json

import numpy as np
import pytest

from geo.fences import state_from_json, state_to_json
from geo.shapes import Polygon
from tests.unit.geo.walks import (
    EAST,
    HABITS,
    LAT,
    LON,
    NORTH,
    RIDING,
    circle,
    fix,
    flown,
    folded,
    told,
    world,
)

STAND = {"min_inside_fixes": 2, "min_outside_fixes": 3}


def test_in_and_out_on_foot_is_stamped_where_the_edge_was_met() -> None:
    """At 1 m/s along the east axis the edge at -50 and +50 m is met at 50 s and 150 s."""
    fixes = [fix(t, t - 100) for t in range(0, 240, 15)]
    _, crossings = folded(world([circle()]), fixes)
    (entered, left) = told(crossings)
    assert entered[::2] == ("entered", "chord") and entered[1] == pytest.approx(50, abs=0.02)
    assert left[::2] == ("left", "chord") and left[1] == pytest.approx(150, abs=0.02)


def test_jitter_about_the_edge_rings_once() -> None:
    """±15 m for ten minutes (C.6): at most one entering and one leaving."""
    for seed in range(20):
        chance = np.random.default_rng(seed)
        wander = [fix(10 * i, 50 + chance.uniform(-15, 15)) for i in range(60)]
        away = [fix(600 + 10 * i, 90 + 8 * i) for i in range(6)]
        _, crossings = folded(world([circle()]), [fix(-10, 90), *wander, *away])
        kinds = [crossing.kind for crossing in crossings]
        assert kinds in ([], ["entered", "left"]), (seed, kinds)


def test_a_gap_ends_the_stay_at_the_last_fix_inside() -> None:
    """Five minutes of silence (C.6): no dwell is credited in them."""
    inside = [fix(t, 0) for t in (0, 10, 20)]
    later = [fix(t, 0) for t in (320, 330, 340)]
    _, crossings = folded(world([circle()]), [*inside, *later])
    assert told(crossings) == [
        ("entered", 0.0, "fix"),
        ("left", 20.0, "gap"),
        ("entered", 320.0, "fix"),
    ]


def test_nothing_is_drawn_across_a_gap() -> None:
    fixes = [fix(0, -300), fix(10, -290), fix(200, 290), fix(210, 300)]
    assert folded(world([circle()]), fixes)[1] == []


def test_a_vehicle_crosses_between_two_fixes() -> None:
    """36 km/h through a circle of 50 m with a fix every 20 s (C.4): in at 15 s, out at 25 s."""
    fixes = [fix(t, 10 * t - 200) for t in (0, 12, 32, 40)]
    _, crossings = folded(world([circle()]), fixes, RIDING)
    assert [(k, round(t, 1), by) for k, t, by in told(crossings)] == [
        ("entered", 15.0, "chord"),
        ("left", 25.0, "chord"),
    ]


def test_one_fix_inside_between_two_far_ones_is_a_pass() -> None:
    fixes = [fix(t, 10 * t - 200) for t in (0, 10, 20, 30, 40)]
    _, crossings = folded(world([circle()]), fixes, RIDING)
    assert [(k, round(t, 1)) for k, t, _ in told(crossings)] == [("entered", 15.0), ("left", 25.0)]


def test_one_fix_inside_beside_the_edge_is_none() -> None:
    fixes = [fix(0, 60), fix(10, 49), fix(20, 60), fix(30, 61)]
    assert folded(world([circle()]), fixes)[1] == []


def test_dwell_is_told_once_when_it_is_reached() -> None:
    fixes = [fix(t, 0) for t in range(0, 200, 10)]
    where = world([circle()], dwell_s=60)
    assert told(folded(where, fixes)[1]) == [("entered", 0.0, "fix"), ("dwelt", 60.0, "fix")]


def test_leaving_waits_for_three_fixes_or_thirty_seconds() -> None:
    inside = [fix(t, 0) for t in (0, 10, 20)]
    where = world([circle()])
    two_out = [*inside, fix(30, 100), fix(40, 100)]
    assert [c.kind for c in folded(where, two_out)[1]] == ["entered"]
    back = [*two_out, fix(50, 0), fix(60, 0)]
    assert [c.kind for c in folded(where, back)[1]] == ["entered"]
    assert [c.kind for c in folded(where, [*two_out, fix(50, 100)])[1]] == ["entered", "left"]
    slow = [*inside, fix(30, 100), fix(61, 100)]
    assert [c.kind for c in folded(where, slow)[1]] == ["entered", "left"]


def test_the_margin_grows_with_the_accuracy() -> None:
    """30 m outside is out at 5 m accuracy, and undecided at 40 m (1.5 times is 60 m)."""
    for acc_m, kinds in ((5.0, ["entered", "left"]), (40.0, ["entered"])):
        fixes = [fix(10 * i, 0 if i < 5 else 80, acc_m=acc_m) for i in range(15)]
        crossings = folded(world([circle()]), fixes)[1]
        assert [c.kind for c in crossings] == kinds, acc_m


def test_a_jump_of_200_km_in_a_minute_is_left_out() -> None:
    fixes = [fix(10 * i, 0) for i in range(4)]
    fixes += [fix(60, 200_000), *(fix(70 + 10 * i, 0) for i in range(4))]
    assert [c.kind for c in folded(world([circle()]), fixes)[1]] == ["entered"]


def test_three_fixes_agreeing_elsewhere_start_the_track_again() -> None:
    fixes = [fix(10 * i, 0) for i in range(4)]
    fixes += [fix(40 + 10 * i, 5_000) for i in range(4)]
    assert told(folded(world([circle()]), fixes)[1]) == [
        ("entered", 0.0, "fix"),
        ("left", 30.0, "gap"),
    ]


def test_useless_fixes_say_nothing() -> None:
    """Coarser than 100 m, no fix, 0/0: not for fences (C.3)."""
    bad = [fix(10 * i, 0)._replace(usable=False) for i in range(6)]
    assert folded(world([circle()]), bad)[1] == []


def test_out_of_one_arm_and_through_the_other() -> None:
    """A U of two arms: the stay ends where the way first met the edge, and one that begins,
    where it last did."""
    corners = [(-100, -100), (100, -100), (100, 100), (50, 100), (50, -60), (-50, -60), (-50, 100)]
    ring = [(LON + x / EAST, LAT + y / NORTH) for x, y in [*corners, (-100, 100), (-100, -100)]]
    where = world([Polygon((tuple(ring),))])
    inside = [fix(t, -75) for t in (0, 10, 20)]
    leaving = [*inside, fix(45, 200), fix(55, 200), fix(65, 200)]
    (_, left) = told(folded(where, leaving, RIDING)[1])
    assert left == ("left", pytest.approx(20 + 25 * 25 / 275, abs=0.01), "chord")
    coming = [fix(0, 200), fix(25, -75), fix(35, -75)]
    (entered,) = told(folded(where, coming, RIDING)[1])
    assert entered == ("entered", pytest.approx(25 * 250 / 275, abs=0.01), "chord")


def test_a_state_survives_its_checkpoint() -> None:
    fixes = [fix(0, -100), fix(15, -20), fix(30, 0), fix(45, 400_000)]
    state, _ = folded(world([circle()]), fixes)
    assert state_from_json(json.loads(json.dumps(state_to_json(state)))) == state
    assert state.stays and state.trail.rejects == 1


def test_the_fast_road_on_one_track() -> None:
    fixes = [fix(t, t - 100) for t in range(0, 240, 15)]
    where = world([circle()])
    _, crossings = flown(where, [[(3, one) for one in fixes]], HABITS)
    assert [c for _, c in crossings] == folded(where, fixes)[1]
