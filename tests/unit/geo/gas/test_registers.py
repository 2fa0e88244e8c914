"""Rows of a register: days as people write them, and what is no number."""

from datetime import UTC, datetime
from typing import Any

import pytest

from core.values import to_ms
from geo.gas.registers import read_entry
from geo.patrol.imports import Refused

END = to_ms(datetime(2036, 12, 31, 15, 59, 59, tzinfo=UTC))


def same(lon: float, lat: float) -> tuple[float, float]:
    return lon, lat


@pytest.mark.parametrize("told", ["20361231", 20361231, "2036-12-31", END, str(END),
                                  datetime(2036, 12, 31)])  # noqa: DTZ001 # fmt: skip
def test_a_licence_lasts_to_the_end_of_its_day(told: Any) -> None:
    entry = read_entry("site", {"编号": "LJ-01", "许可证有效期至": told}, same)
    assert entry.body["licence_until"] == END


@pytest.mark.parametrize(
    "row",
    [
        {"licence_until": "310115202600012345678"}, {"licence_until": 10**20},
        {"licence_until": True}, {"licence_until": float("inf")}, {"full_max": "²"},
        {"full_max": "9" * 5_000}, {"full_max": -1}, {"full_max": "100001"}, {"full_max": 1.5},
        {"full_max": True}, {"name": "\ud800"}, {"address": "a\x00b"}, {"key": "a\x00"},
        {"key": "\ud800"}, {"role": "\ud800"},
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(Refused) as why:
        read_entry("site", {"key": "LJ-01", **row}, same)
    (why.value.zh + why.value.en).encode()
    assert len(why.value.en) < 200


@pytest.mark.parametrize("told", [3, "3", 3.0, "３"])
def test_a_number_of_full_cylinders(told: Any) -> None:
    assert read_entry("user", {"key": "U1", "full_max": told}, same).body["full_max"] == 3
