"""Everything a verdict rests on, for whoever has to read it: the evidence of one window."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import dict_row

from core.errors import NotFound
from core.sql import load_queries
from core.values import Viewer
from geo.patrol import appeals_io, verdicts_io
from geo.patrol.evidence import Key
from geo.patrol.evidence_io import Held, ears, sights_of, stays_of, taps_of
from geo.patrol.rules_io import load_rules
from geo.patrol.sight import Sight

QUERIES = load_queries("geo.patrol", "explain.sql")
REACH: Final = timedelta(hours=1)  # check-ins so near the window are shown with it
Shape = dict[str, Any]


def window_evidence(
    conn: Connection[Any], viewer: Viewer, window_id: int, as_of: datetime
) -> Shape:
    """What was required, what arrived, when we knew, and how well we could see.

    `as_of` limits the verdicts to what was known then. Raises NotFound.
    """
    given = {"window_id": window_id, "org_ids": list(viewer.org_ids)}
    row = conn.execute(QUERIES["window"], given).fetchone()
    if row is None:
        raise NotFound(f"There is no window {window_id} within your organisation.")
    _, window, point = row
    (held,) = verdicts_io.look_at(conn, [window_id])
    one = held.window
    span = {"from_at": one.from_at - REACH, "to_at": one.to_at + REACH}
    stays = [
        stay
        for stay in stays_of(conn, [held])[window_id]
        if stay.until >= span["from_at"] and stay.entered_at <= span["to_at"]
    ]
    return {
        "window": window,
        "point": point,
        "verdicts": verdicts_io.verdicts(conn, viewer, window_id, as_of),
        "proofs": _proofs(conn, viewer, held, span),
        "expected": _expected(conn, viewer, held),
        "stays": [
            {"device_no": s.device_no, "from_at": s.entered_at, "to_at": s.until} for s in stays
        ],
        "outages": ears(conn, one),
        "excuses": appeals_io.excuses_of(conn, window_id),
        "appeals": appeals_io.appeals_of(conn, window_id),
        "span": span,
    }


def _proofs(conn: Connection[Any], viewer: Viewer, held: Held, span: Shape) -> list[Shape]:
    rules = load_rules(conn)
    serving = taps_of(conn, [held], rules).get(held.window.id, [])
    keys = {tap.key for tap in serving}
    given = {"point_id": held.window.point_id, "org_ids": list(viewer.org_ids), **span}
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(QUERIES["proofs"], given).fetchall()
    return [{**row, "served": Key(row["device_no"], row["at"], row["seq"]) in keys} for row in rows]


def _expected(conn: Connection[Any], viewer: Viewer, held: Held) -> list[Shape]:
    sights: Sequence[Sight] = sights_of(conn, held, load_rules(conn))
    given = {"nos": [one.device_no for one in sights], "org_ids": list(viewer.org_ids)}
    known = {row[0]: row[1:] for row in conn.execute(QUERIES["people"], given)}
    return [
        {
            "device_no": one.device_no,
            "device_id": known[one.device_no][0],
            "device_name": known[one.device_no][1],
            "person": known[one.device_no][2],
            "from_at": one.from_at,
            "to_at": one.to_at,
            "observed_share": one.observed_share,
            "longest_gap_s": one.longest_gap_s,
            "lost_messages": one.lost,
            "nearest_m": one.nearest_m,
            "clear": one.clear,
        }
        for one in sights
        if one.device_no in known
    ]
