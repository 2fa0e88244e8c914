"""Stretches of street for the squads of a demonstration district to walk along."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from devices.simulator.roster import Roster
from devices.simulator.streets import Graph, Streets

SEGMENTS_A_SQUAD: Final = 3
LENGTH_M: Final = 500.0
LENGTH_MIN_M: Final = 150.0

Roads = dict[str, dict[int, list[int]]]  # name of a street: its nodes, and those next to each


@dataclass(frozen=True, slots=True)
class Segment:
    squad: int
    name: str
    grade: int
    line: tuple[tuple[float, float], ...]  # lon, lat


def segments(roster: Roster, streets: Streets, graph: Graph) -> Iterator[Segment]:
    """A stretch of the street before some points of each squad; no street twice."""
    roads = _roads(graph)
    used: set[str] = set()
    for squad in roster.squads:
        found = 0
        for point in roster.points_of(squad.no):
            for street in streets.names[point.node]:
                nodes = _stretch(streets, roads.get(street, {}), point.node)
                if found == SEGMENTS_A_SQUAD or street in used or not nodes:
                    continue
                used.add(street)
                found += 1
                places = tuple(streets.frame.degrees(streets.places[node]) for node in nodes)
                yield Segment(squad.no, _name(streets, street, nodes), point.grade, places)


def _roads(graph: Graph) -> Roads:
    roads: Roads = {}
    for a, b, kind, name in graph.edges:
        if name and kind != "motorway":
            next_to = roads.setdefault(name, {})
            next_to.setdefault(a, []).append(b)
            next_to.setdefault(b, []).append(a)
    return roads


def _stretch(streets: Streets, next_to: dict[int, list[int]], start: int) -> list[int]:
    """From a node along the street, both ways, until it is long enough; empty when too short."""
    nodes, length_m = [start], 0.0
    for _ in range(2):
        while length_m < LENGTH_M:
            ahead = [node for node in next_to.get(nodes[-1], ()) if node not in nodes]
            if not ahead:
                break
            lengths = {to: metres for to, metres, _ in streets.roads[nodes[-1]]}
            length_m += lengths[ahead[0]]
            nodes.append(ahead[0])
        nodes.reverse()
    return nodes if length_m >= LENGTH_MIN_M else []


def _name(streets: Streets, street: str, nodes: Sequence[int]) -> str:
    """The street and where the stretch begins and ends, where other streets meet it."""
    ends = [
        next((name for name in streets.names[node] if name != street), "")
        for node in (nodes[0], nodes[-1])
    ]
    return f"{street}（{ends[0]}—{ends[1]}）" if all(ends) else street
