"""E11–E13, E17, E18 of the year: what users and couriers do, from lives of many cylinders."""

from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
import pytest

from geo.gas.history import history
from geo.gas.people import courier_claims, user_claims
from geo.gas.rulebook import VARIANTS
from geo.gas.rules import USER_DTYPE, Book
from tests.unit.geo.gas.lives import DAY, MINUTE, START, STATION, book, columns, life

EVER = START + 900 * DAY
HOME, SHOP, FAR = 700, 701, 702
Step = dict[str, Any]


def registered(*, most: int = 0) -> Book:
    users = np.array([
        (HOME, 312_000_000, 1_215_000_000, 91, False, most),
        (SHOP, 312_000_000, 1_215_000_000, 92, True, most),
        (FAR, 313_000_000, 1_215_000_000, 93, False, 0),
        (800, 312_000_000, 1_215_000_000, 94, False, 0),
        (801, 312_000_000, 1_215_000_000, 94, False, 0),
        (802, 312_000_000, 1_215_000_000, 94, False, 0),
    ], USER_DTYPE)  # fmt: skip
    return replace(book(), users=users)


def stay(user: int, day: float, days: float | None, courier: int = 51) -> list[Step]:
    at = START + round(day * DAY)
    steps: list[Step] = [
        {"kind": "deliver", "at": at, "user": user, "courier": courier},
        {"kind": "user_check", "at": at + 5 * MINUTE, "user": user},
    ]
    if days is not None:
        back = at + round(days * DAY)
        steps.append({"kind": "return", "at": back, "user": user, "courier": courier})
    return steps


