"""Stops of a track: tables, and what must hold for any track."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.distance import distance_m
from geo.stops import RULE, StopRule, stops

LON, LAT = 121.5, 31.23
EAST = 1 / 95_400  # degrees a metre, about

Track = list[tuple[int, float, float]]


def still(from_s: int, to_s: int, metres: float = 0.0, step_s: int = 10) -> Track:
    return [(s * 1000, LON + metres * EAST, LAT) for s in range(from_s, to_s + 1, step_s)]


def walk(from_s: int, to_s: int, start_m: float, mps: float = 1.4) -> Track:
    return [(s * 1000, LON + (start_m + (s - from_s) * mps) * EAST, LAT)
            for s in range(from_s, to_s + 1, 10)]  # fmt: skip


def dwells(track: Track, rule: StopRule = RULE) -> list[tuple[int, int]]:
    return [(one.from_ms // 1000, one.to_ms // 1000) for one in stops(track, rule)]


@pytest.mark.parametrize(
    ("track", "wanted"),
    [
        ([], []),
        (still(0, 0), []),
        (still(0, 170), []),
        (still(0, 180), [(0, 180)]),
        (walk(0, 600, 0), []),
        (
            still(0, 300) + walk(310, 600, 60) + still(610, 900, 500),
            [(0, 300), (590, 900)],
        ),  # the last steps were near
        (still(0, 300) + still(1_000, 1_300), [(0, 300), (1_000, 1_300)]),  # a gap of 700 s
        (still(0, 300) + still(850, 1_300), [(0, 1_300)]),  # one of 550 s
        (still(0, 100) + still(110, 110, 80) + still(120, 400), [(120, 400)]),
    ],
)
def test_stops(track: Track, wanted: list[tuple[int, int]]) -> None:
    assert dwells(track) == wanted


def test_a_jitter_within_the_radius_is_one_stop_in_the_middle() -> None:
    track = [(s * 1000, LON + (20 if s % 20 else -20) * EAST, LAT) for s in range(0, 400, 10)]
    (one,) = stops(track)
    assert one.fixes == 40 and one.dwell_s == 390
    assert distance_m(one.lon_deg, one.lat_deg, LON, LAT) < 1


@given(
    st.lists(st.tuples(st.integers(1, 900), st.floats(-80, 80), st.floats(-80, 80)), max_size=60)
)
def test_whatever_the_track(steps: list[tuple[int, float, float]]) -> None:
    track: Track = []
    at_s = 0
    for wait_s, x, y in steps:
        at_s += wait_s
        track.append((at_s * 1000, LON + x * EAST, LAT + y / 110_900))
    found = stops(track)
    known = {ms for ms, _, _ in track}
    assert all(one.to_ms < following.from_ms for one, following in pairwise(found))
    for one in found:
        assert one.dwell_s >= RULE.least_s
        assert {one.from_ms, one.to_ms} <= known, "nothing is assumed beyond a fix"
        mine = [fix for fix in track if one.from_ms <= fix[0] <= one.to_ms]
        assert len(mine) == one.fixes
        _, lon, lat = mine[0]
        assert all(distance_m(lon, lat, x, y) <= RULE.within_m * 1.005 for _, x, y in mine)
        gaps = [(b[0] - a[0]) / 1000 for a, b in pairwise(mine)]
        assert max(gaps, default=0) <= RULE.gap_max_s
