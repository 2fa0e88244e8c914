from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dispatch.candidates import Candidate, rank

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NEAR = Candidate(1, 300, NOON - timedelta(seconds=5), "online", "on_duty", 80, 0)


def order(*candidates: Candidate) -> list[int]:
    return [ranked.candidate.device_no for ranked in rank(candidates, NOON)]


def test_the_nearest_free_unit_comes_first() -> None:
    assert order(replace(NEAR, device_no=2, distance_m=301), NEAR) == [1, 2]


def test_at_equal_cost_the_order_is_the_same_for_everybody() -> None:
    twin = replace(NEAR, device_no=9)
    assert order(twin, NEAR) == order(NEAR, twin) == [1, 9]


def test_each_drawback_costs_and_says_so() -> None:
    drawbacks = {
        "open_tasks": replace(NEAR, open_tasks=1),
        "fix_old": replace(NEAR, observed_at=NOON - timedelta(minutes=10)),
        "link_stale": replace(NEAR, link="stale"),
        "link_silent": replace(NEAR, link="silent"),
        "off_duty": replace(NEAR, state="off_duty"),
        "on_break": replace(NEAR, state="break"),
        "low_battery": replace(NEAR, bat_pct=9),
    }
    for code, worse in drawbacks.items():
        first, second = rank([replace(worse, device_no=2), NEAR], NOON)
        assert first.candidate is NEAR
        (reason,) = [r for r in second.reasons if r.code == code]
        assert reason.cost_m > 0
        assert reason.zh
        assert second.cost_m == sum(r.cost_m for r in second.reasons)


def test_a_busy_unit_next_door_loses_to_a_free_one_a_little_further() -> None:
    busy = replace(NEAR, distance_m=100, open_tasks=1)
    assert order(busy, replace(NEAR, device_no=2, distance_m=800)) == [2, 1]


def test_off_duty_is_the_last_resort_and_still_shown() -> None:
    asleep = replace(NEAR, distance_m=1, state="off_duty")
    assert order(asleep, replace(NEAR, device_no=2, distance_m=20_000)) == [2, 1]


def test_the_reasons_of_a_good_candidate() -> None:
    (best,) = rank([NEAR], NOON)
    assert [r.code for r in best.reasons] == ["distance", "fix_fresh", "free", "on_duty"]
    assert best.reasons[0].zh == "直线距离 300 m"
    assert best.fix_age_s == 5
