"""One MQTT connection that speaks for many devices, driven by the caller's own loop.

No thread: paho's reading and writing happen inside `pump`, which costs a third of what a
second thread does. QoS 1, but the outbox is what guarantees: when the way is shut or the
broker falls behind, a publish is refused and the outbox sends again later.
"""

from __future__ import annotations

import logging
import select
import ssl
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from core import limits
from core.errors import AppError, Invalid

log = logging.getLogger(__name__)
INFLIGHT_MAX = 10_000
RETRY_LAST_S = 5.0  # of a broker that is away: devices are many
KEEPALIVE_S = 30

Receive = Callable[[str, bytes], None]  # topic, body


class NoBroker(AppError):
    """The broker cannot be reached, or does not let us in."""

    code = "no_broker"
    status = 503


class Gateway:
    """Connects, stays connected, publishes, hears. Not safe for use from several threads."""

    def __init__(
        self, url: str, client_id: str, subscriptions: Sequence[str], receive: Receive,
        *, protocol: str = "5",
    ) -> None:  # fmt: skip
        """Raises Invalid for an address that is none."""
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise Invalid(
                f"{parts.scheme}://… is no MQTT address. Write mqtt://user:password@host."
            )
        self._host = parts.hostname
        self._port = parts.port or (8883 if parts.scheme == "mqtts" else 1883)
        self._subscriptions = subscriptions
        self._receive = receive
        self.connected = False
        self.connections = 0
        self.refused = ""
        self._retry_at = 0.0
        self._retry_s = limits.RETRY_FIRST_S
        self._misc_at = 0.0
        version = MQTTProtocolVersion.MQTTv5 if protocol == "5" else MQTTProtocolVersion.MQTTv311
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id, protocol=version)
        client.max_inflight_messages_set(0)
        if parts.username:
            client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if parts.scheme == "mqtts":
            client.tls_set_context(ssl.create_default_context())
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        self._client = client

    def publish(self, topic: str, body: bytes, *, retain: bool = False) -> bool:
        """Hand one message to the connection; False when it would not go."""
        # The client's own count of what the broker has not acknowledged.
        if not self.connected or len(self._client._out_messages) >= INFLIGHT_MAX:
            return False
        info = self._client.publish(topic, body, 1, retain)
        return info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    @property
    def unacknowledged(self) -> int:
        return len(self._client._out_messages)

    def pump(self, until: float) -> None:
        """Read and write until this monotonic time; reconnect when it is time to."""
        while True:
            now = time.monotonic()
            left = until - now
            if self._client.socket() is None:
                if now >= self._retry_at:
                    self._connect(now)
                    continue
                time.sleep(max(0.0, min(left, self._retry_at - now)))
                if left <= 0:
                    return
                continue
            self._serve(max(0.0, left))
            if now >= self._misc_at:
                self._misc_at = now + 1
                self._client.loop_misc()
            if time.monotonic() >= until:
                return

    def close(self, drain_s: float = 2.0) -> None:
        """Wait for the broker's acknowledgements, then part in order."""
        limit = time.monotonic() + drain_s
        while self.connected and self.unacknowledged and time.monotonic() < limit:
            self.pump(time.monotonic() + 0.05)
        if self._client.socket() is not None:
            self._client.disconnect()
            self._serve(0.05)

    def _serve(self, seconds: float) -> None:
        connection = self._client.socket()
        if connection is None:
            return
        writing = [connection] if self._client.want_write() else []
        try:
            pending = getattr(connection, "pending", lambda: 0)()
            readable, writable, _ = select.select(
                [connection], writing, [], 0 if pending else seconds
            )
        except (OSError, ValueError):  # shut under our hands
            readable, writable, pending = [connection], [], 0
        if readable or pending:
            self._client.loop_read()
        if writable:
            self._client.loop_write()

    def _connect(self, now: float) -> None:
        try:
            self._client.connect(self._host, self._port, keepalive=KEEPALIVE_S)
        except OSError as error:
            self.refused = f"{self._host}:{self._port}: {error}"
        self._retry_at = now + self._retry_s
        self._retry_s = min(RETRY_LAST_S, self._retry_s * 2)

    def _on_connect(
        self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, *_: Any
    ) -> None:
        if reason.is_failure:
            self.refused = f"{self._host}:{self._port} does not let us in: {reason}"
            log.warning("the broker refuses", extra={"reason": str(reason)})
            return
        self.refused = ""
        self.connected = True
        self.connections += 1
        self._retry_s = limits.RETRY_FIRST_S
        for topic in self._subscriptions:
            client.subscribe(topic, 1)

    def _on_disconnect(self, *_: Any) -> None:
        self.connected = False

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            self._receive(message.topic, bytes(message.payload))
        except Exception:
            # An exception here would end the connection; one odd message must not.
            log.exception("a message from the broker could not be used")


def open_gateway(
    url: str, client_id: str, subscriptions: Sequence[str], receive: Receive, *,
    protocol: str = "5", within_s: float = 15.0,
) -> Gateway:  # fmt: skip
    """A connected gateway. Raises NoBroker with the reason."""
    gateway = Gateway(url, client_id, subscriptions, receive, protocol=protocol)
    limit = time.monotonic() + within_s
    while not gateway.connected:
        if time.monotonic() > limit:
            raise NoBroker(f"No connection to the broker: {gateway.refused or 'it is silent'}.")
        gateway.pump(time.monotonic() + 0.05)
    return gateway
