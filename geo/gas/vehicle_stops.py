"""E16: a vehicle with cylinders stands where it has no business. Pure.

Stops are those of geo/stops.py; a place where it may stand is a site of the register, or the
door of a registered user. Domain reference E.5.
"""

from collections.abc import Sequence

import numpy as np

from geo.distance import distances_m
from geo.stops import Stop, StopRule, stops

Place = tuple[float, float]  # longitude, latitude


def unplanned(
    track: Sequence[tuple[int, float, float]], sites: Sequence[Place], users: Sequence[Place], *,
    least_s: float, site_m: float, user_m: float,
) -> list[Stop]:  # fmt: skip
    """Stops of a track of (at_ms, lon, lat) longer than `least_s`, away from all of these."""
    found = stops(track, StopRule(least_s=least_s))
    return [one for one in found if not _near(one, sites, site_m) and not _near(one, users, user_m)]


def _near(stop: Stop, places: Sequence[Place], within_m: float) -> bool:
    if not places:
        return False
    lon, lat = np.array(places).T
    here = np.full(len(lon), stop.lon_deg), np.full(len(lon), stop.lat_deg)
    return bool((distances_m(lon, lat, *here) <= within_m).any())
