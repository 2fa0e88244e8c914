"""Detectors that look at check-ins. Pure; the same marks for any order of the evidence.

Each takes all check-ins of one device (or of one tag) in a span, and what the device's own
positions say where that matters.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from geo.distance import distance_m, metres_per_degree
from geo.patrol import datum_fault
from geo.patrol.fraud import marks
from geo.patrol.fraud.marks import Mark, Tap, error_s, name_of, with_words
from geo.patrol.rules import DatumRule, FraudRule
from geo.patrol.sight import FIX_DTYPE, Fixes, Spot, distances_m, usable

NOTHING: Final = np.empty(0, FIX_DTYPE)
REPLAYED: Final = frozenset({"replay", "replay_suspect"})


class Where(NamedTuple):
    lon_deg: float
    lat_deg: float
    error_m: float


def impossible_travel(taps: Iterable[Tap], fixes: Fixes, rule: FraudRule) -> list[Mark]:
    """Between check-ins of one device that follow each other: too far for the time (B.4).

    Where its own positions show the way, it rode: then the limit of riding holds.
    """
    found = []
    for a, b in pairwise(sorted(_placed(taps, rule), key=lambda pair: pair[0].order)):
        (first, here), (second, there) = a, b
        dt_s = (second.at - first.at).total_seconds()
        if first.point_id == second.point_id or dt_s > rule.travel_reach_s:
            continue
        straight_m = distance_m(here.lon_deg, here.lat_deg, there.lon_deg, there.lat_deg)
        apart_m = straight_m - here.error_m - there.error_m
        slack_s = dt_s + error_s(first, rule) + error_s(second, rule)
        if apart_m < rule.travel_min_m or apart_m <= rule.foot_speed_max_mps * slack_s:
            continue
        rode = first.riding or shows_way(fixes, (first, here), (second, there), rule)
        limit_mps = rule.riding_speed_max_mps if rode else rule.foot_speed_max_mps
        if apart_m <= limit_mps * slack_s:
            continue
        evidence = with_words(
            marks.IMPOSSIBLE_TRAVEL, (first, second), apart_m=round(apart_m, 1),
            dt_s=round(slack_s, 1), speed_mps=round(apart_m / slack_s, 1), limit_mps=limit_mps,
            places=[[here.lon_deg, here.lat_deg], [there.lon_deg, there.lat_deg]],
        )  # fmt: skip
        found.append(
            Mark(marks.IMPOSSIBLE_TRAVEL, name_of(first, second), second.at, None,
                 second.key.device_no, None, second.point_id, evidence)
        )  # fmt: skip
    return found


def shows_way(
    fixes: Fixes, start: tuple[Tap, Where], end: tuple[Tap, Where], rule: FraudRule
) -> bool:
    """The device's positions lead from one place to the other without a gap."""
    from_ms, to_ms = (round(tap.at.timestamp() * 1000) for tap in (start[0], end[0]))
    # The positions carry the device's own clock, so some slack to both sides.
    slack_ms = round(rule.device_error_s * 1000)
    way = _between(fixes, from_ms - slack_ms, to_ms + slack_ms)
    way = way[usable(way, rule.acc_max_m)]
    if len(way) < 3:
        return False
    begins, ends = (
        distances_m(way, Spot(where.lon_deg, where.lat_deg, 0)) - where.error_m <= rule.way_end_m
        for _, where in (start, end)
    )
    if not begins.any() or not ends.any():
        return False
    first, last = int(np.flatnonzero(begins)[0]), int(np.flatnonzero(ends)[-1])
    if first >= last:
        return False
    return bool(np.diff(way["at_ms"][first : last + 1]).max() <= rule.way_gap_max_s * 1000)


