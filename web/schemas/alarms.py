"""Answers to alarms, as JSON."""

from pydantic import AwareDatetime, BaseModel, Field


class Acknowledgement(BaseModel):
    note: str = Field("", max_length=1_000)


class Shelf(BaseModel):
    until: AwareDatetime
    reason: str = Field(min_length=1, max_length=1_000)
