"""Who and what a simulated district has: squads, their points, people and devices.

A roster is a function of the seed, the city and the sizes. The database is seeded from it
and the fleet moves by it, so that both speak of the same points and tags.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Protocol

from devices.simulator.streets import Frame, Graph, Place, Streets, distance_m


class Area(Protocol):
    @property
    def name_zh(self) -> str: ...
    @property
    def name_en(self) -> str: ...
    @property
    def ring(self) -> Sequence[tuple[float, float]]: ...  # lon, lat


class City(Protocol):
    """What of a generated city a roster needs."""

    @property
    def graph(self) -> Graph: ...
    @property
    def areas(self) -> Sequence[Area]: ...
    @property
    def bounds(self) -> tuple[float, float, float, float]: ...  # west, south, east, north


@dataclass(frozen=True, slots=True)
class Sizes:
    officers: int = 120
    vehicles: int = 24
    cameras: int = 118  # two officers short of one each
    docks: int = 8
    points: int = 80
    cylinders: int = 40
    squads: int = 6
    brigades: int = 2


@dataclass(frozen=True, slots=True)
class Squad:
    no: int
    brigade: int
    name_zh: str
    name_en: str
    ring: tuple[tuple[float, float], ...]  # lon, lat
    station: int  # street node of the squad's house


@dataclass(frozen=True, slots=True)
class PatrolPoint:
    no: int
    squad: int
    name: str
    node: int
    lon_deg: float
    lat_deg: float
    tag: str  # NFC UID of seven bytes, upper case hex
    grade: int


@dataclass(frozen=True, slots=True)
class Person:
    badge: str
    name: str
    squad: int


@dataclass(frozen=True, slots=True)
class Device:
    id: str  # the MQTT user name
    kind: str
    squad: int
    name: str
    label: str
    period_s: int
    person: str | None = None  # badge
    owner: str | None = None  # a camera's officer device
    live: bool = True  # a camera that is heard only at docks is not


@dataclass(frozen=True, slots=True)
class Roster:
    seed: int
    sizes: Sizes
    frame: Frame
    squads: tuple[Squad, ...]
    points: tuple[PatrolPoint, ...]
    people: tuple[Person, ...]
    devices: tuple[Device, ...]

    def of_kind(self, kind: str) -> list[Device]:
        return [device for device in self.devices if device.kind == kind]

    def points_of(self, squad: int) -> list[PatrolPoint]:
        return [point for point in self.points if point.squad == squad]


SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高罗郑梁谢宋唐许韩冯邓曹"
    "彭曾萧田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖"
)
GIVEN_FIRST = "伟建国志文明晓海永春雪玉秀丽金少俊家宏立子振光天正思嘉佳雨欣雅静慧美"
GIVEN_SECOND = "强军平华东辉刚杰峰勇斌超鹏波涛磊洋敏芳娟艳燕玲霞萍红英兰琴云洁莉倩颖琳晨宇航轩然怡"
PLACES = (
    *("菜场", "地铁口", "小学门口", "医院东门", "商业街", "公交枢纽", "步行街", "夜市"),
    *("公园门", "农贸市场", "中学门口", "文化广场", "建材市场", "老街", "高架桥下", "工地围挡"),
)
LIVELY_SHARE = 0.25  # of an area: points lie where people are, near the middle


def make(city: City, seed: int, sizes: Sizes = Sizes()) -> tuple[Roster, Streets]:
    """The roster of this seed and the streets it lives on."""
    rng = Random(f"roster/{seed}")  # noqa: S311
    west, south, east, north = city.bounds
    frame = Frame((west + east) / 2, (south + north) / 2)
    streets = Streets(city.graph, frame)
    squads = tuple(_squads(city, streets, sizes))
    points = tuple(_points(rng, streets, squads, sizes))
    people = tuple(_people(rng, sizes))
    devices = tuple(_devices(rng, people, sizes))
    return Roster(seed, sizes, frame, squads, points, people, devices), streets


def _squads(city: City, streets: Streets, sizes: Sizes) -> Iterator[Squad]:
    """One area each; with more squads than areas two squads share one."""
    for no in range(sizes.squads):
        area = city.areas[no % len(city.areas)]
        ring = tuple((lon, lat) for lon, lat in area.ring)
        corners = [streets.frame.metres(*corner) for corner in ring]
        middle = _middle(corners)
        within = streets.within(ring)
        near = within or [streets.nearest(middle)]
        station = min(near, key=lambda node: distance_m(streets.places[node], middle))
        turn = no // len(city.areas)
        yield Squad(
            no,
            no * sizes.brigades // sizes.squads,
            area.name_zh + (f"{turn + 1}" if turn else ""),
            area.name_en + (f" {turn + 1}" if turn else ""),
            ring,
            station,
        )


def _middle(corners: Sequence[Place]) -> Place:
    """The middle of the box around; good enough for where a station stands."""
    east = [corner[0] for corner in corners]
    north = [corner[1] for corner in corners]
    return ((min(east) + max(east)) / 2, (min(north) + max(north)) / 2)


def _points(
    rng: Random, streets: Streets, squads: Sequence[Squad], sizes: Sizes
) -> Iterator[PatrolPoint]:
    """Points at street corners of each squad's area, spread out, dealt in turn."""
    homes = {squad.no: _corners(rng, streets, squad, sizes) for squad in squads}
    used: set[str] = set()
    for no in range(sizes.points):
        squad = squads[no % len(squads)]
        place = no // len(squads)
        choice = homes[squad.no]
        node = choice[place % len(choice)]
        east, north = streets.places[node]
        lon, lat = streets.frame.degrees((east + rng.uniform(-6, 6), north + rng.uniform(-6, 6)))
        name = _name(rng, streets.names[node], squad, used)
        tag = "04" + "".join(f"{rng.randrange(256):02X}" for _ in range(6))
        yield PatrolPoint(no, squad.no, name, node, lon, lat, tag, rng.choice((1, 2, 2, 3)))


