"""How long it takes to say whom to send: the whole judgement of a city's units, in memory.

    ./waypost bench recommend [--small] [--json] [--runs N]

2,000 units in 38 squads, each with the windows of its squad that are still open, areas to be
kept manned, and a place. The yardstick in the same run is ranking by distance alone, which is
what a console without patrol duty does.
"""

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np

from core.values import Point
from dispatch.candidates import Candidate, Hindrance, best
from geo.distance import distances_m
from geo.patrol.duties import Duty, Manned, breaks, voids
from tests.bench import report

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
TASK = Point(31.23, 121.5)
SQUADS = 38


def city(units: int, seed: int = 1) -> tuple[list[Candidate], list[Duty], list[Manned]]:
    chance = Random(seed)
    lon = [121.5 + chance.uniform(-0.2, 0.2) for _ in range(units)]
    lat = [31.23 + chance.uniform(-0.2, 0.2) for _ in range(units)]
    far = distances_m(np.array(lon), np.array(lat), np.full(units, TASK.lon_deg),
                      np.full(units, TASK.lat_deg)).tolist()  # fmt: skip
    candidates = [
        Candidate(no, far[no], NOW - timedelta(seconds=chance.uniform(0, 300)), "online",
                  "on_duty", chance.randrange(5, 100), int(chance.random() < 0.2))
        for no in range(units)
    ]  # fmt: skip
    squads = [frozenset(range(no, units, SQUADS)) for no in range(SQUADS)]
    duties = [
        Duty(id_, id_, f"point {id_}", NOW, NOW + timedelta(minutes=chance.randrange(5, 180)),
             Point(31.23 + chance.uniform(-0.2, 0.2), 121.5), squads[id_ % SQUADS])
        for id_ in range(375)
    ]  # fmt: skip
    areas = [Manned(id_, f"area {id_}", frozenset(chance.sample(range(units), 3)))
             for id_ in range(100)]  # fmt: skip
    return candidates, duties, areas


def once(candidates: list[Candidate], duties: list[Duty], areas: list[Manned]) -> float:
    began = time.perf_counter()
    free = frozenset(one.device_no for one in candidates if one.is_free)

    def hindrance_of(one: Candidate) -> Hindrance:
        broken = breaks(
            one.device_no, duties, travel_m=one.distance_m, kind=one.kind, task=TASK, free=free,
            now=NOW,
        )  # fmt: skip
        return Hindrance(broken, voids(one.device_no, areas))

    best(candidates, NOW, 5, hindrance_of=hindrance_of)
    return (time.perf_counter() - began) * 1000


def by_distance(candidates: list[Candidate]) -> float:
    began = time.perf_counter()
    sorted(candidates, key=lambda one: one.distance_m)[:5]
    return (time.perf_counter() - began) * 1000


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="waypost bench recommend", description=__doc__)
    parser.add_argument("--small", action="store_true", help="200 units, one run")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=21)
    given = parser.parse_args(words)
    units, runs = (200, 1) if given.small else (2_000, given.runs)
    seen = city(units)
    whole = [once(*seen) for _ in range(runs)]
    plain = [by_distance(seen[0]) for _ in range(runs)]
    figures = {"whole judgement, ms (limit 20)": whole, "by distance alone, ms": plain}
    ratio = {"judgement / distance": [a / b for a, b in zip(whole, plain, strict=True)]}
    report.show(f"recommend: {units:,} units, 375 windows, 100 areas", figures)
    report.show("ratios within a run", ratio)
    if given.json:
        print(report.line("recommend", runs, figures, ratio))
    return 0


if __name__ == "__main__":
    sys.exit(main())
