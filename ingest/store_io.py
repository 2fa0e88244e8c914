"""Transaction 1: a batch into the database, exactly once, under the lease.

`Store.put` either commits a batch whole or raises; what raises may be tried again as it
is (a lost COMMIT reply included): duplicates fall away by their key.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
from psycopg import Connection
from psycopg.types.json import Jsonb

from core import limits
from core.db import connect, execute_all, time_limit
from core.errors import AppError
from core.sql import load_queries
from core.values import from_ms
from devices.readings import (
    Ack,
    Checkin,
    CylinderEvent,
    DeviceEvent,
    Positions,
    Rare,
    Readings,
    Recording,
    Status,
)
from ingest.decode import Decoded, Rejected
from ingest.failpoints import failpoint
from ingest.store import batch_id, copy_body, pack, unpack

QUERIES = load_queries("ingest", "store.sql")


class LeaseLost(AppError):
    """Another process holds this ingest session now. What we hold is not ours to write."""

    code = "lease_lost"


@dataclass(frozen=True, slots=True)
class Stored:
    """What a committed batch brought. `readings` is None when it held duplicates: read it back."""

    session_no: int
    batch_no: int
    stored: int
    duplicate: int
    rejected: int
    readings: Readings | None


class Store:
    """The writing connection of one ingest session."""

    def __init__(self, url: str, session_no: int, epoch: int) -> None:
        self.session_no = session_no
        self.epoch = epoch
        self._url = url
        self._conn: Connection[Any] | None = None
        self._next_no = 0
        self._days: set[date] = set()

    def close(self) -> None:
        if self._conn is not None:
            self._conn.close()
        self._conn = None

    def put(self, batch: Decoded) -> Stored:
        """Commit one batch. Raises psycopg.Error (see core.db.is_poison) or LeaseLost."""
        conn = self._connected()
        try:
            with time_limit(conn):
                self._make_days(conn, batch)
                with conn.transaction():
                    done = self._write(conn, batch)
                    failpoint("writing")
        except psycopg.errors.UniqueViolation as error:
            self.close()
            if error.diag.constraint_name != "batch_pkey":
                raise
            # Nobody's row is at fault: an earlier try of ours was committed after all.
            raise psycopg.OperationalError("the number of this batch was taken") from error
        except BaseException:
            # Whether it was committed is not known, so neither is the next number.
            self.close()
            raise
        self._next_no += 1
        return done

    def _connected(self) -> Connection[Any]:
        if self._conn is None or self._conn.closed:
            conn = connect(
                self._url, autocommit=True, application=f"waypost-store-{self.session_no}"
            )
            with time_limit(conn):
                idle_ms = str(int(limits.LEASE_S * 1000))
                conn.execute(QUERIES["limit_idleness"], {"most": idle_ms})
                conn.execute(QUERIES["make_staging"])
                row = conn.execute(
                    QUERIES["next_batch_no"], {"session_no": self.session_no}
                ).fetchone()
            assert row is not None
            self._next_no = int(row[0])
            self._conn = conn
        return self._conn

    def _make_days(self, conn: Connection[Any], batch: Decoded) -> None:
        for day in sorted(_days_of(batch) - self._days):
            conn.execute(QUERIES["make_partition"], {"day": day})
            self._days.add(day)

    def _write(self, conn: Connection[Any], batch: Decoded) -> Stored:
        held = conn.execute(
            QUERIES["hold_lease"], {"session_no": self.session_no, "epoch": self.epoch}
        ).fetchone()
        if held is None:
            raise LeaseLost(session_no=self.session_no)
        number = batch_id(self.session_no, self._next_no)
        positions, fresh = _insert_positions(conn, batch.positions, number)
        rare = _insert_rare(conn, batch.rare, number)
        _insert_quarantine(conn, batch.rejected)
        for beat_ms in batch.heartbeats_ms[-1:]:
            conn.execute(
                QUERIES["beat"],
                {
                    "session_no": self.session_no,
                    "at": from_ms(beat_ms),
                    "missed": timedelta(seconds=limits.HEARTBEAT_MISSED_S),
                },
            )
        stored = fresh + len(rare)
        given = len(batch.positions) + len(batch.rare)
        _insert_batch(conn, self, batch, stored=stored, duplicate=given - stored)
        whole = stored == given
        return Stored(
            self.session_no,
            self._next_no,
            stored,
            given - stored,
            len(batch.rejected),
            _as_readings(positions, rare) if whole else None,
        )

    @property
    def next_no(self) -> int:
        return self._next_no


def _insert_positions(
    conn: Connection[Any], positions: Positions, number: int
) -> tuple[Positions, int]:
    """Returns the positions as the table holds them, and how many were new."""
    if not len(positions):
        return positions, 0
    rows = pack(positions, number)
    with conn.cursor() as cursor:
        with cursor.copy(QUERIES["copy_positions"]) as copy:
            copy.write(copy_body(rows))
        cursor.execute(QUERIES["insert_positions"])
        return unpack(rows), cursor.rowcount


def _insert_rare(conn: Connection[Any], rare: Sequence[Rare], number: int) -> list[Rare]:
    """Insert one kind after another; returns those that were new."""
    new: list[Rare] = []
    for kind, query in _QUERY_OF.items():
        values = [value for value in rare if isinstance(value, kind)]
        if not values:
            continue
        done = execute_all(conn, QUERIES[query], [_row(value, number) for value in values])
        new += [value for value, row in zip(values, done, strict=True) if row is not None]
    return new


def _insert_quarantine(conn: Connection[Any], rejected: Sequence[Rejected]) -> None:
    rows = [
        {
            "sha256": hashlib.sha256(one.topic.encode() + b"\0" + one.body).digest(),
            "topic": one.topic.replace("\0", "�"),
            "body": one.body,
            "reason": one.reason,
            "detail": one.detail.replace("\0", "�"),
            "org_id": one.device.org_id if one.device else None,
            "device_no": one.device.no if one.device else None,
            "at": from_ms(one.received_ms),
        }
        for one in rejected
    ]
    execute_all(conn, QUERIES["insert_quarantine"], rows)


def _insert_batch(
    conn: Connection[Any], store: Store, batch: Decoded, *, stored: int, duplicate: int
) -> None:
    times = [int(at) for at in batch.positions["at_ms"]] if len(batch.positions) < 8 else []
    if len(batch.positions) >= 8:
        times = [int(batch.positions["at_ms"].min()), int(batch.positions["at_ms"].max())]
    times += [value.stamp.at_ms for value in batch.rare]
    conn.execute(
        QUERIES["insert_batch"],
        {
            "session_no": store.session_no,
            "no": store.next_no,
            "received_at": datetime.now(UTC),
            "stored": stored,
            "duplicate": duplicate,
            "rejected": len(batch.rejected),
            "unknown_fields": batch.unknown_fields,
            "oldest_at": from_ms(min(times)) if times else None,
            "newest_at": from_ms(max(times)) if times else None,
        },
    )


def _days_of(batch: Decoded) -> set[date]:
    days = {from_ms(int(day) * 86_400_000).date() for day in np.unique(
        batch.positions["at_ms"] // 86_400_000
    )}  # fmt: skip
    statuses = (value for value in batch.rare if isinstance(value, Status))
    return days | {from_ms(value.stamp.at_ms).date() for value in statuses}


_QUERY_OF: dict[type[Any], str] = {
    Status: "insert_status",
    Checkin: "insert_checkin",
    CylinderEvent: "insert_cylinder_event",
    Recording: "insert_recording",
    DeviceEvent: "insert_device_event",
    Ack: "insert_device_ack",
}


def _row(value: Rare, number: int) -> dict[str, Any]:
    stamp = value.stamp
    row: dict[str, Any] = {
        "device_no": stamp.device_no,
        "at": from_ms(stamp.at_ms),
        "seq": stamp.seq,
        "received_at": from_ms(stamp.received_ms),
        "batch_id": number,
        "org_id": stamp.org_id,
    }
    row["detail"] = Jsonb(value.detail)
    if isinstance(value, Ack):
        return row | {"task_id": value.task_id, "move": value.move, "reason": value.reason}
    if isinstance(value, Status):
        bat = None if value.bat_pct is None else round(value.bat_pct)
        return row | {"state": value.state, "bat_pct": bat}
    if isinstance(value, Recording):
        stop = None if value.stop_ms is None else from_ms(value.stop_ms)
        return row | {
            "recording_id": value.recording_id,
            "start_at": from_ms(value.start_ms),
            "stop_at": stop,
        }
    if isinstance(value, CylinderEvent):
        return row | {"event_id": value.event_id, "type": value.type, "code": value.code}
    row |= {"lat_e7": _e7(value.lat_deg), "lon_e7": _e7(value.lon_deg)}
    if isinstance(value, DeviceEvent):
        return row | {"type": value.type}
    acc = None if value.acc_m is None else min(round(value.acc_m * 10), 32_767)
    return row | {
        "method": value.method,
        "tag": value.tag,
        "acc_dm": acc,
        "skew_ms": value.skew_ms,
    }


def _e7(degrees: float | None) -> int | None:
    return None if degrees is None else round(degrees * 1e7)


def _as_readings(positions: Positions, rare: Sequence[Rare]) -> Readings:
    readings = Readings(positions)
    for value in rare:
        readings.add(value)
    return readings
