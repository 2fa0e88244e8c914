"""Three schedulers, one effect; a failed sweep leaves its slot free."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from app.schedule import Job, fire, sweep_partitions, sweep_sessions
from core import limits
from core.clock import now
from core.db import connect
from core.events import Event


def nothing(conn: Connection[Any], events: Sequence[Event], at: datetime) -> Sequence[Event]:
    return ()


def test_a_slot_is_worked_once_however_many_try(database: str) -> None:
    job = Job("test_once", 3600, lambda conn, at: [])

    def attempt(_: int) -> bool:
        with connect(database, autocommit=True) as conn:
            return fire(conn, job, nothing, now())

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(attempt, range(8))) == [False] * 7 + [True]


def test_a_clock_put_back_does_not_stop_the_sweeps(database: str) -> None:
    job = Job("test_back", 2, lambda conn, at: [])
    with connect(database, autocommit=True) as conn:
        # As it was left by a clock two hours ahead.
        conn.execute("""
            INSERT INTO job_fire (job, slot)
            SELECT 'test_back', generate_series(
                date_bin('2 s', now(), 'epoch'), now() + interval '2 hours', '2 s')""")
        limit = time.monotonic() + 10
        while not fire(conn, job, nothing, now()):
            assert time.monotonic() < limit, "no slot came free"
            time.sleep(0.2)


def test_a_sweep_that_failed_leaves_its_slot_free(database: str) -> None:
    def fails(conn: Connection[Any], at: datetime) -> Sequence[Event]:
        raise RuntimeError

    with connect(database, autocommit=True) as conn:
        with pytest.raises(RuntimeError):
            fire(conn, Job("test_fails", 3600, fails), nothing, now())
        assert fire(conn, Job("test_fails", 3600, lambda c, at: []), nothing, now())


def test_events_of_a_sweep_and_what_follows_from_them_are_one_transaction(database: str) -> None:
    def sweep(conn: Connection[Any], at: datetime) -> Sequence[Event]:
        return [Event("test.swept", at, org)]

    def react(conn: Connection[Any], events: Sequence[Event], at: datetime) -> Sequence[Event]:
        return [Event("test.followed", at, one.org_id) for one in events]

    with connect(database, autocommit=True) as conn:
        row = conn.execute(
            "INSERT INTO org (kind, name) VALUES ('bureau', 'schedule') RETURNING id"
        ).fetchone()
        assert row is not None
        org = row[0]
        assert fire(conn, Job("test_events", 3600, sweep), react, now())
        kinds = conn.execute("SELECT kind FROM event WHERE org_id = %s ORDER BY id", (org,))
        assert kinds.fetchall() == [("test.swept",), ("test.followed",)]


def test_days_ahead_have_a_partition_on_the_native_engine(conn: psycopg.Connection[Any]) -> None:
    sweep_partitions(conn, now())
    native = conn.execute("SELECT on_native_partitions()").fetchone()
    made = conn.execute(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'position'::regclass"
    ).fetchone()
    assert native is not None
    assert made is not None
    assert (made[0] >= limits.PARTITION_DAYS_AHEAD + 3) is native[0]


def test_dead_sessions_are_dropped(conn: psycopg.Connection[Any]) -> None:
    conn.execute("""
        WITH o AS (INSERT INTO org (kind, name) VALUES ('bureau', 'sessions') RETURNING id),
             a AS (INSERT INTO account (org_id, login, role, password_hash)
                   SELECT id, 'sessions', 'viewer', 'x' FROM o RETURNING id)
        INSERT INTO session
        SELECT name::bytea, a.id, now() - age, now() - age, now() + left_over
          FROM a, (VALUES ('live', interval '1 minute', interval '1 hour'),
                          ('idle', interval '31 minutes', interval '1 hour'),
                          ('over', interval '1 minute', interval '-1 second'))
                  AS t (name, age, left_over)""")
    sweep_sessions(conn, now())
    assert conn.execute("SELECT token_sha256 FROM session").fetchall() == [(b"live",)]
