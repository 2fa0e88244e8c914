"""How a camera stands: what it last said, and whether it ought to have said more. Pure (E2, E8).

A camera that is heard only at docks is not offline between two of them: it is out. What is
expected of it follows from who has it and when that person is on duty, not from a fixed timeout.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from dispatch.equipment import policy

ON: Final = ("standby", "prebuffer", "recording")
HEARD: Final = timedelta(seconds=150)  # a state told holds so long, unless another is told


@dataclass(frozen=True, slots=True)
class Camera:
    """Facts of one. `shift_from`, `shift_to`: the last shift of the holder that has begun."""

    ledger: str | None  # state in the ledger; None: not registered
    live: bool
    state: str | None
    state_at: datetime | None
    heard_at: datetime | None
    dock: str | None
    docked_at: datetime | None
    pending: int | None
    held: bool
    shift_from: datetime | None
    shift_to: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """`word`: store, fault, repair, lost, retired, uploading, docked, recording, on, off, out,
    silent, never. `missing`: why it ought to have been heard and was not; None: all is as it
    should be."""

    word: str
    since: datetime | None
    missing: str | None = None
    missing_since: datetime | None = None


def standing(one: Camera, now: datetime, limits: policy.Policy) -> Standing:
    """How it stands now."""
    if one.ledger in ("fault", "repair", "lost", "retired"):
        return Standing(one.ledger, None)
    if one.ledger == "in_store":
        return Standing("store", one.heard_at)
    missing, since = _missing(one, now, limits)
    if one.state is None:
        return Standing("never", None, missing, since)
    if one.dock is not None:
        word = "uploading" if one.pending else "docked"
    elif one.state == "fault":
        word = "fault"
    elif not one.live:
        word = "out"
    elif missing or one.state == "lost" or now - (one.heard_at or now) > HEARD * 2:
        word = "silent"
    elif one.state == "recording":
        word = "recording"
    else:
        word = "on" if one.state in ON else "off"
    return Standing(word, one.state_at, missing, since)


def _missing(
    one: Camera, now: datetime, limits: policy.Policy
) -> tuple[str | None, datetime | None]:
    """By the schedule: a live one speaks while its officer is on duty; one that only docks is
    docked within the time an upload may take after the shift."""
    if not one.held or one.shift_from is None or one.shift_to is None or one.dock is not None:
        return None, None
    if one.live:
        on_duty = one.shift_from <= now < one.shift_to
        quiet = timedelta(seconds=limits.status.live_silent_s)
        since = max(one.heard_at or one.shift_from, one.shift_from)
        return ("silent_on_duty", since) if on_duty and now - since > quiet else (None, None)
    due = one.shift_to + timedelta(hours=limits.audit.upload_h)
    docked = one.docked_at is not None and one.docked_at >= one.shift_from
    return ("not_docked", due) if now > due and not docked else (None, None)


def spans_of(
    statuses: Iterable[tuple[datetime, str, str | None]], until: datetime
) -> list[dict[str, Any]]:
    """What a camera said as spans of one state: [{state, dock, from, to}].

    `statuses`: (time, state, dock) in order. A state holds until the next is told, a dock for as
    long as nothing else is said, anything else no longer than HEARD.
    """
    found: list[dict[str, Any]] = []
    rows = list(statuses)
    for n, (at, state, dock) in enumerate(rows):
        until_next = rows[n + 1][0] if n + 1 < len(rows) else until
        end = until_next if dock is not None else min(until_next, at + HEARD)
        last = found[-1] if found else None
        if last and (last["state"], last["dock"], last["to"]) == (state, dock, at):
            last["to"] = end
        elif end > at:
            found.append({"state": state, "dock": dock, "from": at, "to": end})
    return found
