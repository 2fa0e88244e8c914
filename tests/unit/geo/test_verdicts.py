"""One window, judged (domain reference B.4, B.6; features: state machine Window)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.errors import Invalid
from geo.patrol.verdicts import (
    MISSED,
    ON_TIME,
    UNDETERMINABLE,
    Span,
    Stay,
    Tap,
    Verdict,
    Window,
    judge,
    unheard,
)
from geo.patrol.windows import Span as Times
from geo.patrol.windows import check_span, windows_between, windows_of_day
from tests.table import table

SIX = datetime(2026, 9, 22, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOW = Window(1, SIX, SIX + HOUR, 900, 60, 121.5, 31.2, 50.0)


def at(minutes: float) -> datetime:
    return SIX + timedelta(minutes=minutes)


def result(verdict: Verdict | None) -> str:
    return "none" if verdict is None else verdict.result


@table("""
    tap_min  now_min  result
    30       31       on_time   # tapped
    0        31       on_time   # at the opening: the window is closed on both sides
    60       61       on_time   # at the closing
    -0.01    76       missed    # before
    60.01    76       missed    # after
    -1       75       none      # the grace is not over
    -1       75.1     missed
""")
def test_a_tap_in_time(tap_min: float, now_min: float, result: str) -> None:
    verdict = judge(WINDOW, [Tap(1, at(tap_min), 0)], [], [], at(now_min))
    assert ("none" if verdict is None else verdict.result) == result


@table("""
    d_m   acc_m  counts
    20    10     yes
    45    10     yes
    60    5      no      # surely outside
    60    15     yes     # uncertain: no evidence against it
    80    40     yes
    120   30     no
    300   150    yes     # too coarse to say anything
""")
def test_where_the_tap_was_made(d_m: float, acc_m: float, counts: str) -> None:
    """The table of B.4 with R = 50."""
    tap = Tap(1, at(30), 0, 121.5, 31.2 + d_m / 110_873, acc_m)
    verdict = judge(WINDOW, [tap], [], [], at(80))
    assert result(verdict) == (ON_TIME if counts == "yes" else MISSED)
    if verdict is not None and counts == "no":
        assert [r["code"] for r in verdict.reasons] == ["nobody", "tap_away"]


@table("""
    from_min  to_min  result
    10        11      on_time  # just long enough
    10        10.9    missed
    -30       1       on_time  # only the part within the window counts
    -30       0.9     missed
    59        90      on_time
    59.1      90      missed
""")
def test_a_stay(from_min: float, to_min: float, result: str) -> None:
    verdict = judge(WINDOW, [], [Stay(1, at(from_min), at(to_min))], [], at(80))
    assert verdict is not None and verdict.result == result


def test_taps_only_when_no_dwell_is_set() -> None:
    taps_only = Window(1, SIX, SIX + HOUR, 900, 0, 121.5, 31.2, 50.0)
    assert result(judge(taps_only, [], [Stay(1, at(0), at(60))], [], at(80))) == MISSED


@table("""
    first second result
    0     0      missed
    59    0      missed          # one outage of a minute at most ...
    61    0      undeterminable
    30    29     missed
    30    30     undeterminable  # ... or as much as the dwell that is missing
""")
def test_absence_is_told_only_when_it_was_observable(
    first: float, second: float, result: str
) -> None:
    starts = (at(10), at(40))
    outages: list[Span] = [
        (start, start + timedelta(seconds=length))
        for start, length in zip(starts, (first, second), strict=True)
        if length
    ]
    verdict = judge(WINDOW, [], [], outages, at(80))
    assert verdict is not None and verdict.result == result


def test_an_outage_takes_nothing_from_a_proof() -> None:
    outages = [(at(0), at(60))]
    verdict = judge(WINDOW, [Tap(1, at(30), 0)], [], outages, at(80))
    assert verdict is not None and (verdict.result, verdict.observed_share) == (ON_TIME, 0.0)
    assert result(judge(WINDOW, [], [], outages, at(80))) == UNDETERMINABLE


def test_the_order_of_evidence_does_not_matter() -> None:
    taps = [Tap(2, at(30), 1), Tap(1, at(20), 5), Tap(1, at(20), 4)]
    forward, backward = (judge(WINDOW, t, [], [], at(80)) for t in (taps, taps[::-1]))
    assert forward == backward and forward is not None
    assert forward.evidence["checkins"][0]["seq"] == 4


def test_what_was_not_heard() -> None:
    def minutes(*spans: tuple[float, float]) -> list[Span]:
        return [(at(a), at(b)) for a, b in spans]

    assert unheard(WINDOW, {}) == minutes((0, 60))
    assert unheard(WINDOW, {0: minutes((-10, 75))}) == []
    assert unheard(WINDOW, {0: minutes((-10, 74.75))}) == []  # 15 s: no outage yet
    assert unheard(WINDOW, {0: minutes((-10, 20), (20.25, 75))}) == []
    assert unheard(WINDOW, {0: minutes((-10, 20), (21, 75))}) == minutes((20, 21))
    assert unheard(WINDOW, {0: minutes((5, 50))}) == minutes((0, 5), (50, 75))
    assert unheard(WINDOW, {0: minutes((-20, -10))}) == minutes((0, 75))
    assert unheard(WINDOW, {0: minutes((-10, 50), (70, 80))}) == minutes((50, 60))
    assert unheard(WINDOW, {0: minutes((-10, 61), (70, 80))}) == []  # over before the grace ends
    assert unheard(WINDOW, {0: minutes((-10, 61), (76, 80))}) == minutes((61, 75))
    two = {0: minutes((-10, 20), (30, 75)), 1: minutes((-10, 25), (40, 75))}
    assert unheard(WINDOW, two) == minutes((20, 40))


# ── windows ────────────────────────────────────────────────────────────────


def test_grade_two_is_due_twice_a_day_in_shanghai() -> None:
    times = [(s.opens_at, s.due_at, s.closes_at) for s in windows_of_day(2, date(2026, 9, 22))]
    assert [due.astimezone(UTC).hour for _, due, _ in times] == [2, 7]
    assert all(closes - opens == timedelta(minutes=140) for opens, _, closes in times)


def test_windows_between_meet_without_overlap() -> None:
    cut = SIX + timedelta(hours=5, minutes=7)
    whole = list(windows_between(1, SIX, SIX + 24 * HOUR))
    parts = [*windows_between(1, SIX, cut), *windows_between(1, cut, SIX + 24 * HOUR)]
    assert whole == parts and len(whole) == 7


@pytest.mark.parametrize(
    "span",
    [
        Times(SIX, SIX - HOUR, SIX + HOUR, 60),
        Times(SIX, SIX + HOUR, SIX, 60),
        Times(SIX, SIX, SIX, 60),
        Times(SIX, SIX, SIX + 25 * HOUR, 60),
        Times(SIX, SIX, SIX + HOUR, -1),
        Times(SIX - 36 * 24 * HOUR, SIX - 36 * 24 * HOUR, SIX - 36 * 24 * HOUR + HOUR, 60),
        Times(SIX + 401 * 24 * HOUR, SIX + 401 * 24 * HOUR, SIX + 401 * 24 * HOUR + HOUR, 60),
    ],
)
def test_impossible_windows_are_refused(span: Times) -> None:
    with pytest.raises(Invalid):
        check_span(span, SIX)
