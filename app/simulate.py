"""`./waypost simulate`: a simulated district publishes over one MQTT connection.

The fleet and its outboxes are pure; this file holds the clock, the connection and the
words printed. Devices must be enrolled: `demo` does that, and `--enrol` here.
"""

from __future__ import annotations

import argparse
import json
import logging
import secrets
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import psycopg

from app import district, district_io
from app.gateway import Gateway, open_gateway
from app.settings import Settings
from core import clock
from core.errors import Invalid
from core.events_io import append_events
from devices.simulator.carrier import Carrier, Packet
from devices.simulator.city import generate
from devices.simulator.faults import Faults, parse
from devices.simulator.fleet import Fleet
from devices.simulator.roster import Sizes, make
from devices.topics import ROOT, Down

log = logging.getLogger(__name__)
TICK_S = 0.05
REPORT_S = 10.0
ROLL_S = 3600.0  # windows are added a day ahead
SUBSCRIPTIONS = tuple(f"{ROOT}/+/+/+/{channel}" for channel in Down)


@dataclass(frozen=True, slots=True)
class Words:
    """The command line, read."""

    sizes: Sizes
    seed: int
    speed: float
    rate: float | None
    faults: Faults
    duration_s: float | None
    enrol: bool
    as_json: bool


def read_words(argv: Sequence[str]) -> Words:
    """Raises Invalid, or SystemExit(2) for words that are none."""
    parser = argparse.ArgumentParser(
        prog="waypost simulate", description="Publish a simulated district over MQTT."
    )
    add_arguments(parser)
    parser.add_argument("--rate", type=float, help="messages a second, by the reporting period")
    parser.add_argument("--faults", default="", help="drop=0.05,duplicate=0.02,reorder=0.02,"
                        "delay=3,skew=30,deadzones=2,restart=1")  # fmt: skip
    parser.add_argument("--duration", type=float, help="stop after this many seconds")
    parser.add_argument("--enrol", action="store_true", help="enrol missing devices first")
    parser.add_argument("--json", action="store_true", help="reports as JSON lines")
    given = parser.parse_args(argv)
    return Words(sizes_of(given), given.seed, given.speed, given.rate, parse(given.faults),
                 given.duration, given.enrol, given.json)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The sizes, the seed and the time factor: the same words for `demo` and `simulate`."""
    usual = Sizes()
    for name in ("officers", "vehicles", "cameras", "docks", "points", "cylinders"):
        parser.add_argument(f"--{name}", type=int, default=getattr(usual, name),
                            help=f"how many (default {getattr(usual, name)})")  # fmt: skip
    parser.add_argument("--seed", type=int, default=1, help="another seed, another district")
    parser.add_argument("--speed", type=float, default=1.0, help="time factor (default 1)")


def sizes_of(given: argparse.Namespace) -> Sizes:
    """Sizes from those arguments. Raises Invalid."""
    names = {one.name for one in fields(Sizes)}
    values = {name: value for name, value in vars(given).items() if name in names}
    for name, value in values.items():
        if value < 0:
            raise Invalid(f"--{name} must not be negative.")
    if given.speed <= 0 or given.speed > 1000:
        raise Invalid("--speed must be above 0 and at most 1000.")
    return Sizes(**values)


def run(settings: Settings, argv: Sequence[str]) -> int:
    """Publish until SIGINT or SIGTERM, or for `--duration`. Returns the exit status.

    Wants `mqtt_gateway_url`; `--enrol` wants `database_url`. Raises AppError.
    """
    words = read_words(argv)
    if settings.mqtt_gateway_url is None:
        raise Invalid(
            "No account that may publish for every device. Run `./waypost demo` or set "
            "WAYPOST_MQTT_GATEWAY_URL."
        )
    if words.enrol:
        _enrol(settings, words)
    simulation = Simulation(
        words, settings.mqtt_gateway_url, settings.mqtt_protocol, settings.database_url
    )
    stopped: list[int] = []
    before = {
        number: signal.signal(number, lambda given, _frame: stopped.append(given))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        simulation.run(stopped)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


class Simulation:
    """A fleet, its outboxes and the connection."""

    def __init__(self, words: Words, url: str, protocol: str, database_url: str | None) -> None:
        self.words = words
        self.database_url = database_url
        roster, streets = make(generate(words.seed), words.seed, words.sizes)
        period_s = period_for(words) if words.rate else None
        # A name of its own: two simulators with one name would throw each other out.
        name = f"waypost-simulator-{secrets.token_hex(4)}"
        self.gateway: Gateway = open_gateway(
            url, name, SUBSCRIPTIONS, self._hear, protocol=protocol
        )
        self.fleet = Fleet(roster, streets, time.time(), words.speed, period_s)
        self.carrier = Carrier(words.faults, words.seed)
        self.refused = 0

    def run(self, stopped: list[int]) -> None:
        """Until `stopped` holds a signal, or the duration is over; then sign off."""
        begun = time.monotonic()
        offset_s = time.time() - begun  # our clock from here on: it never runs back
        report_at, roll_at = begun + REPORT_S, begun
        seen = self.gateway.connections
        while not stopped:
            now = time.monotonic()
            if self.words.duration_s and now - begun >= self.words.duration_s:
                break
            now_s = now + offset_s
            if self.gateway.connections > seen:
                seen = self.gateway.connections
                self.carrier.reconnected(now_s)
            self._publish(self.carrier.carry(self.fleet.step(self.fleet.virtual_s(now_s)), now_s))
            if now >= roll_at:
                roll_at = now + ROLL_S
                self._roll_windows()
            if now >= report_at:
                report_at = now + REPORT_S
                self._report()
            self.gateway.pump(now + TICK_S)
        self._publish(self.carrier.carry(self.fleet.sign_off(), time.monotonic() + offset_s))
        self._drain()
        self._report()
        self.gateway.close()

    def _roll_windows(self) -> None:
        """Add the windows that came into sight; only for points this district was seeded with."""
        if self.database_url is None:
            return
        points, now = self.fleet.roster.points, clock.now()
        try:
            with psycopg.connect(self.database_url, connect_timeout=3) as conn:
                district_io.roll(conn, points, list(district.windows(points, now)), now)
        except psycopg.Error as error:  # the fleet goes on; the next turn tries again
            log.warning("windows could not be added", extra={"reason": str(error)})

    def _drain(self) -> None:
        """Give the last receipts a moment; what stays is named in the report."""
        limit = time.monotonic() + 2.5
        while self.carrier.waiting and time.monotonic() < limit and self.gateway.connected:
            self.gateway.pump(time.monotonic() + TICK_S)

    def _publish(self, packets: Sequence[Packet]) -> None:
        for topic, body, retain in packets:
            if not self.gateway.publish(topic, body, retain=retain):
                self.refused += 1  # the outbox has it

    def _hear(self, topic: str, body: bytes) -> None:
        levels = topic.split("/")
        said: Any = json.loads(body)
        if not isinstance(said, dict):
            return
        device_id, channel = levels[4], levels[5]
        if channel == Down.RECEIPT:
            self.carrier.receipt(device_id, said)
        else:
            self.fleet.deliver(device_id, channel, said)

    def _report(self) -> None:
        tally = self.carrier.tally
        report = {
            "sent": tally.sent, "resent": tally.resent, "receipted": tally.receipted,
            "waiting": self.carrier.waiting, "lost": tally.lost, "refused": self.refused,
            "connected": self.gateway.connected, "faults": dict(tally.labels),
        }  # fmt: skip
        if self.words.as_json:
            print(json.dumps(report), flush=True)
            return
        made = ", ".join(f"{name} {count}" for name, count in tally.labels.items())
        print(
            f"sent {tally.sent}, receipted {tally.receipted}, sent again {tally.resent}, "
            f"waiting {report['waiting']}" + (f"; faults: {made}" if made else "")
            + ("" if self.gateway.connected else "; no connection to the broker"),
            file=sys.stderr, flush=True,
        )  # fmt: skip


def period_for(words: Words) -> float:
    """The reporting period that makes about `rate` messages a second of our clock."""
    sizes = words.sizes
    speakers = sizes.officers + sizes.vehicles + sizes.cameras // 4
    assert words.rate
    if not speakers or words.rate <= 0:
        raise Invalid("--rate wants at least one officer or vehicle, and a rate above 0.")
    return max(0.1, speakers * words.speed / words.rate)


def _enrol(settings: Settings, words: Words) -> None:
    if settings.database_url is None:
        raise Invalid("--enrol wants a database: set WAYPOST_DATABASE_URL.")
    with psycopg.connect(settings.database_url) as conn:
        now = clock.now()
        append_events(
            conn, district_io.seed(conn, district.plan(words.seed, words.sizes, now), now)
        )
