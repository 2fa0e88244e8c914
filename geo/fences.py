"""Enter, leave, dwell: what a device's fixes say about a fence (domain reference C.4).

A fold over the fixes in the order of (at, seq): whatever arrives late is sorted in and
folded again, so crossings depend on what was observed and not on when it came.

Two circles keep a jittering fix from ringing the bell: one is inside within the edge, and
outside only beyond the edge plus a margin that grows with the accuracy of the fixes.
Entering and leaving are believed after a few fixes or seconds, but stamped with the time at
which the straight way between two fixes met the true edge. Nothing is assumed across a gap.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from geo.shapes import ON_EDGE_M, Plan
from geo.tracks import Fix, Habits, Trail, clean, median_m

OUT_ACCURACIES: Final = 1.5  # the margin is at least this many median accuracies
CHORD_MIN_M: Final = 10.0  # shorter ways between two fixes are not searched for a pass
ENTERED, LEFT, DWELT = "entered", "left", "dwelt"
BY_FIX, BY_CHORD, BY_GAP = "fix", "chord", "gap"


@dataclass(frozen=True, slots=True)
class Fence:
    """A fence's rule beside its plan. Seconds and metres; `dwell_s` None: no dwell asked."""

    id: int
    plan: Plan
    min_inside_s: float = 10.0
    min_inside_fixes: int = 2
    min_outside_s: float = 30.0
    min_outside_fixes: int = 3
    margin_m: float = 20.0
    dwell_s: float | None = None

    def out_m(self, accuracies_m: Sequence[float]) -> float:
        """How far beyond the edge a fix is surely outside."""
        return max(self.margin_m, OUT_ACCURACIES * median_m(accuracies_m))


class Crossing(NamedTuple):
    fence_id: int
    kind: str
    at_ms: int
    by: str


class Mark(NamedTuple):
    """A cleaned fix as one fence sees it."""

    at_ms: int
    lon_deg: float
    lat_deg: float
    edge_m: float  # metres to the edge; inside only the sign is looked at
    out_m: float
    joined: bool
    hop_m: float

    @property
    def inside(self) -> bool:
        return self.edge_m <= 0

    @property
    def outside(self) -> bool:
        return self.edge_m > self.out_m


class Stay(NamedTuple):
    """A stay in the making, or one that lasts. Without one, the device is not inside."""

    since_ms: int  # when the edge was met
    by: str
    first_ms: int  # the first fix inside
    fixes: int
    from_out: bool  # the fix before was surely outside
    last_in_ms: int
    confirmed: bool = False
    dwelt_ms: int | None = None  # the dwell told of
    left_ms: int | None = None  # where the edge was met on the way out
    out_first_ms: int = 0
    out_fixes: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """One device after some of its fixes. `last` is the newest key folded, (at_ms, seq)."""

    last: tuple[int, int] | None = None
    trail: Trail = field(default_factory=Trail)
    stays: Mapping[int, Stay] = field(default_factory=dict)


def fold(
    state: State, fix: Fix, fences: Sequence[Fence], habits: Habits, edge_m: Callable[..., float]
) -> tuple[State, list[Crossing]]:
    """One fix, every fence: the plain road that the fast one (fence_fleet) is checked against.

    `edge_m(place, lon, lat)` is the signed distance to the fence at that place of the list.
    """
    key = (fix.at_ms, fix.seq)
    assert state.last is None or key > state.last, "fold in the order of (at, seq)"
    before = state.trail
    cleaned = clean(before, fix, habits)
    if not cleaned.accepted:
        return State(key, cleaned.trail, state.stays), []
    stays, crossings = dict(state.stays), []
    for place, fence in enumerate(fences):
        last = None
        if before.anchor is not None:
            a = before.anchor
            out_m = fence.out_m(before.accuracies_m)
            far = edge_m(place, a.lon_deg, a.lat_deg)
            last = Mark(a.at_ms, a.lon_deg, a.lat_deg, far, out_m, True, 0.0)
        far = edge_m(place, fix.lon_deg, fix.lat_deg)
        out_m = fence.out_m(cleaned.trail.accuracies_m)
        mark = Mark(fix.at_ms, fix.lon_deg, fix.lat_deg, far, out_m, cleaned.joined, cleaned.hop_m)
        stay, made = step(fence, stays.pop(fence.id, None), last, mark)
        crossings += made
        if stay is not None:
            stays[fence.id] = stay
    return State(key, cleaned.trail, stays), crossings


