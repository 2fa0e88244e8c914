"""A day of the first customer judged again from raw readings, and one late reading.

525 officers of 38 squads (the attendances of a day, domain reference 0.3; `--everybody`: all
1,444 at once) walk eight hours at a fix every ten seconds past 380 points; grade one points
want a visit every two hours, grade two twice, grade three once. A few visits are made, some
phones are silent for a while. Everything is judged: check-ins shared out, stays, order, and for
every window nobody kept, everybody expected.

    python -m tests.bench.patrol [--small] [--json] [--runs N] [--storage timescaledb]
"""

import argparse
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import Connection, sql

from core.migrate import migrate
from core.values import from_ms
from devices.readings import POSITION_DTYPE, Checkin, Readings, Stamp
from geo.distance import metres_per_degree
from geo.fences_io import FenceEvaluator
from geo.patrol import backtest_io, verdicts_io
from geo.patrol.proofs_io import ProofEvaluator
from geo.patrol.rules_io import load_rules
from geo.patrol.verdicts_io import PatrolEvaluator
from tests.bench.report import Runs, line, show
from tests.servers import Server, servers

START_MS: Final = 1_790_035_200_000  # 08:00 in Shanghai
HOURS: Final = 8
PERIOD_S: Final = 10
LON, LAT = 121.5, 31.2
EAST, NORTH = metres_per_degree(LAT)
SQUAD_M: Final = 4000.0  # squads lie on a grid of this pitch
TAPPED: Final = 0.02  # of visits: 0.81 check-ins a point and day (domain reference 0.3)
# Grade: (due minutes after eight, half the on-time span, extended span, minutes, stay, level)
GRADES: Final = {
    1: ([60, 180, 300, 420], 15, 0, 180, 5),
    2: ([120, 360], 30, 40, 60, 4),
    3: ([240], 60, 60, 0, 3),
}


@dataclass(frozen=True, slots=True)
class Size:
    squads: int
    officers: int  # each squad
    points: int  # each squad

    @classmethod
    def of(cls, small: bool, everybody: bool) -> "Size":
        if small:
            return cls(3, 6, 4)
        return cls(38, 38 if everybody else 14, 10)


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./waypost bench patrol", description=__doc__)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--everybody", action="store_true", help="all 1,455 at once, no shifts")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--storage", choices=["postgresql", "timescaledb"], default="postgresql")
    words = parser.parse_args(argv)
    server = next(one for one in servers() if one.storage == words.storage)
    size = Size.of(words.small, words.everybody)
    with psycopg.connect(_database(server)) as conn:
        rows = build(conn, size)
        conn.commit()
        figures = measure(conn, max(words.runs, 1))
        windows = _one(conn, "SELECT count(*) FROM patrol_window")
        taps = _one(conn, "SELECT count(*) FROM checkin")
    title = f"{rows:,} fixes, {taps:,} check-ins, {windows:,} windows ({words.storage})"
    show(title, figures, {"a day judged again": "s", "one late reading": "ms"})
    ratio: Runs = {
        "a day judged again / 5 s": [one / 5 for one in figures["a day judged again"]],
        "one late reading / 50 ms": [one / 50 for one in figures["one late reading"]],
    }
    if words.json:
        print(line("patrol", words.runs, figures, ratio))
    return 0


def _database(server: Server) -> str:
    url = server.create_database("waypost_bench_patrol")
    with psycopg.connect(url, autocommit=True) as conn:
        migrate(conn, storage=server.storage)
    return url


# ── the day ────────────────────────────────────────────────────────────────


def build(conn: Connection[Any], size: Size) -> int:
    """Organisations, points, windows, rosters, positions, check-ins and their proofs."""
    rng = np.random.default_rng(2018)
    bureau = _one(conn, "INSERT INTO org (kind, name) VALUES ('bureau', '浦东') RETURNING id")
    conn.execute("SELECT make_partition(%s::date + i) FROM generate_series(-1, 1) AS i",
                 (from_ms(START_MS).date(),))  # fmt: skip
    conn.execute("INSERT INTO alive_span VALUES (0, %s, %s)", (_at(-600), _at(24 * 60)))
    conn.execute("INSERT INTO follower_cursor (session_no, batch_no) VALUES (0, 0)")
    total = 0
    for squad in range(size.squads):
        total += _squad(conn, rng, size, squad, bureau)
    conn.execute("ANALYZE")
    return total


