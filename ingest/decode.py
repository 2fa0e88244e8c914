"""Messages in, readings out: one pass, columns for positions. Pure.

Nothing is thrown away here: what cannot be read becomes a Rejected with its reason.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import numpy as np

from core import limits
from devices import codec, owntracks
from devices.codec import Malformed, PositionBody
from devices.datum import point_to_wgs84
from devices.readings import (
    POSITION_DTYPE,
    Ack,
    Checkin,
    CylinderEvent,
    DeviceEvent,
    Positions,
    Rare,
    Recording,
    Stamp,
    Status,
)
from devices.registry import Device, Registry
from devices.tags import normal_uid
from ingest.columns import DATUM_CODE, PositionColumns, clock_problem
from ingest.routes import Heartbeat, Message, Route, resolve

SAMPLE = 128  # unknown fields are counted in one message of so many

# An escape of NUL; a backslash that is itself escaped begins none.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_PLACE = frozenset({"lon", "lat", "acc", "datum"})


@dataclass(frozen=True, slots=True)
class Rejected:
    """A body nobody can use, for the quarantine."""

    topic: str
    body: bytes
    reason: str
    detail: str
    received_ms: int
    device: Device | None = None


@dataclass(slots=True)
class Decoded:
    positions: Positions
    rare: list[Rare] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    heartbeats_ms: list[int] = field(default_factory=list)
    receipts: list[tuple[Device, int]] = field(default_factory=list)  # who waits for which seq
    event_receipts: list[tuple[Device, str]] = field(default_factory=list)
    unknown_fields: int = 0


class Decoder:
    """Decodes batches; remembers what each topic means until the registry changes."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._routes: dict[bytes, Route] = {}
        self._seen = 0
        self.saw_stranger = False  # a topic named a device the registry lacks

    def use(self, registry: Registry) -> None:
        """Take a newer registry; what topics mean may have changed."""
        self._registry = registry
        self._routes.clear()
        self.saw_stranger = False

    def decode(self, messages: Sequence[Message]) -> Decoded:
        """One pass over a batch."""
        found = PositionColumns()
        out = Decoded(np.empty(0, POSITION_DTYPE))
        routes = self._routes
        position = codec.DECODERS["position"].decode
        for message in messages:
            route = routes.get(message.topic)
            if route is None:
                route = self._route(message.topic)
            if route.channel == "position" and len(message.payload) <= limits.BODY_BYTES_MAX:
                try:
                    body = position(message.payload)
                except Exception as error:
                    _reject(out, message, route, codec.malformed(error, message.payload))
                else:
                    found.add(body, route.device, message)
                    if route.device is not None and route.device.outbox:
                        out.receipts.append((route.device, body.seq))
            else:
                self._decode_rare(message, route, found, out)
            self._seen += 1
            if self._seen % SAMPLE == 0:
                out.unknown_fields += _count_unknown(route.channel, message.payload)
        out.positions, refused = found.columns()
        for message, device, problem in refused:
            _reject(out, message, Route("position", device), problem)
        return out

    def _route(self, raw: bytes) -> Route:
        route = resolve(raw, self._registry)
        if route.problem[0] == "unknown_device":
            self.saw_stranger = True
        elif len(self._routes) < 200_000:  # bounded: a hostile client may invent topics
            self._routes[raw] = route
        return route

    def _decode_rare(
        self, message: Message, route: Route, found: PositionColumns, out: Decoded
    ) -> None:
        try:
            if route.channel == "heartbeat":
                out.heartbeats_ms.append(_sent_ms(message))
            elif route.device is None:
                raise Malformed(*route.problem)
            elif route.channel == "owntracks":
                _decode_owntracks(message, route.device, found, out)
            elif route.channel == "batch":
                _decode_batch(message, route.device, found, out)
            else:
                _decode_one(route.channel, message, route.device, found, out)
        except Malformed as problem:
            _reject(out, message, route, problem)


def _decode_owntracks(
    message: Message, device: Device, found: PositionColumns, out: Decoded
) -> None:
    _check_size(message.payload, limits.BODY_BYTES_MAX)
    body = owntracks.decode(message.payload, message.received_ms)
    if isinstance(body, PositionBody):
        found.add(body, device, message)
        return
    _refuse_nul(message.payload)
    stamp = Stamp(
        device.no, device.id, device.kind, device.org_id, body.at, body.seq, message.received_ms
    )
    _check_clock(stamp)
    if isinstance(body, owntracks.PhoneEvent):
        out.rare.append(DeviceEvent(stamp, body.type, body.lon, body.lat, body.detail))
    elif not message.retain:
        out.rare.append(Status(stamp, "lost", will=True))