def step(
    fence: Fence, stay: Stay | None, before: Mark | None, mark: Mark
) -> tuple[Stay | None, list[Crossing]]:
    """One cleaned fix, one fence. `before` is the accepted fix before it."""
    made: list[Crossing] = []
    if not mark.joined:
        before = None
        if stay is not None and stay.confirmed:
            made.append(Crossing(fence.id, LEFT, stay.last_in_ms, BY_GAP))
        stay = None
    if stay is None:
        if mark.inside:
            stay = _arrive(fence, before, mark)
            return _confirm(fence, stay, mark, made)
        if before is not None and before.outside and mark.outside:
            made += _pass(fence, before, mark)
        return None, made
    if not stay.confirmed:
        if mark.inside:
            stay = stay._replace(fixes=stay.fixes + 1, last_in_ms=mark.at_ms)
            return _confirm(fence, stay, mark, made)
        if stay.fixes == 1 and stay.from_out and mark.outside and before is not None:
            left_ms = _met_ms(fence, before, mark, first=True)
            made += _came_and_went(fence, stay.since_ms, left_ms)
        return None, made
    if mark.inside:
        stay = stay._replace(last_in_ms=mark.at_ms, left_ms=None, out_fixes=0)
        return _dwell(fence, stay, mark.at_ms, made), made
    assert before is not None, "a stay ends where the way is not known"
    return _going(fence, stay, before, mark, made)


def state_to_json(state: State) -> dict[str, Any]:
    """For a checkpoint; read back by `state_from_json` without loss."""
    trail = state.trail
    return {
        "last": state.last,
        "anchor": trail.anchor,
        "accuracies_m": trail.accuracies_m,
        "rejects": trail.rejects,
        "rejected": trail.rejected,
        "stays": {str(fence): list(stay) for fence, stay in sorted(state.stays.items())},
    }


def state_from_json(value: Mapping[str, Any]) -> State:
    def fix(columns: list[Any] | None) -> Fix | None:
        return None if columns is None else Fix(*columns)

    return State(
        None if value["last"] is None else (value["last"][0], value["last"][1]),
        Trail(
            fix(value["anchor"]),
            tuple(value["accuracies_m"]),
            value["rejects"],
            fix(value["rejected"]),
        ),
        {int(fence): Stay(*columns) for fence, columns in value["stays"].items()},
    )


def unsettled(state: State, crossing: Crossing) -> bool:
    """Whether a crossing on record was found only after the fixes of this state.

    Times settle it: what a fence said before is never later than the last accepted fix,
    nor later than the entry of a stay that lasts.
    """
    stay = state.stays.get(crossing.fence_id)
    if stay is None:
        anchor = state.trail.anchor
        return anchor is None or crossing.at_ms >= anchor.at_ms
    if not stay.confirmed:
        return crossing.at_ms >= stay.since_ms
    if crossing.kind == DWELT:
        return crossing.at_ms > (stay.since_ms if stay.dwelt_ms is None else stay.dwelt_ms)
    if crossing.kind == LEFT:
        return crossing.at_ms >= stay.last_in_ms
    return crossing.at_ms > stay.since_ms


def unsettled_from_ms(state: State) -> int:
    """No unsettled crossing is older than this."""
    times = [stay.since_ms for stay in state.stays.values()]
    anchor = state.trail.anchor
    return min([*times, anchor.at_ms]) if anchor is not None else 0


