"""What is told of coverage: shares, sums, confidence, and words that name the thresholds."""

import pytest

from geo.coverage.answers import Item, answer, shape_of, total
from geo.coverage.definitions import definition
from geo.coverage.figures import AREA, KINDS, POINT, SEGMENT, Figure, Sampling, of_point, sampling
from geo.coverage.visits import Seen, seen
from geo.coverage.ways import Stay
from geo.patrol.rules import CoverageRule
from tests.table import table
from tests.unit.geo.walks import HOUR_MS

RULE = CoverageRule()
SURE = Sampling(10.0, 0.0, "normal")
SPAN = (HOUR_MS, HOUR_MS + 1)


@table("""
    period  fixes  confidence
    10      100    normal
    60      100    normal
    60.1    100    low         # C.4: periods above 60 s
    300     3      low
    10      0      none        # no track
""")
def test_confidence(period: float, fixes: float, confidence: str) -> None:
    found = sampling(period, 7.0, int(fixes), RULE)
    assert found.confidence == confidence
    assert found.unknown_s == 7.0
    assert found.period_s == (period if fixes else None)


def test_a_single_fix_says_little() -> None:
    assert sampling(None, 0.0, 1, RULE).confidence == "low"


def point(stay_s: float, taps: int = 0, min_s: float = 60.0) -> Figure:
    stays = [Stay(1, HOUR_MS, HOUR_MS + round(stay_s * 1000))] if stay_s else []
    return of_point(3, seen(stays, [HOUR_MS] * taps, min_s, RULE), min_s, SURE)


def test_share_of_a_point() -> None:
    assert point(30).share == 0.5
    assert point(60).share == 1.0
    assert point(600).share == 1.0
    assert point(0, taps=1).share == 1.0
    assert point(0, min_s=0).share == 0.0, "nobody came, though no stay is asked for"
    assert point(5, min_s=0).share == 1.0


def test_nothing_required_is_no_share() -> None:
    assert Figure(AREA, 1, 0, 0, SURE).share is None


def test_the_sum_of_points_counts_points() -> None:
    found = total(POINT, [point(600), point(59), point(0, taps=1)])
    assert (found["covered"], found["required"], found["unit"]) == (2, 3, "point")
    assert found["share"] == 0.6667


def test_the_sum_of_segments_counts_metres_and_is_no_surer_than_the_worst() -> None:
    low = Sampling(120.0, 5.0, "low")
    found = total(SEGMENT, [Figure(SEGMENT, 1, 100, 400, SURE), Figure(SEGMENT, 2, 100, 100, low)])
    assert (found["covered"], found["required"], found["share"]) == (200, 500, 0.4)
    assert found["confidence"] == "low"


def test_the_sum_of_nothing() -> None:
    for kind in KINDS:
        found = total(kind, [])
        assert found["share"] is None and found["confidence"] is None and found["required"] == 0


def test_an_item_carries_everything_beside_the_number() -> None:
    item = Item(7, "桥头", point(30), "v2", definition(POINT, RULE))
    told = shape_of(item)
    assert told["object"] == {"id": 3, "kind": "point", "name": "桥头", "org_id": 7}
    assert (told["covered"], told["required"], told["unit"], told["share"]) == (30, 60, "s", 0.5)
    assert (told["period_s"], told["unknown_s"], told["confidence"]) == (10, 0, "normal")
    assert told["visits"] == 0
    assert told["detail"]["dwell_s"] == 30
    assert answer(POINT, SPAN, "live", [item])["items"] == [told]  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_a_definition_follows_the_rule(kind: str) -> None:
    other = CoverageRule(
        separate_visits_s=1_200, width_foot_m=27, segment_share_min=0.7, cell_m=80, cell_dwell_s=30
    )
    plain, changed = definition(kind, RULE), definition(kind, other)
    for language in ("zh", "en"):
        assert plain[language] != changed[language]
        assert "{" not in changed[language]


def test_an_empty_point() -> None:
    assert seen([], [], 60, RULE) == Seen()
