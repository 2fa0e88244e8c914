"""Was somebody there, was nobody, or could we not see? (到位 / 未到 / 无法判定)

A window is satisfied by a tap of the point's tag, or by a long enough stay in its circle.
Absence is only said when it was observable: what our own ingest could not hear while it
was down may be the very evidence that is missing.
Pure: `now` is an argument, and a verdict is a function of what was observed and of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from core.limits import HEARTBEAT_MISSED_S
from geo.distance import distance_m

ON_TIME, MISSED, UNDETERMINABLE = "on_time", "missed", "undeterminable"
TAP_ACCURACY_MAX_M: Final = 100.0  # a coarser fix is no evidence either way (B.4)

REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "tapped": ("在时间窗内打卡", "The tag was tapped within the window."),
    "stayed": ("在点位范围内停留达到要求时长", "Somebody stayed within the circle long enough."),
    "nobody": ("时间窗内无打卡，也无足够停留", "No tap and no long enough stay in the window."),
    "tap_away": (
        "有打卡，但定位明确在点位范围之外",
        "A tap was made with a position surely outside the circle; it does not count.",
    ),
    "blind": (
        "时间窗内本系统接收中断，无法判定",
        "Our own ingest was down within the window, so absence cannot be told.",
    ),
    "reopened": (
        "原判定依据已被后到的定位更正，时间窗结束后重新判定",
        "Positions that came later took the proof away; judged again when the window is over.",
    ),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """When unheard time makes absence untellable. The version is kept with each verdict."""

    version: str
    outage_max_s: float  # one outage longer than this could hide a tap


RULE: Final = Rule("v1", outage_max_s=60.0)


@dataclass(frozen=True, slots=True)
class Window:
    """`[opens_at, closes_at]`, closed on both sides. `min_dwell_s` 0: only taps count."""

    id: int
    opens_at: datetime
    closes_at: datetime
    grace_s: int
    min_dwell_s: int
    lon_deg: float
    lat_deg: float
    radius_m: float

    @property
    def due_at(self) -> datetime:
        """From then on absence may be said."""
        return self.closes_at + timedelta(seconds=self.grace_s)


@dataclass(frozen=True, slots=True)
class Tap:
    """A tap of the point's own tag; (device_no, at, seq) is its key."""

    device_no: int
    at: datetime
    seq: int
    lon_deg: float | None = None
    lat_deg: float | None = None
    acc_m: float | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """Time inside the point's circle. `until` is the leaving, or the last fix inside."""

    device_no: int
    entered_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    result: str
    reasons: tuple[dict[str, Any], ...]
    evidence: dict[str, Any]
    observed_share: float
    rule: str = RULE.version


Span = tuple[datetime, datetime]


def judge(
    window: Window,
    taps: Sequence[Tap],
    stays: Sequence[Stay],
    outages: Sequence[Span],
    now: datetime,
    *,
    rule: Rule = RULE,
    unjudged_since: datetime | None = None,
) -> Verdict | None:
    """None while the window may still be satisfied. `outages` as `unheard` finds them.

    `unjudged_since`: when the oldest reading was received whose crossings are not known yet.
    """
    share = _share(window, outages)
    held = [tap for tap in taps if window.opens_at <= tap.at <= window.closes_at]
    away = [tap for tap in held if is_away(window, tap)]
    good = sorted((t for t in held if t not in away), key=lambda t: (t.at, t.device_no, t.seq))
    if good:
        evidence = {"checkins": [_tap_key(good[0])]}
        return Verdict(ON_TIME, (reason("tapped", at=_iso(good[0].at)),), evidence, share)
    long_enough = sorted(
        (proof_at, stay.device_no, _iso(stay.entered_at))
        for stay in stays
        if (proof_at := _proof_at(window, stay)) is not None
    )
    if long_enough:
        proof_at, device_no, entered_at = long_enough[0]
        evidence = {"stays": [{"device_no": device_no, "entered_at": entered_at}]}
        return Verdict(ON_TIME, (reason("stayed", at=_iso(proof_at)),), evidence, share)
    behind = unjudged_since is not None and unjudged_since <= window.due_at
    if now <= window.due_at or (behind and window.min_dwell_s):
        return None  # a tap is read from the record itself; a stay only followers see
    said = [reason("tap_away", at=_iso(tap.at)) for tap in sorted(away, key=lambda t: t.at)]
    evidence = {"checkins": [_tap_key(tap) for tap in away]} if away else {}
    if not observable(window, outages, rule):
        blind = reason("blind", unheard_s=round(_seconds(outages), 1))
        return Verdict(UNDETERMINABLE, (blind, *said), evidence, share, rule.version)
    return Verdict(MISSED, (reason("nobody"), *said), evidence, share, rule.version)