def _arrive(fence: Fence, before: Mark | None, mark: Mark) -> Stay:
    if before is None or before.inside:
        return Stay(mark.at_ms, BY_FIX, mark.at_ms, 1, False, mark.at_ms)
    since_ms = _met_ms(fence, before, mark, first=False)
    return Stay(since_ms, BY_CHORD, mark.at_ms, 1, before.outside, mark.at_ms)


def _confirm(
    fence: Fence, stay: Stay, mark: Mark, made: list[Crossing]
) -> tuple[Stay, list[Crossing]]:
    long_enough = mark.at_ms - stay.first_ms >= fence.min_inside_s * 1000
    if stay.fixes < fence.min_inside_fixes and not (stay.fixes > 1 and long_enough):
        return stay, made
    made.append(Crossing(fence.id, ENTERED, stay.since_ms, stay.by))
    stay = stay._replace(confirmed=True)
    return _dwell(fence, stay, mark.at_ms, made), made


def _dwell(fence: Fence, stay: Stay, until_ms: int, made: list[Crossing]) -> Stay:
    if fence.dwell_s is None or stay.dwelt_ms is not None:
        return stay
    due_ms = stay.since_ms + round(fence.dwell_s * 1000)
    if until_ms < due_ms:
        return stay
    made.append(Crossing(fence.id, DWELT, due_ms, stay.by))
    return stay._replace(dwelt_ms=due_ms)


def _going(
    fence: Fence, stay: Stay, before: Mark, mark: Mark, made: list[Crossing]
) -> tuple[Stay | None, list[Crossing]]:
    left_ms = stay.left_ms
    if left_ms is None:
        left_ms = _met_ms(fence, before, mark, first=True)
    if not mark.outside:  # in the margin: neither in nor out
        return stay._replace(left_ms=left_ms, out_fixes=0), made
    if before.outside and (again := _pass(fence, before, mark)):
        # Back through the fence between two fixes: the stay lasted until then.
        return stay._replace(left_ms=again[1].at_ms, out_first_ms=mark.at_ms, out_fixes=1), made
    first_ms = stay.out_first_ms if stay.out_fixes else mark.at_ms
    fixes = stay.out_fixes + 1
    long_enough = mark.at_ms - first_ms >= fence.min_outside_s * 1000
    if fixes < fence.min_outside_fixes and not (fixes > 1 and long_enough):
        return stay._replace(left_ms=left_ms, out_first_ms=first_ms, out_fixes=fixes), made
    _dwell(fence, stay, left_ms, made)
    made.append(Crossing(fence.id, LEFT, left_ms, BY_CHORD))
    return None, made


def _pass(fence: Fence, before: Mark, mark: Mark) -> list[Crossing]:
    """Both fixes are surely outside, and the way between them runs through."""
    if mark.hop_m <= CHORD_MIN_M or before.edge_m + mark.edge_m > mark.hop_m * 1.001 + 1:
        return []  # too short to reach the edge and come back
    met = fence.plan.meets(before[1:3], mark[1:3])
    if len(met) < 2:
        return []
    span_ms = mark.at_ms - before.at_ms
    return _came_and_went(
        fence, before.at_ms + round(met[0] * span_ms), before.at_ms + round(met[-1] * span_ms)
    )


def _came_and_went(fence: Fence, entered_ms: int, left_ms: int) -> list[Crossing]:
    if left_ms <= entered_ms:  # touched a corner
        return []
    return [
        Crossing(fence.id, ENTERED, entered_ms, BY_CHORD),
        Crossing(fence.id, LEFT, left_ms, BY_CHORD),
    ]


def _met_ms(fence: Fence, before: Mark, mark: Mark, *, first: bool) -> int:
    """When the way from one fix to the next met the edge, for the first or the last time."""
    met = fence.plan.meets(before[1:3], mark[1:3])
    if met:
        u = met[0] if first else met[-1]
    else:  # one end lies on the edge, to within rounding: that of the smaller distance
        out_m = max(before.edge_m, mark.edge_m)
        u = float((out_m > ON_EDGE_M * 10) == (before.edge_m > 0))
    return before.at_ms + round(u * (mark.at_ms - before.at_ms))
