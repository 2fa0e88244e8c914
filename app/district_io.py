"""Put a demonstration district into the database. A second time changes nothing but adds
the windows that have come into sight since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from app.district import (
    POINT_DWELL_S,
    POINT_RADIUS_M,
    WINDOW_DWELL_S,
    WINDOW_GRACE_S,
    District,
    Org,
    Shift,
    Window,
)
from core.events import Event
from core.sql import load_queries
from devices.simulator.roster import PatrolPoint
from devices.topics import part_of

QUERIES = load_queries("app", "district.sql")


def seed(conn: Connection[Any], district: District, now: datetime) -> list[Event]:
    """Everything of the district, in the caller's transaction. Events: what was enrolled.

    Fences, points and windows are there before anybody looks, so they tell nothing.
    """
    orgs = _orgs(conn, district.orgs)
    conn.execute(
        QUERIES["person"],
        {
            "org_ids": [orgs[f"squad/{one.squad}"] for one in district.people],
            "badges": [one.badge for one in district.people],
            "names": [one.name for one in district.people],
        },
    )
    events = _devices(conn, district, orgs, now)
    _places(conn, district, orgs, now)
    roll(conn, district.points, district.windows, now)
    post(conn, district.shifts, now)
    return events


def roll(
    conn: Connection[Any], points: Sequence[PatrolPoint], windows: Sequence[Window], now: datetime
) -> int:
    """Windows that are not there yet, of points that are; returns how many came."""
    tags = {point.no: point.tag for point in points}
    cursor = conn.execute(
        QUERIES["window"],
        {
            "tags": [tags[one.point] for one in windows],
            "opens_ats": [one.opens_at for one in windows],
            "due_ats": [one.due_at for one in windows],
            "closes_ats": [one.closes_at for one in windows],
            "grace_s": WINDOW_GRACE_S,
            "min_dwell_s": WINDOW_DWELL_S,
            "now": now,
        },
    )
    return cursor.rowcount


def post(conn: Connection[Any], shifts: Sequence[Shift], now: datetime) -> None:
    """Roster those whose duty would end before these shifts do."""
    with conn.cursor() as cursor:
        cursor.executemany(
            QUERIES["shift"],
            [
                {"device": one.device, "tags": list(one.tags), "starts_at": one.starts_at,
                 "ends_at": one.ends_at, "now": now}
                for one in shifts
            ],
        )  # fmt: skip


def _orgs(conn: Connection[Any], orgs: tuple[Org, ...]) -> dict[str, int]:
    """Organisation ids by key."""
    ids: dict[str, int] = {}
    for org in orgs:
        parent_id = ids[org.parent] if org.parent else None
        params = {"parent_id": parent_id, "kind": org.kind, "name": org.name}
        conn.execute(QUERIES["org"], params)
        row = conn.execute(QUERIES["org_id"], params).fetchone()
        assert row is not None, org
        ids[org.key] = int(row[0])
    return ids


def _devices(
    conn: Connection[Any], district: District, orgs: dict[str, int], now: datetime
) -> list[Event]:
    devices = district.devices
    rows = conn.execute(
        QUERIES["device"],
        {
            "ids": [one.id for one in devices],
            "kinds": [one.kind for one in devices],
            "parts": [part_of(one.id) for one in devices],
            "org_ids": [orgs[f"squad/{one.squad}"] for one in devices],
            "badges": [one.person for one in devices],
            "names": [one.name for one in devices],
            "labels": [one.label for one in devices],
            "periods": [one.period_s for one in devices],
            "now": now,
        },
    ).fetchall()
    shapes = conn.execute(QUERIES["unit_shapes"], {"nos": [no for (no,) in rows]}).fetchall()
    return [
        Event("unit.enrolled", now, org_id, {"unit": shape}, device_no=no, actor="system")
        for no, org_id, shape in shapes
    ]


def _places(conn: Connection[Any], district: District, orgs: dict[str, int], now: datetime) -> None:
    with conn.cursor() as cursor:
        cursor.executemany(
            QUERIES["fence"],
            [
                {
                    "org_id": orgs[one.org], "name": one.name, "purpose": one.purpose,
                    "polygon": Jsonb({"type": "Polygon", "coordinates": [one.ring]}),
                    "dwell_s": one.dwell_s, "now": now,
                }
                for one in district.fences
            ],
        )  # fmt: skip
        cursor.executemany(
            QUERIES["point"],
            [
                {
                    "org_id": orgs[f"squad/{one.squad}"], "name": one.name, "tag": one.tag,
                    "lat_deg": one.lat_deg, "lon_deg": one.lon_deg, "grade": one.grade,
                    "radius_m": POINT_RADIUS_M, "dwell_s": POINT_DWELL_S, "now": now,
                }
                for one in district.points
            ],
        )  # fmt: skip
        cursor.executemany(
            QUERIES["segment"],
            [
                {
                    "org_id": orgs[f"squad/{one.squad}"], "name": one.name, "grade": one.grade,
                    "line": Jsonb({"type": "LineString", "coordinates": one.line}), "now": now,
                }
                for one in district.segments
            ],
        )  # fmt: skip
