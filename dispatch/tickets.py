"""Complaint tickets of other systems: rows of a file to tickets, and the four rates 四率. Pure.

A ticket is known by the system it comes from and its number there, so a file read twice changes
nothing. Telephone numbers are masked before anything keeps them. Rates: domain reference G.4.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core.values import Point
from geo.distance import distance_m
from geo.patrol.imports import Convert, Refused, moment, needed, number, place_of, text
from geo.patrol.rates import Shape, figure

_NAMES: Final = {
    "external_id": "external_id id 工单编号 编号 诉件编号",
    "system": "system 来源 来源系统",
    "org": "org org_id 单位 承办单位 中队",
    "kind": "kind type 类型 工单类型",
    "subject": "subject 类别 诉求类别 事由",
    "content": "content 内容 诉求内容",
    "caller": "caller phone 来电人 联系电话 诉求人",
    "address": "address 地址 发生地址",
    "lon": "lon lng longitude 经度",
    "lat": "lat latitude 纬度",
    "received_at": "received_at 受理时间 接收时间",
    "deadline": "deadline 截止时间 办理期限",
    "contact": "contact 需联系",
    "priority": "priority 优先级",
}
COLUMNS: Final = {alias: name for name, words in _NAMES.items() for alias in words.split()}
KINDS: Final = {"咨询": "consultation", "建议": "consultation", "意见建议": "consultation",
                "consultation": "consultation"}  # fmt: skip
_NO: Final = frozenset({"0", "false", "no", "n", "否"})
_PHONE: Final = re.compile(r"(?<!\d)(1\d{2})\d{4}(\d{4})(?!\d)")
# Not a date: 20260302 is no telephone number.
_DATE: Final = r"(?!(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d))"
_LANDLINE: Final = re.compile(rf"(?<!\d){_DATE}((?:0\d{{2,3}}-?)?)\d{{4}}(\d{{3,4}})(?!\d)")
_IDENTITY: Final = re.compile(r"(?<!\d)(\d{4})\d{10}(\d{3}[\dXx])(?!\d)")  # 居民身份证号
TEXT_MAX: Final = 4_000


@dataclass(frozen=True, slots=True)
class Ticket:
    """One complaint as the other system tells it; `caller` is masked already."""

    system: str
    external_id: str
    org: str
    kind: str
    subject: str
    content: str
    caller: str | None
    address: str | None
    place: Point | None
    received_at: datetime
    deadline: datetime | None
    wants_contact: bool
    priority: int


@dataclass(frozen=True, slots=True)
class Known:
    """A ticket kept before, for what repeats."""

    ticket_id: int
    task_id: int
    caller: str | None
    address: str | None
    place: Point | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A ticket and what came of it, for the rates; called back or not."""

    org_id: int
    state: str
    received_at: datetime
    contact_due: datetime | None
    contacted_at: datetime | None
    deadline: datetime | None
    reported_at: datetime | None
    closed_at: datetime | None
    called: bool
    answered: bool
    solved: bool | None
    satisfied: bool | None
    reopened: bool
    extended: bool


DEFINITIONS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "contact": (
        "先行联系率", "first contact",
        "期限内已先行联系 ÷ 应联系且期限已到或已联系的诉件",
        "called within the time ÷ tickets to be called whose time is over, or that were called",
    ),
    "on_time": (
        "按时办结率", "closed on time",
        "期限（含批准延期）内报结 ÷（应办结 − 缓办）",
        "reported within the deadline, approved extensions included ÷ (due − deferred)",
    ),
    "solved": (
        "实际解决率", "actually solved",
        "回访确认已解决 ÷ 回访接通并作答的诉件",
        "solved as the caller says ÷ tickets whose caller answered the question",
    ),
    "satisfied": (
        "市民满意率", "satisfied",
        "回访满意 ÷ 回访接通并作答的诉件",
        "satisfied ÷ tickets whose caller answered the question",
    ),
    "answered": (
        "回访接通率", "call-back answered",
        "接通 ÷ 已回访",
        "answered ÷ called back",
    ),
    "closure": (
        "结案率", "closure",
        "已结案 ÷（应办结 − 缓办）",
        "closed ÷ (due − deferred)",
    ),
    "rework": ("返工率", "rework", "返工 ÷ 已结案或返工", "reopened ÷ closed or reopened"),
    "extension": ("延期率", "extension", "获批延期 ÷ 全部诉件", "extended ÷ all tickets"),
}  # fmt: skip


