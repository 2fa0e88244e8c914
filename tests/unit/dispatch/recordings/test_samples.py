"""Spot checks: drawn by squad and month, the same again by the same seed, paced over the year."""

from datetime import date

from dispatch.recordings.samples import draw, paced, shares, substitute

SIZES = {(squad, f"2026-{month:02}"): 10 * squad for squad in (1, 2, 3) for month in (1, 2, 3)}


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    assert draw(SIZES, 12, "a") == draw(dict(reversed(SIZES.items())), 12, "a")
    assert draw(SIZES, 12, "a") != draw(SIZES, 12, "b")


def test_nothing_is_drawn_twice_and_never_more_than_there_is() -> None:
    found = draw(SIZES, 500, "a")
    assert len(found) == len(set(found)) == sum(SIZES.values())
    assert all(0 <= place < SIZES[stratum] for stratum, place in found)


def test_every_squad_and_month_has_one_while_there_are_enough() -> None:
    for wanted in range(1, 180):
        found = shares(SIZES, wanted)
        assert sum(found.values()) == wanted
        assert len(found) == min(wanted, 9)
        assert all(count <= SIZES[name] for name, count in found.items())


def test_the_pace_reaches_the_years_number_on_its_last_day_and_never_falls() -> None:
    days = [date.fromordinal(date(2028, 1, 1).toordinal() + n) for n in range(366)]
    found = [paced(100, day) for day in days]
    assert found == sorted(found)
    assert (found[0], found[-1]) == (1, 100)


def test_a_substitute_is_of_the_stratum_or_there_is_none() -> None:
    assert substitute(0, "a", 1) is None
    assert {substitute(5, "a", no) for no in range(100)} == set(range(5))
