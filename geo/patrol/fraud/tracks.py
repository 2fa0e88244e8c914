"""Detectors that look at positions alone. Pure; a track is sorted by (at_ms, seq), one device.

The clock here is the device's own: pace and shape matter, not the hour.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.values import from_ms
from geo.distance import metres_per_degree
from geo.patrol.fraud import marks
from geo.patrol.fraud.marks import Mark, local_day, with_words
from geo.patrol.rules import FraudRule
from geo.patrol.sight import Fixes, usable

Column = NDArray[np.float64]
MOCK_FLAG: Final = 2
SAMPLES: Final = 12  # positions of a track that look for its twin
VOTES: Final = 5  # of them agree on how much later it is
VOTE_MS: Final = 15_000
OFTEN: Final = 150  # a sample with so many hits lies where the device rests
NEAR_M: Final = 20.0  # of a sample to a position of the twin, whose fixes fall elsewhere


class Ground(NamedTuple):
    """A track on the plane about its middle, metres and seconds."""

    at_s: Column
    east_m: Column
    north_m: Column
    acc_m: Column


def ground(fixes: Fixes, about: tuple[float, float] | None = None) -> Ground:
    """`about`: (lon_deg, lat_deg) of the origin."""
    lon, lat = fixes["lon_e7"] / 1e7, fixes["lat_e7"] / 1e7
    origin = about or (float(np.median(lon)), float(np.median(lat)))
    east, north = metres_per_degree(origin[1])
    return Ground(
        fixes["at_ms"] / 1000, (lon - origin[0]) * east, (lat - origin[1]) * north,
        fixes["acc_dm"] / 10,
    )  # fmt: skip


def clean(fixes: Fixes, rule: FraudRule) -> Fixes:
    """Usable ones, one an instant. Mocked ones say nothing here: they have their own mark."""
    good = fixes[usable(fixes, rule.acc_max_m)]
    once: Fixes = good[np.concatenate([[True], np.diff(good["at_ms"]) > 0])] if len(good) else good
    return once


def jumps(track: Fixes, rule: FraudRule) -> list[Mark]:
    """Places nobody can have reached, each confirmed by several positions before and after.

    The limit of riding holds: an officer's phone rides cars as well.
    """
    fixes = clean(track, rule)
    if len(fixes) < 2 * rule.jump_fixes:
        return []
    on = ground(fixes)
    apart_m = np.hypot(np.diff(on.east_m), np.diff(on.north_m)) - on.acc_m[1:] - on.acc_m[:-1]
    dt_s = np.diff(on.at_s)
    far = np.flatnonzero((apart_m > rule.jump_min_m) & (apart_m > rule.riding_speed_max_mps * dt_s))
    found = []
    for i in far.tolist():
        if (
            not _agree(on, i - rule.jump_fixes + 1, i, rule)
            or not _agree(on, i + 1, i + rule.jump_fixes, rule)
            or _is_excursion(on, i, rule)
        ):
            continue
        before, after = fixes[i], fixes[i + 1]
        no, at_ms = int(after["device_no"]), int(after["at_ms"])
        evidence = with_words(
            marks.IMPOSSIBLE_TRAVEL, apart_m=round(float(apart_m[i]), 1), dt_s=float(dt_s[i]),
            speed_mps=round(float(apart_m[i] / max(dt_s[i], 1e-3)), 1),
            limit_mps=rule.riding_speed_max_mps, places=[_place(before), _place(after)],
            fixes=[int(before["at_ms"]), at_ms],
        )  # fmt: skip
        found.append(
            Mark(marks.IMPOSSIBLE_TRAVEL, f"{no}@{at_ms}/fixes", from_ms(at_ms), None, no,
                 evidence=evidence)
        )  # fmt: skip
    return found


def _agree(on: Ground, first: int, last: int, rule: FraudRule) -> bool:
    """The positions from `first` to `last` (included) can follow each other."""
    if first < 0 or last >= len(on.at_s):
        return False
    some = slice(first, last + 1)
    steps_m = np.hypot(np.diff(on.east_m[some]), np.diff(on.north_m[some]))
    errors_m = on.acc_m[some][1:] + on.acc_m[some][:-1]
    dt_s = np.diff(on.at_s[some])
    return bool(np.all(steps_m - errors_m <= rule.riding_speed_max_mps * dt_s))


def _is_excursion(on: Ground, i: int, rule: FraudRule) -> bool:
    """Soon after the jump from `i` to the next it was back, or soon before it was there."""
    near_m = rule.jump_min_m / 2
    after = (on.at_s > on.at_s[i]) & (on.at_s <= on.at_s[i + 1] + rule.jump_hold_s)
    before = (on.at_s <= on.at_s[i]) & (on.at_s >= on.at_s[i] - rule.jump_hold_s)
    back_m = np.hypot(on.east_m - on.east_m[i], on.north_m - on.north_m[i])[after]
    there_m = np.hypot(on.east_m - on.east_m[i + 1], on.north_m - on.north_m[i + 1])[before]
    return bool(np.any(back_m <= near_m) or np.any(there_m <= near_m))


def mock_fixes(track: Fixes, hour: str, rule: FraudRule) -> list[Mark]:
    """Positions that say themselves they are mocked, or that no receiver would give.

    A mark for each device and hour (`hour` names it): the flag, else the pattern.
    """
    flagged = track[(track["flags"] & MOCK_FLAG) != 0]
    if len(flagged):
        evidence = with_words(marks.MOCK_FIX, fixes=len(flagged), first=_place(flagged[0]))
        return [_mock(flagged, hour, evidence)]
    longest = _steadiest(clean(track, rule), rule)
    if longest is None:
        return []
    run, jitter_m = longest
    evidence = with_words(
        marks.MOCK_FIX, kind="pattern", fixes=len(run), jitter_m=round(jitter_m, 3),
        acc_m=float(run["acc_dm"][0]) / 10, first=_place(run[0]), last=_place(run[-1]),
    )  # fmt: skip
    return [_mock(run, hour, evidence)]


def _mock(fixes: Fixes, hour: str, evidence: dict[str, Any]) -> Mark:
    no = int(fixes["device_no"][0])
    first, last = (from_ms(int(at)) for at in fixes["at_ms"][[0, -1]])
    return Mark(marks.MOCK_FIX, f"{no}@{hour}/fixes", first, last, no, evidence=evidence)


def _steadiest(fixes: Fixes, rule: FraudRule) -> tuple[Fixes, float] | None:
    """The longest run in motion whose speed and accuracy do not vary.

    A real step differs from the next by metres. Where the path turns the steps are shorter,
    so one step in ten may differ.
    """
    least = rule.constant_fixes_min
    if len(fixes) < least:
        return None
    on = ground(fixes)
    dt_s = np.diff(on.at_s)
    speed = np.hypot(np.diff(on.east_m), np.diff(on.north_m)) / dt_s
    # Like its neighbour in speed and accuracy, and moving.
    alike = np.abs(np.diff(speed)) * dt_s[1:] <= rule.constant_jitter_m
    alike &= (fixes["acc_dm"][2:] == fixes["acc_dm"][1:-1]) & (speed[1:] > 0.1)
    share = np.convolve(alike, np.ones(least - 2), "valid") / (least - 2)
    steady = np.flatnonzero(share >= 0.9)
    if not len(steady):
        return None
    breaks = np.flatnonzero(np.diff(steady) > 1)
    starts, ends = steady[np.r_[0, breaks + 1]], steady[np.r_[breaks, len(steady) - 1]]
    longest = int(np.argmax(ends - starts))
    first, last = int(starts[longest]), int(ends[longest]) + least
    run = fixes[first:last]
    moved_m = float(np.sum((speed * dt_s)[first : last - 1]))
    if moved_m < rule.constant_moved_m:
        return None
    wobble = (np.abs(np.diff(speed)) * dt_s[1:])[first : last - 2]
    return run, float(np.percentile(wobble, 80))


# ── two tracks of one day ────────────────────────────────────────────────────


def shared_device(a: Fixes, b: Fixes, rule: FraudRule) -> list[Mark]:
    """Two devices that move as one through a whole day: carried by one person?

    `a`, `b`: of one local day. Two officers may walk together for a part of a shift; what is
    marked are those hardly ever apart in all the time both were seen.
    """
    a, b = clean(a, rule), clean(b, rule)
    if len(a) < 2 or len(b) < 2:
        return []
    if int(a["device_no"][0]) > int(b["device_no"][0]):
        a, b = b, a
    about = (float(a["lon_e7"][0]) / 1e7, float(a["lat_e7"][0]) / 1e7)
    mine, theirs = ground(a, about), ground(b, about)
    ticks, mine_m, apart_m = _side_by_side(mine, theirs, 0.0, rule)
    seen_s = len(ticks) * rule.shared_period_s
    if seen_s < rule.shared_device_s or np.median(apart_m) > 4 * rule.shared_apart_m:
        return []
    # Two clocks may differ, and a walker is 20 m on within a quarter of a minute.
    lags_s = np.arange(-rule.device_error_s, rule.device_error_s + 1, 10.0).tolist()
    tries = [_side_by_side(mine, theirs, lag_s, rule) for lag_s in lags_s]
    ticks, mine_m, apart_m = min(tries, key=lambda it: float(np.percentile(it[2], 80)))
    share = float(np.mean(apart_m <= rule.shared_apart_m))
    moved_m = _way_m(*mine_m)
    if share < rule.shared_share_min or moved_m < rule.shared_moved_m:
        return []
    nos = int(a["device_no"][0]), int(b["device_no"][0])
    first_ms, last_ms = (round(ticks[k] * rule.shared_period_s * 1000) for k in (0, -1))
    evidence = with_words(
        marks.SHARED_DEVICE, together_s=round(seen_s * share), share=round(share, 3),
        apart_m=round(float(np.median(apart_m)), 1), seen_s=seen_s, moved_m=round(moved_m),
    )  # fmt: skip
    first = from_ms(first_ms)
    key = f"{nos[0]}+{nos[1]}@{local_day(first)}"
    return [Mark(marks.SHARED_DEVICE, key, first, from_ms(last_ms), *nos, evidence=evidence)]


def may_share(a: Fixes, b: Fixes, rule: FraudRule) -> bool:
    """A cheap look at one hour: about together while both were seen, whatever their clocks."""
    a, b = clean(a, rule), clean(b, rule)
    if len(a) < 2 or len(b) < 2:
        return False
    about = (float(a["lon_e7"][0]) / 1e7, float(a["lat_e7"][0]) / 1e7)
    _, _, apart_m = _side_by_side(ground(a, about), ground(b, about), 0.0, rule)
    return len(apart_m) >= 5 and float(np.median(apart_m)) <= 4 * rule.shared_apart_m


def _side_by_side(
    mine: Ground, theirs: Ground, lag_s: float, rule: FraudRule
) -> tuple[NDArray[np.int64], tuple[Column, Column], Column]:
    """Once a period: its number, where I was, how far the other was `lag_s` later."""
    a = _minutely(mine, rule)
    b = _minutely(theirs._replace(at_s=theirs.at_s - lag_s), rule)
    ticks, i, j = np.intersect1d(a[0], b[0], assume_unique=True, return_indices=True)
    apart_m = np.hypot(a[1][i] - b[1][j], a[2][i] - b[2][j])
    return ticks, (a[1][i], a[2][i]), apart_m


def _minutely(on: Ground, rule: FraudRule) -> tuple[NDArray[np.int64], Column, Column]:
    """Positions at full periods, between two fixes no farther apart than that; (period, x, y)."""
    period_s = rule.shared_period_s
    ticks = np.arange(np.ceil(on.at_s[0] / period_s), np.floor(on.at_s[-1] / period_s) + 1)
    at_s = ticks * period_s
    right = np.searchsorted(on.at_s, at_s).clip(1, len(on.at_s) - 1)
    near = on.at_s[right] - on.at_s[right - 1] <= 2 * period_s
    at_s, ticks = at_s[near], ticks[near].astype(np.int64)
    return ticks, np.interp(at_s, on.at_s, on.east_m), np.interp(at_s, on.at_s, on.north_m)


def _way_m(east_m: Column, north_m: Column) -> float:
    """Length of the way between every tenth position: noise adds up, and must not count."""
    return float(np.sum(np.hypot(np.diff(east_m[::10]), np.diff(north_m[::10]))))


# ── one track on two days ────────────────────────────────────────────────────


def samples(track: Fixes, rule: FraudRule) -> Fixes:
    """Evenly spread positions of a track in motion; none of one at rest or too short."""
    fixes = clean(track, rule)
    if len(fixes) < rule.repeat_fixes_min:
        return fixes[:0]
    on = ground(fixes)
    if _way_m(on.east_m, on.north_m) < rule.repeat_moved_m:
        return fixes[:0]
    way_m = np.cumsum(np.hypot(np.diff(on.east_m[::6]), np.diff(on.north_m[::6])))
    goals_m = (np.arange(SAMPLES) + 0.5) / SAMPLES * way_m[-1]
    some: Fixes = fixes[np.unique(np.searchsorted(way_m, goals_m) * 6)]
    return some


def lags_of(hits: Sequence[tuple[int, int]]) -> list[int]:
    """By how much later, in milliseconds, a track may repeat another: (its own time, the time
    of an earlier position near by) for each hit of a sample. Best first, three at most."""
    often = Counter(now_ms for now_ms, _ in hits)
    # Where a device rests day by day it was at any time of any day: that says nothing.
    lags = sorted((now_ms - then_ms, now_ms) for now_ms, then_ms in hits if often[now_ms] < OFTEN)
    found: list[tuple[int, int]] = []
    i = 0
    for j, (lag, _) in enumerate(lags):
        while lag - lags[i][0] > VOTE_MS:
            i += 1
        votes = len({now_ms for _, now_ms in lags[i : j + 1]})
        if votes >= VOTES:
            found.append((votes, lags[(i + j) // 2][0]))
    best: list[int] = []
    for _, lag in sorted(found, reverse=True):
        if all(abs(lag - other) > VOTE_MS for other in best):
            best.append(lag)
    return best[:3]


def hits_of(some: Fixes, earlier: Fixes) -> list[tuple[int, int]]:
    """Each sample with every earlier position near it, as the database finds them live."""
    found = []
    for one in some:
        east, north = metres_per_degree(one["lat_e7"] / 1e7)
        near = np.abs(earlier["lat_e7"] - one["lat_e7"]) <= NEAR_M / north * 1e7
        near &= np.abs(earlier["lon_e7"] - one["lon_e7"]) <= NEAR_M / east * 1e7
        if np.count_nonzero(near) < OFTEN:
            found += [(int(one["at_ms"]), at) for at in earlier["at_ms"][near].tolist()]
    return found


def repeated_track(
    track: Fixes, earlier: Fixes, lag_ms: int, hour: str, rule: FraudRule
) -> list[Mark]:
    """The longest piece of `track` (of `hour`) that repeats `earlier` to the step, `lag_ms` later.

    Walking the same beat every day gives the same street, never the same pace.
    """
    fixes, old = clean(track, rule), clean(earlier, rule)
    if len(fixes) < rule.repeat_fixes_min or len(old) < 2:
        return []
    about = (float(old["lon_e7"][0]) / 1e7, float(old["lat_e7"][0]) / 1e7)
    mine, theirs = ground(fixes, about), ground(old, about)
    lag_s, apart_m = _best_lag(mine, theirs, lag_ms / 1000)
    first, last = _longest(apart_m <= rule.repeat_match_m, rule)
    count = last - first
    if count < rule.repeat_fixes_min:
        return []
    piece = slice(first, last)
    if _way_m(mine.east_m[piece], mine.north_m[piece]) < rule.repeat_moved_m:
        return []
    no = int(fixes["device_no"][0])
    from_at, to_at = (from_ms(int(fixes["at_ms"][k])) for k in (first, last - 1))
    then = from_ms(round((mine.at_s[first] - lag_s) * 1000))
    evidence = with_words(
        marks.REPEATED_TRACK, days=(local_day(from_at) - local_day(then)).days, fixes=count,
        share=round(float(np.mean(apart_m[piece] <= rule.repeat_match_m)), 3),
        match_m=rule.repeat_match_m, lag_s=round(lag_s, 1), then=then.isoformat(),
        first=_place(fixes[first]), last=_place(fixes[last - 1]),
    )  # fmt: skip
    key = f"{no}@{hour}-{local_day(then)}"
    return [Mark(marks.REPEATED_TRACK, key, from_at, to_at, no, evidence=evidence)]


def _best_lag(mine: Ground, theirs: Ground, lag_s: float) -> tuple[float, Column]:
    """The lag near `lag_s` with the smallest median distance, to half a second."""
    tries = lag_s + np.arange(-20, 20.5, 1.0)
    best = min(tries, key=lambda lag: _median_m(_apart_m(mine, theirs, lag)))
    best = min(best + np.arange(-1, 1.25, 0.25), key=lambda g: _median_m(_apart_m(mine, theirs, g)))
    return float(best), _apart_m(mine, theirs, best)


def _median_m(apart_m: Column) -> float:
    known = apart_m[np.isfinite(apart_m)]
    return float(np.percentile(known, 40)) if len(known) >= 10 else np.inf


def _apart_m(mine: Ground, theirs: Ground, lag_s: float) -> Column:
    """Distance to where the earlier track was so long before; infinite where it has a gap."""
    at_s = mine.at_s - lag_s
    right = np.searchsorted(theirs.at_s, at_s).clip(1, len(theirs.at_s) - 1)
    known = (at_s >= theirs.at_s[0]) & (at_s <= theirs.at_s[-1])
    known &= theirs.at_s[right] - theirs.at_s[right - 1] <= 60
    x = np.interp(at_s, theirs.at_s, theirs.east_m)
    y = np.interp(at_s, theirs.at_s, theirs.north_m)
    apart: Column = np.where(known, np.hypot(mine.east_m - x, mine.north_m - y), np.inf)
    return apart


def _longest(match: NDArray[np.bool_], rule: FraudRule) -> tuple[int, int]:
    """The longest [first, last) of which so large a share matches."""
    surplus = np.concatenate([[0.0], np.cumsum(match - rule.repeat_share_min)])
    best = (0, 0)
    least = np.minimum.accumulate(surplus)
    firsts = np.flatnonzero(np.r_[True, surplus[1:] < least[:-1]])
    for first in firsts.tolist():
        ends = np.flatnonzero(surplus[first + 1 :] >= surplus[first] - 1e-9)
        if len(ends) and int(ends[-1]) + 1 > best[1] - best[0]:
            best = (first, first + int(ends[-1]) + 1)
    return best


def hours(track: Fixes) -> Iterator[tuple[str, Fixes]]:
    """The track cut at full hours, UTC, each with its name."""
    for hour in np.unique(track["at_ms"] // 3_600_000).tolist():
        piece = track[track["at_ms"] // 3_600_000 == hour]
        yield hour_name(hour), piece


def hour_name(hour: int) -> str:
    """
    >>> hour_name(497_000)
    '2026-09-12T08'
    """
    return from_ms(hour * 3_600_000).strftime("%Y-%m-%dT%H")


def _place(fix: np.void) -> list[float]:
    return [float(fix["lon_e7"]) / 1e7, float(fix["lat_e7"]) / 1e7]
