"""Whom to send: candidates ranked by a cost in metres, each with its reasons.

Pure. The cost is the distance a unit would have to cover, plus what would hold it up and what
it would leave undone (geo/patrol/duties.py), expressed as metres; the weights are data. Travel
time over streets would replace the first term only.
"""

from bisect import insort
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import inf
from typing import Any, Final

from geo.patrol.duties import Break, Void
from geo.patrol.plans import LOCAL


@dataclass(frozen=True, slots=True)
class Weights:
    """What each drawback is worth, in metres of detour."""

    fresh_s: float = 120  # a fix younger than this is where the unit is (domain reference G.2)
    drift_mps: float = 1.5  # an older one may be this far off for each second
    drift_max_m: float = 5_000
    open_task_m: float = 800
    stale_m: float = 2_000
    silent_m: float = 20_000
    resting_m: float = 50_000
    low_battery_pct: float = 15
    low_battery_m: float = 500
    camera_m: float = 300
    other_org_m: float = 500
    reserved_m: float = 400
    break_alone_m: float = 4_000  # nobody else is rostered for the window and could go
    break_shared_m: float = 600
    void_m: float = 2_500


WEIGHTS = Weights()

_ABSENT = {
    "off_duty": ("不在岗", "off duty"),
    "on_break": ("休息中", "on a break"),
    "busy": ("手头有任务", "with a task"),
    "stale": ("上报延迟", "reporting late"),
    "silent": ("失联", "not heard from"),
    "unplaced": ("从未定位", "never located"),
}
_RESTING = frozenset({"off_duty", "offline", "off"})
_PAUSED = "break"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit as it stands, seen from the place of the task."""

    device_no: int
    distance_m: float
    observed_at: datetime
    link: str
    state: str | None
    bat_pct: int | None
    open_tasks: int
    reserved: int = 0
    kind: str = "officer"
    org_id: int | None = None
    camera: str | None = None  # state of the body camera of the same person

    @property
    def is_present(self) -> bool:
        """At work and heard from."""
        return self.link == "online" and self.state not in _RESTING

    @property
    def is_free(self) -> bool:
        return self.is_present and self.state != _PAUSED and not self.open_tasks


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What a unit would leave undone."""

    breaks: Sequence[Break] = ()
    voids: Sequence[Void] = ()


