"""Keep the broker's accounts equal to the database: a file before it starts, commands after."""

import json
import os
import queue
import secrets
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from psycopg import Connection
from psycopg.rows import class_row

from app import dynsec
from app.dynsec import (
    ADMIN,
    COMMANDS_MAX,
    CONTROL_TOPIC,
    GATEWAY,
    INGEST,
    Client,
    Command,
    DeviceAccount,
)
from core.errors import AppError
from core.sql import load_queries
from devices.enrolment import SALT_BYTES, Enrolled, credential

QUERIES = load_queries("app", "dynsec.sql")
_ANSWER_MAX_S = 5.0
_LISTING_S = 60.0  # how often the broker's own list is read back in full


class BrokerRefused(AppError):
    """The broker did not carry out a change of accounts."""

    code = "broker_refused"
    status = 503


def load_accounts(conn: Connection[Any]) -> list[DeviceAccount]:
    with conn.cursor(row_factory=class_row(DeviceAccount)) as cursor:
        cursor.execute(QUERIES["accounts"])
        return cursor.fetchall()


def write_file(conn: Connection[Any], path: Path, passwords: Mapping[str, str]) -> None:
    """Make `dynsec.json` anew from the database, before the broker starts."""
    kept = {
        name: credential(passwords[name], secrets.token_bytes(SALT_BYTES))
        for name in (INGEST, GATEWAY, ADMIN)
    }
    state = dynsec.desired(load_accounts(conn), dynsec.service_clients(kept))
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        json.dump(dynsec.to_file(state), file)
    fresh.replace(path)


class Control:
    """A connection of the administrator's account; use it as a context manager."""

    def __init__(self, url: str) -> None:
        """`url` is mqtt://user:password@host:port. Raises BrokerRefused."""
        parts = urlsplit(url)
        assert parts.hostname, "a broker URL names a host"
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._ready: queue.Queue[str | None] = queue.Queue()
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"waypost-admin-{os.getpid()}-{secrets.token_hex(4)}",
            clean_session=True,
        )
        self._client.username_pw_set(unquote(parts.username or ""), unquote(parts.password or ""))
        self._client.on_connect = self._on_connect
        self._client.on_subscribe = lambda *_: self._ready.put(None)
        self._client.on_message = self._on_message
        try:
            self._client.connect(parts.hostname, parts.port or 1883, keepalive=30)
            self._client.loop_start()
            refusal = self._ready.get(timeout=_ANSWER_MAX_S)
        except (OSError, queue.Empty):
            self.close()
            raise BrokerRefused(
                f"The broker at {parts.hostname}:{parts.port} does not answer."
            ) from None
        if refusal is not None:
            self.close()
            raise BrokerRefused(f"The broker refused the administrator's account: {refusal}.")

    def run(self, commands: Sequence[Command]) -> list[dict[str, Any]]:
        """Carry out commands in order; their `data`. Raises BrokerRefused at the first error
        that is not just about something already being so.
        """
        data = []
        for start in range(0, len(commands), COMMANDS_MAX):
            some = commands[start : start + COMMANDS_MAX]
            for one in self._ask(some):
                error = one.get("error")
                if error is not None and "already" not in error:
                    raise BrokerRefused(f"The broker refused {one.get('command')}: {error}.")
                data.append(one.get("data", {}))
        return data

    def _ask(self, commands: Sequence[Command]) -> list[dict[str, Any]]:
        """One message of commands, and the broker's answers to them.

        Every administrator hears every answer, so ours carry a mark to know them by.
        """
        mark = secrets.token_hex(8)
        marked = [one | {"correlationData": mark} for one in commands]
        self._client.publish(CONTROL_TOPIC, json.dumps({"commands": marked}), qos=1)
        limit = time.monotonic() + _ANSWER_MAX_S
        while True:
            try:
                answer = self._answers.get(timeout=max(limit - time.monotonic(), 0))
            except queue.Empty:
                raise BrokerRefused("The broker did not answer a change of accounts.") from None
            responses: list[dict[str, Any]] = answer.get("responses", [])
            if responses and all(one.get("correlationData") == mark for one in responses):
                return responses

    def state(self) -> dict[str, Client]:
        """Everybody the broker knows."""
        clients, roles = self.run(
            [
                {"command": "listClients", "verbose": True, "count": -1, "offset": 0},
                {"command": "listRoles", "verbose": True, "count": -1, "offset": 0},
            ]
        )
        return dynsec.from_answers(clients["clients"], roles["roles"])

    def admit(self, device: Enrolled, account: DeviceAccount) -> None:
        """Let a device in that was just enrolled or rotated."""
        assert device.id == account.id
        known = self._knows(device.id)
        self.run(dynsec.admit(dynsec.device_client(account), device.password, known))

    def _knows(self, name: str) -> bool:
        try:
            self.run([{"command": "getClient", "username": name}])
        except BrokerRefused:
            return False
        return True

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, code: Any, _p: Any) -> None:
        if code.is_failure:
            self._ready.put(str(code))
        else:
            client.subscribe(f"{CONTROL_TOPIC}/response", qos=1)

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._answers.put(json.loads(message.payload))


