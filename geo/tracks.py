"""Cleaning a track before anything is judged on it (domain reference C.3).

A fix that is not usable, too coarse, or impossible to have reached since the last accepted
one is left out. Three rejected fixes in a row that agree among themselves mean that the
*accepted* one was wrong: the track starts again there, and nothing is drawn across.
Mock fixes are kept: marking them is the cheat detectors' business.
Pure, one fix at a time; `geo/fence_fleet.py` does the same for whole columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from devices.readings import FIX, Positions
from geo.distance import distance_m

ACCURACY_MAX_M: Final = 100.0
REJECTS_MAX: Final = 3
ACCURACIES_KEPT: Final = 5
SPEED_MAX_MPS: Final = {"officer": 12.0, "camera": 12.0, "scanner": 12.0, "dock": 12.0}
SPEED_MAX_RIDING_MPS: Final = 45.0  # vehicles and drones
GAP_PERIODS: Final = 3
GAP_MIN_S: Final = 60
TRACK_DTYPE: Final = np.dtype(
    [
        ("no", "i8"),
        ("at_ms", "i8"),
        ("seq", "i8"),
        ("lon_deg", "f8"),
        ("lat_deg", "f8"),
        ("acc_m", "f8"),
        ("usable", "?"),
    ]
)
Track = NDArray[np.void]


class Fix(NamedTuple):
    """One position as fences see it. `acc_m` is 0 when the device did not say."""

    at_ms: int
    seq: int
    lon_deg: float
    lat_deg: float
    acc_m: float = 0.0
    usable: bool = True


@dataclass(frozen=True, slots=True)
class Habits:
    """What a device can do: how fast it moves, and how long a silence is a gap."""

    speed_max_mps: float
    gap_ms: int


class Trail(NamedTuple):
    """What cleaning remembers: the last accepted fix and the run of rejected ones."""

    anchor: Fix | None = None
    accuracies_m: tuple[float, ...] = ()
    rejects: int = 0
    rejected: Fix | None = None


class Cleaned(NamedTuple):
    trail: Trail
    accepted: bool
    joined: bool  # the way from the fix before is known: no gap, no new start
    hop_m: float


def habits_of(kind: str, period_s: int) -> Habits:
    """
    >>> habits_of("officer", 10), habits_of("vehicle", 30)
    (Habits(speed_max_mps=12.0, gap_ms=60000), Habits(speed_max_mps=45.0, gap_ms=90000))
    """
    gap_s = max(GAP_MIN_S, GAP_PERIODS * period_s)
    return Habits(SPEED_MAX_MPS.get(kind, SPEED_MAX_RIDING_MPS), gap_s * 1000)


def clean(trail: Trail, fix: Fix, habits: Habits) -> Cleaned:
    if not fix.usable:
        return Cleaned(trail, False, False, 0.0)
    anchor = trail.anchor
    if anchor is None:
        return Cleaned(_accept(trail, fix), True, False, 0.0)
    hop_m = distance_m(anchor.lon_deg, anchor.lat_deg, fix.lon_deg, fix.lat_deg)
    if reachable(anchor, fix, hop_m, habits.speed_max_mps):
        joined = fix.at_ms - anchor.at_ms <= habits.gap_ms
        return Cleaned(_accept(trail, fix), True, joined, hop_m)
    before = trail.rejected
    agree = before is not None and reachable(
        before,
        fix,
        distance_m(before.lon_deg, before.lat_deg, fix.lon_deg, fix.lat_deg),
        habits.speed_max_mps,
    )
    rejects = trail.rejects + 1 if agree else 1
    if rejects >= REJECTS_MAX:
        return Cleaned(_accept(trail, fix), True, False, hop_m)
    return Cleaned(trail._replace(rejects=rejects, rejected=fix), False, False, 0.0)


def reachable(a: Fix, b: Fix, apart_m: float, speed_max_mps: float) -> bool:
    """Both error circles are taken off the way: a standing phone wanders by its accuracy."""
    return apart_m - a.acc_m - b.acc_m <= speed_max_mps * (b.at_ms - a.at_ms) / 1000


def median_m(accuracies_m: Sequence[float]) -> float:
    """
    >>> median_m([5.0, 30.0, 10.0]), median_m([5.0, 10.0]), median_m([])
    (10.0, 7.5, 0.0)
    """
    ranked = sorted(accuracies_m)
    middle = len(ranked) // 2
    if not ranked:
        return 0.0
    return ranked[middle] if len(ranked) % 2 else (ranked[middle - 1] + ranked[middle]) / 2


def track_of(positions: Positions) -> Track:
    """The columns fences need, each fix once, by device, observed time and sequence number.

    Places and accuracies are rounded as they are stored (1e-7 degree, decimetres), so that a
    track judged from memory and the same track read back end alike.
    """
    track = np.empty(len(positions), TRACK_DTYPE)
    track["no"] = positions["device_no"]
    track["at_ms"] = positions["at_ms"]
    track["seq"] = positions["seq"]
    track["lon_deg"] = np.rint(positions["lon_deg"] * 1e7) / 1e7
    track["lat_deg"] = np.rint(positions["lat_deg"] * 1e7) / 1e7
    decimetres = np.rint(positions["acc_m"].astype(np.float64) * 10)
    track["acc_m"] = np.nan_to_num(np.clip(decimetres, 0, 32_767) / 10, nan=0.0)
    nowhere = (track["lon_deg"] == 0) & (track["lat_deg"] == 0)
    track["usable"] = (
        ((positions["flags"] & FIX) != 0) & ~nowhere & (track["acc_m"] <= ACCURACY_MAX_M)
    )
    return sorted_once(track)


def sorted_once(track: Track) -> Track:
    """By (no, at_ms, seq), each key once."""
    if len(track) < 2:
        return track
    track = track[np.lexsort((track["seq"], track["at_ms"], track["no"]))]
    again = (
        (track["no"][1:] == track["no"][:-1])
        & (track["at_ms"][1:] == track["at_ms"][:-1])
        & (track["seq"][1:] == track["seq"][:-1])
    )
    once: Track = track[np.concatenate([[True], ~again])]
    return once


def _accept(trail: Trail, fix: Fix) -> Trail:
    kept = (*trail.accuracies_m, fix.acc_m)[-ACCURACIES_KEPT:]
    return Trail(fix._replace(seq=0), kept)  # its key is of no more use
