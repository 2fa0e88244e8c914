from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from core.values import Point
from dispatch.candidates import Candidate, Hindrance, best, rank, shortfalls
from geo.patrol.duties import Break, Duty, Manned, Void

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


def hindered(*, others: int = 0, voids: int = 0, windows: int = 1) -> Hindrance:
    duty = Duty(
        7, 3, "南门", NOON, NOON + timedelta(minutes=30), Point(31.2, 121.5), frozenset({2})
    )
    area = Manned(5, "夜市", frozenset({2}))
    return Hindrance(
        [Break(duty, NOON + timedelta(hours=1), others)] * windows, [Void(area, 0)] * voids
    )


def test_who_would_break_duty_comes_after_who_would_not() -> None:
    near, far = replace(NEAR, device_no=2, distance_m=100), replace(NEAR, distance_m=3_000)
    assert order(near, far) == [2, 1]
    cases = {
        "alone": (hindered(), [1, 2]),
        "others could go": (hindered(others=1), [2, 1]),
        "void as well": (hindered(others=1, voids=1), [1, 2]),
    }
    for name, (hindrance, wanted) in cases.items():
        ranked = rank([near, far], NOON, hindrance_of=only({2: hindrance}))
        assert [one.candidate.device_no for one in ranked] == wanted, name
        assert next(r for r in ranked if r.candidate is near).hindrance is hindrance


def test_the_reason_names_the_first_window_in_shanghai_time() -> None:
    (one,) = rank([NEAR], NOON, hindrance_of=only({1: hindered(windows=2, voids=1)}))
    said = {reason.code: (reason.zh, reason.en, reason.cost_m) for reason in one.reasons}
    assert said["breaks_windows"] == (
        "将错过 2 个必到点时间窗，先是南门 20:00–20:30",
        "would miss 2 mandatory windows, first 南门 20:00–20:30",
        8_000,
    )
    assert said["leaves_void"][:2] == ("离开后“夜市”只剩 0 人", "would leave 0 in 夜市")


def test_whose_task_it_is_and_whose_camera_is_broken() -> None:
    ours = replace(NEAR, device_no=2, org_id=4)
    theirs = replace(NEAR, device_no=1, org_id=5)
    ranked = rank([theirs, ours], NOON, of_orgs={4})
    assert [one.candidate.device_no for one in ranked] == [2, 1]
    assert [r.code for r in ranked[1].reasons][-1] == "other_org"
    assert order(theirs, ours) == [1, 2], "nobody's task in particular"
    assert order(replace(theirs, camera="fault"), ours) == [2, 1]
    assert order(replace(theirs, camera="recording"), ours) == [1, 2]
    assert order(replace(theirs, reserved=1), ours) == [2, 1], "reserved costs, and is not busy"
    assert replace(ours, reserved=1).is_free


def test_shortfalls_are_told_only_where_too_few_are_free() -> None:
    away = [
        replace(NEAR, device_no=2, state="off_duty"),
        replace(NEAR, device_no=3, link="silent"),
        replace(NEAR, device_no=4, link="silent", state="off_duty"),
        replace(NEAR, device_no=5, open_tasks=1),
        replace(NEAR, device_no=6, state="break"),
        replace(NEAR, device_no=7, link="stale"),
    ]
    assert shortfalls([NEAR, *away], 3, 1) == []
    told = {one.code: one.count for one in shortfalls([NEAR, *away], 3, 2)}
    assert told == {
        "off_duty": 1, "silent": 2, "busy": 1, "on_break": 1, "stale": 1, "unplaced": 3,
    }  # fmt: skip


def only(known: dict[int, Hindrance]) -> Callable[[Candidate], Hindrance]:
    return lambda one: known.get(one.device_no, Hindrance())


def test_the_nearest_at_work_is_always_among_the_first() -> None:
    others = [replace(NEAR, device_no=no, distance_m=300 + no) for no in range(2, 8)]
    spot = replace(NEAR, distance_m=10)

    def first(limit: int, *some: Candidate) -> list[int]:
        found = best(some, NOON, limit, hindrance_of=only({1: hindered(windows=2)}))
        return [one.candidate.device_no for one in found]

    assert first(4, *others, spot) == [2, 3, 4, 1]
    assert first(2, *others, spot) == [2, 3]
    assert first(4, *others, replace(spot, state="off_duty")) == [2, 3, 4, 5]
    assert first(5) == []
    assert first(5, spot) == [1]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2), st.booleans()), max_size=30),
    st.integers(1, 6),
)
def test_asking_few_of_their_duty_ends_as_asking_all(
    cases: list[tuple[int, int, bool]], limit: int
) -> None:
    units = [
        replace(NEAR, device_no=no, distance_m=400.0 * far, open_tasks=busy)
        for no, (far, busy, _) in enumerate(cases)
    ]
    known = {no: hindered(others=1) for no, (_, _, breaks_it) in enumerate(cases) if breaks_it}
    asked: list[int] = []

    def hindrance_of(one: Candidate) -> Hindrance:
        asked.append(one.device_no)
        return only(known)(one)

    whole = rank(units, NOON, hindrance_of=only(known))
    assert rank(units, NOON, hindrance_of=hindrance_of, limit=limit) == whole[:limit]
    assert len(asked) == len(set(asked))


def test_of_two_thousand_few_are_asked_of_their_duty() -> None:
    units = [replace(NEAR, device_no=no, distance_m=10.0 * no) for no in range(2_000)]
    asked: list[int] = []

    def hindrance_of(one: Candidate) -> Hindrance:
        asked.append(one.device_no)
        return hindered() if one.device_no % 2 else Hindrance()

    rank(units, NOON, hindrance_of=hindrance_of, limit=5)
    assert len(asked) < 20
