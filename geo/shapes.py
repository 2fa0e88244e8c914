"""What a fence looks like on the ground: a circle or a polygon, WGS-84, longitude first.

A `Plan` is one shape unrolled into metres on the plane that touches the earth at its
middle, which is right at the scale of a district. Distances to the edge are signed:
negative inside; a place on the edge is inside.
"""

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from core.errors import Invalid
from geo.distance import metres_per_degree

Column = NDArray[np.float64]
Ring = tuple[tuple[float, float], ...]

EXTENT_MAX_DEG: Final = 2.0  # a plane is no longer a district beyond it
ON_EDGE_M: Final = 1e-6
VERTICES_MAX: Final = 5_000
RADIUS_MAX_M: Final = 20_000.0


class BadShape(Invalid):
    """This shape cannot be a fence."""

    code = "bad_shape"


@dataclass(frozen=True, slots=True)
class Circle:
    lon_deg: float
    lat_deg: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class Polygon:
    """Closed rings of (longitude, latitude): the shell, then the holes."""

    rings: tuple[Ring, ...]


Shape = Circle | Polygon


@dataclass(frozen=True)
class Plan:
    """A shape in metres about its middle: what distances and chords are measured on."""

    lon_deg: float
    lat_deg: float
    # Metres a degree of longitude at the mean of both latitudes, as a parabola in the
    # latitude difference: the formula of C.1 without a cosine for every fix.
    east_m: tuple[float, float, float]
    north_m: float
    radius_m: float | None
    edges: NDArray[np.float64]  # rows of ax, ay, bx, by; empty for a circle

    def xy(self, lon: float, lat: float) -> tuple[float, float]:
        """Metres east and north of the middle."""
        up = lat - self.lat_deg
        if self.radius_m is None:
            return (lon - self.lon_deg) * self.east_m[0], up * self.north_m
        half = up / 2
        east = self.east_m[0] + half * (self.east_m[1] + half * self.east_m[2])
        return (lon - self.lon_deg) * east, up * self.north_m

    def meets(self, a: tuple[float, float], b: tuple[float, float]) -> list[float]:
        """Where the way from a to b (lon, lat) meets the edge: fractions of it, ascending."""
        ax, ay = self.xy(*a)
        bx, by = self.xy(*b)
        if self.radius_m is not None:
            return _circle_meets(ax, ay, bx - ax, by - ay, self.radius_m)
        return _edges_meet(self.edges, ax, ay, bx - ax, by - ay)

    @cached_property
    def bounds_deg(self) -> tuple[float, float, float, float]:
        """West, south, east, north, with a metre to spare."""
        if self.radius_m is not None:
            across = (self.radius_m + 1) / self.east_m[0] * 1.001
            up = (self.radius_m + 1) / self.north_m * 1.001
            box = (-across, -up, across, up)
        else:
            x, y = self.edges[:, 0], self.edges[:, 1]
            box = (
                (float(x.min()) - 1) / self.east_m[0],
                (float(y.min()) - 1) / self.north_m,
                (float(x.max()) + 1) / self.east_m[0],
                (float(y.max()) + 1) / self.north_m,
            )
        west, south, east, north = box
        lon, lat = self.lon_deg, self.lat_deg
        return lon + west, lat + south, lon + east, lat + north


def plan_of(shape: Shape) -> Plan:
    if isinstance(shape, Circle):
        lon, lat = shape.lon_deg, shape.lat_deg
        radius: float | None = shape.radius_m
    else:
        corners = np.array(shape.rings[0])
        lon, lat = (float(v) for v in (corners.min(axis=0) + corners.max(axis=0)) / 2)
        radius = None
    east, north = metres_per_degree(lat)
    step = 0.05
    above, below = metres_per_degree(lat + step)[0], metres_per_degree(lat - step)[0]
    bend = ((above - below) / (2 * step), (above - 2 * east + below) / (2 * step * step))
    edges = np.empty((0, 4))
    if isinstance(shape, Polygon):
        scale = np.array([east, north])
        rings = [(np.array(ring) - [lon, lat]) * scale for ring in shape.rings]
        edges = np.concatenate([np.hstack([ring[:-1], ring[1:]]) for ring in rings])
    return Plan(lon, lat, (east, *bend), north, radius, edges)


def geometry_of(shape: Shape) -> dict[str, Any]:
    """As GeoJSON: a Point for a circle, a Polygon otherwise."""
    if isinstance(shape, Circle):
        return {"type": "Point", "coordinates": [shape.lon_deg, shape.lat_deg]}
    return {"type": "Polygon", "coordinates": [[list(p) for p in r] for r in shape.rings]}


