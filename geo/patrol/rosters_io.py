"""List, add, supersede and end shifts. What had been judged by the roster is judged again."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from core.errors import Forbidden, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Role, Viewer
from geo.patrol.pages import Page
from geo.patrol.plans_io import check_named
from geo.patrol.rosters import NoSuchShift, ShiftDraft, ShiftOverlaps, check_shift
from geo.patrol.windows import BACK_MAX

QUERIES = load_queries("geo.patrol", "rosters.sql")
Shape = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """Shifts that overlap [since, until), of an organisation and below, of a terminal."""

    since: datetime | None = None
    until: datetime | None = None
    org_id: int | None = None
    device_no: int | None = None


def list_shifts(conn: Connection[Any], viewer: Viewer, which: Filter, page: Page) -> Shape:
    rows = _rows(conn, viewer, **asdict(which), **asdict(page))
    return {
        "items": [shape for _, shape in rows],
        "next": rows[-1][0] if len(rows) == page.limit else None,
    }


def add_shift(
    conn: Connection[Any],
    viewer: Viewer,
    draft: ShiftDraft,
    now: datetime,
    *,
    supersedes: int | None = None,
) -> tuple[Shape, list[Event]]:
    """The shift's shape. `supersedes` ends another in the same breath.

    Raises Invalid, NotFound, NoSuchShift, ShiftOverlaps, Forbidden.
    """
    events = [] if supersedes is None else end_shift(conn, viewer, supersedes, now)
    check_shift(draft)
    org_id, person_id = _owner(conn, viewer, draft)
    posts = [] if draft.post_id is None else [draft.post_id]
    routes = [] if draft.route_id is None else [draft.route_id]
    check_named(conn, org_id, points=draft.point_ids, routes=routes, fences=posts)
    given = {**asdict(draft), "org_id": org_id, "person_id": person_id}
    given["point_ids"] = sorted(set(draft.point_ids))
    conn.execute(QUERIES["one_at_a_time"], {"no": draft.device_no})
    if conn.execute(QUERIES["overlaps"], given).fetchone() == (True,):
        raise ShiftOverlaps(device_no=draft.device_no)
    row = conn.execute(QUERIES["add"], {**given, "now": now, "login": viewer.login}).fetchone()
    assert row is not None
    shape, event = _told(conn, viewer, row[0], "roster.added", now)
    return shape, [*events, event]


def end_shift(conn: Connection[Any], viewer: Viewer, shift_id: int, now: datetime) -> list[Event]:
    """It counts no more, not for the past either. Raises NoSuchShift."""
    _check_role(viewer)
    given = {"id": shift_id, "org_ids": list(viewer.org_ids), "now": now}
    if conn.execute(QUERIES["end"], given).fetchone() is None:
        raise NoSuchShift(shift_id=shift_id)
    return [_told(conn, viewer, shift_id, "roster.ended", now)[1]]


def _owner(conn: Connection[Any], viewer: Viewer, draft: ShiftDraft) -> tuple[int, int | None]:
    _check_role(viewer)
    scope = {"org_ids": list(viewer.org_ids)}
    row = conn.execute(QUERIES["device"], {"no": draft.device_no, **scope}).fetchone()
    if row is None:
        raise NotFound(f"There is no terminal {draft.device_no} within your organisation.")
    _, org_id, bearer_id = row
    if draft.org_id is not None and not viewer.sees(draft.org_id):
        raise NotFound("No such organisation, or not within yours.", org_id=draft.org_id)
    if draft.person_id is not None:
        given = {"id": draft.person_id, **scope}
        if conn.execute(QUERIES["person_in_scope"], given).fetchone() != (True,):
            raise NotFound(f"There is no person {draft.person_id} within your organisation.")
    return draft.org_id or org_id, draft.person_id or bearer_id


def _check_role(viewer: Viewer) -> None:
    if not viewer.may(Role.SQUAD):
        raise Forbidden("Rosters are kept by squad leaders and dispatchers.")


def _told(
    conn: Connection[Any], viewer: Viewer, shift_id: int, kind: str, now: datetime
) -> tuple[Shape, Event]:
    conn.execute(QUERIES["touch"], {"id": shift_id, "now": now, "oldest": now - BACK_MAX})
    ((_, shape),) = _rows(conn, viewer, id=shift_id, history=True)
    return shape, Event(kind, now, shape["org_id"], {"shift": shape}, actor=viewer.login)


def _rows(conn: Connection[Any], viewer: Viewer, **more: Any) -> list[Any]:
    usual = {
        "id": None, "after": 0, "limit": 1, "history": False, "since": None, "until": None,
        "device_no": None, "org_id": None, "org_ids": list(viewer.org_ids),
    }  # fmt: skip
    return conn.execute(QUERIES["shifts"], {**usual, **more}).fetchall()
