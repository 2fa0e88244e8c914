"""Make and move tasks: load under lock, decide by the table, save move, assignment, message.

Everything happens in the caller's transaction; the events returned are the caller's
to append. A message to a device is a row written in the same transaction, so a unit
is told exactly what was decided.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, class_row, dict_row
from psycopg.types.json import Jsonb

from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Role, Viewer
from dispatch.assignments import UnitForTask
from dispatch.assignments_io import move_assignment, owner_of, require_unit, unit_for_task
from dispatch.conduct_io import kind_of
from dispatch.deadlines import deadline_of, first_report_of, resumed
from dispatch.recordings.watch_io import look_again
from dispatch.tasks import (
    LINES,
    Move,
    MoveTask,
    NewTask,
    SamePerson,
    State,
    Step,
    Task,
    after,
    handlers,
    require_complete,
    require_sense,
)
from geo.gas.findings_io import follow_task
from geo.patrol.calendar_io import load_exceptions
from geo.patrol.duties_io import exempt, stand_again

QUERIES = load_queries("dispatch", "tasks.sql")

Shape = dict[str, Any]
RECENT = timedelta(hours=24)
_ENDINGS = (State.CLOSED, State.REJECTED, State.CANCELLED)


class NoSuchTask(NotFound):
    """No such task, or not within your organisation."""


def create_task(
    conn: Connection[Any], viewer: Viewer, draft: NewTask, now: datetime
) -> tuple[Shape, list[Event]]:
    """Make a task, and assign it at once where the draft names a unit.

    A key seen before answers the task made then, with no events. Scheduled work reserves
    the unit. Raises Forbidden, NotFound, Invalid, Conflict.
    """
    if not viewer.may(Role.SQUAD):
        raise Forbidden("Your role may look at tasks but not make them.")
    unit = None if draft.device_id is None else unit_for_task(conn, viewer, draft.device_id)
    # The squad whose unit goes must see the task, so it is theirs unless said otherwise.
    org_id = draft.org_id or (viewer.org_id if unit is None else unit.org_id)
    if not viewer.sees(org_id):
        raise NotFound("No such organisation, or not within yours.")
    if draft.starts_at is not None and draft.starts_at <= now:
        raise Invalid("Scheduled work begins in the future. Leave starts_at out to begin now.")
    move = Move.DISCOVER if draft.discovered else Move.CREATE
    known = _move_by_key(conn, viewer, draft.idempotency_key)
    if known is not None:
        _require_same(known, known["task_id"], move)
        return task_by_id(conn, viewer, known["task_id"]), []

    task = _insert_task(conn, viewer, draft, org_id=org_id, state=after(None, move), now=now)
    step = Step(move, viewer.login, now, place=draft.place, idempotency_key=draft.idempotency_key)
    _record(conn, task, step, None)
    shape = shape_of(conn, task.id)
    events = [_event("task.created", task=task, step=step, before=None, shape=shape)]
    if unit is not None:
        give = Move.ASSIGN if draft.starts_at is None else Move.RESERVE
        shape, moved = advance(conn, task, Step(give, viewer.login, now, unit_no=unit.no), now)
        events += moved
    events += _exempt(conn, viewer, draft.exempt_window_ids, task_id=task.id, unit=unit, now=now)
    return shape, events


def move_task(
    conn: Connection[Any], viewer: Viewer, command: MoveTask, now: datetime
) -> tuple[Shape, list[Event]]:
    """A person's move. A key seen before answers the task as it is, with no events.

    Raises NotFound, Forbidden, Invalid, Conflict (the version is not the one looked
    at), IllegalMove, SamePerson, MissingEvidence, NotVerified, NoFeedback.
    """
    require_sense(command, now)
    known = _move_by_key(conn, viewer, command.idempotency_key)
    if known is not None:
        _require_same(known, command.task_id, command.move)
        return task_by_id(conn, viewer, command.task_id), []

    tasks = lock_tasks(conn, [command.task_id], viewer)
    if not tasks:
        raise NoSuchTask(task_id=command.task_id)
    task = tasks[command.task_id]
    role = LINES[command.move].role
    if role is None or not viewer.may(role):
        raise Forbidden(_why_forbidden(command.move, role))
    if command.version != task.version:
        raise Conflict(
            f"Task {task.id} is {task.state} at version {task.version}; you looked at version "
            f"{command.version}. Load it again and decide anew.",
            version=task.version,
            state=task.state,
        )
    unit = None if command.device_id is None else unit_for_task(conn, viewer, command.device_id)
    before = State(task.state)
    after(before, command.move, task.id)  # what is not legal is said before what is missing
    has = [kind for (kind,) in conn.execute(QUERIES["attached"], {"task_id": task.id})]
    asks = kind_of(conn, task.kind)
    require_complete(command.move, before, asks, has=has, text=command.reason)
    step = Step(
        command.move,
        viewer.login,
        command.at or now,
        reason=command.reason,
        place=command.place,
        idempotency_key=command.idempotency_key,
        unit_no=None if unit is None else unit.no,
        until=command.until,
    )
    shape, events = advance(conn, task, step, now)
    events += _exempt(conn, viewer, command.exempt_window_ids, task_id=task.id, unit=unit, now=now)
    return shape, events


def advance(
    conn: Connection[Any], task: Task, step: Step, now: datetime
) -> tuple[Shape, list[Event]]:
    """Make one move of a task that the caller has locked.

    Raises IllegalMove, Invalid, SamePerson.
    """
    before = State(task.state)
    state = after(before, step.move, task.id)
    _require_other_person(conn, task, step, before)
    owner = owner_of(conn, task.id)
    require_unit(task, step, owner)
    deadline = step.until if step.move is Move.EXTEND else None
    if step.move is Move.RESUME:
        deadline = _resumed(conn, task, now)
    with conn.cursor(row_factory=class_row(Task)) as cursor:
        cursor.execute(
            QUERIES["update_task"],
            {
                "task_id": task.id,
                "move": step.move,
                "state": state,
                "at": step.at,
                "now": now,
                "deadline": deadline,
                "starts_at": step.until if step.move is Move.RESERVE else None,
                "deferred_until": step.until if step.move is Move.DEFER else None,
            },
        )
        moved = cursor.fetchone()
    assert moved is not None
    _record(conn, moved, step, before)
    move_assignment(conn, moved, step, owner, now)
    shape = shape_of(conn, task.id)
    holder = owner_of(conn, task.id)
    shown = holder or owner
    told = [_event(
        "task.moved",
        task=moved,
        step=step,
        before=before,
        shape=shape,
        device_no=shown.device_no if shown else None,
    )]  # fmt: skip
    look_again(conn, task.id, now)
    if state in _ENDINGS and shape.get("source", {}).get("kind") == "gas":
        reports = [reason for (reason,) in conn.execute(QUERIES["reports"], {"task_id": task.id})]
        told += follow_task(conn, task.id, state, reports, now)
    # A unit that does not go after all has its patrol duty back; one that cleared was away.
    gone = owner is not None and (holder is None or holder.id != owner.id)
    if owner is None or not gone or step.move is Move.RESOLVE:
        return shape, told
    return shape, [*told, *stand_again(conn, task.id, owner.id, step.actor, now)]


def lock_tasks(
    conn: Connection[Any], task_ids: Sequence[int], viewer: Viewer | None
) -> dict[int, Task]:
    """Lock tasks by id; without a viewer (the machine's own moves) in every organisation."""
    with conn.cursor(row_factory=class_row(Task)) as cursor:
        cursor.execute(
            QUERIES["lock_tasks"],
            {
                "task_ids": list(task_ids),
                "org_ids": None if viewer is None else list(viewer.org_ids),
            },
        )
        return {task.id: task for task in cursor.fetchall()}


def task_by_id(conn: Connection[Any], viewer: Viewer, task_id: int) -> Shape:
    """Raises NotFound, also for a task of another organisation."""
    row = conn.execute(
        QUERIES["shape"], {"task_id": task_id, "org_ids": list(viewer.org_ids)}
    ).fetchone()
    if row is None:
        raise NoSuchTask(task_id=task_id)
    shape: Shape = row[0]
    return shape


def list_tasks(
    conn: Connection[Any], viewer: Viewer, after_id: int, limit: int, *, is_open: bool | None = None
) -> list[tuple[int, Shape]]:
    """(id, shape) above `after_id`, in order of id."""
    return conn.execute(
        QUERIES["page"],
        {
            "org_ids": list(viewer.org_ids),
            "after": after_id,
            "limit": limit,
            "open": is_open,
        },
    ).fetchall()


def recent_tasks(conn: Connection[Any], viewer: Viewer, now: datetime) -> list[Shape]:
    """For the snapshot: open tasks, and those changed in the last 24 hours."""
    rows = conn.execute(
        QUERIES["recent"],
        {
            "org_ids": list(viewer.org_ids),
            "since": now - RECENT,
        },
    )
    return [shape for (shape,) in rows]


def moves_of(conn: Connection[Any], viewer: Viewer, task_id: int) -> list[DictRow]:
    """Every move of a task, in order: who, when, where, why. Raises NotFound."""
    task_by_id(conn, viewer, task_id)
    with conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(QUERIES["moves_of"], {"task_id": task_id, "org_ids": list(viewer.org_ids)})
        return cursor.fetchall()


def _exempt(
    conn: Connection[Any],
    viewer: Viewer,
    window_ids: Sequence[int],
    *,
    task_id: int,
    unit: UnitForTask | None,
    now: datetime,
) -> list[Event]:
    """Windows the unit need not serve. Raises Forbidden, Invalid, NotItsDuty."""
    if not window_ids:
        return []
    if not viewer.may(Role.DISPATCHER):
        raise Forbidden("Only dispatchers may exempt patrol windows.")
    if unit is None:
        raise Invalid("Say which unit is sent: windows are exempted for it.")
    return exempt(conn, viewer, window_ids, device_no=unit.no, task_id=task_id, now=now)


# ── loading and saving ────────────────────────────────────────────────────


def _insert_task(
    conn: Connection[Any],
    viewer: Viewer,
    draft: NewTask,
    *,
    org_id: int,
    state: State,
    now: datetime,
) -> Task:
    asks = kind_of(conn, draft.kind)
    workdays = asks.deadline_workdays if draft.deadline is None else None
    exceptions = {} if workdays is None else load_exceptions(conn)
    with conn.cursor(row_factory=class_row(Task)) as cursor:
        cursor.execute(
            QUERIES["insert_task"],
            {
                "org_id": org_id,
                "kind": draft.kind,
                "title": draft.title,
                "instructions": draft.instructions,
                "priority": draft.priority,
                "lat_deg": draft.place.lat_deg if draft.place else None,
                "lon_deg": draft.place.lon_deg if draft.place else None,
                # The clock of scheduled work begins with the work.
                "deadline": draft.deadline or deadline_of(asks, draft.starts_at or now, exceptions),
                "deadline_workdays": workdays,
                "first_report_due": first_report_of(asks, draft.starts_at or now),
                "starts_at": draft.starts_at,
                "state": state,
                "actor": viewer.login,
                "now": now,
                "source": Jsonb(draft.source or {}),
            },
        )
        task = cursor.fetchone()
    assert task is not None
    return task


def _resumed(conn: Connection[Any], task: Task, now: datetime) -> datetime | None:
    """The deadline of a deferred task whose clock goes on; its pause was approved (G.4)."""
    if task.deadline is None or task.deferred_at is None:
        return None
    is_workdays = task.deadline_workdays is not None
    exceptions = load_exceptions(conn) if is_workdays else {}
    return resumed(task.deadline, task.deferred_at, now, exceptions, in_workdays=is_workdays)


def _record(conn: Connection[Any], task: Task, step: Step, before: State | None) -> None:
    conn.execute(
        QUERIES["insert_move"],
        {
            "task_id": task.id,
            "version": task.version,
            "move": step.move,
            "before": before,
            "after": task.state,
            "actor": step.actor,
            "at": step.at,
            "lat_deg": step.place.lat_deg if step.place else None,
            "lon_deg": step.place.lon_deg if step.place else None,
            "reason": step.reason,
            "idempotency_key": step.idempotency_key,
        },
    )


def _event(
    kind: str,
    *,
    task: Task,
    step: Step,
    before: State | None,
    shape: Shape,
    device_no: int | None = None,
) -> Event:
    move = {
        "move": str(step.move),
        "version": task.version,
        "before": before,
        "after": task.state,
        "actor": step.actor,
        "at": step.at.isoformat(),
        "reason": step.reason,
    }
    return Event(
        kind, step.at, task.org_id, {"task": shape, "move": move}, device_no, task.id, step.actor
    )


def shape_of(conn: Connection[Any], task_id: int) -> Shape:
    row = conn.execute(QUERIES["shape_unscoped"], {"task_id": task_id}).fetchone()
    assert row is not None
    shape: Shape = row[0]
    return shape


def _move_by_key(conn: Connection[Any], viewer: Viewer, key: str | None) -> DictRow | None:
    if key is None:
        return None
    conn.execute(QUERIES["lock_key"], {"idempotency_key": key})
    with conn.cursor(row_factory=dict_row) as cursor:
        known = cursor.execute(QUERIES["move_by_key"], {"idempotency_key": key}).fetchone()
    if known is not None and not viewer.sees(known["org_id"]):
        raise Conflict("That idempotency key has been used already. Make a new one.")
    return known


def _require_same(known: DictRow, task_id: int, move: Move) -> None:
    if (known["task_id"], known["move"]) != (task_id, move):
        raise Conflict(
            f"That idempotency key was used for '{known['move']}' of task {known['task_id']}. "
            "Make a new key for a new command."
        )


def _require_other_person(conn: Connection[Any], task: Task, step: Step, before: State) -> None:
    if step.move is not Move.VERIFY and (step.move, before) != (Move.CLOSE, State.VERIFYING):
        return
    rows = conn.execute(
        QUERIES["moves_of"], {"task_id": task.id, "org_ids": [task.org_id]}
    ).fetchall()
    if step.actor in handlers((row[1], row[4]) for row in rows):
        raise SamePerson(task_id=task.id, actor=step.actor)


def _why_forbidden(move: Move, role: Role | None) -> str:
    if role is None:
        return f"Only the unit's own device can say '{move}'."
    return f"Your role does not allow '{move}': it needs {role} or above."
