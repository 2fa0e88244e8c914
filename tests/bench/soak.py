"""A long, steady run of everything: is anything lost, does memory grow, how old is what one sees?

    ./waypost bench soak [--seconds 600] [--rate 1600] [--small] [--json]

2,000 devices at ten times the first customer's rate through broker, ingest, followers,
database and web; one console reads /ws/live like a browser. The longitude of a position
names the moment it was published, so the age of what a frame shows can be measured.
"""

import argparse
import bisect
import struct
import sys
import threading
import time
from typing import Any

import httpx
import numpy as np
import psycopg
from websockets.sync.client import connect as ws_connect

from core.values import Role
from tests.bench import report
from tests.bench.load import EAST, WEST, at_rate, connect
from tests.bench.stage import cpu_s, fresh_database, postgres, resident_mb, service, until
from tests.broker import free_port, open_broker
from web.accounts_io import create_account

PASSWORD = "a soak is a long bath"
HEADER = struct.Struct("<IIIIdII")
COMMITTED = """
    SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY
           extract(epoch FROM pg_xact_commit_timestamp(xmin) - at) * 1000)
      FROM position"""


class Console(threading.Thread):
    """Reads frames as the browser does and notes when each position was first seen."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        answer = httpx.post(
            f"http://127.0.0.1:{port}/api/v1/session", json={"user": "soak", "password": PASSWORD}
        )
        cookie = answer.cookies["waypost_session"]
        self._url = f"ws://127.0.0.1:{port}/ws/live"
        self._headers = {"Cookie": f"waypost_session={cookie}"}
        self.seen: list[tuple[float, np.ndarray[Any, Any], np.ndarray[Any, Any]]] = []
        self.halt = threading.Event()

    def run(self) -> None:
        with ws_connect(self._url, additional_headers=self._headers, compression=None) as socket:
            state = "- 0"
            while not self.halt.is_set():
                socket.send(state)
                frame = socket.recv()
                arrived = time.time() * 1000
                assert isinstance(frame, bytes)
                _, epoch, seq, count, _, _, _ = HEADER.unpack_from(frame)
                state = f"{epoch} {seq}"
                no = np.frombuffer(frame, "<u4", count, HEADER.size)
                lon = np.frombuffer(frame, "<i4", count, HEADER.size + 4 * count)
                self.seen.append((arrived, no.copy(), lon.copy()))


def frame_ages(console: Console, first_no: int, devices: int, sent: list[tuple[int, int]]) -> Any:
    """Milliseconds from publish to frame, for every position a frame showed for the first time."""
    numbers = [number for number, _ in sent]
    ages: list[float] = []
    shown: dict[int, int] = {}
    for arrived, nos, lons in console.seen:
        for no, lon in zip(nos.tolist(), lons.tolist(), strict=True):
            index = no - first_no
            if shown.get(no) == lon:
                continue
            shown[no] = lon
            base = WEST + (EAST - WEST) * ((index * 7919) % devices) / devices
            turn = round((lon / 1e7 - base) / 1e-6)
            number = index + turn * devices
            at = bisect.bisect_right(numbers, number) - 1
            if 0 <= at < len(sent):
                ages.append(arrived - sent[at][1])
    return ages


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="waypost bench soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rate", type=int, default=1_600)
    parser.add_argument("--small", action="store_true", help="see that it works, in seconds")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    given = parser.parse_args(argv)
    seconds, rate = (4.0, 400) if given.small else (given.seconds, given.rate)
    devices, fences = (100, 200) if given.small else (2_000, 10_000)
    with postgres() as server:
        url = fresh_database(server, devices=devices, fences=fences, points=375)
        figures = _soak(url, seconds, rate, devices)
    report.show(f"soak: {rate}/s for {seconds:.0f} s, {devices:,} devices", figures)
    if given.json:
        print(report.line("soak", 1, figures, {}))
    lost = figures["missing"][0] or figures["doubled"][0]
    return 1 if lost else 0


def _soak(url: str, seconds: float, rate: int, devices: int) -> dict[str, list[float]]:
    web = free_port()
    with (
        open_broker() as broker,
        service("ingest", url, broker) as ingest,
        service("schedule", url, broker),
        service("serve", url, broker, port=web) as serve,
        psycopg.connect(url, autocommit=True) as conn,
    ):
        org = _one(conn, "SELECT id FROM org")
        create_account(conn, "soak", PASSWORD, Role.DISPATCHER, org)
        until(conn, "SELECT count(*) > 0 FROM alive_span", 30)
        _until_up(web)
        console = Console(web)
        console.start()
        memory = _Memory({"ingest": ingest.pid, "web": serve.pid})
        memory.start()
        moments: list[tuple[int, int]] = []
        before = cpu_s(ingest.pid)
        sent = at_rate(connect(broker, "soak"), rate, seconds, devices, 0, moments)
        used = cpu_s(ingest.pid) - before
        try:
            until(conn, f"SELECT count(*) >= {sent} FROM position", 30)
        except TimeoutError:
            print("not everything arrived", file=sys.stderr)
        time.sleep(2.5)
        console.halt.set()
        console.join(5)
        memory.halt.set()
        memory.join(5)
        stored = _one(conn, "SELECT count(*) FROM position")
        unique = _one(conn, "SELECT count(*) FROM (SELECT DISTINCT device_no, seq FROM position) x")
        row = conn.execute(COMMITTED).fetchone()
        first_no = _one(conn, "SELECT min(no) FROM device")
    assert row is not None
    ages = frame_ages(console, first_no, devices, moments)
    figures = {
        "sent": [float(sent)],
        "stored": [float(stored)],
        "doubled": [float(stored - unique)],
        "missing": [float(sent - unique)],
        "publish → committed, p50 ms": [float(row[0][0])],
        "publish → committed, p99 ms": [float(row[0][1])],
        "publish → frame, p50 ms": [float(np.percentile(ages, 50))],
        "publish → frame, p99 ms": [float(np.percentile(ages, 99))],
        "ingest, share of one core, %": [used / seconds * 100],
    }
    return figures | memory.thirds()


def _one(conn: psycopg.Connection[Any], query: str) -> int:
    row = conn.execute(query).fetchone()  # type: ignore[call-overload]
    assert row is not None
    return int(row[0])


def _until_up(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    raise TimeoutError("the web did not start")


class _Memory(threading.Thread):
    """Resident megabytes of processes, once a second."""

    def __init__(self, pids: dict[str, int]) -> None:
        super().__init__(daemon=True)
        self._pids = pids
        self._kept: dict[str, list[float]] = {name: [] for name in pids}
        self.halt = threading.Event()

    def run(self) -> None:
        while not self.halt.wait(1):
            for name, pid in self._pids.items():
                self._kept[name].append(resident_mb(pid))

    def thirds(self) -> dict[str, list[float]]:
        """Median of the second and of the last third: flat means equal."""
        found = {}
        for name, kept in self._kept.items():
            third = max(len(kept) // 3, 1)
            found[f"{name}, MB, second third"] = [float(np.median(kept[third : 2 * third] or kept))]
            found[f"{name}, MB, last third"] = [float(np.median(kept[-third:]))]
        return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