NOTHING = Hindrance()
NEAREST_FROM = 3  # a list shorter than this is only the best


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence about a candidate; `cost_m` is what it adds. Put into words when asked for:
    of two thousand candidates a person reads five."""

    code: str
    cost_m: float = 0.0
    values: tuple[Any, ...] = ()

    @property
    def zh(self) -> str:
        return TEXTS[self.code][0].format(*self.values)

    @property
    def en(self) -> str:
        return TEXTS[self.code][1].format(*self.values)


TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "distance": ("直线距离 {0}", "{0} away in a straight line"),
    "fix_fresh": ("定位 {0:.0f} 秒前", "fix {0:.0f} s old"),
    "fix_old": ("定位已过 {0:.0f} 分钟", "last fix {0:.0f} min ago"),
    "free": ("当前无任务", "no open task"),
    "open_tasks": ("手头任务 {0} 件", "open tasks: {0}"),
    "reserved": ("另有预约 {0} 件", "reserved for {0} more"),
    "link_stale": ("上报延迟", "reports late"),
    "link_silent": ("失联", "not heard from"),
    "on_duty": ("在岗", "on duty"),
    "off_duty": ("不在岗", "off duty"),
    "on_break": ("休息中", "on a break"),
    "low_battery": ("电量 {0}%", "battery at {0}%"),
    "camera_unfit": ("执法记录仪故障或失联", "body camera faulty or lost"),
    "other_org": ("不属任务所在单位", "of another organisation"),
    "breaks_windows": (
        "将错过 {0} 个必到点时间窗，先是{1} {2:%H:%M}–{3:%H:%M}",
        "would miss {0} mandatory windows, first {1} {2:%H:%M}–{3:%H:%M}",
    ),
    "leaves_void": ("离开后“{0}”只剩 {1} 人", "would leave {1} in {0}"),
}


@dataclass(frozen=True, slots=True)
class Ranked:
    candidate: Candidate
    fix_age_s: float
    cost_m: float
    reasons: tuple[Reason, ...]
    hindrance: Hindrance = NOTHING


def rank(
    candidates: Iterable[Candidate],
    now: datetime,
    weights: Weights = WEIGHTS,
    *,
    hindrance_of: Callable[[Candidate], Hindrance] = lambda _: NOTHING,
    of_orgs: Collection[int] = (),
    limit: int | None = None,
) -> list[Ranked]:
    """Cheapest first; at equal cost by device_no, so that the order is the same for everybody.

    `of_orgs`: whose task it is, empty where nobody's in particular. With a `limit` only so many,
    and no more are judged than could be among the first: nothing ever takes from a cost, so
    whoever is further away than the last of them costs cannot be.
    """
    found: list[Ranked] = []
    costs: list[float] = []  # of `found`, ascending
    for one in sorted(candidates, key=lambda c: c.distance_m):
        most = costs[limit - 1] if limit is not None and len(costs) >= limit else inf
        if most < one.distance_m:
            break
        plain = _judge(one, now, weights, of_orgs)
        if most < plain.cost_m:
            continue
        found.append(_with(plain, hindrance_of(one), weights))
        insort(costs, found[-1].cost_m)
    found.sort(key=lambda r: (r.cost_m, r.candidate.device_no))
    return found[:limit]


def best(
    candidates: Sequence[Candidate],
    now: datetime,
    limit: int,
    weights: Weights = WEIGHTS,
    *,
    hindrance_of: Callable[[Candidate], Hindrance] = lambda _: NOTHING,
    of_orgs: Collection[int] = (),
) -> list[Ranked]:
    """The first `limit`; the last place goes to the nearest one at work where it is not among
    them, so that nobody wonders why the unit on the spot is not offered."""
    first = rank(candidates, now, weights, hindrance_of=hindrance_of, of_orgs=of_orgs, limit=limit)
    present = [one for one in candidates if one.is_present]
    if limit < NEAREST_FROM or not present:
        return first
    nearest = min(present, key=lambda one: one.distance_m)
    if nearest in [one.candidate for one in first]:
        return first
    judged = _with(_judge(nearest, now, weights, of_orgs), hindrance_of(nearest), weights)
    return [*first[: limit - 1], judged]


def with_wanted(
    first: Sequence[Ranked],
    candidates: Sequence[Candidate],
    device_no: int,
    now: datetime,
    weights: Weights = WEIGHTS,
    *,
    hindrance_of: Callable[[Candidate], Hindrance] = lambda _: NOTHING,
    of_orgs: Collection[int] = (),
) -> list[Ranked]:
    """The same with the unit a person has in mind at the head, judged like all the others."""
    wanted = [one for one in first if one.candidate.device_no == device_no]
    if not wanted:
        wanted = [
            _with(_judge(one, now, weights, of_orgs), hindrance_of(one), weights)
            for one in candidates
            if one.device_no == device_no
        ]
    return [*wanted, *(one for one in first if one.candidate.device_no != device_no)]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Why units are not free, and how many for this reason."""

    code: str
    zh: str
    en: str
    count: int


def shortfalls(candidates: Sequence[Candidate], unplaced: int, wanted: int) -> list[Shortfall]:
    """Why fewer than `wanted` units are free; [] where enough are. `unplaced`: never located."""
    if sum(one.is_free for one in candidates) >= wanted:
        return []
    counts = dict.fromkeys(_ABSENT, 0) | {"unplaced": unplaced}
    for one in candidates:
        code = _why_not_free(one)
        if code is not None:
            counts[code] += 1
    return [Shortfall(code, zh, en, counts[code])
            for code, (zh, en) in _ABSENT.items() if counts[code]]  # fmt: skip