def tag_away(taps: Sequence[Tap], fixes: Fixes, rule: FraudRule, datum: DatumRule) -> list[Mark]:
    """A tag tapped far from where it hangs, says the fix of the check-in and every position
    about it. A source with a datum fault says nothing here: that is one alarm (datum_fault),
    not a mark for each tap."""
    if has_datum_fault(taps, datum):
        return []
    found = []
    for tap in taps:
        if tap.spot is None or not _is_near_enough(tap, rule):
            continue
        if not is_away(tap, rule) or _came_near(
            tap, tap.spot, tap.spot.radius_m + rule.tag_away_m, fixes, rule
        ):
            continue
        distance, acc_m = marks.apart_m(tap, tap.spot), tap.acc_m or 0.0
        evidence = with_words(
            marks.TAG_AWAY, (tap,), distance_m=round(distance, 1), acc_m=acc_m,
            radius_m=tap.spot.radius_m, point=[tap.spot.lon_deg, tap.spot.lat_deg],
        )  # fmt: skip
        found.append(
            Mark(marks.TAG_AWAY, name_of(tap), tap.at, None, tap.key.device_no, None,
                 tap.point_id, evidence)
        )  # fmt: skip
    return found


def is_away(tap: Tap, rule: FraudRule) -> bool:
    """By its own fix alone."""
    if tap.spot is None or not _is_near_enough(tap, rule):
        return False
    beyond_m = marks.apart_m(tap, tap.spot) - (tap.acc_m or 0.0) - tap.spot.radius_m
    return beyond_m > rule.tag_away_m


def _came_near(tap: Tap, spot: Spot, near_m: float, fixes: Fixes, rule: FraudRule) -> bool:
    """Some position of the device about the time of a check-in may be within `near_m`."""
    at_ms, reach_ms = round(tap.key.at.timestamp() * 1000), round(rule.tag_near_s * 1000)
    about = _between(fixes, at_ms - reach_ms, at_ms + reach_ms)
    about = about[usable(about, rule.acc_max_m)]
    if not len(about):
        return not _is_surely_far(tap, spot, rule)
    return bool(np.any(distances_m(about, spot) - about["acc_dm"] / 10 <= near_m))


def _is_surely_far(tap: Tap, spot: Spot, rule: FraudRule) -> bool:
    """By a fix that no other position speaks for."""
    return marks.apart_m(tap, spot) - (tap.acc_m or 0.0) - spot.radius_m > rule.tag_alone_m


def has_datum_fault(taps: Iterable[Tap], rule: DatumRule) -> bool:
    """Of the newest placed check-ins of one device."""
    placed = sorted((t for t in taps if t.is_placed and t.spot), key=lambda tap: tap.order)
    newest = placed[-rule.window_taps :]
    return bool(newest) and datum_fault.find(offsets(newest), _place(newest[0]), rule) is not None


def offsets(taps: Iterable[Tap]) -> list[datum_fault.Offset]:
    """Of placed check-ins whose point is known."""
    return [
        datum_fault.offset(
            tap.point_id or 0, (tap.spot.lon_deg, tap.spot.lat_deg), (tap.lon_deg, tap.lat_deg)
        )
        for tap in taps
        if tap.spot is not None and tap.lon_deg is not None and tap.lat_deg is not None
    ]


def counter_regress(taps: Iterable[Tap]) -> list[Mark]:
    """Counters that were used before, or go back in time (B.3); the proof has judged them."""
    return [
        Mark(
            marks.COUNTER_REGRESS, name_of(tap), tap.at, None, tap.key.device_no, None,
            tap.point_id, with_words(marks.COUNTER_REGRESS, (tap,), auth=tap.auth, uid=tap.uid),
        )
        for tap in taps
        if tap.auth in REPLAYED
    ]  # fmt: skip


