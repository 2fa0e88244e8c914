"""The fence index against STRtree, on the same places, in the same run.

    python -m tests.bench.geo [--small] [--json] [--runs N]

Runs alternate between the ways, so that a noisy neighbour hits all of them alike. All
must name the same pairs, or the bench fails.
"""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable

import geopandas
import numpy as np
import shapely
from numpy.typing import NDArray

from geo.fence_index import FenceIndex
from geo.shapes import Polygon

Column = NDArray[np.float64]
Found = list[tuple[NDArray[np.intp], NDArray[np.intp]]]
Way = Callable[[list[tuple[Column, Column]]], Found]

WEST, SOUTH, EAST, NORTH = 121.1, 30.9, 121.9, 31.5


def blobs(count: int, seed: int, vertices: int = 60) -> list[Polygon]:
    """Rough star-shaped fences of 60 to 400 m, as drawn around blocks and sites."""
    chance = np.random.default_rng(seed)
    fences = []
    for _ in range(count):
        lon, lat = chance.uniform(WEST, EAST), chance.uniform(SOUTH, NORTH)
        radius = chance.uniform(60, 400) * chance.uniform(0.7, 1.3, vertices)
        angle = np.linspace(0, 2 * np.pi, vertices, endpoint=False)
        x = lon + radius * np.cos(angle) / 95_264
        y = lat + radius * np.sin(angle) / 110_874
        ring = [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
        fences.append(Polygon(((*ring, ring[0]),)))
    return fences


def places(count: int, batch: int, seed: int) -> list[tuple[Column, Column]]:
    chance = np.random.default_rng(seed)
    lon, lat = chance.uniform(WEST, EAST, count), chance.uniform(SOUTH, NORTH, count)
    return [(lon[i : i + batch], lat[i : i + batch]) for i in range(0, count, batch)]


def ways(fences: list[Polygon]) -> dict[str, Way]:
    index = FenceIndex(fences)
    areas = np.array([shapely.Polygon(f.rings[0]) for f in fences])
    tree = shapely.STRtree(areas)
    # Its own objects: a prepared shape would be prepared inside the tree as well.
    prepared = np.array([shapely.Polygon(f.rings[0]) for f in fences])
    shapely.prepare(prepared)
    frame = geopandas.GeoDataFrame(geometry=areas)

    def ours(batches: list[tuple[Column, Column]]) -> Found:
        return [index.hits(lon, lat) for lon, lat in batches]

    def within(batches: list[tuple[Column, Column]]) -> Found:
        found = []
        for lon, lat in batches:
            rows, hit = tree.query(shapely.points(lon, lat), predicate="within")
            found.append((rows, hit))
        return found

    def contains(batches: list[tuple[Column, Column]]) -> Found:
        found = []
        for lon, lat in batches:
            rows, hit = tree.query(shapely.points(lon, lat))
            inside = shapely.contains_xy(prepared[hit], lon[rows], lat[rows])
            found.append((rows[inside], hit[inside]))
        return found

    def sjoin(batches: list[tuple[Column, Column]]) -> Found:
        found = []
        for lon, lat in batches:
            points = geopandas.GeoDataFrame(geometry=shapely.points(lon, lat))
            joined = geopandas.sjoin(points, frame, predicate="within")
            found.append((joined.index.to_numpy(), joined["index_right"].to_numpy()))
        return found

    return {"ours": ours, "strtree_within": within, "prepared": contains, "sjoin": sjoin}


def pairs(found: Found, batch: int) -> NDArray[np.int64]:
    keys = [(rows + i * batch) * 1_000_000 + hit for i, (rows, hit) in enumerate(found)]
    return np.sort(np.concatenate(keys)).astype(np.int64)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench geo", description=__doc__)
    parser.add_argument("--small", action="store_true", help="just see that it works")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--batch", type=int, default=2_000)
    given = parser.parse_args(argv)
    fence_count, place_count = (300, 4_000) if given.small else (10_000, 100_000)
    runs = max(5, given.runs)

    started = time.perf_counter()
    fences = blobs(fence_count, seed=1)
    made = time.perf_counter()
    FenceIndex(fences)
    build_s = time.perf_counter() - made
    contenders = ways(fences)
    batches = places(place_count, given.batch, seed=2)
    answers = {name: pairs(way(batches), given.batch) for name, way in contenders.items()}
    agreed = all(np.array_equal(answers["ours"], answer) for answer in answers.values())
    if not agreed:
        print("the ways disagree on the hits:", {n: len(a) for n, a in answers.items()})
        return 1

    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(runs):
        for name, way in contenders.items():
            began = time.perf_counter()
            way(batches)
            rates[name].append(place_count / (time.perf_counter() - began))

    median = {name: statistics.median(values) for name, values in rates.items()}
    spread = {name: [min(values), max(values)] for name, values in rates.items()}
    ratio = {
        f"ours/{name}": statistics.median(a / b for a, b in zip(rates["ours"], values, strict=True))
        for name, values in rates.items()
        if name != "ours"
    }
    print(f"{fence_count} fences, {place_count} places in batches of {given.batch}, {runs} runs;")
    print(f"{len(answers['ours'])} hits, all agree; index built in {build_s:.2f} s")
    print(f"{'way':<16}{'places/s':>12}{'least':>12}{'most':>12}{'ours is':>10}")
    for name, value in median.items():
        times = f"{ratio[f'ours/{name}']:.1f} x" if name != "ours" else ""
        low, high = spread[name]
        print(f"{name:<16}{value:>12,.0f}{low:>12,.0f}{high:>12,.0f}{times:>10}")
    print("limit: ours/strtree_within >= 4 (stretch 7)")
    if given.json:
        line = {
            "bench": "geo",
            "runs": runs,
            "median": {k: round(v) for k, v in median.items()},
            "spread": {k: [round(x) for x in v] for k, v in spread.items()},
            "ratio": {k: round(v, 2) for k, v in ratio.items()},
            "machine": f"{platform.machine()} x{os.cpu_count()} python {platform.python_version()}",
            "fences": fence_count,
            "places": place_count,
            "build_s": round(build_s, 2),
            "seconds": round(time.perf_counter() - started, 1),
        }
        print(json.dumps(line))
    return 0


if __name__ == "__main__":
    import sys

    raise SystemExit(main(sys.argv[1:]))
