"""A month of body cameras is a function of its seed, and says of each scene what was the matter."""

from collections import Counter
from itertools import pairwise

from devices.simulator.camera_facts import RecordingTold, StatusSaid
from devices.simulator.camera_messes import EVERY_MESS
from devices.simulator.camera_month import DAY_MS, SKEWS_MS, CameraMonth

BEGIN_MS = 1_772_294_400_000  # midnight in Shanghai
MONTH = CameraMonth(seed=3, officers=12, days=30, begin_ms=BEGIN_MS)


def test_the_same_seed_is_the_same_month() -> None:
    again = CameraMonth(3, 12, 30, BEGIN_MS)
    assert (again.facts(), again.scenes()) == (MONTH.facts(), MONTH.scenes())
    assert CameraMonth(4, 12, 30, BEGIN_MS).facts() != MONTH.facts()


def test_every_mess_occurs_and_is_labelled() -> None:
    for seed in range(5):
        scenes = CameraMonth(seed, 12, 30, BEGIN_MS).scenes()
        assert {name for one in scenes for name in one.mess} == EVERY_MESS
    statuses = Counter(one.status for one in MONTH.scenes() if one.truth is None)
    assert statuses.keys() == {
        None, "OK", "NO_RECORDING", "LATE_START", "EARLY_STOP", "GAP", "PENDING_UPLOAD",
        "UPLOAD_OVERDUE", "DEVICE_EXCUSE",
    }  # fmt: skip


def test_what_cannot_be_proved_says_why_in_both_languages() -> None:
    unprovable = MONTH.unprovable()
    assert len({one.scene.mess[0] for one in unprovable}) == 8
    for one in unprovable:
        assert one.truth != one.said
        assert one.why_zh
        assert one.why_en


def test_facts_are_told_once_in_the_order_of_receipt_within_the_month() -> None:
    facts = MONTH.facts()
    received = [one.received_ms for one in facts]
    assert received == sorted(received)
    assert received[-1] < MONTH.end_ms == BEGIN_MS + 30 * DAY_MS
    said = [one for one in facts if isinstance(one, StatusSaid | RecordingTold)]
    keys = [(one.camera, one.at_ms, one.seq) for one in said]
    assert len(set(keys)) == len(keys)


def test_scenes_of_an_officer_are_within_shifts_and_do_not_overlap() -> None:
    for no in range(12):
        shifts = MONTH.shifts(no)
        scenes = sorted(
            (one.arrive_ms, one.clear_ms) for one in MONTH.scenes() if one.officer == no
        )
        assert scenes
        for (_, clear_ms), (arrive_ms, _) in pairwise(scenes):
            assert clear_ms < arrive_ms
        for arrive_ms, clear_ms in scenes:
            (shift,) = [one for one in shifts if one.from_ms <= arrive_ms < one.to_ms]
            assert clear_ms < shift.to_ms


def test_a_wrong_clock_is_wrong_all_month_and_its_receipt_is_right() -> None:
    told = [
        one for one in MONTH.facts()
        if isinstance(one, StatusSaid) and one.camera in ("C-004A", "C-005A")
        and "queued" not in one.detail
    ]  # fmt: skip
    assert len(told) > 100
    for one in told:
        assert 0 < one.received_ms - one.at_ms + SKEWS_MS[int(one.camera[2:5])] < 2_500
