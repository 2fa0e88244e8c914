"""Fault row 16: consoles stop reading, then all reconnect at once. Memory flat, others on time."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import psutil
import pytest

from core import limits
from tests.bench.live import Waves, log_in
from tests.crowd import Console, gather
from tests.servers import Server
from tests.website import free_port, make_database, seed

CONSOLES, STOPPED, UNITS = 100, 10, 5_000
LATE_MAX_S = 2.0
GROWTH_MAX_BYTES = 40_000_000


@dataclass
class Running:
    port: int
    cookie: str
    process: psutil.Process

    def memory_bytes(self) -> int:
        return int(self.process.memory_info().rss)

    def sockets(self) -> int:
        return len([one for one in self.process.net_connections("tcp") if one.raddr
                    and one.laddr.port == self.port and one.status == "ESTABLISHED"])  # fmt: skip


@pytest.fixture
def running(server: Server) -> Iterator[Running]:
    url = make_database(server, f"waypost_row16_{os.getpid()}")
    seed(url, UNITS)
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "web.server", url, str(port)])
    waves = Waves(url)
    mover = threading.Thread(target=waves.run)
    mover.start()
    try:
        yield Running(port, log_in(port), psutil.Process(process.pid))
    finally:
        waves.stopped.set()
        mover.join(10)
        process.terminate()
        assert process.wait(15) in (0, -15), "the server did not end in order"


def test_stopped_consoles_cost_nothing_and_hold_up_nobody(running: Running) -> None:
    asyncio.run(scenario(running))


async def scenario(running: Running) -> None:
    consoles: list[Console] = []
    try:
        await watched(running, consoles)
    finally:
        for console in consoles:
            console.transport.abort()
        await asyncio.sleep(0.2)


async def watched(running: Running, everyone: list[Console]) -> None:
    gaps: dict[Console, float] = {}
    before: dict[Console, float] = {}

    def seen(console: Console, _frame: bytes) -> None:
        now = time.monotonic()
        gaps[console] = max(gaps.get(console, 0.0), now - before.get(console, now))
        before[console] = now

    crowd = await gather(running.port, running.cookie, CONSOLES, seen)
    everyone += crowd
    await asyncio.sleep(4)
    assert all(console.frames >= 2 for console in crowd)
    steady = running.memory_bytes()
    gaps.clear()

    stopped, others = crowd[:STOPPED], crowd[STOPPED:]
    for console in stopped:
        console.stop_reading()
    frames = [console.frames for console in stopped]
    await asyncio.sleep(limits.SOCKET_SEND_MAX_S + 5)
    grown = running.memory_bytes() - steady
    late = max(gaps[console] for console in others)
    assert late < LATE_MAX_S, f"others waited {late:.2f} s for a frame"
    assert grown < GROWTH_MAX_BYTES, f"{grown / 1e6:.0f} MB grown by consoles that do not read"
    assert [console.frames for console in stopped] == frames
    assert running.sockets() == len(others), "who does not read is dropped"

    for console in crowd:
        console.transport.abort()
    began = time.monotonic()
    again = await gather(running.port, running.cookie, CONSOLES)
    everyone += again
    while not all(console.frames for console in again):
        assert time.monotonic() - began < 10, f"{sum(not c.frames for c in again)} still wait"
        await asyncio.sleep(0.02)
    took = time.monotonic() - began
    await asyncio.sleep(2)
    grown = running.memory_bytes() - steady
    print(f"row 16: worst gap {late:.2f} s, all {CONSOLES} back after {took:.2f} s, "
          f"memory {grown / 1e6:+.1f} MB")  # fmt: skip
    assert took < LATE_MAX_S, f"all were back only after {took:.2f} s"
    assert grown < GROWTH_MAX_BYTES, f"{grown / 1e6:.0f} MB grown over the reconnect"
