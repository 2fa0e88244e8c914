"""Hang tags at points, decide proposals, write the page of a point, list what check-ins prove."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from core.errors import Invalid, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Viewer
from devices.tags import check_uid
from geo.patrol.points import NoSuchPoint
from geo.patrol.points_io import edit_point
from geo.patrol.tags import (
    AlreadyDecided,
    NoSuchTag,
    Row,
    cursor_of,
    cursor_text,
)

QUERIES = load_queries("geo.patrol", "tags.sql")
Shape = dict[str, Any]


def list_tags(
    conn: Connection[Any], viewer: Viewer, after: int, limit: int, point_id: int | None = None
) -> list[DictRow]:
    """Enrolments by id, ended ones included."""
    return _rows(conn, viewer, "list", after=after, limit=limit, point_id=point_id)


def enrol(
    conn: Connection[Any], viewer: Viewer, uid: str, point_id: int, *, chip: str, now: datetime
) -> tuple[Shape, list[Event]]:
    """Hang a tag at a point; the one that hung there comes down. Raises TagTaken, NoSuchPoint."""
    uid = check_uid(uid)
    given = _given(viewer, uid=uid, point_id=point_id, chip=chip, now=now, login=viewer.login)
    row = conn.execute(QUERIES["tag_of_point"], given).fetchone()
    if row is None:
        raise NoSuchPoint(point_id=point_id)
    events: list[Event] = []
    if row[0] != uid:
        _, events = edit_point(conn, viewer, point_id, {"tag": uid}, now)
    for query in ("close_other_chip", "name_chip", "open"):
        conn.execute(QUERIES[query], given)
    tag = _get(conn, viewer, uid)
    said = Event("tag.enrolled", now, tag["org_id"], {"tag": _plain(tag)}, actor=viewer.login)
    return tag, [*events, said]


def end(
    conn: Connection[Any], viewer: Viewer, uid: str, now: datetime
) -> tuple[Shape, list[Event]]:
    """Take a tag down: from now on it proves nothing. Raises NoSuchTag."""
    uid = check_uid(uid)
    row = conn.execute(QUERIES["point_of_uid"], _given(viewer, uid=uid)).fetchone()
    if row is None:
        raise NoSuchTag(uid=uid)
    _, events = edit_point(conn, viewer, row[0], {"tag": None}, now)
    tag = _get(conn, viewer, uid)
    said = Event("tag.ended", now, tag["org_id"], {"tag": _plain(tag)}, actor=viewer.login)
    return tag, [*events, said]


def enrol_rows(
    conn: Connection[Any], viewer: Viewer, rows: Sequence[Row], now: datetime
) -> tuple[list[Shape], list[Event]]:
    """All of a file or none. Raises Invalid when a point is not named uniquely."""
    made, events = [], []
    for row in rows:
        found = conn.execute(QUERIES["points_by_name"], _given(viewer, text=row.point)).fetchall()
        if len(found) != 1:
            many = "several points" if found else "no point"
            raise Invalid(f"There is {many} called {row.point!r}. Give its number or code.")
        tag, some = enrol(conn, viewer, row.uid, found[0][0], chip=row.chip, now=now)
        made.append(tag)
        events += some
    return made, events


# ── proposals ────────────────────────────────────────────────────────────────


def list_proposals(conn: Connection[Any], viewer: Viewer, after: int, limit: int) -> list[DictRow]:
    """Those nobody has decided, oldest first."""
    return _rows(conn, viewer, "proposals", after=after, limit=limit)


def decide(
    conn: Connection[Any], viewer: Viewer, proposal_id: int, *, confirm: bool, now: datetime
) -> tuple[Shape, list[Event]]:
    """Confirm a proposal, which enrols its tag, or refuse it. Raises AlreadyDecided, NotFound."""
    decision = "confirmed" if confirm else "refused"
    given = _given(viewer, id=proposal_id, decision=decision, now=now, login=viewer.login)
    row = conn.execute(QUERIES["decide"], given).fetchone()
    if row is None:
        if conn.execute(QUERIES["proposal_known"], given).fetchone() != (True,):
            raise NotFound(f"There is no proposal {proposal_id} within your organisation.")
        raise AlreadyDecided(id=proposal_id)
    uid, point_id, chip, org_id = row
    body = {"id": proposal_id, "uid": uid, "point_id": point_id, "decision": decision}
    events: list[Event] = []
    if confirm:
        _, events = enrol(conn, viewer, uid, point_id, chip=chip, now=now)
    said = Event("tag.proposal_decided", now, org_id, {"proposal": body}, actor=viewer.login)
    return body, [*events, said]


# ── the page of a point ──────────────────────────────────────────────────────


def write_page(
    conn: Connection[Any], viewer: Viewer, point_id: int, *, zh: str, en: str, now: datetime
) -> Shape:
    """What citizens read there from now on. Raises NoSuchPoint."""
    given = _given(viewer, point_id=point_id, zh=zh, en=en, now=now, login=viewer.login)
    if conn.execute(QUERIES["tag_of_point"], given).fetchone() is None:
        raise NoSuchPoint(point_id=point_id)
    conn.execute(QUERIES["end_page"], given)
    conn.execute(QUERIES["add_page"], given)
    return {"point_id": point_id, "zh": zh, "en": en}


def page_of(conn: Connection[Any], code: str) -> tuple[str | None, str | None] | None:
    """The texts (zh, en) of a point for everybody; None: there is no such point.

    The one read without a viewer: it tells nothing but what was written for the public.
    """
    row = conn.execute(QUERIES["page"], {"code": code}).fetchone()
    return None if row is None else (row[0], row[1])


# ── what check-ins prove ─────────────────────────────────────────────────────


def list_proofs(
    conn: Connection[Any], viewer: Viewer, after: str, limit: int, **which: Any
) -> Shape:
    """A page by corrected time. `which`: since, until, point_id, device_no, flag (or auth)."""
    after_at, after_no, after_seq = cursor_of(after)
    more = {"after_at": after_at, "after_no": after_no, "after_seq": after_seq, "limit": limit}
    rows = _rows(conn, viewer, "proofs", **which, **more)
    return {"items": rows, "next": cursor_text(rows[-1]) if len(rows) == limit else None}


def _get(conn: Connection[Any], viewer: Viewer, uid: str) -> Shape:
    found = _rows(conn, viewer, "get", uid=uid)
    if not found:
        raise NoSuchTag(uid=uid)
    return found[0]


def _rows(conn: Connection[Any], viewer: Viewer, query: str, **given: Any) -> list[DictRow]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(QUERIES[query], _given(viewer, **given)).fetchall()


def _given(viewer: Viewer, **more: Any) -> Shape:
    return {"org_ids": list(viewer.org_ids), **more}


def _plain(row: Shape) -> Shape:
    """As JSON has it."""
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in row.items()}
