"""A publisher that costs next to nothing, so that what is measured is not the publisher.

Packets are built before the clock starts and sent over a plain socket in MQTT 3.1.1 at
QoS 1, with a window of unacknowledged messages as any client has.
"""

import json
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass

from devices.topics import part_of, subtree

WEST, SOUTH, EAST, NORTH = 121.1, 30.9, 121.9, 31.5  # as the fences of bench geo lie


def device_name(index: int) -> str:
    return f"bench-{index:05d}"


def enrol_bench_devices(conn: object, count: int) -> None:
    """`count` officers without an outbox, under one organisation."""
    execute = conn.execute  # type: ignore[attr-defined]
    org = execute("INSERT INTO org (kind, name) VALUES ('bureau', 'Bench') RETURNING id").fetchone()
    with conn.cursor() as cursor:  # type: ignore[attr-defined]
        cursor.executemany(
            """INSERT INTO device (id, kind, part, org_id, name, outbox)
               VALUES (%s, 'officer', %s, %s, %s, false)""",
            [(n, part_of(n), org[0], n) for n in map(device_name, range(count))],
        )


def varint(value: int) -> bytes:
    out = bytearray()
    while True:
        value, byte = value >> 7, value & 127
        out.append(byte | (128 if value else 0))
        if not value:
            return bytes(out)


def packets(count: int, devices: int, first_ms: int, period_ms: float, seq: int = 0) -> list[bytes]:
    """PUBLISH packets of walking officers, `period_ms` of event time between two of one device."""
    topics = []
    for index in range(devices):
        name = device_name(index)
        topic = f"{subtree(name, 'officer')}/position".encode()
        topics.append(struct.pack(">H", len(topic)) + topic)
    out = []
    for number in range(count):
        index, step = number % devices, number // devices
        lon = WEST + (EAST - WEST) * ((index * 7919) % devices) / devices + step * 1.2e-5
        lat = SOUTH + (NORTH - SOUTH) * ((index * 104_729) % devices) / devices
        at = first_ms + int(step * period_ms)
        body = (
            b'{"at":%d,"seq":%d,"lon":%.6f,"lat":%.6f,"acc":5.2,"spd":1.3,"crs":90.5,"bat":81}'
            % (at, seq + number, lon, lat)
        )
        rest = topics[index] + struct.pack(">H", number % 65_535 + 1) + body
        out.append(b"\x32" + varint(len(rest)) + rest)
    return out


def connect(port: int, client_id: str, user: str = "", password: str = "") -> socket.socket:
    """A logged-in MQTT 3.1.1 connection."""
    sock = socket.create_connection(("127.0.0.1", port))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    texts = [client_id.encode()] + ([user.encode(), password.encode()] if user else [])
    body = b"\0\4MQTT\4" + (b"\xc2" if user else b"\x02") + b"\0\x3c"
    body += b"".join(struct.pack(">H", len(text)) + text for text in texts)
    sock.sendall(b"\x10" + varint(len(body)) + body)
    answer = sock.recv(4)
    assert answer[:1] == b"\x20" and answer[3] == 0, f"refused: {answer!r}"
    return sock


@dataclass(frozen=True, slots=True)
class Flood:
    began_at: float
    ended_at: float


def flood(sock: socket.socket, every: list[bytes], window: int = 2_000, chunk: int = 200) -> Flood:
    """Send all as fast as the window allows; returns when the broker acknowledged all."""
    blobs = [b"".join(every[i : i + chunk]) for i in range(0, len(every), chunk)]
    sent = acked = number = 0
    rest = b""
    began = time.time()
    while acked < len(every):
        while number < len(blobs) and sent - acked < window:
            sock.sendall(blobs[number])
            sent += min(chunk, len(every) - number * chunk)
            number += 1
        rest += sock.recv(65_536)
        acked += len(rest) // 4
        rest = rest[len(rest) // 4 * 4 :]
    return Flood(began, time.time())


def at_rate(
    sock: socket.socket,
    rate: int,
    seconds: float,
    devices: int,
    seq: int,
    moments: list[tuple[int, int]] | None = None,
) -> int:
    """Publish `rate` messages a second, each stamped with its moment; returns how many.

    `moments` collects (number of the first message of a blob, its time in ms).
    """
    period_s = 0.01
    each = max(int(rate * period_s), 1)
    sock.setblocking(False)
    began = time.monotonic()
    sent = turn = 0
    while time.monotonic() - began < seconds:
        now_ms = time.time_ns() // 1_000_000
        if moments is not None:
            moments.append((sent, now_ms))
        for packet in _now_packets(each, devices, now_ms, sent, seq):
            _send(sock, packet)
        sent += each
        turn += 1
        time.sleep(max(began + turn * each / rate - time.monotonic(), 0))
    return sent


def _now_packets(count: int, devices: int, now_ms: int, sent: int, seq: int) -> list[bytes]:
    """`count` packets as one blob, going round the devices."""
    blob = bytearray()
    for number in range(sent, sent + count):
        name = device_name(number % devices)
        topic = f"{subtree(name, 'officer')}/position".encode()
        lon = WEST + (EAST - WEST) * ((number % devices * 7919) % devices) / devices
        body = json.dumps(
            {"at": now_ms, "seq": seq + number, "lon": round(lon + number // devices * 1e-6, 7),
             "lat": 31.2, "acc": 5.2, "spd": 1.3}
        ).encode()  # fmt: skip
        rest = struct.pack(">H", len(topic)) + topic + struct.pack(">H", number % 65_535 + 1) + body
        blob += b"\x32" + varint(len(rest)) + rest
    return [bytes(blob)]


def _send(sock: socket.socket, data: bytes) -> None:
    view = memoryview(data)
    while view:
        try:
            view = view[sock.send(view) :]
        except BlockingIOError:
            time.sleep(0.001)
        with suppress(BlockingIOError):
            sock.recv(65_536)  # acknowledgements: counted by the database instead
