"""Append events, and read them in order."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from core.db import execute_all
from core.events import Event
from core.sql import load_queries
from core.values import Viewer

QUERIES = load_queries("core", "events.sql")


def append_events(conn: Connection[Any], events: Sequence[Event]) -> list[int]:
    """Append in the caller's transaction; call it last, it holds the order lock to the commit.

    Returns the ids given, in the order of `events`.
    """
    if not events:
        return []
    conn.execute(QUERIES["lock_events"])
    rows = execute_all(conn, QUERIES["append"], [_row(event) for event in events])
    return [int(row[0]) for row in rows if row is not None]


def events_after(conn: Connection[Any], viewer: Viewer, after: int, limit: int) -> list[DictRow]:
    """The viewer's events with an id above `after`, oldest first."""
    with conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            QUERIES["after"],
            {"after": after, "org_ids": list(viewer.org_ids), "limit": limit},
        )
        return cursor.fetchall()


def all_events_after(conn: Connection[Any], after: int, limit: int) -> list[DictRow]:
    """Everybody's events, for a hub that filters by viewer itself."""
    with conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(QUERIES["after_unscoped"], {"after": after, "limit": limit})
        return cursor.fetchall()


def newest_event_id(conn: Connection[Any]) -> int:
    row = conn.execute(QUERIES["newest"]).fetchone()
    assert row is not None
    return int(row[0])


def oldest_event_id(conn: Connection[Any]) -> int:
    row = conn.execute(QUERIES["oldest"]).fetchone()
    assert row is not None
    return int(row[0])


def _row(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "at": event.at,
        "org_id": event.org_id,
        "device_no": event.device_no,
        "task_id": event.task_id,
        "actor": event.actor,
        "body": Jsonb(event.body),
    }
