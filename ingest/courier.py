"""Carries what was decided for devices from the database to the broker.

A message is written in the transaction that decided it and published here, at least
once. That the broker took it is not delivery: delivery is the device's own ack.
"""

import logging
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from psycopg import Connection, Cursor
from psycopg.rows import DictRow, dict_row

from core.db import connect, time_limit
from core.errors import NotFound
from core.events import Event
from core.sql import load_queries
from devices.topics import subtree

log = logging.getLogger(__name__)
QUERIES = load_queries("ingest", "courier.sql")
PERIOD_S = 0.1
BATCH_MAX = 200
PUBLISH_MAX_S = 3.0
DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped"  # by a full queue; Mosquitto has it


def ask_redrive(conn: Connection[Any], quarantine_id: int, now: datetime) -> Sequence[Event]:
    """Have one quarantined message read anew; NotFound when there is none of that id."""
    row = conn.execute(QUERIES["ask_again"], {"id": quarantine_id, "now": now}).fetchone()
    if row is None:
        raise NotFound(quarantine_id=quarantine_id)
    return ()


class Courier(threading.Thread):
    """Publishes waiting device messages, oldest first."""

    def __init__(self, database_url: str, mqtt_url: str, *, protocol: str, owner: str) -> None:
        super().__init__(name="courier", daemon=True)
        self._database_url = database_url
        self._mqtt_url = mqtt_url
        self._mqtt5 = protocol == "5"
        self._owner = owner
        self._halt = threading.Event()
        self._conn: Connection[Any] | None = None
        self._dropped = 0  # as the broker says
        self._dropped_told = -1
        self._client = self._make_client()

    def _make_client(self) -> mqtt.Client:
        url = urlsplit(self._mqtt_url)
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"waypost-courier-{self._owner}",
            protocol=MQTTProtocolVersion.MQTTv5 if self._mqtt5 else MQTTProtocolVersion.MQTTv311,
        )
        if url.username:
            client.username_pw_set(unquote(url.username), unquote(url.password or ""))
        if url.scheme == "mqtts":
            client.tls_set()
        client.reconnect_delay_set(1, 5)
        client.max_inflight_messages_set(BATCH_MAX)
        client.on_connect = self._on_connect
        client.on_message = self._on_dropped
        client.connect_async(url.hostname or "127.0.0.1", url.port or 1883, keepalive=20)
        return client

    def run(self) -> None:
        self._client.loop_start()
        while not self._halt.wait(PERIOD_S):
            if not self._client.is_connected():
                continue
            try:
                while self._carry() and not self._halt.is_set():
                    pass
                self._tell_dropped()
            except psycopg.Error as error:
                log.warning("courier: %s", error)
                self._close()
            except Exception:
                # A fault of ours must not end it in silence: tasks would never leave.
                log.exception("courier: stumbled")
                self._close()
        self._client.disconnect()
        self._client.loop_stop()
        self._close()

    def stop(self) -> None:
        self._halt.set()
        self.join(10)

    def _carry(self) -> bool:
        """Publish one batch; True when there may be more."""
        conn = self._connected()
        with time_limit(conn), conn.transaction(), conn.cursor(row_factory=dict_row) as cursor:
            cursor.execute(QUERIES["waiting"], {"limit": BATCH_MAX})
            rows = cursor.fetchall()
            taken = [(row["id"], self._publish(row)) for row in rows]
            done = [one for one, info in taken if self._is_published(info)]
            if done:
                cursor.execute(QUERIES["published"], {"ids": done})
            self._redrive(cursor)
        return len(done) == BATCH_MAX

    def _redrive(self, cursor: Cursor[DictRow]) -> None:
        """Send quarantined bodies through the front door once more, as they came."""
        cursor.execute(QUERIES["asked_again"], {"limit": BATCH_MAX})
        rows = cursor.fetchall()
        sent = [(row["id"], self._client.publish(row["topic"], row["body"], qos=1)) for row in rows]
        done = [one for one, info in sent if self._is_published(info)]
        if done:
            cursor.execute(QUERIES["redriven"], {"ids": done})

    def _connected(self) -> Connection[Any]:
        if self._conn is None or self._conn.closed:
            self._conn = connect(self._database_url, autocommit=True, application="waypost-courier")
        return self._conn

    @staticmethod
    def _on_connect(client: mqtt.Client, *_: Any) -> None:
        client.subscribe(DROPPED_TOPIC)

    def _on_dropped(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        if message.payload.isdigit():
            self._dropped = int(message.payload)

    def _tell_dropped(self) -> None:
        if self._dropped == self._dropped_told:
            return
        conn = self._connected()
        with time_limit(conn):
            conn.execute(QUERIES["dropped"], {"dropped": str(self._dropped)})
        self._dropped_told = self._dropped

    def _publish(self, row: dict[str, Any]) -> mqtt.MQTTMessageInfo:
        topic = f"{subtree(row['device_id'], row['kind'])}/{row['channel']}"
        return self._client.publish(topic, msgspec.json.encode(row["body"]), qos=1)

    @staticmethod
    def _is_published(info: mqtt.MQTTMessageInfo) -> bool:
        try:
            info.wait_for_publish(PUBLISH_MAX_S)
        except (RuntimeError, ValueError):
            return False  # not connected: it stays waiting and is published again
        return info.is_published()

    def _close(self) -> None:
        if self._conn is not None:
            self._conn.close()
        self._conn = None
