"""The street grid of one river bank: bent squares, halved until they are blocks."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

Point = tuple[float, float]
Warp = Callable[[float, float], Point]

_REACH_M = 10500.0  # lines are drawn this far; the bank's outline cuts them
_SAMPLE_M = 140.0
_OVERSHOOT_M = 5.0  # so that a street surely meets the road it ends at


@dataclass(slots=True)
class Grid:
    primary: list[list[Point]] = field(default_factory=list)
    secondary: list[list[Point]] = field(default_factory=list)
    street: list[list[Point]] = field(default_factory=list)
    cells: list[list[Point]] = field(default_factory=list)  # between primary and secondary roads
    blocks: list[list[Point]] = field(default_factory=list)  # between streets


def warp(rng: Random, turn_rad: float) -> Warp:
    """A turn and three waves: straight lines become the roads of a grown city."""
    waves = [
        (amplitude, length, rng.uniform(0, math.tau), rng.uniform(0, math.tau))
        for amplitude, length in ((300.0, 9000.0), (85.0, 3700.0), (22.0, 1700.0))
    ]
    cos, sin = math.cos(turn_rad), math.sin(turn_rad)

    def to_xy(u: float, v: float) -> Point:
        x, y = u * cos - v * sin, u * sin + v * cos
        for amplitude, length, one, other in waves:
            x += amplitude * math.sin(math.tau * (v + 0.35 * u) / length + one)
            y += amplitude * math.sin(math.tau * (u - 0.35 * v) / length + other)
        return x, y

    return to_xy


def grid(rng: Random, to_xy: Warp, wanted: Callable[[Point], bool]) -> Grid:
    """The roads of one bank. `wanted(xy)` says whether a cell there is worth drawing."""
    us, vs = _lines(rng), _lines(rng)
    out = Grid()
    for lines, across in ((us, False), (vs, True)):
        for at, cls in lines:
            path = _path(to_xy, (at, -_REACH_M), (at, _REACH_M), across)
            (out.primary if cls == "primary" else out.secondary).append(path)
    for (u0, _), (u1, _) in itertools.pairwise(us):
        for (v0, _), (v1, _) in itertools.pairwise(vs):
            centre = to_xy((u0 + u1) / 2, (v0 + v1) / 2)
            if wanted(centre):
                out.cells.append(_outline(to_xy, u0, v0, u1, v1))
                dense = math.hypot(*centre) < 4300
                _halve(rng, to_xy, (u0, v0, u1, v1), 190.0 if dense else 270.0, out)
    return out


def _lines(rng: Random) -> list[tuple[float, str]]:
    """Where the through roads run: every second or third is a primary one."""
    out = []
    at, until_primary = -_REACH_M, 0
    while at < _REACH_M:
        out.append((at, "primary" if until_primary == 0 else "secondary"))
        until_primary = rng.choice((1, 2, 2)) if until_primary == 0 else until_primary - 1
        at += rng.uniform(520, 880)
    return out


def _path(to_xy: Warp, start: Point, stop: Point, swapped: bool = False) -> list[Point]:
    (u0, v0), (u1, v1) = start, stop
    count = max(1, round(math.hypot(u1 - u0, v1 - v0) / _SAMPLE_M))
    out = []
    for i in range(count + 1):
        u, v = u0 + (u1 - u0) * i / count, v0 + (v1 - v0) * i / count
        out.append(to_xy(v, u) if swapped else to_xy(u, v))
    return out


def _outline(to_xy: Warp, u0: float, v0: float, u1: float, v1: float) -> list[Point]:
    corners = ((u0, v0), (u1, v0), (u1, v1), (u0, v1), (u0, v0))
    out: list[Point] = []
    for a, b in itertools.pairwise(corners):
        out.extend(_path(to_xy, a, b)[:-1])
    return [*out, out[0]]


def _halve(
    rng: Random, to_xy: Warp, cell: tuple[float, float, float, float], block_m: float, out: Grid
) -> None:
    """Cut the longer side near its middle until what is left is a block."""
    u0, v0, u1, v1 = cell
    wide, high = u1 - u0, v1 - v0
    if max(wide, high) < block_m * rng.uniform(1.0, 1.7):
        out.blocks.append(_outline(to_xy, u0 + 14, v0 + 14, u1 - 14, v1 - 14))
        return
    share = rng.choice((0.5, 0.5, 0.42, 0.58, 0.36, 0.64))
    if wide >= high:
        cut = u0 + share * wide
        out.street.append(_path(to_xy, (cut, v0 - _OVERSHOOT_M), (cut, v1 + _OVERSHOOT_M)))
        halves = ((u0, v0, cut, v1), (cut, v0, u1, v1))
    else:
        cut = v0 + share * high
        out.street.append(_path(to_xy, (u0 - _OVERSHOOT_M, cut), (u1 + _OVERSHOOT_M, cut)))
        halves = ((u0, v0, u1, cut), (u0, cut, u1, v1))
    for half in halves:
        _halve(rng, to_xy, half, block_m, out)
