"""Segments and questions about coverage, as JSON."""

from typing import Annotated, Any, Literal

from fastapi import Header, Query
from pydantic import AwareDatetime, BaseModel, Field

from geo.coverage.segment_edits import GRADE_MAX, WIDTH_MAX_M
from web.schemas.words import Title

KindOf = Annotated[Literal["point", "segment", "area"], Query()]
Begin = Annotated[AwareDatetime | None, Query(description="With offset; today without it.")]
End = Annotated[AwareDatetime | None, Query(description="End (not included), with offset.")]
OrgId = Annotated[int | None, Query(ge=0, le=2**63 - 1, description="It and all below it.")]
Format = Annotated[
    Literal["json", "csv", "geojson", "xlsx", "gpkg"] | None,
    Query(description="Without it `Accept` decides between JSON and CSV."),
]
Accept = Annotated[str, Header(include_in_schema=False)]


class NewSegment(BaseModel):
    name: Title
    line: dict[str, Any] = Field(description="GeoJSON LineString, WGS-84.")
    grade: int = Field(2, ge=1, le=GRADE_MAX)
    width_m: float | None = Field(None, gt=0, le=WIDTH_MAX_M, description="Of the way; the rule's.")
    org_id: int | None = None
