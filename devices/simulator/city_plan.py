"""Drawing the district in metres: water first, then green, then roads, then names."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

import shapely
from shapely.geometry import LineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union
from shapely.prepared import prep

from devices.simulator import city_names as named
from devices.simulator.city_grid import Grid, grid, warp
from devices.simulator.city_names import Name, Names
from devices.simulator.city_water import blob, creeks, river, spline

Line = Sequence[tuple[float, float]]

CENTRE_LON_DEG, CENTRE_LAT_DEG = 121.54, 31.22
_M_PER_DEG = 111_320.0
_FRAME = (-8000.0, -7000.0, 8000.0, 7000.0)
_QUAY_M = 130.0  # between the water and the riverside road: promenade
_BRIDGES = 7
# From this angle to the frame, degrees anticlockwise from east.
_RADIALS_DEG = (10, 74, 128, 178, 212, 312)


@dataclass(frozen=True, slots=True)
class Drawn:
    cls: str
    name: Name
    points: Line


@dataclass(frozen=True, slots=True)
class Place:
    name: Name | None
    cls: str
    area: BaseGeometry


@dataclass(frozen=True, slots=True)
class Lettering:
    name: Name
    kind: str
    rank: int
    at: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Plan:
    frame: tuple[float, float, float, float]
    roads: list[Drawn]
    water: list[Place]
    parks: list[Place]
    blocks: list[Place]
    areas: list[Place]
    labels: list[Lettering]


def to_lonlat(x: float, y: float) -> tuple[float, float]:
    """Metres east and north of the centre to WGS-84 degrees, to the decimetre."""
    across = _M_PER_DEG * math.cos(math.radians(CENTRE_LAT_DEG))
    return round(CENTRE_LON_DEG + x / across, 6), round(CENTRE_LAT_DEG + y / _M_PER_DEG, 6)


def draw(rng: Random) -> Plan:
    names = Names(rng)
    frame = box(*_FRAME)
    middle, wet = river(rng)
    narrow = creeks(rng)
    ponds = [
        blob(rng, at, r)
        for at, r in (((1900, -900), 420), ((-5600, 3700), 330), ((5100, -5000), 380))
    ]
    water = [Place(named.RIVER, "river", wet.intersection(frame))]
    water += [
        Place(name, "creek", area.difference(wet).intersection(frame))
        for name, (_, area) in zip(named.CREEKS, narrow, strict=True)
    ]
    water += [Place(name, "lake", pond) for name, pond in zip(named.LAKES, ponds, strict=True)]
    greens = [blob(rng, (1900, -900), 1050, 0.8), *(p.buffer(220) for p in ponds[1:])]
    greens += [
        blob(rng, at, r)
        for at, r in (((-5900, -2300), 420), ((4700, 2300), 460), ((-900, 4700), 380))
    ]

    banks = sorted(
        _polygons(frame.buffer(300).difference(wet.buffer(_QUAY_M))), key=lambda p: -p.area
    )[:2]
    grids = [
        _bank(rng, bank, turn, greens) for bank, turn in zip(banks, (0.19, -0.13), strict=True)
    ]
    streams = unary_union([area.buffer(8) for _, area in narrow])
    roads = _roads(
        rng, names, grids=grids, banks=banks, middle=middle,
        green=unary_union(greens), streams=streams,
    )  # fmt: skip
    roads = _within(roads, frame)
    areas = _areas(rng, grids, banks, frame)
    parks = _parks(rng, names, grids=grids, banks=banks, greens=greens, wet=wet, frame=frame)
    solid = unary_union([place.area for place in (*water, *parks)])
    blocks = _blocks(rng, grids, banks, solid, frame)
    labels = _labels(
        rng, names, areas=areas, parks=parks, water=water, middle=middle, narrow=narrow
    )
    return Plan(_FRAME, roads, water, parks, blocks, areas, labels)


def _bank(rng: Random, bank: Polygon, turn_rad: float, greens: list[Polygon]) -> Grid:
    near = prep(bank.buffer(500))
    green = prep(unary_union(greens).buffer(-150))
    return grid(
        rng,
        warp(rng, turn_rad),
        lambda xy: near.contains(Point(xy)) and not green.contains(Point(xy)),
    )


def _polygons(area: BaseGeometry) -> list[Polygon]:
    return [part for part in getattr(area, "geoms", [area]) if isinstance(part, Polygon)]


def _lines(shape: BaseGeometry) -> Iterable[Line]:
    for part in getattr(shape, "geoms", [shape]):
        if isinstance(part, LineString) and part.length > 25:
            yield list(part.coords)


def _roads(
    rng: Random,
    names: Names,
    *,
    grids: list[Grid],
    banks: list[Polygon],
    middle: Line,
    green: BaseGeometry,
    streams: BaseGeometry,
) -> list[Drawn]:
    roads = _motorways(names, rng)
    for bank, lines in zip(banks, grids, strict=True):
        roads.append(Drawn("secondary", names.of("滨江大道", "Riverside Avenue"), _quay(bank)))
        for cls, paths, cut_by in (
            ("primary", lines.primary, None),
            ("secondary", lines.secondary, green),
            ("street", lines.street, green.buffer(-20).union(streams)),
        ):
            clip = bank.buffer(5) if cut_by is None else bank.buffer(5).difference(cut_by)
            roads += _named_lines(rng, names, cls, paths, clip)
    trunk = unary_union([LineString(r.points) for r in roads if r.cls == "primary"])
    return roads + _bridges(rng, names, middle, trunk)


def _named_lines(
    rng: Random, names: Names, cls: str, paths: list[list[tuple[float, float]]], clip: BaseGeometry
) -> list[Drawn]:
    out = []
    ending = {
        "primary": ("大道", "Avenue"),
        "secondary": ("路", "Road"),
        "street": ("街", "Street"),
    }
    lines = shapely.linestrings  # one clip for all paths: the streets are many
    shapes = [lines(path) for path in paths]
    shapely.prepare(clip)
    lane = names.of(*ending[cls])
    for index, shape in enumerate(shapely.intersection(shapes, clip)):
        # a name for every road, but one for a dozen lanes: nobody reads more
        if cls != "street" or index % 14 == 0:
            lane = names.of(*ending[cls]) if rng.random() < 0.9 or cls != "street" else lane
        out += [Drawn(cls, lane, line) for line in _lines(shapely.simplify(shape, 2.5))]
    return out


def _quay(bank: Polygon) -> Line:
    """The riverside road: the bank's outline without the frame's."""
    edge = bank.exterior.intersection(box(*_FRAME).buffer(200))
    longest = max(_lines(shapely.line_merge(edge)), key=len)
    return list(LineString(longest).simplify(6).coords)


def _motorways(names: Names, rng: Random) -> list[Drawn]:
    ring = []
    phase = rng.uniform(0, math.tau)
    for i in range(73):
        a = math.tau * i / 72
        square = (abs(math.cos(a)) ** 3 + abs(math.sin(a)) ** 3) ** (-1 / 3)  # a rounded square
        r = 4500 * square * (1 + 0.035 * math.sin(3 * a + phase) + 0.02 * math.sin(5 * a))
        ring.append((1.12 * r * math.cos(a) + 200, r * math.sin(a) - 250))
    out = [Drawn("motorway", named.RING, ring)]
    inside = Polygon(ring).buffer(-5)
    for degrees in _RADIALS_DEG:
        a = math.radians(degrees + rng.uniform(-5, 5))
        bend = rng.choice((-1, 1)) * rng.uniform(0.05, 0.13)
        course = [
            (
                r * math.cos(a + bend * math.sin(r / 2100)) + 200,
                r * math.sin(a + bend * math.sin(r / 2100)) - 250,
            )
            for r in range(4300, 12800, 850)
        ]
        outside = LineString(spline(course, 5)).difference(inside)
        name = names.of("高架路", "Elevated Road")
        out += [Drawn("motorway", name, line) for line in _lines(outside)]
    across = [
        (-9000, -1700),
        (-5600, -1300),
        (-2900, -1650),
        (-400, -2300),
        (3400, -1900),
        (6000, -1300),
        (9000, -1500),
    ]
    out.append(Drawn("motorway", names.of("高架路", "Elevated Road"), spline(across, 8)))
    return out


def _bridges(rng: Random, names: Names, middle: Line, trunk: BaseGeometry) -> list[Drawn]:
    """Primary roads over the river, from the nearest one on this bank to that on the other."""
    out = []
    line = LineString(middle)
    for i in range(_BRIDGES):
        at = line.length * (0.17 + 0.66 * (i + rng.uniform(-0.2, 0.2)) / (_BRIDGES - 1))
        here, ahead = line.interpolate(at), line.interpolate(at + 30)
        dx, dy = ahead.x - here.x, ahead.y - here.y
        length = math.hypot(dx, dy)
        ends = []
        for side in (1, -1):
            nx, ny = -dy / length * side, dx / length * side
            ray = LineString([(here.x, here.y), (here.x + nx * 2600, here.y + ny * 2600)])
            met = shapely.get_coordinates(ray.intersection(trunk))
            distances = sorted(math.hypot(x - here.x, y - here.y) for x, y in met)
            if distances:
                far = distances[0] + 6
                ends.append((here.x + nx * far, here.y + ny * far))
        if len(ends) == 2:
            out.append(
                Drawn("primary", names.of("大桥", "Bridge"), [ends[0], (here.x, here.y), ends[1]])
            )
    return out


def _within(roads: list[Drawn], frame: BaseGeometry) -> list[Drawn]:
    return [
        Drawn(road.cls, road.name, line)
        for road in roads
        for line in _lines(LineString(road.points).intersection(frame))
    ]


def _areas(
    rng: Random, grids: list[Grid], banks: list[Polygon], frame: BaseGeometry
) -> list[Place]:
    """Squads' areas, bounded by through roads: cells gathered round a seed each."""
    out = []
    pool = list(named.AREAS)
    for bank, lines in zip(banks, grids, strict=True):
        clip = bank.buffer(_QUAY_M).intersection(frame)
        cells = [Polygon(ring).buffer(0) for ring in lines.cells]
        cells = [cell for cell in cells if cell.intersects(clip)]
        count = max(3, round(len(named.AREAS) * clip.area / frame.area))
        seeds = _spread(
            rng, [cell.centroid for cell in cells if clip.contains(cell.centroid)], count
        )
        groups: list[list[Polygon]] = [[] for _ in seeds]
        for cell in cells:
            nearest = min(range(len(seeds)), key=lambda i: cell.centroid.distance(seeds[i]))
            groups[nearest].append(cell)
        for group in groups:
            whole = unary_union([cell.buffer(6, join_style="mitre") for cell in group])
            parts = _polygons(whole.buffer(160).buffer(-160).intersection(clip))
            if parts and pool:
                largest = max(parts, key=lambda part: part.area)
                out.append(Place(pool.pop(0), "area", Polygon(largest.exterior).simplify(4)))
    return out


