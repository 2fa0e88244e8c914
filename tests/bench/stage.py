"""The stage of the ingest benchmarks: own servers, own database, services as in production."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from app.embedded import Postgres
from core.migrate import migrate
from tests.bench.geo import blobs
from tests.bench.load import EAST, NORTH, SOUTH, WEST, enrol_bench_devices
from tests.servers import with_database

ROOT = Path(__file__).parents[2]


@contextmanager
def postgres() -> Iterator[str]:
    """The embedded PostgreSQL, durable as in production, able to say when a row was committed."""
    server = Postgres(
        Path(tempfile.mkdtemp(prefix="waypost-bench-")), settings={"track_commit_timestamp": "on"}
    )
    try:
        yield server.start()
    finally:
        server.remove()


def fresh_database(server: str, *, devices: int, fences: int, points: int) -> str:
    """A migrated database with an organisation, devices, fences, and patrol points due now."""
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS waypost_bench WITH (FORCE)")
        admin.execute("CREATE DATABASE waypost_bench")
    url = with_database(server, "waypost_bench")
    with psycopg.connect(url, autocommit=True) as conn:
        migrate(conn)
        enrol_bench_devices(conn, devices)
        with conn.cursor() as cursor:
            cursor.executemany(
                """INSERT INTO fence (org_id, name, polygon)
                   SELECT id, %s, %s FROM org LIMIT 1""",
                [
                    (f"fence {n}", Jsonb({"type": "Polygon", "coordinates": fence.rings}))
                    for n, fence in enumerate(blobs(fences, 7))
                ],
            )
            cursor.executemany(
                """WITH fence AS (
                       INSERT INTO fence (org_id, name, purpose, lat_deg, lon_deg, radius_m)
                       SELECT id, %(name)s, 'point', %(lat)s, %(lon)s, 50 FROM org LIMIT 1
                       RETURNING id, org_id)
                   INSERT INTO patrol_point (org_id, name, fence_id)
                   SELECT org_id, %(name)s, id FROM fence""",
                [
                    {
                        "name": f"point {n}",
                        "lon": WEST + (EAST - WEST) * n / points,
                        "lat": SOUTH + (NORTH - SOUTH) * ((n * 37) % points) / points,
                    }
                    for n in range(points)
                ],
            )
        conn.execute(
            """INSERT INTO patrol_window (org_id, point_id, opens_at, due_at, closes_at)
               SELECT org_id, id, now() - interval '1 hour', now(), now() + interval '1 hour'
                 FROM patrol_point"""
        )
        conn.execute("VACUUM ANALYZE")
    return url


@contextmanager
def service(
    name: str, url: str, broker: int, **settings: object
) -> Iterator[subprocess.Popen[Any]]:
    """`./waypost NAME` as its own process."""
    environment = dict(os.environ) | {
        "WAYPOST_DATABASE_URL": url,
        "WAYPOST_MQTT_URL": f"mqtt://127.0.0.1:{broker}",
        "WAYPOST_LOG_LEVEL": "WARNING",
    }
    environment |= {f"WAYPOST_{key.upper()}": str(value) for key, value in settings.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", name],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until(conn: psycopg.Connection[Any], query: str, seconds: float) -> float:
    """Wall time at which `query` first answers true."""
    deadline = time.monotonic() + seconds
    while True:
        row = conn.execute(query).fetchone()  # type: ignore[call-overload]
        if row is not None and row[0]:
            return time.time()
        if time.monotonic() > deadline:
            raise TimeoutError(query)
        time.sleep(0.02)


def resident_mb(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_s(pid: int) -> float:
    """Processor time a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
