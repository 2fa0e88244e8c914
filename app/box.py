"""`demo` and `up`: everything on one machine, under one supervisor."""

import http.client
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import psycopg

from app import dynsec, dynsec_io, place
from app.children import free_port, spawn
from app.embedded import REPOSITORY, Mosquitto, Postgres, find_timescaledb
from app.passwords import secret
from app.settings import PREFIX, Loaded, Settings, environment
from app.supervisor import Service, Stop, Supervisor
from core.errors import AppError
from core.migrate import migrate

_LOG_BYTES_MAX = 20 * 1024 * 1024
_READY_MAX_S = 120.0
_PORTS_TRIED = 200
# Who ends when: first those who make work, then those who do it, then what they stand on.
_RANKS = {"simulate": 0, "serve": 0, "schedule": 0, "ingest": 1, "mosquitto": 2, "postgresql": 3}


class NotReady(AppError):
    """The services started but did not become ready."""

    code = "not_ready"


class PortTaken(AppError):
    """A port is taken."""

    code = "port_taken"


@dataclass(frozen=True)
class Plan:
    """What to run. `seed` fills an empty database and names the login; demo only."""

    demo: bool
    headless: bool
    simulate: Sequence[str] | None = None  # words for `simulate`, None for no simulator
    district: Sequence[str] | None = None  # words that say which district goes on
    seed: Callable[["psycopg.Connection[Any]", Path], tuple[str, str]] | None = None


@dataclass
class Box:
    """The running whole."""

    loaded: Loaded
    plan: Plan
    folder: Path
    supervisor: Supervisor
    settings: Settings = field(init=False)
    storage: str = ""
    login: tuple[str, str] | None = None
    device_url: str = ""

    def start(self) -> None:
        """From nothing to ready. Raises AppError, or Stop when somebody asks to end."""
        self.settings = self.loaded.settings
        self.started = time.time()
        self._start_database()
        self._migrate_and_seed()
        self._start_broker()
        self.settings = replace(self.settings, port=self._port("port", self.settings.host))
        self._write_run()
        self._start_services()
        self._await_ready()

    def _start_database(self) -> None:
        if self.settings.database_url is not None:
            return
        binaries = find_timescaledb() if _timescaledb_wanted(self.folder) else None
        preload = {"shared_preload_libraries": "timescaledb"} if binaries else {}
        postgres = Postgres(self.folder, binaries=binaries, settings=preload)

        def start() -> Any:
            url = postgres.start()
            postgres.keep_port()
            self.settings = replace(self.settings, database_url=url)
            return postgres.process

        self.supervisor.start(
            Service("postgresql", start, _RANKS["postgresql"], postgres.stop_signal)
        )

    def _migrate_and_seed(self) -> None:
        assert self.settings.database_url
        with psycopg.connect(self.settings.database_url, autocommit=True) as conn:
            conn.execute("SET timezone TO 'UTC'")
            self.storage = migrate(conn).storage
            if self.plan.seed is not None:
                with conn.transaction():
                    self.login = self.plan.seed(conn, self.folder)

    def _start_broker(self) -> None:
        settings = self.settings
        if settings.mqtt_url is not None:
            self.device_url = _without_password(settings.mqtt_url)
            return
        inner = free_port()
        assert inner is not None
        device_port = self._port("mqtt_port", settings.mqtt_host)
        mosquitto = Mosquitto(
            self.folder, inner, device_port=device_port, device_host=settings.mqtt_host
        )
        passwords = {
            name: secret(self.folder, name)
            for name in (dynsec.INGEST, dynsec.GATEWAY, dynsec.ADMIN)
        }

        def start() -> Any:
            assert self.settings.database_url
            # Made anew each time: whatever drifted, or was changed by hand, is gone.
            with psycopg.connect(self.settings.database_url) as conn:
                dynsec_io.write_file(conn, mosquitto.dynsec, passwords)
            mosquitto.start()
            return mosquitto.process

        self.supervisor.start(Service("mosquitto", start, _RANKS["mosquitto"]))
        ingest, gateway, admin = (
            f"mqtt://{name}:{quote(passwords[name])}@127.0.0.1:{inner}"
            for name in (dynsec.INGEST, dynsec.GATEWAY, dynsec.ADMIN)
        )
        self.settings = replace(
            settings, mqtt_url=ingest, mqtt_gateway_url=gateway, mqtt_admin_url=admin
        )
        self.device_url = f"mqtt://127.0.0.1:{device_port}"

    def _port(self, name: str, host: str) -> int:
        wanted = int(getattr(self.settings, name))
        if name in self.loaded.given:
            if free_port(wanted, host) is None:
                raise PortTaken(
                    f"Port {wanted} is taken by another program. Stop that, or choose another "
                    f"with {PREFIX}{name.upper()}."
                )
            return wanted
        for port in range(wanted, wanted + _PORTS_TRIED):
            if free_port(port, host) is not None:
                return port
        raise PortTaken(f"No port between {wanted} and {wanted + _PORTS_TRIED} is free.")

    @property
    def url(self) -> str:
        shown = "127.0.0.1" if self.settings.host in ("0.0.0.0", "::") else self.settings.host  # noqa: S104
        return f"http://{shown}:{self.settings.port}"

    def _write_run(self) -> None:
        settings = self.settings
        assert settings.database_url
        assert settings.mqtt_url
        place.write_run(
            self.folder,
            place.Run(
                os.getpid(),
                settings.database_url,
                settings.mqtt_url,
                settings.mqtt_admin_url,
                settings.mqtt_gateway_url,
                self.device_url,
                self.url,
                self.plan.demo,
            ),
        )

    def _start_services(self) -> None:
        """All at once. The simulator first, since it thinks longest before it speaks."""
        demo = ["--demo"] if self.plan.demo else []
        if self.plan.simulate is not None:
            self._service("simulate", *self.plan.simulate)
        self._service("ingest")
        self._service("serve", *demo)
        district = self.plan.district
        self._service(
            "schedule", *([] if district is None else ["--district", json.dumps(list(district))])
        )

    def _service(self, name: str, *words: str) -> None:
        def start() -> Any:
            log = self.folder / f"{name}.log"
            _turn_over(log)
            kept = {k: v for k, v in os.environ.items() if not k.startswith(PREFIX)}
            return spawn(
                [sys.executable, "-P", "-m", "app.cli", name, *words],
                log=log,
                env={**kept, "PYTHONPATH": str(REPOSITORY), **environment(self.settings)},
                cwd=self.folder,
            )

        self.supervisor.start(Service(name, start, _RANKS[name]))

    def _await_ready(self) -> None:
        limit = time.monotonic() + _READY_MAX_S
        reason = "it does not answer yet"
        while time.monotonic() < limit:
            self.supervisor.look()
            reason = _not_ready(self.url)
            if not reason and (self.plan.simulate is None or self._units_on_map()):
                return
            time.sleep(0.05)
        raise NotReady(
            f"Not ready after {_READY_MAX_S:.0f} s: {reason or 'no unit is on the map yet'}. "
            f"The logs lie in {self.folder}."
        )

    def _units_on_map(self) -> bool:
        """Whether the simulator's first positions of this start have arrived."""
        assert self.settings.database_url
        with psycopg.connect(self.settings.database_url) as conn:
            row = conn.execute(
                """SELECT EXISTS (SELECT FROM unit_state
                                   WHERE lat_e7 IS NOT NULL AND heard_at > to_timestamp(%s))""",
                (self.started,),
            ).fetchone()
        return row is not None and bool(row[0])


