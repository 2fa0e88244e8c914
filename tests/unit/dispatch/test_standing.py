"""Standing rules as tables: time alone raises, an outage of ours does not, hysteresis clears."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from dispatch.alarms import ClearAlarm, RaiseAlarm
from dispatch.standing import Fact, Kind, Rule, RuleBody, heard_s, judge, on_since, read_body
from geo.patrol.plans import Shift
from geo.patrol.sight import Span

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)  # a Monday, noon in Shanghai
RULE = Rule(7, 1, Kind.AREA_VOID, "夜市", 2, RuleBody(600, clear_after_s=120, fence_id=3))


def minutes(n: float) -> timedelta:
    return timedelta(minutes=n)


def ago(n: float) -> datetime:
    return NOON - minutes(n)


def said(ill_ago: float | None = None, *, well_ago: float | None = None, active: bool = False,
         on_ago: float | None = 600, outages: list[Span] | None = None,
         rule: Rule = RULE) -> str | None:  # fmt: skip
    fact = Fact("fence:3", 1, None if ill_ago is None else ago(ill_ago),
                None if well_ago is None else ago(well_ago))  # fmt: skip
    found = judge(rule, fact, on_since=None if on_ago is None else ago(on_ago),
                  outages=outages or [], is_active=active, now=NOON)  # fmt: skip
    return {RaiseAlarm: "raise", ClearAlarm: "clear", type(None): None}[type(found)]


@pytest.mark.parametrize(
    ("case", "wanted"),
    [
        ({"ill_ago": 9.9}, None),
        ({"ill_ago": 10}, "raise"),
        ({"ill_ago": 10, "active": True}, None),  # stands already: not said again
        ({"ill_ago": 600, "on_ago": 9}, None),  # duty began nine minutes ago
        ({"ill_ago": 600, "on_ago": None}, None),
        ({"ill_ago": 600, "on_ago": None, "active": True}, "clear"),  # duty is over
        ({"well_ago": 1.9, "active": True}, None),
        ({"well_ago": 2, "active": True}, "clear"),
        ({"well_ago": 2}, None),
        ({"active": True}, None),  # well, and nobody knows since when
        ({"ill_ago": 14, "outages": [(ago(8), ago(3))]}, None),
        ({"ill_ago": 15, "outages": [(ago(8), ago(3))]}, "raise"),
        ({"ill_ago": 600, "outages": [(ago(1000), NOON)]}, None),
        ({"well_ago": 3, "active": True, "outages": [(ago(2), NOON)]}, None),
    ],
)
def test_what_is_said_when(case: dict[str, Any], wanted: str | None) -> None:
    assert said(**case) == wanted


def test_the_alarm_says_what_since_when_and_by_which_rule() -> None:
    fact = Fact("fence:3", 1, ago(25), None, None, 121.5, 31.2, {"name": "夜市", "fence_id": 3})
    found = judge(RULE, fact, on_since=ago(60), outages=[], is_active=False, now=NOON)
    assert isinstance(found, RaiseAlarm)
    assert (found.type, found.source, found.priority, found.lon_deg) == (
        "area_void", "standing:7:fence:3", 2, 121.5)  # fmt: skip
    (why,) = found.detail["reasons"]
    assert why["zh"] == "“夜市”内已 25 分钟无人在岗"
    assert why["en"] == "nobody on duty in 夜市 for 25 min"
    assert found.detail["since"] == ago(25).isoformat() and found.detail["rule_id"] == 7


@given(
    st.floats(0, 300), st.lists(st.tuples(st.floats(0, 300), st.floats(0, 60)), max_size=5),
    st.floats(0, 300), st.floats(0, 60),
)  # fmt: skip
def test_one_more_outage_never_raises_what_was_not_raised(
    ill_ago: float, outages: list[tuple[float, float]], start: float, long: float
) -> None:
    spans = [(ago(a), ago(a) + minutes(b)) for a, b in outages]
    more = [*spans, (ago(start), ago(start) + minutes(long))]
    assert heard_s(ago(ill_ago), NOON, more) <= heard_s(ago(ill_ago), NOON, spans) + 1e-6
    if said(ill_ago, outages=more) == "raise":
        assert said(ill_ago, outages=spans) == "raise"


DAY = (Shift("08:00", "20:00"),)
NIGHT = (Shift("20:00", "06:00"),)


def local(hour: int, minute: int = 0, day: int = 2) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC) - timedelta(hours=8)


@pytest.mark.parametrize(
    ("body", "now", "since"),
    [
        ({"shifts": DAY}, local(12), local(8)),
        ({"shifts": DAY}, local(8), local(8)),
        ({"shifts": DAY}, local(20), None),
        ({"shifts": DAY}, local(7, 59), None),
        ({"shifts": NIGHT}, local(5), local(20, day=1)),  # across midnight
        ({"shifts": NIGHT}, local(6), None),
        ({"shifts": DAY + NIGHT, "days": (1,)}, local(23), local(8)),  # one into the other
        ({"shifts": NIGHT, "days": (1,)}, local(5), None),  # Sunday's night is not Monday's
        ({"shifts": NIGHT, "days": (1,)}, local(5, day=3), local(20)),
        ({"days": (1,)}, local(12), local(0)),
        ({"days": (2,)}, local(12), None),
        ({"days": "workdays"}, local(12), local(0)),
        ({"days": "restdays"}, local(12), None),
    ],
)
def test_since_when_the_schedule_is_on(
    body: dict[str, Any], now: datetime, since: datetime | None
) -> None:
    assert on_since(RuleBody(600, **body), {}, {}, now) == since


def test_a_holiday_by_the_calendar() -> None:
    monday_off = {date(2026, 3, 2): False}
    body = RuleBody(600, days="workdays", shifts=DAY)
    assert on_since(body, monday_off, {}, local(12)) is None
    assert on_since(replace_days(body), monday_off, {}, local(12)) == local(8)


def replace_days(body: RuleBody) -> RuleBody:
    return RuleBody(body.threshold_s, days="restdays", shifts=body.shifts)


@pytest.mark.parametrize(("grade", "on"), [(1, True), (2, False), (None, False)])
def test_only_on_days_of_that_grade(grade: int | None, on: bool) -> None:
    body = RuleBody(600, fence_id=3, only_grade=1, shifts=DAY)
    found = on_since(body, {}, {"2026-03-02": grade}, local(12))
    assert (found is not None) is on


@pytest.mark.parametrize(
    ("kind", "body", "why"),
    [
        ("nonsense", {"threshold_s": 600}, "one of"),
        ("welfare", {}, "threshold_s"),
        ("welfare", {"threshold_s": 5}, "from 30"),
        ("welfare", {"threshold_s": 600, "fence_id": 1}, "fence"),
        ("area_void", {"threshold_s": 600}, "fence"),
        ("area_void", {"threshold_s": 600, "fence_id": 1, "only_grade": 12}, "only_grade"),
        ("welfare", {"threshold_s": 600, "clear_after_s": -1}, "clear_after_s"),
        ("welfare", {"threshold_s": 600, "colour": "red"}, "colour"),
        ("welfare", {"threshold_s": 600, "shifts": [{"start": "25:00", "end": "x"}]}, "HH:MM"),
    ],
)
def test_what_is_no_rule_is_refused_in_words(kind: str, body: dict[str, Any], why: str) -> None:
    with pytest.raises(Invalid, match=why):
        read_body(kind, body)


def test_every_kind_has_words() -> None:
    for kind in Kind:
        rule = replace(RULE, kind=kind)
        assert said(30, rule=rule) == "raise"
