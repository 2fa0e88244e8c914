"""File and decide appeals, excuse windows: each ends in a new verdict, or in none."""

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.errors import Invalid, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Viewer
from geo.patrol.appeals import Decision, Draft, check_decision, check_draft
from geo.patrol.verdicts_io import judge_windows

QUERIES = load_queries("geo.patrol", "appeals.sql")
EXCUSES = ("dispatch", "leave", "order")


class NoAppeal(NotFound):
    """No such appeal, or not within your organisation."""


def file_appeal(
    conn: Connection[Any], viewer: Viewer, draft: Draft, now: datetime
) -> tuple[dict[str, Any], list[Event]]:
    """The appeal's shape. Raises NotFound, Invalid, AppealOpen, NothingToAppeal."""
    org_id, closes_at, version, result, has_open = _window(conn, viewer, draft.window_id)
    check_draft(draft, result, closes_at, now, has_open=has_open)
    row = conn.execute(
        QUERIES["file"],
        {
            "window_id": draft.window_id,
            "org_id": org_id,
            "kind": draft.kind,
            "reason": draft.reason.strip(),
            "evidence": Jsonb(list(draft.evidence)),
            "version": version,
            "now": now,
            "login": viewer.login,
        },
    ).fetchone()
    assert row is not None
    return _told(conn, "appeal.filed", int(row[0]), viewer, now)


def decide_appeal(
    conn: Connection[Any],
    viewer: Viewer,
    appeal_id: int,
    decision: Decision,
    *,
    note: str,
    now: datetime,
) -> tuple[dict[str, Any], list[Event]]:
    """The shape with its window judged anew. Raises what `check_decision` raises, NotFound."""
    given = {"id": appeal_id, "org_ids": list(viewer.org_ids)}
    row = conn.execute(QUERIES["open"], given).fetchone()
    if row is None:
        raise NoAppeal(appeal_id=appeal_id)
    window_id, filed_by, decided = row
    check_decision(viewer, decision, filed_by, decided=decided, note=note)
    said = {"id": appeal_id, "decision": decision, "note": note, "now": now, "login": viewer.login}
    conn.execute(QUERIES["decide"], said)
    judged = judge_windows(conn, [window_id], now)
    shape, told = _told(conn, "appeal.decided", appeal_id, viewer, now)
    return shape, [*judged, *told]


def list_appeals(
    conn: Connection[Any], viewer: Viewer, state: str | None, after: int, limit: int
) -> dict[str, Any]:
    """A page by id; `state` open or decided."""
    given = {"org_ids": list(viewer.org_ids), "state": state, "after": after, "limit": limit}
    rows = conn.execute(QUERIES["shapes"], given).fetchall()
    return {
        "items": [shape for _, shape in rows],
        "next": rows[-1][0] if len(rows) == limit else None,
    }


def excuse_window(
    conn: Connection[Any],
    viewer: Viewer,
    window_id: int,
    *,
    kind: str,
    reason: str,
    task_id: int | None,
    now: datetime,
) -> list[Event]:
    """Nobody needs to come: recorded as such, and the window judged anew. Raises NotFound, Invalid.

    With a task it is an excuse by dispatch: the assignment that takes the officer away is named.
    """
    if kind not in EXCUSES or not reason.strip():
        raise Invalid("An excuse is dispatch, leave or order, and says why.")
    org_id, *_ = _window(conn, viewer, window_id)
    scope = {"task_id": task_id, "org_ids": list(viewer.org_ids)}
    if task_id is not None and conn.execute(QUERIES["task_in_scope"], scope).fetchone() != (True,):
        raise NotFound(f"There is no task {task_id} within your organisation.")
    said = {"window_id": window_id, "kind": kind, "reason": reason.strip(), "task_id": task_id}
    row = conn.execute(QUERIES["excuse"], {**said, "now": now, "login": viewer.login}).fetchone()
    assert row is not None
    event = Event(
        "excuse.given", now, org_id, {"excuse": {"id": row[0], **said}}, task_id=task_id,
        actor=viewer.login,
    )  # fmt: skip
    return [event, *judge_windows(conn, [window_id], now)]


def end_excuse(conn: Connection[Any], viewer: Viewer, excuse_id: int, now: datetime) -> list[Event]:
    """Take it back; what was said while it stood stays on record. Raises NotFound."""
    given = {"id": excuse_id, "org_ids": list(viewer.org_ids), "now": now}
    row = conn.execute(QUERIES["end_excuse"], given).fetchone()
    if row is None:
        raise NotFound(f"There is no standing excuse {excuse_id} within your organisation.")
    window_id, org_id, kind, reason = row
    said = {"id": excuse_id, "window_id": window_id, "kind": kind, "reason": reason}
    event = Event("excuse.ended", now, org_id, {"excuse": said}, actor=viewer.login)
    return [event, *judge_windows(conn, [window_id], now)]


def appeals_of(conn: Connection[Any], window_id: int) -> list[dict[str, Any]]:
    """Of a window the caller may see, oldest first."""
    return [shape for (shape,) in conn.execute(QUERIES["of_window"], {"window_id": window_id})]


def excuses_of(conn: Connection[Any], window_id: int) -> list[dict[str, Any]]:
    """Of a window the caller may see, ended ones included."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(QUERIES["excuses_of"], {"window_id": window_id}).fetchall()


def _window(conn: Connection[Any], viewer: Viewer, window_id: int) -> tuple[Any, ...]:
    given = {"window_id": window_id, "org_ids": list(viewer.org_ids)}
    row = conn.execute(QUERIES["window"], given).fetchone()
    if row is None:
        raise NotFound(f"There is no window {window_id} within your organisation.")
    found: tuple[Any, ...] = row
    return found


def _told(
    conn: Connection[Any], kind: str, appeal_id: int, viewer: Viewer, now: datetime
) -> tuple[dict[str, Any], list[Event]]:
    row = conn.execute(QUERIES["shape"], {"id": appeal_id}).fetchone()
    assert row is not None
    org_id, shape = row
    return shape, [Event(kind, now, org_id, {"appeal": shape}, actor=viewer.login)]
