"""One machine's worth of real processes, to be killed one by one."""

import contextlib
import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from app import dynsec, dynsec_io
from app.children import free_port, spawn
from app.embedded import REPOSITORY, Mosquitto, Postgres
from app.passwords import secret
from core.migrate import migrate
from devices.topics import part_of
from tests.faults.outbox_fleet import Fleet
from tests.faults.proxy import Proxy

DEVICES = [f"unit-{number:03d}" for number in range(60)]
_SETTINGS = {"fsync": "off", "shared_buffers": "48MB", "min_wal_size": "32MB"}


def until(condition: Callable[[], Any], within_s: float, what: str) -> float:
    """Wait for a condition; the seconds it took. An error of the database counts as not yet."""
    began = time.monotonic()
    while True:
        with contextlib.suppress(psycopg.OperationalError):
            if condition():
                return time.monotonic() - began
        assert time.monotonic() - began < within_s, f"not within {within_s} s: {what}"
        time.sleep(0.05)


class Service:
    """`./waypost <words>` as a process whose log can be read."""

    def __init__(self, words: Sequence[str], folder: Path, env: dict[str, str], name: str) -> None:
        self.log = folder / f"{name}.log"
        self._words, self._env, self._folder = words, env, folder
        self.process: subprocess.Popen[bytes]
        self.start()

    def start(self, **env: str) -> None:
        """Start it (again); `env` is for this time only."""
        self.process = spawn(
            [sys.executable, "-P", "-m", "app.cli", *self._words],
            log=self.log, env=self._env | env, cwd=self._folder,
        )  # fmt: skip

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(number)
        if number != signal.SIGSTOP:
            self.process.wait(30)

    def stop(self) -> None:
        """In order, as a person would."""
        if self.alive:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def said(self, words: str) -> int:
        """How often its log holds these words."""
        return self._read().count(words)

    def tail(self) -> str:
        return "\n".join(self._read().splitlines()[-25:])

    def _read(self) -> str:
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""


class Box:
    """A database, a broker, and our services around them; `close` leaves nothing."""

    def __init__(self, folder: Path, broker_extra: str = "") -> None:
        self.folder = folder
        self.database = Postgres(folder, settings=_SETTINGS)
        self.services: list[Service] = []
        self.fleets: list[Fleet] = []
        self.proxies: list[Proxy] = []
        self.undo: list[Callable[[], Any]] = []
        self._broker_extra = broker_extra

    def start(self) -> None:
        self.database.start()
        self.database.keep_port()
        port = free_port()
        assert port is not None
        config = self.folder / "policy.conf"
        config.write_text((REPOSITORY / "mosquitto.conf").read_text() + self._broker_extra)
        self.broker = Mosquitto(self.folder, port, config=config)
        passwords = {
            name: secret(self.folder, name)
            for name in (dynsec.INGEST, dynsec.GATEWAY, dynsec.ADMIN)
        }
        with psycopg.connect(self.url) as conn:
            dynsec_io.write_file(conn, self.broker.dynsec, passwords)
        self.broker.start()
        self.ingest_url, self.gateway_url, self.admin_url = (
            f"mqtt://{name}:{quote(passwords[name])}@127.0.0.1:{port}"
            for name in (dynsec.INGEST, dynsec.GATEWAY, dynsec.ADMIN)
        )

    @property
    def url(self) -> str:
        return self.database.url

    def settings(self, **env: str) -> dict[str, str]:
        """The environment of one of ours; keywords are settings in lower case."""
        clean = {k: v for k, v in os.environ.items() if not k.startswith("WAYPOST_")}
        named = {
            "database_url": self.url,
            "mqtt_url": self.ingest_url,
            "mqtt_admin_url": self.admin_url,
            "mqtt_gateway_url": self.gateway_url,
            "data": str(self.folder),
        } | env
        ours = {f"WAYPOST_{key.upper()}": value for key, value in named.items()}
        return clean | {"PYTHONPATH": str(REPOSITORY)} | ours

    def service(self, *words: str, name: str = "", **env: str) -> Service:
        """Start one of ours."""
        name = name or f"{words[0]}-{len(self.services)}"
        service = Service(words, self.folder, self.settings(**env), name)
        self.services.append(service)
        return service

    def run(self, *words: str, **env: str) -> str:
        """Run one of our commands to its end; what it answers, whatever its exit status."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "app.cli", *words],
            env=self.settings(**env), cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.stdout, done.stderr
        return done.stdout

    def proxy(self, target_port: int) -> Proxy:
        proxy = Proxy(target_port)
        self.proxies.append(proxy)
        return proxy

    def fleet(self, rate: float, devices: Sequence[str] = DEVICES, **more: Any) -> Fleet:
        if not more.get("resend", True):
            # The broker keeps nothing for a session that never was.
            until(lambda: self.rows("SELECT 1 FROM alive_span"), 30, "ingest listens")
        fleet = Fleet(self.gateway_url, None, None, devices, rate, **more)
        self.fleets.append(fleet)
        fleet.start()
        return fleet

    # ── looking ───────────────────────────────────────────────────────────

    def rows(self, query: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.url, autocommit=True, connect_timeout=3) as conn:
            return conn.execute(query, values or None).fetchall()  # type: ignore[arg-type]

    def one(self, query: str, *values: Any) -> Any:
        return self.rows(query, *values)[0][0]

    def stored(self) -> int:
        return int(self.one("SELECT count(*) FROM position"))

    def await_stored(self, count: int, within_s: float = 30) -> None:
        """Wait until so many positions are in the table."""
        until(lambda: self.stored() >= count, within_s, f"{count} positions stored")

    # ── ending ────────────────────────────────────────────────────────────

    def close(self) -> None:
        for proxy in self.proxies:
            proxy.stop()
        for fleet in self.fleets:
            fleet.stop(0)
        for service in self.services:
            service.stop()
        if hasattr(self, "broker"):
            self.broker.stop()
        self.database.stop()
        for service in self.services:  # pytest shows it where a test failed
            print(f"── {service.log.name}\n{service.tail()}")
        for undo in reversed(self.undo):
            undo()
        shutil.rmtree(self.folder)


@dataclasses.dataclass(frozen=True)
class Template:
    """A migrated cluster with enrolled devices, copied for every test."""

    folder: Path

    def copy(self, folder: Path | None = None, broker_extra: str = "") -> Box:
        folder = folder or Path(tempfile.mkdtemp(prefix="waypost-fault-"))
        folder.chmod(0o711)
        # As root the files belong to the servers' own user, and must go on to.
        subprocess.run(["cp", "-a", f"{self.folder}/.", str(folder)], check=True)
        return Box(folder, broker_extra)


def make_template(folder: Path) -> Template:
    database = Postgres(folder, settings=_SETTINGS)
    url = database.start()
    try:
        with psycopg.connect(url, autocommit=True) as conn:
            assert migrate(conn).storage == "postgresql"
            root = conn.execute(
                "INSERT INTO org (kind, name) VALUES ('bureau', '区局') RETURNING id"
            ).fetchone()
            assert root is not None
            with conn.cursor() as cursor:
                cursor.executemany(
                    """INSERT INTO device (id, kind, part, org_id, name, period_s)
                       VALUES (%s, 'officer', %s, %s, %s, 10)""",
                    [(one, part_of(one), root[0], one) for one in DEVICES],
                )
    finally:
        database.stop()
    return Template(folder)