def reopened(window: Window, outages: Sequence[Span]) -> Verdict:
    """What holds when a proof is gone and absence cannot be said yet."""
    said = (reason("reopened"),)
    return Verdict(UNDETERMINABLE, said, {}, _share(window, outages), RULE.version)


def observable(window: Window, outages: Sequence[Span], rule: Rule = RULE) -> bool:
    """False when the missing evidence could lie in what we did not hear."""
    if any((end - start).total_seconds() > rule.outage_max_s for start, end in outages):
        return False
    return not (window.min_dwell_s and _seconds(outages) >= window.min_dwell_s)


def is_away(window: Window, tap: Tap) -> bool:
    """Surely outside: further than the radius, even less its whole error circle (B.4)."""
    if tap.lon_deg is None or tap.lat_deg is None:
        return False
    acc_m = tap.acc_m or 0.0
    if acc_m > TAP_ACCURACY_MAX_M:
        return False
    apart_m = distance_m(window.lon_deg, window.lat_deg, tap.lon_deg, tap.lat_deg)
    return apart_m - acc_m > window.radius_m


def unheard(window: Window, spans: Mapping[int, Sequence[Span]]) -> list[Span]:
    """When some ingest session was down within the window, from its alive spans.

    A silence up to HEARTBEAT_MISSED_S is no outage. Without any session, all of the window
    is unheard. A device speaks to one session, and whoever might have come could have had
    any device: one session down is enough. One that is down as the grace ends has not heard
    what waits for it at the broker; after an outage that was over by then, it has.
    """
    whole = (window.opens_at, window.closes_at)
    if not spans:
        return [whole]
    gaps: list[Span] = []
    for alive in spans.values():
        at = window.opens_at
        for start, seen in sorted(alive):
            if seen < window.opens_at or start > window.due_at:
                continue
            gaps += _gap(at, min(start, window.closes_at))
            at = max(at, seen)
        gaps += _gap(at, window.due_at)
    return _merged(gaps)


def same(a: Verdict, b: Verdict) -> bool:
    """Nothing a person would see differently: no new version."""
    return (a.result, a.reasons, a.evidence) == (b.result, b.reasons, b.evidence)


def reason(code: str, **more: Any) -> dict[str, Any]:
    zh, en = REASONS[code]
    return {"code": code, "zh": zh, "en": en, **more}


def _proof_at(window: Window, stay: Stay) -> datetime | None:
    """When the stay had lasted long enough within the window."""
    if not window.min_dwell_s:
        return None
    start = max(stay.entered_at, window.opens_at)
    proof_at = start + timedelta(seconds=window.min_dwell_s)
    return proof_at if proof_at <= min(stay.until, window.closes_at) else None


def _share(window: Window, outages: Sequence[Span]) -> float:
    within = [(start, min(end, window.closes_at)) for start, end in outages]
    lost_s = _seconds([span for span in within if span[0] < span[1]])
    share = 1 - lost_s / max(_seconds([(window.opens_at, window.closes_at)]), 1e-9)
    return min(max(round(share, 6), 0.0), 1.0)


def _gap(start: datetime, end: datetime) -> list[Span]:
    return [(start, end)] if (end - start).total_seconds() > HEARTBEAT_MISSED_S else []


def _merged(gaps: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(gaps):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _seconds(spans: Sequence[Span]) -> float:
    return sum((end - start).total_seconds() for start, end in spans)


def _tap_key(tap: Tap) -> dict[str, Any]:
    return {"device_no": tap.device_no, "at": _iso(tap.at), "seq": tap.seq}


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