def _squad(conn: Connection[Any], rng: Any, size: Size, no: int, bureau: int) -> int:
    org = _one(conn, """INSERT INTO org (parent_id, kind, name) VALUES (%s, 'squad', %s)
                        RETURNING id""",
               bureau, f"中队{no}")  # fmt: skip
    middle = np.array([no % 7, no // 7]) * SQUAD_M
    spots = middle + rng.uniform(-1500, 1500, (size.points, 2))
    points = [_point(conn, org, f"{no}-{i}", spot) for i, spot in enumerate(spots)]
    for i, point in enumerate(points):
        _windows(conn, org, point, (1, 2, 2, 3)[i % 4])
    officers = [
        _one(conn, """WITH made AS (
                          INSERT INTO device (id, kind, part, org_id, name, period_s)
                          VALUES (%s, 'officer', 1, %s, 'x', %s) RETURNING no)
                      INSERT INTO unit_state (device_no, org_id, position_at)
                      SELECT no, %s, %s FROM made RETURNING device_no""",
             f"o-{no}-{i}", org, PERIOD_S, org, _end())
        for i in range(size.officers)
    ]  # fmt: skip
    per = max(1, size.officers // size.points)
    rows, taps = [], []
    for i, officer in enumerate(officers):
        beat = [(i // per + k) % size.points for k in range(3)]  # three points, few people each
        conn.execute(
            """INSERT INTO roster_shift (org_id, device_no, starts_at, ends_at, point_ids,
                                         created_at, created_by)
               VALUES (%s, %s, %s, %s, %s, now(), 'x')""",
            (org, officer, _at(0), _at(HOURS * 60), [points[k] for k in beat]),
        )
        track, made = walk(rng, officer, [(spots[k], f"{no}-{k}") for k in beat])
        rows.append(track)
        taps += made
    every = np.concatenate(rows)
    _copy(conn, every)
    _judge(conn, org, every, taps)
    return len(every)


def walk(rng: Any, no: int, beat: Sequence[tuple[Any, str]]) -> tuple[Any, list[Any]]:
    """Eight hours between the points of a beat, a quarter of an hour more to either side; a
    check-in at a third of the visits, as many as the seeds' volumes ask for; some silence."""
    steps = HOURS * 3600 // PERIOD_S + 180
    at_ms = START_MS - 900_000 + np.arange(steps) * PERIOD_S * 1000
    here, legs, length, taps = np.array(beat[0][0]) + rng.uniform(-300, 300, 2), [], 0, []
    while length < steps:
        spot, name = beat[rng.integers(len(beat))]
        walked = max(1, int(np.hypot(*(spot - here)) / 1.3 / PERIOD_S))
        stay = int(rng.choice([12, 24, 40]))
        legs += [np.linspace(here, spot, walked), np.tile(spot, (stay, 1))]
        if rng.random() < TAPPED and length + walked + 3 < steps:
            taps.append((no, int(at_ms[length + walked + 3]), name, spot))
        here, length = np.array(spot), length + walked + stay
    noisy = np.concatenate(legs)[:steps] + rng.normal(0, 4, (steps, 2))
    track = np.zeros(steps, POSITION_DTYPE)
    for column in ("spd_mps", "crs_deg", "alt_m", "sat", "bat_pct", "skew_ms"):
        track[column] = np.nan
    track["device_no"], track["acc_m"], track["flags"] = no, 6, 1
    track["at_ms"] = track["received_ms"] = at_ms
    # One counter for both: a check-in comes between two fixes.
    before = np.searchsorted([tap[1] for tap in taps], at_ms)
    track["seq"] = np.arange(steps) + before
    track["lon_deg"] = np.round(LON + noisy[:, 0] / EAST, 7)
    track["lat_deg"] = np.round(LAT + noisy[:, 1] / NORTH, 7)
    counted = [(*tap, int(track["seq"][at_ms == tap[1]][0]) + 1) for tap in taps]
    keep = np.ones(steps, bool)
    if rng.random() < 0.3:  # no signal for a while; the counter went on
        start = rng.integers(0, steps)
        keep[start : start + rng.integers(5, 60)] = False
    return track[keep], counted


def _windows(conn: Connection[Any], org: int, point: int, grade: int) -> None:
    due, buffer, extended, dwell_s, level = GRADES[grade]
    for minute in due:
        conn.execute(
            """INSERT INTO patrol_window (org_id, point_id, opens_at, due_at, closes_at, early_s,
                   late_s, grace_s, min_dwell_s, proof, min_level, grade, created_by)
               VALUES (%s, %s, %s, %s, %s, %s, %s, 900, %s, 'tap', %s, %s, 'bench')""",
            (org, point, _at(minute - buffer), _at(minute), _at(minute + buffer), extended * 60,
             extended * 60, dwell_s, level, grade),
        )  # fmt: skip


def _point(conn: Connection[Any], org: int, name: str, spot: Any) -> int:
    fence = _one(conn, """INSERT INTO fence (org_id, name, purpose, lat_deg, lon_deg, radius_m)
                          VALUES (%s, %s, 'point', %s, %s, 50) RETURNING id""",
                 org, name, LAT + spot[1] / NORTH, LON + spot[0] / EAST)  # fmt: skip
    return _one(conn, """INSERT INTO patrol_point (org_id, name, fence_id, tag, grade)
                         VALUES (%s, %s, %s, %s, 2) RETURNING id""",
                org, name, fence, _tag(name))  # fmt: skip


def _tag(name: str) -> str:
    squad, point = name.split("-")
    return f"04{int(squad):06X}{int(point):06X}"


_WIRE: Final = np.dtype(
    [("fields", ">i2")]
    + [
        part
        for i, (name, kind) in enumerate(
            [("at", ">i8"), ("received_at", ">i8"), ("seq", ">i8"), ("batch_id", ">i8"),
             ("device_no", ">i4"), ("lat_e7", ">i4"), ("lon_e7", ">i4"), ("acc_dm", ">i2"),
             ("src", ">i2"), ("datum", ">i2"), ("flags", ">i2")]
        )
        for part in ((f"w{i}", ">i4"), (name, kind))
    ]
)  # fmt: skip


def _copy(conn: Connection[Any], rows: NDArray[np.void]) -> None:
    """Binary COPY of all fixes at once."""
    wire = np.zeros(len(rows), _WIRE)
    names = [name for name in _WIRE.names or () if name[0] != "w" and name != "fields"]
    wire["fields"] = len(names)
    for i, name in enumerate(names):
        wire[f"w{i}"] = _WIRE[name].itemsize
    wire["at"] = wire["received_at"] = (rows["at_ms"] - 946_684_800_000) * 1000
    wire["seq"], wire["batch_id"], wire["device_no"] = rows["seq"], 64, rows["device_no"]
    wire["lat_e7"], wire["lon_e7"] = np.rint(rows["lat_deg"] * 1e7), np.rint(rows["lon_deg"] * 1e7)
    wire["acc_dm"], wire["flags"] = 60, 1
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    into = sql.SQL("COPY position ({}) FROM STDIN (FORMAT binary)").format(columns)
    with conn.cursor().copy(into) as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8) + wire.tobytes() + b"\xff\xff")


def _judge(conn: Connection[Any], org: int, rows: NDArray[np.void], taps: Sequence[Any]) -> None:
    """Crossings and proofs, as the evaluators make them while it happens."""
    made = []
    for no, at_ms, name, place, seq in taps:
        stamp = Stamp(no, "o", "officer", org, at_ms + 1, seq, at_ms + 1)
        lon, lat = LON + place[0] / EAST, LAT + place[1] / NORTH
        made.append(Checkin(stamp, "nfc", _tag(name), round(lon, 7), round(lat, 7), 6.0))
        conn.execute(
            """INSERT INTO checkin (device_no, at, seq, received_at, batch_id, org_id, method, tag,
                                    lat_e7, lon_e7, acc_dm, detail)
               VALUES (%s, %s, %s, %s, 64, %s, 'nfc', %s, %s, %s, 60, '{}')""",
            (no, from_ms(at_ms + 1), stamp.seq, from_ms(at_ms + 1), org, _tag(name),
             round(lat * 1e7), round(lon * 1e7)),
        )  # fmt: skip
    readings = Readings(rows[np.argsort(rows["at_ms"], kind="stable")], checkins=made)
    FenceEvaluator().evaluate(conn, readings, _end())
    ProofEvaluator().evaluate(conn, readings, _end())


# ── the clock ──────────────────────────────────────────────────────────────


def measure(conn: Connection[Any], runs: int) -> dict[str, list[float]]:
    now = _end()
    while verdicts_io.sweep(conn, now):
        conn.commit()
    conn.commit()
    rows = conn.execute("SELECT id FROM patrol_window ORDER BY opens_at, id").fetchall()
    ids = [id_ for (id_,) in rows]
    results = conn.execute(
        "SELECT result, count(*) FROM patrol_verdict_now GROUP BY 1 ORDER BY 2 DESC"
    ).fetchall()
    print("  " + ", ".join(f"{result} {count}" for result, count in results), file=sys.stderr)
    figures: dict[str, list[float]] = {"a day judged again": [], "one late reading": []}
    rules = load_rules(conn)
    for _ in range(runs):
        start = time.perf_counter()
        for first in range(0, len(ids), backtest_io.AT_ONCE):
            some = ids[first : first + backtest_io.AT_ONCE]
            backtest_io.judged_again(conn, some, rules, now)
        figures["a day judged again"].append(time.perf_counter() - start)
        figures["one late reading"].append(statistics.median(_late(conn, n) for n in range(20)))
    return figures


def _late(conn: Connection[Any], n: int) -> float:
    """A fix of an officer expected for settled windows comes hours late: milliseconds until
    every window it touches is judged."""
    row = conn.execute(
        "SELECT device_no, from_at + (to_at - from_at) / 2 FROM patrol_rests"
        " ORDER BY window_id, device_no"
        " OFFSET %s %% (SELECT count(*) FROM patrol_rests) LIMIT 1", (n * 7,),
    ).fetchone()  # fmt: skip
    assert row is not None
    fix = np.zeros(1, POSITION_DTYPE)
    fix["device_no"], fix["at_ms"], fix["seq"] = row[0], round(row[1].timestamp() * 1000), 7
    fix["lon_deg"], fix["lat_deg"], fix["acc_m"], fix["flags"] = LON, LAT, 6, 1
    with conn.transaction(force_rollback=True):
        conn.execute(
            """INSERT INTO position (at, received_at, seq, batch_id, device_no, lat_e7, lon_e7,
                                     acc_dm, src, datum, flags)
               VALUES (%s, %s, 7, 128, %s, %s, %s, 60, 0, 0, 1)""",
            (row[1], _end(), row[0], round(LAT * 1e7), round(LON * 1e7)),
        )
        start = time.perf_counter()
        PatrolEvaluator().evaluate(conn, Readings(fix), _end())
        verdicts_io.sweep(conn, _end())
        return (time.perf_counter() - start) * 1000


def _at(minutes: float) -> datetime:
    return from_ms(START_MS) + timedelta(minutes=minutes)


def _end() -> datetime:
    return _at((HOURS + 4) * 60)


def _one(conn: Connection[Any], query: Any, *given: Any) -> int:
    row = conn.execute(query, given).fetchone()
    assert row is not None
    return int(row[0])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