def claimed(
    lives: dict[int, list[Step]], now: int = EVER, known: Book | None = None, by: Any = user_claims
) -> list[tuple[str, int, int]]:
    """(variant, days from the start of its beginning, figure), of what may be said by then."""
    known = known or registered()
    told = history(columns(lives), known.sites["key"])
    found = by(told, known)
    said = found[found["due"] <= now]
    return [
        ("/".join(VARIANTS[one["variant"]][:2]), int((one["since"] - START) // DAY),
         0 if np.isnan(one["value"]) else int(one["value"]))
        for one in said
    ]  # fmt: skip


def test_legal_lives_accuse_nobody() -> None:
    chance = Random(3)
    lives = {no: life(no, 3, chance) for no in range(12)}
    assert claimed(lives, START + 400 * DAY) == []


def test_what_stays_too_long_is_unreturned_until_it_is_seen_elsewhere() -> None:
    assert claimed({1: stay(HOME, 0, 59)}) == []
    assert claimed({1: stay(HOME, 0, 61)}) == [("E11/unreturned", 60, 0)]
    # Whoever wrote the return down: it is no longer there.
    elsewhere = {"kind": "stock_in", "at": START + 50 * DAY, "site": STATION}
    assert claimed({1: [*stay(HOME, 0, None), elsewhere]}) == []
    # Somebody who takes thirty days for each has ninety.
    slow = {no: stay(HOME, 30 * no, 29) for no in range(5)}
    assert claimed({**slow, 9: stay(HOME, 150, 89)}) == []
    assert claimed({**slow, 9: stay(HOME, 150, 91)}) == [("E11/unreturned", 240, 0)]


def test_a_business_that_stops_ordering_is_a_lead_and_a_household_is_not() -> None:
    weekly = {no: stay(SHOP, 7 * no, 6) for no in range(6)}
    assert claimed(weekly, START + 40 * DAY) == []
    assert claimed(weekly, START + 60 * DAY) == [("E12/silent", 35 + 21, 0)]
    resumed = {**weekly, 9: stay(SHOP, 50, 6)}
    assert ("E12/silent", 56, 0) not in claimed(resumed, START + 60 * DAY)
    assert claimed({no: stay(HOME, 7 * no, 6) for no in range(6)}, START + 60 * DAY) == []


@pytest.mark.parametrize(("user", "most", "count", "found"), [
    (HOME, 0, 2, []), (HOME, 0, 3, [("E13/user", 2, 3)]), (SHOP, 0, 10, []),
    (SHOP, 0, 11, [("E13/user", 10, 11)]), (HOME, 4, 4, []), (HOME, 3, 4, [("E13/user", 3, 4)]),
])  # fmt: skip
def test_a_hoard_is_more_than_allowed_at_once(
    user: int, most: int, count: int, found: list[tuple[str, int, int]]
) -> None:
    lives = {no: stay(user, no, 30) for no in range(count)}
    known = registered(most=most)
    assert [one for one in claimed(lives, known=known) if one[0] == "E13/user"] == found


def test_an_exchange_at_the_door_is_no_hoard() -> None:
    lives = {1: stay(HOME, 0, 30), 2: stay(HOME, 1, 30), 3: stay(HOME, 30 - 1 / 24, 20)}
    assert claimed(lives) == []


def test_a_user_is_checked_once_a_year() -> None:
    checked = stay(HOME, 0, None)
    late = [{"kind": "user_check", "at": START + 400 * DAY, "user": HOME}]
    found = [one for one in claimed({1: checked}) if one[0] == "E18/yearly"]
    assert found == [("E18/yearly", 365, 0)]
    before = START + 364 * DAY
    assert not [one for one in claimed({1: checked}, before) if one[0] == "E18/yearly"]
    told = columns({1: [*checked, *late]})
    held = user_claims(history(told, book().sites["key"]), registered())
    (yearly,) = [o for o in held if VARIANTS[o["variant"]][1] == "yearly" and o["until"] < EVER]
    assert yearly["until"] == START + 400 * DAY
    gone = stay(HOME, 0, 100)
    assert not [one for one in claimed({1: gone}) if one[0] == "E18/yearly"], "no gas, no check"


def test_a_courier_is_not_at_two_doors() -> None:
    def two(minutes: float) -> dict[int, list[Step]]:
        return {1: stay(HOME, 0.1, 20), 2: stay(FAR, 0.1 + minutes / 1440, 20)}

    assert claimed(two(5), by=courier_claims) == [("E17/fast", 0, 128)]
    assert claimed(two(20), by=courier_claims) == []
    others = {1: stay(HOME, 0.1, 20), 2: stay(FAR, 0.1 + 5 / 1440, 20, courier=52)}
    assert claimed(others, by=courier_claims) == []
    midnight = 16 / 24  # lives begin at eight in Shanghai; a courier is judged day by day
    around = {1: stay(HOME, midnight - 2 / 1440, 20), 2: stay(FAR, midnight + 1 / 1440, 20)}
    assert claimed(around, by=courier_claims) == []


def test_three_accounts_at_one_address_are_one_too_many() -> None:
    def visits(*users: int) -> dict[int, list[Step]]:
        return {no: stay(user, no / 24, 20) for no, user in enumerate(users)}

    assert claimed(visits(800, 801), by=courier_claims) == []
    assert claimed(visits(800, 801, 801), by=courier_claims) == []
    assert claimed(visits(800, 801, 802), by=courier_claims) == [("E17/address", 0, 3)]


def test_the_order_of_arrival_does_not_matter() -> None:
    chance = Random(8)
    lives = {no: stay(HOME, no * 3, 40) for no in range(6)} | {9: stay(SHOP, 0, 90)}
    events = columns(lives)
    known = registered()
    first = user_claims(history(events, known.sites["key"]), known)
    for _ in range(5):
        order = list(range(len(events)))
        chance.shuffle(order)
        again = user_claims(history(events[order], known.sites["key"]), known)
        assert str(again.tolist()) == str(first.tolist()), "nan is not itself"
    assert len(first)


def test_some_users_alone_are_judged_like_all_together() -> None:
    chance = Random(12)
    lives: dict[int, list[Step]] = {}
    for no in range(60):
        user = chance.choice([HOME, SHOP, FAR, 800, 801])
        lives[no] = stay(user, chance.uniform(0, 200), chance.choice([None, 20, 70]))
    whole = claimed(lives)
    parts = []
    for user in (HOME, SHOP, FAR, 800, 801):
        mine = {no: life_ for no, life_ in lives.items() if life_[0]["user"] == user}
        parts += claimed(mine)
    assert sorted(parts) == sorted(whole)
    assert len(whole) > 10
