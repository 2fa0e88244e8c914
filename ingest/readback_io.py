"""Batches read back from the tables: after a restart or duplicates, or by a follower elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from psycopg import Connection
from psycopg.rows import class_row, dict_row

from core.sql import load_queries
from core.values import to_ms
from devices.readings import (
    Ack,
    Checkin,
    CylinderEvent,
    DeviceEvent,
    Positions,
    Readings,
    Recording,
    Stamp,
    Status,
)
from devices.registry import Registry
from ingest.store import COLUMNS, batch_id, unpack

QUERIES = load_queries("ingest", "readback.sql")
_PLAIN = np.dtype([(name, kind.replace(">", "<")) for name, _, kind in COLUMNS])


@dataclass(frozen=True, slots=True)
class BatchRow:
    no: int
    stored: int
    duplicate: int
    oldest_at: datetime | None
    newest_at: datetime | None


def next_batches(conn: Connection[Any], session_no: int, after: int, limit: int) -> list[BatchRow]:
    """The batches committed after number `after`, in their order."""
    with conn.cursor(row_factory=class_row(BatchRow)) as cursor:
        cursor.execute(
            QUERIES["next_batches"], {"session_no": session_no, "after": after, "limit": limit}
        )
        return cursor.fetchall()


def read_batches(
    conn: Connection[Any], session_no: int, batches: Sequence[BatchRow], registry: Registry
) -> Readings:
    """Everything those batches stored."""
    filled = [b for b in batches if b.stored and b.oldest_at is not None]
    if not filled:
        return Readings.empty()
    span = {
        "batch_ids": [batch_id(session_no, batch.no) for batch in filled],
        "oldest_at": min(b.oldest_at for b in filled if b.oldest_at),
        "newest_at": max(b.newest_at for b in filled if b.newest_at),
    }
    readings = Readings(_positions(conn, span))
    by_no = {device.no: device for device in registry.values()}
    for name, make in _MAKERS.items():
        with conn.cursor(row_factory=dict_row) as cursor:
            cursor.execute(QUERIES[name], span)
            for row in cursor:
                device = by_no[row["device_no"]]
                stamp = Stamp(
                    device.no, device.id, device.kind, device.org_id,
                    to_ms(row["at"]), row["seq"], to_ms(row["received_at"]),
                )  # fmt: skip
                readings.add(make(stamp, row))
    return readings


def _positions(conn: Connection[Any], span: dict[str, Any]) -> Positions:
    with conn.cursor(binary=True) as cursor:
        cursor.execute(QUERIES["positions"], span)
        return unpack(np.array(cursor.fetchall(), dtype=_PLAIN))


def _degrees(e7: int | None) -> float | None:
    return None if e7 is None else e7 / 1e7


def _status(stamp: Stamp, row: dict[str, Any]) -> Status:
    # A will is the only status without a counter and a time of its own.
    will = row["state"] == "lost" and stamp.at_ms == stamp.received_ms
    return Status(stamp, row["state"], row["bat_pct"], row["detail"], will=will)


def _checkin(stamp: Stamp, row: dict[str, Any]) -> Checkin:
    acc = None if row["acc_dm"] is None else row["acc_dm"] / 10
    return Checkin(
        stamp, row["method"], row["tag"],
        _degrees(row["lon_e7"]), _degrees(row["lat_e7"]), acc, row["skew_ms"], row["detail"],
    )  # fmt: skip


def _recording(stamp: Stamp, row: dict[str, Any]) -> Recording:
    stop = None if row["stop_at"] is None else to_ms(row["stop_at"])
    return Recording(stamp, row["recording_id"], to_ms(row["start_at"]), stop, row["detail"])


_MAKERS: dict[str, Any] = {
    "statuses": _status,
    "checkins": _checkin,
    "cylinder_events": lambda stamp, row: CylinderEvent(
        stamp, row["event_id"], row["type"], row["code"], row["detail"]
    ),
    "recordings": _recording,
    "device_events": lambda stamp, row: DeviceEvent(
        stamp, row["type"], _degrees(row["lon_e7"]), _degrees(row["lat_e7"]), row["detail"]
    ),
    "acks": lambda stamp, row: Ack(
        stamp, row["task_id"], row["move"], row["reason"], row["detail"]
    ),
}
