"""How fast messages are taken, stored exactly once and judged, beside two yardsticks.

    ./waypost bench ingest [--small] [--json] [--runs N] [--messages N]

In each run, one after the other, the same packets from the same publisher go to
`mosquitto_sub` (the broker's own client, which only drops them), to ours (decoded, stored
once, acknowledged after the commit, 10,000 fences and 375 points judged) and, fewer of
them, to the script every tutorial shows. Ratios are within a run. Then latency from
publish to commit at steady rates, by the database's own commit times.
"""

import argparse
import subprocess
import sys
import time

import psycopg

from tests.bench import report
from tests.bench.load import at_rate, connect, flood, packets
from tests.bench.stage import cpu_s, fresh_database, postgres, service, until
from tests.broker import open_broker

ALIVE = "SELECT count(*) > 0 FROM alive_span"
JUDGED = """
    SELECT batch_no >= (SELECT max(no) FROM batch WHERE stored > 0) FROM follower_cursor"""
STEADY_SEQ = 10_000_000  # above whatever the warm-up sent
PERCENTILES = """
    SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY
           extract(epoch FROM pg_xact_commit_timestamp(xmin) - at) * 1000)
      FROM position WHERE seq >= %s"""


def drop_all(every: list[bytes]) -> float:
    """Messages a second that `mosquitto_sub` drains."""
    with open_broker() as port:
        command = ["mosquitto_sub", "-p", str(port), "-q", "1", "-V", "5", "-F", "."]
        topic = "waypost/v1/+/+/+/position"
        with subprocess.Popen(
            [*command, "-t", topic, "-C", str(len(every))], stdout=subprocess.DEVNULL
        ) as reader:
            time.sleep(0.5)
            began = flood(connect(port, "flood"), every).began_at
            reader.wait(300)
        return len(every) / (time.time() - began)


def tutorial(server: str, every: list[bytes]) -> float:
    """Messages a second of the tutorial script."""
    url = fresh_database(server, devices=1, fences=0, points=0)
    with open_broker() as port:
        command = [sys.executable, "-m", "tests.bench.tutorial", str(port), url, str(len(every))]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as script:
            assert script.stdout is not None
            script.stdout.readline()
            began = flood(connect(port, "flood"), every).began_at
            script.wait(300)
        return len(every) / (time.time() - began)


def ours(server: str, every: list[bytes], devices: int, fences: int) -> dict[str, float]:
    """Messages a second until all are committed, and until all are judged."""
    url = fresh_database(server, devices=devices, fences=fences, points=375)
    count = len(every)
    with (
        open_broker() as port,
        service("ingest", url, port) as ingest,
        psycopg.connect(url, autocommit=True) as conn,
    ):
        until(conn, ALIVE, 30)
        before = cpu_s(ingest.pid)
        began = flood(connect(port, "flood"), every).began_at
        stored = until(conn, f"SELECT coalesce(sum(stored), 0) >= {count} FROM batch", 300)
        judged = until(conn, JUDGED, 300)
        used = cpu_s(ingest.pid) - before
        row = conn.execute(
            "SELECT count(*), count(DISTINCT (device_no, at, seq)) FROM position"
        ).fetchone()
        crossings = conn.execute("SELECT count(*) FROM crossing").fetchone()
    assert row == (count, count), f"stored {row}, sent {count}"
    assert crossings is not None
    return {
        "stored": count / (stored - began),
        "judged": count / (judged - began),
        "cpu_us": used / count * 1e6,
        "crossings": float(crossings[0]),
    }


def latency(server: str, rate: int, seconds: float, devices: int, fences: int) -> list[float]:
    """p50 and p99 of publish to commit, in milliseconds."""
    url = fresh_database(server, devices=devices, fences=fences, points=375)
    with (
        open_broker() as port,
        service("ingest", url, port),
        psycopg.connect(url, autocommit=True) as conn,
    ):
        until(conn, ALIVE, 30)
        sock = connect(port, "steady")
        at_rate(sock, rate, 2, devices, 0)  # the first seconds load the fences
        sent = at_rate(sock, rate, seconds, devices, STEADY_SEQ)
        until(conn, f"SELECT count(*) >= {sent} FROM position WHERE seq >= {STEADY_SEQ}", 60)
        row = conn.execute(PERCENTILES, (STEADY_SEQ,)).fetchone()
    assert row is not None
    return [float(value) for value in row[0]]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="waypost bench ingest", description=__doc__)
    parser.add_argument("--small", action="store_true", help="see that it works, in seconds")
    parser.add_argument("--json", action="store_true", help="end with one JSON line")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--messages", type=int, default=600_000)
    given = parser.parse_args(argv)
    runs, count = (1, 20_000) if given.small else (given.runs, given.messages)
    devices, fences, few = (200, 500, 1_000) if given.small else (2_000, 10_000, 15_000)
    # One device a tenth of a second on: at the rates reached that is about real time.
    every = packets(count, devices, time.time_ns() // 1_000_000 - 300_000, 66.0)
    figures: dict[str, list[float]] = {}
    ratio: dict[str, list[float]] = {}
    with postgres() as server:
        for _ in range(runs):
            drained = drop_all(every)
            mine = ours(server, every, devices, fences)
            script = tutorial(server, every[:few])
            for name, value in {
                "mosquitto_sub, msg/s": drained,
                "ours, stored, msg/s": mine["stored"],
                "ours, judged, msg/s": mine["judged"],
                "ours, processor, µs/msg": mine["cpu_us"],
                "ours, crossings found": mine["crossings"],
                "tutorial script, msg/s": script,
            }.items():
                figures.setdefault(name, []).append(value)
            ratio.setdefault("stored / mosquitto_sub", []).append(mine["stored"] / drained)
            ratio.setdefault("judged / mosquitto_sub", []).append(mine["judged"] / drained)
            ratio.setdefault("stored / tutorial", []).append(mine["stored"] / script)
        for rate in (500,) if given.small else (1_600, 5_000):
            for _ in range(1 if given.small else 3):
                half, most = latency(server, rate, 2 if given.small else 15, devices, fences)
                figures.setdefault(f"publish → committed at {rate}/s, p50 ms", []).append(half)
                figures.setdefault(f"publish → committed at {rate}/s, p99 ms", []).append(most)
    report.show(f"ingest: {count:,} messages, {devices:,} devices, {fences:,} fences", figures)
    report.show("ratios within a run", ratio)
    if given.json:
        print(report.line("ingest", runs, figures, ratio))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
