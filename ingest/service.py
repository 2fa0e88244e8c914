"""The ingest service: holds its fair share of the sessions, and keeps them honest.

`run` returns when `stop` is set. Any number of copies may run, on any machines.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import Connection

from core import clock, limits
from core.db import connect, time_limit
from core.events import Event
from core.events_io import append_events
from core.sql import load_queries
from devices.registry import Registry
from devices.registry_io import load_registry
from ingest import leases_io
from ingest.batch import fair_share
from ingest.courier import Courier
from ingest.follower import Follower, Judges
from ingest.session import RegistrySource, Session

log = logging.getLogger(__name__)
QUERIES = load_queries("ingest", "service.sql")


@dataclass(frozen=True, slots=True)
class IngestSettings:
    database_url: str
    mqtt_url: str
    owner: str  # unique for this process: host, pid, chance
    protocol: str = "5"  # or "3.1.1"
    sessions: int = 1
    judge: bool = True  # run the followers here; False: `waypost evaluate` does it elsewhere
    courier: bool = True
    divert: bool = True


@dataclass(slots=True)
class _Held:
    session: Session
    follower: Follower | None
    losses_told: int = 0


def run(settings: IngestSettings, make_judges: Callable[[], Judges], stop: threading.Event) -> None:
    """Ingest until `stop`. `make_judges` gives each session evaluators of its own."""
    _Service(settings, make_judges).run(stop)


def run_followers(
    settings: IngestSettings, make_judges: Callable[[], Judges], stop: threading.Event
) -> None:
    """Only judge, from the tables: `waypost evaluate`."""
    source = registry_source(settings.database_url)
    followers = [
        Follower(settings.database_url, no, settings.owner, make_judges(), source.current)
        for no in range(settings.sessions)
    ]
    for follower in followers:
        follower.start()
    stop.wait()
    for follower in followers:
        follower.stop()


def sweep_batches(conn: Connection[Any], now: datetime) -> Sequence[Event]:
    """Forget the bookkeeping of batches judged long ago."""
    conn.execute(QUERIES["prune_batches"], {"before": now - timedelta(days=limits.BATCH_KEPT_DAYS)})
    return ()


def registry_source(url: str) -> RegistrySource:
    """A registry that opens a connection each time it reads: rare, and so always fresh."""

    def read() -> Registry:
        with connect(url, application="waypost-registry") as conn, time_limit(conn):
            return load_registry(conn)

    return RegistrySource(read)


class _Service:
    def __init__(self, settings: IngestSettings, make_judges: Callable[[], Judges]) -> None:
        self._settings = settings
        self._make_judges = make_judges
        self._registry = registry_source(settings.database_url)
        self._held: dict[int, _Held] = {}
        self._conn: Connection[Any] | None = None

    def run(self, stop: threading.Event) -> None:
        courier = self._make_courier()
        if courier is not None:
            courier.start()
        beat_at = 0.0
        while not stop.is_set():
            self._drop_fallen()
            try:
                self._balance()
            except psycopg.Error as error:
                log.warning("leases: %s", error)
                self._disconnect()
            if time.monotonic() - beat_at >= limits.HEARTBEAT_S - 0.1:
                beat_at = time.monotonic()
                for held in self._held.values():
                    held.session.beat()
            stop.wait(min(limits.LEASE_RENEW_S, limits.HEARTBEAT_S) / 2)
        self._leave(courier)

    def _make_courier(self) -> Courier | None:
        settings = self._settings
        if not settings.courier:
            return None
        return Courier(
            settings.database_url,
            settings.mqtt_url,
            protocol=settings.protocol,
            owner=settings.owner,
        )

    # ── leases ────────────────────────────────────────────────────────────

    def _balance(self) -> None:
        conn = self._connected()
        settings = self._settings
        with time_limit(conn):
            workers = leases_io.see_worker(conn, settings.owner)
            for no, held in list(self._held.items()):
                if not leases_io.renew_session(conn, no, held.session.epoch):
                    log.warning("session %s: the lease is another's", no)
                    self._end(no)
        share = fair_share(settings.sessions, workers)
        for no in sorted(self._held, reverse=True)[: max(len(self._held) - share, 0)]:
            log.info("session %s: making room for another process", no)
            epoch = self._held[no].session.epoch
            self._end(no)
            with time_limit(conn):
                leases_io.give_up_session(conn, no, epoch)
        for no in range(settings.sessions):
            if len(self._held) >= share:
                break
            if no in self._held:
                continue
            with time_limit(conn):
                taken = leases_io.take_session(conn, no, settings.sessions, settings.owner)
            if taken is not None:
                self._begin(no, taken)
        self._report_losses(conn)

    def _begin(self, no: int, epoch: int) -> None:
        settings = self._settings
        conn = self._connected()
        with time_limit(conn):
            # Before the first message of this holder can come: it would look like an old one.
            known = conn.execute(QUERIES["has_batches"], {"session_no": no}).fetchone() is not None
            key = conn.execute(QUERIES["session_key"]).fetchone()
        assert key is not None
        follower = None
        if settings.judge:
            follower = Follower(
                settings.database_url, no, settings.owner, self._make_judges(),
                self._registry.current,
            )  # fmt: skip
            follower.start()
        session = Session(
            session_no=no,
            sessions=settings.sessions,
            client_id=f"waypost-ingest-{no}-{key[0]}",
            epoch=epoch,
            database_url=settings.database_url,
            mqtt_url=settings.mqtt_url,
            protocol=settings.protocol,
            registry=self._registry,
            follower=follower,
            divert=settings.divert,
            known=known,
        )
        session.start()
        self._held[no] = _Held(session, follower)
        log.info("session %s of %s: held, epoch %s", no, settings.sessions, epoch)

    def _end(self, no: int) -> None:
        held = self._held.pop(no)
        held.session.stop()
        if held.follower is not None:
            held.follower.stop()

    def _drop_fallen(self) -> None:
        """A session whose threads have died, or that lost its lease, is ended and taken anew."""
        for no, held in list(self._held.items()):
            if held.session.lost or not held.session.is_alive() or not held.session.link.is_alive():
                log.warning("session %s: ended; it will be taken again", no)
                self._end(no)

    # ── the broker forgot us ──────────────────────────────────────────────

    def _report_losses(self, conn: Connection[Any]) -> None:
        for no, held in self._held.items():
            losses = held.session.link.losses
            if losses == held.losses_told:
                continue
            log.error("session %s: the broker lost our session", no)
            now = clock.now()
            with time_limit(conn), conn.transaction():
                root = conn.execute(QUERIES["root_org"]).fetchone()
                if root is not None:
                    event = Event("ingest.session_lost", now, root[0], {"session_no": no})
                    follow = self._make_judges().react(conn, [event], now)
                    append_events(conn, [event, *follow])
            held.losses_told = losses

    # ── life ──────────────────────────────────────────────────────────────

    def _connected(self) -> Connection[Any]:
        if self._conn is None or self._conn.closed:
            self._conn = connect(
                self._settings.database_url, autocommit=True, application="waypost-leases"
            )
            leases_io.prepare(self._conn)
        return self._conn

    def _disconnect(self) -> None:
        if self._conn is not None:
            self._conn.close()
        self._conn = None

    def _leave(self, courier: Courier | None) -> None:
        """Stop taking, finish the batch at hand, give the leases back, close."""
        epochs = {no: held.session.epoch for no, held in self._held.items()}
        for no in list(self._held):
            self._end(no)
        if courier is not None:
            courier.stop()
        try:
            conn = self._connected()
            with time_limit(conn):
                for no, epoch in epochs.items():
                    leases_io.give_up_session(conn, no, epoch)
                leases_io.forget_worker(conn, self._settings.owner)
        except psycopg.Error as error:
            log.info("the leases will run out by themselves: %s", error)
        self._disconnect()
