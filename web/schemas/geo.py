"""Fences, patrol points and windows, as JSON."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from core import limits
from geo.fence_edits import MARGIN_DEFAULT_M
from geo.patrol.points import RADIUS_DEFAULT_M
from geo.patrol.windows import GRACE_S
from web.schemas.lists import DEFAULT
from web.schemas.words import Title

# A verdict's result, or none for windows without one.
ResultWord = Literal[
    "none", "on_time", "early", "late", "missed", "out_of_place", "out_of_order", "too_short",
    "suspect", "makeup", "excused", "undeterminable", "pending_offline",
]  # fmt: skip


class NewFence(BaseModel):
    name: Title
    geometry: dict[str, Any] = Field(description="GeoJSON: a Polygon, or a Point with radius_m.")
    purpose: Literal["area", "post", "forbidden"] = "area"
    radius_m: float | None = Field(None, gt=0, le=100_000)
    dwell_s: float | None = Field(None, gt=0, le=86_400, description="Tell after so long inside.")
    margin_m: float = Field(MARGIN_DEFAULT_M, ge=0, le=1_000)
    org_id: int | None = None


class NewPoint(BaseModel):
    name: Title
    lon: float = Field(ge=-180, le=180)
    lat: float = Field(ge=-90, le=90)
    radius_m: float = Field(RADIUS_DEFAULT_M, gt=0, le=10_000)
    tag: str | None = Field(None, max_length=64, description="NFC UID in hex.")
    grade: int = Field(2, ge=1, le=9)
    org_id: int | None = None


class NewWindow(BaseModel):
    point_id: int
    opens_at: AwareDatetime
    due_at: AwareDatetime
    closes_at: AwareDatetime
    min_dwell_s: int = Field(60, ge=0, le=86_400, description="A stay this long counts; 0: taps.")
    grace_s: int = Field(GRACE_S, ge=0, le=86_400)


class WindowFilter(BaseModel):
    """Which windows: a page of those that overlap a span, of an organisation and below …"""

    limit: int = Field(DEFAULT, ge=1, le=limits.PAGE_MAX)
    after: int = Field(0, ge=0, le=2**63 - 1, description="The `next` of the page before.")
    since: AwareDatetime | None = Field(None, alias="from", description="With offset.")
    until: AwareDatetime | None = Field(None, alias="to", description="With offset.")
    org_id: int | None = Field(None, description="This organisation and everything below it.")
    point_id: int | None = None
    device_no: int | None = Field(None, description="Whose evidence the verdict rests on.")
    result: ResultWord | None = None
