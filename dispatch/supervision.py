"""催办 and 督办: the ladder that overdue work climbs (domain reference G.5, A81–A84). Pure.

Each rung is a document with a number of its own, taken once for one missed deadline. An
approved extension sets a new deadline and with it a new ladder; a deferral stops the climbing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any, Final

from core.errors import Invalid
from dispatch.alarms import RaiseAlarm
from dispatch.conduct import BY_HAND, NAMES, Supervision
from dispatch.deadlines import step_due
from dispatch.offers import source_of
from dispatch.tasks import OWNED, UNOWNED, State
from geo.patrol.calendar import Exceptions

OVERDUE: Final = "task_overdue"
# A deadline is met by the report; what only waits to be verified is not late.
RUNNING: Final = (*UNOWNED, *OWNED, State.RESOLVED)
REMINDER: Final = "reminder"
REPEAT: Final = "repeat"
NOTICE: Final = "notice"


@dataclass(frozen=True, slots=True)
class Overdue:
    """A task past a deadline. `taken`: steps already taken, by the deadline they were about."""

    task_id: int
    org_id: int
    title: str
    priority: int
    deadline: datetime | None
    first_report_due: datetime | None  # None: none is asked for, or it was given
    taken: frozenset[tuple[str, datetime]]
    lon_deg: float | None = None
    lat_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Rung:
    """A step to take now; its reason in both languages, parted by " / "."""

    step: str
    due_since: datetime
    reason: str


def rungs(task: Overdue, rule: Supervision, exceptions: Exceptions, now: datetime) -> list[Rung]:
    """Steps whose time has come and that are not taken yet, in order of the ladder."""
    found = []
    first = task.first_report_due
    if first is not None and first < now and (REMINDER, first) not in task.taken:
        found.append(Rung(REMINDER, first, "首次报告逾期 / the first report is overdue"))
    if task.deadline is None or task.deadline >= now:
        return found
    for one in rule.ladder:
        if (one.step, task.deadline) in task.taken:
            continue
        if step_due(task.deadline, one.after_workdays, exceptions) < now:
            found.append(Rung(one.step, task.deadline, "超过办理期限 / the deadline has passed"))
    return found


def alarm(task: Overdue, step: str, now: datetime) -> RaiseAlarm:
    """Reminders are quiet; from the letter on somebody above has to act."""
    priority = 3 if step == REMINDER else 2
    zh, en = NAMES.get(step, (step, step))
    return RaiseAlarm(
        OVERDUE, source_of(task.task_id), task.org_id, priority, now,
        lon_deg=task.lon_deg, lat_deg=task.lat_deg,
        detail={
            "task_id": task.task_id, "name": task.title, "step": step,
            "reasons": [{"code": OVERDUE, "zh": f"“{task.title}”逾期：{zh}",
                         "en": f"“{task.title}” is overdue: {en}"}],
        },
    )  # fmt: skip


def document_no(step: str, year: int, number: int) -> str:
    """
    >>> document_no("letter", 2026, 3)
    '督办通知单〔2026〕3号'
    """
    return f"{NAMES.get(step, (step,))[0]}〔{year}〕{number}号"


def require_step(step: str, reason: str, rule: Supervision) -> None:
    """Raise Invalid for a step nobody knows, or without a reason."""
    known = [one.step for one in (*rule.ladder, *BY_HAND)]
    if step not in known:
        raise Invalid(f"A step of supervision is one of {', '.join(known)}; got {step!r}.")
    if not reason.strip():
        raise Invalid("Say why the task is supervised.")


def notices_wanted(complaints: int, rule: Supervision) -> int:
    """How many inspection notices a month with so many complaints should see (A84).

    >>> notices_wanted(41, Supervision())
    3
    """
    return ceil(round(rule.notice_share * complaints, 9))


def shape(row: Mapping[str, Any]) -> dict[str, Any]:
    """A step as everybody sees it, from its row."""
    zh, en = NAMES.get(row["step"], (row["step"], row["step"]))
    said = {key: row[key] for key in ("id", "task_id", "org_id", "step", "at", "by", "reason")}
    number = document_no(row["step"], row["year"], row["number"])
    return said | {"number": number, "title": {"zh": zh, "en": en}, "due_since": row["due_since"]}
