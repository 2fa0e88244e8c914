"""Precision and recall of each cheat detector, on labelled months of a simulated district.

    python -m tests.bench.patrol --fraud [--small] [--json] [--runs N] [--seed N]

375 points, 38 squads, 30 days; 2 % of the officers' days hold a cheat. A mark is true when a
cheat of that time and device explains it; a label is found when one of its detectors marked it.
Nothing is tuned here: the thresholds are those of geo/patrol/rules.py.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np

from core.values import from_ms, to_ms
from devices.device_time import Trust
from devices.simulator import beats
from devices.simulator.beats import Fixes, SimTap
from devices.simulator.cheats import SQUADS, Label, Month, squad_month
from geo.patrol import counters
from geo.patrol.evidence import Key
from geo.patrol.fraud import inspection, tracks
from geo.patrol.fraud.inspection import Checkins
from geo.patrol.fraud.marks import DETECTORS, Mark, Tap
from geo.patrol.proofs import Reading, place_of
from geo.patrol.proofs import Spot as PointSpot
from geo.patrol.rules import RULE
from geo.patrol.sight import Spot
from tests.bench.report import machine

RADIUS_M = 50.0
SEED = 101  # the first of the months reported; those tuned on lie below (decision 14)
HOUR_MS = 3_600_000


@dataclass
class Count:
    labelled: int = 0
    hit: int = 0
    found: int = 0
    true: int = 0

    @property
    def precision(self) -> float | None:
        return self.true / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        return self.hit / self.labelled if self.labelled else None


@dataclass
class Tally:
    by_detector: dict[str, Count] = field(default_factory=lambda: {d: Count() for d in DETECTORS})
    false: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, list[int]] = field(default_factory=dict)  # labels, found by any expected
    days: int = 0

    def add(self, marks: Sequence[Mark], labels: Sequence[Label]) -> None:
        for mark in marks:
            count = self.by_detector[mark.detector]
            count.found += 1
            is_true = any(explains(label, mark) for label in labels)
            count.true += is_true
            self.false[mark.detector] += not is_true
        for label in labels:
            hits = {d for d in label.expects for m in marks if m.detector == d and meets(label, m)}
            seen = self.kinds.setdefault(label.kind, [0, 0])
            seen[0] += bool(label.expects)
            seen[1] += bool(hits)
            for detector in label.expects:
                self.by_detector[detector].labelled += 1
                self.by_detector[detector].hit += detector in hits


def explains(label: Label, mark: Mark) -> bool:
    return mark.detector in label.expects | label.also and meets(label, mark)


def meets(label: Label, mark: Mark) -> bool:
    """The same device, at a time in common."""
    mine = {mark.device_no, mark.other_no} & set(label.device_nos)
    until = mark.until or mark.at
    return bool(mine) and to_ms(mark.at) <= label.to_ms and to_ms(until) >= label.from_ms


def taps_of(month: Month) -> list[Tap]:
    """Check-ins with what the proof engine says of them."""
    by_tag: dict[int, list[counters.Tap]] = {}
    for tap in month.taps:
        by_tag.setdefault(tap.point, []).append(
            counters.Tap(_key(tap), tap.counter, from_ms(tap.claimed_ms), Trust(tap.trust))
        )
    auth = {
        key: verdict.auth
        for some in by_tag.values()
        for key, verdict in counters.judge(some, RULE.proof).items()
    }
    return [_tap(tap, month, auth[_key(tap)]) for tap in month.taps]


def _key(tap: SimTap) -> Key:
    return Key(tap.device_no, from_ms(tap.device_ms), tap.seq)


def _tap(tap: SimTap, month: Month, auth: str) -> Tap:
    east, north = month.squad.points[tap.point]
    at = from_ms(tap.claimed_ms)
    lon, lat = beats.LON + east / beats.EAST_M, beats.LAT + north / beats.NORTH_M
    own = beats.LON + tap.east_m / beats.EAST_M, beats.LAT + tap.north_m / beats.NORTH_M
    detail = {"mock": True} if tap.mock else {}
    reading = Reading(
        tap.device_no, from_ms(tap.device_ms), tap.seq, 1, "", at, "sun", None, *own, tap.acc_m,
        None, detail,
    )  # fmt: skip
    place = place_of(reading, PointSpot(tap.point, lon, lat, RADIUS_M, "sun"), RULE.proof).place
    return Tap(
        _key(tap), at, Spot(lon, lat, RADIUS_M), tap.point, f"04{tap.point:010X}", "sun", auth,
        place, tap.trust, *own, tap.acc_m,
    )  # fmt: skip


def marks_of(month: Month) -> Iterator[Mark]:
    """Everything the detectors say of a squad's month, as the live evaluator and sweep ask."""
    checkins = Checkins.of(taps_of(month))
    fixes = {
        phone.device_no: _sorted(
            [d.fixes for d in month.squad.days if d.device_no == phone.device_no]
        )
        for phone in month.squad.phones
    }
    yield from inspection.of_checkins(checkins, checkins.days(list(fixes)), fixes, RULE)
    for track in fixes.values():
        yield from of_track(track)
    by_day = {no: {int(d): t[_day(t) == d] for d in np.unique(_day(t))} for no, t in fixes.items()}
    for a, b in combinations(by_day.values(), 2):
        for day in sorted(a.keys() & b.keys()):
            yield from tracks.shared_device(a[day], b[day], RULE.fraud)


