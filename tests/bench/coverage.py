"""Coverage of a day, from stored positions to kept figures: one squad, then the whole bureau.

    python -m tests.bench.coverage [--small] [--json] [--runs N]

Officers walk a lattice of streets with errors of a few metres and a fix every ten seconds;
every squad has ten points, ten segments and an area of 4 km².
"""

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg.types.json import Jsonb

from core.db import connect
from devices.readings import FIX, POSITION_DTYPE, Positions
from geo.coverage import coverage_io
from geo.coverage.coverage_io import day_span
from geo.coverage.figures import KINDS
from geo.coverage.measuring_io import measure
from geo.distance import metres_per_degree
from geo.patrol.rules import CoverageRule
from geo.patrol.windows import LOCAL
from ingest.store import copy_body, pack
from tests.bench.report import line, show
from tests.bench.stage import fresh_database, postgres

LON, LAT = 121.47, 31.23
EAST, NORTH = metres_per_degree(LAT)
OFFICERS, FIXES = 38, 2_880  # eight hours with a fix every ten seconds
DAY = day_span(datetime(2026, 3, 2, tzinfo=LOCAL).date())
BLOCK_M, HALF_M = 100.0, 1_000.0


def walks(chance: np.random.Generator, devices: int, fixes: int) -> NDArray[np.float64]:
    """(device, fix, east and north in metres): along a lattice, turning at every fifth corner."""
    at = chance.integers(-10, 11, (devices, 2)) * BLOCK_M
    heading = chance.integers(0, 4, devices)
    turns = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])
    walked = np.zeros((devices, fixes, 2))
    for i in range(fixes):
        walked[:, i] = at
        step = 12.5 * (chance.random(devices) > 0.2)  # a fifth of the time they stand
        corner = (np.abs(at / BLOCK_M - np.rint(at / BLOCK_M)).max(axis=1) < 1e-6) & (step > 0)
        heading = np.where(corner & (chance.random(devices) < 0.2), (heading + 1) % 4, heading)
        out = np.abs(at + turns[heading] * step[:, None]).max(axis=1) > HALF_M
        heading = np.where(out, (heading + 2) % 4, heading)
        at = at + turns[heading] * step[:, None]
    return walked + chance.normal(0, 4, walked.shape)


def positions(chance: np.random.Generator, nos: list[int], fixes: int) -> Positions:
    where = walks(chance, len(nos), fixes).reshape(-1, 2)
    made = np.zeros(len(where), POSITION_DTYPE)
    for name in ("spd_mps", "crs_deg", "alt_m", "sat", "bat_pct", "skew_ms"):
        made[name] = np.nan
    made["device_no"] = np.repeat(nos, fixes)
    made["seq"] = np.tile(np.arange(fixes), len(nos))
    start_ms = round(DAY.from_at.timestamp() * 1000) + 8 * 3_600_000
    made["at_ms"] = made["received_ms"] = start_ms + made["seq"] * 10_000
    made["lon_deg"], made["lat_deg"] = LON + where[:, 0] / EAST, LAT + where[:, 1] / NORTH
    made["acc_m"], made["flags"] = 6, FIX
    wild = chance.random(len(made)) < 0.0005
    made["lon_deg"][wild] += 0.3
    return made


def fill(conn: psycopg.Connection[Any], squads: int, fixes: int) -> list[int]:
    """Squads with their tracks and what they have to cover; returns their ids."""
    chance = np.random.default_rng(4)
    for at in DAY:
        conn.execute("SELECT make_partition(%s)", (at.astimezone(UTC).date(),))
    made_at = DAY.from_at - timedelta(days=1)
    row = conn.execute(
        "INSERT INTO org (kind, name) VALUES ('bureau', '局') RETURNING id"
    ).fetchone()
    assert row is not None
    ids = []
    for number in range(squads):
        one = conn.execute(
            "INSERT INTO org (parent_id, kind, name) VALUES (%s, 'squad', %s) RETURNING id",
            (row[0], f"中队 {number}"),
        ).fetchone()
        assert one is not None
        ids.append(one[0])
        nos = conn.execute(
            """INSERT INTO device (id, kind, part, org_id, name)
               SELECT format('b%%s-%%s', %s::int, n), 'officer', 0, %s, 'x'
                 FROM generate_series(1, %s) n RETURNING no""",
            (number, one[0], OFFICERS),
        ).fetchall()
        with conn.cursor().copy(COPY) as copy:
            copy.write(copy_body(pack(positions(chance, [no for (no,) in nos], fixes), 0)))
        _places(conn, chance, one[0], made_at)
    return ids


