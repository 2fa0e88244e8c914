"""What a topic means, and whose it is. Pure."""

from dataclasses import dataclass

import msgspec

from devices import owntracks, topics
from devices.registry import Device, Registry

HEARTBEAT_ROOT = "waypost/heartbeat"


@dataclass(frozen=True, slots=True)
class Message:
    """One PUBLISH as it came."""

    topic: bytes
    payload: bytes
    retain: int
    received_ms: int


class Heartbeat(msgspec.Struct):
    """What ingest sends itself through the broker: when, in ms since 1970 UTC."""

    at: int


@dataclass(frozen=True, slots=True)
class Route:
    """What a topic means: a contract channel, `owntracks`, `heartbeat`, or nothing and why."""

    channel: str
    device: Device | None = None
    problem: tuple[str, str] = ("", "")


def resolve(raw: bytes, registry: Registry) -> Route:
    """What a topic means, and whose it is."""
    try:
        topic = raw.decode()
    except UnicodeDecodeError:
        return Route("", problem=("bad_topic", "the topic is not UTF-8"))
    if topic.startswith(HEARTBEAT_ROOT + "/"):
        return Route("heartbeat")
    user = owntracks.user_of(topic)
    if user is not None:
        return _of_device("owntracks", registry.get(user), user)
    parsed = topics.parse(topic)
    if parsed is None or parsed.channel not in set(topics.Up):
        return Route("", problem=("bad_topic", "the topic does not follow the contract"))
    device = registry.get(parsed.device_id)
    if device is not None and device.kind != parsed.kind:
        return Route("", problem=("bad_topic", f"{device.id} is enrolled as {device.kind}"))
    return _of_device(parsed.channel, device, parsed.device_id)


def _of_device(channel: str, device: Device | None, device_id: str) -> Route:
    if device is None:
        return Route("", problem=("unknown_device", f"{device_id} is not enrolled"))
    if device.revoked:
        return Route("", problem=("revoked_device", f"{device_id} has been revoked"))
    return Route(channel, device)
