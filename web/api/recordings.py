"""Body cameras and what they recorded: status, audit, rates, spot checks, retention."""

import secrets
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from core.values import Role
from dispatch.equipment import cameras_io, tables_io
from dispatch.recordings import audit_io, clarify_io, metrics_io, retention_io, samples_io
from web.edge import Work, edge
from web.files import table
from web.schemas.equipment import (
    Clarification,
    Deletion,
    Draw,
    Hold,
    MetricsWanted,
    RecordingsWanted,
    Replacement,
    Review,
    SampleReview,
    Search,
    VerdictsWanted,
    Year,
)
from web.schemas.lists import DEFAULT, After, Limit, Since, Until

router = APIRouter(tags=["recordings"])
BACK = timedelta(days=30)
DAY = timedelta(days=1)


@router.get("/cameras")
@edge(Role.VIEWER)
def list_cameras(
    work: Work, limit: Limit = DEFAULT, after: After = 0, search: Search = ""
) -> dict[str, Any]:
    """Cameras with how they stand, since when, and what ought to have been heard."""
    return cameras_io.list_cameras(
        work.conn, work.viewer, work.now, after=after, limit=limit, search=search
    )


@router.get("/cameras/expected")
@edge(Role.VIEWER)
def list_expected(work: Work) -> list[dict[str, Any]]:
    """应联未联: by the schedule of who has them they ought to have spoken, and did not."""
    return cameras_io.expected(work.conn, work.viewer, work.now)


@router.get("/cameras/docks")
@edge(Role.VIEWER)
def list_docks(work: Work) -> list[dict[str, Any]]:
    """Docking stations, how many cameras are in each and how many files wait."""
    return cameras_io.docks(work.conn, work.viewer)


@router.get("/cameras/metrics")
@edge(Role.VIEWER)
def get_metrics(work: Work, wanted: MetricsWanted) -> dict[str, Any]:
    """Rates with numerator and denominator, by organisation, person or camera."""
    return metrics_io.metrics(
        work.conn, work.viewer, since=wanted.since, until=wanted.until, by=wanted.by, now=work.now,
        group=wanted.group,
    )  # fmt: skip


@router.get("/cameras/metrics/export", response_model=None)
@edge(Role.VIEWER)
def export_metrics(work: Work, wanted: MetricsWanted) -> Response:
    """The same as a table."""
    found = metrics_io.metrics(
        work.conn, work.viewer, since=wanted.since, until=wanted.until, by=wanted.by, now=work.now,
        group=wanted.group,
    )  # fmt: skip
    return table(tables_io.metrics(found), "recording-rates")


@router.get("/cameras/audit")
@edge(Role.VIEWER)
def list_audit(work: Work, wanted: VerdictsWanted) -> dict[str, Any]:
    """执法全过程记录: verdicts on scenes as they stand, the newest scene first."""
    return audit_io.list_verdicts(
        work.conn, work.viewer, since=wanted.since or work.now - BACK,
        until=wanted.until or work.now + DAY, statuses=wanted.status, task_id=wanted.task_id,
        person_id=wanted.person_id, to_review=wanted.to_review, after=wanted.after,
        limit=wanted.limit,
    )  # fmt: skip


@router.get("/cameras/audit/export", response_model=None)
@edge(Role.VIEWER)
def export_audit(work: Work, wanted: VerdictsWanted) -> Response:
    """The same as a table, up to 10,000 rows."""
    text = tables_io.audit(
        work.conn, work.viewer, since=wanted.since or work.now - BACK,
        until=wanted.until or work.now + DAY, statuses=wanted.status, person_id=wanted.person_id,
        to_review=wanted.to_review,
    )  # fmt: skip
    return table(text, "recording-audit")


@router.get("/cameras/audit/{task_id}/{person_id}")
@edge(Role.VIEWER)
def get_duty(work: Work, task_id: int, person_id: int) -> dict[str, Any]:
    """One officer at one task: every version of the verdict, what was answered, the recordings."""
    shape = clarify_io.with_answers(work.conn, work.viewer, task_id, person_id)
    around = timedelta(hours=12)
    at = shape["versions"][0]["scene_from"]
    clips = retention_io.list_recordings(
        work.conn, work.viewer, since=at - around, until=at + around * 2, now=work.now, limit=200,
        person_id=person_id,
    )  # fmt: skip
    return {**shape, "recordings": clips}


@router.post("/cameras/audit/{task_id}/{person_id}/clarifications", status_code=201)
@edge(Role.SQUAD)
def clarify(work: Work, task_id: int, person_id: int, body: Clarification) -> dict[str, Any]:
    """说明: why a scene was not recorded."""
    shape, events = clarify_io.clarify(
        work.conn, work.viewer, task_id, person_id, reason=body.reason, note=body.note, now=work.now
    )
    work.record(events)
    return shape


