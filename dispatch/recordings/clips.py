"""What a camera told, by the right clock. Pure (domain reference D.2, B.5).

A camera's clock may be wrong by hours; recordings are evidence. When it tells of one afresh, the
time of receipt less what passed since says how wrong.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from core.values import from_ms
from devices.readings import Recording, Status
from dispatch.equipment import policy
from dispatch.recordings.audit import DEVICE_REASONS

RECORDING: Final = ("recording", "prebuffer")
CONDITIONS: Final = ("fault", "battery", "storage", "tamper", "sos")
_STOPPED: Final = {
    "battery": ("battery", "lowbattery", "low battery", "bat"),
    "storage": ("storage", "storagefull", "storage full", "full", "sd full"),
    "fault": ("fault", "error", "crash", "restart"),
}
_WHY: Final = {word: reason for reason, words in _STOPPED.items() for word in words}


def is_fresh(detail: Mapping[str, Any]) -> bool:
    """Whether the time of its receipt says what time it was sent."""
    return not detail.get("queued") or _waited_ms(detail) is not None


def offset_ms(
    at_ms: int, received_ms: int, detail: Mapping[str, Any], known_ms: int, limits: policy.Audit
) -> int:
    """What is to be added to a camera's times. `known_ms`: what it was when last heard afresh."""
    if not is_fresh(detail):
        return known_ms
    found = received_ms - (_waited_ms(detail) or 0) - at_ms
    return found if abs(found) >= limits.clock_s * 1000 else 0


def _waited_ms(detail: Mapping[str, Any]) -> int | None:
    """Between observing and sending, by the camera's monotonic clock."""
    up, sent_up = detail.get("up"), detail.get("sent_up")
    return sent_up - up if isinstance(up, int) and isinstance(sent_up, int) else None


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording as it is stored; times corrected."""

    device_no: int
    recording_id: str
    org_id: int
    start_at: datetime
    stop_at: datetime | None
    offset_ms: int
    gaps: list[tuple[int, int]]
    off_reason: str
    task_id: int | None
    tags: list[str]
    size_bytes: int | None
    sha256: str | None
    sm3: str | None
    uri: str | None
    told_at: datetime
    uploaded_at: datetime | None
    fresh: bool


def clip_of(one: Recording, offset: int) -> Clip:
    """`offset`: milliseconds to add to what the camera told."""
    said, stamp = one.detail, one.stamp
    told_at = from_ms(stamp.received_ms)
    done = said.get("uploaded_at")
    return Clip(
        stamp.device_no, one.recording_id, stamp.org_id, from_ms(one.start_ms + offset),
        None if one.stop_ms is None else from_ms(max(one.start_ms, one.stop_ms) + offset),
        offset, [(begin + offset, end + offset) for begin, end in said.get("gaps") or ()],
        _why(said), said.get("task_id"), list(said.get("tags") or ()), said.get("size"),
        _lower(said.get("sha256")), _lower(said.get("sm3")), said.get("uri"), told_at,
        None if done is None else min(told_at, from_ms(done + offset)), is_fresh(said),
    )  # fmt: skip


def _lower(said: str | None) -> str | None:
    return None if said is None else said.lower()


def _why(said: Mapping[str, Any]) -> str:
    """Whether the camera stopped by itself: from `trigger_off`, or from `reason`."""
    reason = said.get("reason")
    words = [reason] if isinstance(reason, str) else list(reason or ())
    if isinstance(said.get("trigger_off"), str):
        words.append(said["trigger_off"])
    found = [_WHY[word.strip().lower()] for word in words if word.strip().lower() in _WHY]
    return next((one for one in DEVICE_REASONS if one in found), "")


def conditions_of(one: Status, limits: policy.Status) -> list[str]:
    """What is wrong with a camera, by what it says of itself."""
    said = one.detail
    free, total = said.get("free_mb"), said.get("total_mb")
    full = free is not None and total and free < total * limits.storage_low_pct / 100
    low = one.bat_pct is not None and one.bat_pct < limits.battery_low_pct
    found = {
        "fault": one.state == "fault", "battery": low and not said.get("charging"),
        "storage": full, "tamper": said.get("tamper"), "sos": said.get("sos"),
    }  # fmt: skip
    return [name for name in CONDITIONS if found[name]]


@dataclass(frozen=True, slots=True)
class State:
    """What a camera last said of itself; times corrected. Of no camera yet: everything empty."""

    at: datetime | None = None
    seq: int = -1
    conditions: tuple[str, ...] = ()
    dock: str | None = None
    dock_since: datetime | None = None
    docked_at: datetime | None = None
    emptied_at: datetime | None = None
    pending: int | None = None


def after(before: State, one: Status, at: datetime, limits: policy.Status) -> State:
    """Once a status of time `at` is known; an older one than the newest says nothing of now."""
    if before.at is not None and (at, one.stamp.seq) <= (before.at, before.seq):
        return before
    dock, pending = one.detail.get("dock"), one.detail.get("pending")
    return State(
        at, one.stamp.seq, tuple(conditions_of(one, limits)), dock,
        before.dock_since if dock == before.dock and before.at is not None else at,
        before.docked_at if dock is None else at,
        at if pending == 0 and one.state not in RECORDING else before.emptied_at,
        before.pending if pending is None else pending,
    )  # fmt: skip


def of_cameras(statuses: Iterable[Status]) -> Sequence[Status]:
    """Theirs, Last Wills left out: those say nothing of a camera."""
    return [one for one in statuses if not one.will and one.stamp.kind == "camera"]
