"""From drawn roads to a street graph: cut where they meet, keep what hangs together."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import shapely

from devices.simulator.city_plan import Drawn, to_lonlat

_SAME_M = 1.0  # corners closer than this are one node
_STUB_M = 15.0  # a dead end this short is an overshoot of the drawing, not a street


@dataclass(frozen=True, slots=True)
class Graph:
    """A street graph. Edges are straight and may be used both ways."""

    nodes: list[tuple[float, float]]  # lon, lat
    edges: list[tuple[int, int, str, str]]  # node, node, class, Chinese name


def weave(roads: Sequence[Drawn]) -> Graph:
    """The largest connected street graph of these roads (metres in, degrees out)."""
    cuts = _cuts(roads)
    corners: dict[tuple[int, int], int] = {}
    places: list[tuple[float, float]] = []
    links: dict[tuple[int, int], tuple[str, str]] = {}
    for index, road in enumerate(roads):
        previous = None
        for x, y in _with_cuts(road, cuts.get(index, ())):
            key = (round(x / _SAME_M), round(y / _SAME_M))
            if key not in corners:
                corners[key] = len(places)
                places.append((x, y))
            node = corners[key]
            if previous is not None and previous != node:
                links.setdefault(
                    (min(previous, node), max(previous, node)), (road.cls, road.name.zh)
                )
            previous = node
    _drop_stubs(links, places)
    return _largest(links, places)


def _cuts(roads: Sequence[Drawn]) -> dict[int, list[float]]:
    """Where each road meets others: distances along it, by index."""
    lines = shapely.linestrings([p for road in roads for p in road.points], indices=[
        index for index, road in enumerate(roads) for _ in road.points
    ])  # fmt: skip
    one, other = shapely.STRtree(lines).query(lines, predicate="intersects")
    pairs = [
        (int(a), int(b))
        for a, b in zip(one, other, strict=True)
        if a < b and _meet(roads[a], roads[b])
    ]
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    crossings = shapely.intersection(lines[first], lines[second])
    points, owner = shapely.get_coordinates(crossings, return_index=True)
    found: dict[int, list[float]] = defaultdict(list)
    spots = shapely.points(points)
    for side in (first, second):
        along = shapely.line_locate_point(lines[[side[i] for i in owner]], spots)
        for i, distance in zip(owner, along, strict=True):
            found[side[i]].append(float(distance))
    return found


def _meet(a: Drawn, b: Drawn) -> bool:
    """Motorways run above: one leaves them only for a primary road."""
    classes = {a.cls, b.cls}
    return "motorway" not in classes or classes <= {"motorway", "primary"}


def _with_cuts(road: Drawn, cuts: Iterable[float]) -> list[tuple[float, float]]:
    out = []
    waiting = sorted(cuts)
    gone = 0.0
    for (ax, ay), (bx, by) in zip(road.points, road.points[1:], strict=False):
        out.append((ax, ay))
        length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
        while waiting and waiting[0] <= gone + length:
            share = (waiting.pop(0) - gone) / length if length else 0.0
            out.append((ax + share * (bx - ax), ay + share * (by - ay)))
        gone += length
    out.append(road.points[-1])
    return out


def _drop_stubs(
    links: dict[tuple[int, int], tuple[str, str]], places: list[tuple[float, float]]
) -> None:
    degree: dict[int, int] = defaultdict(int)
    for a, b in links:
        degree[a] += 1
        degree[b] += 1
    for a, b in list(links):
        (ax, ay), (bx, by) = places[a], places[b]
        short = (ax - bx) ** 2 + (ay - by) ** 2 < _STUB_M**2
        if short and 1 in (degree[a], degree[b]):
            del links[a, b]


def _largest(
    links: dict[tuple[int, int], tuple[str, str]], places: list[tuple[float, float]]
) -> Graph:
    near: dict[int, list[int]] = defaultdict(list)
    for a, b in links:
        near[a].append(b)
        near[b].append(a)
    seen: set[int] = set()
    best: list[int] = []
    for start in near:
        if start in seen:
            continue
        seen.add(start)
        group = [start]
        for node in group:  # grows while we walk it
            fresh = [n for n in near[node] if n not in seen]
            seen.update(fresh)
            group.extend(fresh)
        best = max(best, group, key=len)
    number = {node: i for i, node in enumerate(sorted(best))}
    return Graph(
        nodes=[to_lonlat(*places[node]) for node in sorted(best)],
        edges=[
            (number[a], number[b], cls, name)
            for (a, b), (cls, name) in links.items()
            if a in number
        ],
    )
