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

CONDITIONS: Final = ("fault", "battery", "storage", "tamper", "sos")
_STOPPED: Final = {
    "battery": ("battery", "lowbattery", "low battery", "bat"),
    "storage": ("storage", "storagefull", "storage full", "full", "sd full"),
    "fault": ("fault", "error", "crash", "restart"),
}
_WHY: Final = {word: reason for reason, words in _STOPPED.items() for word in words}


def offset_ms(
    at_ms: int, received_ms: int, detail: Mapping[str, Any], known_ms: int, limits: policy.Audit
) -> int:
    """What is to be added to a camera's times. `known_ms`: what it was when last heard afresh."""
    up, sent_up = detail.get("up"), detail.get("sent_up")
    waited = sent_up - up if isinstance(up, int) and isinstance(sent_up, int) else None
    if waited is None and detail.get("queued"):
        return known_ms
    found = received_ms - (waited or 0) - at_ms
    return found if abs(found) >= limits.clock_s * 1000 else 0


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
        None if done is None else min(told_at, from_ms(done + offset)),
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


def newest(statuses: Iterable[Status]) -> Sequence[Status]:
    """The last of each camera, Last Wills left out: they say nothing of it."""
    found: dict[int, Status] = {}
    for one in statuses:
        if one.will or one.stamp.kind != "camera":
            continue
        before = found.get(one.stamp.device_no)
        if before is None or _key(one) > _key(before):
            found[one.stamp.device_no] = one
    return [found[no] for no in sorted(found)]


def _key(one: Status) -> tuple[int, int]:
    return one.stamp.at_ms, one.stamp.seq
