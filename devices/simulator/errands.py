"""How the bearer of a device answers a task: one table, one machine, no hurry.

delivered, read, accepted, en_route, then the way there, on_scene, then work, resolved.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from devices.simulator.streets import Frame, Place

# state -> (shortest s, longest s, move told at the end). `en_route` ends by arriving.
STEPS: dict[str, tuple[float, float, str]] = {
    "received": (0.3, 1.5, "delivered"),
    "delivered": (3, 18, "read"),
    "read": (4, 22, "accepted"),
    "accepted": (3, 10, "en_route"),
    "en_route": (0, 0, "on_scene"),
    "on_scene": (60, 240, "resolved"),
}
DECLINED_SHARE = 0.03
REASONS = ("正在处理其他事件", "距离过远", "设备故障", "临时勤务")
# A `task` message in another state takes the task back, or says that it is over.
HELD = frozenset(
    {"dispatched", "delivered", "read", "acked", "en_route", "on_scene", "in_progress", "reopened"}
)
WAITING_MAX = 20  # tasks a bearer keeps in hand; more are declined at once


@dataclass(slots=True)
class Errand:
    task_id: int
    version: int
    place: Place | None  # None: where one stands
    state: str
    due_s: float

    @property
    def ended(self) -> bool:
        return self.state in ("resolved", "declined", "withdrawn")


@dataclass(frozen=True, slots=True)
class Told:
    """One move to acknowledge."""

    task_id: int
    move: str
    reason: str | None = None


class Errands:
    """The tasks one bearer has in hand. The first that is accepted is carried out; the
    others are delivered and read, and wait."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._known: dict[int, Errand] = {}

    @property
    def at_hand(self) -> Errand | None:
        """The task being carried out: read at least, and the oldest."""
        return next((errand for errand in self._known.values() if not errand.ended), None)

    @property
    def travelling_to(self) -> Errand | None:
        errand = self.at_hand
        return errand if errand and errand.state == "en_route" else None

    @property
    def on_scene(self) -> Errand | None:
        errand = self.at_hand
        return errand if errand and errand.state == "on_scene" else None

    def receive(self, body: dict[str, Any], frame: Frame, at_s: float) -> None:
        """A `task` message. Told twice, or an older version, changes nothing."""
        task_id, version = body.get("task_id"), body.get("version", 0)
        if not isinstance(task_id, int) or not isinstance(version, int):
            return
        state = body.get("state", "dispatched")
        if state not in HELD:
            self.withdraw(task_id)
            return
        lon, lat = body.get("lon"), body.get("lat")
        place = frame.metres(lon, lat) if lon is not None and lat is not None else None
        known = self._known.get(task_id)
        if known is not None and not known.ended:
            if version > known.version:
                known.version, known.place = version, place
            return
        if known is not None and (version <= known.version or state != "dispatched"):
            return
        self._forget()
        self._known.pop(task_id, None)  # given again: it queues behind the others
        self._known[task_id] = Errand(
            task_id, version, place, "received", at_s + self._rng.uniform(*STEPS["received"][:2])
        )

    def withdraw(self, task_id: int) -> None:
        """The desk took the task back."""
        errand = self._known.get(task_id)
        if errand is not None and not errand.ended:
            errand.state = "withdrawn"

    def next_due_s(self) -> float | None:
        first = self.at_hand
        dues = [
            errand.due_s for errand in self._known.values() if self._moves_by_itself(errand, first)
        ]
        return min(dues, default=None)

    def advance(self, at_s: float, *, arrived: bool, free: bool = True) -> list[Told]:
        """What is to be told at this time. `arrived`: at the place of the task at hand.
        `free`: nothing else (a break, a shift's end) holds the bearer back."""
        told: list[Told] = []
        for errand in list(self._known.values()):
            first = self.at_hand
            if errand is first and errand.state == "en_route" and arrived:
                told.append(self._move(errand, "on_scene", at_s))
            elif self._moves_by_itself(errand, first) and errand.due_s <= at_s:
                if errand.state == "read" and not free:
                    errand.due_s = at_s + 30
                    continue
                told.append(self._step(errand, at_s))
        return told

    def _moves_by_itself(self, errand: Errand, first: Errand | None) -> bool:
        if errand.ended or errand.state == "en_route":
            return False
        return errand is first or errand.state in ("received", "delivered")

    def _step(self, errand: Errand, at_s: float) -> Told:
        move = STEPS[errand.state][2]
        waiting = sum(not other.ended for other in self._known.values())
        weary = self._rng.random() < DECLINED_SHARE or waiting > WAITING_MAX
        if move == "accepted" and weary:
            errand.state = "declined"
            return Told(errand.task_id, "declined", self._rng.choice(REASONS))
        return self._move(errand, move, at_s)

    def _move(self, errand: Errand, move: str, at_s: float) -> Told:
        errand.state = move
        if move in STEPS:
            errand.due_s = at_s + self._rng.uniform(*STEPS[move][:2])
        return Told(errand.task_id, move)

    def _forget(self) -> None:
        """Keep memory bounded: the oldest ended tasks go first."""
        ended = [task_id for task_id, errand in self._known.items() if errand.ended]
        for task_id in ended[: max(0, len(ended) - 50)]:
            del self._known[task_id]
