"""Whom to send: candidates ranked by a cost in metres, each with its reasons.

Pure. The cost is the distance a unit would have to cover, plus what would hold it up and what
it would leave undone (geo/patrol/duties.py), expressed as metres; the weights are data. Travel
time over streets would replace the first term only.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

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
    hindrance: Hindrance = NOTHING


def rank(
    candidates: Iterable[Candidate],
    now: datetime,
    weights: Weights = WEIGHTS,
    *,
    hindrances: Mapping[int, Hindrance] | None = None,
    of_orgs: Collection[int] = (),
) -> list[Ranked]:
    """Cheapest first; at equal cost by device_no, so that the order is the same for everybody.

    `hindrances` by device_no; `of_orgs`: whose task it is, empty where nobody's in particular.
    """
    known = hindrances or {}
    ranked = [
        _judge(one, now, weights, known.get(one.device_no, NOTHING), of_orgs) for one in candidates
    ]
    return sorted(ranked, key=lambda r: (r.cost_m, r.candidate.device_no))


def shortfalls(candidates: Sequence[Candidate], unplaced: int, wanted: int) -> list[Reason]:
    """Why fewer than `wanted` units are free, as counts; [] where enough are.

    `unplaced`: units that were never located. `cost_m` of each is its count.
    """
    if sum(one.is_free for one in candidates) >= wanted:
        return []
    counts = dict.fromkeys(_ABSENT, 0) | {"unplaced": unplaced}
    for one in candidates:
        code = _why_not_free(one)
        if code is not None:
            counts[code] += 1
    return [
        Reason(code, f"{zh} {counts[code]}", f"{counts[code]} {en}", counts[code])
        for code, (zh, en) in _ABSENT.items()
        if counts[code]
    ]


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
    candidate: Candidate,
    now: datetime,
    weights: Weights,
    hindrance: Hindrance,
    of_orgs: Collection[int],
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
        *_undone(hindrance, weights),
    )
    cost_m = sum(reason.cost_m for reason in reasons)
    return Ranked(candidate, age_s, cost_m, reasons, hindrance)


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
    if candidate.reserved:
        yield Reason("reserved", f"另有预约 {candidate.reserved} 件",
                     f"reserved for {candidate.reserved} more", weights.reserved_m)  # fmt: skip


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


def _equipment(candidate: Candidate, weights: Weights) -> Iterable[Reason]:
    if candidate.camera in ("fault", "lost"):
        yield Reason("camera_unfit", "执法记录仪故障或失联", "body camera faulty or lost",
                     weights.camera_m)  # fmt: skip


def _authority(
    candidate: Candidate, of_orgs: Collection[int], weights: Weights
) -> Iterable[Reason]:
    if of_orgs and candidate.org_id not in of_orgs:
        yield Reason("other_org", "不属任务所在单位", "of another organisation",
                     weights.other_org_m)  # fmt: skip


def _undone(hindrance: Hindrance, weights: Weights) -> Iterable[Reason]:
    broken = hindrance.breaks
    if broken:
        cost_m = sum(weights.break_shared_m if b.others else weights.break_alone_m for b in broken)
        first = broken[0].duty
        when = f"{first.opens_at.astimezone(LOCAL):%H:%M}–{first.ends_at.astimezone(LOCAL):%H:%M}"
        yield Reason(
            "breaks_windows",
            f"将错过 {len(broken)} 个必到点时间窗，先是{first.point} {when}",
            f"would miss {len(broken)} mandatory windows, first {first.point} {when}",
            cost_m,
        )
    for void in hindrance.voids:
        yield Reason(
            "leaves_void",
            f"离开后“{void.area.name}”只剩 {void.left} 人",
            f"would leave {void.left} in {void.area.name}",
            weights.void_m,
        )