def _why_not_free(one: Candidate) -> str | None:
    if one.link in ("silent", "never"):
        return "silent"
    if one.state in _RESTING:
        return "off_duty"
    if one.state == _PAUSED:
        return "on_break"
    if one.open_tasks:
        return "busy"
    return None if one.link == "online" else "stale"


def _judge(
    candidate: Candidate, now: datetime, weights: Weights, of_orgs: Collection[int]
) -> Ranked:
    age_s = max(0.0, (now - candidate.observed_at).total_seconds())
    reasons = (
        _distance(candidate),
        _freshness(age_s, weights),
        *_load(candidate, weights),
        *_link(candidate, weights),
        *_duty(candidate, weights),
        *_battery(candidate, weights),
        *_equipment(candidate, weights),
        *_authority(candidate, of_orgs, weights),
    )
    cost_m = sum([reason.cost_m for reason in reasons])
    return Ranked(candidate, age_s, cost_m, reasons)


def _with(plain: Ranked, hindrance: Hindrance, weights: Weights) -> Ranked:
    more = tuple(_undone(hindrance, weights))
    if not more:
        return plain
    cost_m = plain.cost_m + sum(reason.cost_m for reason in more)
    return replace(plain, cost_m=cost_m, reasons=(*plain.reasons, *more), hindrance=hindrance)


def _distance(candidate: Candidate) -> Reason:
    far = candidate.distance_m
    return Reason("distance", far, (f"{far / 1000:.1f} km" if far >= 1000 else f"{far:.0f} m",))


def _freshness(age_s: float, weights: Weights) -> Reason:
    if age_s <= weights.fresh_s:
        return Reason("fix_fresh", 0.0, (age_s,))
    off_m = min(weights.drift_max_m, (age_s - weights.fresh_s) * weights.drift_mps)
    return Reason("fix_old", off_m, (age_s / 60,))


def _load(candidate: Candidate, weights: Weights) -> Iterable[Reason]:
    count = candidate.open_tasks
    if count == 0:
        yield _FREE
    else:
        yield Reason("open_tasks", count * weights.open_task_m, (count,))
    if candidate.reserved:
        yield Reason("reserved", weights.reserved_m, (candidate.reserved,))


def _link(candidate: Candidate, weights: Weights) -> Iterable[Reason]:
    if candidate.link == "stale":
        yield Reason("link_stale", weights.stale_m)
    elif candidate.link in ("silent", "never"):
        yield Reason("link_silent", weights.silent_m)


def _duty(candidate: Candidate, weights: Weights) -> Iterable[Reason]:
    if candidate.state == "on_duty":
        yield _ON_DUTY
    elif candidate.state in _RESTING:
        yield Reason("off_duty", weights.resting_m)
    elif candidate.state == _PAUSED:
        yield Reason("on_break", weights.stale_m)


def _battery(candidate: Candidate, weights: Weights) -> Iterable[Reason]:
    level = candidate.bat_pct
    if level is not None and level < weights.low_battery_pct:
        yield Reason("low_battery", weights.low_battery_m, (level,))


def _equipment(candidate: Candidate, weights: Weights) -> Iterable[Reason]:
    if candidate.camera in ("fault", "lost"):
        yield Reason("camera_unfit", weights.camera_m)


def _authority(
    candidate: Candidate, of_orgs: Collection[int], weights: Weights
) -> Iterable[Reason]:
    if of_orgs and candidate.org_id not in of_orgs:
        yield Reason("other_org", weights.other_org_m)


def _undone(hindrance: Hindrance, weights: Weights) -> Iterable[Reason]:
    broken = hindrance.breaks
    if broken:
        cost_m = sum(weights.break_shared_m if b.others else weights.break_alone_m for b in broken)
        first = broken[0].duty
        span = first.opens_at.astimezone(LOCAL), first.ends_at.astimezone(LOCAL)
        yield Reason("breaks_windows", cost_m, (len(broken), first.point, *span))
    for void in hindrance.voids:
        yield Reason("leaves_void", weights.void_m, (void.area.name, void.left))


_FREE: Final = Reason("free")
_ON_DUTY: Final = Reason("on_duty")
