"""One ingest session: from its inbox to a commit, then the acknowledgement, then the follower.

The order is the promise: commit → PUBACK in order, by the connection the message came
by → device receipts → hand over to the follower. Whatever fails before the commit is
tried again; whatever fails after it costs a redelivery, which the duplicate key absorbs.
"""

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
import psycopg

from core import limits
from core.db import is_poison
from devices import owntracks
from devices.codec import Malformed
from devices.registry import Registry
from devices.topics import ROOT, Up, part_text
from ingest.batch import is_due, parts_of, retry_delay_s
from ingest.decode import Decoded, Decoder, halves, set_aside
from ingest.failpoints import failpoint
from ingest.follower import Follower
from ingest.link import Delivery, Inbox, Link
from ingest.receipts import Receipts
from ingest.routes import HEARTBEAT_ROOT, Heartbeat, Message
from ingest.store_io import LeaseLost, Store, Stored

log = logging.getLogger(__name__)
# What one message can bring out in us. It goes to quarantine alone, because a process that
# dies of it would meet it again for ever. Want of memory, threads or files is not among them.
FAULTS = (
    ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError,
    RecursionError, msgspec.MsgspecError,
)  # fmt: skip


@dataclass(slots=True)
class Counts:
    """What a session has seen since it began, for the log and the metrics."""

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0
    retries: int = 0
    dropped_with_connection: int = 0
    slowest_commit_s: float = field(default=0.0)


class RegistrySource:
    """The registry, read again when it may have changed."""

    def __init__(self, read: Callable[[], Registry]) -> None:
        self._read = read
        self._registry: Registry | None = None
        self._read_at = self._tried_at = float("-inf")
        self._lock = threading.Lock()

    def current(self, older_than_s: float = 2.0, *, strict: bool = False) -> Registry:
        """At most `older_than_s` old where the database answers; the last known one otherwise.

        Raises psycopg.Error when it was never read, or, `strict`, cannot be read now.
        """
        with self._lock:
            began = time.monotonic()
            tried_at = self._read_at if strict or self._registry is None else self._tried_at
            if began - max(self._read_at, tried_at) > older_than_s:
                self._tried_at = began
                try:
                    self._registry = self._read()
                    self._read_at = began
                except psycopg.Error as error:
                    if strict or self._registry is None:
                        raise
                    log.warning("the registry could not be read again: %s", error)
            assert self._registry is not None
            return self._registry