def _spread(rng: Random, points: list[Point], count: int) -> list[Point]:
    """Seeds far from each other, then moved to the middle of what is nearest (k-means)."""
    seeds = [rng.choice(points)]
    while len(seeds) < count:
        seeds.append(max(points, key=lambda p: min(p.distance(s) for s in seeds)))
    for _ in range(6):
        groups: list[list[Point]] = [[] for _ in seeds]
        for point in points:
            groups[min(range(len(seeds)), key=lambda i: point.distance(seeds[i]))].append(point)
        seeds = [
            Point(sum(p.x for p in g) / len(g), sum(p.y for p in g) / len(g)) for g in groups if g
        ]
    return seeds


def _parks(
    rng: Random,
    names: Names,
    *,
    grids: list[Grid],
    banks: list[Polygon],
    greens: list[Polygon],
    wet: BaseGeometry,
    frame: BaseGeometry,
) -> list[Place]:
    parks = [
        Place(
            named.CENTRAL_PARK if i == 0 else names.of("公园", "Park"),
            "park",
            area.difference(wet).intersection(frame),
        )
        for i, area in enumerate(greens)
    ]
    promenade = wet.buffer(_QUAY_M - 12).difference(wet).intersection(frame)
    parks.append(Place(None, "promenade", promenade))
    taken = prep(unary_union(greens).buffer(60))
    for bank, lines in zip(banks, grids, strict=True):
        inside = prep(bank.intersection(frame))
        for ring in lines.blocks:
            block = Polygon(ring)
            if rng.random() < 0.045 and inside.contains(block) and not taken.intersects(block):
                name = names.of("绿地", "Green") if block.area > 45_000 else None
                parks.append(Place(name, "park", block))
    return parks


