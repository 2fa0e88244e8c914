"""Honest months of officers on their beats, for the bench of the cheat detectors. Pure, seeded.

What an honest day must hold is what detectors stumble over: noise that is like itself for a
minute, walls that throw a fix 200 m away, silences, phones in cars, clocks that drift, tags
tapped twice, and colleagues who walk, ride and rest together.
"""

from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]
FIX_DTYPE: Final = np.dtype(
    [("device_no", "i4"), ("at_ms", "i8"), ("seq", "i8"), ("lat_e7", "i4"), ("lon_e7", "i4"),
     ("acc_dm", "i2"), ("flags", "i2")]
)  # fmt: skip
FIX, MOCK = 1, 2
LON, LAT = 121.4998, 31.2397
EAST_M, NORTH_M = 95_264.0, 110_874.0  # a degree there, near enough for a simulation
START_MS: Final = 1_772_294_400_000  # 2026-03-01 00:00 in Shanghai
DAY_S: Final = 86_400
SHIFT_S: Final = 8 * 3_600
Fixes = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class SimTap:
    """A check-in. `read_ms`: when the tag was really read, which its counter shows;
    `claimed_ms`: the corrected time it comes with; `device_ms`: the device's wall clock."""

    device_no: int
    claimed_ms: int
    device_ms: int
    read_ms: int
    point: int
    trust: str
    east_m: float
    north_m: float
    acc_m: float
    mock: bool = False
    seq: int = 0
    counter: int = 0


@dataclass(frozen=True, slots=True)
class Path:
    """Where a body truly is: straight between these moments, metres about (LON, LAT)."""

    at_s: Column
    east_m: Column
    north_m: Column

    def where(self, at_s: Column) -> tuple[Column, Column]:
        return np.interp(at_s, self.at_s, self.east_m), np.interp(at_s, self.at_s, self.north_m)


@dataclass(slots=True)
class OfficerDay:
    """Times in seconds since START. `visits`: (second, point)."""

    device_no: int
    day: int
    path: Path
    visits: list[tuple[float, int]]
    taps: list[SimTap] = field(default_factory=list)
    fixes: Fixes = field(default_factory=lambda: np.empty(0, FIX_DTYPE))

    @property
    def span_s(self) -> tuple[float, float]:
        return float(self.path.at_s[0]), float(self.path.at_s[-1])


@dataclass(frozen=True, slots=True)
class Phone:
    """What a device is like all month."""

    device_no: int
    period_s: float
    noise_m: float
    trust: str
    clock_off_s: float


@dataclass(slots=True)
class Squad:
    """`points`: (east_m, north_m) each; the station is the first row's neighbour."""

    points: Column
    station: Column
    phones: list[Phone]
    days: list[OfficerDay] = field(default_factory=list)


