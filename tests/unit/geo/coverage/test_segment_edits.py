"""Which lines can be a segment, and who may draw it."""

from dataclasses import replace
from typing import Any

import pytest

from core.errors import Forbidden, Invalid, NotFound
from core.values import OrgId, Role, Viewer
from geo.coverage.segment_edits import SegmentDraft, check_segment, geojson_of, length_of
from geo.shapes import BadShape
from tests.unit.geo.walks import EAST, LAT, LON

VIEWER = Viewer("d", Role.DISPATCHER, OrgId(1), frozenset({OrgId(1), OrgId(2)}))
ROAD = {"type": "LineString", "coordinates": [[LON, LAT], [LON + 400 / EAST, LAT]]}
DRAFT = SegmentDraft("滨江路", ROAD)


def test_a_road() -> None:
    org_id, line = check_segment(VIEWER, DRAFT)
    assert org_id == 1
    assert length_of(line) == pytest.approx(400, abs=0.1)
    assert geojson_of(line) == ROAD
    assert check_segment(VIEWER, replace(DRAFT, org_id=2, width_m=30.0))[0] == 2


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (None, "LineString"),
        ({"type": "MultiLineString", "coordinates": [ROAD["coordinates"]]}, "each part"),
        ({"type": "LineString", "coordinates": [[LON, LAT]]}, "2 to"),
        ({"type": "LineString", "coordinates": [[LON, LAT + i * 1e-6] for i in range(2001)]}, "2 "),
        ({"type": "LineString", "coordinates": [[LON, LAT], [LON, "x"]]}, "position 2"),
        ({"type": "LineString", "coordinates": [[LON, LAT], [LON, float("nan")]]}, "position 2"),
        ({"type": "LineString", "coordinates": [[3_461.2, 12_345.6], [0, 0]]}, "plane system"),
        ({"type": "LineString", "coordinates": [[LAT, LON], [LAT, LON]]}, "Exchange"),
        ({"type": "LineString", "coordinates": [[LON, LAT], [LON, LAT]]}, "0.0 m long"),
        ({"type": "LineString", "coordinates": [[LON, LAT], [LON + 9 / EAST, LAT]]}, "9.0 m long"),
        ({"type": "LineString", "coordinates": [[LON, LAT], [LON, LAT + 0.2]]}, "m long"),
        ({"type": "LineString", "coordinates": [[LON, LAT], [LON + 5, LAT]]}, "longer than"),
    ],
)  # fmt: skip
def test_lines_that_are_none(line: Any, says: str) -> None:
    with pytest.raises(BadShape, match=says):
        check_segment(VIEWER, replace(DRAFT, line=line))


@pytest.mark.parametrize(
    "draft",
    [
        replace(DRAFT, name=" "),
        replace(DRAFT, grade=0),
        replace(DRAFT, grade=10),
        replace(DRAFT, width_m=0.0),
        replace(DRAFT, width_m=201.0),
    ],
)
def test_drafts_that_make_no_sense(draft: SegmentDraft) -> None:
    with pytest.raises(Invalid):
        check_segment(VIEWER, draft)


def test_who_may_draw() -> None:
    with pytest.raises(Forbidden):
        check_segment(replace(VIEWER, role=Role.SQUAD), DRAFT)
    with pytest.raises(NotFound):
        check_segment(VIEWER, replace(DRAFT, org_id=3))
