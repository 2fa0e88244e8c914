"""What a window is judged on, and what comes of it: the values of the patrol judge."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from geo.patrol.results import Result
from geo.patrol.rules import RULE
from geo.patrol.sight import Sight, Span, Spot

TAP, STAY, EITHER = "tap", "stay", "either"


@dataclass(frozen=True, slots=True)
class Window:
    """On time is `[opens_at, closes_at]`, closed on both sides; early and late lie around it."""

    id: int
    point_id: int
    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    spot: Spot
    early_s: int = 0
    late_s: int = 0
    grace_s: int = 0
    min_dwell_s: int = 0
    proof: str = EITHER
    min_level: int = 0
    route_order: str = "free"
    round: str | None = None
    stop_no: int | None = None

    @property
    def from_at(self) -> datetime:
        return self.opens_at - timedelta(seconds=self.early_s)

    @property
    def to_at(self) -> datetime:
        return self.closes_at + timedelta(seconds=self.late_s)

    @property
    def settles_at(self) -> datetime:
        """From then on absence may be said."""
        return self.to_at + timedelta(seconds=self.grace_s)


class Key(NamedTuple):
    """Of a check-in."""

    device_no: int
    at: datetime
    seq: int


@dataclass(frozen=True, slots=True)
class Tap:
    """A check-in at the point and what it proves (checkin_proof)."""

    key: Key
    corrected_at: datetime
    method: str = "nfc"
    auth: str = "uid"
    place: str = "none"
    level: int = 2
    distance_m: float | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stay:
    """Time inside the point's circle. `until` is the leaving, or the last fix inside."""

    device_no: int
    entered_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Pardon:
    """`kind`: excused, makeup or appeal; `why` a person wrote."""

    kind: str
    why: str
    id: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a window is judged on.

    `around`: by check-in, seconds before and after it to the nearest fixes surely outside.
    `sights`: how each expected terminal was seen; empty when nobody is rostered.
    `offline`: an expected terminal has told nothing since the window; it may still deliver.
    `unjudged_since`: when the oldest reading was received that followers have not judged yet.
    """

    taps: Sequence[Tap] = ()
    stays: Sequence[Stay] = ()
    around: Mapping[Key, tuple[float | None, float | None]] = field(default_factory=dict)
    sights: Sequence[Sight] = ()
    outages: Sequence[Span] = ()
    pardon: Pardon | None = None
    offline: bool = False
    unjudged_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    result: Result
    reasons: tuple[dict[str, Any], ...]
    evidence: dict[str, Any]
    observed_share: float
    rule: str = RULE.version
    verified: bool | None = None
    level: int | None = None
    device_no: int | None = None
    proved_at: datetime | None = None


def same(a: Verdict, b: Verdict) -> bool:
    """Nothing a person would see differently: no new version."""
    return replace(a, rule="") == replace(b, rule="")
