"""Read what changed in unit_state, as columns."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from core.sql import load_queries
from web.live.hub import LINKS, NOWHERE_E7, ROW, STATES, Rows

QUERIES = load_queries("web.live", "live.sql")

_BEGINNING: Final = "0"
_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0"
_HEADER_BYTES: Final = 19
_TRAILER_BYTES: Final = 2
# One row of PostgreSQL's binary COPY: a count of fields, then length and value of each.
_WIRE: Final = np.dtype(
    [("fields", ">i2")]
    + [
        part
        for name, kind in [
            ("no", ">i4"),
            ("lon_e7", ">i4"),
            ("lat_e7", ">i4"),
            ("at_ms", ">i8"),
            ("spd_cms", ">i4"),
            ("crs_ddeg", ">i4"),
            ("link", ">i4"),
            ("state", ">i4"),
            ("org_id", ">i8"),
        ]
        for part in [(f"{name}_bytes", ">i4"), (name, kind)]
    ]
)


def changed_rows(conn: Connection[Any], since: str | None) -> tuple[Rows, str]:
    """Rows written at or after the horizon `since` (None: all), and the next horizon.

    A row may come again; none is missed, however writers overlap. `conn` must be in
    autocommit, or the horizon would be that of the transaction's beginning.
    """
    horizon = conn.execute(QUERIES["horizon"]).fetchone()
    assert horizon is not None
    given = {
        "nowhere": NOWHERE_E7,
        "links": list(LINKS),
        "states": list(STATES),
        "since": since or _BEGINNING,
    }
    with conn.cursor() as cursor, cursor.copy(QUERIES["rows_since"], given) as copy:
        body = b"".join(copy)
    return _rows(body), str(horizon[0])


def _rows(body: bytes) -> Rows:
    assert body.startswith(_SIGNATURE), body[:20]
    wire = np.frombuffer(body[_HEADER_BYTES:-_TRAILER_BYTES], _WIRE)
    rows = np.empty(len(wire), ROW)
    for name in ROW.names or ():
        rows[name] = wire[name]
    return rows


def living_units(conn: Connection[Any]) -> NDArray[np.uint32]:
    """Numbers of all devices that are not revoked."""
    return np.array([no for (no,) in conn.execute(QUERIES["living_units"])], np.uint32)
