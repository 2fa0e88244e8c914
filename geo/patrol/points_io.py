"""List, make, edit and end patrol points; each brings its own circle fence."""

from datetime import datetime
from typing import Any

from psycopg import Connection

from core.events import Event
from core.sql import load_queries
from core.values import OrgId, Viewer
from geo.fence_edits import check_draft, owner_of
from geo.fence_edits_io import add_fence, get_fence
from geo.patrol import windows_io
from geo.patrol.points import (
    NoSuchPoint,
    PointDraft,
    TagTaken,
    check_point,
    edited,
    fence_for,
    is_moved,
)

QUERIES = load_queries("geo.patrol", "points.sql")
Shape = dict[str, Any]


def list_points(conn: Connection[Any], viewer: Viewer) -> list[Shape]:
    rows = conn.execute(QUERIES["shapes"], {"org_ids": list(viewer.org_ids)})
    return [shape for (shape,) in rows]


def create_point(
    conn: Connection[Any], viewer: Viewer, draft: PointDraft, now: datetime
) -> tuple[Shape, list[Event]]:
    """The new point's shape, and the events of its fence and itself. Its windows come with the
    next `windows_io.issue`."""
    tag = check_point(draft)
    _check_tag(conn, tag, None)
    org_id, fence_id = _draw(conn, viewer, draft, now)
    given = {"org_id": org_id, "name": draft.name.strip(), "fence_id": fence_id, "tag": tag}
    row = conn.execute(QUERIES["add"], {**given, "grade": draft.grade, "now": now}).fetchone()
    assert row is not None
    point = _shape(conn, row[0])
    fence = get_fence(conn, viewer, fence_id)
    return point, [
        Event("fence.created", now, org_id, {"fence": fence}, actor=viewer.login),
        Event("point.created", now, org_id, {"point": point}, actor=viewer.login),
    ]


def edit_point(
    conn: Connection[Any],
    viewer: Viewer,
    point_id: int,
    changes: dict[str, Any],
    now: datetime,
    *,
    issue: bool = True,
) -> tuple[Shape, list[Event]]:
    """Change its name, place, radius, tag or grade. Raises NoSuchPoint, Invalid, TagTaken.

    A point that moves gets a new fence; what happened at the old one stays there, and windows
    that were open already are judged by where it stood. Who edits many issues windows after.
    """
    org_id, fence_id, before = _hold(conn, viewer, point_id)
    after = edited(before, {**changes, "org_id": org_id})
    tag = check_point(after)
    _check_tag(conn, tag, point_id)
    about = {"id": point_id, "now": now, "login": viewer.login, "fence_id": fence_id}
    events = []
    if is_moved(before, after):
        gone = get_fence(conn, viewer, fence_id)
        for query in ("end_fence", "stood", "keep_place"):
            conn.execute(QUERIES[query], about)
        _, fence_id = _draw(conn, viewer, after, now)
        fence = get_fence(conn, viewer, fence_id)
        events = [
            Event("fence.ended", now, org_id, {"fence": gone}, actor=viewer.login),
            Event("fence.created", now, org_id, {"fence": fence}, actor=viewer.login),
        ]
    elif before.name != after.name.strip():
        conn.execute(QUERIES["rename_fence"], {**about, "name": after.name.strip()})
        fence = get_fence(conn, viewer, fence_id)
        events = [Event("fence.updated", now, org_id, {"fence": fence}, actor=viewer.login)]
    if tag != before.tag:
        _rehang(conn, before.tag, tag, about)
    values = {"name": after.name.strip(), "tag": tag, "grade": after.grade, "fence_id": fence_id}
    conn.execute(QUERIES["edit"], {**about, **values})
    point = _shape(conn, point_id)
    events.append(Event("point.updated", now, org_id, {"point": point}, actor=viewer.login))
    if issue:
        events += windows_io.issue(conn, now, viewer.login, [point_id])
    return point, events


def end_point(
    conn: Connection[Any], viewer: Viewer, point_id: int, now: datetime, *, issue: bool = True
) -> list[Event]:
    """Nobody need come any more: its windows not yet open are withdrawn, its tag is free again."""
    org_id, fence_id, before = _hold(conn, viewer, point_id)
    point, fence = _shape(conn, point_id), get_fence(conn, viewer, fence_id)
    about = {"id": point_id, "now": now, "login": viewer.login, "fence_id": fence_id}
    if before.tag is not None:
        _rehang(conn, before.tag, None, about)
    conn.execute(QUERIES["end"], about)
    conn.execute(QUERIES["end_fence"], about)
    gone = windows_io.issue(conn, now, viewer.login, [point_id]) if issue else []
    return [
        *gone,
        Event("point.ended", now, org_id, {"point": point}, actor=viewer.login),
        Event("fence.ended", now, org_id, {"fence": fence}, actor=viewer.login),
    ]


def _hold(conn: Connection[Any], viewer: Viewer, point_id: int) -> tuple[OrgId, int, PointDraft]:
    given = {"id": point_id, "org_ids": list(viewer.org_ids)}
    row = conn.execute(QUERIES["hold"], given).fetchone()
    if row is None:
        raise NoSuchPoint(point_id=point_id)
    org_id, fence_id, name, lon, lat, radius_m, tag, grade = row
    org_id = owner_of(viewer, org_id)
    return org_id, int(fence_id), PointDraft(name, lon, lat, radius_m, tag, grade, org_id)


def _draw(
    conn: Connection[Any], viewer: Viewer, draft: PointDraft, now: datetime
) -> tuple[OrgId, int]:
    fence = fence_for(draft)
    org_id, shape = check_draft(viewer, fence)
    fence_id = add_fence(conn, fence, shape=shape, org_id=org_id, login=viewer.login, now=now)
    return org_id, fence_id


def _check_tag(conn: Connection[Any], tag: str | None, point_id: int | None) -> None:
    given = {"tag": tag, "id": point_id}
    if tag is not None and conn.execute(QUERIES["tag_taken"], given).fetchone() == (True,):
        raise TagTaken(tag=tag)


def _rehang(
    conn: Connection[Any], before: str | None, after: str | None, about: dict[str, Any]
) -> None:
    """Check-ins of a tag prove what it hung at in their time, so each change is on record."""
    if before is not None:
        conn.execute(QUERIES["take_down"], {**about, "tag": before})
    if after is not None:
        conn.execute(QUERIES["hang"], {**about, "tag": after})


def _shape(conn: Connection[Any], point_id: int) -> Shape:
    row = conn.execute(QUERIES["shape"], {"id": point_id}).fetchone()
    assert row is not None
    shape: Shape = row[0]
    return shape
