"""Patrol plans, routes, duty grades and raises."""

from typing import Any

from fastapi import APIRouter

from core.values import Role
from geo.patrol import grades_io, plans_io
from geo.patrol.grades_io import RaiseDraft
from geo.patrol.pages import Page
from geo.patrol.plans_io import PLAN, ROUTE, Draft
from web.edge import Work, edge
from web.schemas.lists import DEFAULT, After, Limit
from web.schemas.plans import (
    History,
    NewGrade,
    NewPlan,
    NewRaise,
    NewRoute,
    NewRouteVersion,
    NewVersion,
    PlanPreview,
)

router = APIRouter(prefix="/patrol", tags=["patrol plans"])
Shape = dict[str, Any]
HEAD = {"name", "org_id", "plan_id", "days"}  # what of a body is not of its version


@router.get("/plans")
@edge(Role.VIEWER)
def list_plans(
    work: Work, limit: Limit = DEFAULT, after: After = 0, history: History = False
) -> Shape:
    """Plans by id with all their versions; `in_force` is the one that counts today."""
    page = Page(after, limit, history)
    return plans_io.list_heads(work.conn, work.viewer, PLAN, page, work.now)


@router.post("/plans", status_code=201)
@edge(Role.DISPATCHER)
def create_plan(work: Work, body: NewPlan) -> Shape:
    """A plan and its first version; windows not yet open follow at once."""
    draft = Draft(**body.model_dump(exclude=HEAD))
    shape, events = plans_io.create(
        work.conn, work.viewer, PLAN, body.name, draft, org_id=body.org_id, now=work.now
    )
    work.record(events)
    return shape


@router.post("/plans/preview")
@edge(Role.DISPATCHER)
def preview_plan(work: Work, body: PlanPreview) -> Shape:
    """Which windows would come and go in the next days. Nothing is written."""
    draft = Draft(**body.model_dump(exclude=HEAD))
    asked = body.model_dump(include={"plan_id", "org_id", "days"})
    return plans_io.preview(work.conn, work.viewer, draft, **asked, now=work.now)


@router.post("/plans/{id}/versions", status_code=201)
@edge(Role.DISPATCHER)
def add_plan_version(work: Work, id: int, body: NewVersion) -> Shape:
    """A new version of a plan; where it is in force it outweighs those before it."""
    draft = Draft(**body.model_dump())
    shape, events = plans_io.add_version(work.conn, work.viewer, PLAN, id, draft, now=work.now)
    work.record(events)
    return shape


@router.post("/plans/{id}/end", status_code=204)
@edge(Role.DISPATCHER)
def end_plan(work: Work, id: int) -> None:
    """End a plan: its windows not yet open are withdrawn, the others stay."""
    work.record(plans_io.end(work.conn, work.viewer, PLAN, id, work.now))


@router.get("/routes")
@edge(Role.VIEWER)
def list_routes(
    work: Work, limit: Limit = DEFAULT, after: After = 0, history: History = False
) -> Shape:
    """Routes by id with all their versions."""
    page = Page(after, limit, history)
    return plans_io.list_heads(work.conn, work.viewer, ROUTE, page, work.now)


@router.post("/routes", status_code=201)
@edge(Role.DISPATCHER)
def create_route(work: Work, body: NewRoute) -> Shape:
    """Stops in their order, with the way between them."""
    draft = Draft(**body.model_dump(exclude=HEAD))
    shape, events = plans_io.create(
        work.conn, work.viewer, ROUTE, body.name, draft, org_id=body.org_id, now=work.now
    )
    work.record(events)
    return shape


@router.post("/routes/{id}/versions", status_code=201)
@edge(Role.DISPATCHER)
def add_route_version(work: Work, id: int, body: NewRouteVersion) -> Shape:
    """A new version of a route, from a day on."""
    draft = Draft(**body.model_dump())
    shape, events = plans_io.add_version(work.conn, work.viewer, ROUTE, id, draft, now=work.now)
    work.record(events)
    return shape


@router.post("/routes/{id}/end", status_code=204)
@edge(Role.DISPATCHER)
def end_route(work: Work, id: int) -> None:
    """End a route; plans that name it issue no more walks along it."""
    work.record(plans_io.end(work.conn, work.viewer, ROUTE, id, work.now))


@router.get("/grades")
@edge(Role.VIEWER)
def list_grades(
    work: Work, limit: Limit = DEFAULT, after: After = 0, history: History = False
) -> Shape:
    """Rules of duty grades that hold here, and the built-in ones."""
    return grades_io.list_grades(work.conn, work.viewer, Page(after, limit, history))


@router.post("/grades", status_code=201)
@edge(Role.DISPATCHER)
def create_grade(work: Work, body: NewGrade) -> Shape:
    """The rule of a grade from a day on, for an organisation and all below it."""
    shape, events = grades_io.create_grade(
        work.conn, work.viewer, body.grade, body.rule,
        valid_from=body.valid_from, org_id=body.org_id, now=work.now,
    )  # fmt: skip
    work.record(events)
    return shape


@router.post("/grades/{id}/end", status_code=204)
@edge(Role.DISPATCHER)
def end_grade(work: Work, id: int) -> None:
    """End a rule: the one before it, or of the organisation above, counts again."""
    work.record(grades_io.end(work.conn, work.viewer, "grade", id, work.now))


@router.get("/raises")
@edge(Role.VIEWER)
def list_raises(
    work: Work, limit: Limit = DEFAULT, after: After = 0, history: History = False
) -> Shape:
    """Grades raised for a zone or for points, and a span of days."""
    return grades_io.list_raises(work.conn, work.viewer, Page(after, limit, history))


@router.post("/raises", status_code=201)
@edge(Role.DISPATCHER)
def create_raise(work: Work, body: NewRaise) -> Shape:
    """Raise a grade; where a point's own is higher, that stays."""
    draft = RaiseDraft(**body.model_dump())
    shape, events = grades_io.create_raise(work.conn, work.viewer, draft, work.now)
    work.record(events)
    return shape


@router.post("/raises/{id}/end", status_code=204)
@edge(Role.DISPATCHER)
def end_raise(work: Work, id: int) -> None:
    """End a raise before its last day."""
    work.record(grades_io.end(work.conn, work.viewer, "raise", id, work.now))
