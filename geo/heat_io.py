"""Where devices spent their time, as cells with seconds: what the heat layer draws."""

from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from core.errors import Invalid
from core.sql import load_queries
from core.values import Viewer

QUERIES = load_queries("geo", "heat.sql")
SPAN_MAX: Final = timedelta(hours=6)
CELLS_MAX: Final = 20_000


def heat(
    conn: Connection[Any], viewer: Viewer, kind: str, since: datetime, until: datetime
) -> list[tuple[float, float, int]]:
    """(lon, lat, seconds) of cells, the longest first. Raises Invalid for more than 6 hours."""
    if not since < until <= since + SPAN_MAX:
        raise Invalid("The heat layer covers at most 6 hours, from before to.")
    given = {"org_ids": list(viewer.org_ids), "kind": kind, "since": since, "until": until,
             "limit": CELLS_MAX}  # fmt: skip
    return conn.execute(QUERIES["dwell"], given).fetchall()
