"""The topic grammar: waypost/v1/{part}/{kind}/{device_id}/{channel}, and OwnTracks' own."""

import re
from dataclasses import dataclass
from enum import StrEnum
from zlib import crc32

from core.limits import PARTS
from core.values import Kind

ROOT = "waypost/v1"
HAND_MADE_PART = "_"  # accepted from hand-made clients that cannot compute a part
OWNTRACKS_ROOT = "owntracks"

_DEVICE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Up(StrEnum):
    """Channels from a device."""

    POSITION = "position"
    STATUS = "status"
    CHECKIN = "checkin"
    CYLINDER = "cylinder"
    RECORDING = "recording"
    EVENT = "event"
    BATCH = "batch"
    ACK = "ack"


class Down(StrEnum):
    """Channels to a device."""

    TASK = "task"
    COMMAND = "command"
    RECEIPT = "receipt"


@dataclass(frozen=True, slots=True)
class Topic:
    part: str  # two hex digits, or `_`
    kind: Kind
    device_id: str
    channel: str


def part_of(device_id: str) -> int:
    """The part a device is enrolled into, for life.

    >>> part_of("officer-0001")
    56
    """
    return crc32(device_id.encode()) % PARTS


def part_text(part: int) -> str:
    """
    >>> part_text(63)
    '3f'
    """
    return f"{part:02x}"


def subtree(device_id: str, kind: str) -> str:
    """The prefix a device owns, without a trailing slash."""
    return f"{ROOT}/{part_text(part_of(device_id))}/{kind}/{device_id}"


def is_device_id(text: str) -> bool:
    return _DEVICE_ID.fullmatch(text) is not None


def parse(topic: str) -> Topic | None:
    """Read a topic of ours; None when it is none, whatever is wrong with it."""
    levels = topic.split("/")
    if len(levels) != 6 or "/".join(levels[:2]) != ROOT:
        return None
    _, _, part, kind, device_id, channel = levels
    known = channel in set(Up) | set(Down)
    if not known or kind not in set(Kind) or not is_device_id(device_id):
        return None
    if part not in (HAND_MADE_PART, part_text(part_of(device_id))):
        return None
    return Topic(part, Kind(kind), device_id, channel)
