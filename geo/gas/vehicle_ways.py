"""E16: a vehicle with cylinders is not on the roads it may use. Pure.

Which roads those are is said by the register of routes. Who has none there, or names one that
is not there, is not judged. Domain reference E.5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.distance import Column, metres_per_degree
from geo.gas.vehicle_stops import Place, Places, places_of
from geo.stops import RULE, stops

Line = Sequence[Place]
Track = Sequence[tuple[int, float, float]]  # at_ms, longitude, latitude
GAP_MAX_MS: Final = round(RULE.gap_max_s * 1000)  # nothing is assumed across a longer silence

# Fixes of a detour that are measured, to say where it was farthest: what is far takes long.
LOOKED_AT: Final = 60


@dataclass(frozen=True, slots=True)
class Route:
    """A road or several that vehicles of a company may use, as `org_id` says."""

    key: str
    org_id: int
    company: str
    line: Line


@dataclass(frozen=True, slots=True)
class Detour:
    """Times in ms since 1970; the place is where it was farthest from its roads."""

    from_ms: int
    to_ms: int
    lon_deg: float
    lat_deg: float
    farthest_m: float

    @property
    def lasted_s(self) -> float:
        return (self.to_ms - self.from_ms) / 1000


def routes_of(named: Sequence[str], company: str, routes: Sequence[Route]) -> list[Route]:
    """Those a vehicle names, or all of its company where it names none; [] when unknown."""
    if not named:
        return [one for one in routes if company and one.company == company]
    by_key: Mapping[str, Route] = {one.key: one for one in routes}
    return [by_key[key] for key in named] if all(key in by_key for key in named) else []


def detours(
    track: Track, lines: Sequence[Line], sites: Places, users: Places, *,
    least_s: float, road_m: float, site_m: float, user_m: float,
) -> list[Detour]:  # fmt: skip
    """Longest runs of a track farther than `road_m` from all lines, `least_s` or more.

    Neither being at a site nor standing at a user's door is a detour; both end one.
    """
    if not track or not lines:
        return []
    ms, lon, lat = (np.array(column) for column in zip(*track, strict=True))
    scale = metres_per_degree(float(lat[0]))
    here = shapely.points(lon * scale[0], lat * scale[1])
    roads = _pieces(lines, scale)
    off = np.ones(len(ms), bool)
    off[roads.query(here, predicate="dwithin", distance=road_m)[0]] = False
    off[off] = ~sites.near(lon[off], lat[off], site_m)
    stood = stops(track) if off.any() else []
    at_door = users.near(*places_of(stood), user_m)
    for one, is_door in zip(stood, at_door, strict=True):
        if is_door:
            off &= (ms < one.from_ms) | (ms > one.to_ms)
    found = []
    for first, end in _runs(off, ms):
        if ms[end - 1] - ms[first] < least_s * 1000:
            continue
        looked_at = np.unique(np.linspace(first, end - 1, LOOKED_AT).round().astype(int))
        _, away_m = roads.query_nearest(here[looked_at], return_distance=True, all_matches=False)
        far = looked_at[np.argmax(away_m)]
        found.append(Detour(int(ms[first]), int(ms[end - 1]), float(lon[far]), float(lat[far]),
                            float(away_m.max())))  # fmt: skip
    return found


def _pieces(lines: Sequence[Line], scale: tuple[float, float]) -> shapely.STRtree:
    """Between corners, on the plane that touches the first fix; what is near is found at once."""
    corners = [np.array(line) * np.array(scale) for line in lines]
    pieces = np.concatenate([np.stack([one[:-1], one[1:]], axis=1) for one in corners])
    return shapely.STRtree(shapely.linestrings(pieces))


def _runs(off: NDArray[np.bool_], ms: Column) -> list[tuple[int, int]]:
    """First and one past the last of each run that is off, silences not crossed."""
    edges = np.flatnonzero(np.diff(off, prepend=False, append=False)).reshape(-1, 2).tolist()
    found = []
    for first, end in edges:
        silent = np.flatnonzero(np.diff(ms[first:end]) > GAP_MAX_MS) + first + 1
        found += list(pairwise([first, *silent.tolist(), end]))
    return found
