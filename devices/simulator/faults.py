"""Faults on demand, labelled: what the air between a device and the broker does.

Each device has its own chance, so one device's faults do not depend on another's traffic.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from random import Random

from core.errors import Invalid

REORDER_S = (0.5, 6.0)
DEAD_ZONE_S = (20.0, 180.0)


@dataclass(frozen=True, slots=True)
class Faults:
    """Shares are of messages, 0 to 1.

    drop, duplicate, reorder: share of messages; delay: seconds at most, for each message;
    skew: seconds a device's clock is wrong at most; deadzones: per device and hour;
    restart: per device and hour.
    """

    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    delay: float = 0.0
    skew: float = 0.0
    deadzones: float = 0.0
    restart: float = 0.0

    @property
    def any(self) -> bool:
        return any(getattr(self, one.name) for one in fields(self))


def parse(text: str) -> Faults:
    """`drop=0.05,skew=30` to Faults. Raises Invalid with a sentence.

    >>> parse("drop=0.05,skew=30")
    Faults(drop=0.05, duplicate=0.0, reorder=0.0, delay=0.0, skew=30.0, deadzones=0.0, restart=0.0)
    """
    known = [one.name for one in fields(Faults)]
    given: dict[str, float] = {}
    for part in filter(None, text.split(",")):
        name, _, value = part.strip().partition("=")
        if name not in known:
            raise Invalid(f"Unknown fault {name!r}. There are: {', '.join(known)}.")
        try:
            given[name] = float(value)
        except ValueError:
            raise Invalid(f"{name}={value!r} is no number. Write for example {name}=0.1.") from None
        most = 0.95 if name in ("drop", "duplicate", "reorder") else math.inf
        if not 0 <= given[name] <= most:
            raise Invalid(f"{name} must be between 0 and {most}.")
    return Faults(**given)


@dataclass(slots=True)
class Air:
    """The faults one device meets. Times are seconds of our clock."""

    faults: Faults
    rng: Random
    born_s: float
    skew_ms: int = 0
    booted_s: float = 0.0
    boots: int = 1
    dead_from_s: float = math.inf
    dead_until_s: float = math.inf
    restart_s: float = math.inf

    def __post_init__(self) -> None:
        self.booted_s = self.born_s - self.rng.uniform(60, 20_000)
        self.skew_ms = round(self.rng.uniform(-1, 1) * self.faults.skew * 1000)
        self._plan_dead_zone(self.born_s)
        self._plan_restart(self.born_s)

    def move_on(self, now_s: float) -> list[str]:
        """Labels of what begins or ends by now: dead_zone, back, restart."""
        labels = []
        if now_s >= self.dead_until_s:
            labels.append("back")
            self._plan_dead_zone(now_s)
        elif self.dead_until_s == math.inf and now_s >= self.dead_from_s:
            self.dead_until_s = now_s + self.rng.uniform(*DEAD_ZONE_S)
            labels.append("dead_zone")
        if now_s >= self.restart_s:
            self.booted_s = now_s
            self.boots += 1
            labels.append("restart")
            self._plan_restart(now_s)
        return labels

    @property
    def dead(self) -> bool:
        return self.dead_until_s < math.inf

    def fates(self) -> tuple[list[float], list[str]]:
        """Delays, one for each copy that arrives, and the labels of what was done."""
        faults, rng = self.faults, self.rng
        if rng.random() < faults.drop:
            return [], ["drop"]
        delays, labels = [rng.uniform(0, faults.delay)], ["delay"] if faults.delay else []
        if rng.random() < faults.reorder:
            delays[0] += rng.uniform(*REORDER_S)
            labels.append("reorder")
        if rng.random() < faults.duplicate:
            delays.append(delays[0] + rng.uniform(0, 2))
            labels.append("duplicate")
        return delays, labels

    def _plan_dead_zone(self, now_s: float) -> None:
        self.dead_until_s = math.inf
        self.dead_from_s = now_s + self._wait_s(self.faults.deadzones)

    def _plan_restart(self, now_s: float) -> None:
        self.restart_s = now_s + self._wait_s(self.faults.restart)

    def _wait_s(self, an_hour: float) -> float:
        return self.rng.expovariate(an_hour / 3600) if an_hour else math.inf
