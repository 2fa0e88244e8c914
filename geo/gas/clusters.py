"""E14: cylinders that stand together where nobody may keep any. Pure.

Density clusters after Ester, Kriegel, Sander and Xu, "A density-based algorithm for discovering
clusters" (KDD 1996), over last known places; thresholds of the domain reference, E.5.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.distance import metres_per_degree


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a cylinder was seen last: nothing was told of it since.

    The event, and when, are the first since which it was seen there and nowhere else.
    """

    code: str
    event_id: str
    at_ms: int
    lon_deg: float
    lat_deg: float


@dataclass(frozen=True, slots=True)
class Cluster:
    """`since_ms`: from when on at least so many stood there. `seen` by time."""

    seen: tuple[Seen, ...]
    since_ms: int
    lon_deg: float
    lat_deg: float


def clusters(
    seen: Sequence[Seen], sites: Sequence[tuple[float, float]], *, least: int, within_m: float,
    site_m: float,
) -> list[Cluster]:  # fmt: skip
    """`sites`: longitude and latitude of places that may keep cylinders, and `site_m` around."""
    if len(seen) < least:
        return []
    east_m, north_m = metres_per_degree(seen[0].lat_deg)

    def plane(places: Sequence[tuple[float, float]]) -> NDArray[np.object_]:
        points: NDArray[np.object_] = shapely.points(np.array(places) * (east_m, north_m))
        return points

    points = plane([(one.lon_deg, one.lat_deg) for one in seen])
    free = np.ones(len(seen), bool)
    if sites:
        near = shapely.STRtree(plane(sites)).query(points, "dwithin", site_m)
        free[near[0]] = False
    kept = [one for one, is_free in zip(seen, free, strict=True) if is_free]
    tree = shapely.STRtree(points[free])
    pairs = tree.query(points[free], "dwithin", within_m)
    found = []
    for members in _grown(pairs, len(kept), least):
        group = sorted((kept[no] for no in members), key=lambda one: (one.at_ms, one.event_id))
        found.append(Cluster(
            tuple(group), group[least - 1].at_ms,
            float(np.mean([one.lon_deg for one in group])),
            float(np.mean([one.lat_deg for one in group])),
        ))  # fmt: skip
    return found


def _grown(pairs: NDArray[np.int64], count: int, least: int) -> list[list[int]]:
    """Groups of numbers: cores that are neighbours, with whoever is near one of them."""
    near: list[list[int]] = [[] for _ in range(count)]
    for one, other in zip(*pairs.tolist(), strict=True):
        near[one].append(other)
    groups: list[list[int]] = []
    taken: set[int] = set()
    for first in range(count):
        if first in taken or len(near[first]) < least:
            continue
        group, front = [], [first]
        taken.add(first)
        while front:
            one = front.pop()
            group.append(one)
            if len(near[one]) >= least:
                fresh = [other for other in near[one] if other not in taken]
                taken.update(fresh)
                front += fresh
        groups.append(group)
    return groups
