"""Rules of duty grades, and grades raised for a zone and a span of days."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import msgspec
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.errors import Conflict, Invalid, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Role, Viewer
from geo.fence_edits import MayNotDraw, check_name, owner_of
from geo.patrol import windows_io
from geo.patrol.grades import BUILTIN, check_grade, read_rule
from geo.patrol.pages import Page
from geo.patrol.plans import check_span
from geo.patrol.plans_io import check_named

QUERIES = load_queries("geo.patrol", "grades.sql")
Shape = dict[str, Any]
_PLAIN: Final = {"grade": "grades", "raise": "raises"}


class GradeExists(Conflict):
    """There is a rule of this grade from this day on already. End it first, or choose a day."""

    code = "grade_exists"


@dataclass(frozen=True, slots=True)
class RaiseDraft:
    """Of every point in a zone, or of points named, or both; local days, both included."""

    name: str
    grade: int
    valid_from: date
    valid_to: date
    fence_id: int | None = None
    point_ids: Sequence[int] = ()
    org_id: int | None = None


def list_grades(conn: Connection[Any], viewer: Viewer, page: Page) -> Shape:
    """Rules that hold for the viewer's organisations, and the built-in ones (G.3)."""
    builtin = {str(grade): msgspec.to_builtins(rule) for grade, rule in BUILTIN.items()}
    return _list(conn, viewer, "grades", page) | {"builtin": builtin}


def list_raises(conn: Connection[Any], viewer: Viewer, page: Page) -> Shape:
    return _list(conn, viewer, "raises", page)


def create_grade(
    conn: Connection[Any],
    viewer: Viewer,
    grade: int,
    rule: Mapping[str, Any],
    *,
    valid_from: date,
    org_id: int | None,
    now: datetime,
) -> tuple[Shape, list[Event]]:
    """A rule from a day on, until the next. Raises Invalid, GradeExists."""
    owner = owner_of(viewer, org_id)
    check_grade(grade)
    read_rule(rule)
    row = conn.execute(
        QUERIES["add"],
        {
            "org_id": owner, "grade": grade, "valid_from": valid_from, "rule": Jsonb(dict(rule)),
            "now": now, "login": viewer.login,
        },
    ).fetchone()  # fmt: skip
    if row is None:
        raise GradeExists(grade=grade, valid_from=valid_from)
    return _told(conn, viewer, "grade", row[0], "set", now=now)


def create_raise(
    conn: Connection[Any], viewer: Viewer, draft: RaiseDraft, now: datetime
) -> tuple[Shape, list[Event]]:
    """Raises Invalid. It counts where it is the higher duty, and lowers nothing."""
    owner = owner_of(viewer, draft.org_id)
    check_name(draft.name)
    check_grade(draft.grade)
    check_span(draft.valid_from, draft.valid_to)
    if draft.fence_id is None and not draft.point_ids:
        raise Invalid("A raise names a zone or points.")
    fences = [] if draft.fence_id is None else [draft.fence_id]
    check_named(conn, owner, points=draft.point_ids, fences=fences)
    row = conn.execute(
        QUERIES["add_raise"],
        {
            "org_id": owner, "name": draft.name.strip(), "grade": draft.grade,
            "fence_id": draft.fence_id, "point_ids": list(draft.point_ids),
            "valid_from": draft.valid_from, "valid_to": draft.valid_to, "now": now,
            "login": viewer.login,
        },
    ).fetchone()  # fmt: skip
    assert row is not None
    return _told(conn, viewer, "raise", row[0], "set", now=now)


def end(conn: Connection[Any], viewer: Viewer, noun: str, id_: int, now: datetime) -> list[Event]:
    """Of a grade's rule or a raise; windows that were open by then stay as they were."""
    if not viewer.may(Role.DISPATCHER):
        raise MayNotDraw(login=viewer.login)
    query = "end" if noun == "grade" else "end_raise"
    given = {"id": id_, "org_ids": list(viewer.org_ids), "now": now}
    if conn.execute(QUERIES[query], given).fetchone() is None:
        raise NotFound(f"There is no standing {noun} {id_} within your organisation.")
    return _told(conn, viewer, noun, id_, "ended", now=now)[1]


def _list(
    conn: Connection[Any], viewer: Viewer, what: str, page: Page, id_: int | None = None
) -> Shape:
    given = {"org_ids": list(viewer.org_ids), "own": viewer.org_id, "id": id_}
    more = {"after": page.after, "limit": page.limit, "history": page.history}
    with conn.cursor(row_factory=dict_row) as cursor:
        items = cursor.execute(QUERIES[what], {**given, **more}).fetchall()
    return {"items": items, "next": items[-1]["id"] if len(items) == page.limit else None}


def _told(
    conn: Connection[Any], viewer: Viewer, noun: str, id_: int, what: str, *, now: datetime
) -> tuple[Shape, list[Event]]:
    (shape,) = _list(conn, viewer, _PLAIN[noun], Page(0, 1, history=True), id_)["items"]
    said = json.loads(json.dumps(shape, default=lambda value: value.isoformat()))
    event = Event(f"{noun}.{what}", now, shape["org_id"], {noun: said}, actor=viewer.login)
    return shape, [event, *windows_io.issue(conn, now, viewer.login)]
