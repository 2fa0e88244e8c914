"""Workdays and rest days: Monday to Friday, and what the State Council changes of that.

Only what differs is data: a weekday that is a holiday (`restday`), a weekend day that is
worked in exchange (调休, `workday`). The notices come out each November for the next year, so
the calendar ends; who plans beyond its end is told, and plans by Monday to Friday.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO
from typing import Final

from core.errors import Invalid

KINDS: Final = ("workday", "restday")
Exceptions = Mapping[date, bool]  # the day → is it worked
COLUMNS: Final = ("day", "kind", "name", "source")


@dataclass(frozen=True, slots=True)
class Day:
    """A day that differs from its place in the week."""

    day: date
    kind: str
    name: str
    source: str

    @property
    def is_workday(self) -> bool:
        return self.kind == "workday"


def is_workday(day: date, exceptions: Exceptions) -> bool:
    """
    >>> is_workday(date(2026, 10, 1), {date(2026, 10, 1): False})
    False
    """
    return exceptions.get(day, day.weekday() < 5)


def working_days_after(day: date, n: int, exceptions: Exceptions) -> date:
    """The n-th working day after `day`; `day` itself for 0.

    >>> working_days_after(date(2026, 9, 30), 1, {date(2026, 10, d): False for d in range(1, 8)})
    datetime.date(2026, 10, 8)
    """
    assert n >= 0, n
    while n:
        day += timedelta(days=1)
        n -= is_workday(day, exceptions)
    return day


def exceptions_of(days: Iterable[Day]) -> dict[date, bool]:
    return {one.day: one.is_workday for one in days}


def ends(exceptions: Exceptions) -> date | None:
    """The last day the calendar speaks for: a notice arranges a whole year."""
    return date(max(exceptions).year, 12, 31) if exceptions else None


def warning(exceptions: Exceptions, today: date, ahead_days: int = 60) -> dict[str, str] | None:
    """What to say when the calendar ends within `ahead_days`, or has ended."""
    last = ends(exceptions)
    if last is not None and last >= today + timedelta(days=ahead_days):
        return None
    until = "不存在" if last is None else f"只到 {last.isoformat()}"
    reaches = "is empty" if last is None else f"ends on {last.isoformat()}"
    return {
        "zh": f"节假日日历{until}；其后按周一至周五为工作日排班。国务院通知发布后请补录或导入。",
        "en": f"The calendar of holidays {reaches}; after it Monday to Friday count as workdays. "
        "Add or import the days of the State Council's next notice.",
    }


def check_day(one: Day) -> None:
    """Raises Invalid for what says nothing, or nothing that differs."""
    if one.kind not in KINDS:
        raise Invalid(f"A day is a workday or a restday; got {one.kind!r}.")
    if not one.name.strip() or not one.source.strip():
        raise Invalid("A day needs a name and the notice it comes from.")
    if one.is_workday == (one.day.weekday() < 5):
        raise Invalid(f"{one.day.isoformat()} is a {one.kind} already by its place in the week.")


def read_csv(text: str) -> list[Day]:
    """The columns day, kind, name, source. Raises Invalid, ValueError."""
    found = [
        Day(date.fromisoformat(row["day"]), row["kind"], row["name"], row["source"])
        for row in csv.DictReader(StringIO(text))
    ]
    for one in found:
        check_day(one)
    return found
