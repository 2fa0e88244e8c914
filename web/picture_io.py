"""The whole picture as of a moment, from what is stored (D9)."""

from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import dict_row

from core import limits
from core.errors import Invalid
from core.sql import load_queries
from core.values import Viewer
from dispatch.tasks import OPEN, State
from dispatch.units import LINK_RULES

QUERIES = load_queries("web", "picture.sql")
TICKS_MAX: Final = 1_000
BACK_MAX: Final = timedelta(days=limits.RETENTION_DAYS)
Shape = dict[str, Any]


def picture_at(
    conn: Connection[Any], viewer: Viewer, at: datetime, as_of: datetime, now: datetime
) -> Shape:
    """{at, as_of, units, tasks, alarms, windows} within the viewer's scope.

    Positions, states, tasks and alarms are what was the case at `at`, whenever we learned it;
    verdicts are those known at `as_of`. A unit is `stale` when its newest fix by then was older
    than it should have been. Raises Invalid for the future and for what is not kept any more.
    """
    if at > now:
        raise Invalid("The time machine goes back, not ahead. Choose a time that is past.")
    if at < now - BACK_MAX:
        raise Invalid(f"Positions are kept for {BACK_MAX.days} days. Choose a later time.")
    given = {
        "org_ids": list(viewer.org_ids),
        "at": at,
        "as_of": as_of,
        "endings": [str(state) for state in State if state not in OPEN],
    }
    return {
        "at": at,
        "as_of": as_of,
        "units": [_unit(row, at) for row in _rows(conn, "units", given)],
        "tasks": _rows(conn, "tasks", given),
        "alarms": _rows(conn, "alarms", given),
        "windows": _rows(conn, "windows", given),
    }


def ticks(conn: Connection[Any], viewer: Viewer, since: datetime, until: datetime) -> list[Shape]:
    """What called somebody within a span, in order: {at, kind, priority, what, device_no, task_id};
    kind is alarm, task or missed. Raises Invalid for more than a day."""
    if not since < until <= since + timedelta(days=1):
        raise Invalid("Ticks cover at most a day, from before to.")
    given = {"org_ids": list(viewer.org_ids), "since": since, "until": until, "limit": TICKS_MAX}
    return _rows(conn, "ticks", given)


def _unit(unit: Shape, at: datetime) -> Shape:
    seen = unit["observed_at"]
    age_s = None if seen is None else (at - seen).total_seconds()
    late = age_s is None or age_s > LINK_RULES.stale_periods * unit["period_s"]
    return {**unit, "age_s": age_s, "stale": late}


def _rows(conn: Connection[Any], query: str, given: dict[str, Any]) -> list[Shape]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(QUERIES[query], given).fetchall()
