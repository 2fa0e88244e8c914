"""A socket for paho that takes PUBLISH packets out of large reads, in bulk.

Stock paho reads a packet with four `recv` and a `select` (18-22 µs a message); taking
whole packets out of one large read costs about one. CONNECT, SUBACK, PING, TLS and
reconnecting stay with paho, which sees a stream without PUBLISH packets. One private
method of paho is overridden for it (see ingest/link); where that is gone, the plain
path takes over and a test says so.

Acknowledging goes through the very socket a message came by, so a late acknowledgement
can never reach a newer connection, where it would confirm a different message.
"""

import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

from core import limits
from ingest.frames import BrokenStream, Publish, pubacks, split

Deliver = Callable[["DivertingSocket", list[Publish]], None]
SEND_MAX_S = 5.0


class DivertingSocket:
    """What paho needs of a socket, around a real one."""

    def __init__(
        self, inner: socket.socket, deliver: Deliver, may_read: Callable[[], bool], *, mqtt5: bool
    ) -> None:
        inner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._inner = inner
        self._deliver = deliver
        self._may_read = may_read
        self._mqtt5 = mqtt5
        self._rest = b""
        self._others = bytearray()  # what paho has yet to read
        self._sending = threading.Lock()
        # OpenSSL's connections are not safe for a reader and a writer at once.
        self._reading = self._sending if isinstance(inner, ssl.SSLSocket) else threading.Lock()
        self._read_at = 0.0
        self._closed = False

    # ── read ──────────────────────────────────────────────────────────────

    def recv(self, size: int) -> bytes:
        """Bytes for paho. Raises BlockingIOError when there are none, OSError when it is over."""
        if not self._others:
            self._fill()
        taken = bytes(self._others[:size])
        del self._others[:size]
        return taken

    def _fill(self) -> None:
        if not self._may_read():
            # Back-pressure: leave the bytes to TCP, but let paho go on pinging.
            time.sleep(0.05)
            raise BlockingIOError
        pause = self._read_at + limits.READ_PAUSE_S - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        with self._reading:
            data = self._inner.recv(limits.READ_CHUNK_BYTES)
        self._read_at = time.monotonic()
        if not data:
            raise ConnectionResetError("the broker closed the connection")
        try:
            found = split(self._rest + data, mqtt5=self._mqtt5)
        except (BrokenStream, IndexError) as error:
            raise ConnectionAbortedError(str(error)) from error
        self._rest = found.rest
        self._others += found.others
        if found.publishes:
            self._deliver(self, found.publishes)
        if not self._others:
            raise BlockingIOError

    def pending(self) -> int:
        """Bytes that `select` on the descriptor cannot know of."""
        inside = self._inner.pending() if isinstance(self._inner, ssl.SSLSocket) else 0
        return len(self._others) + inside

    # ── write ─────────────────────────────────────────────────────────────

    def send(self, data: bytes | bytearray) -> int:
        """All of it or an OSError, so that no packet is ever cut by another one."""
        with self._sending:
            self._send_all(memoryview(data))
        return len(data)

    def ack(self, mids: list[int]) -> None:
        """Confirm these messages, in this order. Does nothing once the connection is gone."""
        if self._closed or not mids:
            return
        try:
            self.send(pubacks(mids))
        except OSError:
            self.abort()  # unconfirmed: the broker will deliver them again

    def _send_all(self, data: memoryview) -> None:
        deadline = time.monotonic() + SEND_MAX_S
        while data:
            try:
                data = data[self._inner.send(data) :]
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                if time.monotonic() > deadline:
                    raise ConnectionAbortedError("the broker stopped reading") from None
                select.select([], [self._inner], [], 0.5)

    # ── the rest of a socket ──────────────────────────────────────────────

    def abort(self) -> None:
        """End the connection under paho's feet; paho then reconnects."""
        self._closed = True
        try:
            self._inner.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def close(self) -> None:
        self._closed = True
        self._inner.close()

    @property
    def closed(self) -> bool:
        return self._closed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
