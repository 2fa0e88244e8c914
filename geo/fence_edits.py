"""What a person may ask of a fence, checked before anything is written."""

from dataclasses import dataclass
from typing import Any, Final

from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.values import OrgId, Role, Viewer
from geo.shapes import Shape, shape_from_geojson

PURPOSES: Final = ("area", "point", "post", "forbidden")
NAME_MAX: Final = 100
MARGIN_DEFAULT_M: Final = 20.0


class NoSuchFence(NotFound):
    """No such fence, or not within your organisation."""

    code = "no_such_fence"


class FenceOfPoint(Conflict):
    """This fence belongs to a patrol point. End the point instead."""

    code = "fence_of_point"


class MayNotDraw(Forbidden):
    """Only dispatchers and administrators draw fences and patrol points."""

    code = "may_not_draw"


@dataclass(frozen=True, slots=True)
class FenceDraft:
    """As asked for. `geometry` is GeoJSON: a Point with `radius_m`, or a Polygon."""

    name: str
    geometry: dict[str, Any]
    purpose: str = "area"
    radius_m: float | None = None
    dwell_s: float | None = None
    margin_m: float = MARGIN_DEFAULT_M
    org_id: int | None = None  # the viewer's own without it


def check_draft(viewer: Viewer, draft: FenceDraft) -> tuple[OrgId, Shape]:
    """Whose it will be and what it looks like; Invalid, BadShape or Forbidden otherwise."""
    org_id = owner_of(viewer, draft.org_id)
    if draft.purpose not in PURPOSES:
        raise Invalid(f"A fence is for one of {', '.join(PURPOSES)}; got {draft.purpose!r}.")
    check_name(draft.name)
    if draft.dwell_s is not None and not 0 < draft.dwell_s <= 86_400:
        raise Invalid(f"A dwell is above 0 and up to 86400 seconds; got {draft.dwell_s}.")
    if not 0 <= draft.margin_m <= 1_000:
        raise Invalid(f"A margin is from 0 to 1000 metres; got {draft.margin_m}.")
    return org_id, shape_from_geojson(draft.geometry, draft.radius_m)


def owner_of(viewer: Viewer, org_id: int | None) -> OrgId:
    """The organisation something new belongs to; Forbidden for those who may not draw."""
    if not viewer.may(Role.DISPATCHER):
        raise MayNotDraw(login=viewer.login)
    if org_id is None:
        return viewer.org_id
    if not viewer.sees(org_id):
        raise NotFound("No such organisation, or not within yours.", org_id=org_id)
    return OrgId(org_id)


def check_name(name: str) -> None:
    if not name.strip() or len(name) > NAME_MAX:
        raise Invalid(f"A name has 1 to {NAME_MAX} characters; got {len(name.strip())}.")
