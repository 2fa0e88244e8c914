"""A source that sends another datum: the robust offset of its taps against their points (P10).

GCJ-02 called WGS-84 puts every position of Shanghai about 480 m away, in one direction. Seen
tap by tap that is an absence each; seen as a set it is one fault of one source. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot
from typing import Any, Final, NamedTuple

import numpy as np

from devices import datum
from geo.distance import metres_per_degree
from geo.patrol.rules import DatumRule

NAMES: Final = {"gcj02": datum.GCJ02, "bd09": datum.BD09}


class Offset(NamedTuple):
    """One tap: how far its fix lies east and north of its point, metres."""

    point_id: int
    east_m: float
    north_m: float


@dataclass(frozen=True, slots=True)
class Fault:
    """`likely`: the datum whose offset it is, `gcj02` or `bd09`; None: no known one."""

    east_m: float
    north_m: float
    spread_m: float
    taps: int
    points: int
    likely: str | None

    @property
    def offset_m(self) -> float:
        return hypot(self.east_m, self.north_m)

    def told(self) -> dict[str, Any]:
        return {
            "offset_m": round(self.offset_m, 1),
            "east_m": round(self.east_m, 1),
            "north_m": round(self.north_m, 1),
            "spread_m": round(self.spread_m, 1),
            "taps": self.taps,
            "points": self.points,
            "likely": self.likely,
        }


def offset(point_id: int, point: tuple[float, float], fix: tuple[float, float]) -> Offset:
    """Both places are (lon_deg, lat_deg)."""
    east, north = metres_per_degree((point[1] + fix[1]) / 2)
    return Offset(point_id, (fix[0] - point[0]) * east, (fix[1] - point[1]) * north)


def find(offsets: Sequence[Offset], place: tuple[float, float], rule: DatumRule) -> Fault | None:
    """The fault of one source near `place` (lon_deg, lat_deg), or None.

    `offsets`: of its newest taps. The medians stand as long as fewer than half are wrong in
    another way; the spread is the median distance from them.
    """
    points = {one.point_id for one in offsets}
    if len(offsets) < rule.taps_min or len(points) < rule.points_min:
        return None
    vectors = np.array([[one.east_m, one.north_m] for one in offsets])
    east_m, north_m = (float(value) for value in np.median(vectors, axis=0))
    spread_m = float(np.median(np.hypot(vectors[:, 0] - east_m, vectors[:, 1] - north_m)))
    if hypot(east_m, north_m) < rule.offset_min_m or spread_m > rule.spread_max_m:
        return None
    likely = _likely(east_m, north_m, place, rule)
    return Fault(east_m, north_m, spread_m, len(offsets), len(points), likely)


def _likely(
    east_m: float, north_m: float, place: tuple[float, float], rule: DatumRule
) -> str | None:
    """The datum that moves this place so, to within the spread allowed."""
    off = {}
    for name, code in NAMES.items():
        lon, lat = (float(value) for value in datum.from_wgs84(*place, code))
        moved = offset(0, place, (lon, lat))
        off[name] = hypot(moved.east_m - east_m, moved.north_m - north_m)
    nearest = min(off, key=lambda name: off[name])
    return nearest if off[nearest] <= rule.spread_max_m else None
