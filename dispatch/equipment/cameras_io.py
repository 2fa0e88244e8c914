"""Cameras as people look at them: the list with what is missing, one with its day as a strip."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import dict_row

from core.errors import Invalid, NotFound
from core.sql import load_queries
from core.values import Viewer
from dispatch.equipment.cameras import Camera, spans_of, standing
from dispatch.equipment.ledger_io import load_policy
from dispatch.recordings.audit_io import list_verdicts
from dispatch.recordings.retention_io import list_recordings

QUERIES = load_queries("dispatch.equipment", "cameras.sql")
Shape = dict[str, Any]
STRIP_MAX: Final = timedelta(days=7)
MANY: Final = 2_000
ALL: Final = 10_000
_FACTS: Final = tuple(name for name in Camera.__slots__ if name != "held")


class NoSuchCamera(NotFound):
    """No such camera, or not within your organisation."""


def list_cameras(
    conn: Connection[Any], viewer: Viewer, now: datetime, *, after: int = 0, limit: int,
    search: str = "",
) -> Shape:  # fmt: skip
    """{items, next}: each with how it stands and since when."""
    rows = _cameras(conn, viewer, now, after=after, limit=limit, search=search)
    return {"items": rows, "next": rows[-1]["device_no"] if len(rows) == limit else None}


def expected(conn: Connection[Any], viewer: Viewer, now: datetime) -> list[Shape]:
    """应联未联: those that ought to have been heard by now and were not, longest first."""
    rows = [one for one in _cameras(conn, viewer, now, limit=ALL) if one["missing"]]
    return sorted(rows, key=lambda one: one["missing_since"] or now)


def docks(conn: Connection[Any], viewer: Viewer) -> list[Shape]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(QUERIES["docks"], {"org_ids": list(viewer.org_ids)}).fetchall()


def camera(
    conn: Connection[Any], viewer: Viewer, device_id: str, now: datetime, *, since: datetime,
    until: datetime,
) -> Shape:  # fmt: skip
    """One with what it did in a span: who had it, shifts, states, scenes, recordings.

    Raises NoSuchCamera, Invalid.
    """
    if not timedelta() < until - since <= STRIP_MAX:
        raise Invalid(f"Ask for up to {STRIP_MAX.days} days.")
    found = _cameras(conn, viewer, now, limit=1, device_id=device_id)
    if not found:
        raise NoSuchCamera(device_id=device_id)
    one = found[0]
    given: Shape = {"no": one["device_no"], "since": since, "until": until,
                    "lacks": timedelta(milliseconds=one["offset_ms"])}  # fmt: skip
    with conn.cursor(row_factory=dict_row) as cursor:
        holdings = cursor.execute(QUERIES["holdings"], given).fetchall()
        given["people"] = sorted({h["person_id"] for h in holdings if h["person_id"]})
        shifts = cursor.execute(QUERIES["shifts"], given).fetchall()
    told = conn.execute(QUERIES["statuses"], given).fetchall()
    scenes = [
        verdict for person in given["people"]
        for verdict in list_verdicts(conn, viewer, since=since - timedelta(hours=12), until=until,
                                     person_id=person, limit=MANY)["items"]
    ]  # fmt: skip
    clips = list_recordings(conn, viewer, since=since - timedelta(hours=12), until=until, now=now,
                            device_no=one["device_no"], limit=MANY)  # fmt: skip
    return {
        **one, "from": since, "to": until, "holdings": holdings, "shifts": shifts,
        "states": spans_of(((at, state, dock) for at, state, dock, _ in told), min(now, until)),
        "battery": [{"at": at, "pct": pct} for at, *_, pct in told[:: max(1, len(told) // 200)]],
        "scenes": scenes, "recordings": clips,
    }  # fmt: skip


def _cameras(
    conn: Connection[Any], viewer: Viewer, now: datetime, *, limit: int, after: int = 0,
    device_id: str | None = None, search: str = "",
) -> list[Shape]:  # fmt: skip
    policy, _ = load_policy(conn)
    given = {"org_ids": list(viewer.org_ids), "now": now, "after": after, "limit": limit,
             "device_id": device_id, "search": search, "like": f"%{search}%"}  # fmt: skip
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(QUERIES["cameras"], given).fetchall()
    found = []
    for row in rows:
        facts = Camera(**{name: row[name] for name in _FACTS}, held=row["person_id"] is not None)
        found.append({"id": row["device_no"], **row, **asdict(standing(facts, now, policy))})
    return found
