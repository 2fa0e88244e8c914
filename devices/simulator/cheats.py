"""Cheats put into honest months, each with a label of what ought to be found. Pure, seeded."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

import numpy as np

from devices.simulator.beats import (
    DAY_S,
    MOCK,
    START_MS,
    Column,
    OfficerDay,
    Path,
    Phone,
    SimTap,
    Squad,
    fixes_of,
    honest_month,
    make_squad,
    observe,
    tap_at,
    with_counters,
)

POINTS, SQUADS, OFFICERS, DAYS = 375, 38, 4, 30
SHARE: Final = 0.02  # of officers' days hold a cheat


@dataclass(frozen=True, slots=True)
class Label:
    """A cheat of some kind. `expects`: detectors that ought to find it, which counts for
    recall; `also`: those that are right to find it, but need not."""

    kind: str
    device_nos: tuple[int, ...]
    from_ms: int
    to_ms: int
    expects: frozenset[str]
    also: frozenset[str] = frozenset()


@dataclass(slots=True)
class Month:
    squad: Squad
    taps: list[SimTap]
    labels: list[Label] = field(default_factory=list)


def squad_month(
    number: int, seed: int, *, days: int = DAYS, officers: int = OFFICERS, share: float = SHARE
) -> Month:
    """One squad's month. Another seed, another month; each squad its share of the points."""
    chance = np.random.default_rng([seed, number])
    points = POINTS // SQUADS + (number < POINTS % SQUADS)
    squad = make_squad(number, points, officers, chance)
    honest_month(squad, days, chance)
    month = Month(squad, [])
    kinds = list(CHEATS)
    # Every kind comes as often as any other, wherever it falls.
    for index in np.flatnonzero(chance.random(len(squad.days)) < share).tolist():
        for kind in chance.permutation(kinds).tolist():
            label = CHEATS[kind](squad, squad.days[index], chance)
            if label is not None:
                month.labels.append(label)
                break
    for one in squad.days:
        one.fixes = one.fixes[np.argsort(one.fixes["at_ms"], kind="stable")]
    month.taps = with_counters([tap for one in squad.days for tap in one.taps], chance)
    return month


def _phone(squad: Squad, one: OfficerDay) -> Phone:
    return next(phone for phone in squad.phones if phone.device_no == one.device_no)


def _label(
    kind: str, one: OfficerDay, expects: str, also: str = "", *, span_s: tuple[float, float],
    other: int | None = None,
) -> Label:  # fmt: skip
    nos = (one.device_no,) if other is None else (one.device_no, other)
    first, last = (START_MS + round(at * 1000) for at in span_s)
    return Label(kind, nos, first, last, frozenset(expects.split()), frozenset(also.split()))


def _rest_s(one: OfficerDay, chance: np.random.Generator) -> float | None:
    """A moment from which on the officer sits still for a quarter of an hour."""
    steps = np.diff(one.path.at_s)
    moved = np.hypot(np.diff(one.path.east_m), np.diff(one.path.north_m))
    rests = np.flatnonzero((steps > 900) & (moved < 5))
    if not len(rests):
        return None
    return float(one.path.at_s[int(chance.choice(rests))]) + 60


def _here(one: OfficerDay, at_s: float) -> Column:
    east, north = one.path.where(np.array([at_s]))
    return np.array([east[0], north[0]])


def _far(squad: Squad, here: Column, count: int, least_m: float) -> list[int]:
    """Points so far away, the farthest first."""
    away = np.hypot(*(squad.points - here).T)
    return [int(i) for i in np.argsort(-away) if away[i] > least_m][:count]


def harvested(squad: Squad, one: OfficerDay, chance: np.random.Generator) -> Label | None:
    """Readings of days ago, kept and sent from the station; others tapped in between."""
    at_s = _rest_s(one, chance)
    if at_s is None or one.day < 3:
        return None
    phone, sent = _phone(squad, one), []
    for k, point in enumerate(_far(squad, _here(one, at_s), 3, 350)):
        when = at_s + k * chance.uniform(100, 200)
        tap = tap_at(phone, when, point, _here(one, when), chance, seq=500 + k)
        read_ms = START_MS + round((when - 2 * DAY_S - chance.uniform(0, 3_600)) * 1000)
        sent.append(replace(tap, read_ms=read_ms))
    one.taps += sent
    if not sent:
        return None
    also = "taps_standing_still impossible_travel one_tag_two_places"
    span_s = (at_s - 60, at_s + 900)
    return _label("harvested", one, "counter_regress tag_away", also, span_s=span_s)


def drawer(squad: Squad, one: OfficerDay, chance: np.random.Generator) -> Label | None:
    """Tags taken off their walls, tapped one after the other at the station."""
    at_s = _rest_s(one, chance)
    if at_s is None:
        return None
    phone, when = _phone(squad, one), at_s
    chosen = _far(squad, _here(one, at_s), int(chance.integers(3, 6)), 250)
    for k, point in enumerate(chosen):
        when += chance.uniform(15, 120)
        one.taps.append(tap_at(phone, when, point, _here(one, when), chance, seq=500 + k))
    return None if len(chosen) < 2 else _label(
        "drawer", one, "taps_standing_still", "tag_away impossible_travel one_tag_two_places",
        span_s=(at_s - 120, when + 120))  # fmt: skip


