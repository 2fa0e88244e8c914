"""Windows from plans: rhythms, days, nights, raises, routes; only the future is issued anew."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from geo.patrol.grades import BUILTIN, Grade, Rhythm, read_rule, rule_for
from geo.patrol.plans import LOCAL, Raise, Shift, Version, read_body, read_route
from geo.patrol.windows import (
    Book,
    Place,
    Wanted,
    due_times,
    reissue,
    windows_between,
    windows_of,
)
from tests.table import table
from tests.unit.geo.patrol.test_calendar import KNOWN

BUREAU, BRIGADE, SQUAD = 1, 2, 3
DAY = date(2026, 3, 2)  # a Monday
POINTS = {id_: Place(id_, SQUAD, (BUREAU, BRIGADE, SQUAD), 2) for id_ in (11, 12, 13)}


def plan(no: int = 1, since: date = date(2026, 1, 1), until: date | None = None, *,
         version: int = 1, org_id: int = SQUAD, **body: Any) -> Version:  # fmt: skip
    return Version(no, org_id, version, since, until, read_body({"points": [11], **body}))


def book(*plans: Version, **more: Any) -> Book:
    return Book(POINTS, plans=plans, exceptions=KNOWN, **more)


def of(found: Sequence[Wanted], point_id: int) -> list[Wanted]:
    return [one for one in found if one.point_id == point_id]


def hours(found: Sequence[Wanted]) -> list[str]:
    return [one.due_at.strftime("%d %H:%M") for one in found]


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


# ── rhythms ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rhythm", "shifts", "due"),
    [
        (Rhythm(every_s=7200), [("08:00", "20:00")], "09 11 13 15 17 19"),
        (Rhythm(per_shift=2), [("08:00", "20:00")], "11 17"),
        (Rhythm(per_day=1), [("08:00", "20:00")], "14"),
        (Rhythm(per_shift=1), [("08:00", "16:00"), ("16:00", "00:00")], "12 20"),
        (Rhythm(per_day=1), [("06:00", "10:00"), ("18:00", "22:00")], "18"),
        (Rhythm(per_shift=2), [("22:00", "06:00")], "00 04"),  # both on the next day
        (Rhythm(every_s=14400), [("22:00", "01:00")], "23"),  # shorter than its period: once
        (Rhythm(every_s=28800), [("00:00", "00:00")], "04 12 20"),  # the whole day
        (Rhythm(at=("09:00", "13:00")), [("08:00", "20:00")], "09 13"),
        (Rhythm(at=("23:00", "02:00")), [("22:00", "06:00")], "23 02"),
    ],
)
def test_due_times(rhythm: Rhythm, shifts: Any, due: str) -> None:
    found = due_times(rhythm, [Shift(*one) for one in shifts], DAY)
    assert [at.strftime("%H") for at in found] == due.split()
    assert all(local("2026-03-02 00:00") <= at < local("2026-03-03 06:00") for at in found)


def test_a_visit_after_midnight_is_on_the_next_day() -> None:
    night = plan(shifts=[{"start": "22:00", "end": "06:00"}], visits={"at": ["23:00", "02:00"]})
    assert hours(of(windows_of(book(night), DAY), 11)) == ["02 23:00", "03 02:00"]


def test_the_grades_of_the_reference_are_the_default() -> None:
    """G.3: every 2 h 15/15 level 5 GPS 10 s dwell 180; 2 a shift 30/40; 1 a day 60/60."""
    assert [(g, r.before_s, r.after_s, r.early_s, r.late_s, r.min_level, r.gps_period_s,
             r.min_dwell_s) for g, r in BUILTIN.items()] == [
        (1, 900, 900, 900, 900, 5, 10, 180),
        (2, 1800, 1800, 2400, 2400, 4, 30, 60),
        (3, 3600, 3600, 3600, 3600, 3, 60, 0),
    ]  # fmt: skip
    counts = {}
    for grade in (1, 2, 3, 4):
        places = {1: Place(1, SQUAD, (SQUAD,), grade)}
        counts[grade] = len(windows_of(Book(places), DAY))
    assert counts == {1: 6, 2: 2, 3: 1, 4: 0}, "nobody said what grade 4 is"


def test_buffer_and_extended_buffer_lie_around_the_due_time() -> None:
    one = of(windows_of(book(), DAY), 11)[0]
    times = [at.strftime("%H:%M") for at in (one.opens_at, one.due_at, one.closes_at)]
    assert times == ["10:30", "11:00", "11:30"]
    assert one.from_at == local("2026-03-02 09:50") and one.late_s == 2400
    assert (one.plan_id, one.grade) == (None, 2)


def test_the_nearest_organisation_and_the_newest_rule_win() -> None:
    def grade(org: int, since: str, count: int) -> Grade:
        rule = read_rule({"rhythm": {"per_day": count}, "before_s": 600, "after_s": 600})
        return Grade(org, 2, date.fromisoformat(since), rule)

    grades = [grade(BUREAU, "2026-01-01", 3), grade(BRIGADE, "2026-02-01", 4),
              grade(BRIGADE, "2026-03-01", 5), grade(9, "2026-03-01", 6)]  # fmt: skip
    path = (BUREAU, BRIGADE, SQUAD)
    for day, count in (
        ("2025-12-31", None),
        ("2026-01-31", 3),
        ("2026-02-28", 4),
        ("2026-03-01", 5),
    ):
        rule = rule_for(grades, path, 2, date.fromisoformat(day))
        assert rule is not None and rule.rhythm.per_day == count, day
    assert rule_for(grades, (9,), 2, date(2026, 3, 2)) == grades[3].rule
    assert rule_for(grades, path, 7, DAY) is None


# ── which days ─────────────────────────────────────────────────────────────


@table("""
    days     extra      excluded   day        wanted
    all      -          -          2026-03-01 yes
    workdays -          -          2026-03-02 yes
    workdays -          -          2026-03-01 no    # a Sunday
    workdays -          -          2026-10-01 no    # a holiday
    workdays -          -          2026-09-20 yes   # a Sunday that is worked
    restdays -          -          2026-10-01 yes
    restdays -          -          2026-09-20 no
    restdays -          -          2026-03-02 no
    135      -          -          2026-03-02 yes
    135      -          -          2026-03-03 no
    workdays 2026-10-01 -          2026-10-01 yes
    all      -          2026-03-02 2026-03-02 no
