"""How tasks are to be conducted: what each kind asks for, how long an offer stands. Data, pure.

Defaults are those of the domain reference (G.2, G.4, G.5); every one may be changed, and a
change is a new version of the rule, never an edit of the old.
"""

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeVar

import msgspec

from core.errors import Invalid

Evidence = Literal["photo", "sound", "document"]
T = TypeVar("T")


class KindBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a kind of task asks for.

    `evidence`: attachments without which it cannot be resolved by a desk nor closed by anybody;
    `feedback`: closing needs a text (件件有回音); `verify`: it cannot be closed without
    verification. `deadline_s` or `deadline_workdays`: when it is to be reported, where whoever
    makes it says nothing; `first_report_s`: a first report is due by then (两次报告).
    """

    name_zh: str
    name_en: str
    evidence: tuple[Evidence, ...] = ()
    feedback: bool = False
    verify: bool = False
    deadline_s: int | None = None
    deadline_workdays: int | None = None
    first_report_s: int | None = None
    recording: bool = True  # the whole scene is to be recorded (执法全过程记录)


class Offers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """T1 and T2 of domain reference G.2, in seconds; by priority, 1 is the most urgent."""

    delivered_s: int = 30
    tell_again_max: int = 3
    answer_s: tuple[int, int, int, int] = (120, 120, 600, 600)
    reoffer: bool = True  # to the next free unit; else the dispatcher is only told
    reoffers_max: int = 3
    returns_max: int = 2
    lead_s: int = 600  # scheduled work is offered so long before it begins


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rung of the ladder: so many working days after the deadline; None: at the month's end."""

    step: str
    zh: str
    en: str
    after_workdays: int | None = 0


# Domain reference G.5: 电话 at once, 发函 after a working day, 约谈 after three, 通报 at the end.
LADDER: Final = (
    Step("reminder", "催办", "reminder", 0),
    Step("letter", "督办通知单", "supervision letter", 1),
    Step("interview", "约谈", "interview", 3),
    Step("circular", "通报", "circular", None),
)
# Steps of the ladder a person may also take, and those only people and repeats take.
BY_HAND: Final = (
    Step("repeat", "重复诉件督办", "repeated complaint supervised"),
    Step("notice", "督察告知单", "inspection notice"),
    Step("advice", "监督建议书", "supervision advice"),
    Step("decision", "监督决定书", "supervision decision"),
)


class Supervision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`repeat_min` complaints alike within `repeat_days` are supervised (A81); notices of a month
    should number `notice_share` of its complaints (A84)."""

    ladder: tuple[Step, ...] = LADDER
    contact_workdays: int = 1
    repeat_min: int = 3
    repeat_days: int = 90
    repeat_radius_m: int = 100
    notice_share: float = 0.05


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    offers: Offers = Offers()
    supervision: Supervision = Supervision()


POLICY: Final = Policy()
PLAIN: Final = KindBody("一般任务", "task")
# What there is before anybody has said anything. Deadlines, [R-74] of the reference.
KINDS: Final[Mapping[str, KindBody]] = {
    "complaint": KindBody("投诉举报", "complaint", evidence=("photo",), feedback=True, verify=True,
                          deadline_workdays=5),
    "consultation": KindBody("咨询建议", "consultation", feedback=True, deadline_workdays=1),
    "recheck": KindBody("督办复查", "re-check", feedback=True, verify=True, deadline_workdays=3),
    "instruction": KindBody("批办件", "instruction of a leader", feedback=True, verify=True,
                            deadline_workdays=5, first_report_s=7200),
}  # fmt: skip
NAMES: Final[Mapping[str, tuple[str, str]]] = {
    one.step: (one.zh, one.en) for one in (*LADDER, *BY_HAND)
}


def read_kind(given: Mapping[str, Any]) -> KindBody:
    """Raises Invalid, saying what is wrong."""
    body = _converted(given, KindBody)
    if not body.name_zh.strip() or not body.name_en.strip():
        raise Invalid("A kind of task has a name in Chinese and in English.")
    if body.deadline_s is not None and body.deadline_workdays is not None:
        raise Invalid("A deadline is set in seconds or in working days, not in both.")
    for name in ("deadline_s", "first_report_s"):
        _within(name, getattr(body, name), 60, 366 * 86_400)
    _within("deadline_workdays", body.deadline_workdays, 0, 260)
    return body


def read_policy(given: Mapping[str, Any]) -> Policy:
    """Raises Invalid, saying what is wrong. What is left out is as by default."""
    policy = _converted(given, Policy)
    offers, supervision = policy.offers, policy.supervision
    _within("delivered_s", offers.delivered_s, 5, 3600)
    _within("tell_again_max", offers.tell_again_max, 0, 20)
    for value in offers.answer_s:
        _within("answer_s", value, 10, 86_400)
    _within("reoffers_max", offers.reoffers_max, 0, 20)
    _within("returns_max", offers.returns_max, 0, 20)
    _within("lead_s", offers.lead_s, 0, 7 * 86_400)
    _within("contact_workdays", supervision.contact_workdays, 0, 60)
    _within("repeat_min", supervision.repeat_min, 2, 100)
    _within("repeat_days", supervision.repeat_days, 1, 366)
    _within("repeat_radius_m", supervision.repeat_radius_m, 0, 5_000)
    if not 0 <= supervision.notice_share <= 1:
        raise Invalid("notice_share is from 0 to 1.")
    days = [one.after_workdays for one in supervision.ladder if one.after_workdays is not None]
    names = [one.step for one in supervision.ladder]
    if days != sorted(days) or len(set(names)) != len(names):
        raise Invalid("The steps of the ladder are in order of time and each has its own name.")
    return policy


def _converted(given: Mapping[str, Any], kind: type[T]) -> T:
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise Invalid(f"This cannot be read: {error}.") from None


def _within(name: str, value: int | None, least: int, most: int) -> None:
    if value is not None and not least <= value <= most:
        raise Invalid(f"{name} is from {least} to {most}.")
