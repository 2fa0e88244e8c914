"""Where a track stood still: stops with arrival, departure and dwell. Pure.

A stop is a longest run of fixes that all lie within a distance of its first one and span at
least a time (stay points as Li, Zheng, Xie, Chen, Liu and Ma define them, "Mining user
similarity based on location history", ACM GIS 2008), with one rule more: nothing is assumed
across a gap, so a silence longer than `gap_max_s` ends a stop at the last fix before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from geo.distance import Column, metres_per_degree


@dataclass(frozen=True, slots=True)
class StopRule:
    """Defaults for people on foot and in vehicles; GPS jitters by some ten metres in a street."""

    within_m: float = 50.0
    least_s: float = 180.0
    gap_max_s: float = 600.0


RULE: Final = StopRule()


@dataclass(frozen=True, slots=True)
class Stop:
    """Times in ms since 1970; the place is the middle of its fixes."""

    from_ms: int
    to_ms: int
    lon_deg: float
    lat_deg: float
    fixes: int

    @property
    def dwell_s(self) -> float:
        return (self.to_ms - self.from_ms) / 1000


def stops(track: Sequence[tuple[int, float, float]], rule: StopRule = RULE) -> list[Stop]:
    """Stops of a track of (at_ms, lon, lat) in the order of time, first to last.

    >>> still = [(s * 1000, 121.5, 31.2) for s in range(0, 300, 10)]
    >>> [(stop.dwell_s, stop.fixes) for stop in stops(still)]
    [(290.0, 30)]
    """
    if not track:
        return []
    # On the plane that touches the track's first fix: right to half a percent within a city.
    east_m, north_m = metres_per_degree(track[0][2])
    ms, lon, lat = (np.array(column) for column in zip(*track, strict=True))
    x, y = lon * east_m, lat * north_m
    plane = list(zip(ms.tolist(), x.tolist(), y.tolist(), strict=True))
    # Middles of any run of fixes, each in one subtraction.
    lons, lats = _sums(lon), _sums(lat)
    found: list[Stop] = []
    free = 0  # the first fix that is in no stop yet
    for first in _hopeful(ms, x, y, rule):
        if first < free:
            continue
        last = _run(plane, first, rule)
        if (plane[last][0] - plane[first][0]) / 1000 >= rule.least_s:
            free, count = last + 1, last + 1 - first
            middle = (lons[free] - lons[first]) / count, (lats[free] - lats[first]) / count
            found.append(Stop(plane[first][0], plane[last][0], *middle, count))
    return found


def _sums(values: Column) -> list[float]:
    """Sums of the first n values, n from 0: degrees of a day keep ten digits of their sum."""
    sums: list[float] = np.concatenate([[0.0], np.cumsum(values)]).tolist()
    return sums


def _hopeful(ms: Column, x: Column, y: Column, rule: StopRule) -> list[int]:
    """Fixes from which the one `least_s` later is still near: all others begin no stop."""
    later = np.searchsorted(ms, ms + rule.least_s * 1000)
    known = later < len(ms)
    later = np.where(known, later, 0)
    near = (x[later] - x) ** 2 + (y[later] - y) ** 2 <= rule.within_m**2
    found: list[int] = np.flatnonzero(known & near).tolist()
    return found


def _run(plane: Sequence[tuple[int, float, float]], first: int, rule: StopRule) -> int:
    """The last fix of the run that begins at `first`."""
    before, x0, y0 = plane[first]
    within2, gap_ms = rule.within_m * rule.within_m, rule.gap_max_s * 1000
    for at in range(first + 1, len(plane)):
        ms, x, y = plane[at]
        x -= x0
        y -= y0
        if x * x + y * y > within2 or ms - before > gap_ms:
            return at - 1
        before = ms
    return len(plane) - 1
