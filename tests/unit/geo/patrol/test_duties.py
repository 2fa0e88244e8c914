"""What somebody who is sent would leave undone, as tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.values import Point
from geo.patrol.duties import Assumptions, Duty, Manned, breaks, voids

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HERE = Point(31.23, 121.47)
# An errand of an hour in all: ten minutes there, forty of work, ten back.
ASSUMED = Assumptions(handling_s=2_400, foot_mps=1.0, wheels_mps=2.0)


def duty(closes_min: float, *nos: int, id: int = 1, lat: float = 31.23) -> Duty:
    return Duty(id, 9, "南门", NOON, NOON + timedelta(minutes=closes_min), Point(lat, 121.47),
                frozenset(nos or (1,)))  # fmt: skip


def broken(*duties: Duty, free: tuple[int, ...] = (), travel_m: float = 600, kind: str = "officer",
           no: int = 1) -> list[tuple[int, int]]:  # fmt: skip
    found = breaks(no, duties, travel_m=travel_m, kind=kind, task=HERE, free=frozenset(free),
                   now=NOON, assumed=ASSUMED)  # fmt: skip
    return [(one.duty.window_id, one.others) for one in found]


@pytest.mark.parametrize(
    ("closes_min", "is_broken"), [(-1, False), (0, False), (1, True), (49.9, True), (50, False)]
)
def test_a_window_is_broken_when_it_closes_before_one_is_back(
    closes_min: float, is_broken: bool
) -> None:
    assert bool(broken(duty(closes_min))) is is_broken


def test_the_way_back_to_the_point_counts() -> None:
    assert not broken(duty(55))
    assert broken(duty(55, lat=31.23 + 0.0054)), "ten more minutes from the task to the point"


def test_a_vehicle_is_back_sooner() -> None:
    assert broken(duty(46)) and not broken(duty(46), kind="vehicle")


def test_only_ones_own_windows_and_the_first_to_close_first() -> None:
    assert broken(duty(30, 2)) == []
    assert broken(duty(30, id=1), duty(20, id=2), duty(20, id=3)) == [(2, 0), (3, 0), (1, 0)]


@pytest.mark.parametrize(
    ("rostered", "free", "others"),
    [((1,), (1, 2), 0), ((1, 2), (1, 2), 1), ((1, 2), (1,), 0), ((1, 2, 3), (2, 3), 2)],
)
def test_others_are_those_rostered_who_could_go(
    rostered: tuple[int, ...], free: tuple[int, ...], others: int
) -> None:
    assert broken(duty(30, *rostered), free=free) == [(1, others)]


@pytest.mark.parametrize(
    ("nos", "minimum", "left"),
    [((1,), 1, [0]), ((1, 2), 1, []), ((1, 2), 2, [1]), ((2, 3), 9, []), ((), 1, [])],
)
def test_an_area_is_left_void_below_its_minimum(
    nos: tuple[int, ...], minimum: int, left: list[int]
) -> None:
    area = Manned(5, "夜市", frozenset(nos))
    found = voids(1, [area], replace(ASSUMED, manning_min=minimum))
    assert [one.left for one in found] == left
