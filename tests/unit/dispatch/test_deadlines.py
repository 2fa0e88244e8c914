from datetime import date, datetime, timedelta

import pytest

from core.errors import Invalid
from dispatch.conduct import KindBody, Offers, read_kind, read_policy
from dispatch.deadlines import deadline_of, end_of_workday, resumed, step_due
from geo.patrol.calendar import exceptions_of
from geo.patrol.calendar_io import shipped
from geo.patrol.plans import LOCAL
from tests.table import table

CALENDAR = exceptions_of(shipped())


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


@table("""
    since             days due
    2026-09-24T10:00  1    2026-09-28   # 25 to 27 September is the Mid-Autumn holiday
    2026-09-30T10:00  1    2026-10-08   # the National Day week
    2026-10-09T23:59  1    2026-10-10   # a Saturday that is worked in exchange
    2026-03-02T00:00  5    2026-03-09
    2026-03-06T12:00  1    2026-03-09   # over a weekend
    2026-03-02T12:00  0    2026-03-02
""")
def test_deadlines_in_working_days(since: str, days: float, due: str) -> None:
    found = end_of_workday(local(since), int(days), CALENDAR)
    assert found.isoformat() == f"{due}T23:59:59+08:00"


def test_a_kind_says_when_it_is_due() -> None:
    at = local("2026-03-02T10:00")
    assert deadline_of(KindBody("x", "x"), at, {}) is None
    assert deadline_of(KindBody("x", "x", deadline_s=90), at, {}) == at + timedelta(seconds=90)
    due = deadline_of(KindBody("x", "x", deadline_workdays=5), at, {})
    assert due is not None
    assert due.date() == date(2026, 3, 9)


@table("""
    since             until             due
    2026-03-03T10:00  2026-03-03T18:00  2026-03-09   # the same day: nothing is gained
    2026-03-03T10:00  2026-03-04T09:00  2026-03-10
    2026-03-06T10:00  2026-03-08T10:00  2026-03-09   # over a weekend: nothing either
    2026-03-06T10:00  2026-03-09T10:00  2026-03-10
""")
def test_a_pause_of_working_days(since: str, until: str, due: str) -> None:
    deadline = local("2026-03-09T23:59:59")
    found = resumed(deadline, local(since), local(until), CALENDAR, in_workdays=True)
    assert found.isoformat() == f"{due}T23:59:59+08:00"


def test_a_pause_of_plain_time_moves_the_deadline_by_as_much() -> None:
    at = local("2026-03-02T10:00")
    hour = timedelta(hours=1)
    assert resumed(at + 4 * hour, at, at + hour, {}, in_workdays=False) == at + 5 * hour


@table("""
    after due
    0     2026-03-06T17:30
    1     2026-03-09T17:30   # a working day later, at the same hour
    3     2026-03-11T17:30
    end   2026-04-01T00:00   # with the end of the month
""")
def test_when_a_rung_is_reached(after: str | float, due: str) -> None:
    days = None if after == "end" else int(after)
    assert step_due(local("2026-03-06T17:30"), days, CALENDAR) == local(due)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"name_zh": "x"}, "missing required field `name_en`"),
        ({"name_zh": "x", "name_en": " "}, "a name in Chinese and in English"),
        ({"name_zh": "x", "name_en": "x", "deadline_s": 90, "deadline_workdays": 1}, "not in both"),
        ({"name_zh": "x", "name_en": "x", "deadline_s": 1}, "deadline_s is from 60"),
        ({"name_zh": "x", "name_en": "x", "evidence": ["dance"]}, "Invalid enum value 'dance'"),
        ({"name_zh": "x", "name_en": "x", "colour": 1}, "unknown field `colour`"),
    ],
)
def test_a_kind_that_says_nonsense_is_refused(given: dict[str, object], complaint: str) -> None:
    with pytest.raises(Invalid, match=complaint):
        read_kind(given)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"offers": {"delivered_s": 1}}, "delivered_s is from 5"),
        ({"offers": {"answer_s": [1, 2, 3]}}, "length 4"),
        ({"supervision": {"repeat_min": 1}}, "repeat_min is from 2"),
        ({"supervision": {"notice_share": 2}}, "from 0 to 1"),
        ({"supervision": {"ladder": [
            {"step": "a", "zh": "x", "en": "x", "after_workdays": 2},
            {"step": "b", "zh": "x", "en": "x", "after_workdays": 1}]}}, "in order of time"),
    ],
)  # fmt: skip
def test_a_policy_that_says_nonsense_is_refused(given: dict[str, object], complaint: str) -> None:
    with pytest.raises(Invalid, match=complaint):
        read_policy(given)


def test_what_a_policy_leaves_out_is_as_by_default() -> None:
    found = read_policy({"offers": {"delivered_s": 45}})
    assert found.offers == Offers(delivered_s=45)
    assert [one.step for one in found.supervision.ladder] == [
        "reminder", "letter", "interview", "circular",
    ]  # fmt: skip
