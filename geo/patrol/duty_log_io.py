"""Duty logs: written when a duty is over, again when late data changes it, signed by two."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from psycopg import Connection, errors
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.errors import Forbidden
from core.events import Event
from core.sql import load_queries
from core.values import Role, Viewer
from geo.patrol.duty_log import (
    SETTLE,
    NoLog,
    OldVersion,
    Shape,
    Signed,
    canonical,
    difference,
    digest,
    write,
)
from geo.tracks import Fix, habits_of

QUERIES = load_queries("geo.patrol", "duty_log.sql")
AT_ONCE: Final = 20
AROUND: Final = timedelta(minutes=15)  # sign-on before, sign-off after


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """Write what is due, a few at a time; unchanged ones stay as they are."""
    given = {"now": now, "settle": SETTLE, "limit": AT_ONCE}
    events = []
    for device_no, day in conn.execute(QUERIES["due"], given).fetchall():
        events += write_log(conn, device_no, day, now)
    return events


def write_log(conn: Connection[Any], device_no: int, day: date, now: datetime) -> list[Event]:
    """A version, where it says something new."""
    who = {"device_no": device_no, "day": day}
    header = _rows(conn, "header", who)[0]
    shifts = _rows(conn, "shifts", who)
    if not shifts:
        return []
    body = json.loads(canonical(_assembled(conn, header, shifts, day)))
    sha256 = digest(body)
    newest = conn.execute(QUERIES["newest"], who).fetchone()
    if newest is not None and bytes(newest[1]) == sha256:
        conn.execute(QUERIES["looked"], {**who, "now": now})
        return []
    version = 1 + (newest[0] if newest else 0)
    said = {**who, "version": version, "org_id": header["org_id"]}
    conn.execute(QUERIES["add"], {**said, "body": Jsonb(body), "sha256": sha256, "now": now})
    told = {"device_no": device_no, "day": day.isoformat(), "version": version}
    return [
        Event("duty_log.written", now, header["org_id"], {"duty_log": told}, device_no=device_no)
    ]


def list_logs(conn: Connection[Any], viewer: Viewer, day: date, after: int, limit: int) -> Shape:
    given = {"day": day, "org_ids": list(viewer.org_ids), "after": after, "limit": limit}
    items = _rows(conn, "list", given)
    return {"items": items, "next": items[-1]["id"] if len(items) == limit else None}


def read_log(
    conn: Connection[Any], viewer: Viewer, device_id: str, day: date, version: int | None
) -> Shape:
    """A version (the newest), what each version changed, and the signatures. Raises NoLog."""
    given = {"device_id": device_id, "day": day, "org_ids": list(viewer.org_ids)}
    versions = _rows(conn, "versions", given)
    chosen = [one for one in versions if version in (None, one["version"])]
    if not chosen:
        raise NoLog(device_id=device_id, day=day.isoformat())
    changes = [
        {"version": new["version"], **difference(old["body"], new["body"])}
        for old, new in pairwise(versions)
    ]
    return {
        **chosen[-1],
        "versions": [{k: v for k, v in one.items() if k != "body"} for one in versions],
        "changes": changes,
        "signatures": _rows(conn, "signatures", given),
    }


def sign_log(
    conn: Connection[Any],
    viewer: Viewer,
    device_id: str,
    day: date,
    *,
    role: str,
    version: int,
    comment: str,
    now: datetime,
) -> tuple[Shape, list[Event]]:
    """The officer signs, a leader countersigns; not both the same. Raises what is wrong."""
    log = read_log(conn, viewer, device_id, day, None)
    if log["version"] != version:
        raise OldVersion(version=log["version"])
    if role == "leader" and not viewer.may(Role.SQUAD):
        raise Forbidden("Countersigning needs the role squad.")
    if any(one["signed_by"] == viewer.login and one["version"] == version
           for one in log["signatures"]):  # fmt: skip
        raise Signed("You have signed this version; the other signature is somebody else's.")
    given = {"device_id": device_id, "day": day, "version": version, "role": role,
             "comment": comment, "login": viewer.login, "now": now}  # fmt: skip
    try:
        with conn.transaction():
            conn.execute(QUERIES["sign"], given)
    except errors.UniqueViolation:
        raise Signed() from None
    said = {"device_id": device_id, "day": day.isoformat(), "version": version, "role": role}
    org_id = int(log["body"]["header"]["org_id"])
    event = Event("duty_log.signed", now, org_id, {"duty_log": said}, actor=viewer.login)
    return read_log(conn, viewer, device_id, day, None), [event]


def _assembled(conn: Connection[Any], header: Shape, shifts: list[Shape], day: date) -> Shape:
    span = {
        "device_no": header["device_no"],
        "person_id": header["person_id"],
        "from_at": min(one["starts_at"] for one in shifts) - AROUND,
        "to_at": max(one["ends_at"] for one in shifts) + AROUND,
        "point_ids": sorted({id_ for one in shifts for id_ in one["point_ids"]}),
    }
    fixes = [Fix(*row) for row in conn.execute(QUERIES["fixes"], span)]
    return write(
        {**header, "day": day.isoformat()},
        shifts,
        _rows(conn, "lines", span),
        windows=_rows(conn, "windows", span),
        fixes=fixes,
        habits=habits_of(header["kind"], header["period_s"]),
    )


def _rows(conn: Connection[Any], query: str, given: Mapping[str, Any]) -> list[Shape]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(QUERIES[query], given).fetchall()
