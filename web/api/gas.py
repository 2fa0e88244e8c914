"""Gas cylinders: the ledger, findings, traces and recalls, registers."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Header
from starlette.responses import Response

from core.errors import Invalid
from core.values import Role
from dispatch import gas_io
from geo.gas import (
    epcis_io,
    findings_io,
    imports_io,
    judgement_io,
    ledger_io,
    profiles_io,
    registers_io,
    sources_io,
    trace_io,
)
from geo.gas.findings import Move, Outcome
from geo.gas.lines import Line, Row, heading_of, lines_of
from geo.gas.trace_io import EVER, Question
from geo.importers_io import read_rows
from geo.patrol.imports import Refused
from web.edge import Work, edge
from web.files import table
from web.schemas.gas import (
    Code,
    Declaration,
    Document,
    FindingMove,
    FindingsWanted,
    FindingTask,
    First,
    Limits,
    Lines,
    Observation,
    Recall,
    Register,
    Search,
    System,
    TraceWanted,
)
from web.schemas.imports import Content, Datum, DryRun, Upload
from web.schemas.lists import DEFAULT, AfterText, Limit, Since, Until

router = APIRouter(tags=["gas"])
BACK = timedelta(days=30)


# ── findings ───────────────────────────────────────────────────────────────


@router.get("/gas/findings")
@edge(Role.VIEWER)
def list_findings(work: Work, wanted: FindingsWanted) -> dict[str, Any]:
    """Findings that stand, the newest first; `all` shows withdrawn ones as well."""
    filter_ = findings_io.Filter(
        wanted.state, wanted.rule, wanted.severity, wanted.key, wanted.about,
        None if wanted.all else wanted.withdrawn,
    )  # fmt: skip
    return findings_io.list_findings(
        work.conn, work.viewer, filter_, before=wanted.before, limit=wanted.limit
    )


@router.get("/gas/findings/{id}")
@edge(Role.VIEWER)
def get_finding(work: Work, id: int) -> dict[str, Any]:
    """One finding: what it says, its evidence, and every move of it."""
    return findings_io.finding(work.conn, work.viewer, id)


@router.post("/gas/findings/{id}/moves")
@edge(Role.DISPATCHER)
def move_finding(work: Work, id: int, body: FindingMove) -> dict[str, Any]:
    """Verify, close with an outcome, or open again."""
    outcome = None if body.outcome is None else Outcome(body.outcome)
    shape, events = findings_io.move_finding(
        work.conn, work.viewer, id, Move(body.move), now=work.now, outcome=outcome,
        reason=body.reason,
    )  # fmt: skip
    work.record(events)
    return shape


@router.post("/gas/findings/{id}/task", status_code=201)
@edge(Role.DISPATCHER)
def dispatch_finding(work: Work, id: int, body: FindingTask) -> dict[str, Any]:
    """Make a task of it for the squad of the area; its result comes back into the finding."""
    shape, events = gas_io.task_of_finding(work.conn, work.viewer, id, note=body.note, now=work.now)
    work.record(events)
    return shape


@router.get("/gas/summary")
@edge(Role.VIEWER)
def summary(work: Work, since: Since = None, until: Until = None) -> dict[str, Any]:
    """The lead funnel of a span, open findings by rule, problem classes, 溯源缺失率."""
    to = until or work.now
    span = (since or to - BACK, to)
    return {
        "from": span[0], "to": span[1],
        "funnel": findings_io.funnel(work.conn, work.viewer, *span),
        "open": findings_io.open_counts(work.conn, work.viewer),
        "classes": findings_io.problem_classes(work.conn, work.viewer),
        "missing_rate": findings_io.missing_rate(work.conn),
        "balances": [one for one in sources_io.site_balances(work.conn)
                     if work.viewer.sees(one["org_id"])],
    }  # fmt: skip


# ── the ledger ─────────────────────────────────────────────────────────────


@router.post("/gas/events")
@edge(Role.DISPATCHER)
def take_in_events(
    work: Work, *, body: Lines, system: System = "", datum: Datum = "wgs84", first: First = 1,
    content_type: Content = "",
) -> dict[str, Any]:  # fmt: skip
    """Cylinder events of a gas centre, line by line; sent again they double nothing."""
    lines = _lines(body, content_type, first)
    report, events = imports_io.take_in(
        work.conn, work.viewer, lines, system=system, datum=datum, now=work.now
    )
    work.record(events)
    return report


def _lines(body: bytes, content_type: str, first: int) -> Sequence[Line]:
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-ndjson":
        return lines_of(body, first=first)
    if kind == "text/csv":
        try:
            heading = heading_of(body)
        except Refused as error:
            raise Invalid(str(error)) from None
        _, _, rest = body.partition(b"\n")
        return lines_of(rest, csv_heading=heading, first=max(first, 2))
    if kind != "application/json":
        raise Invalid("Send events as application/x-ndjson, text/csv or application/json.")
    found = json.loads(body)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Invalid("Send a JSON list of events.")
    return [Row(no, row) for no, row in enumerate(found, first)]


@router.post("/gas/events/{id}/declaration", status_code=201)
@edge(Role.DISPATCHER)
def declare_event(work: Work, id: UUID, body: Declaration) -> dict[str, Any]:
    """Say that a record is wrong; it stays, and is judged no more."""
    code, events = ledger_io.declare(
        work.conn, work.viewer, id, reason=body.reason, corrected_by=body.corrected_by,
        note=body.note, now=work.now,
    )  # fmt: skip
    work.audit("gas.declare", f"cylinder_event:{id}", reason=body.reason, note=body.note)
    work.record([*events, *judgement_io.judge_cylinders(work.conn, [code], work.now)])
    return trace_io.cylinder(work.conn, work.viewer, code)


@router.post("/gas/observations", status_code=201)
@edge(Role.SQUAD)
def observe(work: Work, body: Observation) -> dict[str, Any]:
    """An inspector's form: a scan of a cylinder with what was seen of it."""
    said = body.model_dump(exclude_none=True, mode="json")
    said |= {"type": "scan", "operator": work.viewer.login}
    report, events = imports_io.observe(work.conn, work.viewer, said, now=work.now)
    work.record(events)
    return report


