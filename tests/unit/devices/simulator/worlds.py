"""A small town for the fleet: a grid of streets, 200 m apart, with a ring road."""

from dataclasses import dataclass, field

from devices.simulator.fleet import Fleet
from devices.simulator.roster import Sizes, make
from devices.simulator.voice import Message

START_S = 1_772_323_200.0  # 2026-03-01T00:00:00Z
SIDE = 12
LON0, LAT0, STEP_LON, STEP_LAT = 121.46, 31.22, 0.0021, 0.0018
SMALL = Sizes(
    officers=12, vehicles=4, cameras=8, docks=2, points=16, cylinders=3, squads=2, brigades=1
)


@dataclass(frozen=True)
class Town:
    nodes: list[tuple[float, float]]
    edges: list[tuple[int, int, str, str]]


@dataclass(frozen=True)
class Quarter:
    name_zh: str
    name_en: str
    ring: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class City:
    graph: Town
    areas: list[Quarter]
    bounds: tuple[float, float, float, float] = field(
        default=(LON0, LAT0, LON0 + SIDE * STEP_LON, LAT0 + SIDE * STEP_LAT)
    )


def city() -> City:
    nodes = [(LON0 + x * STEP_LON, LAT0 + y * STEP_LAT) for y in range(SIDE) for x in range(SIDE)]
    edges = []
    for y in range(SIDE):
        for x in range(SIDE):
            here = y * SIDE + x
            kind = "primary" if y == 0 or x == 0 else "street"
            if x + 1 < SIDE:
                edges.append((here, here + 1, kind, f"横{y}路"))
            if y + 1 < SIDE:
                edges.append((here, here + SIDE, kind, f"纵{x}路"))
    half = LON0 + (SIDE / 2 - 0.5) * STEP_LON
    west, east = LON0 - STEP_LON, LON0 + SIDE * STEP_LON
    south, north = LAT0 - STEP_LAT, LAT0 + SIDE * STEP_LAT
    areas = [
        Quarter(name, name, ((a, south), (b, south), (b, north), (a, north), (a, south)))
        for name, a, b in (("西", west, half), ("东", half, east))
    ]
    return City(Town(nodes, edges), areas)


def fleet(seed: int = 1, sizes: Sizes = SMALL, speed: float = 1.0) -> Fleet:
    roster, streets = make(city(), seed, sizes)
    return Fleet(roster, streets, START_S, speed)


def play(one: Fleet, seconds: float, every_s: float = 1.0) -> list[Message]:
    """Everything said in that time, stepping the virtual clock."""
    said: list[Message] = []
    for number in range(1, round(seconds / every_s) + 1):
        said += one.step(one.start_s + number * every_s)
    return said
