"""Tasks: make, look, move."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from core.values import Point, Role, TaskId
from dispatch import attachments_io, candidates_io, supervision_io, tasks_io
from dispatch.tasks import MoveTask, NewTask
from web import pages_io
from web.edge import Work, edge
from web.schemas.imports import Content, Evidence
from web.schemas.lists import BEST, DEFAULT, After, Few, Limit
from web.schemas.tasks import Placed, SupervisionStep, TaskCommand, TaskDraft

router = APIRouter(tags=["tasks"])
Wanted = Annotated[
    str | None, Query(max_length=64, description="A unit somebody has in mind: judged and first.")
]


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
def list_candidates(
    work: Work, id: int, limit: Few = BEST, wanted: Wanted = None
) -> dict[str, Any]:
    """The best units for a task, each with the reasons and what it would leave undone."""
    found = candidates_io.for_task(
        work.conn, work.viewer, id, limit=limit, now=work.now, wanted=wanted
    )
    return pages_io.as_page(found.items, None) | {"shortfalls": found.shortfalls}


@router.get("/tasks/{id}/attachments")
@edge(Role.VIEWER)
def list_attachments(work: Work, id: int) -> dict[str, Any]:
    """Evidence of a task, each with its SHA-256."""
    return pages_io.as_page(attachments_io.attachments_of(work.conn, work.viewer, id), None)


@router.post("/tasks/{id}/attachments", status_code=201)
@edge(Role.SQUAD)
def add_attachment(
    work: Work,
    id: int,
    *,
    body: Evidence,
    name: Annotated[str, Query(max_length=200)] = "",
    content_type: Content = "",
) -> dict[str, Any]:
    """Keep a photo, a sound or a PDF with a task; the same file again changes nothing."""
    shape, events = attachments_io.attach(
        work.conn, work.viewer, id, name=name, media_type=content_type, body=body, now=work.now
    )
    work.record(events)
    return shape


@router.get("/tasks/{id}/attachments/{attachment_id}", response_model=None)
@edge(Role.VIEWER)
def get_attachment(work: Work, id: int, attachment_id: int) -> Response:
    """The bytes. Who looked is written into the audit."""
    file = attachments_io.download(work.conn, work.viewer, id, attachment_id)
    work.audit("attachment.read", f"task:{id}", sha256=file.sha256)
    headers = {"ETag": f'"{file.sha256}"', "Cache-Control": "private, no-cache"}
    return Response(file.body, media_type=file.media_type, headers=headers)


@router.get("/tasks/{id}/supervisions")
@edge(Role.VIEWER)
def list_supervisions(work: Work, id: int) -> dict[str, Any]:
    """催办, 督办 and what followed, in order."""
    return pages_io.as_page(supervision_io.of_task(work.conn, work.viewer, id), None)


@router.post("/tasks/{id}/supervisions", status_code=201)
@edge(Role.SQUAD)
def supervise(work: Work, id: int, body: SupervisionStep) -> dict[str, Any]:
    """Take a step by hand; it is given a number, and the unit that has the task is told."""
    shape, events = supervision_io.supervise(
        work.conn, work.viewer, id, step=body.step, reason=body.reason, now=work.now
    )
    work.record(events)
    return shape


def _place(body: Placed) -> Point | None:
    return None if body.lon is None or body.lat is None else Point(body.lat, body.lon)
