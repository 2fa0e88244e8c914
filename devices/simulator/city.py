"""A generated district: what the demonstration drives on and the default map shows.

Every place in it is invented. The same seed gives the same city, to the last
corner, in any process: it takes all its chance from one `random.Random(seed)`.
Coordinates out are WGS-84 degrees, longitude first as in GeoJSON.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from devices.simulator.city_graph import Graph, weave
from devices.simulator.city_names import Name
from devices.simulator.city_plan import Line, Place, Plan, draw, to_lonlat

LonLat = tuple[float, float]
Ring = tuple[LonLat, ...]


@dataclass(frozen=True, slots=True)
class Road:
    cls: str  # motorway | primary | secondary | street
    name: Name
    line: tuple[LonLat, ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """An area on the map: outer ring first, then holes."""

    name: Name | None
    cls: str
    rings: tuple[Ring, ...]


@dataclass(frozen=True, slots=True)
class Label:
    name: Name
    kind: str  # area | place | park | water
    rank: int  # 1 is shown first
    at: LonLat


@dataclass(frozen=True, slots=True)
class Area:
    """What one squad (中队) answers for."""

    name_zh: str
    name_en: str
    ring: Ring  # closed: the last corner is the first


@dataclass(frozen=True, slots=True)
class City:
    seed: int
    bounds: tuple[float, float, float, float]  # west, south, east, north
    roads: tuple[Road, ...]
    water: tuple[Shape, ...]
    parks: tuple[Shape, ...]
    blocks: tuple[Shape, ...]
    labels: tuple[Label, ...]
    areas: tuple[Area, ...]
    graph: Graph  # .nodes [(lon, lat)], .edges [(a, b, class, name)]; connected


def generate(seed: int) -> City:
    """The city of this seed. Takes about a second."""
    plan = draw(Random(seed))  # noqa: S311 - a map, not a secret
    west, south, east, north = plan.frame
    return City(
        seed=seed,
        bounds=(*to_lonlat(west, south), *to_lonlat(east, north)),
        roads=tuple(Road(r.cls, r.name, _lonlats(r.points)) for r in plan.roads),
        water=_shapes(plan.water),
        parks=_shapes(plan.parks),
        blocks=_shapes(plan.blocks),
        labels=_labels(plan),
        areas=tuple(
            Area(place.name.zh, place.name.en, _lonlats(place.area.exterior.coords))
            for place in plan.areas
            if place.name is not None
        ),
        graph=weave(plan.roads),
    )


def to_geojson(city: City) -> dict[str, Any]:
    """The basemap document: bounds, seed and one FeatureCollection a layer."""
    west, south, east, north = city.bounds
    frame = ((west, south), (east, south), (east, north), (west, north), (west, south))
    return {
        "bounds": list(city.bounds),
        "seed": city.seed,
        "layers": {
            "land": _collection([_polygon(Shape(None, "land", (frame,)))]),
            "water": _collection([_polygon(shape) for shape in city.water]),
            "parks": _collection([_polygon(shape) for shape in city.parks]),
            "blocks": _collection([_polygon(shape) for shape in city.blocks]),
            "roads": _collection([_road(road) for road in city.roads]),
            "labels": _collection([_label(label) for label in city.labels]),
            "districts": _collection(
                [
                    _polygon(Shape(Name(area.name_zh, area.name_en), "area", (area.ring,)))
                    for area in city.areas
                ]
            ),
        },
    }


def _lonlats(points: Line) -> tuple[LonLat, ...]:
    return tuple(to_lonlat(x, y) for x, y in points)


def _shapes(places: list[Place]) -> tuple[Shape, ...]:
    return tuple(
        Shape(
            place.name,
            place.cls,
            tuple(_lonlats(ring.coords) for ring in (part.exterior, *part.interiors)),
        )
        for place in places
        for part in _parts(place.area)
    )


def _parts(area: BaseGeometry) -> list[Polygon]:
    if isinstance(area, MultiPolygon):
        return list(area.geoms)
    return [area] if isinstance(area, Polygon) else []


def _labels(plan: Plan) -> tuple[Label, ...]:
    return tuple(
        Label(label.name, label.kind, label.rank, to_lonlat(*label.at)) for label in plan.labels
    )


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def _feature(kind: str, coordinates: Any, properties: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _named(name: Name | None) -> dict[str, Any]:
    return {"zh": name.zh, "en": name.en} if name else {}


def _polygon(shape: Shape) -> dict[str, Any]:
    rings = [[list(corner) for corner in ring] for ring in shape.rings]
    return _feature("Polygon", rings, {"class": shape.cls, **_named(shape.name)})


def _road(road: Road) -> dict[str, Any]:
    properties = {"class": road.cls, "name": road.name.zh, "en": road.name.en}
    return _feature("LineString", [list(corner) for corner in road.line], properties)


def _label(label: Label) -> dict[str, Any]:
    properties = {"zh": label.name.zh, "en": label.name.en, "rank": label.rank, "kind": label.kind}
    return _feature("Point", list(label.at), properties)
