"""List, draw and end segments of road to be covered."""

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from core.events import Event
from core.sql import load_queries
from core.values import Viewer
from geo.coverage.segment_edits import NoSuchSegment, SegmentDraft, check_segment, geojson_of
from geo.fence_edits import owner_of

QUERIES = load_queries("geo.coverage", "segment_edits.sql")


def list_segments(conn: Connection[Any], viewer: Viewer, after: int, limit: int) -> dict[str, Any]:
    """Standing segments by id: {items, next}."""
    given = {"org_ids": list(viewer.org_ids), "after": after, "limit": limit}
    rows = conn.execute(QUERIES["list"], given).fetchall()
    following = rows[-1][0] if len(rows) == limit else None
    return {"items": [shape for _, shape in rows], "next": following}


def get_segment(conn: Connection[Any], viewer: Viewer, segment_id: int) -> dict[str, Any]:
    """One shape; NoSuchSegment when there is none in scope."""
    given = {"id": segment_id, "org_ids": list(viewer.org_ids)}
    row = conn.execute(QUERIES["shape"], given).fetchone()
    if row is None:
        raise NoSuchSegment(segment_id=segment_id)
    shape: dict[str, Any] = row[0]
    return shape


def create_segment(
    conn: Connection[Any], viewer: Viewer, draft: SegmentDraft, now: datetime
) -> tuple[dict[str, Any], list[Event]]:
    """The new segment's shape and its event; refuses bad lines with the reason."""
    org_id, line = check_segment(viewer, draft)
    row = conn.execute(
        QUERIES["add"],
        {
            "org_id": org_id,
            "name": draft.name.strip(),
            "grade": draft.grade,
            "line": Jsonb(geojson_of(line)),
            "width_m": draft.width_m,
            "now": now,
            "login": viewer.login,
        },
    ).fetchone()
    assert row is not None
    made = get_segment(conn, viewer, row[0])
    return made, [Event("segment.created", now, org_id, {"segment": made}, actor=viewer.login)]


def end_segment(
    conn: Connection[Any], viewer: Viewer, segment_id: int, now: datetime
) -> list[Event]:
    """What was measured of it stays on record."""
    given = {"id": segment_id, "org_ids": list(viewer.org_ids)}
    row = conn.execute(QUERIES["hold"], given).fetchone()
    if row is None:
        raise NoSuchSegment(segment_id=segment_id)
    owner_of(viewer, row[0])
    ended = get_segment(conn, viewer, segment_id)
    conn.execute(QUERIES["end"], {"id": segment_id, "now": now})
    return [Event("segment.ended", now, row[0], {"segment": ended}, actor=viewer.login)]
