"""When a fallen service comes back: at once at first, then ever later. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

# How long to wait after the n-th fall in a row; the last figure goes on.
BACK_OFF_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
STEADY_S: Final = 30.0  # a service that ran this long has recovered, and starts anew at the top


@dataclass(frozen=True, slots=True)
class Record:
    """One service: how often it fell in a row, and since when it runs or waits."""

    falls: int = 0
    started_s: float = 0.0
    due_s: float | None = None  # when to start it again; None while it runs


def fell(record: Record, now_s: float) -> Record:
    """It ended without being asked to."""
    steady = now_s - record.started_s >= STEADY_S
    falls = 1 if steady else record.falls + 1
    delay_s = BACK_OFF_S[min(falls, len(BACK_OFF_S)) - 1]
    return replace(record, falls=falls, due_s=now_s + delay_s)


def started(record: Record, now_s: float) -> Record:
    return replace(record, started_s=now_s, due_s=None)


def due(records: Mapping[str, Record], now_s: float) -> list[str]:
    """The services whose waiting is over."""
    return [name for name, one in records.items() if one.due_s is not None and one.due_s <= now_s]
