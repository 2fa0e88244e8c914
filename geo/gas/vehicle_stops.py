"""E16: a vehicle with cylinders stands where it has no business. Pure.

Stops are those of geo/stops.py; a place where it may stand is a site of the register, or the
door of a registered user. Domain reference E.5.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geo.distance import Column, distances_m
from geo.stops import Stop, StopRule, stops

Place = tuple[float, float]  # longitude, latitude


def unplanned(
    track: Sequence[tuple[int, float, float]], sites: Sequence[Place], users: Sequence[Place], *,
    least_s: float, site_m: float, user_m: float,
) -> list[Stop]:  # fmt: skip
    """Stops of a track of (at_ms, lon, lat) longer than `least_s`, away from all of these."""
    found = stops(track, StopRule(least_s=least_s))
    here = places_of(found)
    planned = near(*here, sites, site_m) | near(*here, users, user_m)
    return [one for one, is_planned in zip(found, planned, strict=True) if not is_planned]


def places_of(found: Sequence[Stop]) -> tuple[Column, Column]:
    """Longitudes and latitudes."""
    return np.array([one.lon_deg for one in found]), np.array([one.lat_deg for one in found])


def near(lon: Column, lat: Column, places: Sequence[Place], within_m: float) -> NDArray[np.bool_]:
    """Which of these positions are near one of the places."""
    found = np.zeros(len(lon), bool)
    if not len(lon) or not places:
        return found
    lons, lats = np.array(places).T
    if len(lon) > len(lons):  # few sites, many fixes; or few stops, many users
        for x, y in places:
            found |= distances_m(lon, lat, x, y) <= within_m
        return found
    near_one = [
        (distances_m(lons, lats, x, y) <= within_m).any() for x, y in zip(lon, lat, strict=True)
    ]
    return np.array(near_one, bool)
