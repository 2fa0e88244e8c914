"""Hold child processes up, and take them down in order so that nothing is left behind."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Final

from app.restarts import Record, due, fell, started

_LOOK_S: Final = 0.1
STOP_MAX_S: Final = 12.0  # a service that hangs longer is killed
HURRY_S: Final = 0.5  # … and after a second Ctrl-C

Say = Callable[[str], None]


class Stop(BaseException):
    """Somebody asked us to end."""


@dataclass(frozen=True)
class Service:
    """A child: how to start it, and which signal asks it to end.

    `start` returns the running process; it may take its time until that is ready.
    """

    name: str
    start: Callable[[], subprocess.Popen[bytes]]
    rank: int = 0  # the lowest ends first; those of one rank end together
    stop_signal: signal.Signals = signal.SIGTERM


class Supervisor:
    """Starts services in the order given, restarts what falls, stops them by rank.

    Use it as a context manager around everything that starts something: whatever happens
    inside, leaving it ends every child. Must live in the main thread.
    """

    def __init__(self, say: Say) -> None:
        self._say = say
        self._services: dict[str, Service] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._records: dict[str, Record] = {}
        self._stopping = False
        self._hurry = threading.Event()
        self._before: dict[signal.Signals, signal.Handlers | Callable[..., object] | int | None]
        self._before = {}

    def __enter__(self) -> "Supervisor":
        for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[one] = signal.signal(one, self._asked_to_stop)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        for one, handler in self._before.items():
            signal.signal(one, handler)

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        if self._stopping:
            self._hurry.set()
            return
        self._stopping = True
        raise Stop

    def start(self, *services: Service) -> None:
        """Start services one after the other and keep them up from now on."""
        for service in services:
            self._services[service.name] = service
            self._records[service.name] = started(Record(), time.monotonic())
            self._running[service.name] = service.start()

    def process(self, name: str) -> subprocess.Popen[bytes] | None:
        return self._running.get(name)

    def look(self) -> None:
        """Notice what fell, start again what is due. Call it every so often."""
        now_s = time.monotonic()
        for name, process in list(self._running.items()):
            if process.poll() is None:
                continue
            del self._running[name]
            self._records[name] = fell(self._records[name], now_s)
            wait_s = (self._records[name].due_s or now_s) - now_s
            self._say(f"{name} ended ({_how(process.returncode)}); again in {wait_s:.1f} s")
        for name in due(self._records, now_s):
            self._records[name] = started(self._records[name], now_s)
            try:
                self._running[name] = self._services[name].start()
            except Exception as error:
                self._records[name] = fell(self._records[name], now_s)
                self._say(f"{name} did not start: {error}")

    def watch(self) -> None:
        """Until somebody asks us to stop, by raising Stop."""
        while True:
            self.look()
            time.sleep(_LOOK_S)

    def stop(self) -> None:
        """End every child, rank by rank; kill what does not listen."""
        self._stopping = True
        for rank in sorted({service.rank for service in self._services.values()}):
            self._end([name for name, one in self._services.items() if one.rank == rank])

    def _end(self, names: Sequence[str]) -> None:
        ending = {name: self._running.pop(name) for name in names if name in self._running}
        for name, process in ending.items():
            if process.poll() is None:
                process.send_signal(self._services[name].stop_signal)
        limit = time.monotonic() + STOP_MAX_S
        while any(one.poll() is None for one in ending.values()) and time.monotonic() < limit:
            if self._hurry.is_set():
                limit = min(limit, time.monotonic() + HURRY_S)
            time.sleep(0.01)
        for name, process in ending.items():
            if process.poll() is None:
                self._say(f"{name} does not end; killing it")
            # Its session as well: nothing it may have started stays behind.
            _kill_session(process.pid)
            process.wait()


def _kill_session(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _how(status: int) -> str:
    if status < 0:
        return signal.Signals(-status).name
    return f"exit status {status}"
