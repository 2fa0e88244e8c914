"""List and make patrol points; each brings its own circle fence."""

from datetime import datetime
from typing import Any

from psycopg import Connection

from core.events import Event
from core.sql import load_queries
from core.values import Viewer
from geo.fence_edits import check_draft
from geo.fence_edits_io import add_fence, get_fence
from geo.patrol.points import PointDraft, TagTaken, check_point, fence_for

QUERIES = load_queries("geo.patrol", "points.sql")


def list_points(conn: Connection[Any], viewer: Viewer) -> list[dict[str, Any]]:
    rows = conn.execute(QUERIES["shapes"], {"org_ids": list(viewer.org_ids)})
    return [shape for (shape,) in rows]


def create_point(
    conn: Connection[Any], viewer: Viewer, draft: PointDraft, now: datetime
) -> tuple[dict[str, Any], list[Event]]:
    """The new point's shape, and the events of its fence and itself."""
    tag = check_point(draft)
    fence_draft = fence_for(draft)
    org_id, shape = check_draft(viewer, fence_draft)
    if tag is not None and conn.execute(QUERIES["tag_taken"], {"tag": tag}).fetchone() == (True,):
        raise TagTaken(tag=tag)
    fence_id = add_fence(conn, fence_draft, shape=shape, org_id=org_id, login=viewer.login, now=now)
    row = conn.execute(
        QUERIES["add"],
        {
            "org_id": org_id,
            "name": draft.name.strip(),
            "fence_id": fence_id,
            "tag": tag,
            "grade": draft.grade,
            "now": now,
        },
    ).fetchone()
    assert row is not None
    found = conn.execute(QUERIES["shape"], {"id": row[0]}).fetchone()
    assert found is not None
    point: dict[str, Any] = found[0]
    fence = get_fence(conn, viewer, fence_id)
    return point, [
        Event("fence.created", now, org_id, {"fence": fence}, actor=viewer.login),
        Event("point.created", now, org_id, {"point": point}, actor=viewer.login),
    ]