""")
def test_which_days(days: Any, extra: str, excluded: str, day: str, wanted: str) -> None:
    given = [int(c) for c in str(int(days))] if isinstance(days, float) else days
    dates = {"extra": [extra] if extra != "-" else [],
             "excluded": [excluded] if excluded != "-" else []}  # fmt: skip
    found = windows_of(book(plan(days=given, dates=dates)), date.fromisoformat(day))
    assert bool(of(found, 11)) == (wanted == "yes")
    assert of(found, 12), "who is in no plan follows the grade, holiday or not"


def test_the_newest_version_in_force_counts_and_a_short_one_gives_way_again() -> None:
    normal = plan(visits={"at": ["09:00"]})
    week = plan(since=DAY, until=DAY + timedelta(days=2), version=2, visits={"at": ["10:00"]})
    later = plan(since=date(2026, 4, 1), version=3, visits={"at": ["11:00"]})
    both = book(normal, week, later)
    found = {
        day: hours(of(windows_of(both, date.fromisoformat(day)), 11))[0][3:]
        for day in ("2026-03-01", "2026-03-02", "2026-03-04", "2026-03-05", "2026-04-01")
    }
    assert list(found.values()) == ["09:00", "10:00", "10:00", "09:00", "11:00"]


def test_a_plan_reaches_no_point_of_another_organisation() -> None:
    foreign = plan(org_id=77, visits={"at": ["09:00"]})
    assert of(windows_of(book(foreign), DAY), 11)[0].plan_id is None


def test_a_zone_names_the_points_that_stand_in_it() -> None:
    zoned = plan(points=[], zone=5, visits={"at": ["09:00"]})
    found = windows_of(book(zoned, zones={5: frozenset({12, 13, 99})}), DAY)
    assert [one.plan_id for one in found] == [1, 1, None, None]


def test_offsets_level_and_proof_are_the_plans() -> None:
    own = plan(points=[11, 12], visits={"every_s": 43200}, offsets_s={"12": 300}, min_level=1,
               proof="stay")  # fmt: skip
    first, second = (of(windows_of(book(own), DAY), id_) for id_ in (11, 12))
    assert second[0].due_at - first[0].due_at == timedelta(seconds=300)
    assert {(one.min_level, one.proof) for one in first + second} == {(1, "stay")}


# ── raises ─────────────────────────────────────────────────────────────────


@table("""
    own raised day        grade
    2   1      2026-03-01 2     # the day before
    2   1      2026-03-02 1
    2   1      2026-03-04 1     # the last day counts
    2   1      2026-03-05 2
    1   2      2026-03-02 1     # a raise never lowers
