"""An officer with a handset: walks between the points of the beat, taps, rests, answers.

What an officer does is one table of activities; each ends at a time or by arriving, and
then chooses the next.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from devices.simulator.cameras import Camera
from devices.simulator.errands import Errands
from devices.simulator.motion import Mover, Receiver
from devices.simulator.roster import PatrolPoint
from devices.simulator.streets import Streets, distance_m
from devices.simulator.voice import Voice

WALK_MPS = (1.1, 1.5)
RIDE_MPS = (3.6, 5.0)  # on the service's electric bicycle: to a task, to the station
SHIFT_S = 8 * 3600.0
HANDOVER_S = (900.0, 2400.0)  # the handset lies at the station between two shifts
BREAK_EVERY_S = (7200.0, 12_000.0)
BREAK_S = (900.0, 1800.0)
VISIT_S = (75.0, 240.0)
REST_STATUS_S = 300.0
TAP_REACH_M = 8.0
PROBLEM_SHARE = 0.073  # problems found per check-in (domain reference 0.3)
LEAD_SHARE = 0.01
PATROL_RECORDING_SHARE = 0.25
SOS_EVERY_S = 240 * 3600.0  # officer hours between two
FALL_EVERY_S = 600 * 3600.0
PROBLEMS = ("占道设摊", "乱堆物", "违规店招", "乱张贴", "非机动车违停", "建筑垃圾偷倒", "跨门经营")
LEADS = ("疑似无证送气", "黑气瓶线索", "群众举报夜间施工", "疑似违法搭建")
FIRMWARE = "5.1.0"


@dataclass(slots=True)
class Officer:
    voice: Voice
    streets: Streets
    rng: Random
    beat: Sequence[PatrolPoint]
    station: int
    period_s: float
    pace_factor: float = 1.0  # told speed against walked speed: the fleet's time factor
    cameras: list[Camera] = field(default_factory=list)
    errands: Errands = field(init=False)
    mover: Mover = field(init=False)
    receiver: Receiver = field(init=False)
    doing: str = "walk"  # walk, visit, to_break, break, to_station, off, task
    until_s: float = math.inf
    at_s: float = 0.0
    position_s: float = 0.0
    status_s: float = 0.0
    tap_s: float = math.inf
    shift_end_s: float = 0.0
    break_s: float = 0.0
    sos_s: float = math.inf
    fall_s: float = math.inf
    battery_pct: float = 100.0
    _next: int = 0
    _told_s: float = 0.0

    def __post_init__(self) -> None:
        self.errands = Errands(self.rng)
        self.receiver = Receiver(self.rng)
        node = self.rng.choice(self.beat).node if self.beat else self.station
        self.mover = Mover(self.streets.places[node], node, self.rng)

    # ── the clock ────────────────────────────────────────────────────────
    def start(self, at_s: float) -> float:
        """Some way into a shift; a few are at rest."""
        rng = self.rng
        self.at_s = self._told_s = at_s
        self.position_s = at_s + rng.uniform(0, self.period_s)
        self.shift_end_s = at_s + rng.uniform(0.05, 1) * SHIFT_S
        self.break_s = at_s + rng.uniform(0.1, 1) * BREAK_EVERY_S[1]
        self.sos_s = at_s + rng.expovariate(1 / SOS_EVERY_S)
        self.fall_s = at_s + rng.expovariate(1 / FALL_EVERY_S)
        self.battery_pct = rng.uniform(40, 100)
        self._next = rng.randrange(len(self.beat)) if self.beat else 0
        lot = rng.random()
        if lot < 0.05:
            self._arrive_at_station()
            self._rest("off", at_s, rng.uniform(*HANDOVER_S))
        elif lot < 0.11:
            self._arrive_at_station()
            self._rest("break", at_s, rng.uniform(*BREAK_S))
        else:
            self._tell_status("on_duty", at_s)
            self._walk_on(at_s)
            self.mover.advance(rng.uniform(0, 400))
        for camera in self.cameras:
            camera.place = self.mover.place
        return self._next_due()

    def act(self, at_s: float) -> float:
        """Everything due by now; returns when to act again."""
        self.mover.advance(at_s - self.at_s)
        self.at_s = at_s
        for camera in self.cameras:
            camera.place = self.mover.place
        self._answer(at_s)
        self._live(at_s)
        if at_s >= self.tap_s:
            self._tap(at_s)
        if at_s >= self.position_s:
            if self.doing != "off":
                self._tell_position(at_s)
            self.position_s += self.period_s
        self._alarms(at_s)
        return self._next_due()

    def _next_due(self) -> float:
        dues = [self.until_s, self.tap_s, self.status_s]
        if self.doing != "off":
            dues += [self.position_s, self.sos_s, self.fall_s]
        due = self.errands.next_due_s()
        if due is not None:
            dues.append(due)
        return max(min(dues), self.at_s + 0.05)

    # ── what one does ────────────────────────────────────────────────────
    def _live(self, at_s: float) -> None:
        if self.doing == "task":
            return
        if self.doing in ("walk", "to_break", "to_station") and self.mover.arrived:
            self._arrive(at_s)
        elif at_s >= self.until_s:
            self._resume(at_s)
        if at_s >= self.status_s:
            self._tell_status(
                {"off": "off_duty", "break": "break"}.get(self.doing, "on_duty"), at_s
            )

    def _arrive(self, at_s: float) -> None:
        if self.doing == "walk":
            self._visit(at_s)
        elif self.doing == "to_break":
            self._rest("break", at_s, self.rng.uniform(*BREAK_S))
            self.break_s = self.until_s + self.rng.uniform(*BREAK_EVERY_S)
        else:
            self._rest("off", at_s, self.rng.uniform(*HANDOVER_S))

    def _resume(self, at_s: float) -> None:
        """A visit, a break or the time between two shifts is over."""
        if self.doing == "off":
            self.shift_end_s = at_s + SHIFT_S
            self.break_s = at_s + self.rng.uniform(*BREAK_EVERY_S)
            self.battery_pct = 100.0
            self.position_s = at_s
        if self.doing == "visit":
            self._stop_recording(at_s)
        else:
            self._tell_status("on_duty", at_s)
            for camera in self.cameras:
                camera.take_out(at_s)
        self._walk_on(at_s)

    def _walk_on(self, at_s: float) -> None:
        """The next leg: a point of the beat, or the station when it is time."""
        self.until_s = self.tap_s = math.inf
        if at_s >= self.shift_end_s:
            self.doing = "to_station"
            self._ride_home()
        elif at_s >= self.break_s or not self.beat:
            self.doing = "to_break"
            self._ride_home()
        else:
            self.doing = "walk"
            self._next = (self._next + 1) % len(self.beat)
            node = self.beat[self._next].node
            self.mover.head_for(self.streets, node, self.rng.uniform(*WALK_MPS))

    def _ride_home(self) -> None:
        self.mover.head_for(self.streets, self.station, self.rng.uniform(*RIDE_MPS))

    def _visit(self, at_s: float) -> None:
        point = self.beat[self._next]
        self.doing = "visit"
        self.mover.step_aside(self.streets.frame.metres(point.lon_deg, point.lat_deg), WALK_MPS[0])
        self.tap_s = at_s + self.rng.uniform(10, 30)
        self.until_s = at_s + self.rng.uniform(*VISIT_S)
        if self.rng.random() < PATROL_RECORDING_SHARE:
            for camera in self.cameras:
                camera.record(at_s, None, "button")

    def _rest(self, doing: str, at_s: float, seconds: float) -> None:
        self.doing = doing
        self.until_s = at_s + seconds
        self.tap_s = math.inf
        self._tell_status("break" if doing == "break" else "off_duty", at_s)
        for camera in self.cameras:
            camera.put_in_dock(at_s)

    def _arrive_at_station(self) -> None:
        self.mover.place, self.mover.node = self.streets.places[self.station], self.station
        self.mover.steps = []

    def _stop_recording(self, at_s: float) -> None:
        for camera in self.cameras:
            camera.stop(at_s)

    # ── tasks ────────────────────────────────────────────────────────────
    def _answer(self, at_s: float) -> None:
        errand = self.errands.at_hand
        if self.doing == "task" and errand is None:  # withdrawn under way
            self._stop_recording(at_s)
            self._walk_on(at_s)
        arrived = self.doing == "task" and self.mover.arrived
        told = self.errands.advance(at_s, arrived=arrived, free=self.doing != "off")
        for one in told:
            self.voice.say("ack", at_s, task_id=one.task_id, move=one.move, reason=one.reason)
            if one.move == "en_route":
                self._set_out(at_s)
            elif one.move == "on_scene":
                for camera in self.cameras:
                    camera.stop(at_s)  # of the patrol
                    camera.record(at_s, one.task_id, "button")
            elif one.move == "resolved" and self.doing == "task":
                self._stop_recording(at_s)
                self._walk_on(at_s)

    def _set_out(self, at_s: float) -> None:
        if self.doing == "break":
            self._tell_status("on_duty", at_s)
            for camera in self.cameras:
                camera.take_out(at_s)
        else:
            self._stop_recording(at_s)
        self.doing = "task"
        self.until_s = self.tap_s = math.inf
        errand = self.errands.travelling_to
        place = errand.place if errand else None
        if place is None:
            self.mover.halt(self.streets)
        else:
            node = self.streets.nearest(place)
            self.mover.head_for(self.streets, node, self.rng.uniform(*RIDE_MPS), place)

    # ── what one tells ───────────────────────────────────────────────────
    def _tell_position(self, at_s: float) -> None:
        self.battery_pct = max(5.0, self.battery_pct - 8.0 * (at_s - self._told_s) / 3600)
        lon, lat, acc_m = self._fix(at_s)
        self.voice.say(
            "position", at_s, lon=lon, lat=lat, acc=acc_m,
            spd=round(self.mover.speed_mps * self.pace_factor, 2),
            crs=round(self.mover.course_deg, 1) % 360, bat=round(self.battery_pct),
            sat=min(24, max(5, round(16 - acc_m / 2))),
        )  # fmt: skip

    def _fix(self, at_s: float) -> tuple[float, float, float]:
        place, acc_m = self.receiver.read(self.mover.place, at_s - self._told_s)
        self._told_s = at_s
        return (*self.streets.frame.degrees(place), round(acc_m, 1))

    def _tell_status(self, state: str, at_s: float) -> None:
        self.voice.say("status", at_s, state=state, bat=round(self.battery_pct), fw=FIRMWARE)
        self.status_s = at_s + REST_STATUS_S

    def _tap(self, at_s: float) -> None:
        point = self.beat[self._next]
        target = self.streets.frame.metres(point.lon_deg, point.lat_deg)
        if distance_m(self.mover.place, target) > TAP_REACH_M:
            self.tap_s = at_s + 3
            return
        self.tap_s = math.inf
        lon, lat, acc_m = self._fix(at_s)
        self.voice.say("checkin", at_s, method="nfc", tag=point.tag, lon=lon, lat=lat, acc=acc_m,
                       fix_at=self.voice.told_ms(at_s), mock=False)  # fmt: skip
        lot = self.rng.random()
        if lot < PROBLEM_SHARE:
            self.voice.say("event", at_s, type="problem", lon=lon, lat=lat,
                           note=f"{point.name}：{self.rng.choice(PROBLEMS)}")  # fmt: skip
        elif lot < PROBLEM_SHARE + LEAD_SHARE:
            self.voice.say("event", at_s, type="lead", lon=lon, lat=lat,
                           note=f"{point.name}：{self.rng.choice(LEADS)}")  # fmt: skip

    def _alarms(self, at_s: float) -> None:
        if self.doing == "off":
            return
        for kind, due_s, every_s in (("sos", self.sos_s, SOS_EVERY_S),
                                     ("fall", self.fall_s, FALL_EVERY_S)):  # fmt: skip
            if at_s < due_s:
                continue
            lon, lat, _ = self._fix(at_s)
            self.voice.say("event", at_s, type=kind, lon=lon, lat=lat)
            later = at_s + self.rng.expovariate(1 / every_s)
            if kind == "sos":
                self.sos_s = later
                for camera in self.cameras:
                    if camera.live and not camera.dock:
                        camera.tell_status(at_s, sos=True)
            else:
                self.fall_s = later
