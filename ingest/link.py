"""The MQTT side of one ingest session: a persistent session, manual acknowledgement, QoS 1.

paho's network thread does nothing but enqueue. Nothing may raise inside its callbacks
(it would kill the thread while `is_connected()` stays true), so it is also watched:
`is_alive()` is false when the thread has died.
"""

import logging
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from core import limits
from ingest.diverting_socket import DivertingSocket
from ingest.frames import Publish

log = logging.getLogger(__name__)
SESSION_EXPIRY_S = 14 * 86_400
DIVERTS = hasattr(mqtt.Client, "_create_socket")


class Acknowledger(Protocol):
    """The connection some messages came by."""

    def ack(self, mids: list[int]) -> None: ...

    @property
    def closed(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Delivery:
    """Messages of one read, and the connection to confirm them to."""

    source: Acknowledger
    publishes: list[Publish]
    received_ms: int
    at: float  # monotonic, for the age of a batch

    @property
    def payload_bytes(self) -> int:
        return sum([len(one.payload) for one in self.publishes])


class Inbox:
    """The bounded queue between paho's thread and the writer."""

    def __init__(self) -> None:
        self._deliveries: deque[tuple[Delivery, int]] = deque()  # and its bytes
        self._count = self._bytes = 0
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return self._count

    def has_room(self) -> bool:
        return self._count < limits.QUEUE_MESSAGES_MAX and self._bytes < limits.QUEUE_BYTES_MAX

    def put(self, delivery: Delivery) -> None:
        size = delivery.payload_bytes
        with self._changed:
            self._deliveries.append((delivery, size))
            self._count += len(delivery.publishes)
            self._bytes += size
            self._changed.notify()

    def wait(self, seconds: float) -> tuple[int, float]:
        """(messages waiting, age of the oldest in seconds), after at most `seconds`."""
        with self._changed:
            if not self._deliveries and seconds > 0:
                self._changed.wait(seconds)
            if not self._deliveries:
                return 0, 0.0
            return self._count, time.monotonic() - self._deliveries[0][0].at

    def take(self, most: int) -> list[Delivery]:
        """Whole deliveries, about `most` messages, at least one delivery.

        Never many more bytes than one transaction stores within its time: it would be cut
        off and tried again as large, for ever.
        """
        taken: list[Delivery] = []
        count = size = 0
        with self._changed:
            while self._deliveries and (
                not taken or (count < most and size < limits.STORE_BATCH_BYTES_MAX)
            ):
                delivery, its = self._deliveries.popleft()
                taken.append(delivery)
                count += len(delivery.publishes)
                size += its
            self._count -= count
            self._bytes -= size
        return taken

    def clear(self) -> None:
        """Forget what has not been stored: unconfirmed, it will be delivered again."""
        with self._changed:
            self._deliveries.clear()
            self._count = self._bytes = 0


class _DivertingClient(mqtt.Client):
    deliver: Callable[[DivertingSocket, list[Publish]], None]
    may_read: Callable[[], bool]

    def _create_socket(self) -> Any:
        inner: socket.socket = super()._create_socket()  # type: ignore[assignment]
        return DivertingSocket(
            inner,
            self.deliver,
            self.may_read,
            mqtt5=self._protocol == MQTTProtocolVersion.MQTTv5,
        )


class _PlainSource:
    """The stock path's connection: an epoch, because paho would ack on whichever is newest."""

    def __init__(self, client: mqtt.Client) -> None:
        self._client = client
        self.closed = False

    def ack(self, mids: list[int]) -> None:
        for mid in mids:
            if self.closed:
                return
            self._client.ack(mid, 1)


class Link:
    """Connects as `client_id`, subscribes to `filters`, puts what comes into `inbox`."""

    def __init__(
        self,
        url: str,
        client_id: str,
        filters: list[str],
        inbox: Inbox,
        *,
        on_connected: Callable[[], None],
        protocol: str = "5",
        divert: bool = DIVERTS,
        known: bool = False,
    ) -> None:
        """`known`: the broker should hold a session of ours already."""
        self._on_connected = on_connected
        self._inbox = inbox
        self._filters = filters
        self._url = urlsplit(url)
        self._mqtt5 = protocol == "5"
        self._source: Acknowledger | None = None
        self._known = known
        self.losses = 0  # connections at which the broker had no session although it should
        self.connections = 0
        self.connected = threading.Event()
        self.client = self._make_client(client_id, divert=divert)

    def _make_client(self, client_id: str, *, divert: bool) -> mqtt.Client:
        make = _DivertingClient if divert else mqtt.Client
        version = MQTTProtocolVersion.MQTTv5 if self._mqtt5 else MQTTProtocolVersion.MQTTv311
        client = make(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=None if self._mqtt5 else False,
            protocol=version,
            manual_ack=True,
        )
        client.suppress_exceptions = True
        client.reconnect_delay_set(1, 5)
        client.max_inflight_messages_set(1_000)
        client.max_queued_messages_set(50_000)
        if self._url.username:
            client.username_pw_set(unquote(self._url.username), unquote(self._url.password or ""))
        if self._url.scheme == "mqtts":
            client.tls_set_context(ssl.create_default_context())
        if isinstance(client, _DivertingClient):
            client.deliver = self._on_diverted
            client.may_read = self._inbox.has_room
        client.on_message = self._on_message
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        return client

    # ── life ──────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Connect in the background and keep connected."""
        host, port = self._url.hostname or "127.0.0.1", self._url.port or 1883
        options: dict[str, Any] = {"keepalive": 20}
        if self._mqtt5:
            properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            properties.SessionExpiryInterval = SESSION_EXPIRY_S
            properties.ReceiveMaximum = limits.BROKER_INFLIGHT_MAX
            options |= {"clean_start": False, "properties": properties}
        self.client.connect_async(host, port, **options)
        self.client.loop_start()

    def stop(self) -> None:
        """Leave without unsubscribing: the broker keeps the session for whoever comes next."""
        self.client.disconnect()
        self.client.loop_stop()
        self.connected.clear()
        self._retire_source()

    def is_alive(self) -> bool:
        thread: threading.Thread | None = getattr(self.client, "_thread", None)
        return thread is None or thread.is_alive()

    def abort(self) -> None:
        """Break the connection; paho makes a new one."""
        sock = self.client.socket()
        if isinstance(sock, DivertingSocket):
            sock.abort()

    # ── callbacks, on paho's thread ───────────────────────────────────────

    def _on_diverted(self, source: DivertingSocket, publishes: list[Publish]) -> None:
        self._inbox.put(Delivery(source, publishes, time.time_ns() // 1_000_000, time.monotonic()))

    def _on_message(self, client: mqtt.Client, userdata: Any, message: mqtt.MQTTMessage) -> None:
        publish = Publish(
            message.topic.encode(), bytes(message.payload), message.mid, int(message.retain)
        )
        source = self._source
        if not self._inbox.has_room():
            time.sleep(0.05)  # back-pressure: paho reads no faster than this while it lasts
        if source is not None:
            received_ms = time.time_ns() // 1_000_000
            self._inbox.put(Delivery(source, [publish], received_ms, time.monotonic()))

    def _on_connect(
        self, client: mqtt.Client, userdata: Any, flags: mqtt.ConnectFlags,
        reason: ReasonCode, properties: Properties | None,
    ) -> None:  # fmt: skip
        if reason.is_failure:
            log.error("the broker refused us: %s", reason)
            return
        self._retire_source()
        self._source = _PlainSource(client)
        self.connections += 1
        self.losses += self._known and not flags.session_present
        self._known = True
        # Every time, although the session may be there: it repairs one that is not.
        client.subscribe([(one, 1) for one in self._filters])
        self.connected.set()
        self._on_connected()

    def _on_disconnect(self, *_: Any) -> None:
        self.connected.clear()
        self._retire_source()

    def _retire_source(self) -> None:
        if isinstance(self._source, _PlainSource):
            self._source.closed = True
        self._source = None
