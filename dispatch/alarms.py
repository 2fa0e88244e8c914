"""The life of an alarm, after ISA-18.2: is it so, and has a person seen it.

Every legal happening is a line of HAPPENINGS. Shelving lies over these states: it
changes who is bothered, not what is so.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from core.errors import AppError, Invalid


class State(StrEnum):
    ACTIVE_UNACK = "active_unack"
    ACTIVE_ACK = "active_ack"
    CLEARED_UNACK = "cleared_unack"  # no longer so, and nobody has seen that it was
    NORMAL = "normal"


class Happening(StrEnum):
    RAISE = "raise"
    CLEAR = "clear"  # the machine found it is no longer so
    ACKNOWLEDGE = "acknowledge"  # a person has seen it
    RESET = "reset"  # a person says it is no longer so


_S, _H = State, Happening

# What is absent is refused to a person and ignored from a machine.
HAPPENINGS: dict[State, dict[Happening, State]] = {
    _S.NORMAL: {_H.RAISE: _S.ACTIVE_UNACK},
    _S.ACTIVE_UNACK: {
        _H.RAISE: _S.ACTIVE_UNACK,
        _H.CLEAR: _S.CLEARED_UNACK,
        _H.ACKNOWLEDGE: _S.ACTIVE_ACK,
        _H.RESET: _S.CLEARED_UNACK,
    },
    _S.ACTIVE_ACK: {
        _H.RAISE: _S.ACTIVE_ACK,
        _H.CLEAR: _S.NORMAL,
        _H.RESET: _S.NORMAL,
    },
    _S.CLEARED_UNACK: {
        _H.RAISE: _S.ACTIVE_UNACK,
        _H.ACKNOWLEDGE: _S.NORMAL,
    },
}
# A latched alarm (SOS, fall) is never cleared by a machine, and calls again when raised again.
LATCHED: dict[State, dict[Happening, State]] = HAPPENINGS | {
    _S.ACTIVE_UNACK: {k: v for k, v in HAPPENINGS[_S.ACTIVE_UNACK].items() if k is not _H.CLEAR},
    _S.ACTIVE_ACK: {_H.RAISE: _S.ACTIVE_UNACK, _H.RESET: _S.NORMAL},
}

SHELVE_MAX = timedelta(hours=24)


class NotNow(AppError):
    """The alarm is not in a state that allows this."""

    code = "alarm_state"


@dataclass(frozen=True, slots=True)
class RaiseAlarm:
    """Say that something is wrong. Unique by (source, type) while it lasts."""

    type: str
    source: str  # device:<no>, point:<id>, ingest:<session>
    org_id: int
    priority: int  # 1 is the most urgent
    at: datetime
    device_no: int | None = None
    latched: bool = False
    lon_deg: float | None = None
    lat_deg: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClearAlarm:
    """Say that it is no longer so.

    `about` is the time of the thing judged (a window's opening): an alarm raised about a
    later thing stays; with `exactly`, only one about this very thing goes.
    """

    type: str
    source: str
    at: datetime
    about: datetime | None = None
    exactly: bool = False


Command = RaiseAlarm | ClearAlarm


def state_of(*, active: bool, acknowledged: bool) -> State:
    """
    >>> str(state_of(active=False, acknowledged=True))
    'normal'
    """
    if active:
        return State.ACTIVE_ACK if acknowledged else State.ACTIVE_UNACK
    return State.NORMAL if acknowledged else State.CLEARED_UNACK


def after(state: State, happening: Happening, *, latched: bool) -> State | None:
    """Where this leads; None when it does not apply."""
    return (LATCHED if latched else HAPPENINGS)[state].get(happening)


def is_active(state: State) -> bool:
    return state in (State.ACTIVE_UNACK, State.ACTIVE_ACK)


def is_acknowledged(state: State) -> bool:
    return state in (State.ACTIVE_ACK, State.NORMAL)


def concerns(command: ClearAlarm, about: datetime | None) -> bool:
    """Whether a clear means an alarm that was raised about the thing of that time."""
    if command.about is None or about is None:
        return True
    return about == command.about if command.exactly else about <= command.about


def require_shelf(until: datetime, reason: str, now: datetime) -> None:
    """Raise Invalid for a shelf without a reason or a sensible end."""
    if not reason.strip():
        raise Invalid("Say why the alarm is shelved.")
    if not now < until <= now + SHELVE_MAX:
        raise Invalid("Shelve an alarm until some time within the next 24 hours.")
