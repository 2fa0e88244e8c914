"""Mandatory points (必到点): a circle on the ground, a tag on the wall, a duty grade."""

from dataclasses import dataclass, replace
from typing import Any, Final

from core.errors import Conflict, NotFound
from devices.tags import check_uid
from geo.fence_edits import FenceDraft, check_name
from geo.patrol.grades import BUILTIN, check_grade

RADIUS_DEFAULT_M: Final = 50.0


class TagTaken(Conflict):
    """This tag belongs to another point already."""

    code = "tag_taken"


class NoSuchPoint(NotFound):
    """No such patrol point, or not within your organisation."""

    code = "no_such_point"


@dataclass(frozen=True, slots=True)
class PointDraft:
    name: str
    lon: float
    lat: float
    radius_m: float = RADIUS_DEFAULT_M
    tag: str | None = None
    grade: int = 2
    org_id: int | None = None


def fence_for(draft: PointDraft) -> FenceDraft:
    """The circle a point stands in."""
    return FenceDraft(
        name=draft.name,
        geometry={"type": "Point", "coordinates": [draft.lon, draft.lat]},
        purpose="point",
        radius_m=draft.radius_m,
        dwell_s=dwell_of(draft.grade),
        org_id=draft.org_id,
    )


def dwell_of(grade: int) -> float | None:
    """After this long within its circle somebody has dwelt at a point, seconds."""
    rule = BUILTIN.get(grade)
    return float(rule.min_dwell_s) if rule is not None and rule.min_dwell_s else None


def check_point(draft: PointDraft) -> str | None:
    """The tag as it is stored: upper-case hex without separators."""
    check_name(draft.name)
    check_grade(draft.grade)
    if draft.tag is None:
        return None
    return check_uid(draft.tag)


def edited(stands: PointDraft, changes: dict[str, Any]) -> PointDraft:
    """What a point becomes; what `changes` leaves out stays."""
    return replace(stands, **changes)


def is_moved(before: PointDraft, after: PointDraft) -> bool:
    """Another circle: its old fence ends, and what happened there stays there."""
    return (before.lon, before.lat, before.radius_m) != (after.lon, after.lat, after.radius_m)
