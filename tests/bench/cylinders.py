"""A city's gas cylinders: import, size, traces, the whole sweep, and what one event costs.

    ./waypost bench cylinders [--small] [--json] [--runs N] [--cylinders N]

758,000 cylinders and 10 million events on an embedded PostgreSQL, durable as in production.
The lines of some hundred cylinders go the way of a file, through reading, storing and judging;
the others are copies of them, written at once. Two processes sweep, as two cores allow.
"""

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import uuid4

import psycopg
from psycopg import Connection
from psycopg.types.json import Jsonb

from core.clock import now as wall_clock
from core.migrate import migrate
from core.values import OrgId, Role, Viewer, to_ms
from devices.simulator.gas_city import CRIMES, GasCity
from geo.gas import imports_io, judgement_io, registers_io, trace_io
from geo.gas.lines import Row
from tests.bench import report
from tests.bench.stage import postgres
from tests.servers import with_database

TEMPLATE: Final = 2_000  # cylinders whose lines are made; 13.2 events each
SHARES: Final = 8
COPIES = """
    INSERT INTO cylinder_event (event_id, at, received_at, org_id, type, code, detail, source)
    SELECT md5(event_id::text || copy)::uuid, at, received_at, org_id, type,
           code || '-' || copy,
           CASE WHEN detail ? 'user_id'
                THEN jsonb_set(detail, '{user_id}', to_jsonb((detail ->> 'user_id') || '-' || copy))
                WHEN detail ? 'from_user'
                THEN jsonb_set(detail, '{from_user}',
                               to_jsonb((detail ->> 'from_user') || '-' || copy))
                ELSE detail END, source
      FROM cylinder_event CROSS JOIN generate_series(%s::int, %s::int) AS copy
     WHERE strpos(code, '-') = 0"""