COPY = """COPY position (at, received_at, seq, batch_id, device_no, lat_e7, lon_e7, skew_ms, acc_dm,
    spd_cms, crs_ddeg, alt_m, sat, bat_pct, src, datum, flags) FROM STDIN (FORMAT binary)"""


def _places(
    conn: psycopg.Connection[Any], chance: np.random.Generator, org_id: int, made_at: datetime
) -> None:
    def at(x: float, y: float) -> list[float]:
        return [LON + x / EAST, LAT + y / NORTH]

    for n in range(10):
        lon, lat = at(*(chance.integers(-10, 11, 2) * BLOCK_M))
        conn.execute(
            """WITH circle AS (
                   INSERT INTO fence (org_id, name, purpose, lat_deg, lon_deg, radius_m, dwell_s,
                                      created_at)
                   VALUES (%s, 'p', 'point', %s, %s, 50, 60, %s) RETURNING id)
               INSERT INTO patrol_point (org_id, name, fence_id, created_at)
               SELECT %s, 'p', id, %s FROM circle""",
            (org_id, lat, lon, made_at, org_id, made_at),
        )
        y = (n - 5) * 2 * BLOCK_M
        road = {"type": "LineString", "coordinates": [at(-300, y), at(300, y)]}
        conn.execute(
            """INSERT INTO patrol_segment (org_id, name, line, created_at, created_by)
               VALUES (%s, 's', %s, %s, 'x')""",
            (org_id, Jsonb(road), made_at),
        )
    ring = [at(x * HALF_M, y * HALF_M) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))]
    conn.execute(
        """INSERT INTO fence (org_id, name, purpose, polygon, created_at)
           VALUES (%s, 'a', 'area', %s, %s)""",
        (org_id, Jsonb({"type": "Polygon", "coordinates": [ring]}), made_at),
    )


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="waypost bench coverage")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args(argv)
    squads, fixes = (2, 360) if given.small else (38, FIXES)
    runs = 2 if given.small else given.runs
    with postgres() as server:
        url = fresh_database(server, devices=0, fences=0, points=0)
        with psycopg.connect(url, autocommit=True) as conn:
            ids = fill(conn, squads, fixes)
            conn.execute("VACUUM ANALYZE position")
        figures = _timed(url, ids, runs)
    figures["fixes of a squad"] = [OFFICERS * fixes]
    figures["fixes of the bureau"] = [OFFICERS * fixes * squads]
    show("Coverage of a day (limits: a squad 1 s, the bureau 60 s)", figures)
    if given.json:
        print(line("coverage", runs, figures, {}))
    return 0


def _timed(url: str, ids: list[int], runs: int) -> dict[str, list[float]]:
    figures: dict[str, list[float]] = {"a squad, s": [], "the bureau, kept, s": []}
    after = DAY.to_at + timedelta(hours=2)
    with connect(url) as conn:
        for _ in range(runs):
            began = time.perf_counter()
            found = measure(conn, ids[0], KINDS, DAY, CoverageRule())
            figures["a squad, s"].append(time.perf_counter() - began)
            assert len(found) == 21 and sum(one.figure.covered for one in found) > 0
        conn.commit()
        began, turns = time.perf_counter(), 0
        while _unmeasured(conn, ids):
            coverage_io.sweep(conn, after)
            conn.commit()
            turns += 1
        figures["the bureau, kept, s"].append(time.perf_counter() - began)
        figures["sweeps it took"] = [turns]
    return figures


def _unmeasured(conn: psycopg.Connection[Any], ids: list[int]) -> bool:
    row = conn.execute(
        "SELECT count(*) FROM patrol_coverage_run WHERE day = %s AND rule IS NOT NULL",
        (DAY.from_at.date(),),
    ).fetchone()
    assert row is not None
    return bool(row[0] < len(ids))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