class Reconciler:
    """Makes the broker equal to the database, remembering what it holds between full looks."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._known: dict[str, Client] | None = None
        self._listed_at = 0.0

    def reconcile(self, conn: Connection[Any]) -> list[Command]:
        """Repair what drifted; the commands that did it. Raises BrokerRefused."""
        accounts = load_accounts(conn)
        if self._known is None or time.monotonic() - self._listed_at > _LISTING_S:
            self._known = self._look()
        commands = dynsec.plan(_wanted(accounts, self._known), self._known)
        if not commands:
            return []
        # What we remember may be old: an account made by hand a second ago is no drift.
        conn.execute(QUERIES["one_at_a_time"])
        accounts = load_accounts(conn)
        with Control(self._url) as control:
            self._known = control.state()
            commands = dynsec.plan(_wanted(accounts, self._known), self._known)
            control.run(commands)
            self._known = control.state()
        self._listed_at = time.monotonic()
        return commands

    def _look(self) -> dict[str, Client]:
        self._listed_at = time.monotonic()
        with Control(self._url) as control:
            return control.state()


def tell_broker(conn: Connection[Any], url: str, given: Sequence[Enrolled] = ()) -> None:
    """After a commit that enrolled, rotated or revoked: let in and shut out at once.

    `given`: the devices whose password was just drawn. The broker takes passwords in clear
    only, and only now are they known.
    """
    with conn.transaction():
        conn.execute(QUERIES["one_at_a_time"])
        accounts = {one.id: one for one in load_accounts(conn)}
        with Control(url) as control:
            for device in given:
                account = accounts.get(device.id)
                # Given yet another password since: then it is not this one.
                if account is not None and account.salt is not None and account.hash is not None:
                    kept = credential(device.password, bytes(account.salt))
                    if kept.hash == bytes(account.hash):
                        control.admit(device, account)
            actual = control.state()
            control.run(dynsec.plan(_wanted(list(accounts.values()), actual), actual))


def drift(conn: Connection[Any], url: str) -> tuple[list[Command], list[str]]:
    """What a reconciliation would do now, and the devices that wait for a new password."""
    with Control(url) as control:
        actual = control.state()
    wanted = _wanted(load_accounts(conn), actual)
    return dynsec.plan(wanted, actual), dynsec.shut_out(wanted, actual)


def _wanted(accounts: Sequence[DeviceAccount], actual: Mapping[str, Client]) -> dict[str, Client]:
    """Our services' own passwords are not in the database: their accounts stay as they are."""
    services = {name: actual[name] for name in actual if name.startswith(dynsec.SERVICE_PREFIX)}
    return dynsec.desired(accounts, services)
