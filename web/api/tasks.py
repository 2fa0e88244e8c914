"""Tasks: make, look, move."""

from typing import Any

from fastapi import APIRouter

from core.values import Point, Role, TaskId
from dispatch import candidates_io, tasks_io
from dispatch.tasks import MoveTask, NewTask
from web import pages_io
from web.edge import Work, edge
from web.schemas.lists import BEST, DEFAULT, After, Few, Limit
from web.schemas.tasks import Placed, TaskCommand, TaskDraft

router = APIRouter(tags=["tasks"])


@router.get("/tasks")
@edge(Role.VIEWER)
def list_tasks(
    work: Work, limit: Limit = DEFAULT, after: After = 0, open: bool | None = None
) -> dict[str, Any]:
    """Tasks by id; `open` narrows to those that still run, or to those that ended."""
    rows = tasks_io.list_tasks(work.conn, work.viewer, after, limit, is_open=open)
    following = rows[-1][0] if len(rows) == limit else None
    return pages_io.as_page([shape for _, shape in rows], following)


@router.post("/tasks", status_code=201)
@edge(Role.SQUAD)
def create_task(work: Work, body: TaskDraft) -> dict[str, Any]:
    """Make a task, and assign it at once where `device_id` is given."""
    draft = NewTask(**body.model_dump(exclude={"lon", "lat"}), place=_place(body))
    shape, events = tasks_io.create_task(work.conn, work.viewer, draft, work.now)
    work.record(events)
    return shape


@router.get("/tasks/{id}")
@edge(Role.VIEWER)
def get_task(work: Work, id: int) -> dict[str, Any]:
    """One task."""
    return tasks_io.task_by_id(work.conn, work.viewer, id)


@router.get("/tasks/{id}/moves")
@edge(Role.VIEWER)
def list_moves(work: Work, id: int) -> dict[str, Any]:
    """Every move: who, when, where, why."""
    return pages_io.as_page(tasks_io.moves_of(work.conn, work.viewer, id), None)


@router.post("/tasks/{id}/moves")
@edge(Role.SQUAD)
def move_task(work: Work, id: int, body: TaskCommand) -> dict[str, Any]:
    """Move a task. Refused when the version is not the newest, or the move is not legal."""
    given = body.model_dump(exclude={"lon", "lat"})
    command = MoveTask(task_id=TaskId(id), **given, place=_place(body))
    shape, events = tasks_io.move_task(work.conn, work.viewer, command, work.now)
    work.record(events)
    return shape


@router.get("/tasks/{id}/candidates")
@edge(Role.VIEWER)
def list_candidates(work: Work, id: int, limit: Few = BEST) -> dict[str, Any]:
    """The best units for a task, each with the reasons and what it would leave undone."""
    found = candidates_io.for_task(work.conn, work.viewer, id, limit=limit, now=work.now)
    return pages_io.as_page(found.items, None) | {"shortfalls": found.shortfalls}


def _place(body: Placed) -> Point | None:
    return None if body.lon is None or body.lat is None else Point(body.lat, body.lon)
