"""Stretches of real streets: long enough, of the squad, and none twice."""

from collections import Counter
from datetime import UTC, datetime

import pytest

from app import district
from app.district_segments import LENGTH_MIN_M, SEGMENTS_A_SQUAD
from devices.simulator.city import generate
from devices.simulator.roster import Sizes
from geo.coverage.segment_edits import length_of, line_from_geojson

SIZES = Sizes(officers=6, vehicles=0, cameras=0, docks=0, points=24, cylinders=0)


@pytest.mark.parametrize("seed", [1, 5])
def test_each_squad_has_some(seed: int) -> None:
    found = district.plan(seed, SIZES, datetime(2026, 3, 2, tzinfo=UTC)).segments
    counts = Counter(one.squad for one in found)
    assert set(counts) == set(range(SIZES.squads))
    assert set(counts.values()) <= set(range(1, SEGMENTS_A_SQUAD + 1))
    assert len({one.name for one in found}) == len(found)
    city = generate(seed)
    nodes = {(round(lon, 5), round(lat, 5)) for lon, lat in city.graph.nodes}
    for one in found:
        line = line_from_geojson({"type": "LineString", "coordinates": one.line})
        assert LENGTH_MIN_M * 0.98 <= length_of(line) <= 1_000
        assert {(round(lon, 5), round(lat, 5)) for lon, lat in one.line} <= nodes
