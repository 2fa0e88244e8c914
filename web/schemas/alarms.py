"""Answers to alarms, as JSON."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from web.schemas.words import Title


class Acknowledgement(BaseModel):
    note: str = Field("", max_length=1_000)


class Shelf(BaseModel):
    until: AwareDatetime
    reason: str = Field(min_length=1, max_length=1_000)


class NewStandingRule(BaseModel):
    """`body`: threshold_s, clear_after_s, days, shifts [{start, end}]; of an area void fence_id,
    device_kinds and only_grade; of task ageing priority_to; of no movement radius_m."""

    kind: Literal["area_void", "post_left", "task_ageing", "welfare", "no_movement"]
    name: Title
    body: dict[str, Any]
    priority: int = Field(2, ge=1, le=4)
    org_id: int | None = None
