"""NDJSON captures of MQTT traffic: one {"topic": …, "payload": …} a line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from devices.topics import Down, Topic, parse
from devices.tracks.track import BadTrack


@dataclass(frozen=True, slots=True)
class Captured:
    """One message as it was. `at_ms` is the earliest time it tells; None for a Last Will."""

    topic: Topic
    payload: dict[str, Any]
    at_ms: int | None


def read(text: str) -> list[Captured]:
    """The messages devices sent, in the order of the file; what went down is left out.

    `payload` may be an object, or the text of one. Raises BadTrack with the line.
    """
    captured = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            name, payload = said["topic"], said["payload"]
            payload = json.loads(payload) if isinstance(payload, str) else payload
        except (ValueError, KeyError, TypeError):
            raise BadTrack(f'line {number} is no {{"topic": …, "payload": …}}.') from None
        topic = parse(name) if isinstance(name, str) else None
        if topic is None:
            raise BadTrack(f"line {number}: {name!r} is no topic of the contract.")
        if not isinstance(payload, dict):
            raise BadTrack(f"line {number}: the payload is no JSON object.")
        if topic.channel not in set(Down):
            captured.append(Captured(topic, payload, _earliest_ms(payload)))
    if not captured:
        raise BadTrack("There is no message of a device in this file.")
    return captured


def shift(payload: dict[str, Any], by_ms: int) -> dict[str, Any]:
    """The same message so much later; items of a batch too."""
    moved = dict(payload)
    for name in ("at", "fix_at", "start", "stop", "uploaded_at"):
        if isinstance(moved.get(name), int):
            moved[name] += by_ms
    if isinstance(moved.get("items"), list):
        moved["items"] = [shift(one, by_ms) for one in moved["items"] if isinstance(one, dict)]
    return moved


def _earliest_ms(payload: dict[str, Any]) -> int | None:
    items = payload.get("items")
    said = items if isinstance(items, list) else [payload]
    times = [one.get("at") for one in said if isinstance(one, dict)]
    return min((at for at in times if isinstance(at, int)), default=None)