def make_squad(number: int, points: int, officers: int, chance: np.random.Generator) -> Squad:
    """A beat of a kilometre or so, and who patrols it."""
    middle = np.array([(number % 7) * 2_600.0, (number // 7) * 2_600.0])
    where = middle + chance.uniform(-900, 900, (points, 2))
    phones = [
        Phone(
            number * 100 + i + 1, float(chance.choice([10.0, 20.0, 30.0])),
            float(chance.uniform(2.5, 6.0)), "monotonic" if chance.random() < 0.8 else "device",
            float(chance.normal(0, 20)),
        )
        for i in range(officers)
    ]  # fmt: skip
    return Squad(where, middle + chance.uniform(-300, 300, 2), phones)


def honest_month(squad: Squad, days: int, chance: np.random.Generator) -> None:
    """Fill in the squad's days: each officer one shift a day, sometimes two together."""
    for day in range(days):
        start_s = day * DAY_S + float(chance.choice([1, 7.5, 14])) * 3_600
        made: list[OfficerDay] = []
        for i, phone in enumerate(squad.phones):
            one = _walk(squad, phone, day, start_s + chance.uniform(0, 900), chance)
            if i == 1 and chance.random() < 0.25:
                one = _together(made[0], one, chance)
            made.append(one)
        for one, phone in zip(made, squad.phones, strict=True):
            one.taps = make_taps(one, squad, phone, chance)
            one.fixes = observe(one.path, phone, chance)
        squad.days += made


def _walk(
    squad: Squad, phone: Phone, day: int, start_s: float, chance: np.random.Generator
) -> OfficerDay:
    """Rounds over the points on foot or by car along the blocks, and rests at the station."""
    at_s, place = start_s, squad.station.copy()
    rows = [(at_s, *place)]
    visits: list[tuple[float, int]] = []
    end_s = start_s + SHIFT_S

    def go(goal: Column, speed_mps: float) -> None:
        nonlocal at_s, place
        corner = np.array([goal[0], place[1]]) if chance.random() < 0.5 else np.array(
            [place[0], goal[1]])  # fmt: skip
        for stop in (corner, goal):
            # A walker hardly keeps a pace for a minute.
            parts = max(1, int(np.hypot(*(stop - place)) / 80))
            for k in range(1, parts + 1):
                step = place + (stop - place) * k / parts
                gone_m = np.hypot(*(stop - place)) / parts
                at_s += gone_m / (speed_mps * chance.uniform(0.75, 1.25)) + (
                    chance.exponential(25) if chance.random() < 0.15 else 0)  # fmt: skip
                rows.append((at_s, *step))
            place = stop

    while at_s < end_s:
        riding = chance.random() < 0.2
        beat = chance.permutation(len(squad.points))[: int(chance.integers(4, len(squad.points)))]
        for point in beat.tolist():
            go(squad.points[point] + chance.normal(0, 8, 2),
               chance.uniform(5, 14) if riding else chance.uniform(1.1, 1.6))  # fmt: skip
            stay_s = chance.uniform(45, 300)
            visits.append((at_s + chance.uniform(5, 35), point))
            at_s += stay_s
            rows.append((at_s, *place))
        go(squad.station, chance.uniform(1.1, 1.6))
        at_s += chance.uniform(900, 2_700)
        rows.append((at_s, *place))
    table = np.array(rows)
    return OfficerDay(phone.device_no, day, Path(*table.T), visits)


def _together(lead: OfficerDay, own: OfficerDay, chance: np.random.Generator) -> OfficerDay:
    """Two officers walk side by side: for a few hours, or, more rarely, for the whole shift.

    Even then they part now and then: one goes into a shop, the other waits, each has his rest.
    """
    from_s, to_s = lead.span_s
    if chance.random() < 0.8:
        length_s = chance.uniform(1.5, 4) * 3_600
        begin_s = chance.uniform(from_s, to_s - length_s)
        span = (begin_s, begin_s + length_s)
    else:
        span = (from_s, to_s)
    at_s = np.arange(span[0], span[1], 10.0)
    east, north = lead.path.where(at_s)
    side = chance.uniform(-3, 3, 2)
    aside = np.zeros((2, len(at_s)))
    for begin in np.cumsum(chance.exponential(1_500, 40)):
        first = int(begin / 10)
        last = first + int(chance.uniform(12, 40))
        aside[:, first:last] = chance.uniform(35, 90) * _direction(chance)[:, None]
    table = np.array([at_s, east + side[0] + aside[0], north + side[1] + aside[1]])
    mine = [(v, p) for v, p in own.visits if not span[0] - 900 <= v <= span[1] + 900]
    shared = [
        (v + chance.uniform(8, 40), p) for v, p in lead.visits if span[0] <= v <= span[1] - 60
    ]
    path = own.path
    keep = (path.at_s < span[0] - 600) | (path.at_s > span[1] + 600)
    joined = np.concatenate([np.array([path.at_s, path.east_m, path.north_m])[:, keep], table], 1)
    joined = joined[:, np.argsort(joined[0], kind="stable")]
    return replace(own, path=Path(*joined), visits=sorted(mine + shared))


def make_taps(
    one: OfficerDay, squad: Squad, phone: Phone, chance: np.random.Generator
) -> list[SimTap]:
    """A tap a visit, one in ten twice; the phone's fix is a fix like any other."""
    found: list[SimTap] = []
    for at_s, point in one.visits:
        times = [at_s, at_s + chance.uniform(2, 8)] if chance.random() < 0.1 else [at_s]
        for when in times:
            if chance.random() < 0.9:
                spot = squad.points[point] + chance.normal(0, 5, 2)
                found.append(tap_at(phone, when, point, spot, chance, seq=len(found)))
    return found


def tap_at(
    phone: Phone, at_s: float, point: int, true_m: Column, chance: np.random.Generator, *, seq: int
) -> SimTap:
    """A check-in of a tag of `point` at a true place, with the phone's noise."""
    off = chance.normal(0, phone.noise_m, 2)
    if chance.random() < 0.01:
        off = (40 + chance.exponential(60)) * _direction(chance)
    at_ms = START_MS + round(at_s * 1000)
    wrong_ms = round(phone.clock_off_s * 1000)
    claimed_ms = at_ms + (
        round(chance.uniform(0, 3_000)) if phone.trust == "monotonic" else wrong_ms
    )
    return SimTap(
        phone.device_no, claimed_ms, at_ms + wrong_ms, at_ms, point, phone.trust,
        float(true_m[0] + off[0]), float(true_m[1] + off[1]),
        float(phone.noise_m * chance.uniform(1.2, 4)), seq=seq,
    )  # fmt: skip


def observe(path: Path, phone: Phone, chance: np.random.Generator) -> Fixes:
    """Fixes of a true path: noise with a memory of a minute, urban outliers, silences."""
    from_s, to_s = float(path.at_s[0]), float(path.at_s[-1])
    at_s = np.arange(from_s, to_s, phone.period_s)
    at_s = at_s + chance.uniform(-0.4, 0.4, len(at_s))
    for _ in range(int(chance.integers(0, 4))):
        begin_s = chance.uniform(from_s, to_s)
        at_s = at_s[(at_s < begin_s) | (at_s > begin_s + chance.uniform(120, 900))]
    if not len(at_s):
        return np.empty(0, FIX_DTYPE)
    east, north = path.where(at_s)
    off = np.array([_remembering(len(at_s), phone, chance) for _ in range(2)])
    acc_m = phone.noise_m * chance.uniform(1.0, 3.0, len(at_s))
    for _ in range(int(chance.poisson((to_s - from_s) / 3_600))):
        begin_s = chance.uniform(from_s, to_s)
        hit = (at_s >= begin_s) & (at_s <= begin_s + chance.uniform(10, 90))
        thrown = (40 + chance.exponential(60)) * _direction(chance)
        off[:, hit] += thrown[:, None] + chance.normal(0, 15, (2, int(hit.sum())))
        acc_m[hit] *= chance.uniform(1, 6)
    clock_s = 0.0 if phone.trust == "monotonic" else phone.clock_off_s
    return fixes_of(phone.device_no, at_s + clock_s, east + off[0], north + off[1], acc_m)


def fixes_of(no: int, at_s: Column, east_m: Column, north_m: Column, acc_m: Column) -> Fixes:
    made = np.zeros(len(at_s), FIX_DTYPE)
    made["device_no"], made["flags"], made["seq"] = no, FIX, np.arange(len(at_s))
    made["at_ms"] = START_MS + np.rint(at_s * 1000)
    made["lon_e7"] = np.rint((LON + east_m / EAST_M) * 1e7)
    made["lat_e7"] = np.rint((LAT + north_m / NORTH_M) * 1e7)
    made["acc_dm"] = np.rint(np.clip(acc_m, 1, 3_000) * 10)
    return made


def with_counters(taps: list[SimTap], chance: np.random.Generator) -> list[SimTap]:
    """Each tag counts its readings in the order in which they really happened; the public's
    as well."""
    counted: dict[int, int] = {}
    found: list[SimTap] = []
    for tap in sorted(taps, key=lambda tap: (tap.read_ms, tap.device_no, tap.seq)):
        counted[tap.point] = counted.get(tap.point, 0) + 1 + int(chance.poisson(0.5))
        found.append(replace(tap, counter=counted[tap.point]))
    return found


def _remembering(count: int, phone: Phone, chance: np.random.Generator) -> Column:
    """Gauss-Markov noise with a time constant of a minute, a value a period."""
    keep = np.exp(-phone.period_s / 60.0)
    kernel = keep ** np.arange(int(400 / phone.period_s))
    fresh = chance.normal(0, phone.noise_m * np.sqrt(1 - keep**2), count + len(kernel) - 1)
    made: Column = np.convolve(fresh, kernel, "valid")
    return made


def _direction(chance: np.random.Generator) -> Column:
    angle = chance.uniform(0, 2 * np.pi)
    return np.array([np.cos(angle), np.sin(angle)])
