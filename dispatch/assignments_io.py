"""Who has a task: offer it, take it away, and queue what the devices are to be told.

Called by dispatch.tasks_io with the task's row locked, so a task changes hands in one
order for everybody.
"""

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from core.errors import Invalid, NotFound
from core.sql import load_queries
from core.values import Viewer, to_ms
from dispatch.assignments import (
    ENDED,
    Assignment,
    AssignmentMove,
    AssignmentState,
    Owner,
    UnitForTask,
    assignment_after,
)
from dispatch.tasks import LINES, OF_UNITS, TO_UNIT, Move, Step, Task
from dispatch.units import TAKES_TASKS

QUERIES = load_queries("dispatch", "assignments.sql")


class NoSuchUnit(NotFound):
    """No such unit, or not within your organisation."""


def owner_of(conn: Connection[Any], task_id: int) -> Owner | None:
    """The assignment that holds the task now."""
    with conn.cursor(row_factory=class_row(Owner)) as cursor:
        return cursor.execute(QUERIES["owner"], {"task_id": task_id}).fetchone()


def assignments_of(conn: Connection[Any], task_ids: list[int]) -> dict[int, list[Assignment]]:
    """Every assignment there was, by task, oldest first."""
    found: dict[int, list[Assignment]] = {task_id: [] for task_id in task_ids}
    with conn.cursor(row_factory=class_row(Assignment)) as cursor:
        for one in cursor.execute(QUERIES["assignments_of"], {"task_ids": task_ids}):
            found[one.task_id].append(one)
    return found


def unit_for_task(conn: Connection[Any], viewer: Viewer, device_id: str) -> UnitForTask:
    """Raises NotFound, and Invalid for a device that nobody can be sent with."""
    with conn.cursor(row_factory=class_row(UnitForTask)) as cursor:
        unit = cursor.execute(
            QUERIES["unit_by_id"], {"device_id": device_id, "org_ids": list(viewer.org_ids)}
        ).fetchone()
    if unit is None:
        raise NoSuchUnit(f"No unit {device_id}, or not within your organisation.")
    if unit.kind not in TAKES_TASKS:
        raise Invalid(f"{unit.id} is a {unit.kind} and cannot take a task. Choose another unit.")
    return unit


def require_unit(task: Task, step: Step, owner: Owner | None) -> None:
    """Raise Invalid where a move says too little, or nothing new, about the unit."""
    same = owner is not None and owner.device_no == step.unit_no
    is_scheduled = owner is not None and owner.state == AssignmentState.RESERVED
    if same and step.move in TO_UNIT and not (step.move is Move.ASSIGN and is_scheduled):
        assert owner is not None
        raise Invalid(f"{owner.device_id} already has task {task.id}. Choose another unit.")
    if step.move in OF_UNITS and owner is None and step.unit_no is None:
        raise Invalid("Say which unit this is about: device_id is missing.")


def move_assignment(
    conn: Connection[Any], task: Task, step: Step, owner: Owner | None, now: datetime
) -> None:
    """What a move of the task means for who has it. `task` is as after the move.

    A person's move is told to the unit that had the task, so that no phone shows work
    which was taken away.
    """
    if step.move in TO_UNIT:
        _hand_over(conn, task, step, owner, now)
        return
    if owner is None and step.move in OF_UNITS:
        # The unit had sent the task back, and turns up all the same: it has it again.
        assert step.unit_no is not None
        _begin(conn, task, step.unit_no, AssignmentMove.OFFER, now)
        owner = owner_of(conn, task.id)
    if owner is None:
        return
    unit_move = LINES[step.move].unit
    if unit_move is not None:
        _set_state(conn, owner, assignment_after(AssignmentState(owner.state), unit_move), now)
    if not step.by_unit and owner.state != AssignmentState.RESERVED:
        tell(conn, task, owner.device_no, task.state, now)


def _hand_over(
    conn: Connection[Any], task: Task, step: Step, owner: Owner | None, now: datetime
) -> None:
    """A unit that is only reserved has not been told, and so is not told that it is not."""
    assert step.unit_no is not None
    unit_move = LINES[step.move].unit
    assert unit_move is not None
    if owner is not None and owner.device_no == step.unit_no:
        _set_state(conn, owner, assignment_after(AssignmentState(owner.state), unit_move), now)
    else:
        if owner is not None:
            before = AssignmentState(owner.state)
            state = assignment_after(before, AssignmentMove.REASSIGN)
            _set_state(conn, owner, state, now)
            if before is not AssignmentState.RESERVED:
                tell(conn, task, owner.device_no, state, now)
        _begin(conn, task, step.unit_no, unit_move, now)
    if step.move is Move.ASSIGN:
        tell(conn, task, step.unit_no, task.state, now)


def _begin(
    conn: Connection[Any], task: Task, device_no: int, move: AssignmentMove, now: datetime
) -> None:
    conn.execute(
        QUERIES["insert_assignment"],
        {
            "task_id": task.id,
            "device_no": device_no,
            "org_id": task.org_id,
            "state": assignment_after(None, move),
            "now": now,
        },
    )


def _set_state(conn: Connection[Any], owner: Owner, state: AssignmentState, now: datetime) -> None:
    conn.execute(
        QUERIES["move_assignment"],
        {"assignment_id": owner.id, "state": state, "ended": state in ENDED, "now": now},
    )


def tell(
    conn: Connection[Any], task: Task, device_no: int, state: str, now: datetime, **more: Any
) -> None:
    """Queue the task for the device, as the contract's `task` channel has it, with its state."""
    body = {
        "task_id": task.id,
        "version": task.version,
        "state": str(state),
        "title": task.title,
        "kind": task.kind,
        "priority": task.priority,
        "lon": task.lon_deg,
        "lat": task.lat_deg,
        "deadline": None if task.deadline is None else to_ms(task.deadline),
        "instructions": task.instructions,
        **more,
    }
    conn.execute(
        QUERIES["queue_message"],
        {"device_no": device_no, "task_id": task.id, "body": Jsonb(body), "now": now},
    )
