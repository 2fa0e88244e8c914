"""E22: a station that falls silent, and what is no silence."""

from datetime import date, timedelta

from geo.gas.sources import silent_days

TODAY = date(2026, 3, 20)


def days(**counts: int) -> dict[date, int]:
    """A hundred a day for four weeks; `d1` is yesterday."""
    told = {TODAY - timedelta(days=n): 100 for n in range(1, 32)}
    told |= {TODAY - timedelta(days=int(name[1:])): n for name, n in counts.items()}
    return told


def test_a_day_without_events_is_named_with_what_is_usual() -> None:
    assert silent_days(days(), TODAY, 0.2) == []
    assert silent_days(days(d1=0), TODAY, 0.2) == [(TODAY - timedelta(days=1), 0, 100.0)]
    assert silent_days(days(d2=19, d3=20), TODAY, 0.2) == [(TODAY - timedelta(days=2), 19, 100.0)]


def test_a_station_without_a_habit_is_not_judged() -> None:
    seldom = {TODAY - timedelta(days=n): 4 for n in range(2, 30)}
    assert silent_days(seldom, TODAY, 0.2) == [], "four a day are no habit"
    young = {TODAY - timedelta(days=n): 100 for n in range(2, 8)}
    assert silent_days(young, TODAY, 0.2) == [], "six days are none either"
    assert silent_days(young | {TODAY - timedelta(days=8): 90}, TODAY, 0.2) != []
