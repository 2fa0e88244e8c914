"""What a device keeps until a receipt says it is in the database.

Every message is held under its number and sent again with back-off until a receipt names
it. Memory is bounded: when the box is full the oldest position makes room, then the oldest
message of any kind, and the loss is counted, never silent.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from devices.simulator.voice import Message

FIRST_S = 5.0  # receipts are coalesced to one a second: sooner would be haste
LAST_S = 60.0
LIMIT = 5_000


@dataclass(slots=True)
class Waiting:
    message: Message
    due_s: float
    tries: int = 1


@dataclass(slots=True)
class Outbox:
    """One device's. Times are seconds of any one clock that does not run back."""

    first_s: float = FIRST_S
    last_s: float = LAST_S
    limit: int = LIMIT
    lost: int = 0  # pushed out because the box was full
    next_due_s: float = math.inf
    _kept: dict[int, Waiting] = field(default_factory=dict)
    _events: dict[str, int] = field(default_factory=dict)  # cylinder event id -> seq

    def __len__(self) -> int:
        return len(self._kept)

    def put(self, message: Message, now_s: float) -> None:
        """Keep a message that is being sent now for the first time."""
        assert message.seq is not None, "a Last Will is not kept"
        if len(self._kept) >= self.limit:
            self._make_room()
        due_s = now_s + self.first_s
        self._kept[message.seq] = Waiting(message, due_s)
        self.next_due_s = min(self.next_due_s, due_s)
        if message.channel == "cylinder":
            self._events[message.payload["event_id"]] = message.seq

    def receipt(self, body: Mapping[str, Any]) -> int:
        """Let go of what a `receipt` names; how many that were. Ranges are closed."""
        named: list[int] = []
        for first, last in body.get("stored", ()):
            named += self._between(first, last)
        for event_id in body.get("events", ()):
            seq = self._events.get(event_id)
            if seq is not None:
                named.append(seq)
        return sum(self._let_go(seq) for seq in named)

    def due(self, now_s: float, most: int = LIMIT) -> list[Message]:
        """What is to be sent again now, oldest first; each is then due later than before."""
        if now_s < self.next_due_s:
            return []
        again: list[Message] = []
        self.next_due_s = math.inf
        for waiting in self._kept.values():
            if waiting.due_s <= now_s and len(again) < most:
                again.append(waiting.message)
                pause_s = self.first_s * 2 ** min(waiting.tries, 16)
                waiting.due_s = now_s + min(self.last_s, pause_s)
                waiting.tries += 1
            self.next_due_s = min(self.next_due_s, waiting.due_s)
        return again

    def due_at_once(self, now_s: float) -> None:
        """The link is back: everything kept may go now."""
        for waiting in self._kept.values():
            waiting.due_s, waiting.tries = now_s, 1
        self.next_due_s = now_s if self._kept else math.inf

    def kept(self) -> list[Message]:
        return [waiting.message for waiting in self._kept.values()]

    def _between(self, first: int, last: int) -> Iterable[int]:
        if last - first < len(self._kept):
            return (seq for seq in range(first, last + 1) if seq in self._kept)
        return [seq for seq in self._kept if first <= seq <= last]

    def _let_go(self, seq: int) -> bool:
        waiting = self._kept.pop(seq, None)
        if waiting is None:
            return False
        if waiting.message.channel == "cylinder":
            self._events.pop(waiting.message.payload["event_id"], None)
        if not self._kept:
            self.next_due_s = math.inf
        return True

    def _make_room(self) -> None:
        oldest = next(iter(self._kept))
        positions = (s for s, w in self._kept.items() if w.message.channel == "position")
        self._let_go(next(positions, oldest))
        self.lost += 1
