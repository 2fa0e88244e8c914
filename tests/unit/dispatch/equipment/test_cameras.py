"""How a camera stands, and what is missing by the schedule of who has it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dispatch.equipment.cameras import Camera, spans_of, standing
from dispatch.equipment.policy import Policy

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
H, M = timedelta(hours=1), timedelta(minutes=1)
LIVE = Camera(
    ledger="issued", live=True, state="standby", state_at=NOON - M, heard_at=NOON - M, dock=None,
    docked_at=NOON - 20 * H, pending=0, held=True, shift_from=NOON - 4 * H, shift_to=NOON + 4 * H,
)  # fmt: skip
DOCKED_ONLY = replace(LIVE, live=False, heard_at=NOON - 16 * H, state_at=NOON - 16 * H)


@pytest.mark.parametrize(
    ("one", "word", "missing"),
    [
        (LIVE, "on", None),
        (replace(LIVE, state="recording"), "recording", None),
        (replace(LIVE, state="fault"), "fault", None),
        (replace(LIVE, state="off"), "off", None),
        (replace(LIVE, ledger="lost"), "lost", None),
        (replace(LIVE, ledger="in_store", held=False), "store", None),
        (replace(LIVE, dock="d", pending=3), "uploading", None),
        (replace(LIVE, dock="d", heard_at=NOON - 9 * H), "docked", None),
        (replace(LIVE, heard_at=NOON - 8 * M), "silent", None),
        (replace(LIVE, heard_at=NOON - 11 * M), "silent", "silent_on_duty"),
        # Off duty nobody waits for it.
        (replace(LIVE, heard_at=NOON - 11 * H, shift_to=NOON - 2 * H), "silent", None),
        (replace(LIVE, state=None, state_at=None, heard_at=None), "never", "silent_on_duty"),
        # Out with its officer for four hours without a word: as it should be.
        (DOCKED_ONLY, "out", None),
        (replace(DOCKED_ONLY, shift_from=NOON - 34 * H, shift_to=NOON - 26 * H,
                 docked_at=NOON - 40 * H), "out", "not_docked"),
        (replace(DOCKED_ONLY, shift_from=NOON - 34 * H, shift_to=NOON - 23 * H,
                 docked_at=NOON - 40 * H), "out", None),
        (replace(DOCKED_ONLY, shift_from=NOON - 34 * H, shift_to=NOON - 26 * H,
                 docked_at=NOON - 25 * H), "out", None),
        (replace(DOCKED_ONLY, shift_from=None, shift_to=None), "out", None),
    ],
)  # fmt: skip
def test_a_camera_stands_by_what_it_is_and_who_has_it(
    one: Camera, word: str, missing: str | None
) -> None:
    found = standing(one, NOON, Policy())
    assert (found.word, found.missing) == (word, missing)


def test_a_camera_heard_only_at_docks_is_never_called_silent() -> None:
    for hours in range(0, 200, 7):
        one = replace(DOCKED_ONLY, heard_at=NOON - hours * H)
        assert standing(one, NOON, Policy()).word == "out"


def test_what_was_said_becomes_spans_that_do_not_outlive_silence() -> None:
    told = [
        (NOON, "standby", None), (NOON + M, "recording", None),
        (NOON + 2 * M, "recording", None), (NOON + H, "standby", "dock-1"),
        (NOON + 3 * H, "standby", None),
    ]  # fmt: skip
    found = spans_of(told, NOON + 4 * H)
    assert [(one["state"], one["dock"], (one["to"] - one["from"]) / M) for one in found] == [
        ("standby", None, 1), ("recording", None, 3.5), ("standby", "dock-1", 120),
        ("standby", None, 2.5),
    ]  # fmt: skip
