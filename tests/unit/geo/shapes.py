"""Shapes for the tests."""

import numpy as np

from geo.distance import metres_per_degree
from geo.shapes import Polygon


def star(
    lon: float,
    lat: float,
    radius_m: float,
    corners: int,
    chance: np.random.Generator,
    *,
    hole: bool = False,
) -> Polygon:
    """A star-shaped ring with random spokes; the hole is the same at a third of the size."""
    east, north = metres_per_degree(lat)
    angle = np.sort(chance.uniform(0, 2 * np.pi, max(corners - 3, 0)))
    angle = np.sort(np.concatenate([angle, [0.1, 2.2, 4.3]]))
    spoke = radius_m * chance.uniform(0.5, 1.0, len(angle))
    rings = []
    for scale in (1.0, 0.3) if hole else (1.0,):
        x = lon + scale * spoke * np.cos(angle) / east
        y = lat + scale * spoke * np.sin(angle) / north
        ring = [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
        rings.append((*ring, ring[0]))
    return Polygon(tuple(rings))


def square(lon: float, lat: float, half_m: float) -> Polygon:
    east, north = metres_per_degree(lat)
    x, y = half_m / east, half_m / north
    corners = [(lon - x, lat - y), (lon + x, lat - y), (lon + x, lat + y), (lon - x, lat + y)]
    return Polygon(((*corners, corners[0]),))
