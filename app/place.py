"""Where this installation keeps its things, and how one command finds a running other."""

import fcntl
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.children import reaches, unprivileged_user
from app.embedded import REPOSITORY
from app.settings import Loaded, Settings
from core.errors import AppError
from devices.tag_keys import parse_keks

_SYSTEM_FOLDER = Path("/var/lib/waypost")
_RUN_FILE = "run.json"


class InUse(AppError):
    """Another Waypost runs on this data folder."""

    code = "in_use"


class NotRunning(AppError):
    """No Waypost runs here."""

    code = "not_running"


@dataclass(frozen=True, slots=True)
class Run:
    """What a running `demo` or `up` tells the other commands."""

    pid: int
    database_url: str
    mqtt_url: str
    mqtt_admin_url: str | None
    mqtt_gateway_url: str | None
    device_mqtt_url: str
    url: str
    demo: bool


def data_folder(settings: Settings) -> tuple[Path, str | None]:
    """The folder, and a sentence when it is not the one expected."""
    if settings.data is not None:
        return settings.data.expanduser().resolve(), None
    usual = REPOSITORY / "data"
    user = unprivileged_user()
    if reaches(user, usual / "x"):
        return usual, None
    return _SYSTEM_FOLDER, (
        f"{REPOSITORY} is closed to the user {user!r}, under whom PostgreSQL and Mosquitto run; "
        f"the data lies in {_SYSTEM_FOLDER}."
    )


class Lock:
    """One Waypost a data folder. The kernel lets go of it when we end, however we end."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._fd = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._fd)
            raise InUse(
                f"Another Waypost runs on {folder}. Stop it first, or choose another folder "
                "with --data."
            ) from None

    def release(self) -> None:
        os.close(self._fd)


def write_run(folder: Path, run: Run) -> None:
    path = folder / _RUN_FILE
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="utf-8") as file:
        json.dump({name: getattr(run, name) for name in Run.__slots__}, file)
    fresh.replace(path)


def read_run(folder: Path) -> Run | None:
    """None when nothing runs there, also when it was killed and left its file."""
    try:
        values: dict[str, Any] = json.loads((folder / _RUN_FILE).read_text("utf-8"))
    except FileNotFoundError:
        return None
    run = Run(**values)
    return run if Path(f"/proc/{run.pid}").exists() else None


def forget_run(folder: Path) -> None:
    (folder / _RUN_FILE).unlink(missing_ok=True)


def connected(loaded: Loaded) -> Settings:
    """Settings whose URLs lead somewhere: those given, else those of the running Waypost.

    Raises NotRunning.
    """
    settings = loaded.settings
    if settings.database_url is not None:
        return settings
    folder, _ = data_folder(settings)
    run = read_run(folder)
    if run is None:
        raise NotRunning(
            f"No Waypost runs on {folder}. Start one with ./waypost demo or ./waypost up, or "
            "name a database with WAYPOST_DATABASE_URL."
        )
    return replace(
        settings,
        database_url=run.database_url,
        mqtt_url=settings.mqtt_url or run.mqtt_url,
        mqtt_admin_url=settings.mqtt_admin_url or run.mqtt_admin_url,
        mqtt_gateway_url=settings.mqtt_gateway_url or run.mqtt_gateway_url,
    )


def kek_file(settings: Settings) -> Path:
    """Where the key-encryption key of the tag keys lies."""
    if settings.tag_kek_file is not None:
        return settings.tag_kek_file.expanduser()
    return data_folder(settings)[0] / "tag-kek"


def read_keks(settings: Settings) -> list[bytes]:
    """The keys in it, the one that wraps first; empty where there is no such file.

    Raises Invalid when the file holds something else.
    """
    try:
        return parse_keks(kek_file(settings).read_text("ascii", errors="replace"))
    except (FileNotFoundError, PermissionError):
        return []


def write_keks(settings: Settings, keks: Sequence[bytes]) -> None:
    """Put the file there, readable by its owner alone; never half of it."""
    path = kek_file(settings)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as file:
        file.writelines(kek.hex() + "\n" for kek in keks)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