def ticket_of(row: Mapping[str, Any], system: str, convert: Convert) -> Ticket:
    """Raises Refused, saying in both languages what is missing or wrong."""
    said: dict[str, Any] = {}
    for column, cell in row.items():
        name = COLUMNS.get(str(column).strip().lower())
        given = cell.strip() if isinstance(cell, str) else cell
        if name is not None and given not in (None, ""):
            said[name] = given
    external_id, subject = needed(said, "external_id"), needed(said, "subject")
    needed(said, "received_at")
    caller = text(said["caller"]) if "caller" in said else None
    priority = int(number(said, "priority", whole=True) or 3)
    if not 1 <= priority <= 4:
        raise Refused("优先级应为 1–4", "priority is from 1 to 4")
    place = place_of(said, convert)
    return Ticket(
        system=text(said.get("system", system)),
        external_id=external_id,
        org=text(said.get("org", "")),
        kind=KINDS.get(text(said.get("kind", "")).lower(), "complaint"),
        subject=subject[:200],
        content=masked(text(said.get("content", ""))[:TEXT_MAX]),
        caller=None if caller is None else masked(caller)[:100],
        address=text(said["address"])[:300] if "address" in said else None,
        place=None if place is None else Point(place[1], place[0]),
        received_at=moment(said, "received_at"),
        deadline=moment(said, "deadline") if "deadline" in said else None,
        wants_contact=caller is not None and text(said.get("contact", "1")).lower() not in _NO,
        priority=priority,
    )


def masked(said: str) -> str:
    """Without the middle of telephone and identity numbers.

    >>> masked("王先生 13812345678"), masked("021-68541234")
    ('王先生 138****5678', '021-****1234')
    """
    hidden = _IDENTITY.sub(r"\1**********\2", said)
    return _LANDLINE.sub(r"\1****\2", _PHONE.sub(r"\1****\2", hidden))


def alike(ticket: Ticket, others: Iterable[Known], radius_m: float) -> list[Known]:
    """Complaints of the same subject by the same caller or about the same place (A81)."""
    return [one for one in others if _is_alike(ticket, one, radius_m)]


def _is_alike(ticket: Ticket, one: Known, radius_m: float) -> bool:
    if ticket.caller is not None and ticket.caller == one.caller:
        return True
    if ticket.address is not None and ticket.address == one.address:
        return True
    if ticket.place is None or one.place is None:
        return False
    a, b = ticket.place, one.place
    return distance_m(a.lon_deg, a.lat_deg, b.lon_deg, b.lat_deg) <= radius_m


def four_rates(outcomes: Sequence[Outcome], now: datetime) -> Shape:
    """{tickets, open, figures}: the four rates and what belongs to them."""
    contact = [o for o in outcomes if o.contact_due and (o.contact_due <= now or o.contacted_at)]
    due = [o for o in outcomes if o.deadline and o.deadline <= now and o.state != "deferred"]
    done = [o for o in outcomes if o.closed_at or o.reopened]
    called = [o for o in outcomes if o.called]
    solved = [o for o in called if o.solved is not None]
    satisfied = [o for o in called if o.satisfied is not None]
    parts = {
        "contact": (sum(_by(o.contacted_at, o.contact_due) for o in contact), len(contact)),
        "on_time": (sum(_by(_done_at(o), o.deadline) for o in due), len(due)),
        "solved": (sum(bool(o.solved) for o in solved), len(solved)),
        "satisfied": (sum(bool(o.satisfied) for o in satisfied), len(satisfied)),
        "answered": (sum(o.answered for o in called), len(called)),
        "closure": (sum(o.closed_at is not None for o in due), len(due)),
        "rework": (sum(o.reopened for o in done), len(done)),
        "extension": (sum(o.extended for o in outcomes), len(outcomes)),
    }
    return {
        "tickets": len(outcomes),
        "open": sum(o.closed_at is None for o in outcomes),
        "figures": {
            name: figure(name, *part, definitions=DEFINITIONS) for name, part in parts.items()
        },
    }


def _done_at(one: Outcome) -> datetime | None:
    return one.reported_at or one.closed_at


def _by(at: datetime | None, limit: datetime | None) -> bool:
    return at is not None and limit is not None and at <= limit
