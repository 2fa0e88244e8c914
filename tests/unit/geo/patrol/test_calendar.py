"""Which days are worked: the week, the holidays, and the weekends worked in exchange."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import geo.patrol
from core.errors import Invalid
from geo.patrol.calendar import (
    Day,
    check_day,
    ends,
    exceptions_of,
    is_workday,
    read_csv,
    warning,
    working_days_after,
)
from tests.table import table

SHIPPED = read_csv((Path(geo.patrol.__file__).parent / "calendar_cn.csv").read_text("utf-8"))
KNOWN = exceptions_of(SHIPPED)


@table("""
    day        worked
    2018-09-28 yes     # a Friday
    2018-09-29 yes     # Saturday worked for the National Day
    2018-09-30 yes     # Sunday worked for the National Day
    2018-10-01 no      # National Day, a Monday
    2018-10-05 no
    2018-10-06 no      # Saturday
    2018-10-08 yes     # back at work
    2024-02-09 yes     # New Year's Eve: an encouragement is no holiday
    2024-02-18 yes     # Sunday worked
    2025-01-01 no      # a Wednesday alone
    2025-10-08 no      # National Day and Mid-Autumn in one
    2025-10-11 yes     # Saturday worked
    2026-01-04 yes     # Sunday worked for the three days before
    2026-02-14 yes     # Saturday worked
    2026-02-16 no
    2026-02-23 no
    2026-09-25 no      # Mid-Autumn, a Friday
    2026-10-10 yes
""")
def test_days_of_the_notices(day: str, worked: str) -> None:
    assert is_workday(date.fromisoformat(day), KNOWN) == (worked == "yes")


@table("""
    day        n after
    2026-09-30 1 2026-10-08   # over the holiday
    2026-09-30 3 2026-10-10   # a Saturday that is worked
    2026-10-09 2 2026-10-12
    2026-10-03 0 2026-10-03
    2025-04-03 1 2025-04-07
""")
def test_working_days_after(day: str, n: float, after: str) -> None:
    found = working_days_after(date.fromisoformat(day), int(n), KNOWN)
    assert found == date.fromisoformat(after)


@given(st.dates(date(2017, 6, 1), date(2027, 6, 1)), st.integers(0, 60), st.integers(0, 60))
def test_working_days_add_up(day: date, a: int, b: int) -> None:
    there = working_days_after(working_days_after(day, a, KNOWN), b, KNOWN)
    assert there == working_days_after(day, a + b, KNOWN)
    passed = (day + timedelta(days=k) for k in range(1, (there - day).days + 1))
    assert sum(is_workday(one, KNOWN) for one in passed) == a + b


def test_what_is_shipped_differs_from_the_week_and_names_its_notice() -> None:
    assert len(KNOWN) == len(SHIPPED)
    assert {one.day.year for one in SHIPPED} == {2018, 2024, 2025, 2026}
    for one in SHIPPED:
        assert f"国务院办公厅关于{one.day.year}年部分节假日安排的通知" in one.source


@table("""
    day        kind    why
    2026-10-03 restday Saturday_rests_anyway
    2026-10-09 workday Friday_is_worked_anyway
    2026-10-10 holiday no_kind
""")
def test_days_that_say_nothing_are_refused(day: str, kind: str, why: str) -> None:
    with pytest.raises(Invalid):
        check_day(Day(date.fromisoformat(day), kind, "x", "y"))


def test_the_calendar_ends_and_says_so() -> None:
    assert ends(KNOWN) == date(2026, 12, 31)
    assert warning(KNOWN, date(2026, 10, 1)) is None
    late = warning(KNOWN, date(2026, 11, 26))
    assert late is not None and "2026-12-31" in late["zh"] and "2026-12-31" in late["en"]
    assert ends({}) is None and warning({}, date(2026, 1, 1)) is not None
