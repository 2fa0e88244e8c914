"""Coverage by brute force: every tenth of a second of every way, in flat metres.

Written from the domain reference (C.3–C.5), not from the code: one loop after the other, no
index, no columns. Slow, and easy to believe. Places are metres east and north of the middle.
"""

import itertools
from collections.abc import Sequence
from math import acos, ceil, degrees, floor, hypot
from typing import NamedTuple

import numpy as np

STEP_S = 0.1


class Spot(NamedTuple):
    t: float
    x: float
    y: float
    acc: float = 5.0
    usable: bool = True


Run = list[Spot]


def runs(spots: Sequence[Spot], speed_max: float, gap_s: float) -> list[Run]:
    """Clean, then cut where the way is not known: runs of fixes that are joined."""
    found: list[Run] = []
    rejected: list[Spot] = []
    for spot in sorted(spots):
        if not spot.usable:
            continue
        last = found[-1][-1] if found else None
        if last is None:
            found.append([spot])
        elif possible(last, spot, speed_max):
            rejected = []
            if spot.t - last.t <= gap_s:
                found[-1].append(spot)
            else:
                found.append([spot])
        else:
            agrees = bool(rejected) and possible(rejected[-1], spot, speed_max)
            rejected = [*rejected, spot] if agrees else [spot]
            if len(rejected) == 3:
                found.append([spot])
                rejected = []
    return found


def possible(a: Spot, b: Spot, speed_max: float) -> bool:
    return hypot(b.x - a.x, b.y - a.y) - a.acc - b.acc <= speed_max * (b.t - a.t)


def along(a: Spot, b: Spot) -> np.ndarray:
    """Rows of x, y: where it was at the middle of every step from a to b."""
    count = max(1, ceil((b.t - a.t) / STEP_S))
    u = (np.arange(count) + 0.5) / count
    return np.column_stack([a.x + u * (b.x - a.x), a.y + u * (b.y - a.y)])


def time_in_circle(found: Sequence[Run], radius: float) -> float:
    total = 0.0
    for run in found:
        for a, b in itertools.pairwise(run):
            where = along(a, b)
            inside = np.hypot(where[:, 0], where[:, 1]) <= radius
            total += inside.mean() * (b.t - a.t)
    return total


def time_in_cells(
    found: Sequence[Run], cell: float, west: float, south: float
) -> dict[tuple[int, int], float]:
    cells: dict[tuple[int, int], float] = {}
    for run in found:
        for spot in run:
            cells.setdefault((floor((spot.x - west) / cell), floor((spot.y - south) / cell)), 0.0)
        for a, b in itertools.pairwise(run):
            where = along(a, b)
            for x, y in where:
                key = floor((x - west) / cell), floor((y - south) / cell)
                cells[key] = cells.get(key, 0.0) + (b.t - a.t) / len(where)
    return cells


def holds(ring: Sequence[tuple[float, float]], x: float, y: float) -> bool:
    """Ray casting."""
    odd = False
    for (ax, ay), (bx, by) in zip(ring, [*ring[1:], ring[0]], strict=True):
        if (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax):
            odd = not odd
    return odd


class Road(NamedTuple):
    places: list[tuple[float, float]]


def pieces(road: Road, piece: float) -> list[tuple[float, float, float, float, float]]:
    """Middle x, y; direction; length."""
    cut = []
    for (ax, ay), (bx, by) in zip(road.places, road.places[1:], strict=False):
        length = hypot(bx - ax, by - ay)
        count = max(1, ceil(length / piece - 1e-9))
        for n in range(count):
            u = (n + 0.5) / count
            cut.append((ax + u * (bx - ax), ay + u * (by - ay),
                        (bx - ax) / length, (by - ay) / length, length / count))  # fmt: skip
    return cut


def course(run: Run, leg: int, edge: float) -> tuple[float, float] | None:
    """The direction about the leg from fix `leg` to the next one."""
    way = [0.0]
    for a, b in itertools.pairwise(run):
        way.append(way[-1] + hypot(b.x - a.x, b.y - a.y))
    middle = (way[leg] + way[leg + 1]) / 2
    back = max([i for i, w in enumerate(way) if w <= middle - 15.0], default=0)
    on = min([i for i, w in enumerate(way) if w >= middle + 15.0], default=len(run) - 1)
    a, b = run[back], run[on]
    chord = hypot(b.x - a.x, b.y - a.y)
    least = max(10.0, a.acc + b.acc, 0.6 * (way[on] - way[back]))
    if chord == 0 or chord < least - edge * 0.1:
        return None
    return (b.x - a.x) / chord, (b.y - a.y) / chord


def covered_m(
    found: Sequence[Run], roads: Sequence[Road], *, edge: int, width: float = 20.0
) -> list[float]:
    """Metres covered of each road: along it, or by a pass that takes in most of it.

    `edge` +1 gives every decision that is within a hair's breadth of its threshold in favour
    of the road, -1 against it: what is right lies between.
    """
    cut = [pieces(road, 5.0) for road in roads]
    got = [set[int]() for _ in roads]
    for run in found:
        passes = [set[int]() for _ in roads]
        for leg in range(max(1, len(run) - 1)):
            a, b = run[leg], run[min(leg + 1, len(run) - 1)]
            far = _distances(along(a, b), cut)
            steers, rivals = (
                [_steers(course(run, leg, e) if len(run) > 1 else None, road, e) for road in cut]
                for e in (edge, -edge)
            )
            nearest = min(
                d
                for f, st in zip(far, rivals, strict=True)
                for d in [9e9, *(d for d, s in zip(f, st, strict=True) if s and d <= width)]
            )
            for i in range(len(roads)):
                near = {k for k, d in enumerate(far[i]) if d <= width + edge * 0.03}
                if near and min(far[i]) <= nearest + 10.0 + edge * 0.06:
                    got[i] |= {k for k in near if steers[i][k]}
                    passes[i] |= near
                else:  # the pass is over
                    _settle(passes[i], cut[i], got[i], edge)
                    passes[i] = set()
        for i in range(len(roads)):
            _settle(passes[i], cut[i], got[i], edge)
    return [sum(road[k][4] for k in some) for road, some in zip(cut, got, strict=True)]


def _distances(where: np.ndarray, cut: list[list[tuple[float, ...]]]) -> list[list[float]]:
    return [[float(np.hypot(where[:, 0] - p[0], where[:, 1] - p[1]).min()) for p in road]
            for road in cut]  # fmt: skip


def _steers(
    heading: tuple[float, float] | None, road: list[tuple[float, ...]], edge: int
) -> list[bool]:
    if heading is None:
        return [False] * len(road)
    cosines = [min(1.0, abs(heading[0] * p[2] + heading[1] * p[3])) for p in road]
    return [degrees(acos(c)) <= 45.0 + edge * 0.1 for c in cosines]


def _settle(taken: set[int], road: list[tuple[float, ...]], got: set[int], edge: int) -> None:
    if sum(road[k][4] for k in taken) >= (0.6 + edge * 0.001) * sum(p[4] for p in road):
        got |= taken
