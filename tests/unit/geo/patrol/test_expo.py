"""The Expo of 2018 (domain reference A.31): two grades, four lists of sites, five weeks.

Six gateways, four key roads, five reception sites and fourteen hotels are grade 1 from
10 October to 15 November 2018; everything else is grade 2, before, during and after.
"""

from collections import Counter
from datetime import date

from geo.patrol.plans import Raise, Version, read_body
from geo.patrol.windows import Book, Place, Wanted, windows_of
from tests.table import table
from tests.unit.geo.patrol.test_calendar import KNOWN

SITES = {"gateway": 6, "road": 4, "reception": 5, "hotel": 14}
ELSEWHERE = 346  # the rest of 375 points
FIRST, LAST = date(2018, 10, 10), date(2018, 11, 15)
BUREAU, SQUAD = 1, 2


def expo() -> Book:
    listed = sum(SITES.values())
    places = {
        id_: Place(id_, SQUAD, (BUREAU, SQUAD), 2) for id_ in range(1, listed + ELSEWHERE + 1)
    }
    raises, start = [], 1
    for count in SITES.values():
        raises.append(Raise(1, frozenset(range(start, start + count)), FIRST, LAST))
        start += count
    # Half of what is elsewhere is patrolled on workdays alone; the rest follows its grade.
    office = read_body({"points": list(range(listed + 1, listed + 174)), "days": "workdays"})
    plan = Version(1, BUREAU, 1, date(2018, 1, 1), None, office)
    return Book(places, plans=[plan], raises=raises, exceptions=KNOWN)


def counted(found: list[Wanted]) -> tuple[int, int]:
    by_grade = Counter(one.grade for one in found)
    return by_grade[1], by_grade[2]


@table("""
    day        grade1 grade2
    2018-10-09 0      750     # the day before: 375 points twice
    2018-10-10 174    692     # 29 sites every two hours, the others twice
    2018-10-13 174    346     # a Saturday: 173 points rest
    2018-10-01 0      404     # National Day: a Monday, and 173 points rest
    2018-09-30 0      750     # a Sunday that is worked in exchange
    2018-11-15 174    692     # the last day
    2018-11-16 0      750     # over
""")
def test_windows_of_the_expo(day: str, grade1: float, grade2: float) -> None:
    assert counted(windows_of(expo(), date.fromisoformat(day))) == (grade1, grade2)


def test_a_raised_site_is_judged_by_the_rule_of_grade_one() -> None:
    windows = [one for one in windows_of(expo(), FIRST) if one.point_id == 1]
    assert [one.due_at.hour for one in windows] == [9, 11, 13, 15, 17, 19]
    assert {(one.min_level, one.min_dwell_s, one.early_s) for one in windows} == {(5, 180, 900)}
