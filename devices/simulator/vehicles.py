"""An enforcement vehicle: patrols the streets of its squad, parks, answers tasks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from devices.simulator.errands import Errands
from devices.simulator.motion import Mover, Receiver
from devices.simulator.streets import Place, Streets
from devices.simulator.voice import Voice

STOP_S = (90.0, 420.0)
PARK_S = (900.0, 2400.0)
PARK_SHARE = 0.12
PATROL_PACE = (0.8, 1.0)  # of the usual speed of a street
HURRY_PACE = (1.0, 1.15)
STATUS_S = 300.0
FIRMWARE = "VT-2.4"


@dataclass(slots=True)
class Vehicle:
    voice: Voice
    streets: Streets
    rng: Random
    goals: Sequence[int]  # nodes it patrols between
    station: int
    period_s: float
    pace_factor: float = 1.0
    errands: Errands = field(init=False)
    mover: Mover = field(init=False)
    receiver: Receiver = field(init=False)
    doing: str = "drive"  # drive, stop, to_park, park, task
    until_s: float = math.inf
    at_s: float = 0.0
    position_s: float = 0.0
    status_s: float = 0.0
    _told_s: float = 0.0

    def __post_init__(self) -> None:
        self.errands = Errands(self.rng)
        self.receiver = Receiver(self.rng)
        node = self.rng.choice(self.goals)
        self.mover = Mover(self.streets.places[node], node, self.rng, vehicle=True)

    def start(self, at_s: float) -> float:
        self.at_s = self._told_s = at_s
        self.position_s = at_s + self.rng.uniform(0, self.period_s)
        if self.rng.random() < 0.1:
            self._park(at_s)
        else:
            self._tell_status(at_s)
            self._drive_on()
            self.mover.advance(self.rng.uniform(0, 120))
        return self._next_due()

    def act(self, at_s: float) -> float:
        self.mover.advance(at_s - self.at_s)
        self.at_s = at_s
        self._answer(at_s)
        self._live(at_s)
        if at_s >= self.status_s:
            self._tell_status(at_s)
        if at_s >= self.position_s:
            self._tell_position(at_s)
            self.position_s += self.period_s
        return self._next_due()

    def _next_due(self) -> float:
        due = self.errands.next_due_s()
        dues = [self.until_s, self.position_s, self.status_s]
        if due is not None:
            dues.append(due)
        return max(min(dues), self.at_s + 0.05)

    def _live(self, at_s: float) -> None:
        if self.doing == "task":
            return
        if self.doing == "drive" and self.mover.arrived:
            self.doing = "stop"
            self.until_s = at_s + self.rng.uniform(*STOP_S)
        elif self.doing == "to_park" and self.mover.arrived:
            self._park(at_s)
        elif at_s >= self.until_s:
            if self.doing == "park":
                self._tell_status(at_s, "on_duty")
            self._drive_on()

    def _drive_on(self) -> None:
        self.until_s = math.inf
        if self.rng.random() < PARK_SHARE:
            self.doing = "to_park"
            self._go(self.station, PATROL_PACE)
        else:
            self.doing = "drive"
            self._go(self.rng.choice(self.goals), PATROL_PACE)

    def _park(self, at_s: float) -> None:
        self.doing = "park"
        self.mover.steps = []
        self.until_s = at_s + self.rng.uniform(*PARK_S)
        self._tell_status(at_s)

    def _go(self, node: int, pace: tuple[float, float]) -> None:
        self.mover.head_for(self.streets, node, self.rng.uniform(*pace))

    def _answer(self, at_s: float) -> None:
        if self.doing == "task" and self.errands.at_hand is None:  # withdrawn under way
            self._drive_on()
        arrived = self.doing == "task" and self.mover.arrived
        for one in self.errands.advance(at_s, arrived=arrived):
            self.voice.say("ack", at_s, task_id=one.task_id, move=one.move, reason=one.reason)
            if one.move == "en_route":
                self._set_out()
            elif one.move == "resolved" and self.doing == "task":
                self._drive_on()

    def _set_out(self) -> None:
        self.doing, self.until_s = "task", math.inf
        errand = self.errands.travelling_to
        place: Place | None = errand.place if errand else None
        if place is None:
            self.mover.halt(self.streets)
        else:
            self._go(self.streets.nearest(place), HURRY_PACE)

    def _tell_position(self, at_s: float) -> None:
        place, acc_m = self.receiver.read(self.mover.place, at_s - self._told_s)
        self._told_s = at_s
        lon, lat = self.streets.frame.degrees(place)
        self.voice.say(
            "position", at_s, lon=lon, lat=lat, acc=round(acc_m, 1),
            spd=round(self.mover.speed_mps * self.pace_factor, 2),
            crs=round(self.mover.course_deg, 1) % 360, ign=self.doing != "park",
        )  # fmt: skip

    def _tell_status(self, at_s: float, state: str | None = None) -> None:
        told = state or ("off_duty" if self.doing == "park" else "on_duty")
        self.voice.say("status", at_s, state=told, fw=FIRMWARE)
        self.status_s = at_s + STATUS_S
