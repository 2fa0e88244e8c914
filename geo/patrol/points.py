"""Mandatory points (必到点): a circle on the ground, a tag on the wall, a duty grade."""

from dataclasses import dataclass
from typing import Final

from core.errors import Conflict, Invalid
from devices.tags import check_uid
from geo.fence_edits import FenceDraft, check_name
from geo.patrol.windows import GRADES

RADIUS_DEFAULT_M: Final = 50.0


class TagTaken(Conflict):
    """This tag belongs to another point already."""

    code = "tag_taken"


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
        dwell_s=GRADES[draft.grade].min_dwell_s or None,
        org_id=draft.org_id,
    )


def check_point(draft: PointDraft) -> str | None:
    """The tag as it is stored: upper-case hex without separators."""
    check_name(draft.name)
    if draft.grade not in GRADES:
        raise Invalid(f"A duty grade is one of {sorted(GRADES)}; got {draft.grade}.")
    if draft.tag is None:
        return None
    return check_uid(draft.tag)