def of_track(track: Fixes) -> Iterator[Mark]:
    """Hour by hour, each with the days before it."""
    at_ms, rule = np.ascontiguousarray(track["at_ms"]), RULE.fraud

    def between(begin_ms: int, end_ms: int) -> Fixes:
        first, last = np.searchsorted(at_ms, [begin_ms, end_ms])
        return track[first:last]

    for hour in np.unique(at_ms // HOUR_MS).tolist():
        wide = between(hour * HOUR_MS - 600_000, (hour + 1) * HOUR_MS + 600_000)
        yield from inspection.of_hour(wide, hour, RULE)
        piece = between(hour * HOUR_MS, (hour + 1) * HOUR_MS)
        some = tracks.samples(piece, rule)
        day_ms = 24 * HOUR_MS
        begin_ms = (hour + 8) * HOUR_MS // day_ms * day_ms - 8 * HOUR_MS  # of the local day
        old = between(begin_ms - rule.repeat_days * day_ms, begin_ms)
        for lag_ms in tracks.lags_of(tracks.hits_of(some, old)):
            from_ms_, to_ms_ = (int(piece["at_ms"][i]) - lag_ms for i in (0, -1))
            twin = _between(old, from_ms_ - 120_000, to_ms_ + 120_000)
            yield from tracks.repeated_track(piece, twin, lag_ms, tracks.hour_name(hour), rule)


def _between(track: Fixes, from_ms_: int, to_ms_: int) -> Fixes:
    first, last = np.searchsorted(track["at_ms"], [from_ms_, to_ms_])
    return track[first:last]


def _sorted(parts: list[Fixes]) -> Fixes:
    joined = np.concatenate(parts)
    return joined[np.lexsort((joined["seq"], joined["at_ms"]))]


def _day(track: Fixes) -> np.ndarray:
    """Local."""
    return (track["at_ms"] + 8 * HOUR_MS) // (24 * HOUR_MS)


def run(seed: int, squads: int, days: int, share: float, tally: Tally) -> None:
    for number in range(squads):
        month = squad_month(number, seed, days=days, share=share)
        unique = {(mark.detector, mark.key): mark for mark in marks_of(month)}
        tally.add(list(unique.values()), month.labels)
        tally.days += len(month.squad.days)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench patrol --fraud", description=__doc__)
    parser.add_argument("--small", action="store_true", help="just see that it works")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    parser.add_argument("--runs", type=int, default=2, help="months, each with its own seed")
    parser.add_argument("--seed", type=int, default=SEED, help="of the first month")
    parser.add_argument("--share", type=float, default=None, help="of days with a cheat")
    given = parser.parse_args(argv)
    squads, days, share = (3, 8, 0.3) if given.small else (SQUADS, 30, 0.02)
    started = time.perf_counter()
    tally = Tally()
    runs = 1 if given.small else given.runs
    for seed in range(given.seed, given.seed + runs):
        run(seed, squads, days, share if given.share is None else given.share, tally)
    seconds = time.perf_counter() - started
    show(tally, runs, squads, seconds)
    if given.json:
        print(line(tally, runs, seconds))
    return 0


def show(tally: Tally, runs: int, squads: int, seconds: float) -> None:
    title = f"{runs} months of {squads} squads, {tally.days} officers' days, {seconds:.0f} s"
    print(title, file=sys.stderr)
    head = ("detector", "labelled", "found", "true", "precision", "recall")
    print(f"{head[0]:<22}" + "".join(f"{word:>11}" for word in head[1:]))
    for name, count in tally.by_detector.items():
        shares = "".join(
            f"{'-' if share is None else format(share, '.3f'):>11}"
            for share in (count.precision, count.recall)
        )
        print(f"{name:<22}{count.labelled:>11}{count.found:>11}{count.true:>11}{shares}")
    kinds = (f"{k} {hit}/{all_}" for k, (all_, hit) in sorted(tally.kinds.items()))
    print(f"cheats found: {', '.join(kinds)}", file=sys.stderr)


def line(tally: Tally, runs: int, seconds: float) -> str:
    return json.dumps(
        {
            "bench": "patrol_fraud",
            "runs": runs,
            "detectors": {
                name: {
                    "labelled": count.labelled,
                    "found": count.found,
                    "true": count.true,
                    "precision": count.precision and round(count.precision, 4),
                    "recall": count.recall and round(count.recall, 4),
                }
                for name, count in tally.by_detector.items()
            },
            "kinds": tally.kinds,
            "officer_days": tally.days,
            "seconds": round(seconds, 1),
            "machine": machine(),
        }
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
