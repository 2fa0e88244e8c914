"""When something is due: seconds, or working days of the Chinese calendar. Pure.

Deadlines in working days end with the last minute of the day (domain reference G.4). A clock
pauses only for an approved deferral, and then goes on with what was left.
"""

from datetime import date, datetime, time, timedelta

from dispatch.conduct import KindBody
from geo.patrol.calendar import Exceptions, is_workday, working_days_after
from geo.patrol.plans import LOCAL


def deadline_of(asks: KindBody, now: datetime, exceptions: Exceptions) -> datetime | None:
    """The deadline of a task of this kind that begins now."""
    if asks.deadline_s is not None:
        return now + timedelta(seconds=asks.deadline_s)
    if asks.deadline_workdays is not None:
        return end_of_workday(now, asks.deadline_workdays, exceptions)
    return None


def first_report_of(asks: KindBody, now: datetime) -> datetime | None:
    return None if asks.first_report_s is None else now + timedelta(seconds=asks.first_report_s)


def end_of_workday(at: datetime, workdays: int, exceptions: Exceptions) -> datetime:
    """The end of the n-th working day after the day of `at`; it does not count itself.

    >>> at = datetime(2026, 9, 30, 15, 0, tzinfo=LOCAL)
    >>> week = {date(2026, 10, d): False for d in range(1, 8)}
    >>> end_of_workday(at, 1, week).isoformat()
    '2026-10-08T23:59:59+08:00'
    """
    day = working_days_after(at.astimezone(LOCAL).date(), workdays, exceptions)
    return datetime.combine(day, time(23, 59, 59), LOCAL)


def resumed(
    deadline: datetime, deferred_at: datetime, now: datetime, exceptions: Exceptions,
    *, in_workdays: bool,
) -> datetime:  # fmt: skip
    """The deadline of a task deferred then and resumed now.

    In working days the day of resuming counts again, as the day of a beginning does not:
    deferred and resumed on one day, nothing is gained.
    """
    if not in_workdays:
        return deadline + (now - deferred_at)
    first, last = deferred_at.astimezone(LOCAL).date(), now.astimezone(LOCAL).date()
    paused = sum(
        is_workday(first + timedelta(days=n), exceptions) for n in range(1, (last - first).days + 1)
    )
    local = deadline.astimezone(LOCAL)
    return datetime.combine(
        working_days_after(local.date(), paused, exceptions), local.timetz().replace(tzinfo=None),
        LOCAL,
    )  # fmt: skip


def step_due(deadline: datetime, after_workdays: int | None, exceptions: Exceptions) -> datetime:
    """When a rung of the ladder is reached; None: with the end of the deadline's month.

    A rung after n working days is reached at the deadline's own time of day.
    """
    local = deadline.astimezone(LOCAL)
    if after_workdays is None:
        following = (local.date().replace(day=28) + timedelta(days=4)).replace(day=1)
        return datetime.combine(following, time(), LOCAL)
    day = working_days_after(local.date(), after_workdays, exceptions)
    return datetime.combine(day, local.timetz().replace(tzinfo=None), LOCAL)


def month_of(at: datetime) -> tuple[date, date]:
    """The local month of `at`: its first day, and the first of the next."""
    first = at.astimezone(LOCAL).date().replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1)
