"""Serve the application with uvicorn."""

import socket
import sys
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from core import limits, log
from web.application import create_app
from web.settings import WebSettings

_GOODBYE_S: Final = 2.0


class SocketProtocol(WebSocketsSansIOProtocol):
    """Drops a client that does not read: a polite close would wait for it, frame in memory."""

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.close" and not self.writable.is_set():
            self.transport.abort()
            raise ClientDisconnected
        await super().send(message)
        if self.close_timer is not None and message["type"] == "websocket.close":
            self.close_timer.cancel()
            self.close_timer = self.loop.call_later(_GOODBYE_S, self.transport.abort)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True  # refused with an answer: nothing is left undone


def make_server(app: FastAPI, host: str, port: int) -> uvicorn.Server:
    """A server for `app`; `await server.serve()` or `server.run()`."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws=SocketProtocol,
        ws_max_size=limits.SOCKET_MESSAGE_BYTES_MAX,
        ws_per_message_deflate=False,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        access_log=False,
        log_config=None,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=3,
        backlog=2048,
    )
    return uvicorn.Server(config)


def run(app: FastAPI, host: str, port: int, *, ready: socket.socket | None = None) -> None:
    """Serve until SIGINT or SIGTERM. `ready` is a listening socket to use in place of a new one."""
    make_server(app, host, port).run(sockets=[ready] if ready else None)


def main(argv: list[str]) -> int:
    """`python -m web.server DATABASE_URL PORT`: this service alone, for development."""
    if len(argv) != 2:
        print("usage: python -m web.server DATABASE_URL PORT", file=sys.stderr)
        return 2
    log.set_up("web")
    run(create_app(WebSettings(argv[0], demo=True)), "127.0.0.1", int(argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
