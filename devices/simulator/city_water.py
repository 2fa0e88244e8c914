"""Rivers, creeks, lakes and parks, in metres around the city's centre."""

import itertools
import math
from collections.abc import Sequence
from random import Random

from shapely.affinity import rotate, scale
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

Line = Sequence[tuple[float, float]]

# In from the south-west, north along the old town, the great bend, out north-east.
_RIVER = (
    (-5200, -9500), (-4300, -6600), (-2700, -4600), (-2500, -2600), (-3300, -900),
    (-3100, 800), (-1700, 1850), (100, 1700), (1500, 2100), (2300, 3500),
    (3400, 4900), (5600, 5600), (7300, 6900), (9000, 9000),
)  # fmt: skip
_CREEKS = (
    ((-2500, -3200), (-600, -3500), (1800, -2900), (4200, -3300), (6300, -2800), (9000, -3200)),
    ((2200, 3300), (3000, 1800), (2700, 100), (3200, -1600), (3000, -3300), (3600, -8000)),
    ((-3200, 300), (-4600, 900), (-6200, 600), (-9500, 1300)),
    ((300, 1750), (-200, 3600), (400, 5200), (100, 8000)),
    ((5700, 5600), (6100, 3600), (5700, 1500), (6200, -600), (5900, -3000)),
    ((-4000, -6000), (-6000, -4300), (-7100, -4600), (-9500, -3600)),
)  # fmt: skip


def spline(points: Line, step: int = 10) -> list[tuple[float, float]]:
    """A Catmull-Rom curve through the points, `step` pieces between two of them."""
    path = [points[0], *points, points[-1]]
    out = []
    for p0, p1, p2, p3 in zip(path, path[1:], path[2:], path[3:], strict=False):
        for i in range(step):
            t = i / step
            out.append(
                tuple(_catmull(a, b, c, d, t) for a, b, c, d in zip(p0, p1, p2, p3, strict=True))
            )
    return [*((x, y) for x, y in out), points[-1]]


def _catmull(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )


def river(rng: Random) -> tuple[list[tuple[float, float]], Polygon]:
    """The middle line of the river, and its water: 380 to 620 m wide."""
    middle = spline([(x + rng.uniform(-160, 160), y + rng.uniform(-160, 160)) for x, y in _RIVER])
    phase = rng.uniform(0, math.tau)
    left, right = [], []
    for i, (x, y) in enumerate(middle):
        (ax, ay), (bx, by) = middle[max(0, i - 1)], middle[min(len(middle) - 1, i + 1)]
        length = math.hypot(bx - ax, by - ay)
        nx, ny = (ay - by) / length, (bx - ax) / length
        half = 240 + 50 * math.sin(phase + i / 9) + 20 * math.sin(phase * 2 + i / 3.1)
        left.append((x + nx * half, y + ny * half))
        right.append((x - nx * half, y - ny * half))
    return middle, Polygon([*left, *reversed(right)]).buffer(0)


def creeks(rng: Random) -> list[tuple[list[tuple[float, float]], BaseGeometry]]:
    """Narrow water, 26 to 44 m wide, wandering."""
    out = []
    for course in _CREEKS:
        bent = [(x + rng.uniform(-220, 220), y + rng.uniform(-220, 220)) for x, y in course]
        bent[0] = course[0]  # where it leaves the river
        line = spline(_wander(rng, bent, 90), 6)
        out.append((line, LineString(line).buffer(rng.uniform(13, 22), quad_segs=2)))
    return out


def _wander(rng: Random, points: Line, by_m: float) -> list[tuple[float, float]]:
    out = [points[0]]
    for (ax, ay), (bx, by) in itertools.pairwise(points):
        out.append(
            ((ax + bx) / 2 + rng.uniform(-by_m, by_m), (ay + by) / 2 + rng.uniform(-by_m, by_m))
        )
        out.append((bx, by))
    return out


def blob(rng: Random, at: tuple[float, float], radius_m: float, squash: float = 0.7) -> Polygon:
    """A soft closed outline, like a lake or a landscaped park."""
    phases = [rng.uniform(0, math.tau) for _ in range(3)]
    ring = []
    for i in range(48):
        a = math.tau * i / 48
        r = radius_m * (
            1 + 0.16 * math.sin(2 * a + phases[0]) + 0.09 * math.sin(3 * a + phases[1])
            + 0.04 * math.sin(5 * a + phases[2])
        )  # fmt: skip
        ring.append((at[0] + r * math.cos(a), at[1] + r * math.sin(a)))
    return rotate(scale(Polygon(ring), 1, squash), rng.uniform(-40, 40))
