import json
from itertools import pairwise

import pytest
from shapely.geometry import Polygon, box
from shapely.ops import unary_union

from devices.simulator.city import City, generate, to_geojson


@pytest.fixture(scope="module")
def city() -> City:
    return generate(7)


def test_the_same_seed_draws_the_same_city(city: City) -> None:
    assert generate(7) == city


def test_another_seed_draws_another_city(city: City) -> None:
    assert generate(8).roads != city.roads


def test_it_lies_where_and_as_wide_as_announced(city: City) -> None:
    west, south, east, north = city.bounds
    assert west < 121.54 < east
    assert south < 31.22 < north
    inside = box(*city.bounds).buffer(1e-5)
    for road in city.roads:
        assert all(inside.covers(box(*corner, *corner)) for corner in (road.line[0], road.line[-1]))


def test_every_street_can_be_reached_from_every_other(city: City) -> None:
    near: dict[int, set[int]] = {i: set() for i in range(len(city.graph.nodes))}
    for a, b, _, _ in city.graph.edges:
        near[a].add(b)
        near[b].add(a)
    seen = {0}
    walk = [0]
    for node in walk:
        walk.extend(near[node] - seen)
        seen |= near[node]
    assert len(seen) == len(city.graph.nodes) > 5000


def test_the_graph_keeps_nearly_all_that_is_drawn(city: City) -> None:
    def length(a: tuple[float, float], b: tuple[float, float]) -> float:
        return float(((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5)

    drawn = sum(length(a, b) for road in city.roads for a, b in pairwise(road.line))
    nodes = city.graph.nodes
    kept = sum(length(nodes[a], nodes[b]) for a, b, _, _ in city.graph.edges)
    assert kept > 0.97 * drawn


def test_squads_share_the_land_out_between_them(city: City) -> None:
    areas = [Polygon(area.ring) for area in city.areas]
    assert len(areas) >= 10
    assert all(area.ring[0] == area.ring[-1] for area in city.areas)
    assert all(shape.is_valid for shape in areas)
    water = unary_union([Polygon(s.rings[0]) for s in city.water if s.cls == "river"])
    land = box(*city.bounds).difference(water)
    assert unary_union(areas).intersection(land).area > 0.96 * land.area
    overlap = sum(a.area for a in areas) - unary_union(areas).area
    assert overlap < 0.02 * land.area


def test_no_two_roads_or_places_are_called_alike_by_chance(city: City) -> None:
    stems = [label.name for label in city.labels if label.kind == "place"]
    assert len(set(stems)) == len(stems) > 40


def test_as_geojson(city: City) -> None:
    document = to_geojson(city)
    assert document["bounds"] == list(city.bounds)
    layers = document["layers"]
    assert set(layers) == {"land", "water", "parks", "blocks", "roads", "labels", "districts"}
    for layer in layers.values():
        assert layer["type"] == "FeatureCollection"
        assert layer["features"]
    classes = {road["properties"]["class"] for road in layers["roads"]["features"]}
    assert classes == {"motorway", "primary", "secondary", "street"}
    assert all(set(f["properties"]) >= {"zh", "en", "rank"} for f in layers["labels"]["features"])
    assert len(json.dumps(document, ensure_ascii=False)) < 2_000_000
