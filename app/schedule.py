"""What happens by the clock. Every process may run it; the database makes each slot single.

APScheduler only calls: its store is in memory, and nothing depends on a tick having
happened, since every sweep catches up from the data.
"""

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import psycopg
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from psycopg import Connection

from core import limits
from core.clock import now as wall_clock
from core.db import connect, time_limit
from core.events import Event
from core.events_io import append_events
from core.sql import load_queries

QUERIES = load_queries("app", "schedule.sql")
log = logging.getLogger(__name__)
_SWEEP_MAX_S: Final = 30.0

Sweep = Callable[[Connection[Any], datetime], Sequence[Event]]
React = Callable[[Connection[Any], Sequence[Event], datetime], Sequence[Event]]


@dataclass(frozen=True, slots=True)
class Job:
    """A sweep and how often it is due."""

    name: str
    every_s: float
    sweep: Sweep
    first_s: float = 0.0  # after our start


def fire(conn: Connection[Any], job: Job, react: React, now: datetime) -> bool:
    """Do the job if its slot is still free; one transaction. True when it was ours."""
    with conn.transaction():
        taken = conn.execute(QUERIES["take_slot"], {"job": job.name, "every_s": job.every_s})
        if taken.fetchone() is None:
            return False
        events = list(job.sweep(conn, now))
        append_events(conn, [*events, *react(conn, events, now)])
    return True


class Runner:
    """One job with its own connection, which it opens anew when it breaks."""

    def __init__(self, url: str, job: Job, react: React) -> None:
        self.job = job
        self._url = url
        self._react = react
        self._conn: Connection[Any] | None = None

    def __call__(self) -> None:
        """Never raises: a job that failed is tried again at its next slot."""
        try:
            if self._conn is None:
                self._conn = connect(self._url, autocommit=True, application="waypost-schedule")
            with time_limit(self._conn, _SWEEP_MAX_S):
                fire(self._conn, self.job, self._react, wall_clock())
        except psycopg.OperationalError as error:
            log.warning("%s: the database does not answer: %s", self.job.name, error)
            self.close()
        except Exception:
            log.exception("%s failed; it is tried again in %s s", self.job.name, self.job.every_s)
            self.close()

    def close(self) -> None:
        if self._conn is not None:
            self._conn.close()
            self._conn = None


def make_scheduler(url: str, jobs: Sequence[Job], react: React) -> BackgroundScheduler:
    """A scheduler, not started. Many processes must not all knock in the same millisecond."""
    scheduler = BackgroundScheduler(
        timezone=UTC,
        executors={"default": ThreadPoolExecutor(max(len(jobs), 1))},
        job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
    )
    for job in jobs:
        scheduler.add_job(
            Runner(url, job, react),
            "interval",
            # A little more often than the slots, so that drifting apart skips none.
            seconds=job.every_s * 0.9,
            jitter=min(job.every_s * 0.05, 1.0) * random.random(),  # noqa: S311
            next_run_time=wall_clock() + timedelta(seconds=job.first_s),
            id=job.name,
            name=job.name,
        )
    return scheduler


# ── housekeeping, which belongs to no noun ─────────────────────────────────


def sweep_partitions(conn: Connection[Any], now: datetime) -> Sequence[Event]:
    """Days ahead are made, days past their retention dropped. TimescaleDB does it by itself."""
    conn.execute(QUERIES["make_partitions"], {"now": now, "ahead": limits.PARTITION_DAYS_AHEAD})
    conn.execute(QUERIES["drop_partitions"], {"now": now, "days": limits.RETENTION_DAYS})
    return ()


def sweep_slots(conn: Connection[Any], now: datetime) -> Sequence[Event]:
    conn.execute(QUERIES["forget_slots"], {"now": now})
    return ()


def sweep_sessions(conn: Connection[Any], now: datetime) -> Sequence[Event]:
    conn.execute(QUERIES["drop_sessions"], {"now": now, "idle_s": limits.SESSION_IDLE_S})
    return ()