""")
def test_a_raise(own: float, raised: float, day: str, grade: float) -> None:
    lift = Raise(int(raised), frozenset({11}), DAY, DAY + timedelta(days=2))
    found = windows_of(book(plan(grade=int(own)), raises=[lift]), date.fromisoformat(day))
    assert {one.grade for one in of(found, 11)} == {grade}
    assert {one.grade for one in of(found, 12)} == {2}


def test_a_raise_brings_the_rhythm_of_the_raised_grade() -> None:
    lift = Raise(1, frozenset({11}), DAY, DAY)
    seldom = plan(visits={"at": ["09:00"]})
    assert len(of(windows_of(book(seldom, raises=[lift]), DAY), 11)) == 6
    assert len(of(windows_of(book(seldom), DAY), 11)) == 1


# ── routes ─────────────────────────────────────────────────────────────────


def test_a_walk_is_due_stop_by_stop() -> None:
    body = {
        "order": "ordered",
        "stops": [
            {"point_id": 13},
            {"point_id": 11, "travel_s": 600},
            {"point_id": 12, "travel_s": 300, "tolerance_s": 120},
        ],
    }
    route = Version(4, SQUAD, 1, date(2026, 1, 1), None, read_route(body))
    walk = plan(points=[], routes=[4], shifts=[{"start": "22:00", "end": "06:00"}])
    found = windows_of(book(walk, routes=[route]), DAY)
    assert [one.point_id for one in found] == [13, 11, 12] * 2
    first = found[:3]
    assert hours(first) == ["03 00:00", "03 00:10", "03 00:15"]
    assert [one.stop_no for one in first] == [1, 2, 3]
    assert {one.round for one in first} == {"4/2026-03-03T00:00+08:00"}
    assert {one.round for one in found[3:]} == {"4/2026-03-03T04:00+08:00"}
    assert {(one.route_id, one.route_order, one.plan_id) for one in found} == {(4, "ordered", 1)}
    assert first[2].opens_at == first[2].due_at - timedelta(seconds=120)
    assert first[1].opens_at == first[1].due_at - timedelta(seconds=1800)


def test_a_stop_that_is_gone_is_left_out_and_the_others_keep_their_numbers() -> None:
    body = {"stops": [{"point_id": 99}, {"point_id": 11, "travel_s": 600}]}
    route = Version(4, SQUAD, 1, date(2026, 1, 1), None, read_route(body))
    found = of(windows_of(book(plan(points=[], routes=[4]), routes=[route]), DAY), 11)
    assert [(one.stop_no, one.due_at.strftime("%H:%M")) for one in found] == [
        (2, "11:10"), (2, "17:10")]  # fmt: skip


# ── issuing ────────────────────────────────────────────────────────────────

NOW = local("2026-03-02 12:00")


def issue(known: dict[int, Wanted], wanted: Sequence[Wanted], now: datetime) -> dict[int, Wanted]:
    change = reissue(wanted, known, now)
    kept = {id_: one for id_, one in known.items() if id_ not in set(change.withdraw)}
    start = max(known, default=0) + 1
    return kept | dict(enumerate(change.add, start))


def test_only_what_is_not_open_yet_is_issued_anew() -> None:
    before = book(plan(visits={"at": ["09:00", "12:20", "13:10", "18:00"]}))
    after = book(plan(version=2, visits={"at": ["13:10", "19:00"]}))
    day = of(windows_of(before, DAY), 11)
    known = dict(enumerate(day, 1))
    change = reissue(of(windows_of(after, DAY), 11), known, NOW)
    # 12:20 opens at 11:50 and 13:10 counts from 12:00 on: both may have been kept.
    assert change.withdraw == [4]
    assert hours(change.add) == ["02 19:00"]


def test_an_equal_window_stays_whatever_version_wants_it() -> None:
    known = dict(enumerate(windows_of(book(plan()), DAY), 1))
    change = reissue(windows_of(book(plan(version=2)), DAY), known, NOW - timedelta(hours=12))
    assert not change.add and not change.withdraw


def test_another_level_is_another_window_at_the_same_time() -> None:
    known = dict(enumerate(of(windows_of(book(plan()), DAY), 11), 1))
    stricter = of(windows_of(book(plan(min_level=5)), DAY), 11)
    change = reissue(stricter, known, NOW - timedelta(hours=12))
    assert change.withdraw == [1, 2] and len(change.add) == 2


rhythms = st.one_of(
    st.builds(lambda s: {"every_s": s}, st.integers(300, 86_400)),
    st.builds(lambda n: {"per_shift": n}, st.integers(1, 6)),
    st.builds(lambda n: {"per_day": n}, st.integers(1, 6)),
    st.just({"at": ["00:10", "12:00", "23:50"]}),
)
bodies = st.fixed_dictionaries(
    {
        "points": st.sampled_from([[11], [11, 12], [12, 13]]),
        "days": st.sampled_from(["all", "workdays", "restdays", [1, 3, 7]]),
        "shifts": st.sampled_from(
            [[], [{"start": "22:00", "end": "06:00"}], [{"start": "00:00", "end": "00:00"}],
             [{"start": "06:00", "end": "14:00"}, {"start": "14:00", "end": "23:30"}]]),
        "visits": rhythms,
        "offsets_s": st.sampled_from([{}, {"11": 86_400, "12": 1}]),
    }
)  # fmt: skip
books = st.builds(
    lambda one, two, lift: book(
        plan(**one), plan(2, date(2026, 3, 3), date(2026, 3, 4), **two),
        raises=[Raise(1, frozenset({11, 13}), lift, lift)],
    ),
    bodies, bodies, st.dates(date(2026, 2, 28), date(2026, 3, 6)),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(books, st.integers(1, 95), st.integers(1, 95))
def test_span_by_span_is_the_whole_span(given_book: Book, a_h: int, b_h: int) -> None:
    start = local("2026-03-01 07:13")
    middle = start + timedelta(hours=a_h)
    end = middle + timedelta(hours=b_h)
    parts = [*windows_between(given_book, start, middle), *windows_between(given_book, middle, end)]
    assert sorted(one.key for one in parts) == sorted(
        one.key for one in windows_between(given_book, start, end)
    )
    assert set(parts) == set(windows_between(given_book, start, end))


@settings(max_examples=60, deadline=None)
@given(books, books, st.integers(0, 72))
def test_twice_is_once_and_what_is_open_is_never_touched(
    one: Book, other: Book, later_h: int
) -> None:
    start = local("2026-03-01 07:13")
    known = issue({}, list(windows_between(one, start, start + timedelta(days=1))), start)
    again = issue(known, list(windows_between(one, start, start + timedelta(days=1))), start)
    assert again == known
    now = start + timedelta(hours=later_h)
    wanted = list(windows_between(other, now, now + timedelta(days=1)))
    changed = issue(known, wanted, now)
    assert {i: w for i, w in known.items() if w.from_at <= now}.items() <= changed.items()
    assert {w for w in changed.values() if w.from_at > now} == {
        w for w in wanted if w.from_at > now
    }
    assert issue(changed, wanted, now) == changed


# ── checks ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"points": ["x"]},
        {"points": [1], "strange": 1},
        {"points": [1], "days": [0]},
        {"points": [1], "days": []},
        {"points": [1], "days": "sometimes"},
        {"points": [1], "grade": 0},
        {"points": [1], "visits": {}},
        {"points": [1], "visits": {"every_s": 3600, "per_day": 1}},
        {"points": [1], "visits": {"every_s": 60}},
        {"points": [1], "visits": {"at": ["25:00"]}},
        {"points": [1], "visits": {"at": ["9:00"]}},
        {"points": [1], "min_level": 6},
        {"points": [1], "offsets_s": {"1": -1}},
        {"points": [1], "shifts": [{"start": "08:00", "end": "8pm"}]},
        {"points": [1], "shifts": [{"start": "08:00", "end": "12:00"},
                                   {"start": "11:00", "end": "13:00"}]},
        {"points": [1], "shifts": [{"start": "06:00", "end": "12:00"},
                                   {"start": "22:00", "end": "07:00"}]},
    ],
)  # fmt: skip
def test_bodies_that_are_no_plans(body: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        read_body(body)


def test_a_rule_of_a_grade_is_checked() -> None:
    good = {"rhythm": {"per_day": 1}, "before_s": 60, "after_s": 60}
    read_rule(good)
    for more in ({"before_s": -1}, {"before_s": 0, "after_s": 0}, {"min_level": 6}, {"x": 1},
                 {"gps_period_s": 0}, {"rhythm": {}}, {"proof": "promise"}):  # fmt: skip
        with pytest.raises(Invalid):
            read_rule(good | more)
