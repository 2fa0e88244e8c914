"""Points: who stayed how long, and how many separate visits that makes (domain reference C.4, C.5).

A visit is the stays of one device that lie close together. A point is visited when one visit
was long enough, or when somebody tapped its tag. Visits soon after each other, by whomever,
are one visit when it comes to how often a point was seen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from geo.coverage.ways import Stay
from geo.patrol.rules import CoverageRule


@dataclass(frozen=True, slots=True)
class Visit:
    """`dwell_s`: the time inside, without what lies between its stays."""

    no: int
    from_ms: int
    to_ms: int
    dwell_s: float


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a point over a span."""

    visits: tuple[Visit, ...] = ()  # every one, by time
    dwell_s: float = 0.0  # of all devices together
    longest_s: float = 0.0  # of one visit
    separate: int = 0  # visits that count, apart from each other
    taps: int = 0
    spans_ms: tuple[tuple[int, int], ...] = field(default=())  # of the separate ones


def seen(
    stays: Iterable[Stay], taps_ms: Sequence[int], min_dwell_s: float, rule: CoverageRule
) -> Seen:
    """`taps_ms`: when check-ins that count were made here."""
    visits = _visits(sorted(stays), rule.separate_visits_s * 1000)
    counting = [(v.from_ms, v.to_ms) for v in visits if v.dwell_s >= min_dwell_s]
    spans: list[tuple[int, int]] = []
    for from_ms, to_ms in sorted([*counting, *((at_ms, at_ms) for at_ms in taps_ms)]):
        if spans and from_ms - spans[-1][1] < rule.separate_visits_s * 1000:
            spans[-1] = (spans[-1][0], max(spans[-1][1], to_ms))
        else:
            spans.append((from_ms, to_ms))
    return Seen(
        tuple(sorted(visits, key=lambda v: (v.from_ms, v.no))),
        sum(v.dwell_s for v in visits),
        max((v.dwell_s for v in visits), default=0.0),
        len(spans),
        len(taps_ms),
        tuple(spans),
    )


def _visits(stays: Sequence[Stay], apart_ms: float) -> list[Visit]:
    """`stays` by device and time."""
    visits: list[Visit] = []
    for no, from_ms, to_ms in stays:
        dwell_s = (to_ms - from_ms) / 1000
        last = visits[-1] if visits else None
        if last is not None and last.no == no and from_ms - last.to_ms < apart_ms:
            visits[-1] = Visit(no, last.from_ms, to_ms, last.dwell_s + dwell_s)
        else:
            visits.append(Visit(no, from_ms, to_ms, dwell_s))
    return visits
