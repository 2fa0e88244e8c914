"""Offers that nobody answers: told again, taken back, made to the next. Pure.

Domain reference G.2. A socket write is never delivery, and delivery is no answer. T1: no
acknowledgement of the device, so it is told again and the dispatcher knows. T2: no answer of a
person, so the offer lapses and the next free unit has it. Time counts only while we could have
heard the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from dispatch.alarms import RaiseAlarm
from dispatch.assignments import AssignmentState
from dispatch.conduct import Offers
from dispatch.standing import heard_s
from geo.patrol.sight import Span

UNDELIVERED: Final = "offer_undelivered"
UNANSWERED: Final = "task_unanswered"
RETURNED: Final = "task_returned_often"
TYPES: Final = (UNDELIVERED, UNANSWERED, RETURNED)
LAPSED: Final = "no answer"  # the reason a task's move says


class Doing(StrEnum):
    TELL_AGAIN = "tell_again"
    LAPSE = "lapse"


@dataclass(frozen=True, slots=True)
class Offer:
    """An assignment nobody has accepted yet."""

    assignment_id: int
    task_id: int
    state: AssignmentState
    priority: int
    offered_at: datetime
    told_again: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """A task that is with nobody, or not taken; `lapses` in a row, `returns` altogether.

    `tried`: device numbers to which it was offered since a person last decided.
    """

    task_id: int
    org_id: int
    title: str
    priority: int
    state: str
    lapses: int
    returns: int
    tried: tuple[int, ...]
    lon_deg: float | None = None
    lat_deg: float | None = None


def judge(offer: Offer, rule: Offers, outages: Sequence[Span], now: datetime) -> Doing | None:
    """What to do about an offer; None: it may still be answered.

    >>> from datetime import UTC, timedelta
    >>> at = datetime(2026, 3, 2, tzinfo=UTC)
    >>> offer = Offer(1, 1, AssignmentState.OFFERED, 1, at, 0)
    >>> [str(judge(offer, Offers(), [], at + timedelta(seconds=s))) for s in (29, 31, 121)]
    ['None', 'tell_again', 'lapse']
    """
    waited_s = heard_s(offer.offered_at, now, outages)
    if waited_s >= rule.answer_s[offer.priority - 1]:
        return Doing.LAPSE
    if offer.state is not AssignmentState.OFFERED or offer.told_again >= rule.tell_again_max:
        return None
    due_s = rule.delivered_s * (offer.told_again + 1)
    return Doing.TELL_AGAIN if waited_s >= due_s else None


def may_reoffer(task: Waiting, rule: Offers) -> bool:
    """Whether the machine may look for the next unit by itself."""
    return rule.reoffer and 0 < task.lapses <= rule.reoffers_max


# What each alarm says of a task, in Chinese and English; {n}: how often.
WORDS: Final = {
    UNDELIVERED: (
        "“{title}”未送达设备，已重发",
        "“{title}” has not reached the device; sent again",
    ),
    UNANSWERED: ("“{title}”派单 {n} 次无人应答", "“{title}”: {n} offers went unanswered"),
    RETURNED: (
        "“{title}”已退回 {n} 次，请上级决定",
        "“{title}” was returned {n} times: decide above",
    ),
}


def wrong(task: Waiting, rule: Offers, *, undelivered: bool, now: datetime) -> list[RaiseAlarm]:
    """The alarms that should stand about a task that nobody has taken."""
    found = []
    if undelivered:
        found.append(_alarm(UNDELIVERED, task, now, priority=max(task.priority, 2)))
    if task.lapses:
        found.append(_alarm(UNANSWERED, task, now, priority=task.priority, n=task.lapses))
    if task.returns > rule.returns_max:
        found.append(_alarm(RETURNED, task, now, priority=min(task.priority, 2), n=task.returns))
    return found


def source_of(task_id: int) -> str:
    return f"task:{task_id}"


def _alarm(type_: str, task: Waiting, now: datetime, *, priority: int, n: int = 1) -> RaiseAlarm:
    zh, en = WORDS[type_]
    said = {"title": task.title, "n": n}
    return RaiseAlarm(
        type_,
        source_of(task.task_id),
        task.org_id,
        priority,
        now,
        lon_deg=task.lon_deg,
        lat_deg=task.lat_deg,
        detail={
            "task_id": task.task_id,
            "name": task.title,
            "count": n,
            "reasons": [{"code": type_, "zh": zh.format(**said), "en": en.format(**said)}],
        },
    )
