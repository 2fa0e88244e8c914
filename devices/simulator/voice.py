"""How a simulated device speaks: numbered messages of the contract, on its own topics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from devices.topics import subtree

ToldMs = Callable[[float], int]  # virtual seconds since 1970 -> milliseconds a device tells


@dataclass(slots=True)
class Message:
    """One message as a device made it. What the link adds is added at sending."""

    topic: str
    payload: dict[str, Any]
    device_id: str
    channel: str
    seq: int | None  # a Last Will has none
    retain: bool = False


@dataclass(slots=True)
class Voice:
    """Gives a device's messages their time and number. Numbers only grow, over restarts too:
    they start at the millisecond the device first spoke."""

    device_id: str
    kind: str
    seq: int
    told_ms: ToldMs
    out: list[Message] = field(default_factory=list)  # shared by a whole fleet
    _root: str = ""

    def __post_init__(self) -> None:
        self._root = subtree(self.device_id, self.kind)

    def say(self, channel: str, at_s: float, **fields: Any) -> None:
        """Tell one thing observed at this virtual time; None values are left out."""
        self.seq += 1
        payload: dict[str, Any] = {"at": self.told_ms(at_s), "seq": self.seq}
        payload.update((name, value) for name, value in fields.items() if value is not None)
        retain = channel == "status"
        self.out.append(
            Message(f"{self._root}/{channel}", payload, self.device_id, channel, self.seq, retain)
        )
