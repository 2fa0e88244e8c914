"""Each detector of check-ins, with the edge on both sides of its thresholds."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.patrol.fraud import taps
from geo.patrol.fraud.inspection import Checkins, of_checkins
from geo.patrol.fraud.marks import Mark, Tap
from geo.patrol.rules import RULE
from tests.table import table
from tests.unit.geo.patrol.fraud.evidence import LAT, LON, tap, track

FRAUD, DATUM, NOTHING = RULE.fraud, RULE.datum, taps.NOTHING


@table("""
    apart_m dt_s riding marked
    1419    100  no     no      # 1419 - 2*50 < 12 * (100 + 2*5)
    1421    100  no     yes
    299     1    no     no      # under 200 m beyond both radii: walls
    301     1    no     yes
    5049    100  yes    no      # 45 m/s
    5051    100  yes    yes
    300000  21601 no    no      # farther apart in time than is compared
""")
def test_impossible_travel(apart_m: float, dt_s: float, riding: str, marked: str) -> None:
    some = [tap(0, 0.0, riding=riding == "yes"), tap(dt_s, apart_m, riding=riding == "yes")]
    assert bool(taps.impossible_travel(some, NOTHING, FRAUD)) == (marked == "yes")


@pytest.mark.parametrize(("step_s", "marked"), [(10, False), (50, False), (100, True)])
def test_a_way_that_is_seen_was_ridden(step_s: float, marked: bool) -> None:
    at_s = np.arange(0, 201, step_s)
    way = track(at_s, at_s * 20.0)
    some = [tap(0, 0.0), tap(200, 4_000.0)]
    assert bool(taps.impossible_travel(some, way, FRAUD)) == marked


def test_a_low_clock_is_given_ten_minutes() -> None:
    some = [tap(0, 0.0, trust="low"), tap(60, 3_000.0, trust="low")]
    assert not taps.impossible_travel(some, NOTHING, FRAUD)


@table("""
    away_m acc_m near_m marked
    459    10    -      no      # a fix that no other speaks for: 400 m beyond radius and error
    461    10    -      yes
    209    10    300    no      # 150 m beyond them where others say so
    211    10    300    yes
    300    10    100    no      # a position about the time came near: walls
    300    101   300    no      # too coarse to say
""")
def test_tag_away(away_m: float, acc_m: float, near_m: float | str, marked: str) -> None:
    one = tap(0, away_m, point_m=0.0, acc_m=acc_m, place="out")
    around = NOTHING if near_m == "-" else track(np.array([-60.0, 60]), np.full(2, float(near_m)))
    assert bool(taps.tag_away([one], around, FRAUD, DATUM)) == (marked == "yes")


def test_a_source_of_another_datum_has_no_marks() -> None:
    """Six taps at three points, all 480 m off in one direction."""
    some = [tap(i * 900, i * 1e3 + 480, point_m=i * 1e3, place="out") for i in range(6)]
    assert taps.tag_away(some[:5], NOTHING, FRAUD, DATUM)
    assert not taps.tag_away(some, NOTHING, FRAUD, DATUM)


@table("""
    auth           marked
    sun            no
    uid            no
    bad_mac        no
    replay         yes
    replay_suspect yes
""")
def test_counter_regress(auth: str, marked: str) -> None:
    assert bool(taps.counter_regress([tap(0, auth=auth)])) == (marked == "yes")


@table("""
    apart_m dt_s other marked
    271     120  2     yes     # 250 m beyond both errors of 10 m
    269     120  2     no
    400     121  2     no
    400     60   1     no      # one device: impossible travel
""")
def test_one_tag_two_places(apart_m: float, dt_s: float, other: float, marked: str) -> None:
    near = {no: track(np.array([0.0, dt_s]), np.full(2, east), no=no)
            for no, east in ((1, 0.0), (2, apart_m + 400))}  # fmt: skip
    far = tap(dt_s, apart_m, point_m=0.0, no=int(other), place="out")
    found = taps.one_tag_two_places([tap(0, 0.0), far], near, frozenset(), FRAUD)
    alone = taps.one_tag_two_places([tap(0, 0.0), far], {}, frozenset(), FRAUD)
    assert bool(found) == (marked == "yes")
    assert not alone, "a single fix that no other position speaks for may be a wall's"
    assert not taps.one_tag_two_places([tap(0, 0.0), far], near, frozenset([int(other)]), FRAUD)


@table("""
    off_s trust     marked
    120   monotonic no
    121   monotonic yes
    -121  monotonic yes
    9000  device    no      # nobody knows by how much it is off
""")
def test_clock_skew(off_s: float, trust: str, marked: str) -> None:
    found = taps.clock_skew([tap(0, off_s=off_s, trust=trust), tap(60, trust=trust)], FRAUD)
    assert bool(found) == (marked == "yes")


@table("""
    apart_m dt_s moved_m marked
    221     300  0       yes     # 120 m between two circles of 50 m
    219     300  0       no
    800     600  0       yes
    800     601  0       no
    800     300  39      yes     # 30 m beyond an accuracy of 10 m
    800     300  41      no
""")
def test_taps_standing_still(apart_m: float, dt_s: float, moved_m: float, marked: str) -> None:
    stands = track(np.arange(0, dt_s, 10.0), np.zeros(int(np.ceil(dt_s / 10))))
    some = [tap(0, 0.0), tap(dt_s, moved_m, point_m=apart_m)]
    assert bool(taps.taps_standing_still(some, stands, FRAUD)) == (marked == "yes")


def test_standing_needs_positions_that_say_so() -> None:
    some = [tap(0, 0.0), tap(300, 0.0, point_m=800)]
    assert not taps.taps_standing_still(some, NOTHING, FRAUD)
    blind = [replace(one, lon_deg=None, lat_deg=None, place="none") for one in some]
    stands = track(np.arange(0, 300, 10.0), np.zeros(30))
    assert not taps.taps_standing_still(blind, stands, FRAUD)


def test_mocked_taps_are_one_mark_a_day() -> None:
    some = [tap(at_s, place="mock") for at_s in (0, 60, 90_000)] + [tap(30)]
    assert [mark.evidence["fixes"] for mark in taps.mocked_taps(some)] == [2, 1]


CHEATS = [
    tap(0, 0.0), tap(30, 3_000.0), tap(4_000, 900.0, point_m=0.0, place="out"),
    tap(5_000, 0.0, auth="replay"), tap(6_000, place="mock"), tap(7_000, off_s=500.0),
    tap(4_050, 0.0, no=2), tap(9_000, 0.0), tap(9_050, 0.0, point_m=500.0),
    tap(9_100, 0.0, point_m=1_000.0), tap(9_100, 5_000.0, no=2),
]  # fmt: skip
FIXES = {1: track(np.arange(8_990, 9_110, 10.0), np.zeros(12)), 2: NOTHING}


@given(st.permutations(CHEATS))
def test_the_order_of_the_evidence_changes_nothing(some: list[Tap]) -> None:
    def marks(given: list[Tap]) -> list[Mark]:
        checkins = Checkins.of(given)
        return of_checkins(checkins, checkins.days([1, 2]), FIXES, RULE)

    found = marks(some)
    assert found == marks(CHEATS)
    assert len({mark.detector for mark in found}) >= 6
    assert all(mark.evidence["zh"] and mark.evidence["en"] for mark in found)


def test_the_place_is_the_same_for_everybody() -> None:
    assert tap(0).lon_deg == LON and tap(0).lat_deg == LAT
