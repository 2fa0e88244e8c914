"""Enrol, rotate, revoke. `viewer` None is the operator of this machine, who may do it all.

The broker learns of it from the caller, after the commit (`app/dynsec_io.py`); a job
makes the broker equal to the database in any case.
"""

import secrets
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from core.errors import Forbidden, Invalid, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Role, Viewer
from devices.enrolment import (
    SALT_BYTES,
    AlreadyEnrolled,
    Enrolled,
    Revoked,
    check,
    credential,
)
from devices.topics import part_of, part_text, subtree

QUERIES = load_queries("devices", "enrolment.sql")


def enrol(
    conn: Connection[Any],
    viewer: Viewer | None,
    *,
    kind: str,
    device_id: str,
    org_id: int,
    now: datetime,
    name: str | None = None,
    label: str | None = None,
    person_id: int | None = None,
    period_s: int = 10,
    outbox: bool = True,
    password: str | None = None,
) -> tuple[Enrolled, list[Event]]:
    """Add a device and give it a password.

    Raises Invalid, AlreadyEnrolled, and NotFound for an organisation out of scope.
    """
    _require(viewer, org_id)
    check(kind, device_id)
    given = password or new_password()
    kept = credential(given, secrets.token_bytes(SALT_BYTES))
    row = conn.execute(
        QUERIES["enrol"],
        {
            "id": device_id,
            "kind": kind,
            "part": part_of(device_id),
            "org_id": org_id,
            "person_id": person_id,
            "name": name or device_id,
            "label": label,
            "period_s": period_s,
            "outbox": outbox,
            "salt": kept.salt,
            "hash": kept.hash,
            "iterations": kept.iterations,
            "now": now,
        },
    ).fetchone()
    if row is None:
        raise AlreadyEnrolled(f"{device_id} is enrolled already. Rotate it, or choose another id.")
    device = _enrolled(
        {"no": row[0], "id": device_id, "kind": kind, "part": part_of(device_id), "org_id": org_id},
        given,
    )
    return device, [_event(conn, "unit.enrolled", viewer, now, no=device.no, org_id=org_id)]


def rotate(
    conn: Connection[Any], viewer: Viewer | None, device_id: str, now: datetime
) -> tuple[Enrolled, list[Event]]:
    """A new password; the old one ends at once. Raises NotFound, Revoked."""
    row = _lock(conn, viewer, device_id)
    if row["revoked_at"] is not None:
        raise Revoked
    given = new_password()
    kept = credential(given, secrets.token_bytes(SALT_BYTES))
    conn.execute(
        QUERIES["rotate"],
        {"no": row["no"], "salt": kept.salt, "hash": kept.hash, "iterations": kept.iterations},
    )
    return _enrolled(row, given), [
        _event(conn, "unit.changed", viewer, now, no=row["no"], org_id=row["org_id"])
    ]


def revoke(
    conn: Connection[Any], viewer: Viewer | None, device_id: str, now: datetime
) -> list[Event]:
    """End a device for good; a second time changes nothing. Raises NotFound."""
    row = _lock(conn, viewer, device_id)
    if row["revoked_at"] is not None:
        return []
    event = _event(conn, "unit.revoked", viewer, now, no=row["no"], org_id=row["org_id"])
    conn.execute(QUERIES["revoke"], {"no": row["no"], "now": now})
    return [event]


def list_devices(
    conn: Connection[Any], viewer: Viewer | None, *, after: str = "", limit: int
) -> list[DictRow]:
    """Devices by id, also revoked ones."""
    org_ids = (
        [org for (org,) in conn.execute(QUERIES["all_orgs"])]
        if viewer is None
        else list(viewer.org_ids)
    )
    with conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            QUERIES["list_devices"], {"org_ids": org_ids, "after": after, "limit": limit}
        )
        return cursor.fetchall()


def find_org(conn: Connection[Any], text: str | None) -> int:
    """The organisation named by id or name; the topmost one for None. Raises Invalid."""
    if text is None:
        row = conn.execute(QUERIES["top_org"]).fetchone()
        if row is None:
            raise Invalid("There is no organisation yet. Name the first one with --org NAME.")
        return int(row[0])
    rows = conn.execute(QUERIES["orgs_like"], {"text": text}).fetchall()
    if not rows:
        raise Invalid(f"There is no organisation {text!r}. Give its name or number.")
    if len(rows) > 1:
        numbers = ", ".join(str(row[0]) for row in rows)
        raise Invalid(f"Several organisations are called {text!r}. Give a number: {numbers}.")
    return int(rows[0][0])


def new_password() -> str:
    """144 random bits, in characters that survive any shell and any phone's keyboard."""
    return secrets.token_urlsafe(18)


def _lock(conn: Connection[Any], viewer: Viewer | None, device_id: str) -> DictRow:
    with conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(QUERIES["lock_device"], {"id": device_id})
        row = cursor.fetchone()
    if row is None:
        raise NotFound(f"There is no device {device_id!r}.")
    _require(viewer, row["org_id"])
    return row


def _require(viewer: Viewer | None, org_id: int) -> None:
    if viewer is None:
        return
    if not viewer.sees(org_id):
        raise NotFound
    if not viewer.may(Role.ADMIN):
        raise Forbidden("Only an administrator may enrol, rotate or revoke devices.")


def _event(
    conn: Connection[Any],
    kind: str,
    viewer: Viewer | None,
    now: datetime,
    *,
    no: int,
    org_id: int,
) -> Event:
    row = conn.execute(QUERIES["unit_shape"], {"no": no}).fetchone()
    assert row is not None, "every device that is not revoked has a shape"
    actor = viewer.login if viewer else "system"
    return Event(kind, now, org_id, {"unit": row[0]}, device_no=no, actor=actor)


def _enrolled(row: DictRow, password: str) -> Enrolled:
    return Enrolled(
        no=row["no"],
        id=row["id"],
        kind=row["kind"],
        part=part_text(row["part"]),
        topic=subtree(row["id"], row["kind"]),
        org_id=row["org_id"],
        password=password,
    )
