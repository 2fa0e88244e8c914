"""A figure of coverage: how much of what, how well seen, and what the number means.

Different sampling rates give diverging estimates of where somebody was (domain reference
C.4), so every figure carries the period of the tracks it rests on, and says when that is
too long to be relied on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from geo.coverage.areas import Walked, figures
from geo.coverage.segments import Covered
from geo.coverage.visits import Seen
from geo.patrol.rules import CoverageRule

POINT, SEGMENT, AREA = KINDS = ("point", "segment", "area")
UNITS: Final = {POINT: "s", SEGMENT: "m", AREA: "cell"}


@dataclass(frozen=True, slots=True)
class Sampling:
    """How well the tracks of a span speak: seconds, and the confidence that gives."""

    period_s: float | None
    unknown_s: float
    confidence: str


@dataclass(frozen=True, slots=True)
class Figure:
    kind: str
    object_id: int
    covered: float
    required: float
    sampling: Sampling
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        return UNITS[self.kind]

    @property
    def share(self) -> float | None:
        return share_of(self.kind, self.covered, self.required, self.detail)


def sampling(period_s: float | None, unknown_s: float, fixes: int, rule: CoverageRule) -> Sampling:
    """`none` when there is no track, `low` when it is sampled too rarely to be sure.

    >>> rule = CoverageRule()
    >>> [sampling(p, 0, n, rule).confidence for p, n in ((None, 0), (None, 1), (10, 9), (61, 9))]
    ['none', 'low', 'normal', 'low']
    """
    if fixes == 0:
        return Sampling(None, unknown_s, "none")
    sure = period_s is not None and period_s <= rule.low_confidence_period_s
    return Sampling(period_s, unknown_s, "normal" if sure else "low")


def share_of(kind: str, covered: float, required: float, detail: Mapping[str, Any]) -> float | None:
    """Between 0 and 1. A point that was tapped is covered; None when nothing was required."""
    if kind == POINT and detail.get("visited"):
        return 1.0
    if kind == POINT and required <= 0:
        return 0.0
    return min(covered / required, 1.0) if required > 0 else None


def of_point(point_id: int, seen: Seen, min_dwell_s: float, sampled: Sampling) -> Figure:
    """The longest visit over the stay that is asked for."""
    stayed = any(visit.dwell_s >= min_dwell_s for visit in seen.visits)
    return Figure(
        POINT, point_id, round(seen.longest_s, 1), min_dwell_s, sampled,
        {
            "visited": stayed or seen.taps > 0,
            "visits": seen.separate,
            "taps": seen.taps,
            "dwell_s": round(seen.dwell_s, 1),
            "spans_ms": [list(span) for span in seen.spans_ms],
        },
    )  # fmt: skip


def of_segment(one: Covered, sampled: Sampling) -> Figure:
    stretches = [[round(a, 1), round(b, 1)] for a, b in one.stretches_m()]
    return Figure(
        SEGMENT, one.id, round(one.covered_m, 1), round(one.length_m, 1), sampled,
        {"stretches_m": stretches},
    )  # fmt: skip


def of_area(fence_id: int, one: Walked, rule: CoverageRule, sampled: Sampling) -> Figure:
    visited, cells = figures(one, rule)
    dwell_s = float(one.dwell_s[one.grid.inside].sum())
    return Figure(
        AREA, fence_id, visited, cells, sampled,
        {"cell_m": one.grid.cell_m, "dwell_s": round(dwell_s, 1)},
    )  # fmt: skip
