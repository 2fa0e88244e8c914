"""Load what those who are sent away would leave behind; excuse windows because of a task."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from core.errors import Conflict
from core.events import Event
from core.sql import load_queries
from core.values import Point, Viewer
from geo.patrol.appeals_io import excuse_window
from geo.patrol.duties import HORIZON, Duty, Manned
from geo.patrol.verdicts_io import judge_windows

QUERIES = load_queries("geo.patrol", "duties.sql")


class NotItsDuty(Conflict):
    """A window named here is over, served, or not one this unit is rostered for. Load the
    recommendation again."""

    code = "not_its_duty"


def load_duties(conn: Connection[Any], viewer: Viewer, now: datetime) -> list[Duty]:
    """Windows of the next hours within the viewer's scope that nobody has served."""
    given = {"org_ids": list(viewer.org_ids), "now": now, "until": now + HORIZON}
    return [
        Duty(id_, point_id, name, opens_at, ends_at, Point(lat, lon), frozenset(nos))
        for id_, point_id, name, opens_at, ends_at, lat, lon, nos in conn.execute(
            QUERIES["duties"], given
        )
    ]


def load_manned(
    conn: Connection[Any], viewer: Viewer, device_nos: Collection[int], now: datetime
) -> list[Manned]:
    """Areas and posts that some of these are in."""
    given = {"org_ids": list(viewer.org_ids), "now": now, "nos": list(device_nos)}
    return [
        Manned(id_, name, frozenset(nos))
        for id_, name, nos in conn.execute(QUERIES["manned"], given)
    ]


def exempt(
    conn: Connection[Any],
    viewer: Viewer,
    window_ids: Sequence[int],
    *,
    device_no: int,
    task_id: int,
    now: datetime,
) -> list[Event]:
    """Excuse these windows because the unit is sent to the task. All or none: raises NotItsDuty."""
    ids = sorted(set(window_ids))
    given = {"ids": ids, "device_no": device_no, "org_ids": list(viewer.org_ids), "now": now}
    known = {id_ for (id_,) in conn.execute(QUERIES["excusable"], given)}
    if known != set(ids):
        raise NotItsDuty(window_ids=sorted(set(ids) - known))
    events: list[Event] = []
    for id_ in ids:
        events += excuse_window(
            conn, viewer, id_, kind="dispatch", reason=f"派单占用 task {task_id}",
            task_id=task_id, now=now,
        )  # fmt: skip
    return events


def stand_again(
    conn: Connection[Any], task_id: int, assignment_id: int, actor: str, now: datetime
) -> list[Event]:
    """The unit has not gone after all: windows that are not over must be served again."""
    given = {"task_id": task_id, "assignment_id": assignment_id, "now": now}
    rows = conn.execute(QUERIES["by_dispatch"], given).fetchall()
    if not rows:
        return []
    conn.execute(QUERIES["end_excuses"], {"ids": [row[0] for row in rows], "now": now})
    ended = [
        Event(
            "excuse.ended", now, org_id,
            {"excuse": {"id": id_, "window_id": window_id, "kind": kind, "reason": reason}},
            task_id=task_id, actor=actor,
        )
        for id_, window_id, org_id, kind, reason in rows
    ]  # fmt: skip
    return [*ended, *judge_windows(conn, [row[1] for row in rows], now)]
