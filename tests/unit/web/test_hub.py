"""Frames of the live hub, read back with nothing but struct and the documented layout."""

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.table import table
from web.live.hub import NOWHERE_E7, ROW, Hub

NOW_MS = 1_795_000_000_000.0
A, B = frozenset({1}), frozenset({2})


def rows(*units: dict[str, Any]) -> np.ndarray:
    out = np.zeros(len(units), ROW)
    for row, unit in zip(out, units, strict=True):
        for name, value in ({"org_id": 1, "at_ms": int(NOW_MS), "link": 1} | unit).items():
            row[name] = value
    return out


def read(frame: bytes) -> tuple[dict[str, Any], list[dict[str, int]]]:
    """docs/live-frames.md, followed by hand."""
    magic, epoch, seq, count, now, flags, _ = struct.unpack_from("<IIIIdII", frame)
    assert magic == int.from_bytes(b"WPL1"[::-1], "big")
    assert len(frame) == 32 + 18 * count
    at, columns = 32, {}
    for name, code, size in [
        ("no", "I", 4), ("lon", "i", 4), ("lat", "i", 4), ("age", "H", 2),
        ("spd", "B", 1), ("crs", "B", 1), ("link", "B", 1), ("state", "B", 1),
    ]:  # fmt: skip
        assert at % size == 0, "a typed array needs its alignment"
        columns[name] = struct.unpack_from(f"<{count}{code}", frame, at)
        at += size * count
    units = [{name: values[i] for name, values in columns.items()} for i in range(count)]
    return {"epoch": epoch, "seq": seq, "now": now, "flags": flags}, units


def test_a_full_frame_holds_everything_in_scope() -> None:
    hub = Hub(epoch=7)
    hub.apply(rows({"no": 3, "lon_e7": 5, "lat_e7": -6}, {"no": 9, "org_id": 2}), NOW_MS)
    head, units = read(hub.frame(0, A))
    assert head == {"epoch": 7, "seq": 1, "now": NOW_MS, "flags": 1}
    assert [(u["no"], u["lon"], u["lat"]) for u in units] == [(3, 5, -6)]
    assert [u["no"] for u in read(hub.frame(0, A | B))[1]] == [3, 9]


def test_a_later_frame_holds_what_changed_since() -> None:
    hub = Hub(1)
    hub.apply(rows({"no": 1}, {"no": 2}), NOW_MS)
    hub.apply(rows({"no": 2, "lon_e7": 8}), NOW_MS + 1000)
    head, units = read(hub.frame(1, A))
    assert (head["seq"], head["flags"]) == (2, 0)
    assert [u["no"] for u in units] == [2]
    assert read(hub.frame(2, A))[1] == []


def test_the_same_rows_again_say_nothing() -> None:
    hub = Hub(1)
    hub.apply(rows({"no": 1}), NOW_MS)
    assert hub.apply(rows({"no": 1}), NOW_MS + 1) == 0
    assert hub.seq == 1


@pytest.mark.parametrize("from_seq", [0, 99])
def test_who_holds_a_seq_we_never_reached_gets_everything(from_seq: int) -> None:
    hub = Hub(1)
    hub.apply(rows({"no": 1}), NOW_MS)
    head, units = read(hub.frame(from_seq, A))
    assert (head["flags"], len(units)) == (1, 1)


def test_one_encoding_is_shared() -> None:
    hub = Hub(1)
    hub.apply(rows({"no": 1}), NOW_MS)
    assert hub.frame(0, A) is hub.frame(0, frozenset({1}))
    assert hub.frame(0, A) is not hub.frame(0, A | B)


def test_a_unit_that_changes_hands_changes_scope() -> None:
    hub = Hub(1)
    hub.apply(rows({"no": 1}), NOW_MS)
    assert len(read(hub.frame(0, A))[1]) == 1
    hub.apply(rows({"no": 1, "org_id": 2}), NOW_MS)
    assert read(hub.frame(0, A))[1] == []
    assert len(read(hub.frame(1, B))[1]) == 1


def test_revoked_units_leave() -> None:
    hub = Hub(1)
    hub.apply(rows({"no": 1}, {"no": 2}, {"no": 3}), NOW_MS)
    hub.keep_only(np.array([1, 3], np.uint32))
    hub.apply(rows({"no": 3, "lon_e7": 4}, {"no": 4}), NOW_MS)
    assert [(u["no"], u["lon"]) for u in read(hub.frame(0, A))[1]] == [(1, 0), (3, 4), (4, 0)]


@table("""
    field     given   column  shown
    spd_cms   -1      spd     255    # unknown
    spd_cms   0       spd     0
    spd_cms   140     spd     3      # 1.4 m/s in half metres, rounded
    spd_cms   99999   spd     254    # faster than can be said
    crs_ddeg  -1      crs     0      # unknown
    crs_ddeg  900     crs     64     # east
    crs_ddeg  3599    crs     0      # all but north, rounded round
    link      3       link    3
    state     8       state   8
""")
def test_columns(field: str, given: float, column: str, shown: float) -> None:
    hub = Hub(1)
    hub.apply(rows({"no": 1, field: int(given)}), NOW_MS)
    assert read(hub.frame(0, A))[1][0][column] == shown


@table("""
    age_s       shown
    0           0
    61.9        61
    -5          0        # a clock ahead of ours
    65534       65534
    9999999     65535
""")
def test_age(age_s: float, shown: float) -> None:
    hub = Hub(1)
    hub.apply(rows({"no": 1, "at_ms": int(NOW_MS - age_s * 1000)}), NOW_MS)
    assert read(hub.frame(0, A))[1][0]["age"] == shown


def test_a_unit_without_a_position_is_told_as_such() -> None:
    hub = Hub(1)
    hub.apply(rows({"no": 1, "lon_e7": NOWHERE_E7, "lat_e7": NOWHERE_E7, "at_ms": 0}), NOW_MS)
    unit = read(hub.frame(0, A))[1][0]
    assert (unit["lon"], unit["lat"], unit["age"]) == (-(2**31), -(2**31), 65535)


ROWS = st.lists(
    st.tuples(st.integers(1, 6), st.integers(-9, 9), st.sampled_from([1, 2])),
    max_size=6, unique_by=lambda row: row[0],
)  # fmt: skip


@given(st.lists(ROWS, max_size=12), st.sets(st.integers(0, 12)))
def test_whoever_follows_holds_what_a_newcomer_gets(
    batches: list[list[tuple[int, int, int]]], looks: set[int]
) -> None:
    """Any pace of looking ends in the picture a fresh full frame shows (both orgs seen)."""
    hub, held, at = Hub(1), {}, 0
    for tick, batch in enumerate(batches):
        given_rows = rows(*({"no": n, "lon_e7": x, "org_id": o} for n, x, o in batch))
        hub.apply(given_rows, NOW_MS)
        if tick in looks or tick == len(batches) - 1:
            head, units = read(hub.frame(at, A | B))
            held = {} if head["flags"] else held
            held |= {u["no"]: u for u in units}
            at = head["seq"]
    assert held == {u["no"]: u for u in read(hub.frame(0, A | B))[1]}