def one_tag_two_places(
    taps: Iterable[Tap], fixes: Mapping[int, Fixes], faulty: frozenset[int], rule: FraudRule
) -> list[Mark]:
    """One tag read by two devices far apart within a short time: one of them is a copy.

    `taps`: of one tag, by whatever device; `fixes`: by device. `faulty`: devices with a datum
    fault. Neither may have come near the other's place about its time.
    """
    placed = sorted(
        (t for t in taps if _is_near_enough(t, rule) and t.key.device_no not in faulty),
        key=lambda tap: tap.order,
    )
    found = []
    for first, second in _within(placed, rule.one_tag_two_places_s):
        if first.key.device_no == second.key.device_no:
            continue  # one device at two places: impossible_travel
        apart_m = marks.apart_m(second, _spot(first)) - (first.acc_m or 0) - (second.acc_m or 0)
        if apart_m <= rule.one_tag_apart_m or any(
            _came_near(one, _spot(other), rule.one_tag_apart_m / 2, _of(fixes, one), rule)
            for one, other in ((first, second), (second, first))
        ):
            continue
        evidence = with_words(
            marks.TWO_PLACES, (first, second), uid=first.uid, apart_m=round(apart_m, 1),
            dt_s=(second.at - first.at).total_seconds(),
        )  # fmt: skip
        found.append(
            Mark(marks.TWO_PLACES, f"{first.uid}/{name_of(first, second)}", second.at, None,
                 second.key.device_no, first.key.device_no, second.point_id, evidence)
        )  # fmt: skip
    return found


def clock_skew(taps: Iterable[Tap], rule: FraudRule) -> list[Mark]:
    """The wall clock against the monotonic one: a mark for each device and local day."""
    days: dict[str, list[Tap]] = {}
    for tap in sorted(taps, key=lambda tap: tap.order):
        off_s = abs((tap.at - tap.key.at).total_seconds())
        if tap.trust == "monotonic" and off_s > rule.skew_s:
            name = f"{tap.key.device_no}@{marks.local_day(tap.at)}"
            days.setdefault(name, []).append(tap)
    found = []
    for name, some in days.items():
        worst_s = max(abs((tap.at - tap.key.at).total_seconds()) for tap in some)
        evidence = with_words(marks.CLOCK_SKEW, some, worst_s=round(worst_s, 1), count=len(some))
        found.append(
            Mark(marks.CLOCK_SKEW, name, some[0].at, some[-1].at, some[0].key.device_no, None,
                 some[0].point_id, evidence)
        )  # fmt: skip
    return found


def taps_standing_still(taps: Iterable[Tap], fixes: Fixes, rule: FraudRule) -> list[Mark]:
    """Tags of points far apart, tapped in one go, while the device's positions stand still.

    A mark for each such run of check-ins; longer than two when the position goes on standing.
    """
    placed = [t for t in taps if t.spot is not None and t.method in ("nfc", "sun")]
    placed.sort(key=lambda tap: tap.order)
    found: list[Mark] = []
    run: list[Tap] = []
    for tap in placed:
        if run and _stands(run, tap, fixes, rule):
            run.append(tap)
            continue
        found += _still(run, fixes, rule)
        run = [tap]
    return [*found, *_still(run, fixes, rule)]


def _stands(run: Sequence[Tap], tap: Tap, fixes: Fixes, rule: FraudRule) -> bool:
    if (tap.at - run[-1].at).total_seconds() > rule.taps_still_s:
        return False
    moved = _moved_m([*run, tap], fixes, rule)
    return moved is not None and moved <= rule.taps_still_m


def _still(run: Sequence[Tap], fixes: Fixes, rule: FraudRule) -> Iterator[Mark]:
    if len({tap.point_id for tap in run}) < 2:
        return
    spots = list({tap.point_id: tap.spot for tap in run if tap.spot is not None}.values())
    apart_m = max(
        distance_m(a.lon_deg, a.lat_deg, b.lon_deg, b.lat_deg) - a.radius_m - b.radius_m
        for i, a in enumerate(spots)
        for b in spots[:i]
    )
    moved_m = _moved_m(run, fixes, rule)
    if apart_m < rule.taps_still_apart_m or moved_m is None:
        return
    first, last = run[0], run[-1]
    evidence = with_words(
        marks.STANDING_STILL, run, points=len(spots), apart_m=round(apart_m, 1),
        moved_m=round(moved_m, 1), span_s=(last.at - first.at).total_seconds(),
    )  # fmt: skip
    yield Mark(marks.STANDING_STILL, name_of(first), first.at, last.at, first.key.device_no, None,
               first.point_id, evidence)  # fmt: skip