def fill(url: str, cylinders: int) -> dict[str, Any]:
    """A migrated database with so many cylinders; how fast lines of a file went in."""
    with psycopg.connect(url, autocommit=True) as conn:
        migrate(conn)
        row = conn.execute(
            "INSERT INTO org (kind, name) VALUES ('bureau', 'bench') RETURNING id"
        ).fetchone()
        assert row is not None
        viewer = Viewer("bench", Role.ADMIN, OrgId(row[0]), frozenset({OrgId(row[0])}))
        template = min(TEMPLATE, cylinders)
        at = wall_clock() - timedelta(days=2)
        begin = (at - timedelta(days=58)).replace(hour=16, minute=0, second=0, microsecond=0)
        city = GasCity(3, template, 121.5, 31.2, to_ms(begin))
        with conn.transaction():
            for kind, rows in city.registers().items():
                registers_io.take_in(conn, viewer, kind, rows, datum="wgs84", dry_run=False, now=at)
        lines = []
        for no in range(template):
            life = city.life(no, 2 if no % 7 == 3 else 1, returned=no % 4 == 0)
            if no % 50 == 7:
                life = CRIMES[no // 50 % len(CRIMES)].commit(city.life(no, 2))
            lines += [Row(no, line) for line in life]
        began = time.perf_counter()
        for start in range(0, len(lines), 2_000):
            with conn.transaction():
                imports_io.take_in(conn, viewer, lines[start : start + 2_000], system="bench",
                                   datum="wgs84", now=at)  # fmt: skip
        rate = len(lines) / (time.perf_counter() - began)
        conn.execute("SET statement_timeout = 0")
        for first in range(1, cylinders // template, 20):
            conn.execute(COPIES, (first, min(first + 19, cylinders // template - 1)))
        conn.execute("VACUUM ANALYZE")
        conn.execute("CHECKPOINT")  # what filling left to be written is not measured
        return {"viewer": viewer, "lines_per_s": round(rate)}


def settle(url: str) -> float:
    """Share by share: what differs is judged, until nothing does. Seconds."""
    began = time.perf_counter()
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("SET statement_timeout = 0")
        for share in range(SHARES):
            _, _, differ = judgement_io.differing(conn, wall_clock(), share=share, shares=SHARES)
            for start in range(0, len(differ), 400):
                some = differ[start : start + 400]
                with conn.transaction():
                    judgement_io.judge_cylinders(conn, some, wall_clock(), ())
    return time.perf_counter() - began


def sweep(url: str, shares: list[int], at: datetime) -> tuple[int, int, int]:
    """Events, findings, cylinders that differ; of these shares."""
    sums = [0, 0, 0]
    with psycopg.connect(url, autocommit=True) as conn:
        for share in shares:
            read, said, differ = judgement_io.differing(conn, at, share=share, shares=SHARES)
            sums = [sums[0] + read, sums[1] + said, sums[2] + len(differ)]
    return sums[0], sums[1], sums[2]


def whole(url: str) -> tuple[float, tuple[int, ...]]:
    """Seconds of both processes together, and what they counted."""
    at = wall_clock()
    halves = [list(range(0, SHARES, 2)), list(range(1, SHARES, 2))]
    began = time.perf_counter()
    with ProcessPoolExecutor(2) as pool:
        parts = list(pool.map(sweep, [url] * 2, halves, [at] * 2))
    return time.perf_counter() - began, tuple(map(sum, zip(*parts, strict=True)))


def timed(count: int, once: Callable[[], object]) -> list[float]:
    """Milliseconds of each."""
    found = []
    for _ in range(count):
        began = time.perf_counter()
        once()
        found.append((time.perf_counter() - began) * 1000)
    return sorted(found)


def p99(found: list[float]) -> float:
    return found[min(len(found) - 1, int(len(found) * 0.99))]


def one_event(conn: Connection[Any], viewer: Viewer, code: str, *, judged: bool) -> None:
    """A scan told, stored, and its cylinder judged, in one transaction."""
    event_id = uuid4()
    with conn.transaction():
        conn.execute(
            """INSERT INTO cylinder_event (event_id, at, received_at, org_id, type, code, detail)
               VALUES (%s, now(), now(), %s, 'scan', %s, %s)""",
            (event_id, viewer.org_id, code, Jsonb({"site_id": "LJ-01"})),
        )
        if judged:
            judgement_io.judge_cylinders(conn, [code], wall_clock(), {event_id})


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="waypost bench cylinders", description=__doc__)
    parser.add_argument("--small", action="store_true", help="400 cylinders, one run")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--cylinders", type=int, default=758_000)
    given = parser.parse_args(words)
    cylinders, runs = (400, 1) if given.small else (given.cylinders, given.runs)
    with postgres() as server:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute("CREATE DATABASE waypost_bench")
        url = with_database(server, "waypost_bench")
        filled = fill(url, cylinders)
        settling = settle(url)
        sweeps = [whole(url) for _ in range(runs)]
        with psycopg.connect(url, autocommit=True) as conn:
            rest = _rest(conn, filled["viewer"], 50 if given.small else 1_000)
    events, findings, differ = sweeps[-1][1]
    assert differ == 0, "incremental and whole must agree"
    figures = {
        "lines of a file, a second": [filled["lines_per_s"]],
        "first judgement of copies, s": [settling],
        "whole sweep, two processes, s (limit 60)": [took for took, _ in sweeps],
        **rest,
    }
    ratio = {"event judged / stored alone (p50)": [
        rest["event p50, ms"][0] / rest["stored alone p50, ms"][0]
    ]}  # fmt: skip
    report.show(f"cylinders: {events:,} events, {findings:,} findings stand", figures)
    report.show("ratios within a run", ratio)
    if given.json:
        print(report.line("cylinders", runs, figures, ratio))
    return 0


def _rest(conn: Connection[Any], viewer: Viewer, count: int) -> dict[str, list[float]]:
    row = conn.execute(
        "SELECT pg_total_relation_size('cylinder_event'), pg_database_size(current_database())"
    ).fetchone()
    assert row is not None
    some = "SELECT code FROM cylinder_event TABLESAMPLE SYSTEM (%s) LIMIT 50000"
    events = conn.execute("SELECT count(*) FROM cylinder_event").fetchone()
    assert events is not None
    share = min(100.0, 100 * 50_000 / events[0])
    codes = [code for (code,) in conn.execute(some, (share,))]
    chance = Random(1)
    traces = timed(count, lambda: trace_io.cylinder(conn, viewer, chance.choice(codes)))
    told = timed(count, lambda: one_event(conn, viewer, chance.choice(codes), judged=True))
    alone = timed(count, lambda: one_event(conn, viewer, chance.choice(codes), judged=False))
    return {
        "ledger, MB": [row[0] / 2**20], "database, MB": [row[1] / 2**20],
        "trace p50, ms": [traces[len(traces) // 2]], "trace p99, ms (limit 20)": [p99(traces)],
        "event p50, ms": [told[len(told) // 2]], "event p99, ms (limit 10)": [p99(told)],
        "stored alone p50, ms": [alone[len(alone) // 2]], "stored alone p99, ms": [p99(alone)],
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
