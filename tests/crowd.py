"""Many consoles at once, as light as they can be: bare sockets that speak just enough websocket."""

import asyncio
import base64
import os
import struct
import time
from collections.abc import Callable

HEADER = struct.Struct("<4IdII")
Seen = Callable[["Console", bytes], None]


class Console(asyncio.Protocol):
    """Follows /ws/live: answers each frame with its epoch and seq. Reads only while `reading`."""

    def __init__(self, port: int, cookie: str, seen: Seen | None = None) -> None:
        self._port, self._cookie, self._seen = port, cookie, seen
        self._buffer = bytearray()
        self._open = False
        self._missing = 0
        self.transport: asyncio.Transport
        self.frames = 0
        self.bytes = 0
        self.last_at = 0.0
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /ws/live HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Cookie: {self._cookie}\r\n\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._open:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            assert self._buffer.startswith(b"HTTP/1.1 101"), bytes(self._buffer[:80])
            self._open = True
            del self._buffer[: end + 4]
            self._say("- 0")
        while len(self._buffer) >= max(2, self._missing):
            size, begin = self._length()
            self._missing = begin + size
            if len(self._buffer) < self._missing:
                return
            opcode = self._buffer[0] & 15
            if opcode == 2:
                self._frame(bytes(self._buffer[begin : self._missing]))
            elif opcode == 9:
                self._send(10, bytes(self._buffer[begin : self._missing]))
            del self._buffer[: self._missing]
            self._missing = 0

    def _length(self) -> tuple[int, int]:
        size = self._buffer[1]
        if size < 126:
            return size, 2
        if size == 126:
            return (
                (int.from_bytes(self._buffer[2:4], "big"), 4) if len(self._buffer) >= 4 else (4, 2)
            )
        return (
            (int.from_bytes(self._buffer[2:10], "big"), 10) if len(self._buffer) >= 10 else (10, 2)
        )

    def _frame(self, frame: bytes) -> None:
        self.frames += 1
        self.bytes += len(frame)
        self.last_at = time.monotonic()
        if self._seen:
            self._seen(self, frame)
        _, epoch, seq, *_ = HEADER.unpack_from(frame)
        self._say(f"{epoch} {seq}")

    def _say(self, text: str) -> None:
        self._send(1, text.encode())

    def _send(self, opcode: int, payload: bytes) -> None:
        # Masked with zeros, which is a mask, and changes nothing.
        self.transport.write(bytes([0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0]) + payload)

    def stop_reading(self) -> None:
        self.transport.pause_reading()


async def gather(port: int, cookie: str, count: int, seen: Seen | None = None) -> list[Console]:
    """`count` consoles, connected as fast as the server takes them."""
    loop = asyncio.get_running_loop()

    async def one() -> Console:
        _, console = await loop.create_connection(
            lambda: Console(port, cookie, seen), "127.0.0.1", port
        )
        return console

    return list(await asyncio.gather(*(one() for _ in range(count))))
