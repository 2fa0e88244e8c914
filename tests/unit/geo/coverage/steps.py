"""Tracks for the tests of coverage: metres about a middle, to columns and to the oracle."""

from collections.abc import Mapping, Sequence

import numpy as np

from geo.coverage.segments import Line
from geo.coverage.ways import Mover, Stay, Ways, walk
from geo.fence_fleet import World
from geo.fence_index import FenceIndex
from geo.tracks import TRACK_DTYPE, Track, sorted_once
from tests.unit.geo.coverage.oracle import Run, Spot, runs
from tests.unit.geo.walks import EAST, HABITS, HOUR_MS, LAT, LON, NORTH, RIDING

NOWHERE = World([], FenceIndex([]))
FOOT, CAR = Mover(HABITS), Mover(RIDING, riding=True)


def degrees(x: float, y: float) -> tuple[float, float]:
    return LON + x / EAST, LAT + y / NORTH


def line(id_: int, *places: tuple[float, float], width_m: float | None = None) -> Line:
    return Line(id_, tuple(degrees(*place) for place in places), width_m)


def track(walks: Mapping[int, Sequence[Spot]]) -> Track:
    rows = [(no, spot) for no, spots in walks.items() for spot in spots]
    columns = np.zeros(len(rows), TRACK_DTYPE)
    for row, (no, spot) in enumerate(rows):
        lon, lat = degrees(spot.x, spot.y)
        at_ms = HOUR_MS + round(spot.t * 1000)
        columns[row] = (no, at_ms, 0, lon, lat, spot.acc, spot.usable)
    return sorted_once(columns)


def walked(
    walks: Mapping[int, Sequence[Spot]], mover: Mover = FOOT, world: World = NOWHERE
) -> tuple[Ways, dict[int, list[Stay]]]:
    return walk(world, track(walks), dict.fromkeys(walks, mover))


def ways(*spots: Spot, mover: Mover = FOOT) -> Ways:
    return walked({1: spots}, mover)[0]


def known(spots: Sequence[Spot], mover: Mover = FOOT) -> list[Run]:
    """As the oracle sees them."""
    return runs(spots, mover.habits.speed_max_mps, mover.habits.gap_ms / 1000)


def straight(
    start: tuple[float, float], end: tuple[float, float], *, at_s: float = 0.0,
    mps: float = 1.4, every_s: float = 10.0, acc: float = 5.0,
) -> list[Spot]:  # fmt: skip
    """From start to end at an even pace, the end included."""
    length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    times = [*np.arange(0, length / mps, every_s), length / mps]
    return [
        Spot(at_s + t, *(np.array(start) + (np.array(end) - start) * t * mps / length), acc)
        for t in times
    ]


def wander(chance: np.random.Generator, count: int, *, wild: bool = True) -> list[Spot]:
    """Along a lattice of streets 60 m apart, with errors, pauses, silences, jumps, coarse fixes."""
    spots: list[Spot] = []
    t, where, goal = 0.0, np.array([0.0, 0.0]), np.array([60.0, 0.0])
    for _ in range(count):
        every = float(chance.choice([5, 10, 10, 10, 30]))
        t += every + (300.0 if wild and chance.random() < 0.04 else 0.0)
        step = 1.4 * every * float(chance.choice([0, 1, 1, 1]))
        while step > 0:
            left = float(np.abs(goal - where).sum())
            where = where + (goal - where) * (min(step, left) / left if left else 0.0)
            step -= left
            if step > 0:
                turn = np.array([[60, 0], [-60, 0], [0, 60], [0, -60]])[chance.integers(4)]
                goal = where + turn if np.abs(where + turn).max() <= 240 else where - turn
        jump = 20_000.0 if wild and chance.random() < 0.03 else 0.0
        x, y = where + chance.normal(0, 3, 2)
        acc = float(chance.choice([3, 5, 8, 20]))
        spots.append(Spot(t, x + jump, y, acc, bool(chance.random() > 0.03)))
    return spots
