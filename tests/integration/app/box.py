"""A whole Waypost started as a person would, for tests that look at it from outside."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from app.children import free_port
from app.settings import REPOSITORY

READY_MAX_S = 90


class Box:
    def __init__(self, folder: Path, *words: str, command: str = "demo") -> None:
        port, mqtt_port = free_port(), free_port()
        assert port is not None
        assert mqtt_port is not None
        self.folder = folder
        self.ports = [port, mqtt_port]
        kept = {k: v for k, v in os.environ.items() if not k.startswith("WAYPOST_")}
        self.env = {**kept, "PYTHONPATH": str(REPOSITORY), "PYTHONSAFEPATH": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", command, "--headless", "--data", str(folder),
             "--port", str(port), *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**self.env, "WAYPOST_MQTT_PORT": str(mqtt_port)},
        )  # fmt: skip

    def ready(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(self.process.communicate(timeout=30)[1])
        return dict(json.loads(line))

    def cli(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *words],
            capture_output=True, text=True, timeout=60, check=False,
            env={**self.env, "WAYPOST_DATA": str(self.folder)},
        )  # fmt: skip

    def end(self, sign: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Exit status and standard error."""
        self.process.send_signal(sign)
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors

    def processes(self) -> dict[int, str]:
        """Everything that belongs to this box, by process number."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                home = (entry / "environ").read_bytes().decode("utf-8", "replace")
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if state != "Z" and (str(self.folder) in words or str(self.folder) in home):
                found[int(entry.name)] = words
        return found

    def service(self, name: str) -> int | None:
        return next(
            (pid for pid, words in self.processes().items() if f"app.cli {name}" in words), None
        )

    def listening(self) -> list[int]:
        return [port for port in self.ports if _answers(port)]

    def gone(self, within_s: float) -> None:
        """Nothing of it is left: no process, no listening port."""
        limit = time.monotonic() + within_s
        while time.monotonic() < limit and (self.processes() or self.listening()):
            time.sleep(0.05)
        assert self.processes() == {}
        assert self.listening() == []


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