def run(loaded: Loaded, plan: Plan) -> int:
    """Run until somebody asks to end; the exit status."""
    folder, remark = place.data_folder(loaded.settings)
    say = _say
    with ExitStack() as stack:
        lock = place.Lock(folder)
        stack.callback(lock.release)
        supervisor = Supervisor(say)
        try:
            stack.callback(place.forget_run, folder)
            stack.enter_context(supervisor)
            if remark:
                say(remark)
            box = Box(loaded, plan, folder, supervisor)
            box.start()
            _announce(box)
            supervisor.watch()
        except Stop:
            say("stopping · 正在停止 …")
    return 0


def _announce(box: Box) -> None:
    user, password = box.login or ("", "")
    ready = {
        "ready": True,
        "url": box.url,
        "user": user or None,
        "password": password or None,
        "mqtt": box.device_url,
        "data": str(box.folder),
        "storage": box.storage,
    }
    if box.plan.headless:
        print(json.dumps(ready), flush=True)
        return
    took_s = time.time() - box.started
    login = f"\n  登录 Login        {user} / {password}" if box.login else (
        "\n  账号 Account      ./waypost user add LOGIN --role admin"
    )  # fmt: skip
    print(
        f"\n  Waypost 巡哨 ({took_s:.1f} s)\n"
        f"\n  控制台 Console    {box.url}{login}"
        f"\n  设备接入 Devices  {box.device_url}   (./waypost device add officer ID)"
        f"\n  数据 Data         {box.folder}   ({box.storage})"
        "\n\n  按 Ctrl-C 停止 · Ctrl-C stops everything\n",
        flush=True,
    )


def _say(text: str) -> None:
    print(f"waypost: {text}", file=sys.stderr, flush=True)


def _not_ready(url: str) -> str:
    """Why /readyz is not green; empty when it is."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=3)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        body = answer.read().decode("utf-8", "replace")
    except OSError:
        return "the console does not answer yet"
    finally:
        connection.close()
    return "" if answer.status == 200 else body


def _timescaledb_wanted(folder: Path) -> bool:
    """A new data folder takes TimescaleDB where this machine has it; an old one stays as it is."""
    version = folder / "postgresql" / "PG_VERSION"
    binaries = find_timescaledb()
    if binaries is None or not version.exists():
        return binaries is not None
    return version.read_text().strip() == binaries.parent.name


def _turn_over(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_BYTES_MAX:
        log.replace(log.with_suffix(".log.1"))


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or 1883}"
