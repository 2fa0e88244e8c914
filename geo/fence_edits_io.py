"""List, draw and end fences. Followers see a change at their next batch."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from core.events import Event
from core.sql import load_queries
from core.values import OrgId, Viewer
from geo.fence_edits import FenceDraft, FenceOfPoint, NoSuchFence, check_draft, owner_of
from geo.shapes import Circle, Shape, geometry_of

QUERIES = load_queries("geo", "fence_edits.sql")


def list_fences(conn: Connection[Any], viewer: Viewer) -> list[dict[str, Any]]:
    """Shapes of all standing fences in the viewer's scope, by id."""
    rows = conn.execute(QUERIES["shapes"], {"org_ids": list(viewer.org_ids)})
    return [shape for (shape,) in rows]


def get_fence(conn: Connection[Any], viewer: Viewer, fence_id: int) -> dict[str, Any]:
    """One shape; NoSuchFence when there is none in scope."""
    row = conn.execute(
        QUERIES["shape"], {"id": fence_id, "org_ids": list(viewer.org_ids)}
    ).fetchone()
    if row is None:
        raise NoSuchFence(fence_id=fence_id)
    shape: dict[str, Any] = row[0]
    return shape


def create_fence(
    conn: Connection[Any], viewer: Viewer, draft: FenceDraft, now: datetime
) -> tuple[dict[str, Any], list[Event]]:
    """The new fence's shape and its event; refuses bad shapes with the reason."""
    org_id, shape = check_draft(viewer, draft)
    fence_id = add_fence(conn, draft, shape=shape, org_id=org_id, login=viewer.login, now=now)
    made = get_fence(conn, viewer, fence_id)
    return made, [Event("fence.created", now, org_id, {"fence": made}, actor=viewer.login)]


def end_fence(conn: Connection[Any], viewer: Viewer, fence_id: int, now: datetime) -> list[Event]:
    """Stays that last in it end untold."""
    given = {"id": fence_id, "org_ids": list(viewer.org_ids)}
    row = conn.execute(QUERIES["owner"], given).fetchone()
    if row is None:
        raise NoSuchFence(fence_id=fence_id)
    org_id, of_point = row
    owner_of(viewer, org_id)
    if of_point:
        raise FenceOfPoint(fence_id=fence_id)
    ended = get_fence(conn, viewer, fence_id)
    conn.execute(QUERIES["end"], {"id": fence_id, "now": now})
    return [Event("fence.ended", now, org_id, {"fence": ended}, actor=viewer.login)]


def redraw_fence(
    conn: Connection[Any], viewer: Viewer, fence_id: int, draft: FenceDraft, now: datetime
) -> tuple[dict[str, Any], list[Event]]:
    """The fence that takes its place from now on, with an id of its own: what happened in the
    old one was judged by the old shape and stays so."""
    over = end_fence(conn, viewer, fence_id, now)
    org_id = over[0].org_id if draft.org_id is None else draft.org_id
    made, begun = create_fence(conn, viewer, replace(draft, org_id=org_id), now)
    return made, [*over, *begun]


def add_fence(
    conn: Connection[Any],
    draft: FenceDraft,
    *,
    shape: Shape,
    org_id: OrgId,
    login: str,
    now: datetime,
) -> int:
    """Write a checked fence; returns its id."""
    circle = shape if isinstance(shape, Circle) else None
    row = conn.execute(
        QUERIES["add"],
        {
            "org_id": org_id,
            "name": draft.name.strip(),
            "purpose": draft.purpose,
            "lat_deg": circle.lat_deg if circle else None,
            "lon_deg": circle.lon_deg if circle else None,
            "radius_m": circle.radius_m if circle else None,
            "polygon": None if circle else Jsonb(geometry_of(shape)),
            "margin_m": draft.margin_m,
            "dwell_s": draft.dwell_s,
            "now": now,
            "created_by": login,
        },
    ).fetchone()
    assert row is not None
    return int(row[0])