@router.post("/cameras/clarifications/{id}/review")
@edge(Role.DISPATCHER)
def review_clarification(work: Work, id: int, body: Review) -> dict[str, Any]:
    """Accept or refuse what another said; then it is locked."""
    shape, events = clarify_io.review(
        work.conn, work.viewer, id, decision=body.decision, note=body.note, now=work.now
    )
    work.record(events)
    return shape


# ── spot checks ────────────────────────────────────────────────────────────


@router.get("/cameras/samples")
@edge(Role.VIEWER)
def list_samples(work: Work, year: Year = None) -> dict[str, Any]:
    """A year's spot checks: target, pace, drawn, reviewed, strata, answers, every one of them."""
    return samples_io.report(work.conn, work.viewer, year or work.now.year, work.now)


@router.post("/cameras/samples", status_code=201)
@edge(Role.DISPATCHER)
def draw_samples(work: Work, body: Draw) -> dict[str, Any]:
    """Draw by squad and month; the seed is kept, so that anybody can draw the same again."""
    seed = body.seed or secrets.token_hex(8)
    shape, events = samples_io.draw_samples(
        work.conn, work.viewer, count=body.count, seed=seed, month=body.month, now=work.now
    )
    work.record(events)
    return shape


@router.get("/cameras/samples/export", response_model=None)
@edge(Role.VIEWER)
def export_samples(work: Work, year: Year = None) -> Response:
    """A year's spot checks as a table; replaced ones stay in it."""
    found = samples_io.report(work.conn, work.viewer, year or work.now.year, work.now)
    return table(tables_io.samples(found), f"spot-checks-{found['year']}")


@router.post("/cameras/samples/{id}/replacement", status_code=201)
@edge(Role.DISPATCHER)
def replace_sample(work: Work, id: int, body: Replacement) -> dict[str, Any]:
    """Another of the same squad and month for one that cannot be looked at."""
    shape, events = samples_io.replace(work.conn, work.viewer, id, body.why, work.now)
    work.record(events)
    return shape


@router.post("/cameras/samples/{id}/review")
@edge(Role.DISPATCHER)
def review_sample(work: Work, id: int, body: SampleReview) -> dict[str, Any]:
    """The form of a spot check, filled in."""
    answers: dict[str, str] = dict(body.answers)
    shape, events = samples_io.review(
        work.conn, work.viewer, id, answers=answers, note=body.note, now=work.now
    )
    work.record(events)
    return shape


@router.get("/cameras/{id}")
@edge(Role.VIEWER)
def get_camera(work: Work, id: str, since: Since = None, until: Until = None) -> dict[str, Any]:
    """One camera: how it stands, and its shifts, states, scenes and recordings of a span."""
    until = until or work.now
    return cameras_io.camera(
        work.conn, work.viewer, id, work.now, since=since or until - DAY, until=until
    )


# ── recordings ─────────────────────────────────────────────────────────────


@router.get("/recordings")
@edge(Role.VIEWER)
def list_recordings(work: Work, wanted: RecordingsWanted) -> list[dict[str, Any]]:
    """What the archive is known to have, how long each is kept and why; never the video itself."""
    if wanted.which == "due":
        return retention_io.due(work.conn, work.viewer, work.now, wanted.limit)
    return retention_io.list_recordings(
        work.conn, work.viewer, since=wanted.since or work.now - BACK,
        until=wanted.until or work.now + DAY, now=work.now, limit=wanted.limit,
        person_id=wanted.person_id, task_id=wanted.task_id, asked=wanted.which == "asked",
    )  # fmt: skip


@router.get("/recordings/{device_id}/{recording_id}")
@edge(Role.VIEWER)
def get_recording(work: Work, device_id: str, recording_id: str) -> dict[str, Any]:
    """One with its holds, and who asked for its deletion."""
    return retention_io.recording(work.conn, work.viewer, device_id, recording_id, work.now)


@router.post("/recordings/{device_id}/{recording_id}/holds")
@edge(Role.DISPATCHER)
def hold_recording(work: Work, device_id: str, recording_id: str, body: Hold) -> dict[str, Any]:
    """Keep it for a reason, or take that back."""
    shape, events = retention_io.hold(
        work.conn, work.viewer, device_id, recording_id, class_=body.class_, holds=body.holds,
        note=body.note, now=work.now,
    )  # fmt: skip
    work.record(events)
    return shape


@router.post("/recordings/{device_id}/{recording_id}/deletion")
@edge(Role.DISPATCHER)
def delete_recording(
    work: Work, device_id: str, recording_id: str, body: Deletion
) -> dict[str, Any]:
    """Ask for its deletion; another agrees or refuses. What stays is a tombstone with its hash."""
    shape, events = retention_io.delete(
        work.conn, work.viewer, device_id, recording_id, step=body.step, reason=body.reason,
        now=work.now,
    )  # fmt: skip
    work.record(events)
    work.audit("recording.deletion", f"recording:{device_id}/{recording_id}", step=body.step)
    return shape
