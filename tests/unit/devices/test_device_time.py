"""Which clock counts (B.5)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devices.device_time import Trust, corrected, trust_of

SEEN = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("skew_ms", "detail", "sender_boot", "trust"),
    [
        pytest.param(0, {"boot": 3, "up": 5, "sent_up": 9}, None, Trust.MONOTONIC, id="one boot"),
        pytest.param(0, {}, None, Trust.MONOTONIC, id="the offset alone was kept"),
        pytest.param(None, {}, None, Trust.DEVICE, id="says nothing of its clocks"),
        pytest.param(None, {"boot": 3}, "3", Trust.DEVICE, id="no monotonic clock"),
        pytest.param(9, {"up": 9, "sent_up": 5}, None, Trust.LOW, id="sent before it was seen"),
        pytest.param(
            9, {"boot": 3, "up": 5, "sent_up": 9, "queued": True}, "4", Trust.LOW, id="two boots"
        ),
        pytest.param(
            9, {"boot": 3, "up": 5, "sent_up": 9, "queued": True}, "3", Trust.MONOTONIC,
            id="queued, but the same boot whether text or number",
        ),
        pytest.param(
            9, {"boot": 3, "up": 5, "sent_up": 9}, "4", Trust.MONOTONIC,
            id="sent at once, so in its own boot",
        ),
    ],
)  # fmt: skip
def test_trust(
    skew_ms: int | None, detail: dict[str, Any], sender_boot: object, trust: Trust
) -> None:
    assert trust_of(skew_ms, detail, sender_boot) is trust


def test_three_hours_ahead_in_one_boot_is_put_right() -> None:
    """B.8, 6: the wall clock does not enter at all."""
    wall = SEEN + timedelta(hours=3)
    time = corrected(wall, SEEN, -3 * 3_600_000, Trust.MONOTONIC)
    assert (time.at, time.offset_s) == (SEEN, -3 * 3600.0)


def test_of_another_boot_the_median_offset_of_fresh_messages_counts() -> None:
    time = corrected(SEEN, SEEN + timedelta(hours=5), None, Trust.LOW, [601.0, 600.0, 9_000.0])
    assert time.at == SEEN + timedelta(seconds=601) and time.offset_s == 601.0
    alone = corrected(SEEN, SEEN + timedelta(hours=5), None, Trust.LOW)
    assert alone.at == SEEN and alone.trust is Trust.LOW


def test_without_a_monotonic_clock_the_device_is_believed() -> None:
    late = corrected(SEEN, SEEN + timedelta(hours=5), None, Trust.DEVICE)
    assert (late.at, late.offset_s) == (SEEN, 0.0), "a late delivery says nothing of a clock"
    ahead = corrected(SEEN + timedelta(minutes=3), SEEN, None, Trust.DEVICE)
    assert (ahead.at, ahead.offset_s) == (SEEN + timedelta(minutes=3), -180.0)


def test_the_better_clock_ranks_first() -> None:
    assert sorted(Trust, key=lambda t: t.rank) == [Trust.MONOTONIC, Trust.DEVICE, Trust.LOW]
