"""Each detector of positions, with the edge on both sides, and honest tracks beside it."""

import numpy as np
import pytest

from geo.patrol.fraud import tracks
from geo.patrol.rules import RULE
from tests.table import table
from tests.unit.geo.patrol.fraud.evidence import track, walk

FRAUD = RULE.fraud


@table("""
    jump_m before after marked
    511    3      3     yes     # 500 m beyond both errors of 5 m, in 10 s
    509    3      3     no
    511    2      3     no      # too few agree: an outlier, or a cold start
    511    3      2     no
""")
def test_jumps(jump_m: float, before: float, after: float, marked: str) -> None:
    count = int(before + after)
    east = np.where(np.arange(count) < before, 0.0, jump_m)
    found = tracks.jumps(track(np.arange(count) * 10.0, east), FRAUD)
    assert bool(found) == (marked == "yes")


def test_a_train_is_no_jump_and_an_outlier_neither() -> None:
    at_s = np.arange(0, 600, 20.0)
    assert not tracks.jumps(track(at_s, at_s * 45.0), FRAUD)
    outlier = np.zeros(30)
    outlier[15] = 2_000
    assert not tracks.jumps(track(at_s, outlier), FRAUD)


@pytest.mark.parametrize(("away_s", "marks"), [(60, 0), (170, 0), (200, 2)])
def test_there_and_back_within_three_minutes_was_a_wall(away_s: float, marks: int) -> None:
    at_s = np.arange(0, 1_000, 10.0)
    east = np.where((at_s >= 400) & (at_s < 400 + away_s), 700.0, 0.0)
    assert len(tracks.jumps(track(at_s, east), FRAUD)) == marks


def test_mock_flag() -> None:
    at_s = np.arange(0, 100, 10.0)
    (mark,) = tracks.mock_fixes(track(at_s, at_s, flags=3), "2026-03-02T02", FRAUD)
    assert mark.evidence["fixes"] == 10
    assert not tracks.mock_fixes(track(at_s, at_s), "2026-03-02T02", FRAUD)


@table("""
    fixes speed_mps jitter_m marked
    31    1.4       0        yes
    29    1.4       0        no
    40    1.4       0.05     yes
    40    1.4       2.0      no      # as real ones vary
    40    0.0       0        no      # standing still repeats itself
    31    0.4       0        no      # hardly moved
""")
def test_mock_pattern(fixes: float, speed_mps: float, jitter_m: float, marked: str) -> None:
    at_s = np.arange(int(fixes)) * 10.0
    east = at_s * speed_mps + np.random.default_rng(1).normal(0, jitter_m, int(fixes))
    found = tracks.mock_fixes(track(at_s, east), "2026-03-02T02", FRAUD)
    assert bool(found) == (marked == "yes")


@pytest.mark.parametrize("seed", range(20))
def test_real_walks_have_no_pattern(seed: int) -> None:
    assert not tracks.mock_fixes(walk(3_600, seed), "2026-03-02T02", FRAUD)
    assert not tracks.jumps(walk(3_600, seed), FRAUD)


@table("""
    seconds apart_m share marked
    9120    10      1.0   yes
    8900    10      1.0   no      # 2.5 hours, less the minutes at the ends
    12000   40      1.0   no
    12000   10      0.97  yes
    12000   10      0.90  no      # apart one minute in ten
""")
def test_shared_device(seconds: float, apart_m: float, share: float, marked: str) -> None:
    at_s = np.arange(0, seconds, 10.0)
    aside = np.where(np.arange(len(at_s)) < share * len(at_s), apart_m, 300.0)
    a, b = track(at_s, at_s * 1.0), track(at_s, at_s * 1.0, aside, no=2)
    found = tracks.shared_device(a, b, FRAUD)
    assert bool(found) == (marked == "yes")
    assert found == tracks.shared_device(b, a, FRAUD), "whoever is named first"


def test_phones_on_one_desk_and_clocks_apart() -> None:
    at_s = np.arange(0, 12_000, 10.0)
    desk = track(at_s, np.zeros(len(at_s))), track(at_s, np.ones(len(at_s)), no=2)
    assert not tracks.shared_device(*desk, FRAUD)
    late = track(at_s, at_s * 1.4), track(at_s + 40, at_s * 1.4, no=2)
    assert tracks.shared_device(*late, FRAUD), "one clock is 40 s late"


def day_before(fixes: np.ndarray, days: int = 1) -> np.ndarray:
    moved = fixes.copy()
    moved["at_ms"] -= days * 86_400_000
    return moved


@table("""
    fixes blur_m marked
    70    0      yes
    58    0      no      # 60 positions at least
    200   0.5    yes
    200   6      no
""")
def test_repeated_track(fixes: float, blur_m: float, marked: str) -> None:
    now = walk(fixes * 10, 1)
    old = day_before(now)
    old["lat_e7"] += np.rint(np.random.default_rng(2).normal(0, blur_m, len(old)) * 90).astype("i4")
    found = tracks.repeated_track(now, old, 86_400_000 + 7_000, "2026-03-02T02", FRAUD)
    assert bool(found) == (marked == "yes")


def test_the_same_beat_at_another_pace_is_no_repeat() -> None:
    for seed in range(10):
        now, old = walk(3_600, seed), day_before(walk(3_600, seed + 100))
        for lag_ms in tracks.lags_of(tracks.hits_of(tracks.samples(now, FRAUD), old)):
            assert not tracks.repeated_track(now, old, lag_ms, "2026-03-02T02", FRAUD)


def test_the_lag_is_found() -> None:
    now = walk(3_600, 1)
    hits = tracks.hits_of(tracks.samples(now, FRAUD), day_before(now, days=3))
    assert abs(tracks.lags_of(hits)[0] - 3 * 86_400_000) <= tracks.VOTE_MS
