"""What people ask of the past: the whole fleet at a moment, and one unit's day.

    ./waypost bench query [--small] [--json] [--runs N]

2,000 units with a fix every twenty seconds for a day (8.6 M rows), each moment and unit asked
for drawn at random. The yardstick in the same run is the whole fleet's picture as the table of
the newest states has it now, which is what a console without a past can show.
"""

import argparse
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import psycopg

from core.values import OrgId, Role, Viewer
from tests.bench import report
from tests.bench.stage import fresh_database, postgres
from web.pages_io import track_of
from web.picture_io import picture_at

END = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
FILL = """
    INSERT INTO position (at, received_at, seq, batch_id, device_no, lat_e7, lon_e7, acc_dm,
                          spd_cms, flags, datum, src)
    SELECT at, at, n, 0, no, 312000000 + ((no * 7919 + n * 131) %% 400000),
           1214000000 + ((no * 104729 + n * 137) %% 400000), 60, 120, 1, 0, 0
      FROM (SELECT no FROM device) device
     CROSS JOIN LATERAL (SELECT n, %(begin)s + n * make_interval(secs => %(step_s)s) AS at
                           FROM generate_series(0, %(fixes)s) n) fix"""
NOW_PICTURE = "SELECT shape FROM unit_shape WHERE org_id = ANY(%s)"


def build(server: str, units: int, step_s: int) -> tuple[str, int]:
    url = fresh_database(server, devices=units, fences=0, points=375)
    fixes = 86_400 // step_s
    begin = END - timedelta(days=1)
    with psycopg.connect(url, autocommit=True) as conn:
        for day in {begin.date(), END.date()}:
            conn.execute("SELECT make_partition(%s)", (day,))
        conn.execute(FILL, {"begin": begin, "step_s": step_s, "fixes": fixes - 1})
        conn.execute("VACUUM ANALYZE")
    return url, units * fixes


def timed(once: Callable[[], Any], times: int) -> float:
    """Median of so many, in ms."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        once()
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took)[len(took) // 2]


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="waypost bench query", description=__doc__)
    parser.add_argument("--small", action="store_true", help="100 units, one run")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args(words)
    units, runs, times = (100, 1, 3) if given.small else (2_000, given.runs, 21)
    chance = Random(1)
    names = ("fleet at a moment, ms (limit 150)", "track of a unit's day, ms (limit 20)",
             "fleet now, ms")  # fmt: skip
    figures: dict[str, list[float]] = {name: [] for name in names}
    with postgres() as server:
        url, rows = build(server, units, 20)
        with psycopg.connect(url) as conn:
            (org_ids,) = conn.execute("SELECT array_agg(id) FROM org").fetchone() or ((),)
            ids = [id_ for (id_,) in conn.execute("SELECT id FROM device")]
            viewer = Viewer("bench", Role.VIEWER, OrgId(org_ids[0]), frozenset(org_ids))

            def moment() -> Any:
                at = END - timedelta(seconds=chance.randrange(1, 86_000))
                return picture_at(conn, viewer, at, END, END + timedelta(minutes=5))

            def track() -> Any:
                return track_of(conn, viewer, chance.choice(ids), END - timedelta(days=1), END)

            for _ in range(runs):
                for name, once in (
                    (names[0], moment), (names[1], track),
                    (names[2], lambda: conn.execute(NOW_PICTURE, (org_ids,)).fetchall()),
                ):  # fmt: skip
                    figures[name].append(timed(once, times))
    ratio = {"moment / now": [a / b for a, b in zip(figures[names[0]], figures[names[2]],
                                                    strict=True)]}  # fmt: skip
    report.show(f"query: {units:,} units, {rows:,} positions", figures)
    report.show("ratios within a run", ratio)
    if given.json:
        print(report.line("query", runs, figures, ratio))
    return 0


if __name__ == "__main__":
    sys.exit(main())
