"""Row 2: the database dies: the postmaster alone, the whole at once, in mid-migration."""

import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from app.embedded import Postgres
from core.migrate import migrate, pending
from tests.faults.box import Box, until
from tests.faults.conftest import Settle


def kill_database(box: Box, number: signal.Signals) -> None:
    process = box.database.process
    assert process is not None
    process.send_signal(number)
    process.wait(30)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT], ids=["SIGKILL", "immediate"])
def test_killed_in_mid_batch(box: Box, settle: Settle, number: signal.Signals) -> None:
    ingest = box.service("ingest")
    box.service("schedule")
    add_windows(box, 10)
    fleet = box.fleet(500, resend=number == signal.SIGQUIT)
    for death in range(3):
        box.await_stored(500 * (death + 1))
        kill_database(box, number)
        box.database.start()
        before = box.stored()
        box.await_stored(before + 500)
    settle(box, fleet, f"2 database {number.name}", "3 deaths")
    # By itself, and without having died of it.
    assert ingest.alive
    until(lambda: unjudged(box) == 0, 30, "everything stored is judged")
    # Windows closed before, during and after the deaths: one current verdict each, no version lost.
    closed = "SELECT count(*) FROM patrol_window WHERE closes_at + interval '7 s' < now()"
    due = "SELECT count(*) FROM patrol_window WHERE closes_at + interval '1 s' < now()"
    known = "SELECT count(*) FROM patrol_verdict_now"
    until(lambda: box.one(closed) == 10, 30, "the last window is closed")
    until(lambda: box.one(known) == box.one(due) == 10, 10, "a verdict for every window")
    gaps = """SELECT window_id FROM patrol_verdict GROUP BY window_id
              HAVING count(*) <> max(version) OR min(version) <> 1"""
    assert box.rows(gaps) == []


def test_an_heir_waits_for_the_children_of_one_that_was_killed() -> None:
    """One of them hangs on to the shared memory for a while."""
    server = Postgres(Path(tempfile.mkdtemp(prefix="waypost-heir-")))
    try:
        with psycopg.connect(server.start()) as conn:
            child = conn.info.backend_pid
            os.kill(child, signal.SIGSTOP)
            assert server.process is not None
            server.process.send_signal(signal.SIGKILL)
            server.process.wait(30)
            threading.Timer(2.0, os.kill, (child, signal.SIGCONT)).start()
            began = time.monotonic()
            url = server.start()
            assert time.monotonic() - began > 1.5, "it had to wait"
            with psycopg.connect(url) as again:
                assert again.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.remove()


def add_windows(box: Box, count: int) -> None:
    """Patrol windows that close one and a half seconds apart, from now on."""
    with psycopg.connect(box.url) as conn:
        conn.execute(
            """WITH fence AS (
                   INSERT INTO fence (org_id, name, purpose, lat_deg, lon_deg, radius_m)
                   SELECT min(id), '岗亭', 'point', 31.9, 121.9, 50 FROM org RETURNING id, org_id),
               point AS (
                   INSERT INTO patrol_point (org_id, name, fence_id)
                   SELECT org_id, '岗亭', id FROM fence RETURNING id, org_id)
               INSERT INTO patrol_window
                      (org_id, point_id, opens_at, due_at, closes_at, grace_s)
               SELECT org_id, id, now() - interval '1 minute', now(),
                      now() + number * interval '1.5 s', 1
                 FROM point, generate_series(1, %s) AS number""",
            (count,),
        )


def unjudged(box: Box) -> int:
    return int(
        box.one(
            """SELECT count(*) FROM batch LEFT JOIN follower_cursor USING (session_no)
                WHERE batch.no > coalesce(follower_cursor.batch_no, 0)"""
        )
    )


def schema_of(url: str) -> list[tuple[str, ...]]:
    """Everything a migration makes, by name."""
    with psycopg.connect(url) as conn:
        return conn.execute(
            """SELECT 'column', table_name || '.' || column_name, data_type
                 FROM information_schema.columns WHERE table_schema = 'public'
               UNION ALL
               SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
               UNION ALL
               SELECT 'function', proname, md5(prosrc) FROM pg_proc
                WHERE pronamespace = 'public'::regnamespace
               UNION ALL
               SELECT 'trigger', tgname, tgrelid::regclass::text FROM pg_trigger
                WHERE NOT tgisinternal
               ORDER BY 1, 2, 3"""
        ).fetchall()


def test_killed_during_a_migration(box: Box, report: Callable[[str], None]) -> None:
    wanted = [
        row for row in schema_of(box.url) if not row[1].startswith(("position_p", "status_p"))
    ]
    fresh = fresh_database(box)
    seen: list[int] = []
    for death in range(4):
        migration = box.service("migrate", name=f"migrate-{death}", database_url=fresh)
        # Each time a little later: one more script may be whole, none may be half.
        until(
            lambda m=migration, n=death * 2: not m.alive or len(applied(fresh)) > n,
            30,
            "some progress",
        )
        kill_database(box, signal.SIGKILL)
        migration.process.wait(30)
        box.database.start()
        seen.append(len(applied(fresh)))
    box.run("migrate", database_url=fresh)
    with psycopg.connect(fresh, autocommit=True) as conn:
        assert pending(conn) == []
        assert migrate(conn).applied == []
    found = [row for row in schema_of(fresh) if not row[1].startswith(("position_p", "status_p"))]
    assert found == wanted
    report(f"row 2 migration killed                scripts whole after each death: {seen}")


def fresh_database(box: Box) -> str:
    with psycopg.connect(box.url, autocommit=True) as conn:
        conn.execute("CREATE DATABASE fresh")
    return psycopg.conninfo.make_conninfo(box.url, dbname="fresh")


def applied(url: str) -> set[str]:
    with psycopg.connect(url) as conn:
        try:
            return {name for (name,) in conn.execute("SELECT name FROM schema_script")}
        except psycopg.errors.UndefinedTable:
            return set()
