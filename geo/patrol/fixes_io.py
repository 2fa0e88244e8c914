"""Positions as columns, straight from the table: no Python object a row."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from core.sql import load_queries
from geo.patrol.sight import FIX_DTYPE, Fixes

QUERIES = load_queries("geo.patrol", "fixes.sql")

# PostgreSQL's binary COPY: a header of 19 bytes, a trailer of 2, and for each row the number
# of fields, then each field after its length. Times are microseconds since 2000.
_HEADER_BYTES: Final = 19
_TRAILER_BYTES: Final = 2
_EPOCH_2000_MS: Final = 946_684_800_000
_WIRE: Final = np.dtype(
    [
        ("fields", ">i2"),
        ("w0", ">i4"), ("device_no", ">i4"),
        ("w1", ">i4"), ("at_us", ">i8"),
        ("w2", ">i4"), ("seq", ">i8"),
        ("w3", ">i4"), ("lat_e7", ">i4"),
        ("w4", ">i4"), ("lon_e7", ">i4"),
        ("w5", ">i4"), ("acc_dm", ">i2"),
        ("w6", ">i4"), ("flags", ">i2"),
    ]
)  # fmt: skip


class Reach(NamedTuple):
    """A device and the time in which its telemetry is wanted, both ends included."""

    device_no: int
    from_at: datetime
    to_at: datetime


class Tracks:
    """Fixes by device and time, sorted once."""

    def __init__(self, fixes: Fixes) -> None:
        order = np.lexsort((fixes["seq"], fixes["at_ms"], fixes["device_no"]))
        self._fixes: Fixes = fixes[order]
        nos, starts = np.unique(self._fixes["device_no"], return_index=True)
        ends = [*starts.tolist(), len(fixes)][1:]
        self._places = dict(zip(nos.tolist(), zip(starts.tolist(), ends, strict=True), strict=True))

    def within(self, reach: Reach) -> Fixes:
        """The device's fixes in the span, in the order of time."""
        start, end = self._places.get(reach.device_no, (0, 0))
        mine = self._fixes[start:end]
        from_ms, to_ms = (round(at.timestamp() * 1000) for at in reach[1:])
        first = int(np.searchsorted(mine["at_ms"], from_ms))
        return mine[first : int(np.searchsorted(mine["at_ms"], to_ms, side="right"))]


def load_tracks(conn: Connection[Any], reaches: Sequence[Reach]) -> Tracks:
    if not reaches:
        return Tracks(np.empty(0, FIX_DTYPE))
    with conn.cursor().copy(QUERIES["fixes"], _given(reaches)) as copy:
        raw = b"".join(bytes(chunk) for chunk in copy)
    rows = np.frombuffer(raw[_HEADER_BYTES:-_TRAILER_BYTES], _WIRE)
    fixes = np.empty(len(rows), FIX_DTYPE)
    for name in ("device_no", "seq", "lat_e7", "lon_e7", "acc_dm", "flags"):
        fixes[name] = rows[name]
    fixes["at_ms"] = rows["at_us"] // 1000 + _EPOCH_2000_MS
    return Tracks(fixes)


def load_counters(conn: Connection[Any], reaches: Sequence[Reach]) -> dict[int, NDArray[np.int64]]:
    """(at_ms, seq) of everything but positions, by device."""
    if not reaches:
        return {}
    found: dict[int, list[tuple[int, int]]] = {}
    for no, at_ms, seq in conn.execute(QUERIES["counters"], _given(reaches)):
        found.setdefault(no, []).append((at_ms, seq))
    return {no: np.array(rows, dtype=np.int64) for no, rows in found.items()}


def joined(reaches: Sequence[Reach]) -> list[Reach]:
    """Each device's spans without overlap, so that nothing is read twice."""
    found: list[Reach] = []
    for one in sorted(set(reaches)):
        last = found[-1] if found else None
        if last is not None and last.device_no == one.device_no and one.from_at <= last.to_at:
            found[-1] = last._replace(to_at=max(last.to_at, one.to_at))
        else:
            found.append(one)
    return found


def _given(reaches: Sequence[Reach]) -> dict[str, Any]:
    return {
        "nos": [one.device_no for one in reaches],
        "froms": [one.from_at for one in reaches],
        "tos": [one.to_at for one in reaches],
        "from_at": min(one.from_at for one in reaches),
        "to_at": max(one.to_at for one in reaches),
    }
