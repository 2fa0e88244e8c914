"""Let the rules react to what just happened, in the transaction in which it happened."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from core.events import Event
from core.sql import load_queries
from dispatch.alarms_io import carry_out
from dispatch.rules import judge

QUERIES = load_queries("dispatch", "rules.sql")


def react(conn: Connection[Any], events: Sequence[Event], now: datetime) -> list[Event]:
    """The events that follow from `events`; the caller appends both. Call it also for sweeps."""
    fence_ids = sorted(
        {
            event.body["crossing"]["fence_id"]
            for event in events
            if event.kind.startswith("crossing.")
        }
    )
    forbidden = {}
    if fence_ids:
        rows = conn.execute(QUERIES["forbidden"], {"fence_ids": fence_ids}).fetchall()
        forbidden = dict(rows)
    return carry_out(conn, judge(events, forbidden, now))
