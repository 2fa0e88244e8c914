"""What every answer carries, and what no request may exceed: one small ASGI middleware."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import limits
from web.metrics import Meters
from web.problems import problem

# Our own host and nothing else; MapLibre makes its worker and its images from blobs.
POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "worker-src 'self' blob:",
        "child-src 'self' blob:",
        "connect-src 'self' {sockets}",
        "media-src 'self' data: blob:",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
_HEADERS: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"geolocation=(), microphone=(), camera=()"),
]
_HSTS: Final = (b"strict-transport-security", b"max-age=31536000")


class Guard:
    """Adds the headers, refuses bodies that are too large, counts requests."""

    def __init__(self, app: ASGIApp, meters: Meters, *, https: bool) -> None:
        self._app = app
        self._meters = meters
        self._headers = [*_HEADERS, _HSTS] if https else _HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"])
        headers = [*self._headers, (b"content-security-policy", _policy(given))]
        api = scope["path"].startswith("/api/")

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = list(message["headers"])
                if api and not any(name == b"cache-control" for name, _ in own):
                    own.append((b"cache-control", b"no-store"))
                message["headers"] = own + headers
                self._meters.requests.labels(scope["method"], str(message["status"])).inc()
            await send(message)

        if int(given.get(b"content-length", b"0") or 0) > limits.UPLOAD_BYTES_MAX:
            too_large = problem(413, "too_large", "The body is larger than 20 MiB.")
            await too_large(scope, receive, guarded)
            return
        await self._app(scope, _bounded(receive), guarded)


def _policy(headers: dict[bytes, bytes]) -> bytes:
    """Older browsers do not count a websocket to our own host as 'self'; name it."""
    host = headers.get(b"host", b"").decode("latin-1")
    plain = all(char.isalnum() or char in ".-:[]_" for char in host)
    sockets = f"ws://{host} wss://{host}" if host and plain else ""
    return POLICY.format(sockets=sockets).encode()


def _bounded(receive: Receive) -> Receive:
    """Stop reading a body without a length once it is too large."""
    taken = 0

    async def read() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > limits.UPLOAD_BYTES_MAX:
            return {"type": "http.disconnect"}
        return message

    return read
