"""The stored fixes of a span as columns: one row a device, its columns as arrays.

PostgreSQL's binary arrays are taken as NumPy arrays as they come. A row a fix would cost
three times as much, most of it in handing over rows.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from core.sql import load_queries
from devices.readings import FIX
from geo.tracks import ACCURACY_MAX_M, TRACK_DTYPE, Track, sorted_once
from geo.wire_arrays import EPOCH_2000_MS, column

QUERIES = load_queries("geo.coverage", "tracks.sql")
_KINDS: Final = (">i4", ">i8", ">i8", ">i4", ">i4", ">i2", ">i2")


def load_track(
    conn: Connection[Any], nos: Collection[int], from_at: datetime, to_at: datetime
) -> Track:
    """What these devices sent of [from_at, to_at), as cleaning wants it."""
    given = {"nos": list(nos), "from_at": from_at, "to_at": to_at}
    with conn.cursor(binary=True) as cursor:
        result = cursor.execute(QUERIES["arrays"], given).pgresult
        assert result is not None
        parts = [
            _part(*(column(result.get_value(row, i), kind) for i, kind in enumerate(_KINDS)))
            for row in range(result.ntuples)
        ]
    return sorted_once(np.concatenate(parts)) if parts else np.zeros(0, TRACK_DTYPE)


def _part(  # noqa: PLR0917
    no: NDArray[Any],
    at_us: NDArray[Any],
    seq: NDArray[Any],
    lat_e7: NDArray[Any],
    lon_e7: NDArray[Any],
    acc_dm: NDArray[Any],
    flags: NDArray[Any],
) -> Track:
    part = np.zeros(len(no), TRACK_DTYPE)
    part["no"], part["seq"] = no, seq
    part["at_ms"] = at_us // 1000 + EPOCH_2000_MS
    part["lon_deg"], part["lat_deg"] = lon_e7 / 1e7, lat_e7 / 1e7
    part["acc_m"] = np.clip(acc_dm, 0, None) / 10
    part["usable"] = (flags & FIX != 0) & ((lon_e7 != 0) | (lat_e7 != 0))
    part["usable"] &= part["acc_m"] <= ACCURACY_MAX_M
    return part
