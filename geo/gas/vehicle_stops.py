"""E16: a vehicle with cylinders stands where it has no business. Pure.

Stops are those of geo/stops.py; a place where it may stand is a site of the register, or the
door of a registered user. Domain reference E.5.
"""

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.distance import Column, metres_per_degree
from geo.stops import Stop, StopRule, stops

Place = tuple[float, float]  # longitude, latitude


class Places:
    """Many places, asked for again and again: on one plane, right to half a percent in a city."""

    def __init__(self, places: Sequence[Place]) -> None:
        lon, lat = np.array(places, float).reshape(-1, 2).T
        middle = float(np.median(lat)) if len(lat) else 0.0
        self._east_m, self._north_m = metres_per_degree(middle)
        self._tree = shapely.STRtree(self._points(lon, lat))

    def near(self, lon: Column, lat: Column, within_m: float) -> NDArray[np.bool_]:
        """Which of these positions are so near one of the places."""
        found = np.zeros(len(lon), bool)
        rows, _ = self._tree.query(self._points(lon, lat), predicate="dwithin", distance=within_m)
        found[rows] = True
        return found

    def _points(self, lon: Column, lat: Column) -> NDArray[np.object_]:
        points: NDArray[np.object_] = shapely.points(lon * self._east_m, lat * self._north_m)
        return points


def unplanned(
    track: Sequence[tuple[int, float, float]], sites: Places, users: Places, *,
    least_s: float, site_m: float, user_m: float,
) -> list[Stop]:  # fmt: skip
    """Stops of a track of (at_ms, lon, lat) longer than `least_s`, away from all of these."""
    found = stops(track, StopRule(least_s=least_s))
    here = places_of(found)
    planned = sites.near(*here, site_m) | users.near(*here, user_m)
    return [one for one, is_planned in zip(found, planned, strict=True) if not is_planned]


def places_of(found: Sequence[Stop]) -> tuple[Column, Column]:
    """Longitudes and latitudes."""
    return np.array([one.lon_deg for one in found]), np.array([one.lat_deg for one in found])
