"""Plans, routes, grades, raises, rosters and the calendar, as JSON."""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from core import limits
from geo.patrol.grades import GRADE_MAX
from web.schemas.lists import DEFAULT
from web.schemas.words import Title

Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000)]
GradeNo = Annotated[int, Field(ge=1, le=GRADE_MAX)]
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Ids = Annotated[list[Id], Field(max_length=5_000)]
History = Annotated[bool, Query(description="Ended ones as well.")]
Year = Annotated[int | None, Query(ge=2000, le=2100)]


class NewVersion(BaseModel):
    valid_from: date = Field(description="Local day, included.")
    valid_to: date | None = Field(None, description="Local day, included; until further without.")
    body: dict[str, Any] = Field(
        description="points, zone, routes, segments, areas, posts (ids); days: all, workdays, "
        "restdays or [1…7]; dates {extra, excluded}; shifts [{start, end, name}]; grade; visits "
        "{every_s | per_shift | per_day | at}; offsets_s by point; proof; min_level."
    )
    note: Note = ""


class NewPlan(NewVersion):
    name: Title
    org_id: int | None = None


class PlanPreview(NewVersion):
    plan_id: int | None = Field(None, description="Of which it would be the next version.")
    org_id: int | None = None
    days: int = Field(7, ge=1, le=31)


class NewRouteVersion(BaseModel):
    valid_from: date
    body: dict[str, Any] = Field(
        description='{"order": free|ordered|ordered_strict, "stops": '
        '[{"point_id", "travel_s", "tolerance_s"}]}'
    )


class NewRoute(NewRouteVersion):
    name: Title
    org_id: int | None = None


class NewGrade(BaseModel):
    grade: GradeNo
    valid_from: date
    rule: dict[str, Any] = Field(
        description="rhythm {every_s | per_shift | per_day | at}, before_s, after_s, early_s, "
        "late_s, grace_s, min_level, min_dwell_s, gps_period_s, proof."
    )
    org_id: int | None = None


class NewRaise(BaseModel):
    name: Title
    grade: GradeNo
    valid_from: date
    valid_to: date
    fence_id: Id | None = Field(None, description="Every point that stands in it.")
    point_ids: Ids = []
    org_id: int | None = None


class NewShift(BaseModel):
    device_no: int = Field(ge=1, le=2**31 - 1)
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    kind: Literal["patrol", "post", "leave"] = "patrol"
    person_id: Id | None = None
    route_id: Id | None = None
    point_ids: Ids = []
    post_id: Id | None = None
    org_id: int | None = None
    supersedes: Id | None = Field(None, description="A shift that ends in the same breath.")


class ShiftFilter(BaseModel):
    """Which shifts: a page of those that overlap a span."""

    limit: int = Field(DEFAULT, ge=1, le=limits.PAGE_MAX)
    after: int = Field(0, ge=0, le=2**63 - 1, description="The `next` of the page before.")
    since: AwareDatetime | None = Field(None, alias="from", description="With offset.")
    until: AwareDatetime | None = Field(None, alias="to", description="With offset.")
    org_id: int | None = Field(None, description="This organisation and everything below it.")
    device_no: int | None = None
    history: bool = Field(False, description="Ended ones as well.")


class NewDay(BaseModel):
    day: date
    kind: Literal["workday", "restday"]
    name: Title
    source: Title = Field(description="The notice it comes from.")


class PointChanges(BaseModel):
    """What is left out stays."""

    name: Title | None = None
    lon: float | None = Field(None, ge=-180, le=180)
    lat: float | None = Field(None, ge=-90, le=90)
    radius_m: float | None = Field(None, gt=0, le=10_000)
    tag: str | None = Field(None, max_length=64, description="NFC UID in hex; null takes it down.")
    grade: GradeNo | None = None

    def said(self) -> dict[str, Any]:
        """Only a tag may be taken away."""
        given = self.model_dump(exclude_unset=True)
        return {k: v for k, v in given.items() if v is not None or k == "tag"}
