"""A bureau with a few devices, and messages from them."""

import json
import time
from collections.abc import Callable
from typing import Any

import psycopg

from devices.registry import Registry
from devices.registry_io import load_registry
from devices.topics import part_of, subtree
from ingest.decode import Decoded, Decoder
from ingest.routes import Message

DEVICES = {"officer-1": "officer", "vehicle-1": "vehicle", "camera-1": "camera"}


def enrol(conn: psycopg.Connection[Any]) -> Registry:
    """An organisation and DEVICES, in the caller's transaction."""
    row = conn.execute(
        "INSERT INTO org (kind, name) VALUES ('bureau', 'Test bureau') RETURNING id"
    ).fetchone()
    assert row is not None
    for name, kind in DEVICES.items():
        conn.execute(
            "INSERT INTO device (id, kind, part, org_id, name) VALUES (%s, %s, %s, %s, %s)",
            (name, kind, part_of(name), row[0], name),
        )
    return load_registry(conn)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def message(device: str, channel: str, **body: Any) -> Message:
    """A message of one of DEVICES, just received."""
    at = body.setdefault("at", now_ms())
    body.setdefault("seq", at)
    topic = f"{subtree(device, DEVICES[device])}/{channel}"
    return Message(topic.encode(), json.dumps(body).encode(), 0, now_ms())


def position(seq: int, device: str = "officer-1", **more: Any) -> Message:
    fields = {"lon": 121.5, "lat": 31.25, "acc": 4.2, "spd": 1.31, "seq": seq, **more}
    return message(device, "position", **fields)


def one_of_each() -> list[Message]:
    """A message on every channel."""
    return [
        position(1),
        position(2, "vehicle-1", lon=121.478224057, lat=31.228473742, datum="gcj02", ign=True),
        message("camera-1", "status", state="recording", bat=81.4, free_mb=5000, seq=1),
        message("officer-1", "status", state="on_duty", seq=3),
        message("officer-1", "checkin", method="nfc", tag="04:a1", seq=4, acc=3.14,
                lon=121.5, lat=31.25, up=5, sent_up=900, note="it's fine; \"quoted\""),
        message("officer-1", "cylinder", type="scan", code="C'1", seq=5,
                event_id="0f8fad5b-d9cb-469f-a165-70867728950e", place="gate"),
        message("camera-1", "recording", recording_id="r1", start=now_ms() - 9_000,
                stop=now_ms(), gaps=[[1, 2]], seq=2),
        message("officer-1", "event", type="sos", lon=121.5, lat=31.25, seq=6),
        message("officer-1", "ack", task_id=1, move="read", seq=7),
    ]  # fmt: skip


def decode(registry: Registry, messages: list[Message]) -> Decoded:
    return Decoder(registry).decode(messages)


def wait_until(true: Callable[[], bool], seconds: float = 15.0) -> None:
    """Wait for a condition; fail when it does not come."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
