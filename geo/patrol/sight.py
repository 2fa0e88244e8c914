"""How well could we see? What lets absence be said, and what forbids it.

Three things can hide a visit: our own ingest was down; the terminal of somebody who was
expected sent nothing usable for long enough to go there; or messages of it are lost, which
its counter shows. Everything here only ever grows more doubtful when telemetry is taken
away, so a lost message never turns into an accusation; a property test says so.

Times are milliseconds since 1970 UTC in NumPy columns, seconds in results.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.limits import HEARTBEAT_MISSED_S
from geo.distance import metres_per_degree
from geo.patrol.rules import JudgeRule

Span = tuple[datetime, datetime]
Millis = NDArray[np.int64]
FIX_DTYPE: Final = np.dtype(
    [
        ("device_no", "i4"),
        ("at_ms", "i8"),
        ("seq", "i8"),
        ("lat_e7", "i4"),
        ("lon_e7", "i4"),
        ("acc_dm", "i2"),
        ("flags", "i2"),
    ]
)
Fixes = NDArray[np.void]
BOUND_S: Final = 300.0  # at least so far around a span its neighbouring messages are looked for
BOUND_PERIODS: Final = 6


class Spot(NamedTuple):
    """A circle on the ground, WGS-84."""

    lon_deg: float
    lat_deg: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class Sight:
    """How one expected terminal was seen in the span in which it was expected.

    `longest_gap_s`: the longest time without a fix that is surely outside the circle.
    `hidden`: long enough for a visit. `lost`: messages its counter counts and we do not have;
    None where nothing from before and after the span bounds the count.
    """

    device_no: int
    from_at: datetime
    to_at: datetime
    observed_share: float
    longest_gap_s: float
    lost: int | None
    hidden: bool
    nearest_m: float | None = None
    nearest_at_ms: int | None = None

    @property
    def clear(self) -> bool:
        return not self.hidden and self.lost == 0


def look(
    device_no: int,
    span: Span,
    fixes: Fixes,
    counters: NDArray[np.int64],
    spot: Spot,
    *,
    period_s: float,
    min_dwell_s: float,
    rule: JudgeRule,
) -> Sight:
    """`fixes`: the device's in the span, in the order of time. `counters`: (at_ms, seq) rows
    of everything it sent in the span and some time to either side."""
    from_ms, to_ms = (round(at.timestamp() * 1000) for at in span)
    gap_ms = round(1000 * max(rule.gap_min_s, rule.gap_periods * period_s))
    hide_ms = max(gap_ms, round(min_dwell_s * 1000))
    good = fixes[usable(fixes, rule.fix_acc_max_m)]
    at_ms, apart_m = good["at_ms"], distances_m(good, spot)
    outside = at_ms[apart_m > spot.radius_m + good["acc_dm"] / 10]
    longest_ms = _longest(outside, from_ms, to_ms)
    steps = at_ms[1:] - at_ms[:-1]
    seen_ms = int(steps[steps <= gap_ms].sum())
    nearest = int(apart_m.argmin()) if len(good) else None
    return Sight(
        device_no,
        *span,
        round(min(1.0, seen_ms / max(to_ms - from_ms, 1)), 4),
        longest_ms / 1000,
        lost_messages(counters, from_ms, to_ms, rule.sparse_step),
        longest_ms > hide_ms,
        None if nearest is None else round(float(apart_m[nearest]), 1),
        None if nearest is None else int(at_ms[nearest]),
    )


def _longest(at_ms: Millis, from_ms: int, to_ms: int) -> int:
    """The longest time without one of these, the ends of the span included."""
    if not len(at_ms):
        return to_ms - from_ms
    within = int((at_ms[1:] - at_ms[:-1]).max()) if len(at_ms) > 1 else 0
    return max(within, int(at_ms[0]) - from_ms, to_ms - int(at_ms[-1]))


def usable(fixes: Fixes, acc_max_m: float) -> NDArray[np.bool_]:
    """A valid fix that is neither mocked, nor coarse, nor at (0, 0)."""
    fix, mock = 1, 2
    somewhere = (fixes["lon_e7"] != 0) | (fixes["lat_e7"] != 0)
    ok: NDArray[np.bool_] = (
        ((fixes["flags"] & (fix | mock)) == fix) & somewhere & (fixes["acc_dm"] <= acc_max_m * 10)
    )
    return ok


def distances_m(fixes: Fixes, spot: Spot) -> NDArray[np.float64]:
    """By the local ellipsoidal formula about the spot (domain reference C.1)."""
    east, north = metres_per_degree(spot.lat_deg)
    x = (fixes["lon_e7"] / 1e7 - spot.lon_deg) * east
    y = (fixes["lat_e7"] / 1e7 - spot.lat_deg) * north
    apart: NDArray[np.float64] = np.hypot(x, y)
    return apart


def lost_messages(
    counters: NDArray[np.int64], from_ms: int, to_ms: int, sparse_step: int
) -> int | None:
    """Messages of the span that never came: steps of the counter that are larger than one.

    A counter that grows by leaps (a clock, a hash) counts nothing, and says nothing: 0.
    None: no message from before the span and after it is known, so the first or the last
    one of the span could be missing unseen.
    """
    rows = counters
    steps = rows[1:, 1] - rows[:-1, 1]
    if len(steps) and steps.min() < 0:  # several channels, or out of order
        rows = counters[np.argsort(counters[:, 1], kind="stable")]
        steps = rows[1:, 1] - rows[:-1, 1]
    counted = len(steps) and steps.max() == 1
    grown = steps[steps > 0]
    if not counted and len(grown) and np.median(grown) >= sparse_step:
        return 0
    if not (rows[:, 0] <= from_ms).any() or not (rows[:, 0] >= to_ms).any():
        return None
    if counted:
        return 0
    starts = np.minimum(rows[:-1, 0], rows[1:, 0])
    ends = np.maximum(rows[:-1, 0], rows[1:, 0])
    within = (starts <= to_ms) & (ends >= from_ms) & (steps > 1)
    return int((steps[within] - 1).sum())


def possible_stay_s(
    fixes: Fixes, spot: Spot, at_ms: int, acc_max_m: float
) -> tuple[float | None, float | None]:
    """How long before and after `at_ms` the device may have been there: seconds to the nearest
    fixes that are surely outside; None where there is none."""
    good = fixes[usable(fixes, acc_max_m)]
    out_ms = good["at_ms"][distances_m(good, spot) - good["acc_dm"] / 10 > spot.radius_m]
    before, after = out_ms[out_ms < at_ms], out_ms[out_ms > at_ms]
    return (
        (at_ms - int(before[-1])) / 1000 if len(before) else None,
        (int(after[0]) - at_ms) / 1000 if len(after) else None,
    )


# ── our own ears ───────────────────────────────────────────────────────────


def unheard(
    opens_at: datetime,
    closes_at: datetime,
    settles_at: datetime,
    spans: Mapping[int, Sequence[Span]],
) -> list[Span]:
    """When some ingest session was down within the window, from its alive spans.

    A silence up to HEARTBEAT_MISSED_S is no outage. Without any session, all of the window
    is unheard. A device speaks to one session, and whoever might have come could have had
    any device: one session down is enough. One that is down as the grace ends has not heard
    what waits for it at the broker; after an outage that was over by then, it has.
    """
    if not spans:
        return [(opens_at, closes_at)]
    gaps: list[Span] = []
    for alive in spans.values():
        at = opens_at
        for start, seen in sorted(alive):
            if seen < opens_at or start > settles_at:
                continue
            gaps += _gap(at, min(start, closes_at))
            at = max(at, seen)
        gaps += _gap(at, settles_at)
    return merged(gaps)


def heard_share(opens_at: datetime, closes_at: datetime, outages: Sequence[Span]) -> float:
    within = [(start, min(end, closes_at)) for start, end in outages]
    lost_s = seconds([span for span in within if span[0] < span[1]])
    share = 1 - lost_s / max(seconds([(opens_at, closes_at)]), 1e-9)
    return min(max(round(share, 6), 0.0), 1.0)


def _gap(start: datetime, end: datetime) -> list[Span]:
    return [(start, end)] if (end - start).total_seconds() > HEARTBEAT_MISSED_S else []


def merged(gaps: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for start, end in sorted(gaps):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def seconds(spans: Sequence[Span]) -> float:
    return sum((end - start).total_seconds() for start, end in spans)


def told(sight: Sight) -> dict[str, Any]:
    """For the evidence of a verdict."""
    return {
        "device_no": sight.device_no,
        "observed_share": sight.observed_share,
        "longest_gap_s": sight.longest_gap_s,
        "lost": sight.lost,
        "nearest_m": sight.nearest_m,
        "nearest_at_ms": sight.nearest_at_ms,
    }
