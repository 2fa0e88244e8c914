"""When somebody must be at a point: windows made from its duty grade (domain reference G.3).

The reference says that its table is only a default for users to edit; until plans are data
in the database it stands here as one table. Duty is local time in Shanghai.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from core.errors import Invalid

LOCAL: Final = ZoneInfo("Asia/Shanghai")
GRACE_S: Final = 900  # a phone underground uploads later (B.6)
WINDOW_MAX: Final = timedelta(hours=24)
BACK_MAX: Final = timedelta(days=35)  # older windows that were never judged stay so
AHEAD_MAX: Final = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Grade:
    """When visits are due, and how far around that they count. Minutes and seconds."""

    due: tuple[time, ...]
    before_min: int
    after_min: int
    min_dwell_s: int  # a stay this long counts as well; 0: taps only


GRADES: Final[Mapping[int, Grade]] = {
    1: Grade(tuple(time(hour) for hour in range(8, 21, 2)), 15, 15, 180),
    2: Grade((time(10), time(15)), 70, 70, 60),
    3: Grade((time(12),), 120, 120, 0),
}


@dataclass(frozen=True, slots=True)
class Span:
    """A window in the making."""

    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    min_dwell_s: int
    grace_s: int = GRACE_S


def windows_of_day(grade: int, day: date) -> Iterator[Span]:
    """All windows of a local day; grade 2 and 3 include the extended buffer."""
    rule = GRADES[grade]
    for due in rule.due:
        due_at = datetime.combine(day, due, LOCAL)
        yield Span(
            due_at - timedelta(minutes=rule.before_min),
            due_at,
            due_at + timedelta(minutes=rule.after_min),
            rule.min_dwell_s,
        )


def windows_between(grade: int, start: datetime, end: datetime) -> Iterator[Span]:
    """Those that open in [start, end)."""
    day = start.astimezone(LOCAL).date() - timedelta(days=1)
    while day <= end.astimezone(LOCAL).date() + timedelta(days=1):
        for span in windows_of_day(grade, day):
            if start <= span.opens_at < end:
                yield span
        day += timedelta(days=1)


def check_span(span: Span, now: datetime) -> None:
    """Raise Invalid for a window nobody could keep, or the sweep would never judge."""
    if not now - BACK_MAX <= span.opens_at <= now + AHEAD_MAX:
        raise Invalid("A window opens at most 35 days ago and 400 days from now.")
    if not span.opens_at <= span.due_at <= span.closes_at or span.opens_at == span.closes_at:
        raise Invalid("A window opens before it closes, and is due in between.")
    if span.closes_at - span.opens_at > WINDOW_MAX:
        raise Invalid("A window lasts 24 hours at most.")
    if not 0 <= span.grace_s <= 86_400 or not 0 <= span.min_dwell_s <= 86_400:
        raise Invalid("Grace and dwell are from 0 to 86400 seconds.")