def _moved_m(run: Sequence[Tap], fixes: Fixes, rule: FraudRule) -> float | None:
    """How far from their median the positions during a run lie (the 90th of a hundred), and
    those of the check-ins, less their error. None: too few say anything, or none of a check-in.
    """
    from_ms, to_ms = (round(tap.key.at.timestamp() * 1000) for tap in (run[0], run[-1]))
    during = _between(fixes, from_ms, to_ms)
    during = during[usable(during, rule.acc_max_m)]
    own = [(t.lon_deg or 0.0, t.lat_deg or 0.0, t.acc_m or 0.0) for t in run if t.is_placed]
    if len(own) < len(run) or len(during) + len(own) < rule.taps_still_fixes:
        return None
    lon = np.concatenate([during["lon_e7"] / 1e7, [one[0] for one in own]])
    lat = np.concatenate([during["lat_e7"] / 1e7, [one[1] for one in own]])
    middle = float(np.median(lon)), float(np.median(lat))
    east, north = metres_per_degree(middle[1])
    away_m = np.hypot((lon - middle[0]) * east, (lat - middle[1]) * north)
    of_taps_m = away_m[len(during) :] - [one[2] for one in own]
    return max(float(np.percentile(away_m, 90)), float(of_taps_m.max()))


def _between(fixes: Fixes, from_ms: int, to_ms: int) -> Fixes:
    """Of sorted ones, both ends included."""
    first = int(np.searchsorted(fixes["at_ms"], from_ms))
    some: Fixes = fixes[first : int(np.searchsorted(fixes["at_ms"], to_ms, side="right"))]
    return some


def mocked_taps(taps: Iterable[Tap]) -> list[Mark]:
    """Check-ins whose fix says itself that it was mocked: a mark a device and local day."""
    days: dict[str, list[Tap]] = {}
    for tap in sorted(taps, key=lambda tap: tap.order):
        if tap.place == "mock":
            days.setdefault(f"{tap.key.device_no}@{marks.local_day(tap.at)}", []).append(tap)
    return [
        Mark(marks.MOCK_FIX, name, some[0].at, some[-1].at, some[0].key.device_no, None,
             some[0].point_id, with_words(marks.MOCK_FIX, some, fixes=len(some)))
        for name, some in days.items()
    ]  # fmt: skip


def _placed(taps: Iterable[Tap], rule: FraudRule) -> Iterator[tuple[Tap, Where]]:
    """Where each check-in was: at its point, else where its fix says."""
    for tap in taps:
        if tap.method == "manual" or tap.auth == "bad_mac":
            continue
        if tap.spot is not None:
            yield tap, Where(tap.spot.lon_deg, tap.spot.lat_deg, tap.spot.radius_m)
        elif _is_near_enough(tap, rule):
            assert tap.lon_deg is not None and tap.lat_deg is not None
            yield tap, Where(tap.lon_deg, tap.lat_deg, tap.acc_m or 0.0)


def _is_near_enough(tap: Tap, rule: FraudRule) -> bool:
    return tap.is_placed and (tap.acc_m or 0.0) <= rule.acc_max_m


def _within(taps: Sequence[Tap], reach_s: float) -> Iterator[tuple[Tap, Tap]]:
    """Pairs of sorted check-ins no farther apart in time."""
    for i, second in enumerate(taps):
        for first in reversed(taps[:i]):
            if (second.at - first.at).total_seconds() > reach_s:
                break
            yield first, second


def _of(fixes: Mapping[int, Fixes], tap: Tap) -> Fixes:
    return fixes.get(tap.key.device_no, NOTHING)


def _spot(tap: Tap) -> Spot:
    return Spot(*_place(tap), 0)


def _place(tap: Tap) -> tuple[float, float]:
    assert tap.lon_deg is not None and tap.lat_deg is not None
    return tap.lon_deg, tap.lat_deg
