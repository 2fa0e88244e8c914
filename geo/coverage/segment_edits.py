"""What a person may ask of a segment to be covered, checked before anything is written."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from core.errors import Invalid, NotFound
from core.values import OrgId, Viewer
from geo.coverage.segments import Line, cut
from geo.fence_edits import check_name, owner_of
from geo.shapes import BadShape, place_from_json

LENGTH_MIN_M: Final = 10.0
LENGTH_MAX_M: Final = 20_000.0
PLACES_MAX: Final = 2_000
WIDTH_MAX_M: Final = 200.0
GRADE_MAX: Final = 9


class NoSuchSegment(NotFound):
    """No such segment, or not within your organisation."""

    code = "no_such_segment"


@dataclass(frozen=True, slots=True)
class SegmentDraft:
    """As asked for. `line` is a GeoJSON LineString; `width_m` None: that of the rule in force."""

    name: str
    line: dict[str, Any]
    grade: int = 2
    width_m: float | None = None
    org_id: int | None = None


def check_segment(viewer: Viewer, draft: SegmentDraft) -> tuple[OrgId, Line]:
    """Whose it will be and where it runs; Invalid, BadShape or Forbidden otherwise."""
    org_id = owner_of(viewer, draft.org_id)
    check_name(draft.name)
    if not 1 <= draft.grade <= GRADE_MAX:
        raise Invalid(f"A duty grade is from 1 to {GRADE_MAX}; got {draft.grade}.")
    if draft.width_m is not None and not 0 < draft.width_m <= WIDTH_MAX_M:
        raise Invalid(f"A width is above 0 and up to {WIDTH_MAX_M:g} m; got {draft.width_m}.")
    return org_id, line_from_geojson(draft.line, width_m=draft.width_m)


def line_from_geojson(geometry: Any, *, width_m: float | None = None, id_: int = 0) -> Line:
    """Read a segment as a person or a file gives it; BadShape says what is wrong where."""
    if not isinstance(geometry, dict) or geometry.get("type") != "LineString":
        raise BadShape("A segment is a GeoJSON LineString. Draw one segment for each part.")
    given = geometry.get("coordinates")
    if not isinstance(given, list | tuple) or not 2 <= len(given) <= PLACES_MAX:
        raise BadShape(f"A segment has 2 to {PLACES_MAX} positions.")
    places = tuple(place_from_json(p, f"position {i}") for i, p in enumerate(given, 1))
    spread = np.ptp(np.array(places), axis=0)
    if max(spread) > LENGTH_MAX_M / 50_000:  # no cosine of a district makes that shorter
        raise BadShape(f"The segment is longer than {LENGTH_MAX_M:g} m. Cut it into parts.")
    line = Line(id_, places, width_m)
    length_m = length_of(line)
    if not LENGTH_MIN_M <= length_m <= LENGTH_MAX_M:
        raise BadShape(
            f"The segment is {length_m:.1f} m long; from {LENGTH_MIN_M:g} to {LENGTH_MAX_M:g} m."
        )
    return line


def geojson_of(line: Line) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": [list(place) for place in line.places]}


def length_of(line: Line) -> float:
    """Metres along it."""
    return float(cut(line, LENGTH_MAX_M).length_m.sum())
