"""What a cheat detector says, and the check-ins it looks at. Pure values.

A mark is evidence for a person to look at, never a rejection. Its `key` says what makes it the
same mark when it is found again, and its `at` whose day it belongs to.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from geo.distance import distance_m
from geo.patrol.evidence import Key
from geo.patrol.fraud.words import words
from geo.patrol.rules import FraudRule
from geo.patrol.sight import Spot
from geo.patrol.windows import LOCAL

IMPOSSIBLE_TRAVEL: Final = "impossible_travel"
STANDING_STILL: Final = "taps_standing_still"
TAG_AWAY: Final = "tag_away"
COUNTER_REGRESS: Final = "counter_regress"
TWO_PLACES: Final = "one_tag_two_places"
SHARED_DEVICE: Final = "shared_device"
REPEATED_TRACK: Final = "repeated_track"
CLOCK_SKEW: Final = "clock_skew"
MOCK_FIX: Final = "mock_fix"
DETECTORS: Final = (
    IMPOSSIBLE_TRAVEL, STANDING_STILL, TAG_AWAY, COUNTER_REGRESS, TWO_PLACES, SHARED_DEVICE,
    REPEATED_TRACK, CLOCK_SKEW, MOCK_FIX,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mark:
    """`evidence`: enough for a person to check, with the sentences `zh` and `en`."""

    detector: str
    key: str
    at: datetime
    until: datetime | None
    device_no: int
    other_no: int | None = None
    point_id: int | None = None
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tap:
    """A check-in, what it proves (checkin_proof), and the circle of its point.

    `spot` is None for a tag that hangs nowhere. Places are WGS-84, `acc_m` a 68 % circle.
    """

    key: Key
    at: datetime  # corrected
    spot: Spot | None = None
    point_id: int | None = None
    uid: str | None = None
    method: str = "nfc"
    auth: str = "uid"
    place: str = "none"
    trust: str = "device"
    lon_deg: float | None = None
    lat_deg: float | None = None
    acc_m: float | None = None
    riding: bool = False

    @property
    def order(self) -> tuple[datetime, Key]:
        return self.at, self.key

    @property
    def is_placed(self) -> bool:
        """Its fix says where it was: fresh, not coarse, not mocked (table B.4)."""
        return self.lon_deg is not None and self.place in ("in", "out", "uncertain")


def local_day(at: datetime) -> date:
    return at.astimezone(LOCAL).date()


def told(tap: Tap) -> dict[str, Any]:
    """A check-in as evidence: its key, and what was known of its time and place."""
    return {
        "device_no": tap.key.device_no,
        "at": tap.key.at.isoformat(),
        "seq": tap.key.seq,
        "corrected_at": tap.at.isoformat(),
        "point_id": tap.point_id,
        "uid": tap.uid,
        "lon": tap.lon_deg,
        "lat": tap.lat_deg,
        "acc_m": tap.acc_m,
    }


def apart_m(tap: Tap, spot: Spot) -> float:
    """From the fix of a placed check-in to the middle of a circle."""
    assert tap.lon_deg is not None and tap.lat_deg is not None
    return distance_m(tap.lon_deg, tap.lat_deg, spot.lon_deg, spot.lat_deg)


def error_s(tap: Tap, rule: FraudRule) -> float:
    """By how much its time may be wrong."""
    return {"monotonic": rule.monotonic_error_s, "low": rule.low_error_s}.get(
        tap.trust, rule.device_error_s
    )


def name_of(*taps: Tap) -> str:
    """The same for the same check-ins in any order."""
    return "+".join(
        f"{key.device_no}@{round(key.at.timestamp() * 1000)}.{key.seq}"
        for key in sorted(tap.key for tap in taps)
    )


def with_words(detector: str, taps: Iterable[Tap] = (), **facts: Any) -> dict[str, Any]:
    """Evidence: the facts, the check-ins, and a sentence in both languages."""
    checkins = [told(tap) for tap in taps]
    return {**facts, **({"checkins": checkins} if checkins else {}), **words(detector, facts)}
