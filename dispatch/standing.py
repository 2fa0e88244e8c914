"""Standing rules: what must not be so for longer than a time, while duty is on (D7). Pure.

An area void, a post left, a task that nobody takes, somebody on scene for too long. Nothing
has to arrive for such a rule to raise: time alone does. Time counts only while the rule's
schedule is on and while we could have heard otherwise, so that an outage of ours raises nothing;
and what was raised is cleared only after the contrary has held for a while (hysteresis).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Literal

import msgspec

from core.errors import Invalid
from dispatch.alarms import ClearAlarm, Command, RaiseAlarm
from geo.patrol.calendar import Exceptions
from geo.patrol.grades import minutes_of
from geo.patrol.plans import LOCAL, Body, Shift, is_planned
from geo.patrol.sight import Span, merged, seconds

THRESHOLD_MIN_S: Final = 30
THRESHOLD_MAX_S: Final = 7 * 86_400


class Kind(StrEnum):
    AREA_VOID = "area_void"
    POST_LEFT = "post_left"
    TASK_AGEING = "task_ageing"
    WELFARE = "welfare"
    NO_MOVEMENT = "no_movement"


class RuleBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`threshold_s`: longer than this is an alarm; `clear_after_s`: so long must it be well.

    `fence_id` and `device_kinds` are of `area_void`; `priority_to` of `task_ageing` (tasks of
    this priority or a more urgent one). `only_grade`: on days on which the area's duty grade is
    this or a more urgent one. `radius_m` of `no_movement`: who stays within it does not move; who
    stands at a post or is on a break is not asked. No `shifts`: round the clock.
    """

    threshold_s: int
    clear_after_s: int = 60
    fence_id: int | None = None
    device_kinds: tuple[str, ...] = ("officer",)
    priority_to: int = 4
    only_grade: int | None = None
    radius_m: float = 30
    days: Literal["all", "workdays", "restdays"] | tuple[int, ...] = "all"
    shifts: tuple[Shift, ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    id: int
    org_id: int
    kind: Kind
    name: str
    priority: int
    body: RuleBody


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known of one subject of a rule. `ill_since`: since when it is as it must not be,
    None: it is well, and `well_since` says since when (None: nobody knows)."""

    subject: str
    org_id: int
    ill_since: datetime | None
    well_since: datetime | None = None
    device_no: int | None = None
    lon_deg: float | None = None
    lat_deg: float | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


WORDS: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.AREA_VOID: ("“{name}”内已 {min} 分钟无人在岗", "nobody on duty in {name} for {min} min"),
    Kind.POST_LEFT: ("离岗 {min} 分钟（{name}）", "away from the post for {min} min ({name})"),
    Kind.TASK_AGEING: ("{min} 分钟无人承接（{name}）", "taken by nobody for {min} min ({name})"),
    Kind.NO_MOVEMENT: ("{min} 分钟未移动，请联系确认安全（{name}）",
                       "has not moved for {min} min: call to see that all is well ({name})"),
    Kind.WELFARE: ("到场已 {min} 分钟，请联系确认安全（{name}）",
                   "on scene for {min} min: call to see that all is well ({name})"),
}  # fmt: skip


def judge(
    rule: Rule,
    fact: Fact,
    *,
    on_since: datetime | None,
    outages: Sequence[Span],
    is_active: bool,
    now: datetime,
) -> Command | None:
    """What to do about the alarm of this subject; None: leave it.

    `on_since`: since when the schedule has been on, None: it is off. `outages`: when we could
    not hear.
    """
    source = source_of(rule.id, fact.subject)
    if on_since is None:
        return ClearAlarm(rule.kind, source, now) if is_active else None
    if fact.ill_since is not None:
        ill_s = heard_s(max(fact.ill_since, on_since), now, outages)
        if is_active or ill_s < rule.body.threshold_s:
            return None
        return _raised(rule, fact, source, ill_s, now)
    well = fact.well_since is not None and (
        heard_s(fact.well_since, now, outages) >= rule.body.clear_after_s
    )
    return ClearAlarm(rule.kind, source, now) if is_active and well else None


def source_of(rule_id: int, subject: str) -> str:
    return f"standing:{rule_id}:{subject}"


def heard_s(since: datetime, now: datetime, outages: Sequence[Span]) -> float:
    """Seconds from `since` to `now` in which we could hear.

    >>> at, minute = datetime(2026, 3, 2), timedelta(minutes=1)
    >>> heard_s(at, at + 10 * minute, [(at - minute, at + 3 * minute)])
    420.0
    """
    if now <= since:
        return 0.0
    cut = [(max(a, since), min(b, now)) for a, b in merged(outages)]
    return seconds([(since, now)]) - seconds([(a, b) for a, b in cut if a < b])


def on_since(
    body: RuleBody, exceptions: Exceptions, grades: Mapping[str, int | None], now: datetime
) -> datetime | None:
    """Since when the schedule has been on without a break; None while it is off.

    `grades`: the duty grade of the area by local day (ISO), for rules with `only_grade`. Without
    shifts a day is on from midnight to midnight.
    """
    begun: datetime | None = None
    today = now.astimezone(LOCAL).date()
    spans: list[Span] = []
    for back in range(8):
        day = today - timedelta(days=back)
        if not is_planned(Body(days=body.days), day, exceptions):
            continue
        if body.only_grade is not None:
            grade = grades.get(day.isoformat())
            if grade is None or grade > body.only_grade:
                continue
        shifts = body.shifts or (Shift("00:00", "00:00"),)
        spans += [shift.on(day) for shift in shifts]
    for start, end in merged(spans):
        if start <= now < end:
            begun = start
    return begun


def read_body(kind: str, given: Mapping[str, Any]) -> RuleBody:
    """Raises Invalid, saying what is wrong."""
    if kind not in set(Kind):
        raise Invalid(f"A standing rule is one of {', '.join(Kind)}; got {kind!r}.")
    try:
        body = msgspec.convert(given, RuleBody)
        for shift in body.shifts:
            minutes_of(shift.start), minutes_of(shift.end)
    except (msgspec.ValidationError, ValueError) as error:
        raise Invalid(f"This is no body of a standing rule: {error}.") from None
    if not THRESHOLD_MIN_S <= body.threshold_s <= THRESHOLD_MAX_S:
        raise Invalid(f"threshold_s is from {THRESHOLD_MIN_S} to {THRESHOLD_MAX_S} seconds.")
    if not 0 <= body.clear_after_s <= 86_400:
        raise Invalid("clear_after_s is from 0 to 86400 seconds.")
    if not 5 <= body.radius_m <= 1_000:
        raise Invalid("radius_m is from 5 to 1000 metres.")
    if (body.fence_id is not None) != (kind == Kind.AREA_VOID):
        raise Invalid("An area void names its fence (fence_id); no other rule does.")
    if body.only_grade is not None and (kind != Kind.AREA_VOID or not 1 <= body.only_grade <= 9):
        raise Invalid("only_grade is from 1 to 9 and belongs to an area void.")
    return body


def _raised(rule: Rule, fact: Fact, source: str, ill_s: float, now: datetime) -> RaiseAlarm:
    zh, en = WORDS[rule.kind]
    said = {"name": fact.detail.get("name", rule.name), "min": round(ill_s / 60)}
    return RaiseAlarm(
        rule.kind,
        source,
        fact.org_id,
        rule.priority,
        now,
        fact.device_no,
        lon_deg=fact.lon_deg,
        lat_deg=fact.lat_deg,
        detail={
            **fact.detail,
            "rule_id": rule.id,
            "rule": rule.name,
            "since": fact.ill_since.isoformat() if fact.ill_since else None,
            "threshold_s": rule.body.threshold_s,
            "reasons": [{"code": str(rule.kind), "zh": zh.format(**said), "en": en.format(**said)}],
        },
    )