def _corners(rng: Random, streets: Streets, squad: Squad, sizes: Sizes) -> list[int]:
    """Nodes of an area, each the farthest from those before it among a handful drawn."""
    within = streets.within(squad.ring)
    crossings = [node for node in within if len(streets.roads[node]) >= 3]
    middle = streets.places[squad.station]
    crossings.sort(key=lambda node: distance_m(streets.places[node], middle))
    wanted = -(-sizes.points // sizes.squads)
    lively = crossings[: max(2 * wanted, round(len(crossings) * LIVELY_SHARE))]
    pool = lively or within or [squad.station]
    wanted = min(wanted, len(pool))
    chosen = [rng.choice(pool)]
    while len(chosen) < wanted:
        drawn = [node for node in rng.sample(pool, min(5, len(pool))) if node not in chosen]
        if drawn:
            chosen.append(max(drawn, key=lambda node: _lonely_m(streets, node, chosen)))
    return chosen


def _lonely_m(streets: Streets, node: int, others: Sequence[int]) -> float:
    return min(distance_m(streets.places[node], streets.places[other]) for other in others)


def _name(rng: Random, names: Sequence[str], squad: Squad, used: set[str]) -> str:
    """A name people would use: two streets that meet, or a street and what stands there."""
    street = names[0] if names else squad.name_zh
    options = [f"{street}{what}" for what in rng.sample(PLACES, len(PLACES))]
    if len(names) > 1:
        options.insert(0, f"{names[0]}{names[1]}路口".replace("路路口", "路口"))
    options += [f"{options[0]}{number}号" for number in range(2, 2000)]
    name = next(option for option in options if option not in used)
    used.add(name)
    return name


def _people(rng: Random, sizes: Sizes) -> Iterator[Person]:
    for no in range(sizes.officers):
        given = rng.choice(GIVEN_FIRST) * (rng.random() < 0.75) + rng.choice(GIVEN_SECOND)
        yield Person(f"31{no + 1:05d}", rng.choice(SURNAMES) + given, no % sizes.squads)


def _devices(rng: Random, people: Sequence[Person], sizes: Sizes) -> Iterator[Device]:
    for no, person in enumerate(people):
        yield Device(f"officer-{no + 1:04d}", "officer", person.squad, person.name,
                     person.badge, 10, person.badge)  # fmt: skip
    for no in range(sizes.vehicles):
        plate = f"沪{rng.choice('ABCDEFGH')}{rng.randrange(100_000):05d}"
        yield Device(f"vehicle-{no + 1:03d}", "vehicle", no % sizes.squads, f"执法车 {no + 1:03d}",
                     plate, 10)  # fmt: skip
    live = set(rng.sample(range(sizes.cameras), sizes.cameras // 4))
    for no in range(sizes.cameras):
        owner = people[no % len(people)] if people else None
        yield Device(
            f"camera-{no + 1:04d}", "camera", owner.squad if owner else no % sizes.squads,
            f"记录仪 {no + 1:04d}", f"DSJ-{no + 1:04d}", 30,
            owner.badge if owner else None,
            f"officer-{no % len(people) + 1:04d}" if people else None,
            no in live,
        )  # fmt: skip
    for no in range(sizes.docks):
        yield Device(f"dock-{no + 1:02d}", "dock", no % sizes.squads, f"采集站 {no + 1:02d}",
                     f"CJZ-{no + 1:02d}", 60)  # fmt: skip
    if sizes.cylinders:
        for name, title in SCANNERS:
            yield Device(name, "scanner", 0, title, name[8:].upper(), 60)


SCANNERS = (
    ("scanner-fill", "充装站扫描枪"),
    ("scanner-depot", "供应站扫描枪"),
    ("scanner-courier-1", "送气工扫描枪 1"),
    ("scanner-courier-2", "送气工扫描枪 2"),
    ("scanner-courier-3", "送气工扫描枪 3"),
    ("scanner-courier-4", "送气工扫描枪 4"),
)
