"""Where gas went and where it came from: rounds of cylinders joined to a graph. Pure.

A round is a filling and what follows it, up to the next filling of the same cylinder: what was
in the cylinder did not change in between. Domain reference E.2, E.3; feature G4.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby, pairwise
from typing import Any, Final

Shape = dict[str, Any]
DIRECTIONS: Final = ("both", "forward", "backward")
_RELEASES: Final = ("return", "handover", "load", "stock_in", "fill", "prefill_check", "deliver")


@dataclass(frozen=True, slots=True)
class Step:
    """An event, with the names it gives."""

    code: str
    event_id: str
    at: datetime
    type: str
    site: str | None = None
    user: str | None = None
    vehicle: str | None = None
    courier: str | None = None
    giver: str | None = None
    taker: str | None = None
    scale: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Round:
    code: str
    steps: list[Step]

    @property
    def fill(self) -> Step | None:
        return self.steps[0] if self.steps and self.steps[0].type == "fill" else None


@dataclass(slots=True)
class Graph:
    """How many cylinders went along each edge; a node is `kind:name`."""

    nodes: Counter[str] = field(default_factory=Counter)
    edges: Counter[tuple[str, str]] = field(default_factory=Counter)


def rounds(steps: Iterable[Step]) -> list[Round]:
    """Of steps by cylinder and time."""
    found = []
    for code, life in groupby(steps, key=lambda step: step.code):
        part: list[Step] = []
        for step in life:
            if step.type == "fill" and part:
                found.append(Round(code, part))
                part = []
            part.append(step)
        found.append(Round(code, part))
    return found


def touching(
    all_rounds: Iterable[Round], seeds: Mapping[str, Sequence[datetime]], direction: str
) -> list[Round]:
    """Rounds in which a seed lies, cut before or after it where only one way is asked."""
    found = []
    for one in all_rounds:
        first, last = one.steps[0].at, one.steps[-1].at
        hits = [at for at in seeds.get(one.code, ()) if first <= at <= last]
        if not hits:
            continue
        steps = one.steps
        if direction == "forward":
            steps = [step for step in steps if step.at >= min(hits)]
        elif direction == "backward":
            steps = [step for step in steps if step.at <= max(hits)]
        found.append(Round(one.code, steps))
    return found


def nodes_of(step: Step, sites: frozenset[str]) -> list[str]:
    """Whom a step touches, in the order in which the cylinder passes them."""

    def party(name: str | None) -> str | None:
        if name is None:
            return None
        return f"site:{name}" if name in sites else f"courier:{name}"

    site = step.site and f"site:{step.site}"
    vehicle = step.vehicle and f"vehicle:{step.vehicle}"
    courier = step.courier and f"courier:{step.courier}"
    user = step.user and f"user:{step.user}"
    order = {
        "load": (site, vehicle), "unload": (vehicle, site),
        "handover": (party(step.giver), party(step.taker)),
        "deliver": (courier, user), "return": (user, courier or site),
    }.get(step.type, (site, vehicle, courier, user))  # fmt: skip
    return [name for name in order if name]


def graph_of(found: Iterable[Round], sites: frozenset[str]) -> Graph:
    graph = Graph()
    for one in found:
        way: list[str] = []
        for step in one.steps:
            for node in nodes_of(step, sites):
                if not way or way[-1] != node:
                    way.append(node)
        graph.nodes.update(set(way))
        graph.edges.update(set(pairwise(way)))
    return graph


def households(found: Iterable[Round]) -> list[Shape]:
    """Each delivery: to whom, when, of which filling, and whether it is there still."""
    rows = []
    for one in found:
        for no, step in enumerate(one.steps):
            if step.type != "deliver" or not step.user:
                continue
            gone = next((x.at for x in one.steps[no + 1 :] if x.type in _RELEASES), None)
            fill = one.fill
            rows.append({
                "user": step.user, "code": one.code, "delivered_at": step.at,
                "returned_at": gone, "courier": step.courier, "address": step.address,
                "fill_id": fill and fill.event_id, "filled_at": fill and fill.at,
                "station": fill and fill.site,
            })  # fmt: skip
    return sorted(rows, key=lambda row: (row["returned_at"] is not None, row["delivered_at"]))
