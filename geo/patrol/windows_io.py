"""Make windows ahead of time, by the sweep or by hand."""

from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from core.errors import Conflict, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Viewer
from geo.fence_edits import owner_of
from geo.patrol.windows import Span, check_span, windows_between

QUERIES = load_queries("geo.patrol", "windows.sql")
AHEAD: Final = timedelta(hours=24)


class WindowExists(Conflict):
    """This point has a window with the same opening and closing time already."""

    code = "window_exists"


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """Windows of all points that open within the next day. Idempotent: run it hourly."""
    events = []
    for point_id, org_id, grade in conn.execute(QUERIES["points"]).fetchall():
        for span in windows_between(grade, now, now + AHEAD):
            shape = _add(conn, point_id, org_id, span=span, login=None, now=now)
            if shape is not None:
                events.append(Event("window.created", now, org_id, {"window": shape}))
    return events


def create_window(
    conn: Connection[Any], viewer: Viewer, point_id: int, span: Span, now: datetime
) -> tuple[dict[str, Any], list[Event]]:
    """One window by hand, in the past or the future."""
    check_span(span, now)
    given = {"id": point_id, "org_ids": list(viewer.org_ids)}
    row = conn.execute(QUERIES["point_org"], given).fetchone()
    if row is None:
        raise NotFound("No such patrol point, or not within your organisation.", point_id=point_id)
    org_id = owner_of(viewer, row[0])
    shape = _add(conn, point_id, org_id, span=span, login=viewer.login, now=now)
    if shape is None:
        raise WindowExists(point_id=point_id)
    return shape, [Event("window.created", now, org_id, {"window": shape}, actor=viewer.login)]


def list_windows(
    conn: Connection[Any], viewer: Viewer, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """Windows that overlap [since, until), by opening time."""
    given = {"org_ids": list(viewer.org_ids), "since": since, "until": until}
    return [shape for (shape,) in conn.execute(QUERIES["shapes"], given)]


def _add(
    conn: Connection[Any],
    point_id: int,
    org_id: int,
    *,
    span: Span,
    login: str | None,
    now: datetime,
) -> dict[str, Any] | None:
    row = conn.execute(
        QUERIES["add"],
        {
            "org_id": org_id,
            "point_id": point_id,
            "opens_at": span.opens_at,
            "due_at": span.due_at,
            "closes_at": span.closes_at,
            "grace_s": span.grace_s,
            "min_dwell_s": span.min_dwell_s,
            "created_by": login,
            "now": now,
        },
    ).fetchone()
    if row is None:
        return None
    found = conn.execute(QUERIES["shape"], {"id": row[0]}).fetchone()
    assert found is not None
    shape: dict[str, Any] = found[0]
    return shape
