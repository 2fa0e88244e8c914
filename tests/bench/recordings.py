"""A year of body cameras: pages of rates and verdicts, and the nightly audit.

    ./waypost bench recordings [--small] [--json] [--runs N]

2,133 cameras, 1,455 officers, one year on an embedded PostgreSQL, durable as in production. The
year is written at once by SQL; of the last eight days there is everything a verdict is made of.
"""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
from psycopg import Connection, sql

from core.clock import now as wall_clock
from core.migrate import migrate
from core.sql import load_queries
from core.values import OrgId, Role, Viewer
from dispatch.equipment import cameras_io, people_io
from dispatch.recordings import audit_io, metrics_io, samples_io
from geo.patrol.windows import LOCAL
from tests.bench import report
from tests.bench.stage import postgres
from tests.servers import with_database

QUERIES = load_queries("tests.bench", "recordings.sql")
RECENT = timedelta(days=8)
TABLES = ("clip", "recording_verdict", "recording_day", "status")


def fill(conn: Connection[Any], officers: int, cameras: int, days: int) -> Viewer:
    """A migrated database with so many people, and so many days of their recordings."""
    now = wall_clock()
    midnight = metrics_io.begin_of(now.astimezone(LOCAL).date())
    for back in range(-1, RECENT.days + 2):
        day = (now - timedelta(days=back)).date()
        conn.execute("SELECT make_partition(%s)", (day,))
    given = {
        "squads": min(38, officers), "officers": officers, "spares": max(0, cameras - officers),
        "first": midnight - timedelta(days=days), "last": midnight, "recent": midnight - RECENT,
        "judged": midnight - timedelta(days=1),
    }  # fmt: skip
    for name in ("people", "spares", "assets", "shifts", "clips", "tasks", "verdicts", "sent",
                 "moves", "statuses", "docked", "states", "days", "units"):  # fmt: skip
        conn.execute(QUERIES[name], given)
    conn.execute("VACUUM ANALYZE")
    conn.execute("CHECKPOINT")  # what filling left to be written is not measured
    orgs = [id_ for (id_,) in conn.execute("SELECT id FROM org ORDER BY id")]
    return Viewer("bench", Role.ADMIN, OrgId(orgs[0]), frozenset(map(OrgId, orgs)))


def pages(conn: Connection[Any], viewer: Viewer) -> dict[str, Callable[[], object]]:
    """What a desk asks for, over the whole year."""
    now = wall_clock()
    today = now.astimezone(LOCAL).date()
    year = {"since": today - timedelta(days=365), "until": today + timedelta(days=1), "now": now}
    squad = sorted(viewer.org_ids)[1]
    row = conn.execute("SELECT id FROM device WHERE id LIKE 'camera-%' LIMIT 1").fetchone()
    assert row is not None
    span: dict[str, Any] = {"since": now - timedelta(days=365), "until": now}
    return {
        "rates of a year by squad": lambda: metrics_io.metrics(conn, viewer, by="org", **year),
        "rates of a year by person": lambda: metrics_io.metrics(
            conn, viewer, by="person", group=squad, **year
        ),
        "rates of a year by camera": lambda: metrics_io.metrics(
            conn, viewer, by="camera", group=squad, **year
        ),
        "equipment board": lambda: people_io.board(conn, viewer, now, None),
        "lacking verdicts, 100": lambda: audit_io.list_verdicts(
            conn, viewer, statuses=["NO_RECORDING"], limit=100, **span
        ),
        "cameras, 100": lambda: cameras_io.list_cameras(conn, viewer, now, limit=100),
        "cameras that ought to speak": lambda: cameras_io.expected(conn, viewer, now),
        "one camera's week": lambda: cameras_io.camera(
            conn, viewer, row[0], now, since=now - timedelta(days=7), until=now
        ),
        "spot checks of the year": lambda: samples_io.report(conn, viewer, today.year, now),
    }


def timed(once: Callable[[], object]) -> float:
    began = time.perf_counter()
    once()
    return time.perf_counter() - began


def nightly(conn: Connection[Any]) -> tuple[float, float, int]:
    """Seconds of judging the last days, of counting them, and how many scenes there were."""
    now = wall_clock()
    began = time.perf_counter()
    with conn.transaction():
        audit_io.nightly(conn, now)
        conn.execute(
            """INSERT INTO recording_watch (task_id, due_at)
               SELECT task_id, %s FROM assignment ON CONFLICT DO NOTHING""", (now,)
        )  # fmt: skip
    scenes = _drain(conn, "recording_watch", lambda: audit_io.sweep(conn, now))
    judged = time.perf_counter() - began
    began = time.perf_counter()
    with conn.transaction():
        metrics_io.nightly(conn, now)
    _drain(conn, "recording_day_dirty", lambda: metrics_io.sweep(conn, now))
    return judged, time.perf_counter() - began, scenes


def _drain(conn: Connection[Any], table: str, sweep: Callable[[], object]) -> int:
    """Sweep, each in its own transaction, until nothing waits; how much waited."""
    first = _count(conn, table)
    while _count(conn, table):
        with conn.transaction():
            sweep()
    return first


def _count(conn: Connection[Any], table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    row = conn.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="waypost bench recordings", description=__doc__)
    parser.add_argument("--small", action="store_true", help="20 officers, a month, one run")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args(words)
    officers, cameras, days, runs = (
        (20, 30, 30, 1) if given.small else (1455, 2133, 365, given.runs)
    )
    with postgres() as server:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute("CREATE DATABASE waypost_bench")
        with psycopg.connect(with_database(server, "waypost_bench"), autocommit=True) as conn:
            conn.execute("SET statement_timeout = 0")
            migrate(conn)
            viewer = fill(conn, officers, cameras, days)
            counts = {name: _count(conn, name) for name in TABLES}
            nights = [nightly(conn) for _ in range(runs)]
            figures: dict[str, list[float]] = {}
            for name, once in pages(conn, viewer).items():
                once()
                figures[f"{name}, ms (limit 300)"] = [1000 * timed(once) for _ in range(runs * 2)]
    figures["nightly audit, s (limit 60)"] = [judged for judged, _, _ in nights]
    figures["nightly counting of two days, s"] = [counted for _, counted, _ in nights]
    figures["scenes judged a night"] = [scenes for *_, scenes in nights]
    title = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    report.show(f"recordings: {title}", figures)
    pages_ms = [max(v) for name, v in figures.items() if "limit 300" in name]
    ratio = {"slowest page / limit": [max(pages_ms) / 300],
             "nightly audit / limit": [nights[-1][0] / 60]}  # fmt: skip
    report.show("ratios within a run", ratio)
    if given.json:
        print(report.line("recordings", runs, figures, ratio))
    return 0


if __name__ == "__main__":
    sys.exit(main())
