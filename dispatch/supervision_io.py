"""Take the steps of supervision whose time has come, and those a person decides on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import dict_row

from core import tables
from core.errors import Forbidden
from core.events import Event
from core.sql import load_queries
from core.values import Role, Viewer
from dispatch.alarms import ClearAlarm, RaiseAlarm
from dispatch.alarms_io import carry_out
from dispatch.assignments import AssignmentState
from dispatch.assignments_io import owner_of, tell
from dispatch.conduct_io import load_policy
from dispatch.offers import source_of
from dispatch.supervision import (
    OVERDUE,
    REMINDER,
    RUNNING,
    Overdue,
    alarm,
    require_step,
    rungs,
    shape,
)
from dispatch.tasks import Task
from dispatch.tasks_io import NoSuchTask, lock_tasks, shape_of, task_by_id
from geo.patrol.calendar_io import load_exceptions
from geo.patrol.plans import LOCAL

QUERIES = load_queries("dispatch", "supervision.sql")
Shape = dict[str, Any]
SYSTEM: Final = "system"


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """Every step due and not taken, each once; then the alarms of what is overdue, or no more."""
    rule, exceptions = load_policy(conn).supervision, load_exceptions(conn)
    tasks = _overdue(conn, now)
    due = {task.task_id: rungs(task, rule, exceptions, now) for task in tasks}
    locked = lock_tasks(conn, [id_ for id_, found in due.items() if found], None)
    events: list[Event] = []
    raises: list[RaiseAlarm] = []
    for task in tasks:
        for rung in due[task.task_id]:
            one = locked[task.task_id]
            events += take(conn, one, rung.step, rung.reason, by=SYSTEM, now=now,
                           due_since=rung.due_since)  # fmt: skip
            raises.append(alarm(task, rung.step, now))
    late = {source_of(task.task_id) for task in tasks}
    active = {source for (source,) in conn.execute(QUERIES["active"], {"type": OVERDUE})}
    clears = [ClearAlarm(OVERDUE, source, now) for source in sorted(active - late)]
    return events + carry_out(conn, [*raises, *clears])


def supervise(
    conn: Connection[Any], viewer: Viewer, task_id: int, *, step: str, reason: str, now: datetime
) -> tuple[Shape, list[Event]]:
    """A person's step. Squads may remind their own; the rest is the desk's.

    Raises NotFound, Forbidden, Invalid.
    """
    tasks = lock_tasks(conn, [task_id], viewer)
    if not tasks:
        raise NoSuchTask(task_id=task_id)
    require_step(step, reason, load_policy(conn).supervision)
    if not viewer.may(Role.SQUAD if step == REMINDER else Role.DISPATCHER):
        raise Forbidden(f"Your role does not allow the step '{step}'.")
    events = take(conn, tasks[task_id], step, reason, by=viewer.login, now=now)
    return events[0].body["supervision"], events


def take(
    conn: Connection[Any], task: Task, step: str, reason: str, *, by: str, now: datetime,
    due_since: datetime | None = None,
) -> list[Event]:  # fmt: skip
    """Write one step down and tell the unit that has the task, if any has. Nothing if taken."""
    conn.execute(QUERIES["lock_numbers"])
    given = {
        "task_id": task.id, "org_id": task.org_id, "step": step, "due_since": due_since,
        "year": now.astimezone(LOCAL).year, "now": now, "by": by, "reason": reason,
    }  # fmt: skip
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(QUERIES["add"], given).fetchone()
    if row is None:
        return []
    said = _plain(shape(row))
    owner = owner_of(conn, task.id)
    told = owner is not None and owner.state != AssignmentState.RESERVED
    if owner is not None and told:
        tell(conn, task, owner.device_no, task.state, now,
             reminder={"step": step, "number": said["number"], "reason": reason})  # fmt: skip
    body = {"task": shape_of(conn, task.id), "supervision": said}
    device_no = owner.device_no if owner else None
    return [Event("task.supervised", now, task.org_id, body, device_no, task.id, by)]


def of_task(conn: Connection[Any], viewer: Viewer, task_id: int) -> list[Shape]:
    """Every step of a task in order. Raises NotFound."""
    task_by_id(conn, viewer, task_id)
    given = {"task_id": task_id, "org_ids": list(viewer.org_ids)}
    with conn.cursor(row_factory=dict_row) as cursor:
        return [shape(row) for row in cursor.execute(QUERIES["of_task"], given)]


def list_steps(
    conn: Connection[Any], viewer: Viewer, *, since: datetime | None, until: datetime | None,
    step: str | None, after: int, limit: int,
) -> list[Shape]:  # fmt: skip
    """By id, with the task's title, state and deadline."""
    given = {"org_ids": list(viewer.org_ids), "since": since, "until": until, "step": step,
             "after": after, "limit": limit}  # fmt: skip
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(QUERIES["list"], given).fetchall()
    more = ("task", "org", "state", "deadline")
    return [shape(row) | {key: row[key] for key in more} for row in rows]


def as_csv(steps: list[Shape]) -> str:
    rows = [("number", "step", "at", "by", "task_id", "task", "org", "deadline", "reason")]
    for one in steps:
        deadline = one["deadline"].isoformat() if one["deadline"] else ""
        rows.append((one["number"], one["step"], one["at"].isoformat(), one["by"], one["task_id"],
                     one["task"], one["org"], deadline, one["reason"]))  # fmt: skip
    return tables.as_csv(rows)


def _overdue(conn: Connection[Any], now: datetime) -> list[Overdue]:
    given = {"states": [str(state) for state in RUNNING], "now": now}
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(QUERIES["overdue"], given).fetchall()
    return [
        Overdue(**{**row, "taken": frozenset(
            (step, datetime.fromisoformat(at)) for step, at in row["taken"])})
        for row in rows
    ]  # fmt: skip


def _plain(said: Mapping[str, Any]) -> Shape:
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key, value in said.items()
    }