def _blocks(
    rng: Random, grids: list[Grid], banks: list[Polygon], solid: BaseGeometry, frame: BaseGeometry
) -> list[Place]:
    """Some blocks have a ground colour of their own: offices, campuses, works."""
    out = []
    taken = prep(solid)
    for bank, lines in zip(banks, grids, strict=True):
        inside = prep(bank.intersection(frame))
        for ring in lines.blocks:
            block = Polygon(ring)
            if not inside.contains(block) or taken.intersects(block):
                continue
            far = math.hypot(block.centroid.x, block.centroid.y)
            if rng.random() < (0.5 if far < 3200 else 0.12):
                cls = "office" if far < 3200 else rng.choice(("campus", "works"))
                out.append(Place(None, cls, shapely.simplify(block, 6)))
    return out


def _labels(
    rng: Random,
    names: Names,
    *,
    areas: list[Place],
    parks: list[Place],
    water: list[Place],
    middle: Line,
    narrow: list[tuple[list[tuple[float, float]], BaseGeometry]],
) -> list[Lettering]:
    out = []
    for place in areas:
        if place.name:
            spot = place.area.representative_point()
            out.append(Lettering(place.name, "area", 1, (spot.x, spot.y)))
    line = LineString(middle)
    out += [
        Lettering(named.RIVER, "water", 1, line.interpolate(s, normalized=True).coords[0])
        for s in (0.25, 0.47, 0.7)
    ]
    for name, (course, _) in zip(named.CREEKS, narrow, strict=True):
        out.append(
            Lettering(
                name, "water", 3, LineString(course).interpolate(0.4, normalized=True).coords[0]
            )
        )
    for place in (*water, *parks):
        if place.name and place.cls in ("lake", "park"):
            spot = place.area.representative_point()
            rank = 2 if place.area.area > 300_000 else 3
            out.append(
                Lettering(
                    place.name, "park" if place.cls == "park" else "water", rank, (spot.x, spot.y)
                )
            )
    solid = prep(unary_union([place.area for place in (*water, *parks)]).buffer(80))
    taken = [label.at for label in out]
    for _ in range(400):
        at = rng.uniform(-7700, 7700), rng.uniform(-6700, 6700)
        if solid.contains(Point(at)) or min(math.dist(at, other) for other in taken) < 950:
            continue
        taken.append(at)
        ending = rng.choice(
            (("里", "Li"), ("新村", "Estate"), ("坊", "Fang"), ("镇", "Town"), ("广场", "Plaza"))
        )
        out.append(Lettering(names.of(*ending), "place", 3, at))
    return out