def shape_from_geojson(geometry: Any, radius_m: float | None) -> Shape:
    """Read a fence as a person or a file gives it; BadShape says what is wrong where."""
    if not isinstance(geometry, dict):
        raise BadShape("A fence needs a GeoJSON geometry: a Point with a radius, or a Polygon.")
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "Point":
        if radius_m is None or not 0 < radius_m <= RADIUS_MAX_M:
            raise BadShape(
                f"A circle needs a radius above 0 and up to {RADIUS_MAX_M:.0f} m; got {radius_m}."
            )
        lon, lat = place_from_json(coordinates, "the centre")
        return Circle(lon, lat, float(radius_m))
    if kind != "Polygon":
        raise BadShape(
            f"A fence is a Point with a radius or a Polygon, not {kind!r}. "
            "Draw one fence for each part of a multi-part shape."
        )
    if radius_m is not None:
        raise BadShape("A polygon has no radius. Leave radius_m out, or give a Point.")
    if not isinstance(coordinates, list | tuple) or not coordinates:
        raise BadShape("The polygon has no rings.")
    rings = tuple(_ring(ring, number) for number, ring in enumerate(coordinates, 1))
    _check_polygon(rings)
    return Polygon(rings)


def place_from_json(position: Any, where: str) -> tuple[float, float]:
    """A position in degrees; BadShape, saying where, for anything else, such as plane metres."""
    if not isinstance(position, list | tuple) or len(position) < 2:
        raise BadShape(f"At {where}: a position is [longitude, latitude].")
    lon, lat = position[0], position[1]
    numbers = [isinstance(v, int | float) and not isinstance(v, bool) for v in (lon, lat)]
    if not all(numbers) or not (abs(lon) < float("inf") and abs(lat) < float("inf")):
        raise BadShape(f"At {where}: {position!r} is not a pair of numbers.")
    if abs(lon) > 180 or abs(lat) > 90:
        hint = (
            "Exchange longitude and latitude."
            if abs(lon) <= 90 and abs(lat) <= 180
            else (
                "These look like metres of a plane system (such as Shanghai 2000): "
                "convert to WGS-84 degrees first."
            )
        )
        raise BadShape(f"At {where}: ({lon}, {lat}) is not longitude and latitude. {hint}")
    return float(lon), float(lat)


def _ring(ring: Any, number: int) -> Ring:
    where = f"ring {number}"
    if not isinstance(ring, list | tuple) or len(ring) < 4:
        raise BadShape(f"In {where}: a ring has at least four positions, the last as the first.")
    if len(ring) > VERTICES_MAX:
        raise BadShape(f"In {where}: {len(ring)} positions; at most {VERTICES_MAX}. Simplify it.")
    places = tuple(place_from_json(p, f"{where}, position {i}") for i, p in enumerate(ring, 1))
    if places[0] != places[-1]:
        raise BadShape(f"In {where}: the ring is not closed. Repeat its first position at the end.")
    return places


def _check_polygon(rings: tuple[Ring, ...]) -> None:
    corners = np.array(rings[0])
    width, height = corners.max(axis=0) - corners.min(axis=0)
    if width > EXTENT_MAX_DEG or height > EXTENT_MAX_DEG:
        raise BadShape(
            f"The polygon is {width:.2f} by {height:.2f} degrees; at most {EXTENT_MAX_DEG}. "
            "Cut it into parts."
        )
    polygon = shapely.Polygon(rings[0], rings[1:])
    if not polygon.is_valid:
        raise BadShape(f"The polygon is not valid: {shapely.is_valid_reason(polygon)}.")
    if polygon.area == 0:
        raise BadShape("The polygon has no area.")


def _circle_meets(ax: float, ay: float, dx: float, dy: float, radius_m: float) -> list[float]:
    length2 = dx * dx + dy * dy
    if length2 == 0:
        return []
    half = (ax * dx + ay * dy) / length2
    under = half * half - (ax * ax + ay * ay - radius_m * radius_m) / length2
    if under < 0:
        return []
    root = sqrt(under)
    return [u for u in (-half - root, -half + root) if 0 <= u <= 1]


def _edges_meet(
    edges: NDArray[np.float64], ax: float, ay: float, dx: float, dy: float
) -> list[float]:
    """Solve a + u·d = e + v·f for every edge at once; parallel ones never count."""
    ex, ey = edges[:, 0], edges[:, 1]
    fx, fy = edges[:, 2] - ex, edges[:, 3] - ey
    cross = dx * fy - dy * fx
    steep = cross != 0
    safe = np.where(steep, cross, 1.0)
    u = ((ex - ax) * fy - (ey - ay) * fx) / safe
    v = ((ex - ax) * dy - (ey - ay) * dx) / safe
    found = np.sort(u[steep & (u >= 0) & (u <= 1) & (v >= 0) & (v <= 1)])
    return [float(value) for value in found]
