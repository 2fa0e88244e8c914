"""Positions as columns, straight from the table: no Python object a row."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from core.sql import load_queries
from geo.patrol.sight import FIX_DTYPE, Fixes
from geo.wire_arrays import EPOCH_2000_MS, column

QUERIES = load_queries("geo.patrol", "fixes.sql")

_KINDS: Final = (">i4", ">i8", ">i8", ">i4", ">i4", ">i2", ">i2")


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
    with conn.cursor(binary=True) as cursor:
        result = cursor.execute(QUERIES["fixes"], _given(reaches)).pgresult
        assert result is not None
        parts = [
            _part([column(result.get_value(row, i), kind) for i, kind in enumerate(_KINDS)])
            for row in range(result.ntuples)
        ]
    return Tracks(np.concatenate(parts) if parts else np.empty(0, FIX_DTYPE))


def _part(columns: Sequence[NDArray[Any]]) -> Fixes:
    part = np.empty(len(columns[0]), FIX_DTYPE)
    for name, values in zip(FIX_DTYPE.names or (), columns, strict=True):
        part[name] = values // 1000 + EPOCH_2000_MS if name == "at_ms" else values
    return part


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
