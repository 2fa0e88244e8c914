"""The simulated fleet: a function of seed and virtual time.

`step(now_s)` plays everything due up to then and returns what the devices said. Each
device has its own chance and acts at its own due times, so cutting the time into other
steps changes nothing.

The virtual clock starts at `start_s` (seconds since 1970) and may run `speed` times faster
than ours. Devices tell our time: a device's second is 1/speed of a virtual one, and speeds
over ground are told to match, so that a track stays consistent with itself.
"""

from __future__ import annotations

import heapq
from random import Random
from typing import Any, Protocol

from devices.simulator.cameras import Camera
from devices.simulator.cylinders import Cylinder
from devices.simulator.officers import Officer
from devices.simulator.roster import Device, Roster
from devices.simulator.rounds import beat_of, chance
from devices.simulator.streets import Streets
from devices.simulator.vehicles import Vehicle
from devices.simulator.voice import Message, Voice

DOCK_STATUS_S = 60.0
DOCK_FIRMWARE = "CJZ-1.8"


class Actor(Protocol):
    def start(self, at_s: float) -> float: ...
    def act(self, at_s: float) -> float: ...


class Fleet:
    """All devices of a roster. Not safe for use from several threads."""

    def __init__(
        self,
        roster: Roster,
        streets: Streets,
        start_s: float,
        speed: float = 1.0,
        period_s: float | None = None,
    ) -> None:
        """`period_s` replaces every device's own reporting period."""
        self.roster = roster
        self.streets = streets
        self.start_s = start_s
        self.speed = speed
        self._period_s = period_s
        self._out: list[Message] = []
        self._voices = {device.id: self._voice(device) for device in roster.devices}
        self._actors: list[Actor] = []
        self._bearers: dict[str, tuple[int, Officer | Vehicle]] = {}
        self._due: list[tuple[float, int]] = []
        self._now_s = start_s
        self._build()
        for index, actor in enumerate(self._actors):
            heapq.heappush(self._due, (actor.start(start_s), index))

    def told_ms(self, at_s: float) -> int:
        """Our time in milliseconds at a virtual time."""
        return round((self.start_s + (at_s - self.start_s) / self.speed) * 1000)

    def virtual_s(self, told_s: float) -> float:
        """The virtual time at a time of ours: what `step` wants."""
        return self.start_s + (told_s - self.start_s) * self.speed

    def step(self, now_s: float) -> list[Message]:
        """Everything said up to this virtual time since the last step, in order of saying."""
        while self._due and self._due[0][0] <= now_s:
            at_s, index = self._due[0]
            heapq.heapreplace(self._due, (self._actors[index].act(at_s), index))
        self._now_s = max(self._now_s, now_s)
        said = self._out[:]
        self._out.clear()
        return said

    def deliver(self, device_id: str, channel: str, body: dict[str, Any]) -> None:
        """Hand what came down to a device, at the time of the last step. Only `task` moves it."""
        if device_id not in self._bearers:
            return
        index, bearer = self._bearers[device_id]
        if channel == "task":
            bearer.errands.receive(body, self.streets.frame, self._now_s)
            self._wake(index)

    def sign_off(self) -> list[Message]:
        """What devices say when they are switched off in order."""
        for device in self.roster.devices:
            state = "off" if device.kind == "camera" else "offline"
            self._voices[device.id].say("status", self._now_s, state=state)
        said = self._out[:]
        self._out.clear()
        return said

    def officer(self, device_id: str) -> Officer:
        bearer = self._bearers[device_id][1]
        assert isinstance(bearer, Officer), device_id
        return bearer

    def _wake(self, index: int) -> None:
        """Let an actor act next at the present, whatever it had planned."""
        self._due = [(at_s, other) for at_s, other in self._due if other != index]
        self._due.append((self._now_s, index))
        heapq.heapify(self._due)

    def _build(self) -> None:
        cameras: dict[str, list[Camera]] = {}
        for device in self.roster.of_kind("camera"):
            camera = self._camera(device)
            cameras.setdefault(device.owner or "", []).append(camera)
        for device in self.roster.of_kind("officer"):
            worn = cameras.get(device.id, [])
            self._bear(device, self._officer(device, worn))
        for device in self.roster.of_kind("vehicle"):
            self._bear(device, self._vehicle(device))
        # After their officers: a camera starts where its bearer is.
        for worn in cameras.values():
            self._actors += [_Worn(camera) for camera in worn]
        for device in self.roster.of_kind("dock"):
            self._actors.append(_Dock(self._voices[device.id], self._chance(device.id)))
        scanners = {
            device.id.removeprefix("scanner-"): self._voices[device.id]
            for device in self.roster.of_kind("scanner")
        }
        if scanners:
            self._actors += [
                Cylinder(no, self.roster.seed, scanners)
                for no in range(self.roster.sizes.cylinders)
            ]

    def _bear(self, device: Device, bearer: Officer | Vehicle) -> None:
        self._bearers[device.id] = (len(self._actors), bearer)
        self._actors.append(bearer)

    def _officer(self, device: Device, cameras: list[Camera]) -> Officer:
        rng = self._chance(device.id)
        squad = self.roster.squads[device.squad]
        beat = beat_of(rng, self.roster.points_of(device.squad), self.streets)
        period_s = self._period_s or device.period_s
        return Officer(self._voices[device.id], self.streets, rng, beat, squad.station, period_s,
                       self.speed, cameras)  # fmt: skip

    def _vehicle(self, device: Device) -> Vehicle:
        squad = self.roster.squads[device.squad]
        goals = self.streets.within(squad.ring)
        return Vehicle(self._voices[device.id], self.streets, self._chance(device.id),
                       goals or self.streets.joined, squad.station,
                       self._period_s or device.period_s, self.speed)  # fmt: skip

    def _camera(self, device: Device) -> Camera:
        docks = self.roster.of_kind("dock")
        near = [dock for dock in docks if dock.squad == device.squad] or docks
        rng = self._chance(device.id)
        return Camera(self._voices[device.id], self.roster.frame, rng, device.live,
                      self._period_s or device.period_s,
                      rng.choice(near).id if near else None)  # fmt: skip

    def _voice(self, device: Device) -> Voice:
        return Voice(device.id, device.kind, round(self.start_s * 1000), self.told_ms, self._out)

    def _chance(self, name: str) -> Random:
        return chance(self.roster.seed, name)


class _Worn:
    """A camera as an actor of its own clock."""

    def __init__(self, camera: Camera) -> None:
        self.camera = camera

    def start(self, at_s: float) -> float:
        self.camera.start(at_s)
        return self.act(at_s)

    def act(self, at_s: float) -> float:
        return max(self.camera.act(at_s), at_s + 0.05)


class _Dock:
    """A docking station: it is there, and says so."""

    def __init__(self, voice: Voice, rng: Random) -> None:
        self.voice = voice
        self.rng = rng

    def start(self, at_s: float) -> float:
        self.act(at_s)
        return at_s + self.rng.uniform(0, DOCK_STATUS_S)

    def act(self, at_s: float) -> float:
        self.voice.say("status", at_s, state="online", fw=DOCK_FIRMWARE)
        return at_s + DOCK_STATUS_S
