"""Whole days of simulated officers: honest ones raise next to nothing, cheats are found."""

import pytest

from devices.simulator.cheats import CHEATS, squad_month
from tests.bench.patrol_fraud import Tally, marks_of, meets, run

HONEST_MARKS_MAX = 1  # in 64 officers' days


@pytest.mark.parametrize("seed", [201, 202, 203])
def test_honest_days_raise_next_to_nothing(seed: int) -> None:
    tally = Tally()
    run(seed, 2, 8, 0.0, tally)
    assert tally.days == 64 and not tally.kinds
    assert sum(tally.false.values()) <= HONEST_MARKS_MAX, tally.false


def test_every_kind_of_cheat_is_labelled_and_most_are_found() -> None:
    labels, found = [], 0
    for number in range(6):
        month = squad_month(number, 211, days=6, share=0.35)
        marks = list(marks_of(month))
        expecting = [label for label in month.labels if label.expects]
        found += sum(
            any(mark.detector in label.expects and meets(label, mark) for mark in marks)
            for label in expecting
        )
        labels += expecting
    assert {label.kind for label in labels} == set(CHEATS)
    assert found >= 0.9 * len(labels)


def test_the_same_seed_is_the_same_month() -> None:
    a, b = (squad_month(3, 5, days=3, share=0.3) for _ in range(2))
    assert a.taps == b.taps and a.labels == b.labels
