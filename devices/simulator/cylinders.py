"""Gas cylinders go round: filled, checked, carried, delivered, returned, and again.

A cylinder's history is a function of its code and the time alone, so a simulator started
anew goes on where the last one would be, and events it tells again carry the same ids.
The order of steps is that of the domain reference, E.2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID, uuid5

from devices.simulator.voice import Voice

ROUND_S = 3 * 3600.0
JITTER_S = 50.0
INSPECT_EVERY = 16  # rounds
# seconds into the round, what happens, whose scanner; the gaps exceed twice the jitter
ROUND: tuple[tuple[float, str, str], ...] = (
    (60, "prefill_check", "fill"),
    (240, "fill", "fill"),
    (480, "postfill_check", "fill"),
    (720, "stock_in", "fill"),
    (2400, "stock_out", "fill"),
    (2580, "load", "fill"),
    (4200, "unload", "depot"),
    (4380, "stock_in", "depot"),
    (5700, "handover", "courier"),
    (6900, "deliver", "courier"),
    (7080, "user_check", "courier"),
    (9300, "return", "courier"),
    (10_200, "handover", "fill"),
    (10_500, "inspect", "fill"),
)
SPECS = (("YSP11.8", 6.5, 5.0), ("YSP35.5", 16.5, 14.5), ("YSP118", 47.0, 49.5))  # tare, net kg
_NAMES = UUID("6f0c7d0e-5a5e-4c53-9a64-6c1d54e7a001")
COMPANY = "澜江燃气"
STATION, DEPOT = "LJ-01", "LJ-GYZ-1"
COURIERS = tuple(f"送气工{no}" for no in range(1, 10))
USERS = 7  # households of one cylinder


def live_users(cylinders: int) -> list[tuple[str, str]]:
    """(key, address) of everybody these cylinders are delivered to."""
    return [
        (f"U{310000 + no * USERS + one}", f"澄湾路{100 + no}号{one + 1}室")
        for no in range(cylinders)
        for one in range(USERS)
    ]


@dataclass(slots=True)
class Cylinder:
    no: int
    seed: int
    scanners: Mapping[str, Voice]  # fill, depot, courier-1 …
    code: str = ""
    phase_s: float = 0.0
    spec: tuple[str, float, float] = SPECS[1]
    _round: int = 0
    _step: int = 0

    def __post_init__(self) -> None:
        rng = Random(f"cylinder/{self.seed}/{self.no}")  # noqa: S311
        self.code = f"310{self.seed % 1000:03d}{self.no:07d}"
        self.phase_s = rng.uniform(0, ROUND_S)
        self.spec = rng.choice(SPECS)

    def start(self, at_s: float) -> float:
        """Tell its registration and what of the running round has passed already."""
        self._round = int((at_s + self.phase_s) // ROUND_S)
        self._step = 0
        month_s = 30 * 86400.0
        self._tell("register", "fill", (at_s // month_s - 1) * month_s, "register")
        while self._due_s() <= at_s:
            self._tell_step()
        return self._due_s()

    def act(self, at_s: float) -> float:
        while self._due_s() <= at_s:
            self._tell_step()
        return self._due_s()

    def _due_s(self) -> float:
        rng = self._chance(f"{self._round}/{self._step}")
        jitter_s = rng.uniform(-JITTER_S, JITTER_S)
        return self._round * ROUND_S - self.phase_s + ROUND[self._step][0] + jitter_s

    def _tell_step(self) -> None:
        _, kind, scanner = ROUND[self._step]
        if kind != "inspect" or self._round % INSPECT_EVERY == self.no % INSPECT_EVERY:
            self._tell(kind, scanner, self._due_s(), f"{self._round}/{self._step}")
        self._step += 1
        if self._step == len(ROUND):
            self._round, self._step = self._round + 1, 0

    def _tell(self, kind: str, scanner: str, at_s: float, name: str) -> None:
        courier = self._courier()
        voice = self.scanners[f"courier-{courier}" if scanner == "courier" else scanner]
        voice.say(
            "cylinder", at_s, event_id=str(uuid5(_NAMES, f"{self.code}/{name}")), type=kind,
            code=self.code, cylinder_serial=f"LJ{self.no:06d}",
            **self._fields(kind, scanner, at_s, voice),
        )  # fmt: skip

    def _courier(self) -> int:
        return 1 + self._chance(f"courier/{self._round}").randrange(len(self.scanners) - 2)

    def _fields(self, kind: str, scanner: str, at_s: float, voice: Voice) -> dict[str, Any]:
        """The fields of one type (E.3), consistent within a round."""
        rng = self._chance(f"fields/{self._round}")
        name, tare_kg, net_kg = self.spec
        worker = f"LJ-C{rng.randrange(1, 9):02d}"
        courier = f"送气工{self._courier()}"
        user = f"U{310000 + self.no * USERS + self._round % USERS}"
        waybill = f"YD{self._round:08d}{self.no:04d}"
        order = f"DD{self._round:08d}{self.no:04d}"
        net = round(net_kg + rng.uniform(-0.15, 0.15), 2)
        rest = round(rng.uniform(0.1, 0.8), 2)
        depot = scanner == "depot"
        day = 86400.0
        fields: dict[str, dict[str, Any]] = {
            "register": {
                "owner_company": COMPANY, "spec": name, "maker": "浦江容器", "site_id": "LJ-01",
                "made_on": voice.told_ms(at_s - 500 * day), "design_life": 8,
                "next_inspection_due": voice.told_ms(at_s + 900 * day),
                "scrap_due": voice.told_ms(at_s + 2400 * day), "tag_ids": [f"E2{self.code}"],
            },
            "prefill_check": {"result": "pass", "defects": [], "residual_kg": rest,
                              "site_id": "LJ-01", "operator_id": worker},
            "fill": {
                "station": "LJ-01", "scale": f"S{rng.randrange(1, 7)}", "worker": worker,
                "start": voice.told_ms(at_s - 95), "end": voice.told_ms(at_s), "tare": tare_kg,
                "net": net, "gross": round(tare_kg + net, 2), "medium": "LPG",
            },
            "postfill_check": {"leak": False, "weight_ok": True, "seal_no": f"QF{waybill[2:]}",
                               "site_id": "LJ-01", "operator_id": worker},
            "stock_in": {"warehouse": "A", "order": order, "site_id": DEPOT if depot else STATION},
            "stock_out": {"warehouse": "LJ-01-A", "waybill": waybill, "site_id": "LJ-01"},
            "load": {"vehicle": "沪DW1208", "driver": "D-7", "escort": "E-3", "waybill": waybill},
            "unload": {"vehicle": "沪DW1208", "driver": "D-7", "escort": "E-3",
                       "waybill": waybill, "site_id": DEPOT},
            "handover": {"from_party": DEPOT if scanner == "courier" else courier,
                         "to_party": courier if scanner == "courier" else STATION,
                         "signatures": 2},
            "deliver": {"order_id": order, "user_id": user, "courier": courier,
                        "address": f"澄湾路{100 + self.no}号{self._round % USERS + 1}室"},
            "user_check": {"user_id": user, "hose": "ok", "regulator": "ok", "cylinder": "ok",
                           "stove": "ok", "ventilation": "ok", "hazards": []},
            "return": {"from_user": user, "courier": courier,
                       "weight": round(tare_kg + rest, 2)},
            "inspect": {"station": STATION, "result": "pass", "valve_changed": False,
                        "next_due": voice.told_ms(at_s + 1460 * day)},
        }  # fmt: skip
        return fields[kind]

    def _chance(self, name: str) -> Random:
        return Random(f"{self.seed}/{self.no}/{name}")  # noqa: S311
