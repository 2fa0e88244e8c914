"""Between the fleet and the broker: outboxes, receipts, and faults in the air. Pure.

Times are seconds of our clock since 1970, the one the messages tell.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

import msgspec

from core.limits import BATCH_BODY_BYTES_MAX, BATCH_ITEMS_MAX
from devices.simulator.faults import Air, Faults
from devices.simulator.outbox import Outbox
from devices.simulator.voice import Message

RESEND_PERIOD_S = 1.0  # how often outboxes are looked through
RESENT_AT_ONCE_MAX = 4_000  # messages in one look: an outage must not end in a flood
LABELLED_MAX = 100_000  # the newest are kept
BATCH_FROM = 5  # this many of one device go as one batch
BATCH_BYTES = BATCH_BODY_BYTES_MAX - 1024
_encode = msgspec.json.Encoder().encode


class Packet(NamedTuple):
    """What is published: QoS 1."""

    topic: str
    body: bytes
    retain: bool


@dataclass(slots=True)
class Tally:
    """What went through, in messages (an item of a batch is a message)."""

    sent: int = 0  # first sendings
    resent: int = 0
    receipted: int = 0
    lost: int = 0  # pushed out of a full outbox
    labels: Counter[str] = field(default_factory=Counter)  # faults made, by name


@dataclass(slots=True)
class _Device:
    outbox: Outbox
    air: Air


class Carrier:
    """Carries the messages of a whole fleet. Not safe for use from several threads."""

    def __init__(self, faults: Faults, seed: int) -> None:
        self.faults = faults
        self.tally = Tally()
        self.labelled: dict[tuple[str, int], list[str]] = {}  # (device, seq) -> faults, if any
        self._seed = seed
        self._devices: dict[str, _Device] = {}
        self._late: list[tuple[float, int, Packet]] = []
        self._number = 0
        self._looked_s = 0.0

    @property
    def waiting(self) -> int:
        """Messages without a receipt."""
        return sum(len(device.outbox) for device in self._devices.values())

    def carry(self, messages: Iterable[Message], now_s: float) -> list[Packet]:
        """What to publish now: these messages, those delayed until now, those sent again."""
        packets: list[Packet] = []
        for message in messages:
            device = self._device(message.device_id, now_s)
            self._stamp(message, device.air)
            device.outbox.put(message, now_s)
            self.tally.sent += 1
            if not device.air.dead:
                self._fly(message, device.air, now_s, packets)
        while self._late and self._late[0][0] <= now_s:
            packets.append(heapq.heappop(self._late)[2])
        if now_s - self._looked_s >= RESEND_PERIOD_S:
            self._looked_s = now_s
            packets += self._look_through(now_s)
        return packets

    def receipt(self, device_id: str, body: Mapping[str, Any]) -> None:
        device = self._devices.get(device_id)
        if device is not None:
            self.tally.receipted += device.outbox.receipt(body)

    def reconnected(self, now_s: float) -> None:
        """The way to the broker is open again: do not wait out the back-off."""
        for device in self._devices.values():
            device.outbox.due_at_once(now_s)

    def _fly(self, message: Message, air: Air, now_s: float, packets: list[Packet]) -> None:
        if not self.faults.any:
            packets.append(_packet(message, air, now_s))
            return
        delays, labels = air.fates()
        self._label(message, labels)
        for delay_s in delays:
            packet = _packet(message, air, now_s)
            if delay_s <= 0:
                packets.append(packet)
            else:
                self._number += 1
                heapq.heappush(self._late, (now_s + delay_s, self._number, packet))

    def _look_through(self, now_s: float) -> Iterator[Packet]:
        left = RESENT_AT_ONCE_MAX
        lost = 0
        for device in self._devices.values():
            for label in device.air.move_on(now_s) if self.faults.any else ():
                self.tally.labels[label] += 1
                if label == "back":
                    device.outbox.due_at_once(now_s)
            lost += device.outbox.lost
            if device.air.dead or left <= 0 or now_s < device.outbox.next_due_s:
                continue
            again = device.outbox.due(now_s, left)
            left -= len(again)
            self.tally.resent += len(again)
            yield from self._again(again, device.air, now_s)
        self.tally.lost = lost

    def _again(self, messages: list[Message], air: Air, now_s: float) -> Iterator[Packet]:
        for message in messages:
            message.payload["queued"] = True
            _stamp_sending(message, air, now_s)
        if len(messages) < BATCH_FROM:
            for message in messages:
                packets: list[Packet] = []
                self._fly(message, air, now_s, packets)
                yield from packets
            return
        yield from batches(messages)

    def _stamp(self, message: Message, air: Air) -> None:
        """The device's own clocks: the wall clock may be wrong, the monotonic one is not."""
        payload = message.payload
        up_ms = payload["at"] - round(air.booted_s * 1000)
        if air.skew_ms:
            for name in ("at", "fix_at"):
                if name in payload:
                    payload[name] += air.skew_ms
            self._label(message, ["skew"])
        if up_ms >= 0:  # what was observed before the last start has no monotonic time
            payload["boot"] = air.boots
            payload["up"] = up_ms

    def _label(self, message: Message, labels: list[str]) -> None:
        if labels and message.seq is not None:
            self.tally.labels.update(labels)
            if len(self.labelled) >= LABELLED_MAX:
                del self.labelled[next(iter(self.labelled))]
            self.labelled.setdefault((message.device_id, message.seq), []).extend(labels)

    def _device(self, device_id: str, now_s: float) -> _Device:
        device = self._devices.get(device_id)
        if device is None:
            rng = Random(f"{self._seed}/air/{device_id}")  # noqa: S311
            device = self._devices[device_id] = _Device(Outbox(), Air(self.faults, rng, now_s))
        return device


def batches(messages: Iterable[Message]) -> Iterator[Packet]:
    """Messages of one device as `batch` bodies within the contract's bounds."""
    items: list[bytes] = []
    size = 0
    topic = ""
    for message in messages:
        topic = message.topic.rpartition("/")[0] + "/batch"
        item = _encode({"channel": message.channel, **message.payload})
        if items and (len(items) == BATCH_ITEMS_MAX or size + len(item) > BATCH_BYTES):
            yield _batch(topic, items)
            items, size = [], 0
        items.append(item)
        size += len(item) + 1
    if items:
        yield _batch(topic, items)


def _batch(topic: str, items: list[bytes]) -> Packet:
    return Packet(topic, b'{"items":[' + b",".join(items) + b"]}", False)


def _packet(message: Message, air: Air, now_s: float) -> Packet:
    _stamp_sending(message, air, now_s)
    return Packet(message.topic, _encode(message.payload), message.retain)


def _stamp_sending(message: Message, air: Air, now_s: float) -> None:
    """The monotonic time of sending. A message kept over a restart has none to compare with."""
    message.payload.pop("sent_up", None)
    if message.payload.get("boot") == air.boots:
        message.payload["sent_up"] = round((now_s - air.booted_s) * 1000)
