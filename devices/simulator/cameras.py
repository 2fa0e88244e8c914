"""A body-worn camera: what it records, what it tells live, what is heard only at a dock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from random import Random

from devices.simulator.motion import Receiver
from devices.simulator.streets import Frame, Place
from devices.simulator.voice import Voice

STATUS_S = 60.0
UPLOAD_S = (25.0, 70.0)  # one file through the dock
TOTAL_MB = 64_000
MB_A_SECOND = 0.5  # 1080p, 4 Mbit/s
PREBUFFER_S = 15.0
FIRMWARE = "3.2.7"


@dataclass(slots=True)
class File:
    recording_id: str
    start_s: float
    stop_s: float
    trigger_on_s: float
    task_id: int | None
    reason: str
    size: int
    sha256: str


@dataclass(slots=True)
class Camera:
    """Acts when its officer does (a scene, a station) and by its own clock between."""

    voice: Voice
    frame: Frame
    rng: Random
    live: bool
    period_s: float
    station_dock: str | None
    state: str = "standby"
    dock: str | None = None
    battery_pct: float = 100.0
    files: list[File] = field(default_factory=list)
    place: Place = (0.0, 0.0)
    receiver: Receiver = field(init=False)
    at_s: float = 0.0
    position_s: float = 0.0
    status_s: float = 0.0
    upload_s: float = 0.0
    _began_s: float = 0.0
    _task_id: int | None = None
    _reason: str = "button"
    _free_mb: float = TOTAL_MB

    def __post_init__(self) -> None:
        self.receiver = Receiver(self.rng)
        self.battery_pct = self.rng.uniform(45, 100)

    def start(self, at_s: float) -> None:
        self.at_s = at_s
        self.position_s = at_s + self.rng.uniform(0, self.period_s)
        self.status_s = at_s + self.rng.uniform(0, STATUS_S)
        for _ in range(self.rng.randint(0, 5)):  # from earlier in the shift
            began_s = at_s - self.rng.uniform(900, 10_000)
            self._keep(began_s, began_s + self.rng.uniform(60, 600), None, "button")

    def act(self, at_s: float) -> float:
        """Tell what is due; return when to act again."""
        self._age(at_s)
        if self.dock and self.files and at_s >= self.upload_s:
            self._upload(at_s)
        if at_s >= self.status_s:
            if self.live or self.dock:
                self.tell_status(at_s)
            self.status_s = at_s + STATUS_S
        if at_s >= self.position_s:
            if self.live and not self.dock:
                self._tell_position(at_s)
            self.position_s = at_s + self.period_s
        dues = [self.status_s, self.position_s]
        if self.dock and self.files:
            dues.append(self.upload_s)
        return min(dues)

    def record(self, at_s: float, task_id: int | None, reason: str) -> None:
        if self.state == "recording" or self.dock:
            return
        self._age(at_s)
        self.state, self._began_s, self._task_id, self._reason = "recording", at_s, task_id, reason
        self._tell_if_live(at_s)

    def stop(self, at_s: float) -> None:
        """End a recording: told at once by a live camera, at the dock by the others."""
        if self.state != "recording":
            return
        self._age(at_s)
        self.state = "standby"
        file = self._keep(self._began_s, at_s, self._task_id, self._reason)
        if self.live:
            self._tell_recording(at_s, file, uploaded=False)
        self._tell_if_live(at_s)

    def put_in_dock(self, at_s: float) -> None:
        if self.dock or self.station_dock is None:
            return
        self.stop(at_s)
        self._age(at_s)
        self.dock = self.station_dock
        self.upload_s = at_s + self.rng.uniform(*UPLOAD_S)
        self.tell_status(at_s)

    def take_out(self, at_s: float) -> None:
        if self.dock is None:
            return
        self._age(at_s)
        self.dock = None
        self.tell_status(at_s)

    def tell_status(self, at_s: float, *, sos: bool = False) -> None:
        place, acc_m = self.receiver.read(self.place, STATUS_S)
        lon, lat = self.frame.degrees(place)
        self.voice.say(
            "status", at_s, state=self.state, bat=round(self.battery_pct),
            charging=self.dock is not None, free_mb=round(self._free_mb), total_mb=TOTAL_MB,
            pending=len(self.files), dock=self.dock, sos=sos, tamper=False,
            lon=lon, lat=lat, acc=round(acc_m, 1), fw=FIRMWARE,
        )  # fmt: skip

    def _tell_if_live(self, at_s: float) -> None:
        if self.live:
            self.tell_status(at_s)

    def _tell_position(self, at_s: float) -> None:
        place, acc_m = self.receiver.read(self.place, self.period_s)
        lon, lat = self.frame.degrees(place)
        self.voice.say("position", at_s, lon=lon, lat=lat, acc=round(acc_m, 1),
                       bat=round(self.battery_pct))  # fmt: skip

    def _keep(self, start_s: float, stop_s: float, task_id: int | None, reason: str) -> File:
        name = f"{self.voice.device_id}-{self.voice.told_ms(start_s)}"
        size = round((stop_s - start_s + PREBUFFER_S) * MB_A_SECOND * 1_000_000)
        digest = hashlib.sha256(f"{name}/{size}".encode()).hexdigest()
        file = File(name, start_s - PREBUFFER_S, stop_s, start_s, task_id, reason, size, digest)
        self.files.append(file)
        self._free_mb = max(0.0, self._free_mb - size / 1_000_000)
        return file

    def _upload(self, at_s: float) -> None:
        file = self.files.pop(0)
        self._free_mb = min(TOTAL_MB, self._free_mb + file.size / 1_000_000)
        self._tell_recording(at_s, file, uploaded=True)
        self.upload_s = at_s + self.rng.uniform(*UPLOAD_S)
        self.tell_status(at_s)

    def _tell_recording(self, at_s: float, file: File, *, uploaded: bool) -> None:
        told = self.voice.told_ms
        self.voice.say(
            "recording", at_s, recording_id=file.recording_id, start=told(file.start_s),
            stop=told(file.stop_s), trigger_on=told(file.trigger_on_s),
            trigger_off=told(file.stop_s), reason=file.reason, size=file.size,
            sha256=file.sha256, gaps=[], tags=["task"] if file.task_id else ["patrol"],
            task_id=file.task_id, uploaded_at=told(at_s) if uploaded else None,
            dock=self.dock if uploaded else None,
        )  # fmt: skip

    def _age(self, at_s: float) -> None:
        hours = max(0.0, at_s - self.at_s) / 3600
        rate = 40.0 if self.dock else (-16.0 if self.state == "recording" else -7.0)
        self.battery_pct = min(100.0, max(4.0, self.battery_pct + rate * hours))
        self.at_s = max(self.at_s, at_s)
