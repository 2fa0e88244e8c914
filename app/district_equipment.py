"""The equipment of a demonstration: every device in the ledger, and a fortnight of recordings.

Recordings go the way of a camera's word: stored as readings, kept by the evaluator. What the fleet
records from now on follows by itself.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from app.tags import all_seeing
from core.errors import Conflict
from core.events import Event
from core.sql import load_queries
from core.values import Viewer, from_ms, to_ms
from devices.readings import Readings, Recording, Stamp, Status
from devices.simulator.roster import Device
from dispatch.equipment import ledger_io
from dispatch.equipment.ledger_io import NewAsset
from dispatch.recordings.clips_io import RecordingEvaluator

QUERIES = load_queries("app", "district_equipment.sql")
DAYS: Final = 14
SPARES: Final = 6
KINDS: Final = {"officer": "terminal", "camera": "camera", "dock": "dock", "vehicle": "vehicle"}
MODELS: Final = {"terminal": "DT-5", "camera": "DSJ-K9", "dock": "CJ-16", "vehicle": "城管执法车"}


def seed(
    conn: Connection[Any], devices: tuple[Device, ...], seed_: int, now: datetime
) -> list[Event]:
    """Twice changes nothing."""
    viewer = all_seeing(conn, "demo")
    then = now - timedelta(days=DAYS + 1)
    chance = Random(f"equipment/{seed_}")  # noqa: S311 - a demonstration, not a secret
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = {row["id"]: row for row in cursor.execute(QUERIES["devices"]).fetchall()}
    events: list[Event] = []
    for no, device in enumerate(devices):
        if device.kind not in KINDS or device.id not in rows:
            continue
        events += _registered(conn, viewer, device, rows[device.id], no=no, then=then)
    for no in range(SPARES):
        new = NewAsset(f"DSJ-B{no + 1:03d}", "camera", MODELS["camera"])
        events += _new(conn, viewer, new, then)
    if events:
        events += _recordings(conn, devices, rows, chance, now)
    return events


def _registered(
    conn: Connection[Any], viewer: Viewer, device: Device, row: dict[str, Any], *, no: int,
    then: datetime,
) -> list[Event]:  # fmt: skip
    kind = KINDS[device.kind]
    serial = (
        device.label if device.kind in ("camera", "dock") else f"SN-{kind[:2].upper()}{no + 1:05d}"
    )
    new = NewAsset(serial, kind, MODELS[kind], device.id, device.live, row["org_id"])
    return _new(conn, viewer, new, then)


def _new(conn: Connection[Any], viewer: Viewer, new: NewAsset, then: datetime) -> list[Event]:
    try:
        with conn.transaction():
            return ledger_io.register(conn, viewer, new, then)[1]
    except Conflict:
        return []  # seeded before


def _recordings(
    conn: Connection[Any], devices: tuple[Device, ...], rows: dict[str, dict[str, Any]],
    chance: Random, now: datetime,
) -> list[Event]:  # fmt: skip
    """Two to five a day of each camera, told at the dock in the evening; a few are told late.

    There it says as well that nothing is left on it: without that nobody may be blamed for a gap.
    """
    told: list[Recording] = []
    said_so: list[Status] = []
    docks = {one.squad: one.id for one in devices if one.kind == "dock"}
    for camera in devices:
        if camera.kind != "camera":
            continue
        row, dock = rows[camera.id], docks.get(camera.squad, "dock-01")
        for back in range(DAYS, 0, -1):
            if chance.random() < 0.25:
                continue  # a day off
            day = (now - timedelta(days=back)).replace(hour=0, minute=30, second=0, microsecond=0)
            docked = day + timedelta(hours=9.5 + (26 if chance.random() < 0.02 else 0))
            at = day
            for no in range(chance.randint(2, 5)):
                start = at + timedelta(minutes=chance.uniform(20, 90))
                at = start + timedelta(minutes=chance.uniform(3, 25))
                stamp = Stamp(row["no"], camera.id, "camera", row["org_id"], to_ms(docked), no,
                              to_ms(docked))  # fmt: skip
                name = f"{camera.id}-{to_ms(start)}"
                said = {
                    "reason": "button", "size": round((at - start).total_seconds() * 500_000),
                    "sha256": f"{chance.getrandbits(256):064x}", "tags": ["patrol"],
                    "uploaded_at": to_ms(docked), "dock": dock,
                }  # fmt: skip
                told.append(Recording(stamp, name, to_ms(start), to_ms(at), said))
            after = replace(stamp, at_ms=stamp.at_ms + 60_000, received_ms=stamp.at_ms + 60_000)
            said_so.append(Status(after, "standby", 90, {"pending": 0, "dock": dock}))
    days = {from_ms(one.stamp.at_ms).date() for one in said_so}
    conn.execute(QUERIES["partitions"], {"days": sorted(days)})
    with conn.cursor() as cursor:
        cursor.executemany(QUERIES["recording"], [
            {"no": one.stamp.device_no, "at": one.stamp.at_ms, "seq": one.stamp.seq,
             "org_id": one.stamp.org_id, "recording_id": one.recording_id, "start": one.start_ms,
             "stop": one.stop_ms, "detail": Jsonb(one.detail)} for one in told
        ])  # fmt: skip
        cursor.executemany(QUERIES["status"], [
            {"no": one.stamp.device_no, "at": one.stamp.at_ms, "seq": one.stamp.seq,
             "state": one.state, "bat_pct": one.bat_pct, "detail": Jsonb(one.detail)}
            for one in said_so
        ])  # fmt: skip
    readings = replace(Readings.empty(), recordings=told, statuses=said_so)
    return list(RecordingEvaluator().evaluate(conn, readings, now))