class Session(threading.Thread):
    """The writer of one ingest session, while its lease is held."""

    def __init__(
        self,
        *,
        session_no: int,
        sessions: int,
        client_id: str,
        epoch: int,
        database_url: str,
        mqtt_url: str,
        protocol: str,
        registry: RegistrySource,
        follower: Follower | None,
        divert: bool = True,
        known: bool = False,
    ) -> None:
        super().__init__(name=f"ingest-{session_no}", daemon=True)
        self.session_no = session_no
        self.epoch = epoch
        self.counts = Counts()
        self.lost = False  # the lease: this session must not go on
        self._registry = registry
        self._follower = follower
        self._store = Store(database_url, session_no, epoch)
        self._decoder = Decoder(registry.current())
        self._used = registry.current()
        self._inbox = Inbox()
        self._halt = threading.Event()
        self._stepped_back = False
        self.link = Link(
            mqtt_url,
            client_id,
            filters(session_no, sessions),
            self._inbox,
            on_connected=self.beat,
            protocol=protocol,
            divert=divert,
            known=known,
        )
        self._receipts = Receipts(lambda topic, body: self.link.client.publish(topic, body, qos=1))

    def stop(self) -> None:
        self._halt.set()
        self.join(limits.DATABASE_CALL_MAX_S + 5)

    def beat(self) -> None:
        """Send a heartbeat through the broker; it counts once it is committed."""
        if self.link.connected.is_set():
            body = msgspec.json.encode(Heartbeat(time.time_ns() // 1_000_000))
            self.link.client.publish(f"{HEARTBEAT_ROOT}/{self.session_no}", body, qos=1)

    # ── the loop ──────────────────────────────────────────────────────────

    def run(self) -> None:
        self.link.start()
        self._receipts.start()
        try:
            while not self._halt.is_set():
                self._turn()
        except LeaseLost:
            log.warning("session %s: the lease passed to another process", self.session_no)
            self.lost = True
        except Exception:
            log.exception("session %s: stopped by a fault of ours", self.session_no)
            self.lost = True
        finally:
            self.link.stop()
            self._receipts.stop()
            self._store.close()

    def _turn(self) -> None:
        count, age_s = self._inbox.wait(0.25)
        if count == 0:
            return
        if not is_due(count, age_s):
            time.sleep(max(limits.STORE_BATCH_AGE_S - age_s, 0.0))
        deliveries = self._inbox.take(limits.STORE_BATCH_MAX)
        # Of a dead connection: unconfirmed for ever, so the broker delivers them again.
        live = [one for one in deliveries if not one.source.closed]
        self.counts.dropped_with_connection += sum(
            len(one.publishes) for one in deliveries if one.source.closed
        )
        if live:
            self._commit(live)

    def _commit(self, deliveries: list[Delivery]) -> None:
        messages = [
            Message(publish.topic, publish.payload, publish.retain, delivery.received_ms)
            for delivery in deliveries
            for publish in delivery.publishes
        ]
        self.counts.received += len(messages)
        failpoint("received")
        done = self._put_all(messages)
        if done is None:
            return  # stopping: nothing confirmed
        failpoint("committed")
        for delivery in deliveries:
            delivery.source.ack([publish.mid for publish in delivery.publishes if publish.mid])
        failpoint("acknowledged")
        for batch, stored in done:
            self._receipts.add(batch)
            self.counts.stored += stored.stored
            self.counts.duplicate += stored.duplicate
            self.counts.rejected += stored.rejected
            if self._follower is not None:
                self._follower.hand_over(stored)

    # ── commit, whatever it takes ─────────────────────────────────────────

    def _put_all(self, messages: list[Message]) -> list[tuple[Decoded, Stored]] | None:
        """Commit every message or quarantine it; None when stopped on the way."""
        try:
            batch = self._decode(messages)
            stored = self._put(batch)
        except (psycopg.Error, *FAULTS) as error:
            assert not isinstance(error, psycopg.Error) or is_poison(error)
            middle = len(messages) // 2
            parts = [messages[:middle], messages[middle:]]
            if not middle:
                parts = [[part] for part in halves(messages[0])]
            if not parts:
                return self._put_aside(messages[0], error)
            first = self._put_all(parts[0])
            second = None if first is None else self._put_all(parts[1])
            return None if first is None or second is None else first + second
        return None if stored is None else [(batch, stored)]

    def _put_aside(self, message: Message, error: Exception) -> list[tuple[Decoded, Stored]] | None:
        log.warning("a message on %r cannot be stored: %s", message.topic, error)
        ours = not isinstance(error, psycopg.Error)
        reason = "refused_by_ingest" if ours else "refused_by_database"
        detail = (str(error) or type(error).__name__).partition("\n")[0]
        batch = set_aside(message, self._used, Malformed(reason, detail))
        stored = self._put(batch)
        return None if stored is None else [(batch, stored)]

    def _put(self, batch: Decoded) -> Stored | None:
        """Try one batch until it is committed; None when stopped. Raises poison, LeaseLost."""
        tries = 0
        since = time.monotonic()
        while not self._halt.is_set():
            began = time.monotonic()
            try:
                stored = self._store.put(batch)
            except psycopg.Error as error:
                if is_poison(error):
                    raise
                tries += 1
                log.warning("session %s: not committed (try %s): %s", self.session_no, tries, error)
                self._pause(tries, since)
            else:
                took = time.monotonic() - began
                self.counts.slowest_commit_s = max(self.counts.slowest_commit_s, took)
                if not self.link.client.is_connected() and self._stepped_back:
                    self._stepped_back = False
                    self.link.start()
                return stored
        return None

    def _reread(self) -> Registry:
        """The registry as it is now: with the database away nobody is called a stranger."""
        tries = 0
        since = time.monotonic()
        while not self._halt.is_set():
            try:
                return self._registry.current(older_than_s=0.3, strict=True)
            except psycopg.Error as error:
                tries += 1
                log.warning("session %s: no registry (try %s): %s", self.session_no, tries, error)
                self._pause(tries, since)
        return self._used  # what it judges is not committed any more

    def _pause(self, tries: int, since: float) -> None:
        """Before the database is tried again."""
        self.counts.retries += 1
        if time.monotonic() - since > limits.DATABASE_AWAY_DISCONNECT_S:
            self._step_back()
        self._halt.wait(retry_delay_s(tries, random.random()))  # noqa: S311 - jitter

    def _step_back(self) -> None:
        """The database is away: leave the messages with the broker, which has more room."""
        if not self._stepped_back:
            log.warning("session %s: disconnecting until the database is back", self.session_no)
            self._stepped_back = True
            self.link.stop()
            self._inbox.clear()

    def _decode(self, messages: list[Message]) -> Decoded:
        registry = self._registry.current()
        if registry is not self._used:
            self._decoder.use(registry)
            self._used = registry
        batch = self._decoder.decode(messages)
        if self._decoder.saw_stranger:
            # Perhaps enrolled a moment ago: look once more before calling it unknown.
            fresh = self._reread()
            if fresh is not self._used:
                self._decoder.use(fresh)
                self._used = fresh
                batch = self._decoder.decode(messages)
            self._decoder.saw_stranger = False
        return batch


def filters(session_no: int, sessions: int) -> list[str]:
    """What one session subscribes to. The first one also takes hand-made parts and phones."""
    channels = [str(channel) for channel in Up]
    own = [f"{HEARTBEAT_ROOT}/{session_no}"]
    if sessions == 1:
        return own + [f"{ROOT}/+/+/+/{channel}" for channel in channels] + list(owntracks.FILTERS)
    parts = [part_text(part) for part in parts_of(session_no, sessions)]
    if session_no == 0:
        parts.append("_")
        own += owntracks.FILTERS
    return own + [f"{ROOT}/{part}/+/+/{channel}" for part in parts for channel in channels]
