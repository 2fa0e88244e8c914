"""Legal lives of cylinders, as columns, for the rules to find nothing in."""

from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np

from geo.gas.history import END_OF_TIME, EVENT_DTYPE, KINDS, Events
from geo.gas.rulebook import Thresholds
from geo.gas.rules import SITE_DTYPE, SPEC_DTYPE, VEHICLE_DTYPE, Book

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = 1_767_225_600_000  # 2026-01-01T00:00Z, eight in the morning in Shanghai
STATION, DEPOT, OTHER, COMPANY, TRUCK, SPEC = 11, 12, 13, 21, 31, 41
COURIERS = (51, 52, 53)
Step = dict[str, Any]


def book() -> Book:
    far = START + 3_000 * DAY
    sites = np.array(
        [
            (STATION, COMPANY, True, far, 312_000_000, 1_215_000_000),
            (DEPOT, COMPANY, False, far, 312_300_000, 1_215_300_000),
            (OTHER, 22, True, far, 312_800_000, 1_216_000_000),
        ],
        SITE_DTYPE,
    )
    full = Thresholds().specs["YSP35.5"]
    specs = np.array([(SPEC, full.net_g, full.tolerance_g)], SPEC_DTYPE)
    trucks = np.array([(TRUCK, END_OF_TIME)], VEHICLE_DTYPE)
    return Book(sites=sites, vehicles=trucks, specs=specs)


def life(no: int, rounds: int, chance: Random) -> list[Step]:
    """Registration and so many rounds, each within a morning, some days apart."""
    at = START + chance.randrange(2 * HOUR)
    steps: list[Step] = [
        {"kind": "register", "at": at, "site": STATION, "owner": COMPANY, "spec": SPEC,
         "serial": no + 1000, "due": at + 1_400 * DAY, "scrap_due": at + 2_900 * DAY}
    ]  # fmt: skip
    for _ in range(rounds):
        begin, user, courier = at + 20 * MINUTE, 600 + chance.randrange(50), chance.choice(COURIERS)
        net = 14_500 + chance.randrange(-200, 200)
        plan: list[tuple[int, Step]] = [
            (0, {"kind": "prefill_check", "site": STATION}),
            (5, {"kind": "fill", "site": STATION, "net_g": net, "gross_g": 16_500 + net}),
            (9, {"kind": "postfill_check", "site": STATION}),
            (12, {"kind": "stock_in", "site": STATION}),
            (30, {"kind": "stock_out", "site": STATION}),
            (35, {"kind": "load", "site": STATION, "vehicle": TRUCK}),
            (80, {"kind": "unload", "site": DEPOT, "vehicle": TRUCK}),
            (90, {"kind": "handover", "giver": DEPOT, "taker": courier}),
            (130, {"kind": "deliver", "user": user, "courier": courier}),
            (134, {"kind": "user_check", "user": user}),
        ]  # fmt: skip
        steps += [dict(step, at=begin + m * MINUTE) for m, step in plan]
        back = begin + chance.randrange(5, 40) * DAY
        steps.append(
            {"kind": "return", "at": back, "user": user, "courier": courier, "gross_g": 16_800}
        )
        at = back + 90 * MINUTE
        steps.append({"kind": "handover", "at": at, "giver": courier, "taker": STATION})
    return steps


def columns(lives: dict[int, Sequence[Step]]) -> Events:
    rows = [(no, step) for no, steps in lives.items() for step in steps]
    events = np.zeros(len(rows), EVENT_DTYPE)
    for n, (no, step) in enumerate(rows):
        events[n]["id_low"], events[n]["cylinder"] = n + 1, no
        events[n]["received"] = step["at"] + 1_000
        for name, value in step.items():
            events[n][name] = KINDS.index(value) if name == "kind" else value
    return events
