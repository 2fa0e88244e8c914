"""Marks of the cheat detectors, as JSON."""

from typing import Annotated, Literal

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, Field

from core import limits
from geo.patrol.fraud.marks import DETECTORS


class Filters(BaseModel):
    """Which marks."""

    limit: int = Field(limits.PAGE_DEFAULT, ge=1, le=limits.PAGE_MAX)
    after: int = Field(0, ge=0, le=2**63 - 1, description="The `next` of the page before.")
    since: AwareDatetime | None = Field(None, description="Happened no earlier, with offset.")
    until: AwareDatetime | None = Field(None, description="Happened before, with offset.")
    detector: str | None = Field(None, pattern=f"^({'|'.join((*DETECTORS, 'datum_fault'))})$")
    device_no: int | None = Field(None, ge=0, le=2**31 - 1)
    state: Literal["open", "reviewed", "withdrawn"] | None = None


Wanted = Annotated[Filters, Query()]


class Review(BaseModel):
    review: Literal["confirmed", "harmless"]
    note: str = Field("", max_length=1_000)
