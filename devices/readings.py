"""What a device can tell us, after decoding and before anyone has an opinion on it.

Positions come by the ten thousand, so they travel as columns: one NumPy structured
array of POSITION_DTYPE. Everything else is rarer and travels as small values.
All places are WGS-84 here; `datum` says what the device gave. Times are
milliseconds since 1970 UTC; absent numbers are NaN in columns, None in values.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

SOURCES = ("gnss", "network", "manual")
DATUMS = ("wgs84", "gcj02", "bd09", "cgcs2000")

# flags of a position
FIX = 1
MOCK = 2
IGNITION_KNOWN = 4
IGNITION_ON = 8
QUEUED = 16
RETAINED = 32

POSITION_DTYPE = np.dtype(
    [
        ("device_no", "i4"),
        ("at_ms", "i8"),
        ("seq", "i8"),
        ("received_ms", "i8"),
        ("lon_deg", "f8"),
        ("lat_deg", "f8"),
        ("acc_m", "f4"),
        ("spd_mps", "f4"),
        ("crs_deg", "f4"),
        ("alt_m", "f4"),
        ("sat", "f4"),
        ("bat_pct", "f4"),
        ("skew_ms", "f8"),
        ("src", "i2"),
        ("datum", "i2"),
        ("flags", "i2"),
    ]
)
Positions = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Stamp:
    """Who said it and when: what every reading but a position column carries."""

    device_no: int
    device_id: str
    kind: str
    org_id: int
    at_ms: int  # observed, the device's clock; never changed: it is part of the duplicate key
    seq: int
    received_ms: int  # ours


@dataclass(frozen=True, slots=True)
class Status:
    stamp: Stamp
    state: str
    bat_pct: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    will: bool = False  # a Last Will: carries no time of its own, receipt counts


@dataclass(frozen=True, slots=True)
class Checkin:
    stamp: Stamp
    method: str
    tag: str | None  # UID, upper case hex, no separators
    lon_deg: float | None = None
    lat_deg: float | None = None
    acc_m: float | None = None
    skew_ms: int | None = None  # corrected time minus at_ms, where the monotonic clock allows it
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CylinderEvent:
    stamp: Stamp
    event_id: UUID
    type: str
    code: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recording:
    stamp: Stamp
    recording_id: str
    start_ms: int
    stop_ms: int | None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """SOS, fall, problem, lead, or a phone's own fence transition."""

    stamp: Stamp
    type: str
    lon_deg: float | None = None
    lat_deg: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ack:
    """What a unit says of its task; `media` in the detail is evidence it keeps, by reference."""

    stamp: Stamp
    task_id: int
    move: str
    reason: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)


Rare = Status | Checkin | CylinderEvent | Recording | DeviceEvent | Ack


@dataclass(slots=True)
class Readings:
    """What one or several batches brought that was not stored before, in stored order.

    An evaluator may be handed the same readings again after a crash, and batches cut
    or joined in any way: the outcome must be the same.
    """

    positions: Positions
    statuses: list[Status] = field(default_factory=list)
    checkins: list[Checkin] = field(default_factory=list)
    cylinder_events: list[CylinderEvent] = field(default_factory=list)
    recordings: list[Recording] = field(default_factory=list)
    device_events: list[DeviceEvent] = field(default_factory=list)
    acks: list[Ack] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.positions) + sum(len(values) for values in self.rare())

    def rare(self) -> tuple[list[Any], ...]:
        return (
            self.statuses,
            self.checkins,
            self.cylinder_events,
            self.recordings,
            self.device_events,
            self.acks,
        )

    def add(self, value: Rare) -> None:
        """Put a rare reading where its kind belongs."""
        lists: dict[type[Any], list[Any]] = {
            Status: self.statuses,
            Checkin: self.checkins,
            CylinderEvent: self.cylinder_events,
            Recording: self.recordings,
            DeviceEvent: self.device_events,
            Ack: self.acks,
        }
        lists[type(value)].append(value)

    def keys(self) -> list[tuple[int, int, int]]:
        """(device_no, at_ms, seq) of every reading, positions first."""
        found = [
            (int(row["device_no"]), int(row["at_ms"]), int(row["seq"])) for row in self.positions
        ]
        return found + [
            (one.stamp.device_no, one.stamp.at_ms, one.stamp.seq)
            for values in self.rare()
            for one in values
        ]

    def halves(self) -> tuple["Readings", "Readings"]:
        """Cut in two, each with at least one reading (of at least two)."""
        first, second = Readings.empty(), Readings.empty()
        middle = len(self) // 2
        cut = min(middle, len(self.positions))
        first.positions, second.positions = self.positions[:cut], self.positions[cut:]
        taken = cut
        for values in self.rare():
            for one in values:
                (first if taken < middle else second).add(one)
                taken += 1
        return first, second

    @classmethod
    def joined(cls, many: Sequence["Readings"]) -> "Readings":
        """Several in their order as one."""
        if len(many) == 1:
            return many[0]
        whole = cls(np.concatenate([one.positions for one in many] or [cls.empty().positions]))
        for one in many:
            for mine, theirs in zip(whole.rare(), one.rare(), strict=True):
                mine.extend(theirs)
        return whole

    @classmethod
    def empty(cls) -> "Readings":
        return cls(np.empty(0, POSITION_DTYPE))
