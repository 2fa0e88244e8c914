"""A real Mosquitto without accounts, for tests of what lies behind the accounts."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core import limits


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def open_broker(port: int | None = None, **settings: object) -> Iterator[int]:
    """A running broker; its port."""
    port = port or free_port()
    folder = Path(tempfile.mkdtemp(prefix="waypost-broker-"))
    defaults: dict[str, object] = {
        "allow_anonymous": "true",
        "max_queued_messages": 0,
        "max_inflight_messages": limits.BROKER_INFLIGHT_MAX,
        "max_packet_size": limits.PACKET_BYTES_MAX,
        "set_tcp_nodelay": "true",
    }
    lines = [f"listener {port} 127.0.0.1"]
    lines += [f"{name} {value}" for name, value in (defaults | settings).items()]
    (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n")
    binary = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
    assert binary is not None, "Mosquitto is not installed"
    process = subprocess.Popen(
        [binary, "-c", str(folder / "mosquitto.conf")], stderr=subprocess.DEVNULL
    )
    try:
        _wait(port)
        yield port
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("Mosquitto did not start")
