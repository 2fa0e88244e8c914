"""Tracks for the tests: metres east and north of a fence's middle, seconds, to fixes."""

from collections.abc import Sequence

import numpy as np

from geo.distance import metres_per_degree
from geo.fence_fleet import Fleet, World
from geo.fence_index import FenceIndex
from geo.fences import Crossing, Fence, State, fold
from geo.shapes import Circle, Shape
from geo.tracks import TRACK_DTYPE, Fix, Habits, Track, sorted_once

LON, LAT = 121.4998, 31.2397
EAST, NORTH = metres_per_degree(LAT)
HOUR_MS = 1_790_000_000_000
HABITS = Habits(12.0, 60_000)
RIDING = Habits(45.0, 60_000)


def fix(at_s: float, east_m: float, north_m: float = 0.0, acc_m: float = 5.0, seq: int = 0) -> Fix:
    lon = round((LON + east_m / EAST) * 1e7) / 1e7
    lat = round((LAT + north_m / NORTH) * 1e7) / 1e7
    return Fix(HOUR_MS + round(at_s * 1000), seq, lon, lat, acc_m)


def world(shapes: Sequence[Shape], **rule: float) -> World:
    index = FenceIndex(shapes)
    fences = [Fence(10 + i, plan, **rule) for i, plan in enumerate(index.plans)]  # type: ignore[arg-type]
    return World(fences, index)


def circle(radius_m: float = 50.0) -> Circle:
    return Circle(LON, LAT, radius_m)


def folded(
    where: World, fixes: Sequence[Fix], habits: Habits = HABITS
) -> tuple[State, list[Crossing]]:
    """By the plain road."""

    def edge_m(place: int, lon: float, lat: float) -> float:
        at = np.array([place]), np.array([lon]), np.array([lat])
        return float(where.index.signed_m(*at)[0])

    state, crossings = State(), []
    for one in sorted(set(fixes)):
        state, made = fold(state, one, where.fences, habits, edge_m)
        crossings += made
    return state, crossings


def track(fixes: Sequence[tuple[int, Fix]]) -> Track:
    columns = np.zeros(len(fixes), TRACK_DTYPE)
    for row, (no, one) in enumerate(fixes):
        columns[row] = (no, *one[:5], one.usable)
    return sorted_once(columns)


def flown(
    where: World, parts: Sequence[Sequence[tuple[int, Fix]]], habits: Habits = HABITS
) -> tuple[Fleet, list[tuple[int, Crossing]]]:
    """By the fast road, in batches."""
    fleet = Fleet()
    for no in {no for part in parts for no, _ in part}:
        fleet.knows(np.array([no]))
        fleet.put(no, State(), habits)
    crossings = []
    for part in parts:
        crossings += fleet.advance(where, track(part))
    return fleet, crossings


def told(crossings: Sequence[Crossing]) -> list[tuple[str, float, str]]:
    """(kind, seconds, by) of crossings."""
    return [(c.kind, (c.at_ms - HOUR_MS) / 1000, c.by) for c in crossings]