def _decode_batch(message: Message, device: Device, found: PositionColumns, out: Decoded) -> None:
    _check_size(message.payload, limits.BATCH_BODY_BYTES_MAX)
    body = codec.decode("batch", device.kind, message.payload)
    for raw in body.items:
        item = replace(message, payload=bytes(raw))
        try:
            channel = codec.item_channel(item.payload)
            item = _as_if_alone(item, channel)
            _decode_one(channel, item, device, found, out, queued=True)
        except Malformed as problem:
            _reject(out, item, Route("batch", device), problem)


def _as_if_alone(item: Message, channel: str) -> Message:
    """Under the topic it would have come by alone: so it can be driven again from there."""
    return replace(item, topic=item.topic.rpartition(b"/")[0] + b"/" + channel.encode())


def halves(message: Message) -> list[Message]:
    """The same readings in two batches; none where they cannot be parted (fewer than two)."""
    if not message.topic.endswith(b"/batch"):
        return []
    try:
        items = codec.decode("batch", "", message.payload).items
    except Malformed:
        return []
    middle = len(items) // 2
    return [
        replace(message, payload=msgspec.json.encode(codec.BatchBody(some)))
        for some in (items[:middle], items[middle:])
        if middle
    ]


def _decode_one(
    channel: str,
    message: Message,
    device: Device,
    found: PositionColumns,
    out: Decoded,
    *,
    queued: bool = False,
) -> None:
    _check_size(message.payload, limits.BODY_BYTES_MAX)
    if channel == "status" and codec.is_will(message.payload):
        # A retained will is the copy of one we were sent when it happened.
        if not message.retain:
            out.rare.append(_will(message, device))
        return
    body = codec.decode(channel, device.kind, message.payload)
    if device.outbox:
        out.receipts.append((device, body.seq))
    if channel == "position":
        found.add(body, device, message, queued=queued)
        return
    _refuse_nul(message.payload)
    if body.device_id is not None and body.device_id != device.id:
        raise Malformed("wrong_device", f"the body says {body.device_id}, the topic {device.id}")
    stamp = _stamp(body, message, device)
    _check_clock(stamp, _skew(body, stamp) if channel == "checkin" else None)
    if device.outbox and isinstance(body, codec.CylinderBody):
        out.event_receipts.append((device, str(body.event_id)))
    out.rare.append(_reading(body, stamp, message.payload, queued=queued))


def _reading(body: Any, stamp: Stamp, payload: bytes, *, queued: bool) -> Rare:
    if isinstance(body, codec.CheckinBody):
        lon, lat = _place(body)
        tag = None if body.tag is None else normal_uid(body.tag)
        detail = codec.extras(body, payload, _PLACE | {"method", "tag"})
        if body.queued or queued:  # boot and clock of its sending may be others (B.5)
            detail["queued"] = True
        acc = None if body.acc is None else min(round(body.acc, 1), 3_276.7)
        skew = _skew(body, stamp)
        return Checkin(stamp, body.method, tag, lon, lat, acc, skew, _given(body, detail))
    if isinstance(body, codec.CylinderBody):
        columns = frozenset({"event_id", "type", "code"})
        detail = codec.extras(body, payload, columns)
        lon, lat = _place(body)
        if lon is not None:
            detail |= {"lon": lon, "lat": lat}
        return CylinderEvent(stamp, body.event_id, body.type, body.code, detail)
    if isinstance(body, codec.RecordingBody):
        columns = frozenset({"recording_id", "start", "stop"})
        detail = codec.extras(body, payload, columns)
        if body.queued or queued:  # the clock of a camera is put right only by what comes afresh
            detail["queued"] = True
        return Recording(stamp, body.recording_id, body.start, body.stop, detail)
    if isinstance(body, codec.EventBody):
        lon, lat = _place(body)
        detail = codec.extras(body, payload, _PLACE | {"type"})
        return DeviceEvent(stamp, body.type, lon, lat, _given(body, detail))
    if isinstance(body, codec.AckBody):
        detail = codec.extras(body, payload, frozenset({"task_id", "move", "reason"}))
        return Ack(stamp, body.task_id, body.move, body.reason, detail)
    detail = codec.extras(body, payload, frozenset({"state", "bat", "datum"}))
    if body.queued or queued:
        detail["queued"] = True
    if isinstance(body, codec.CameraStatusBody) and body.lon is not None:
        lon, lat = _place(body)
        detail = _given(body, detail | {"lon": lon, "lat": lat})
    bat = None if body.bat is None else round(body.bat)
    return Status(stamp, body.state, bat, detail)


