"""The street graph in metres: where one can go, how far it is, and the way there.

A flat frame around the middle of the city serves well within a district: east and north
in metres, converted to degrees only when a reading is told.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

METRES_A_DEGREE = 111_194.93  # of latitude, on the sphere of 6,371,008.8 m

Place = tuple[float, float]  # east, north in metres


class Graph(Protocol):
    """The part of a generated city that movement needs: places in degrees, joined."""

    @property
    def nodes(self) -> Sequence[tuple[float, float]]: ...  # lon, lat

    @property
    def edges(self) -> Sequence[tuple[int, int, str, str]]: ...  # from, to, class, name


@dataclass(frozen=True, slots=True)
class Frame:
    """Degrees to metres and back around one origin.

    >>> frame = Frame(121.47, 31.23)
    >>> frame.degrees(frame.metres(121.48, 31.24))
    (121.48, 31.24)
    """

    lon_deg: float
    lat_deg: float

    def metres(self, lon_deg: float, lat_deg: float) -> Place:
        return (
            (lon_deg - self.lon_deg) * METRES_A_DEGREE * math.cos(math.radians(self.lat_deg)),
            (lat_deg - self.lat_deg) * METRES_A_DEGREE,
        )

    def degrees(self, place: Place) -> tuple[float, float]:
        """lon, lat to the seventh decimal: a centimetre."""
        east_deg = place[0] / (METRES_A_DEGREE * math.cos(math.radians(self.lat_deg)))
        return (
            round(self.lon_deg + east_deg, 7),
            round(self.lat_deg + place[1] / METRES_A_DEGREE, 7),
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One stretch of a way: where it ends and the class of the street."""

    to: Place
    street: str


def distance_m(a: Place, b: Place) -> float:
    return math.hypot(b[0] - a[0], b[1] - a[1])


class Streets:
    """A graph made ready for finding ways. Immutable but for a memory of ways and areas."""

    WAYS_KEPT = 20_000

    def __init__(self, graph: Graph, frame: Frame) -> None:
        self.frame = frame
        self.places: list[Place] = [frame.metres(*node) for node in graph.nodes]
        self.roads: list[list[tuple[int, float, str]]] = [[] for _ in self.places]
        self.names: list[list[str]] = [[] for _ in self.places]
        for a, b, street, name in graph.edges:
            length_m = distance_m(self.places[a], self.places[b])
            self.roads[a].append((b, length_m, street))
            self.roads[b].append((a, length_m, street))
            for end in (a, b):
                if name and name not in self.names[end]:
                    self.names[end].append(name)
        self.joined = self._largest_piece()
        self._within: dict[tuple[tuple[float, float], ...], list[int]] = {}
        self._ways: dict[tuple[int, int, bool], list[Step]] = {}

    def nearest(self, place: Place) -> int:
        """The node of the connected piece nearest to a place."""
        return min(self.joined, key=lambda node: distance_m(self.places[node], place))

    def within(self, ring: Sequence[tuple[float, float]]) -> list[int]:
        """The nodes of the connected piece inside a ring of (lon, lat); remembered by ring."""
        key = tuple(ring)
        if key not in self._within:
            corners = [self.frame.metres(*corner) for corner in key]
            west, east = min(x for x, _ in corners), max(x for x, _ in corners)
            south, north = min(y for _, y in corners), max(y for _, y in corners)
            places = self.places
            self._within[key] = [
                node
                for node in self.joined
                if west <= places[node][0] <= east
                and south <= places[node][1] <= north
                and inside(places[node], corners)
            ]
        return self._within[key]

    def way(self, start: int, end: int, *, on_foot: bool) -> list[Step]:
        """The shortest way between two nodes; empty when they are the same.

        On foot every street is as good as another but a motorway is shut; a vehicle
        prefers fast streets.
        """
        key = (start, end, on_foot)
        if key not in self._ways:
            if len(self._ways) >= self.WAYS_KEPT:
                self._ways.clear()
            self._ways[key] = self._find(start, end, on_foot)
        return self._ways[key]

    def _find(self, start: int, end: int, on_foot: bool) -> list[Step]:
        """A* with the straight line as the estimate."""
        goal = self.places[end]
        cost = {start: 0.0}
        came: dict[int, tuple[int, str]] = {}
        waiting = [(distance_m(self.places[start], goal), start)]
        while waiting:
            _, node = heapq.heappop(waiting)
            if node == end:
                break
            for to, length_m, street in self.roads[node]:
                reached = cost[node] + length_m * _effort(street, on_foot)
                if reached < cost.get(to, math.inf):
                    cost[to] = reached
                    came[to] = (node, street)
                    estimate = distance_m(self.places[to], goal) * (1 if on_foot else 0.5)
                    heapq.heappush(waiting, (reached + estimate, to))
        steps: list[Step] = []
        node = end
        while node in came and node != start:
            before, street = came[node]
            steps.append(Step(self.places[node], street))
            node = before
        return steps[::-1]

    def _largest_piece(self) -> list[int]:
        seen: set[int] = set()
        best: list[int] = []
        for first in range(len(self.places)):
            if first in seen:
                continue
            piece, waiting = [], [first]
            seen.add(first)
            while waiting:
                node = waiting.pop()
                piece.append(node)
                for to, _, _ in self.roads[node]:
                    if to not in seen:
                        seen.add(to)
                        waiting.append(to)
            best = max(best, piece, key=len)
        return sorted(best)


def _effort(street: str, on_foot: bool) -> float:
    """What a metre costs: a walker avoids motorways, a driver small streets."""
    if on_foot:
        return 20.0 if street == "motorway" else 1.0
    return {"motorway": 0.5, "primary": 0.7, "secondary": 0.85}.get(street, 1.2)


def inside(place: Place, ring: Sequence[Place]) -> bool:
    """Even-odd rule; the ring may or may not repeat its first place."""
    x, y = place
    within = False
    before = ring[-1]
    for corner in ring:
        if (corner[1] > y) != (before[1] > y):
            cut = (before[0] - corner[0]) * (y - corner[1]) / (before[1] - corner[1]) + corner[0]
            within ^= x < cut
        before = corner
    return within