def from_afar(squad: Squad, one: OfficerDay, chance: np.random.Generator) -> Label | None:
    """A copied tag, tapped in passing somewhere else."""
    at_s, _ = one.visits[int(chance.integers(len(one.visits)))]
    here = _here(one, at_s)
    chosen = _far(squad, here, len(squad.points), 330)
    if not chosen:
        return None
    point = int(chance.choice(chosen))
    one.taps.append(tap_at(_phone(squad, one), at_s + 60, point, here, chance, seq=500))
    return _label("from_afar", one, "tag_away",
                  "impossible_travel taps_standing_still one_tag_two_places",
                  span_s=(at_s - 900, at_s + 1_800))  # fmt: skip


def hurried(squad: Squad, one: OfficerDay, chance: np.random.Generator) -> Label | None:
    """Copies of tags sent one after the other, each with the place that goes with it."""
    at_s = _rest_s(one, chance)
    if at_s is None:
        return None
    phone, when = _phone(squad, one), at_s
    # Farthest apart first: a true walk between them would take a quarter of an hour.
    first = _far(squad, _here(one, at_s), 1, 0)[0]
    chosen = [first, *_far(squad, squad.points[first], 2, 1_200)]
    if len(chosen) < 2:
        return None
    for k, point in enumerate(chosen):
        when += chance.uniform(5, 25)
        one.taps.append(tap_at(phone, when, point, squad.points[point], chance, seq=500 + k))
    expects = "impossible_travel" if phone.trust == "monotonic" else ""
    return _label("hurried", one, expects,
                  "impossible_travel taps_standing_still one_tag_two_places",
                  span_s=(at_s - 900, when + 900))  # fmt: skip


def teleport(squad: Squad, one: OfficerDay, chance: np.random.Generator) -> Label | None:
    """At home with a false position switched on: the track leaps to the beat and back."""
    begin_s, end_s = one.span_s
    leap_s = chance.uniform(begin_s + 3_600, end_s - 7_200)
    back_s = leap_s + chance.uniform(1_800, 5_400)
    away = (one.fixes["at_ms"] > START_MS + leap_s * 1000) & (
        one.fixes["at_ms"] < START_MS + back_s * 1000)  # fmt: skip
    if away.sum() < 10:
        return None
    shift_e7 = chance.uniform(3_000, 9_000, 2) / 0.01  # about so many metres
    one.fixes["lon_e7"][away] += round(shift_e7[0])
    one.fixes["lat_e7"][away] += round(shift_e7[1])
    return _label("teleport", one, "impossible_travel", "taps_standing_still tag_away",
                  span_s=(leap_s - 900, back_s + 900))  # fmt: skip


def clone(squad: Squad, one: OfficerDay, chance: np.random.Generator) -> Label | None:
    """A colleague taps a copy elsewhere while the true tag is tapped."""
    others = [o for o in squad.days if o.day == one.day and o.device_no != one.device_no]
    if not one.taps or not others:
        return None
    true = one.taps[int(chance.integers(len(one.taps)))]
    other = others[int(chance.integers(len(others)))]
    when = (true.read_ms - START_MS) / 1000 + chance.uniform(-50, 50)
    here = _here(other, when)
    spot = squad.points[true.point]
    if np.hypot(*(here - spot)) < 450:
        return None
    copy = tap_at(_phone(squad, other), when, true.point, here, chance, seq=600)
    other.taps.append(copy)
    also = "tag_away impossible_travel taps_standing_still"
    clocks = {phone.trust for phone in (_phone(squad, one), _phone(squad, other))}
    expects = "one_tag_two_places" if clocks == {"monotonic"} else ""
    return _label("clone", other, expects, f"{also} one_tag_two_places",
                  span_s=(when - 900, when + 900), other=one.device_no)  # fmt: skip


def shared(squad: Squad, one: OfficerDay, chance: np.random.Generator) -> Label | None:
    """A colleague's phone in one's own pocket for the whole shift; both tap everywhere."""
    others = [o for o in squad.days if o.day == one.day and o.device_no != one.device_no]
    if not others:
        return None
    ghost = others[int(chance.integers(len(others)))]
    phone = _phone(squad, ghost)
    ghost.path, ghost.fixes = one.path, observe(one.path, phone, chance)
    ghost.visits = [(at_s + chance.uniform(3, 20), point) for at_s, point in one.visits]
    ghost.taps = [
        tap_at(phone, at_s, point, squad.points[point], chance, seq=k)
        for k, (at_s, point) in enumerate(ghost.visits)
    ]
    return _label("shared", one, "shared_device", span_s=one.span_s, other=ghost.device_no)


