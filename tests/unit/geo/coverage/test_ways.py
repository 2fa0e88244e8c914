"""Ways of several devices, and the time nobody can speak for."""

import pytest

from geo.coverage.ways import hops_m, mover_of, period_s, unknown_s
from tests.unit.geo.coverage.oracle import Spot
from tests.unit.geo.coverage.steps import CAR, known, straight, walked, ways
from tests.unit.geo.walks import HOUR_MS, world


def ms(at_s: float) -> int:
    return HOUR_MS + round(at_s * 1000)


def every(seconds: float, *times: float) -> list[Spot]:
    return [Spot(start + seconds * i, 0, 0) for start in times for i in range(7)]


def test_who_rides() -> None:
    assert mover_of("vehicle", 30).riding
    assert not mover_of("officer", 10).riding


def test_devices_are_kept_apart_over_many_slices() -> None:
    """An hour of two devices, fed in slices of a quarter: nothing is lost, all is joined."""
    walks = {no: [Spot(10.0 * i, no * 5.0, i * 10.0) for i in range(360)] for no in (3, 7)}
    found, _ = walked(walks)
    assert found.no.tolist() == [3] * 360 + [7] * 360
    assert (~found.joined).sum() == 2
    assert hops_m(found).sum() == pytest.approx(2 * 3590, rel=1e-3)


def test_nothing_at_all() -> None:
    found, stays = walked({}, where := CAR, world([]))
    assert (len(found), stays, period_s(found), unknown_s(found, {}), where) == (
        0,
        {},
        None,
        0,
        CAR,
    )


def test_the_period_is_the_median() -> None:
    assert period_s(ways(*every(10, 0))) == 10
    assert period_s(ways(*every(120, 0))) == 120
    assert period_s(ways(*every(10, 0, 5_000))) == 10
    assert period_s(ways(Spot(0, 0, 0))) is None


def test_unknown_time_lies_between_fixes() -> None:
    assert unknown_s(ways(*every(10, 0, 360)), {}) == 300
    assert unknown_s(ways(*every(60, 0)), {}) == 0
    assert unknown_s(ways(*every(61, 0)), {}) == 6 * 61


def test_on_duty_it_begins_and_ends_with_the_duty() -> None:
    one = ways(*every(10, 0, 360))  # known: 0–60 and 360–420 s
    assert unknown_s(one, {1: [(ms(-100), ms(1_000))]}) == 1_100 - 120
    assert unknown_s(one, {1: [(ms(30), ms(390))]}) == 360 - 60
    assert unknown_s(one, {1: [(ms(0), ms(50)), (ms(40), ms(60))]}) == 0
    assert unknown_s(one, {1: [(ms(-100), ms(0)), (ms(-50), ms(0))]}) == 100, "counted once"
    assert unknown_s(one, {2: [(ms(0), ms(100))]}) == 100 + 300


def test_a_reject_leaves_no_hole_but_a_new_start_does() -> None:
    away = [Spot(70 + 10.0 * i, 90_000, 0) for i in range(5)]
    assert unknown_s(ways(*every(10, 0), *away[:1], Spot(80, 0, 0)), {}) == 0
    assert unknown_s(ways(*every(10, 0), *away), {}) == 30


def test_the_oracle_cleans_alike() -> None:
    spots = [*straight((0, 0), (500, 0)), Spot(500, 500, 0), Spot(505, 9_000, 0), Spot(510, 500, 0)]
    assert [len(run) for run in known(spots)] == [len(spots) - 3, 2]
    assert len(ways(*spots)) == len(spots) - 1
