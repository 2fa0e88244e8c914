"""The device side of a fault test: many devices with outboxes over one connection.

Each device tells a position in turn, keeps it until a receipt names it, and sends it again
with back-off. Afterwards `compare` asks the database what became of everything sent.
"""

import math
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import msgspec
import psycopg

from app.gateway import Gateway
from devices.simulator.carrier import Carrier
from devices.simulator.faults import Faults
from devices.simulator.voice import Message
from devices.topics import ROOT, subtree

TICK_S = 0.02
NO_FAULTS = Faults()


class Sent(NamedTuple):
    """One message by its duplicate key."""

    device_id: str
    at_ms: int
    seq: int


@dataclass(frozen=True)
class Tally:
    """Counts of messages; a message sent again counts once, and once as `resent`."""

    sent: int
    receipted: int
    unreceipted: int
    resent: int
    connections: int


@dataclass(frozen=True)
class Comparison:
    """What the database holds of what was sent."""

    sent: int
    stored: int
    doubled: int
    missing: int
    missing_keys: tuple[Sent, ...] = ()

    def __str__(self) -> str:
        return (
            f"sent {self.sent}, stored {self.stored}, doubled {self.doubled}, "
            f"missing {self.missing}"
        )


class Fleet:
    """`devices` are enrolled ids of one kind; `rate` is messages a second of all together."""

    def __init__(
        self,
        mqtt_url: str,
        user: str | None,
        password: str | None,
        devices: Sequence[str],
        rate: float,
        *,
        kind: str = "officer",
        faults: Faults = NO_FAULTS,
        seed: int = 1,
        protocol: str = "5",
        resend: bool = True,
    ) -> None:
        """`resend` False: devices without an outbox, who rely on the broker's word alone."""
        self.resend = resend
        self.devices = list(devices)
        self.rate = rate
        self.sent: list[Sent] = []
        self._lock = threading.Lock()  # guards `sent` and the carrier's counts
        self._roots = [subtree(device_id, kind) for device_id in self.devices]
        self._carrier = Carrier(faults, seed)
        self._seq = time.time_ns() // 1_000_000
        self._talking = True
        self._ended = threading.Event()
        self._gateway = Gateway(
            _with_user(mqtt_url, user, password),
            f"fleet-{self._seq}",
            [f"{ROOT}/+/{kind}/+/receipt"],
            self._hear,
            protocol=protocol,
        )
        self._thread = threading.Thread(target=self._run, name="outbox-fleet", daemon=True)
        self._failure: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def tally(self) -> Tally:
        with self._lock:
            tally, waiting = self._carrier.tally, self._carrier.waiting
            return Tally(
                tally.sent, tally.receipted, waiting, tally.resent, self._gateway.connections
            )

    def quiet(self) -> None:
        """Say nothing new; go on sending again what has no receipt."""
        self._talking = False

    def stop(self, drain_s: float = 30.0) -> Tally:
        """Say nothing new, wait at most `drain_s` for the receipts still due, end."""
        self.quiet()
        limit = time.monotonic() + drain_s
        while time.monotonic() < limit and self._thread.is_alive() and self.tally().unreceipted:
            time.sleep(0.05)
        self._ended.set()
        self._thread.join(10)
        if self._failure is not None:
            raise self._failure
        return self.tally()

    def _run(self) -> None:
        try:
            self._talk()
        except BaseException as error:
            self._failure = error

    def _talk(self) -> None:
        while not (self.resend or self._gateway.connected or self._ended.is_set()):
            self._gateway.pump(time.monotonic() + TICK_S)
        if not self.resend:
            self._carrier._looked_s = math.inf  # never looks through the outboxes
        begun = time.monotonic()
        offset_s = time.time() - begun
        said = 0
        seen = 0
        while not self._ended.is_set():
            now = time.monotonic()
            wanted = int((now - begun) * self.rate) if self._talking else said
            now_s = now + offset_s
            fresh = [self._position(number, now_s) for number in range(said, wanted)]
            said = wanted
            with self._lock:
                if self._gateway.connections > seen:
                    seen = self._gateway.connections
                    self._carrier.reconnected(now_s)
                packets = self._carrier.carry(fresh, now_s)
                # After the carrier: it may have set the device's clock wrong on purpose.
                self.sent += [Sent(m.device_id, m.payload["at"], m.payload["seq"]) for m in fresh]
            for packet in packets:
                self._gateway.publish(packet.topic, packet.body)
            self._gateway.pump(now + TICK_S)
        self._gateway.close(0.2)

    def _position(self, number: int, now_s: float) -> Message:
        place = number % len(self.devices)
        self._seq += 1
        payload = {
            "at": round(now_s * 1000),
            "seq": self._seq,
            "lon": round(121.4 + place % 100 * 0.001, 7),
            "lat": round(31.2 + number % 1000 * 0.00001, 7),
            "acc": 5.0,
        }
        topic = f"{self._roots[place]}/position"
        return Message(topic, payload, self.devices[place], "position", self._seq)

    def _hear(self, topic: str, body: bytes) -> None:
        with self._lock:
            self._carrier.receipt(topic.split("/")[4], msgspec.json.decode(body))


def compare(database_url: str, sent: Iterable[Sent]) -> Comparison:
    """Hold everything sent against the table of positions, row by row."""
    wanted = list(sent)
    with psycopg.connect(database_url) as conn:
        conn.execute("CREATE TEMP TABLE said (id text, at_ms bigint, seq bigint)")
        with conn.cursor().copy("COPY said FROM STDIN") as copy:
            for one in wanted:
                copy.write_row(one)
        rows = conn.execute(
            """SELECT said.id, said.at_ms, said.seq, count(position.seq)
                 FROM said
                 JOIN device ON device.id = said.id
                 LEFT JOIN position
                   ON position.device_no = device.no AND position.seq = said.seq
                  AND position.at = 'epoch'::timestamptz + said.at_ms * interval '1 ms'
                GROUP BY said.id, said.at_ms, said.seq"""
        ).fetchall()
        conn.rollback()
    found = {Sent(id, at_ms, seq): count for id, at_ms, seq, count in rows}
    missing = tuple(one for one in wanted if not found.get(one))
    return Comparison(
        sent=len(wanted),
        stored=sum(found.values()),
        doubled=sum(count - 1 for count in found.values() if count > 1),
        missing=len(missing),
        missing_keys=missing[:20],
    )


def _with_user(url: str, user: str | None, password: str | None) -> str:
    if user is None:
        return url
    parts = urlsplit(url)
    return f"{parts.scheme}://{quote(user)}:{quote(password or '')}@{parts.hostname}:{parts.port}"
