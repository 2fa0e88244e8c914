"""A TCP proxy that misbehaves on demand: resets, delays, black holes, a lost COMMIT reply."""

import contextlib
import socket
import struct
import threading
import time

RESET = struct.pack("ii", 1, 0)  # SO_LINGER of zero seconds: closing sends RST

Pair = tuple[socket.socket, socket.socket]  # a client, and the server for it


class Proxy:
    """Between clients and a port of this machine. In a black hole bytes are held, as TCP does."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.delay_s = 0.0
        self.lost_replies = 0
        self._lose_in = 0  # the COMMIT after so many loses its reply
        self._up, self._down = threading.Event(), threading.Event()  # set: bytes may pass
        self.heal()
        self._pairs: list[Pair] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def black_hole(self, *, up: bool = True, down: bool = True) -> None:
        """Swallow what clients send (`up`), what the server answers (`down`), or both."""
        for gone, way in ((up, self._up), (down, self._down)):
            if gone:
                way.clear()

    def heal(self) -> None:
        self._up.set()
        self._down.set()

    def reset(self) -> None:
        """RST to both ends of every connection."""
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            self._break(pair)

    def lose_commit_reply(self, after: int = 1) -> None:
        """The COMMIT that comes as number `after` is carried out, but nobody hears of it."""
        self._lose_in = after

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.heal()
        self.reset()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target_port))
            except OSError:
                client.close()  # nobody listens behind us just now
                continue
            pair = (client, server)
            self._pairs.append(pair)
            deaf = threading.Event()
            for way in (self._up, self._down):
                threading.Thread(target=self._pump, args=(pair, way, deaf), daemon=True).start()

    def _pump(self, pair: Pair, way: threading.Event, deaf: threading.Event) -> None:
        """One direction of one connection, until either side ends it."""
        upwards = way is self._up
        source, sink = pair if upwards else reversed(pair)
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                way.wait()
                time.sleep(self.delay_s)
                if upwards and self._lose_in and b"COMMIT" in data:
                    self._lose_in -= 1
                    if not self._lose_in:
                        deaf.set()
                if deaf.is_set() and not upwards:
                    self.lost_replies += 1
                    break
                sink.sendall(data)
        way.wait()
        if deaf.is_set():
            self._break(pair)
        if pair in self._pairs:
            self._pairs.remove(pair)  # the other direction closes both
            for one in pair:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
        else:
            for one in pair:
                one.close()

    @staticmethod
    def _break(pair: Pair) -> None:
        for one in pair:
            with contextlib.suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                one.shutdown(socket.SHUT_RD)  # wakes the pump that reads it
                one.close()
