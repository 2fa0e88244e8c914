"""Consoles that watch moving units: what they cost the server, and how old what they see is.

    python -m tests.bench.live [--small] [--json] [--runs N]

A real server process; every unit moves once a second; each console follows /ws/live over
its own socket. In the same run a bare asyncio server hands bytes of the same size to as
many sockets at the same rate: the least that this could cost.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil
import psycopg

from tests.crowd import HEADER, Console, gather
from tests.servers import servers
from tests.website import PASSWORD, free_port, make_database, seed

MOVE = """
UPDATE unit_state
   SET lat_e7 = 300000000 + %(wave)s, lon_e7 = lon_e7 + 100, position_at = now(),
       position_seq = position_seq + 1, spd_cms = 140, crs_ddeg = (device_no * 7) %% 3600,
       change = pg_current_xact_id()
"""


@dataclass
class Waves:
    """Moves all units once a second; the latitude names the wave."""

    url: str
    written_at: dict[int, float] = field(default_factory=dict)  # monotonic, by wave
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as conn:
            wave = 0
            due = time.monotonic()
            while not self.stopped.is_set():
                wave += 1
                conn.execute(MOVE, {"wave": wave})
                self.written_at[wave] = time.monotonic()
                due += 1.0
                self.stopped.wait(max(0.0, due - time.monotonic()))


@dataclass
class Result:
    cpu_share: float  # of one core
    frames_per_s: float
    bytes_per_frame: float
    late_s: list[float]


async def watch(port: int, cookie: str, pid: int, waves: Waves, consoles: int, runs: int,
                seconds: float) -> list[Result]:  # fmt: skip
    late: list[float] = []
    newest: dict[Console, int] = {}

    def seen(console: Console, frame: bytes) -> None:
        count = HEADER.unpack_from(frame)[3]
        if not count:
            return
        wave = int.from_bytes(frame[32 + 8 * count : 36 + 8 * count], "little") - 300_000_000
        if newest.get(console, 0) < wave and wave in waves.written_at:
            late.append(time.monotonic() - waves.written_at[wave])
        newest[console] = wave

    crowd = await gather(port, cookie, consoles, seen)
    await asyncio.sleep(3)
    process = psutil.Process(pid)
    found = []
    for _ in range(runs):
        late.clear()
        before, began = process.cpu_times(), time.monotonic()
        frames, size = sum(c.frames for c in crowd), sum(c.bytes for c in crowd)
        await asyncio.sleep(seconds)
        after, took = process.cpu_times(), time.monotonic() - began
        frames = sum(c.frames for c in crowd) - frames
        size = sum(c.bytes for c in crowd) - size
        cpu_s = after.user + after.system - before.user - before.system
        found.append(Result(cpu_s / took, frames / took, size / max(1, frames), sorted(late)))
    assert not any(console.lost for console in crowd), "a console was dropped"
    for console in crowd:
        console.transport.close()
    return found


def bare(port: int, size: int, ready: Any) -> None:
    """A server that knows nothing but sockets: `size` bytes to everyone, once a second."""

    async def serve() -> None:
        everyone: list[asyncio.StreamWriter] = []

        async def come(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            everyone.append(writer)

        async with await asyncio.start_server(come, "127.0.0.1", port):
            ready.set()
            body = bytes(size)
            while True:
                await asyncio.sleep(1)
                for writer in everyone:
                    writer.write(body)

    asyncio.run(serve())


class Sink(asyncio.Protocol):
    def data_received(self, data: bytes) -> None:
        pass


async def watch_bare(port: int, pid: int, consoles: int, runs: int, seconds: float) -> list[float]:
    loop = asyncio.get_running_loop()
    ends = [await loop.create_connection(Sink, "127.0.0.1", port) for _ in range(consoles)]
    await asyncio.sleep(2)
    process, shares = psutil.Process(pid), []
    for _ in range(runs):
        before, began = process.cpu_times(), time.monotonic()
        await asyncio.sleep(seconds)
        after = process.cpu_times()
        cpu_s = after.user + after.system - before.user - before.system
        shares.append(cpu_s / (time.monotonic() - began))
    for transport, _ in ends:
        transport.close()
    return shares


def measure(url: str, units: int, consoles: int, runs: int, seconds: float) -> list[Result]:
    seed(url, units)
    port = free_port()
    server = subprocess.Popen([sys.executable, "-m", "web.server", url, str(port)])
    waves = Waves(url)
    mover = threading.Thread(target=waves.run, daemon=True)
    try:
        cookie = log_in(port)
        mover.start()
        return asyncio.run(watch(port, cookie, server.pid, waves, consoles, runs, seconds))
    finally:
        waves.stopped.set()
        if mover.ident:
            mover.join(10)
        server.terminate()
        server.wait(15)


def log_in(port: int) -> str:
    deadline = time.monotonic() + 20
    while True:
        try:
            answer = httpx.post(
                f"http://127.0.0.1:{port}/api/v1/session",
                json={"user": "viewer", "password": PASSWORD},
            )
            answer.raise_for_status()
            return f"waypost_session={answer.cookies['waypost_session']}"
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def measure_bare(size: int, consoles: int, runs: int, seconds: float) -> list[float]:
    context = multiprocessing.get_context("spawn")
    ready, port = context.Event(), free_port()
    server = context.Process(target=bare, args=(port, size, ready), daemon=True)
    server.start()
    try:
        assert ready.wait(20) and server.pid is not None
        return asyncio.run(watch_bare(port, server.pid, consoles, runs, seconds))
    finally:
        server.terminate()
        server.join(10)


def quantile(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench live", description=__doc__)
    parser.add_argument("--small", action="store_true", help="just see that it works")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args(argv)
    consoles, units, seconds = (20, 200, 1.5) if given.small else (500, 10_000, 8.0)
    runs = max(5, given.runs)

    url = make_database(servers()[0], f"waypost_bench_live_{os.getpid()}")
    results = measure(url, units, consoles, runs, seconds)
    size = int(statistics.median(one.bytes_per_frame for one in results))
    least = measure_bare(size, consoles, runs, seconds)

    shares = [one.cpu_share for one in results]
    late = sorted(value for one in results for value in one.late_s)
    share, bare_share = statistics.median(shares), statistics.median(least)
    ratio = share / bare_share if bare_share > 0.001 else None  # else below the clock
    print(f"{consoles} consoles, {units} units moving at 1 Hz, {runs} runs of {seconds:.0f} s")
    print(f"server: {share:.1%} of a core ({min(shares):.1%} to {max(shares):.1%}); limit 15 %")
    times = f"; ours costs {ratio:.1f} times that" if ratio else ""
    print(f"bare sockets, same bytes: {bare_share:.1%} of a core{times}")
    print(f"frames: {results[0].frames_per_s:.0f}/s of {size} bytes")
    print(f"row written to frame received: p50 {quantile(late, 0.5) * 1000:.0f} ms, "
          f"p99 {quantile(late, 0.99) * 1000:.0f} ms")  # fmt: skip
    if given.json:
        line = {
            "bench": "live",
            "runs": runs,
            "median": {"cpu_share": share, "frame_p50_s": quantile(late, 0.5),
                       "frame_p99_s": quantile(late, 0.99), "bytes_per_frame": size},
            "spread": {"cpu_share": [min(shares), max(shares)]},
            "ratio": {"cpu/bare_sockets": ratio, "cpu/limit": share / 0.15},
            "machine": {"cpus": os.cpu_count(), "machine": platform.machine(),
                        "python": platform.python_version()},
        }  # fmt: skip
        print(json.dumps(line))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
