"""How something moves along a way, and how a receiver misjudges where it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

from devices.simulator.streets import Place, Step, Streets, distance_m

DRIVE_MPS = {"motorway": 20.0, "primary": 13.0, "secondary": 10.5, "street": 7.0}
LIGHTS_SHARE = 0.12  # of the street nodes a vehicle meets, the share that stops it
LIGHTS_S = (8.0, 45.0)


@dataclass(slots=True)
class Mover:
    """Something on its way. `pace_mps` is a walker's speed; for a vehicle it is the share of
    the usual speed of the street."""

    place: Place
    node: int  # the street node last stood on, or headed for
    rng: Random
    vehicle: bool = False
    pace_mps: float = 1.3
    course_deg: float = 0.0
    speed_mps: float = 0.0
    steps: list[Step] = field(default_factory=list)
    stop_s: float = 0.0  # at lights, or an officer looking around

    def head_for(
        self, streets: Streets, node: int, pace_mps: float, place: Place | None = None
    ) -> None:
        """Leave for a street node, and from there for a place beside the street.

        Turned round under way, it first goes on to the next corner.
        """
        start = self.node if self.arrived else streets.nearest(self.steps[0].to)
        steps = list(streets.way(start, node, on_foot=not self.vehicle))
        if distance_m(self.place, streets.places[start]) > 0.5:
            steps.insert(0, Step(streets.places[start], "street"))
        if place is not None:
            steps.append(Step(place, "street"))
        self.steps, self.node, self.pace_mps, self.stop_s = steps, node, pace_mps, 0.0

    def step_aside(self, place: Place, pace_mps: float) -> None:
        """Go the last metres from the street to a place beside it."""
        self.steps, self.pace_mps, self.stop_s = [Step(place, "street")], pace_mps, 0.0

    def halt(self, streets: Streets) -> None:
        """Stay where one is."""
        if self.steps:
            self.node = streets.nearest(self.steps[0].to)
            self.steps = []

    @property
    def arrived(self) -> bool:
        return not self.steps

    def advance(self, seconds: float) -> None:
        """Move for this long, stopping where one stops. Seconds of the virtual clock."""
        left_s = seconds
        self.speed_mps = 0.0
        while left_s > 0 and self.steps:
            if self.stop_s > 0:
                waited = min(self.stop_s, left_s)
                self.stop_s -= waited
                left_s -= waited
                self.speed_mps = 0.0
                continue
            step = self.steps[0]
            speed = self._speed(step)
            far_m = distance_m(self.place, step.to)
            if far_m > 0.01:
                self.course_deg = course_deg(self.place, step.to)
            self.speed_mps = speed
            if speed * left_s < far_m:
                share = speed * left_s / far_m
                self.place = (
                    self.place[0] + (step.to[0] - self.place[0]) * share,
                    self.place[1] + (step.to[1] - self.place[1]) * share,
                )
                return
            left_s -= far_m / speed
            self.place = step.to
            self.steps.pop(0)
            self._pause()
        if not self.steps:
            self.speed_mps = 0.0

    def _speed(self, step: Step) -> float:
        if not self.vehicle:
            return self.pace_mps
        return DRIVE_MPS.get(step.street, DRIVE_MPS["street"]) * self.pace_mps

    def _pause(self) -> None:
        if not self.steps:
            return
        if self.vehicle and self.rng.random() < LIGHTS_SHARE:
            self.stop_s = self.rng.uniform(*LIGHTS_S)
        elif not self.vehicle and self.rng.random() < 0.08:
            self.stop_s = self.rng.uniform(5, 40)


def course_deg(a: Place, b: Place) -> float:
    return math.degrees(math.atan2(b[0] - a[0], b[1] - a[1])) % 360


@dataclass(slots=True)
class Receiver:
    """A satellite receiver: its error wanders slowly, so a track is not a scatter.

    The accuracy it tells is the 68 % radius of what it really errs by.
    """

    rng: Random
    accuracy_m: float = 5.0
    error: Place = (0.0, 0.0)

    def read(self, place: Place, seconds: float) -> tuple[Place, float]:
        """The place as told and its accuracy, `seconds` after the last reading."""
        drift = 0.15 * min(1.0, seconds / 10)
        wish = self.rng.lognormvariate(1.6, 0.35)
        self.accuracy_m += drift * (min(max(wish, 2.5), 25.0) - self.accuracy_m)
        keep = math.exp(-seconds / 60)
        spread = self.accuracy_m / 1.51 * math.sqrt(1 - keep * keep)
        self.error = (
            self.error[0] * keep + self.rng.gauss(0, spread),
            self.error[1] * keep + self.rng.gauss(0, spread),
        )
        return (place[0] + self.error[0], place[1] + self.error[1]), self.accuracy_m