def replayed(squad: Squad, one: OfficerDay, chance: np.random.Generator) -> Label | None:
    """An hour or three of an earlier day's track, played again at its own pace."""
    phone = _phone(squad, one)
    old = [o for o in squad.days if o.device_no == one.device_no and 1 <= one.day - o.day <= 13]
    if not old:
        return None
    model = old[int(chance.integers(len(old)))].fixes
    length_s = chance.uniform(1.3, 3) * 3_600
    begin_s = chance.uniform(one.span_s[0], one.span_s[1] - length_s - 600)
    start_ms = int(model["at_ms"][0]) + round(chance.uniform(0, 3.5) * 3_600_000)
    at_s = np.arange(begin_s, begin_s + length_s, phone.period_s)
    then_ms = start_ms + (at_s - begin_s) * 1000
    if then_ms[-1] > model["at_ms"][-1]:
        return None
    blur = float(chance.choice([0.0, 0.5]))
    lon = np.interp(then_ms, model["at_ms"], model["lon_e7"])
    lat = np.interp(then_ms, model["at_ms"], model["lat_e7"])
    made = fixes_of(one.device_no, at_s, at_s * 0, at_s * 0, np.full(len(at_s), 8.0))
    made["lon_e7"] = np.rint(lon + chance.normal(0, blur, len(at_s)) * 100)
    made["lat_e7"] = np.rint(lat + chance.normal(0, blur, len(at_s)) * 100)
    made["acc_dm"] += chance.integers(-20, 20, len(at_s)).astype("i2")
    _put(one, made)
    also = "impossible_travel tag_away mock_fix taps_standing_still"
    return _label("replayed", one, "repeated_track", also,
                  span_s=(begin_s - 900, begin_s + length_s + 900))  # fmt: skip


def clock_set(squad: Squad, one: OfficerDay, chance: np.random.Generator) -> Label | None:
    """The wall clock turned back before a few late taps; the monotonic one knows."""
    if len(one.taps) < 3 or one.taps[0].trust != "monotonic":
        return None
    first = int(chance.integers(len(one.taps) - 2))
    off_ms = round(chance.uniform(600, 10_800) * 1000)
    for i in range(first, first + 3):
        one.taps[i] = replace(one.taps[i], device_ms=one.taps[i].device_ms - off_ms)
    span = [(one.taps[i].claimed_ms - START_MS) / 1000 for i in (first, first + 2)]
    return _label("clock_set", one, "clock_skew", span_s=(span[0] - 60, span[1] + 60))


def mocked(squad: Squad, one: OfficerDay, chance: np.random.Generator) -> Label | None:
    """A false position that the phone itself admits to."""
    begin_s = chance.uniform(one.span_s[0], one.span_s[1] - 5_400)
    end_s = begin_s + chance.uniform(1_200, 5_400)
    hit = (one.fixes["at_ms"] > START_MS + begin_s * 1000) & (
        one.fixes["at_ms"] < START_MS + end_s * 1000)  # fmt: skip
    if not hit.any():
        return None
    one.fixes["flags"][hit] |= MOCK
    one.taps = [
        replace(tap, mock=True) if begin_s <= (tap.read_ms - START_MS) / 1000 <= end_s else tap
        for tap in one.taps
    ]
    return _label("mocked", one, "mock_fix", span_s=(begin_s - 60, end_s + 60))


def clockwork(squad: Squad, one: OfficerDay, chance: np.random.Generator) -> Label | None:
    """A joystick application that walks the points at one speed, and hides its flag."""
    phone = _phone(squad, one)
    begin_s = chance.uniform(one.span_s[0], one.span_s[1] - 5_400)
    here = _here(one, begin_s)
    stops = [here, *(squad.points[i] for i in chance.permutation(len(squad.points))[:6])]
    steps = [float(np.hypot(*(b - a))) for a, b in pairwise(stops)]
    times = begin_s + np.concatenate([[0.0], np.cumsum(steps)]) / chance.uniform(1.2, 2.0)
    path = Path(times, np.array([s[0] for s in stops]), np.array([s[1] for s in stops]))
    at_s = np.arange(times[0], min(times[-1], one.span_s[1]), phone.period_s)
    if len(at_s) < 45:
        return None
    east, north = path.where(at_s)
    _put(one, fixes_of(one.device_no, at_s, east, north, np.full(len(at_s), 5.0)))
    return _label("clockwork", one, "mock_fix", "impossible_travel tag_away taps_standing_still",
                  span_s=(begin_s - 900, float(at_s[-1]) + 900))  # fmt: skip


def _put(one: OfficerDay, made: np.ndarray) -> None:
    """In place of what the phone would have sent in that time."""
    old = one.fixes
    keep = (old["at_ms"] < made["at_ms"][0]) | (old["at_ms"] > made["at_ms"][-1])
    one.fixes = np.concatenate([old[keep], made])


CHEATS: Final[dict[str, Callable[[Squad, OfficerDay, np.random.Generator], Label | None]]] = {
    one.__name__: one
    for one in (harvested, drawer, from_afar, hurried, teleport, clone, shared, replayed,
                clock_set, mocked, clockwork)
}  # fmt: skip
