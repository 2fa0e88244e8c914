"""Whom to send: candidates ranked by a cost in metres, each with its reasons.

Pure. The cost is the distance a unit would have to cover, plus what would hold it up,
expressed as metres; the weights are data. Travel time over streets comes later and
replaces the first term only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


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


WEIGHTS = Weights()

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


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence about a candidate; `cost_m` is what it adds."""

    code: str
    zh: str
    en: str
    cost_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Ranked:
    candidate: Candidate
    fix_age_s: float
    cost_m: float
    reasons: tuple[Reason, ...]


def rank(
    candidates: Iterable[Candidate], now: datetime, weights: Weights = WEIGHTS
) -> list[Ranked]:
    """Cheapest first; at equal cost by device_no, so that the order is the same for everybody."""
    ranked = [_judge(candidate, now, weights) for candidate in candidates]
    return sorted(ranked, key=lambda r: (r.cost_m, r.candidate.device_no))


def _judge(candidate: Candidate, now: datetime, weights: Weights) -> Ranked:
    age_s = max(0.0, (now - candidate.observed_at).total_seconds())
    reasons = (
        _distance(candidate),
        _freshness(age_s, weights),
        *_load(candidate, weights),
        *_link(candidate, weights),
        *_duty(candidate, weights),
        *_battery(candidate, weights),
    )
    return Ranked(candidate, age_s, sum(reason.cost_m for reason in reasons), reasons)


def _distance(candidate: Candidate) -> Reason:
    far = candidate.distance_m
    text = f"{far / 1000:.1f} km" if far >= 1000 else f"{far:.0f} m"
    return Reason("distance", f"直线距离 {text}", f"{text} away in a straight line", far)


def _freshness(age_s: float, weights: Weights) -> Reason:
    if age_s <= weights.fresh_s:
        return Reason("fix_fresh", f"定位 {age_s:.0f} 秒前", f"fix {age_s:.0f} s old")
    off_m = min(weights.drift_max_m, (age_s - weights.fresh_s) * weights.drift_mps)
    minutes = age_s / 60
    return Reason(
        "fix_old", f"定位已过 {minutes:.0f} 分钟", f"last fix {minutes:.0f} min ago", off_m
    )


def _load(candidate: Candidate, weights: Weights) -> Iterable[Reason]:
    count = candidate.open_tasks
    if count == 0:
        yield Reason("free", "当前无任务", "no open task")
    else:
        cost_m = count * weights.open_task_m
        yield Reason("open_tasks", f"手头任务 {count} 件", f"open tasks: {count}", cost_m)


def _link(candidate: Candidate, weights: Weights) -> Iterable[Reason]:
    if candidate.link == "stale":
        yield Reason("link_stale", "上报延迟", "reports late", weights.stale_m)
    elif candidate.link in ("silent", "never"):
        yield Reason("link_silent", "失联", "not heard from", weights.silent_m)


def _duty(candidate: Candidate, weights: Weights) -> Iterable[Reason]:
    if candidate.state == "on_duty":
        yield Reason("on_duty", "在岗", "on duty")
    elif candidate.state in _RESTING:
        yield Reason("off_duty", "不在岗", "off duty", weights.resting_m)
    elif candidate.state == _PAUSED:
        yield Reason("on_break", "休息中", "on a break", weights.stale_m)


def _battery(candidate: Candidate, weights: Weights) -> Iterable[Reason]:
    level = candidate.bat_pct
    if level is not None and level < weights.low_battery_pct:
        yield Reason("low_battery", f"电量 {level}%", f"battery at {level}%", weights.low_battery_m)
