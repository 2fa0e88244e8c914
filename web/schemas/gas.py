"""Gas cylinders, as JSON."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Body, Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field

from core import limits
from web.schemas.imports import as_bytes

State = Literal["new", "verified", "dispatched", "closed"]
Severity = Literal["critical", "high", "medium", "low", "info", "data"]
Register = Literal["company", "site", "vehicle", "route", "courier", "user"]
System = Annotated[str, Query(max_length=64, description="Whose records these are.")]
Code = Annotated[str | None, Query(max_length=128, description="Only this cylinder.")]
First = Annotated[int, Query(ge=1, le=10**9, description="Number of the first line in its file.")]
Search = Annotated[str, Query(max_length=64, description="Part of a key, name or address.")]


class FindingFilters(BaseModel):
    """Which findings; several values of one name are alternatives."""

    limit: int = Field(limits.PAGE_DEFAULT, ge=1, le=limits.PAGE_MAX)
    before: int = Field(2**62, ge=0, le=2**62, description="The `next` of the page before.")
    state: list[State] | None = None
    rule: list[str] | None = Field(None, max_length=30)
    severity: list[Severity] | None = None
    key: str | None = Field(None, max_length=200, description="The cylinder, user or courier.")
    about: list[str] | None = Field(None, max_length=50, description="Whom it names.")
    withdrawn: bool = Field(False, description="Those that were taken back.")
    all: bool = Field(False, description="Both.")


class TraceQuestion(BaseModel):
    """Where a trace begins; `key` of a filling is the UUID of its event."""

    kind: Literal["fill", "cylinder", "site", "vehicle", "courier", "user"]
    key: str = Field(min_length=1, max_length=200)
    since: AwareDatetime | None = Field(None, description="With offset.")
    until: AwareDatetime | None = Field(None, description="With offset.")
    direction: Literal["both", "forward", "backward"] = "both"
    type: str | None = Field(None, max_length=32, description="Only events of this type.")
    scale: str | None = Field(None, max_length=64, description="Only fillings of this scale.")


FindingsWanted = Annotated[FindingFilters, Query()]
TraceWanted = Annotated[TraceQuestion, Query()]


class FindingMove(BaseModel):
    move: Literal["verify", "close", "reopen"]
    outcome: Literal["confirmed", "false", "unknown"] | None = None
    reason: str = Field("", max_length=1_000)


class FindingTask(BaseModel):
    note: str = Field("", max_length=1_000)


class RecallHousehold(BaseModel):
    user: str = Field(min_length=1, max_length=200)
    code: str = Field(min_length=1, max_length=200)


class Recall(BaseModel):
    households: list[RecallHousehold] = Field(min_length=1, max_length=200)
    reason: str = Field(min_length=1, max_length=1_000)


class Declaration(BaseModel):
    reason: Literal["did_not_occur", "incorrect_data"]
    corrected_by: list[UUID] = Field(default_factory=list, max_length=20)
    note: str = Field(min_length=1, max_length=1_000)


class Observation(BaseModel):
    """What an inspector saw of a cylinder; `observed` names classes of problem cylinders."""

    event_id: UUID
    code: str = Field(min_length=1, max_length=128)
    observed: list[Literal["damaged", "unreadable", "altered", "decanted"]] = Field(
        default_factory=list, max_length=4
    )
    cylinder_serial: str | None = Field(None, max_length=128)
    at: AwareDatetime
    lat: float | None = Field(None, ge=-90, le=90)
    lon: float | None = Field(None, ge=-180, le=180)
    datum: Literal["wgs84", "gcj02", "bd09", "cgcs2000"] = "wgs84"
    user_id: str | None = Field(None, max_length=128)
    note: str = Field("", max_length=1_000)


class Limits(BaseModel):
    """Thresholds that differ from the defaults, by name; `settle_h` and `severity` by rule."""

    thresholds: dict[str, float | dict[str, float | str]] = Field(max_length=60)


Lines = Annotated[
    bytes,
    BeforeValidator(as_bytes),
    Body(
        media_type="application/x-ndjson",
        description="NDJSON, a JSON list, or CSV with a heading: as Content-Type says.",
    ),
]
Document = Annotated[dict[str, Any], Body(description="An EPCIS 2.0 document in JSON-LD.")]
