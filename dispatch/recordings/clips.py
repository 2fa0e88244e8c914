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
WAITED_MAX_MS: Final = 7 * 24 * 3_600_000  # what waited longer than a week did not wait
CONFIRMED_MS: Final = 120_000
AHEAD_MS: Final = 60_000
GAPS_MAX: Final = 1_000
LATCHED: Final = ("sos", "tamper")  # told once they stand, whatever is told after
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


def offset_ms(at_ms: int, received_ms: int, detail: Mapping[str, Any], limits: policy.Audit) -> int:
    """What was to be added to a camera's clock, by a message it sent afresh."""
    found = received_ms - (_waited_ms(detail) or 0) - at_ms
    return found if abs(found) >= limits.clock_s * 1000 else 0


def _waited_ms(detail: Mapping[str, Any]) -> int | None:
    """Between observing and sending, by the camera's monotonic clock, where that makes sense."""
    up, sent_up = detail.get("up"), detail.get("sent_up")
    if not isinstance(up, int) or not isinstance(sent_up, int):
        return None
    return sent_up - up if 0 <= sent_up - up <= WAITED_MAX_MS else None


@dataclass(frozen=True, slots=True)
class Setting:
    """From `from_ms` on a clock lacked `offset_ms`; with the one before it was last heard at
    `before_ms`. True time, all of it."""

    from_ms: int
    offset_ms: int
    before_ms: int | None


@dataclass(frozen=True, slots=True)
class Clock:
    """How a camera's clock was set, the newest first. `suspect`: a greater lack that one message
    showed, and when: it may as well have waited in the broker."""

    settings: tuple[Setting, ...] = ()
    suspect: tuple[int, int, int | None] | None = None  # offset, receipt, last heard before that

    @property
    def offset_ms(self) -> int:
        return self.settings[0].offset_ms if self.settings else 0

    def at(self, told_ms: int, received_ms: int) -> int:
        """The offset for something the camera told the time of: the newest setting by which it was
        neither after its telling nor before that setting can have been made."""
        for one in self.settings:
            true_ms = told_ms + one.offset_ms
            early = one.before_ms is not None and true_ms <= one.before_ms
            if not early and true_ms <= received_ms + AHEAD_MS:
                return one.offset_ms
        return self.settings[-1].offset_ms if self.settings else 0


def heard(
    clock: Clock, found_ms: int, received_ms: int, last_ms: int | None, limits: policy.Audit
) -> Clock:
    """A message sent afresh showed that the clock lacks `found_ms`.

    Waiting on the way only ever adds to that: a smaller lack is believed at once, a greater one
    when a second message minutes later shows it too, or when nothing can have waited for so long.
    `last_ms`: when the camera was last heard before.
    """
    close_ms = limits.clock_s * 1000
    if clock.settings and abs(found_ms - clock.offset_ms) < close_ms:
        return Clock(clock.settings) if clock.suspect else clock
    # A clock that is right now was set: a delay would have to be just as long as it was fast.
    grew = bool(clock.settings) and found_ms and 0 < found_ms - clock.offset_ms < WAITED_MAX_MS
    if grew:
        if clock.suspect is None or abs(clock.suspect[0] - found_ms) >= close_ms:
            return Clock(clock.settings, (found_ms, received_ms, last_ms))
        if received_ms - clock.suspect[1] < CONFIRMED_MS:
            return clock
        _, received_ms, last_ms = clock.suspect
    return Clock((Setting(received_ms, found_ms, last_ms), *clock.settings))


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording as it is stored; times corrected."""

    device_no: int
    recording_id: str
    org_id: int
    start_at: datetime
    stop_at: datetime | None
    offset_ms: int
    gaps: list[tuple[int, int]] | None  # None: nothing was said of them
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
    """`offset`: milliseconds to add to what the camera told. Nothing of it is after its telling."""
    said, stamp = one.detail, one.stamp
    start = min(one.start_ms + offset, stamp.received_ms)
    stop = None if one.stop_ms is None else min(one.stop_ms + offset, stamp.received_ms)
    done = said.get("uploaded_at")
    gaps = None if said.get("gaps") is None else [
        (min(begin + offset, stamp.received_ms), min(end + offset, stamp.received_ms))
        for begin, end in said["gaps"][:GAPS_MAX]
    ]  # fmt: skip
    return Clip(
        stamp.device_no, one.recording_id, stamp.org_id, from_ms(start),
        None if stop is None else from_ms(max(start, stop)), offset, gaps, _why(said),
        said.get("task_id"), list(said.get("tags") or ()), said.get("size"),
        _lower(said.get("sha256")), _lower(said.get("sm3")), said.get("uri"),
        from_ms(stamp.received_ms),
        None if done is None else from_ms(min(stamp.received_ms, max(start, done + offset))),
        is_fresh(said),
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
