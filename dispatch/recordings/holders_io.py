"""The ledger changed who had a camera: whose recordings they are follows, and so do verdicts."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from psycopg import Connection

from core.sql import load_queries

QUERIES = load_queries("dispatch.recordings", "holders.sql")


def follow_holder(
    conn: Connection[Any], device_no: int, people: Collection[int], since: datetime, now: datetime
) -> None:
    """`people`: who had it until then, and who has it from then on."""
    given = {"no": device_no, "since": since, "people": sorted(people), "now": now}
    conn.execute(QUERIES["reassign"], given)
    conn.execute(QUERIES["touch"], given)
    conn.execute(QUERIES["mark"], given)
