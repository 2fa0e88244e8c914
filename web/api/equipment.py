"""Equipment: the ledger, people by date, who lacks what."""

from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from core.values import Role
from dispatch.equipment import imports_io, ledger_io, people_io, tables_io
from dispatch.equipment.assets import Move, Step
from dispatch.equipment.ledger_io import NewAsset, Which
from dispatch.recordings import clarify_io
from geo.importers_io import read_rows
from web import pages_io
from web.edge import Work, edge
from web.files import table
from web.schemas.equipment import (
    AssetsWanted,
    NewPerson,
    NewThing,
    PolicyBody,
    Posting,
    Swap,
    ThingMove,
    When,
)
from web.schemas.imports import Content, DryRun, Upload
from web.schemas.lists import DEFAULT, AfterText, Limit

router = APIRouter(tags=["equipment"])


@router.get("/equipment/board")
@edge(Role.VIEWER)
def get_board(work: Work, at: When = None) -> dict[str, Any]:
    """配备率 and every other standard with its parts and who is short of it; things by state."""
    return people_io.board(work.conn, work.viewer, work.now, at)


@router.get("/equipment/assets")
@edge(Role.VIEWER)
def list_assets(work: Work, wanted: AssetsWanted) -> dict[str, Any]:
    """Things with how they stand and who has them."""
    which = Which(wanted.kind, wanted.state, wanted.search)
    return ledger_io.list_assets(
        work.conn, work.viewer, which, after=wanted.after, limit=wanted.limit
    )


@router.post("/equipment/assets", status_code=201)
@edge(Role.SQUAD)
def register_asset(work: Work, body: NewThing) -> dict[str, Any]:
    """A new thing, into the store."""
    new = NewAsset(**body.model_dump())
    shape, events = ledger_io.register(work.conn, work.viewer, new, work.now)
    work.record(events)
    return shape


@router.get("/equipment/assets/{id}")
@edge(Role.VIEWER)
def get_asset(work: Work, id: int) -> dict[str, Any]:
    """A thing with its whole history."""
    return ledger_io.asset(work.conn, work.viewer, id)


@router.post("/equipment/assets/{id}/moves")
@edge(Role.SQUAD)
def move_asset(work: Work, id: int, body: ThingMove) -> dict[str, Any]:
    """Issue, lend, give back, report a fault, …: one line of its history more."""
    at = body.at or work.now
    step = Step(Move(body.move), at, None, body.org_id, body.due_at, body.note)
    shape, events = ledger_io.move(work.conn, work.viewer, id, step, work.now, badge=body.badge)
    work.record(events)
    return shape


@router.post("/equipment/swaps")
@edge(Role.SQUAD)
def swap_assets(work: Work, body: Swap) -> list[dict[str, Any]]:
    """In the middle of a shift: the old one back, the new one out, in one moment."""
    shapes, events = ledger_io.swap(
        work.conn, work.viewer, body.old_id, body.new_id, at=body.at or work.now, note=body.note,
        now=work.now,
    )  # fmt: skip
    work.record(events)
    return shapes


@router.post("/equipment/import")
@edge(Role.DISPATCHER)
def import_assets(
    work: Work, *, body: Upload, dry_run: DryRun = True, content_type: Content = ""
) -> dict[str, Any]:
    """A CSV or XLSX file of things, row by row; a dry run says what would change."""
    rows = read_rows(body, content_type)
    report, events = imports_io.take_in(work.conn, work.viewer, rows, dry_run=dry_run, now=work.now)
    work.record(events)
    return report


@router.get("/equipment/export", response_model=None)
@edge(Role.VIEWER)
def export_assets(work: Work, wanted: AssetsWanted) -> Response:
    """All these things as a file that can be taken in again; `limit` and `after` mean nothing."""
    which = Which(wanted.kind, wanted.state, wanted.search)
    return table(tables_io.assets(work.conn, work.viewer, which), "equipment")


@router.get("/equipment/checks")
@edge(Role.VIEWER)
def list_checks(work: Work) -> list[dict[str, Any]]:
    """Records that contradict each other or were left lying."""
    return ledger_io.checks(work.conn, work.viewer, work.now)


@router.get("/equipment/faults")
@edge(Role.VIEWER)
def list_faults(work: Work) -> list[dict[str, Any]]:
    """What cameras could not do: for the equipment manager, not held against the officer."""
    return clarify_io.faults(work.conn, work.viewer, work.now)


@router.get("/equipment/policy")
@edge(Role.VIEWER)
def get_policy(work: Work) -> dict[str, Any]:
    """Standards, tolerances, delays and classes that count now."""
    policy, number = ledger_io.load_policy(work.conn)
    return {"number": number, "policy": msgspec.to_builtins(policy)}


@router.put("/equipment/policy")
@edge(Role.ADMIN)
def set_policy(work: Work, body: PolicyBody) -> dict[str, Any]:
    """A new version; what it leaves out has its default. Verdicts name the version."""
    work.record(ledger_io.set_policy(work.conn, work.viewer, body.policy, work.now))
    work.audit("equipment.policy", None, **body.policy)
    policy, number = ledger_io.load_policy(work.conn)
    return {"number": number, "policy": msgspec.to_builtins(policy)}


@router.post("/people", status_code=201)
@edge(Role.DISPATCHER)
def add_person(work: Work, body: NewPerson) -> dict[str, Any]:
    """A joiner, from a date on."""
    shape, events = people_io.join(
        work.conn, work.viewer, badge=body.badge, name=body.name, org_id=body.org_id,
        duty=body.duty, from_at=body.from_at or work.now, now=work.now,
    )  # fmt: skip
    work.record(events)
    return shape


@router.get("/people/{id}")
@edge(Role.VIEWER)
def get_person(work: Work, id: int) -> dict[str, Any]:
    """Where somebody was from when on, and what the person has."""
    return people_io.person(work.conn, work.viewer, id)


@router.post("/people/{id}/postings")
@edge(Role.DISPATCHER)
def post_person(work: Work, id: int, body: Posting) -> dict[str, Any]:
    """From a date on elsewhere, on other duty, or gone."""
    shape, events = people_io.post(
        work.conn, work.viewer, id, org_id=body.org_id, duty=body.duty,
        from_at=body.from_at or work.now, note=body.note, now=work.now,
    )  # fmt: skip
    work.record(events)
    return shape


# ── gas cylinders, as their events leave them ──────────────────────────────


@router.get("/cylinders")
@edge(Role.VIEWER)
def list_cylinders(work: Work, limit: Limit = DEFAULT, after: AfterText = "") -> dict[str, Any]:
    """Cylinders with who has them now."""
    return pages_io.page_of_rows(work.conn, work.viewer, "cylinders", after, limit)


@router.get("/cylinders/{code}")
@edge(Role.VIEWER)
def get_cylinder(work: Work, code: str) -> dict[str, Any]:
    """One cylinder: who has it, and its whole life."""
    return pages_io.cylinder_by_code(work.conn, work.viewer, code)
