"""The way readings come to an evaluator: stored in batches, judged, the cursor moved on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from psycopg import Connection
from psycopg.types.json import Jsonb

from core.events import Event
from core.events_io import append_events
from core.values import from_ms
from devices.readings import FIX, POSITION_DTYPE, Checkin, Positions, Readings, Stamp
from ingest.evaluator import Evaluator

START_MS = 1_790_000_000_000  # within one day, UTC
NOW = from_ms(START_MS + 24 * 3_600_000)
CURSOR = """
    INSERT INTO follower_cursor (session_no, batch_no) VALUES (0, %s)
    ON CONFLICT (session_no) DO UPDATE SET batch_no = excluded.batch_no"""


def make_org(conn: Connection[Any], name: str = "浦东") -> int:
    row = conn.execute(
        "INSERT INTO org (kind, name) VALUES ('bureau', %s) RETURNING id", (name,)
    ).fetchone()
    assert row is not None
    return int(row[0])


def make_device(conn: Connection[Any], org_id: int, id_: str, kind: str = "officer") -> int:
    row = conn.execute(
        """INSERT INTO device (id, kind, part, org_id, name) VALUES (%s, %s, 1, %s, %s)
           RETURNING no""",
        (id_, kind, org_id, id_),
    ).fetchone()
    assert row is not None
    return int(row[0])


def positions(no: int, rows: Sequence[tuple[float, float, float]], acc_m: float = 5.0) -> Positions:
    """(seconds after START, lon, lat) each."""
    made = np.zeros(len(rows), POSITION_DTYPE)
    for name in ("spd_mps", "crs_deg", "alt_m", "sat", "bat_pct", "skew_ms"):
        made[name] = np.nan
    made["device_no"], made["acc_m"], made["flags"] = no, acc_m, FIX
    for i, (at_s, lon, lat) in enumerate(rows):
        made["at_ms"][i] = made["received_ms"][i] = START_MS + round(at_s * 1000)
        made["lon_deg"][i], made["lat_deg"][i] = round(lon, 7), round(lat, 7)
        made["seq"][i] = i
    return made


def tap(no: int, org_id: int, at_s: float, tag: str, seq: int = 0, **place: float) -> Checkin:
    at_ms = START_MS + round(at_s * 1000)
    return Checkin(Stamp(no, f"d{no}", "officer", org_id, at_ms, seq, at_ms), "nfc", tag, **place)


class Road:
    """One ingest session and its follower, in the test's transaction."""

    def __init__(self, conn: Connection[Any], evaluators: Sequence[Evaluator]) -> None:
        self.conn = conn
        self.evaluators = evaluators
        self.batch_no = 0
        self.now = NOW
        conn.execute("SELECT make_partition(%s)", (from_ms(START_MS).date(),))

    def send(self, *parts: Positions, taps: Sequence[Checkin] = ()) -> list[Event]:
        """Store as one batch, judge it, move the cursor. Returns what was said."""
        joined = np.concatenate(parts) if parts else np.empty(0, POSITION_DTYPE)
        fresh = joined[[self._store(row) for row in joined]] if len(joined) else joined
        new_taps = [one for one in taps if self._store_tap(one)]
        events = self.judge(Readings(fresh, checkins=new_taps))
        self.conn.execute(CURSOR, (self.batch_no,))
        self.batch_no += 1
        return events

    def judge(self, readings: Readings) -> list[Event]:
        events: list[Event] = []
        for evaluator in self.evaluators:
            events += evaluator.evaluate(self.conn, readings, self.now)
        append_events(self.conn, events)
        return events

    def forget(self) -> None:
        for evaluator in self.evaluators:
            evaluator.forget()

    def _store(self, row: np.void) -> bool:
        stored = self.conn.execute(
            """INSERT INTO position (at, received_at, seq, batch_id, device_no, lat_e7, lon_e7,
                                     acc_dm, src, datum, flags)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 0, 0, %s)
               ON CONFLICT DO NOTHING""",
            (
                from_ms(int(row["at_ms"])),
                from_ms(int(row["received_ms"])),
                int(row["seq"]),
                self.batch_no * 64,
                int(row["device_no"]),
                round(row["lat_deg"] * 1e7),
                round(row["lon_deg"] * 1e7),
                round(row["acc_m"] * 10),
                int(row["flags"]),
            ),
        )
        return stored.rowcount == 1

    def _store_tap(self, one: Checkin) -> bool:
        s = one.stamp
        stored = self.conn.execute(
            """INSERT INTO checkin (device_no, at, seq, received_at, batch_id, org_id, method, tag,
                                    lat_e7, lon_e7, acc_dm, skew_ms, detail)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
                   ON CONFLICT DO NOTHING""",
            (
                s.device_no, from_ms(s.at_ms), s.seq, from_ms(s.received_ms), self.batch_no * 64,
                s.org_id, one.method, one.tag,
                None if one.lat_deg is None else round(one.lat_deg * 1e7),
                None if one.lon_deg is None else round(one.lon_deg * 1e7),
                None if one.acc_m is None else round(one.acc_m * 10),
                one.skew_ms, Jsonb(one.detail),
            ),
        )  # fmt: skip
        return stored.rowcount == 1
