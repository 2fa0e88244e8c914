"""The nouns every package shares. They know nothing and import nothing of ours."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType

DeviceNo = NewType("DeviceNo", int)  # ours, small: what hot tables and live frames carry
DeviceId = NewType("DeviceId", str)  # theirs: the MQTT user name
OrgId = NewType("OrgId", int)
FenceId = NewType("FenceId", int)
PointId = NewType("PointId", int)
WindowId = NewType("WindowId", int)
TaskId = NewType("TaskId", int)


class Kind(StrEnum):
    """What kind of thing a device is, as the topic says it."""

    OFFICER = "officer"
    VEHICLE = "vehicle"
    CAMERA = "camera"
    DOCK = "dock"
    SCANNER = "scanner"
    DRONE = "drone"


class Role(StrEnum):
    """What an account may do. Each role may do what stands above it as well."""

    VIEWER = "viewer"
    SQUAD = "squad"  # squad leader: moves tasks of the own squad
    DISPATCHER = "dispatcher"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Point:
    """A WGS-84 position. Latitude first, as people say it."""

    lat_deg: float
    lon_deg: float

    def __post_init__(self) -> None:
        assert -90 <= self.lat_deg <= 90, self.lat_deg
        assert -180 <= self.lon_deg <= 180, self.lon_deg


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is looking: an argument of every read and of every push.

    `org_ids` holds the own organisation and everything below it.
    """

    login: str
    role: Role
    org_id: OrgId
    org_ids: frozenset[OrgId]

    def sees(self, org_id: int) -> bool:
        return org_id in self.org_ids

    def may(self, role: Role) -> bool:
        order = list(Role)
        return order.index(self.role) >= order.index(role)


def from_ms(at_ms: int) -> datetime:
    """Milliseconds since 1970 UTC, as devices send them, to an aware time."""
    return datetime.fromtimestamp(at_ms / 1000, UTC)


def to_ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
