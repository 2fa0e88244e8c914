"""Transaction 2: what was stored is judged, in the order it was stored.

Storage is never hostage to rules: a follower has its own connection, its own lease and
its own cursor, and a broken evaluator delays verdicts without touching ingest. Batches
just committed come from memory; after a restart, a gap or duplicates they are read back.
"""

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import Connection

from core import clock, limits
from core.db import connect, time_limit
from core.errors import AppError
from core.events import Event
from core.events_io import append_events
from core.values import from_ms
from devices.readings import Readings
from devices.registry import Registry
from ingest import leases_io
from ingest.batch import pace_s, retry_delay_s
from ingest.evaluator import Evaluator, Reaction
from ingest.readback_io import next_batches, read_batches
from ingest.store_io import Stored

log = logging.getLogger(__name__)
JUDGE_MAX_S = 60.0  # a whole transaction of judgement, however large


class CursorLost(AppError):
    """Another follower judges this session now."""

    code = "cursor_lost"


@dataclass(frozen=True, slots=True)
class Judges:
    """Who thinks, in which order: handed in by the composition root."""

    evaluators: Sequence[Evaluator]
    react: Reaction


class Follower(threading.Thread):
    """Judges the batches of one ingest session."""

    def __init__(
        self,
        url: str,
        session_no: int,
        owner: str,
        judges: Judges,
        registry: Callable[[], Registry],
    ) -> None:
        super().__init__(name=f"follower-{session_no}", daemon=True)
        self.session_no = session_no
        self._url = url
        self._owner = owner
        self._judges = judges
        self._registry = registry
        self._fresh: deque[Stored] = deque()
        self._handed = 0  # readings put there: only the writer counts here …
        self._taken = 0  # … and only the follower here
        self._wake = threading.Event()
        self._halt = threading.Event()
        self._conn: Connection[Any] | None = None
        self._epoch = 0
        self._done = 0
        self._tries = 0
        self._failures = 0  # in a row, of getting as far as judging
        self._most = limits.FOLLOWER_READINGS_MAX  # readings in one turn, for now

    # ── from the writer ───────────────────────────────────────────────────

    def hand_over(self, stored: Stored) -> None:
        """Called after a commit, in batch order. Never blocks: a backlog is read back instead."""
        if self._handed - self._taken < limits.FOLLOWER_BACKLOG_MAX:
            self._handed += stored.stored
            self._fresh.append(stored)
        self._wake.set()

    def stop(self) -> None:
        self._halt.set()
        self._wake.set()
        self.join(10)

    # ── the loop ──────────────────────────────────────────────────────────

    def run(self) -> None:
        while not self._halt.is_set():
            try:
                self._follow()
            except CursorLost:
                log.info("session %s: another follower judges it", self.session_no)
            except psycopg.Error as error:
                log.warning("session %s: the database: %s", self.session_no, error)
            except Exception:
                log.exception("session %s: the follower stumbled", self.session_no)
            self._failures += 1
            self._drop_connection(give_up=self._halt.is_set())
            self._halt.wait(retry_delay_s(self._failures, random.random()))  # noqa: S311 - jitter

    def _follow(self) -> None:
        conn = self._conn = connect(self._url, autocommit=True, application="waypost-follower")
        taken = None
        while taken is None and not self._halt.is_set():
            with time_limit(conn):
                taken = leases_io.take_cursor(conn, self.session_no, self._owner)
            if taken is None:
                self._halt.wait(limits.LEASE_RENEW_S)
        if taken is None:
            return
        self._epoch, self._done = taken
        self._failures = 0
        renewed = time.monotonic()
        while not self._halt.is_set():
            started = time.monotonic()
            if started - renewed > limits.LEASE_RENEW_S:
                with time_limit(conn):
                    if not leases_io.renew_cursor(conn, self.session_no, self._epoch):
                        raise CursorLost(session_no=self.session_no)
                renewed = started
            last, readings = self._next(conn)
            if last > self._done:
                self._judge(conn, readings, last)
                spare = pace_s(len(readings)) - (time.monotonic() - started)
                self._halt.wait(max(spare, 0.0))
            else:
                self._wake.wait(limits.FOLLOWER_PERIOD_S * 5)
                self._wake.clear()

    def _next(self, conn: Connection[Any]) -> tuple[int, Readings]:
        """(number of the last batch, what the batches up to it brought)."""
        fresh = self._fresh
        while fresh and fresh[0].batch_no <= self._done:
            self._taken += fresh.popleft().stored
        taken: list[Readings] = []
        last, count = self._done, 0
        while fresh and count < self._most:
            head = fresh[0]
            if head.batch_no != last + 1 or head.readings is None:
                break
            taken.append(head.readings)
            last, count = head.batch_no, count + len(head.readings)
            self._taken += fresh.popleft().stored
        if last > self._done:
            return last, Readings.joined(taken)
        with time_limit(conn):
            rows = next_batches(conn, self.session_no, self._done, limit=50)
            kept = rows[:1]
            for row in rows[1:]:
                if sum(one.stored for one in kept) + row.stored > self._most:
                    break
                kept.append(row)
            if not kept:
                return self._done, Readings.empty()
            readings = read_batches(conn, self.session_no, kept, self._registry())
        return kept[-1].no, readings

    # ── judging ───────────────────────────────────────────────────────────

    def _judge(self, conn: Connection[Any], readings: Readings, last: int) -> None:
        try:
            self._judge_once(conn, readings, last)
            self._tries = 0
            self._most = min(self._most * 2, limits.FOLLOWER_READINGS_MAX)
        except (CursorLost, psycopg.OperationalError, psycopg.InterfaceError):
            # Perhaps the turn took longer than anything may: the next one is smaller.
            self._most = max(self._most // 2, 1)
            self._forget()
            raise
        except Exception as error:
            self._forget()
            self._tries += 1
            if self._tries < limits.FOLLOWER_TRIES_MAX:
                log.exception("session %s: batch %s, try %s", self.session_no, last, self._tries)
                while self._fresh:  # judged again from the tables
                    self._taken += self._fresh.popleft().stored
                return
            log.error("session %s: batch %s failed for good: %s", self.session_no, last, error)
            self._isolate(conn, readings)
            self._judge_once(conn, Readings.empty(), last)
            self._tries = 0

    def _judge_once(self, conn: Connection[Any], readings: Readings, last: int | None) -> None:
        now = clock.now()
        with time_limit(conn, JUDGE_MAX_S), conn.transaction():
            if not leases_io.hold_cursor(conn, self.session_no, self._epoch):
                raise CursorLost(session_no=self.session_no)
            events: list[Event] = []
            if len(readings):
                for evaluator in self._judges.evaluators:
                    events += evaluator.evaluate(conn, readings, now)
                events += self._judges.react(conn, events, now)
            if last is not None and not leases_io.move_cursor(
                conn, self.session_no, self._epoch, last
            ):
                raise CursorLost(session_no=self.session_no)
            append_events(conn, events)
        if last is not None:
            self._done = last

    def _isolate(self, conn: Connection[Any], readings: Readings) -> None:
        """Halve until the guilty reading stands alone, and set that one aside."""
        if not len(readings):
            return
        try:
            self._judge_once(conn, readings, None)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except Exception as error:
            self._forget()
            if len(readings) > 1:
                for half in readings.halves():
                    self._isolate(conn, half)
                return
            device_no, at_ms, seq = readings.keys()[0]
            log.exception("set aside: device %s at %s seq %s", device_no, at_ms, seq)
            with conn.transaction():
                body = {"at_ms": at_ms, "seq": seq, "error": f"{type(error).__name__}: {error}"}
                org_ids = {device.no: device.org_id for device in self._registry().values()}
                event = Event(
                    "evaluation_failed", from_ms(at_ms), org_ids[device_no], body, device_no
                )
                append_events(conn, [event])

    def _forget(self) -> None:
        for evaluator in self._judges.evaluators:
            evaluator.forget()

    def _drop_connection(self, *, give_up: bool = False) -> None:
        conn, self._conn = self._conn, None
        self._forget()
        if conn is None:
            return
        try:
            if give_up and self._epoch:
                with time_limit(conn):
                    leases_io.give_up_cursor(conn, self.session_no, self._epoch)
        except psycopg.Error as error:
            log.info("the cursor's lease will run out by itself: %s", error)
        finally:
            conn.close()
