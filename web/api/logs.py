"""Duty logs 勤务日志: written by rule, read under audit, signed by two."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query

from core.values import Role
from geo.patrol import duty_log_io
from web.edge import Work, edge
from web.schemas.lists import DEFAULT, After, Limit
from web.schemas.reports import Signature

router = APIRouter(prefix="/patrol/logs", tags=["reports"])
Day = Annotated[date, Query(description="Local day on which the duty began.")]


@router.get("")
@edge(Role.VIEWER)
def list_logs(work: Work, day: Day, limit: Limit = DEFAULT, after: After = 0) -> dict[str, Any]:
    """The logs of a day, the newest version of each."""
    return duty_log_io.list_logs(work.conn, work.viewer, day, after, limit)


@router.get("/{device_id}/{day}")
@edge(Role.VIEWER)
def read_log(work: Work, device_id: str, day: date, version: int | None = None) -> dict[str, Any]:
    """One log, with what each version changed. Reading it is audited."""
    work.audit("duty_log.read", f"device:{device_id}", day=day.isoformat())
    return duty_log_io.read_log(work.conn, work.viewer, device_id, day, version)


@router.post("/{device_id}/{day}/sign")
@edge(Role.VIEWER)
def sign_log(work: Work, device_id: str, day: date, body: Signature) -> dict[str, Any]:
    """The officer's signature, or the leader's countersign, under the newest version."""
    log, events = duty_log_io.sign_log(
        work.conn, work.viewer, device_id, day, **body.model_dump(), now=work.now
    )
    work.record(events)
    return log
