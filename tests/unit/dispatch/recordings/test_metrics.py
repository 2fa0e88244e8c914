"""Rates of nothing are none, and time recorded is only set against a duty that is known."""

import pytest

from dispatch.recordings.metrics import rates_of

NAMES = ("on_met", "on_due", "in_time", "due", "linked", "linkable", "sufficient", "required",
         "waiting", "excused", "covered_s", "scene_s", "clips", "recorded_s", "duty_s")  # fmt: skip


@pytest.mark.parametrize(
    ("recorded_s", "duty_s", "hourly_s"),
    [(1_800, 7_200, 900.0), (7_200, 7_200, 3_600.0), (7_201, 7_200, None), (60, 0, None)],
)
def test_recorded_for_an_hour_on_duty(recorded_s: int, duty_s: int, hourly_s: float | None) -> None:
    sums = dict.fromkeys(NAMES, 0) | {"recorded_s": recorded_s, "duty_s": duty_s}
    assert rates_of(sums)["recorded"]["per_duty_hour_s"] == hourly_s


def test_what_waits_and_what_is_excused_is_in_no_denominator() -> None:
    sums = dict.fromkeys(NAMES, 0) | {"required": 5, "sufficient": 2, "waiting": 1, "excused": 1}
    coverage = rates_of(sums)["coverage"]
    assert (coverage["numerator"], coverage["denominator"]) == (2, 3)
    assert rates_of(dict.fromkeys(NAMES, 0))["coverage"]["rate"] is None
