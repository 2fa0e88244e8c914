"""What a demonstration district consists of, as values; `district_io` puts it in a database.

A function of the seed, the sizes and the hour: the same words give the same district.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from app.district_segments import Segment, segments
from devices.simulator.city import generate
from devices.simulator.roster import Device, PatrolPoint, Person, Roster, Sizes, make
from devices.simulator.rounds import beats
from devices.simulator.streets import Streets, distance_m

BUREAU = "澜江区城市管理行政执法局"
BRIGADES = ("第一大队", "第二大队", "第三大队", "第四大队", "第五大队", "第六大队")
POINT_RADIUS_M = 50.0
POINT_DWELL_S = 60.0
MARKET_HALF_M = (160.0, 110.0)
FORBIDDEN_HALF_M = (70.0, 50.0)

# Short, so that a visitor sees verdicts change within minutes: each point is due for a
# quarter of an hour in every hour, the points one after the other.
WINDOW_EVERY = timedelta(minutes=60)
WINDOW = timedelta(minutes=15)
WINDOW_DUE = timedelta(minutes=10)
WINDOW_GRACE_S = 120
WINDOW_DWELL_S = 60
WINDOWS_AHEAD = timedelta(hours=24)
SHIFTS_AHEAD = timedelta(hours=26)


@dataclass(frozen=True, slots=True)
class Org:
    key: str  # bureau, brigade/0, squad/0 …
    parent: str | None
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Fence:
    org: str
    name: str
    purpose: str
    ring: tuple[tuple[float, float], ...]  # lon, lat; closed
    dwell_s: float | None


@dataclass(frozen=True, slots=True)
class Window:
    point: int
    opens_at: datetime
    due_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Shift:
    """An officer on duty for the points of the beat."""

    device: str
    squad: int
    tags: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class District:
    seed: int
    orgs: tuple[Org, ...]  # parents first
    people: tuple[Person, ...]
    devices: tuple[Device, ...]
    points: tuple[PatrolPoint, ...]
    fences: tuple[Fence, ...]
    windows: tuple[Window, ...]
    shifts: tuple[Shift, ...]
    segments: tuple[Segment, ...] = ()


def plan(seed: int, sizes: Sizes, now: datetime) -> District:
    """The district of this seed, with windows and rosters from now to a day ahead."""
    city = generate(seed)
    roster, streets = make(city, seed, sizes)
    return District(
        seed,
        tuple(_orgs(roster)),
        roster.people,
        roster.devices,
        roster.points,
        tuple(_fences(roster, streets)),
        tuple(windows(roster.points, now)),
        tuple(shifts(roster, streets, now)),
        tuple(segments(roster, streets, city.graph)),
    )


def who_and_where(seed: int, sizes: Sizes) -> tuple[Roster, Streets]:
    """The people and streets of this seed, without what the clock adds."""
    return make(generate(seed), seed, sizes)


def _orgs(roster: Roster) -> Iterator[Org]:
    yield Org("bureau", None, "bureau", BUREAU)
    for brigade in sorted({squad.brigade for squad in roster.squads}):
        name = BRIGADES[brigade] if brigade < len(BRIGADES) else f"第{brigade + 1}大队"
        yield Org(f"brigade/{brigade}", "bureau", "brigade", name)
    for squad in roster.squads:
        yield Org(f"squad/{squad.no}", f"brigade/{squad.brigade}", "squad", f"{squad.name_zh}中队")


def _fences(roster: Roster, streets: Streets) -> Iterator[Fence]:
    for squad in roster.squads:
        yield Fence(f"squad/{squad.no}", f"{squad.name_zh}辖区", "area", squad.ring, None)
    first = roster.squads[0]
    market = roster.points_of(0)[0].node if roster.points_of(0) else first.station
    yield Fence(f"squad/{first.no}", f"{first.name_zh}集贸市场", "area",
                _box(streets, market, MARKET_HALF_M), 300.0)  # fmt: skip
    yield Fence(f"squad/{first.no}", f"{first.name_zh}变电站禁入区", "forbidden",
                _box(streets, _remote(roster, streets), FORBIDDEN_HALF_M), None)  # fmt: skip


def _remote(roster: Roster, streets: Streets) -> int:
    """A street node some way from every point: entered now and then, not all day."""
    rng = Random(f"forbidden/{roster.seed}")  # noqa: S311
    home = streets.places[roster.squads[0].station]
    near = [node for node in streets.joined if distance_m(streets.places[node], home) < 1500]
    drawn = rng.sample(near, min(40, len(near))) or [roster.squads[0].station]
    points = [streets.places[point.node] for point in roster.points_of(0)]
    return max(
        drawn,
        key=lambda node: min((distance_m(streets.places[node], p) for p in points), default=0.0),
    )


def _box(
    streets: Streets, node: int, half_m: tuple[float, float]
) -> tuple[tuple[float, float], ...]:
    east, north = streets.places[node]
    a, b = half_m
    corners = ((-a, -b), (a, -b), (a, b), (-a, b), (-a, -b))
    return tuple(streets.frame.degrees((east + x, north + y)) for x, y in corners)


def shifts(roster: Roster, streets: Streets, now: datetime) -> Iterator[Shift]:
    """Everybody's next day: the simulated officers are always out, but for their breaks."""
    start = now.replace(minute=0, second=0, microsecond=0)
    for device, beat in beats(roster, streets):
        if beat:
            tags = tuple(point.tag for point in beat)
            yield Shift(device.id, device.squad, tags, start, start + SHIFTS_AHEAD)


def windows(points: tuple[PatrolPoint, ...], now: datetime) -> Iterator[Window]:
    """Windows from now to a day ahead. One that is already open begins now: before that
    nobody watched."""
    every_s = WINDOW_EVERY.total_seconds()
    for place, point in enumerate(points):
        phase_s = every_s * place / len(points)
        slot = math.floor((now.timestamp() - phase_s) / every_s)
        while True:
            opens_at = datetime.fromtimestamp(slot * every_s + phase_s, now.tzinfo)
            opens_at = opens_at.replace(microsecond=0)
            closes_at = opens_at + WINDOW
            slot += 1
            if opens_at > now + WINDOWS_AHEAD:
                break
            if closes_at < now + timedelta(minutes=3):
                continue
            begins_at = max(opens_at, now.replace(microsecond=0))
            yield Window(point.no, begins_at, max(begins_at, opens_at + WINDOW_DUE), closes_at)
