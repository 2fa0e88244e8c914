"""Equipment, cameras and recordings, as JSON."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, Field

from core import limits

Kind = Literal["camera", "terminal", "radio", "dock", "vehicle", "drone", "vest", "other"]
State = Literal["in_store", "issued", "loaned", "fault", "repair", "lost", "retired"]
Search = Annotated[
    str, Query(max_length=64, description="Part of a serial, device, name or badge.")
]
Year = Annotated[int | None, Query(ge=2000, le=2200, description="The year; now's without it.")]
When = Annotated[AwareDatetime | None, Query(description="As it was then, by the ledger.")]
Status = Literal["OK", "NO_RECORDING", "LATE_START", "EARLY_STOP", "GAP", "PENDING_UPLOAD",
                 "UPLOAD_OVERDUE", "DEVICE_EXCUSE", "NOT_REQUIRED"]  # fmt: skip


class AssetFilters(BaseModel):
    """Which things."""

    limit: int = Field(limits.PAGE_DEFAULT, ge=1, le=limits.PAGE_MAX)
    after: int = Field(0, ge=0, le=2**63 - 1, description="The `next` of the page before.")
    kind: Kind | None = None
    state: State | None = None
    search: str = Field("", max_length=64)


class VerdictFilters(BaseModel):
    """Verdicts on scenes that began in a span; without one, those of the last 30 days."""

    limit: int = Field(limits.PAGE_DEFAULT, ge=1, le=limits.PAGE_MAX)
    after: str = Field("", max_length=128, description="The `next` of the page before.")
    since: AwareDatetime | None = Field(None, alias="from", description="With offset.")
    until: AwareDatetime | None = Field(None, alias="to", description="With offset.")
    status: list[Status] | None = None
    to_review: bool = Field(False, description="Answered, and nobody has decided on the answer.")
    person_id: int | None = Field(None, ge=1, le=2**62)
    task_id: int | None = Field(None, ge=1, le=2**62)


class RecordingFilters(BaseModel):
    """Recordings that began in a span; without one, those of the last 30 days."""

    limit: int = Field(limits.PAGE_DEFAULT, ge=1, le=limits.PAGE_MAX)
    since: AwareDatetime | None = Field(None, alias="from", description="With offset.")
    until: AwareDatetime | None = Field(None, alias="to", description="With offset.")
    person_id: int | None = Field(None, ge=1, le=2**62)
    task_id: int | None = Field(None, ge=1, le=2**62)
    which: Literal["all", "due", "asked"] = Field(
        "all", description="due: nothing keeps them any more; asked: their deletion waits."
    )


class MetricsQuestion(BaseModel):
    """Rates of local days in [since, until)."""

    since: date = Field(alias="from")
    until: date = Field(alias="to")
    by: Literal["org", "person", "camera"] = "org"
    group: int | None = Field(None, ge=1, le=2**62, description="Only of this organisation.")


AssetsWanted = Annotated[AssetFilters, Query()]
VerdictsWanted = Annotated[VerdictFilters, Query()]
RecordingsWanted = Annotated[RecordingFilters, Query()]
MetricsWanted = Annotated[MetricsQuestion, Query()]


class NewThing(BaseModel):
    serial: str = Field(min_length=1, max_length=100)
    kind: Kind
    model: str = Field("", max_length=100)
    device_id: str | None = Field(None, max_length=64, description="The device that speaks for it.")
    live: bool = Field(True, description="False: a camera that is heard only at docks.")
    org_id: int | None = Field(None, ge=1, le=2**62)


class ThingMove(BaseModel):
    """`at` without it: now. `badge`: to whom; `org_id`: where a transfer goes."""

    move: Literal["issue", "lend", "give_back", "report_fault", "send_repair", "repaired", "lose",
                  "find", "transfer", "retire"]  # fmt: skip
    at: AwareDatetime | None = None
    badge: str | None = Field(None, max_length=64)
    org_id: int | None = Field(None, ge=1, le=2**62)
    due_at: AwareDatetime | None = None
    note: str = Field("", max_length=1_000)


class Swap(BaseModel):
    """One goes back, another goes out, in one moment; with a note the old one goes to repair."""

    old_id: int = Field(ge=1, le=2**62)
    new_id: int = Field(ge=1, le=2**62)
    at: AwareDatetime | None = None
    note: str = Field("", max_length=1_000)


class NewPerson(BaseModel):
    badge: str = Field(min_length=1, max_length=64)
    name: str = Field(min_length=1, max_length=100)
    org_id: int = Field(ge=1, le=2**62)
    duty: Literal["front_line", "office"] = "front_line"
    from_at: AwareDatetime | None = None


class Posting(BaseModel):
    """From `from_at` on: elsewhere, other duty, or gone."""

    duty: Literal["front_line", "office", "left"]
    org_id: int | None = Field(None, ge=1, le=2**62)
    from_at: AwareDatetime | None = None
    note: str = Field("", max_length=1_000)


class PolicyBody(BaseModel):
    """What differs from the defaults: standards, audit, status, retention, sampling."""

    policy: dict[str, Any]


class Clarification(BaseModel):
    reason: str = Field(max_length=32)
    note: str = Field(max_length=2_000)


class Review(BaseModel):
    decision: Literal["accepted", "refused"]
    note: str = Field("", max_length=2_000)


class Hold(BaseModel):
    class_: str = Field(alias="class", max_length=32)
    holds: bool = True
    note: str = Field(max_length=1_000)


class Deletion(BaseModel):
    """`asked` by one; `deleted` or `refused` by another."""

    step: Literal["asked", "refused", "deleted"]
    reason: str = Field(max_length=1_000)


class Draw(BaseModel):
    """`count` without it: as many as the year's pace lacks. `seed` without it: one is made."""

    count: int | None = Field(None, ge=1, le=500)
    seed: str | None = Field(None, min_length=1, max_length=64)
    month: str | None = Field(None, pattern=r"^\d{4}-\d{2}$")


class Replacement(BaseModel):
    why: str = Field(max_length=1_000)


class SampleReview(BaseModel):
    answers: dict[str, Literal["yes", "no", "n/a"]] = Field(max_length=40)
    note: str = Field("", max_length=2_000)
