"""Which readings the record speaks of already.

After a crash a follower may hand on readings that were judged before. An event that
stands for one reading carries its key (device, observed time, seq), so the record
itself says what need not be said again.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from core.sql import load_queries
from core.values import from_ms
from devices.readings import Stamp

QUERIES = load_queries("dispatch", "told.sql")

Key = tuple[str, int, datetime, int]


def told(conn: Connection[Any], kinds: Collection[str], stamps: Sequence[Stamp]) -> set[Key]:
    """(kind, device_no, at, seq) of the events of these kinds about these readings."""
    if not stamps:
        return set()
    rows = conn.execute(
        QUERIES["told"],
        {
            "kinds": list(kinds),
            "device_no": [stamp.device_no for stamp in stamps],
            "at": [from_ms(stamp.at_ms) for stamp in stamps],
            "seq": [stamp.seq for stamp in stamps],
        },
    )
    return set(rows.fetchall())


def key_of(kind: str, stamp: Stamp) -> Key:
    return kind, stamp.device_no, from_ms(stamp.at_ms), stamp.seq
