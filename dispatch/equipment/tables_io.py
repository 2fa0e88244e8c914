"""Equipment, rates, verdicts and spot checks as tables a spreadsheet opens."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from core.tables import as_csv
from core.values import Viewer
from dispatch.equipment.ledger_io import Which, list_assets
from dispatch.recordings.audit_io import list_verdicts
from geo.patrol.windows import LOCAL

Shape = dict[str, Any]
ROWS_MAX: Final = 10_000
PAGE: Final = 1_000


def assets(conn: Connection[Any], viewer: Viewer, which: Which) -> str:
    """Things of the ledger, with the headings an import reads."""
    rows: list[Shape] = []
    after = 0
    while True:
        page = list_assets(conn, viewer, which, after=after, limit=PAGE)
        rows += page["items"]
        if page["next"] is None:
            break
        after = page["next"]
    headings = ("serial", "kind", "model", "device_id", "org", "badge", "person", "state", "since")
    return as_csv((headings, *(
        (one["serial"], one["kind"], one["model"], one["device_id"], one["org"], one["badge"],
         one["person"], one["state"], _local(one["at"])) for one in rows
    )))  # fmt: skip


def metrics(found: Shape) -> str:
    """One line a group and rate: numerator, denominator, rate."""
    names = ("power_on", "in_time", "linked", "coverage", "completeness")
    total = [("total", "", found["total"]), *(
        (group["name"], group["what"], group) for group in found["groups"]
    )]  # fmt: skip
    rows: list[Sequence[Any]] = []
    for name, what, rates in total:
        rows += [
            (found["since"], found["until"], name, what, rate, rates[rate]["numerator"],
             rates[rate]["denominator"], rates[rate]["rate"]) for rate in names
        ]  # fmt: skip
        recorded = rates["recorded"]
        last = (recorded["seconds"], recorded["clips"], recorded["per_duty_hour_s"])
        rows.append((found["since"], found["until"], name, what, "recorded_s", *last))
    headings = ("from", "to", "name", "what", "rate", "numerator", "denominator", "value")
    return as_csv((headings, *rows))


def audit(
    conn: Connection[Any], viewer: Viewer, *, since: datetime, until: datetime,
    statuses: Sequence[str] | None, person_id: int | None = None, to_review: bool = False,
) -> str:  # fmt: skip
    """Verdicts as they stand, the newest scene first."""
    rows: list[Shape] = []
    after = ""
    while len(rows) < ROWS_MAX:
        page = list_verdicts(conn, viewer, since=since, until=until, statuses=statuses,
                             person_id=person_id, to_review=to_review, after=after,
                             limit=PAGE)  # fmt: skip
        rows += page["items"]
        if page["next"] is None:
            break
        after = page["next"]
    headings = ("task_id", "task", "officer", "badge", "unit", "scene_from", "scene_to", "status",
                "covered_s", "scene_s", "reasons", "clarification", "decision", "version",
                "rule")  # fmt: skip
    return as_csv((headings, *(
        (one["task_id"], one["task"], one["person"], one["badge"], one["org"],
         _local(datetime.fromisoformat(one["scene_from"])),
         _local(datetime.fromisoformat(one["scene_to"])), one["status"], one["covered_s"],
         one["scene_s"], "; ".join(reason["code"] for reason in one["reasons"]),
         one["clarification"], one["decision"], one["version"], one["rule"]) for one in rows
    )))  # fmt: skip


def samples(found: Shape) -> str:
    """Every spot check of a year, replaced ones as well, with the answers of its form."""
    questions = list(found["questions"])
    headings = ("id", "unit", "month", "device", "recording", "officer", "start", "seed",
                "replaces", "replaced_by", "why", *questions, "note", "reviewed_by",
                "reviewed_at")  # fmt: skip
    return as_csv((headings, *(
        (one["id"], one["org"], one["month"], one["device_id"], one["recording_id"],
         one["person"], _local(one["start_at"]), one["seed"], one["replaces"], one["replaced_by"],
         one["why"], *((one["answers"] or {}).get(name) for name in questions), one["note"],
         one["reviewed_by"], _local(one["reviewed_at"])) for one in found["samples"]
    )))  # fmt: skip


def _local(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(LOCAL):%Y-%m-%d %H:%M:%S}"
