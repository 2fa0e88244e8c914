"""Which points stand in a zone: a circle or a polygon on the ground."""

from collections.abc import Iterable
from typing import NamedTuple

import shapely

from geo.distance import distance_m
from geo.shapes import Circle, Shape


class Spot(NamedTuple):
    id: int
    lon_deg: float
    lat_deg: float


def within(shape: Shape, spots: Iterable[Spot]) -> frozenset[int]:
    """The ids of those inside; on the edge is inside."""
    if isinstance(shape, Circle):
        return frozenset(
            spot.id
            for spot in spots
            if distance_m(spot.lon_deg, spot.lat_deg, shape.lon_deg, shape.lat_deg)
            <= shape.radius_m
        )
    area = shapely.Polygon(shape.rings[0], list(shape.rings[1:]))
    return frozenset(
        spot.id for spot in spots if area.intersects(shapely.Point(spot.lon_deg, spot.lat_deg))
    )