def _place(body: Any) -> tuple[float | None, float | None]:
    if body.lon is None or body.lat is None:
        return None, None
    lon, lat = point_to_wgs84(body.lon, body.lat, DATUM_CODE[body.datum])
    return round(lon, 7), round(lat, 7)  # as the tables keep it, so that both roads judge alike


def _given(body: Any, detail: dict[str, Any]) -> dict[str, Any]:
    """Keep the datum a place was given in, where it was not ours."""
    return detail if body.datum == "wgs84" else detail | {"datum": body.datum}


def _stamp(body: Any, message: Message, device: Device) -> Stamp:
    return Stamp(
        device.no, device.id, device.kind, device.org_id, body.at, body.seq, message.received_ms
    )


def _skew(body: Any, stamp: Stamp) -> int | None:
    """What to add to the device's time, by its monotonic clock (domain reference B.5)."""
    if body.up is None or body.sent_up is None:
        return None
    return _int4(stamp.received_ms - (body.sent_up - body.up) - stamp.at_ms)


def _will(message: Message, device: Device) -> Status:
    stamp = Stamp(
        device.no, device.id, device.kind, device.org_id,
        message.received_ms, 0, message.received_ms,
    )  # fmt: skip
    return Status(stamp, "lost", will=True)


def _int4(value: int) -> int | None:
    return value if -(2**31) < value < 2**31 else None


def _check_size(payload: bytes, most: int) -> None:
    if len(payload) > most:
        raise Malformed("too_large", f"{len(payload)} bytes; at most {most} are taken")


def _sent_ms(heartbeat: Message) -> int:
    """When we sent it: what came to the broker later may still wait there behind a backlog."""
    try:
        sent_ms = msgspec.json.decode(heartbeat.payload, type=Heartbeat).at
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise codec.malformed(error, heartbeat.payload) from None
    return min(sent_ms, heartbeat.received_ms)


def _refuse_nul(payload: bytes) -> None:
    if _NUL.search(payload):
        raise Malformed("nul", "a text holds the character NUL, which no database keeps")


def _check_clock(stamp: Stamp, skew_ms: int | None = None) -> None:
    """A check-in whose monotonic clock corrects it is welcome whatever the wall clock says
    (domain reference B.5); its table has no partitions to be opened in 2099."""
    problem = clock_problem(stamp.at_ms + (skew_ms or 0), stamp.received_ms)
    if problem is not None:
        raise problem


def set_aside(message: Message, registry: Registry, problem: Malformed) -> Decoded:
    """Nothing but one message that was decoded and could still not be stored.

    A batch is taken apart as far as it goes before (`halves`): the one reading in it is set
    aside as if it had come alone, so that its sender hears of it.
    """
    out = Decoded(np.empty(0, POSITION_DTYPE))
    route = resolve(message.topic, registry)
    if route.channel == "batch":
        with suppress(Malformed):
            (raw,) = codec.decode("batch", "", message.payload).items
            item = replace(message, payload=bytes(raw))
            message = _as_if_alone(item, codec.item_channel(item.payload))
    _reject(out, message, route, problem)
    return out


def _reject(out: Decoded, message: Message, route: Route, problem: Malformed) -> None:
    out.rejected.append(
        Rejected(
            message.topic.decode(errors="replace"),
            message.payload,
            problem.reason,
            problem.detail,
            message.received_ms,
            route.device,
        )
    )
    # It is kept, in quarantine; its sender need not send it for ever.
    seq = codec.seq_of(message.payload)
    if route.device is not None and route.device.outbox and seq is not None:
        out.receipts.append((route.device, seq))


def _count_unknown(channel: str, payload: bytes) -> int:
    try:
        return codec.unknown_fields(channel, payload)
    except Exception:
        return 0