@router.get("/cylinders/{code}/trace")
@edge(Role.VIEWER)
def trace_cylinder(work: Work, code: str) -> dict[str, Any]:
    """Its whole life with what was declared wrong, whom it met, its findings and tasks."""
    return trace_io.cylinder(work.conn, work.viewer, code)


@router.get("/gas/trace", response_model=None)
@edge(Role.VIEWER)
def trace(work: Work, wanted: TraceWanted, accept: str = Header("")) -> dict[str, Any] | Response:
    """From a filling, site, vehicle, courier, user or cylinder to everybody the gas met."""
    asked = Question(
        wanted.kind, wanted.key, wanted.since or EVER[0], wanted.until or EVER[1],
        wanted.direction, wanted.type, wanted.scale,
    )  # fmt: skip
    found = trace_io.trace(work.conn, work.viewer, asked)
    if "text/csv" not in accept:
        return found
    return table(trace_io.households_csv(found), "households")


@router.post("/gas/recall", status_code=201)
@edge(Role.DISPATCHER)
def recall(work: Work, body: Recall) -> dict[str, Any]:
    """A task for each household that is named, for the squad of its area.

    `skipped` names those for whom a recall runs already: {user, code, reason, task_id}.
    """
    homes = [gas_io.Household(one.user, one.code) for one in body.households]
    found, events = gas_io.tasks_of_recall(
        work.conn, work.viewer, homes, reason=body.reason, now=work.now
    )
    work.record(events)
    return {"items": found.tasks, "next": None, "skipped": found.skipped}


@router.get("/gas/epcis")
@edge(Role.VIEWER)
def export_epcis(
    work: Work, since: Since = None, until: Until = None, code: Code = None
) -> dict[str, Any]:
    """Events of a span, or of one cylinder, as an EPCIS 2.0 document."""
    to = until or work.now
    begin = since or (EVER[0] if code else to - timedelta(days=1))
    return epcis_io.export(work.conn, work.viewer, begin, to, code=code, now=work.now)


@router.post("/gas/epcis")
@edge(Role.DISPATCHER)
def capture_epcis(work: Work, body: Document, system: System = "") -> dict[str, Any]:
    """Take in an EPCIS 2.0 document; one of ours, sent back, changes nothing."""
    report, events = epcis_io.capture(work.conn, work.viewer, body, system=system, now=work.now)
    work.record(events)
    return report


# ── registers and rules ────────────────────────────────────────────────────


@router.get("/gas/sites")
@edge(Role.VIEWER)
def list_sites(
    work: Work, limit: Limit = DEFAULT, after: AfterText = "", search: Search = ""
) -> dict[str, Any]:
    """Filling stations, depots, warehouses and inspection stations the office knows."""
    return registers_io.page(
        work.conn, work.viewer, "site", after=after, limit=limit, search=search
    )


@router.get("/gas/registers")
@edge(Role.VIEWER)
def list_register(
    work: Work,
    kind: Register = "site",
    limit: Limit = DEFAULT,
    after: AfterText = "",
    search: Search = "",
) -> dict[str, Any]:
    """Companies, sites, vehicles, routes, couriers or users, by key."""
    return registers_io.page(work.conn, work.viewer, kind, after=after, limit=limit, search=search)


@router.get("/gas/registers/{key}")
@edge(Role.VIEWER)
def get_entry(work: Work, key: str, kind: Register = "site") -> dict[str, Any]:
    """One entry with every version of it, what belongs to it, findings, and its balance."""
    return profiles_io.profile(work.conn, work.viewer, kind, key)


@router.post("/gas/registers")
@edge(Role.DISPATCHER)
def take_in_register(
    work: Work, *, kind: Register, body: Upload, dry_run: DryRun = True, datum: Datum = "wgs84",
    content_type: Content = "",
) -> dict[str, Any]:  # fmt: skip
    """Take in a file of entries (CSV, XLSX, NDJSON); a dry run says what would change."""
    report, events = registers_io.take_in(
        work.conn, work.viewer, kind, read_rows(body, content_type), datum=datum,
        dry_run=dry_run, now=work.now,
    )  # fmt: skip
    work.record(events)
    return report


@router.get("/gas/thresholds")
@edge(Role.VIEWER)
def get_thresholds(work: Work) -> dict[str, Any]:
    """By what the rules judge now."""
    return asdict(registers_io.load_limits(work.conn))


@router.put("/gas/thresholds")
@edge(Role.ADMIN)
def set_thresholds(work: Work, body: Limits) -> dict[str, Any]:
    """Change thresholds; what is not named has its default. The next sweep judges by them."""
    shape, events = registers_io.set_limits(work.conn, work.viewer, body.thresholds, work.now)
    work.audit("gas.thresholds", None, **body.thresholds)
    work.record(events)
    return shape
