"""Positions as rows of the table: integers at the precision that is real. Pure.

`pack` and `unpack` are each other's inverse on what the table can hold, so a follower
that takes a batch from memory and one that reads it back judge the same numbers.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.limits import PARTS
from devices.readings import POSITION_DTYPE, Positions

EPOCH_2000_MS = 946_684_800_000
NO_INT2 = -32_768
NO_INT4 = -(2**31)
COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
COPY_TRAILER = b"\xff\xff"

# Column, PostgreSQL width, NumPy type; the order of `staging_position`.
COLUMNS = (
    ("at", 8, ">i8"),
    ("received_at", 8, ">i8"),
    ("seq", 8, ">i8"),
    ("batch_id", 8, ">i8"),
    ("device_no", 4, ">i4"),
    ("lat_e7", 4, ">i4"),
    ("lon_e7", 4, ">i4"),
    ("skew_ms", 4, ">i4"),
    ("acc_dm", 2, ">i2"),
    ("spd_cms", 2, ">i2"),
    ("crs_ddeg", 2, ">i2"),
    ("alt_m", 2, ">i2"),
    ("sat", 2, ">i2"),
    ("bat_pct", 2, ">i2"),
    ("src", 2, ">i2"),
    ("datum", 2, ">i2"),
    ("flags", 2, ">i2"),
)
# As PostgreSQL's binary COPY wants a row: field count, then length and value of each.
COPY_DTYPE = np.dtype(
    [("fields", ">i2")]
    + [pair for name, _, kind in COLUMNS for pair in ((f"{name}_bytes", ">i4"), (name, kind))]
)


def batch_id(session_no: int, batch_no: int) -> int:
    """One number for a batch, growing within its session."""
    return batch_no * PARTS + session_no


def pack(positions: Positions, number: int) -> NDArray[Any]:
    """POSITION_DTYPE to COPY_DTYPE. Absent numbers become the sentinels NO_INT2 and NO_INT4."""
    rows = np.empty(len(positions), COPY_DTYPE)
    rows["fields"] = len(COLUMNS)
    for name, width, _ in COLUMNS:
        rows[f"{name}_bytes"] = width
    rows["at"] = (positions["at_ms"] - EPOCH_2000_MS) * 1000
    rows["received_at"] = (positions["received_ms"] - EPOCH_2000_MS) * 1000
    rows["batch_id"] = number
    for name in ("seq", "device_no", "src", "datum", "flags"):
        rows[name] = positions[name]
    rows["lat_e7"] = np.rint(positions["lat_deg"] * 1e7)
    rows["lon_e7"] = np.rint(positions["lon_deg"] * 1e7)
    rows["skew_ms"] = _whole(positions["skew_ms"], 1, 2**31 - 1, NO_INT4)
    rows["acc_dm"] = _whole(positions["acc_m"], 10, 32_767, NO_INT2)
    rows["spd_cms"] = _whole(positions["spd_mps"], 100, 32_767, NO_INT2)
    rows["crs_ddeg"] = _whole(positions["crs_deg"], 10, 32_767, NO_INT2)
    rows["alt_m"] = _whole(positions["alt_m"], 1, 32_767, NO_INT2)
    rows["sat"] = _whole(positions["sat"], 1, 32_767, NO_INT2)
    rows["bat_pct"] = _whole(positions["bat_pct"], 1, 100, NO_INT2)
    return rows


def unpack(rows: NDArray[Any]) -> Positions:
    """COPY_DTYPE (or any array with its named columns) back to POSITION_DTYPE."""
    positions = np.empty(len(rows), POSITION_DTYPE)
    positions["at_ms"] = rows["at"] // 1000 + EPOCH_2000_MS
    positions["received_ms"] = rows["received_at"] // 1000 + EPOCH_2000_MS
    for name in ("seq", "device_no", "src", "datum", "flags"):
        positions[name] = rows[name]
    positions["lat_deg"] = rows["lat_e7"] / 1e7
    positions["lon_deg"] = rows["lon_e7"] / 1e7
    positions["skew_ms"] = _real(rows["skew_ms"], 1, NO_INT4)
    positions["acc_m"] = _real(rows["acc_dm"], 10, NO_INT2)
    positions["spd_mps"] = _real(rows["spd_cms"], 100, NO_INT2)
    positions["crs_deg"] = _real(rows["crs_ddeg"], 10, NO_INT2)
    positions["alt_m"] = _real(rows["alt_m"], 1, NO_INT2)
    positions["sat"] = _real(rows["sat"], 1, NO_INT2)
    positions["bat_pct"] = _real(rows["bat_pct"], 1, NO_INT2)
    return positions


def copy_body(rows: NDArray[Any]) -> bytes:
    """A whole binary COPY of packed rows."""
    return COPY_HEADER + rows.tobytes() + COPY_TRAILER


def _whole(values: NDArray[Any], scale: float, most: int, absent: int) -> NDArray[Any]:
    """Scaled and rounded; beyond what the column holds it is the nearest it can hold."""
    scaled = np.clip(np.rint(values.astype(np.float64) * scale), -most, most)
    return np.where(np.isnan(scaled), absent, np.nan_to_num(scaled)).astype(np.int64)


def _real(values: NDArray[Any], scale: float, absent: int) -> NDArray[Any]:
    whole = values.astype(np.float64)
    return np.where(whole == absent, np.nan, whole / scale)
