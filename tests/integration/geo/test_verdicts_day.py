"""A day of two officers: in any order of arrival the same verdicts; with less telemetry never
one more `missed`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
from psycopg import Connection

from core.values import OrgId, Role, Viewer, from_ms
from devices.readings import Checkin, Positions
from dispatch.units_io import UnitEvaluator
from geo.distance import metres_per_degree
from geo.fences_io import FenceEvaluator
from geo.patrol import verdicts_io
from geo.patrol.points import PointDraft
from geo.patrol.points_io import create_point
from geo.patrol.proofs_io import ProofEvaluator
from geo.patrol.verdicts_io import PatrolEvaluator
from tests.integration.evaluators.road import START_MS, Road, make_device, make_org, positions, tap

LON, LAT = 121.4998, 31.2397
EAST, NORTH = metres_per_degree(LAT)
PERIOD_S = 30
DAY_S = 6600
END = from_ms(START_MS + (DAY_S + 4 * 3600) * 1000)
RNG_SEEDS = range(3)
# Where the points are: metres east of the first one.
PLACES_M = (0.0, 400.0, 800.0)


@dataclass
class Message:
    """One reading: a position row, or a check-in."""

    at_s: float
    position: Positions | None = None
    checkin: Checkin | None = None


class Beat:
    """Three points, four windows each, two officers who walk between them."""

    def __init__(self, conn: Connection[Any]) -> None:
        self.conn = conn
        self.org = make_org(conn)
        self.viewer = Viewer("lin", Role.DISPATCHER, OrgId(self.org), frozenset([OrgId(self.org)]))
        now = from_ms(START_MS)
        self.points = [
            create_point(
                conn, self.viewer,
                PointDraft(f"点{i}", LON + east / EAST, LAT, tag=f"04A1B2C{i}", grade=3), now,
            )[0]["id"]
            for i, east in enumerate(PLACES_M)
        ]  # fmt: skip
        self.officers = [make_device(conn, self.org, name) for name in ("a", "b")]
        conn.execute("UPDATE device SET period_s = %s", (PERIOD_S,))
        conn.execute("DELETE FROM patrol_window")
        for i, point in enumerate(self.points):
            for turn in range(4):
                opens = now + timedelta(seconds=600 + 1500 * turn + 60 * i)
                conn.execute(
                    """INSERT INTO patrol_window (org_id, point_id, opens_at, due_at, closes_at,
                           early_s, late_s, grace_s, min_dwell_s, proof, min_level, created_by)
                       VALUES (%s, %s, %s, %s, %s, 120, 120, 300, %s, 'tap', 3, 'x')""",
                    (self.org, point, opens, opens + timedelta(seconds=300),
                     opens + timedelta(seconds=600), 180 if turn % 2 else 0),
                )  # fmt: skip
        for no in self.officers:
            conn.execute(
                """INSERT INTO roster_shift (org_id, device_no, starts_at, ends_at, point_ids,
                                             created_at, created_by)
                   VALUES (%s, %s, %s, %s, %s, now(), 'x')""",
                (self.org, no, now, now + timedelta(seconds=DAY_S), self.points),
            )
        conn.execute("INSERT INTO alive_span VALUES (0, %s, %s)", (now - timedelta(hours=2), END))

    def road(self) -> Road:
        return Road(
            self.conn, [UnitEvaluator(), FenceEvaluator(), ProofEvaluator(), PatrolEvaluator()]
        )

    def sweep(self, now: datetime) -> None:
        for _ in range(50):
            verdicts_io.sweep(self.conn, now)
            left = self.conn.execute("SELECT count(*) FROM patrol_dirty").fetchone()
            if left == (0,):
                return
        raise AssertionError("the sweep does not come to an end")

    def verdicts(self) -> list[tuple[Any, ...]]:
        return self.conn.execute(
            """SELECT w.id, v.result, v.reasons, v.evidence, v.observed_share, v.verified, v.level,
                      v.device_no, v.proved_at
                 FROM patrol_window w LEFT JOIN patrol_verdict_now v ON v.window_id = w.id
                ORDER BY w.id"""
        ).fetchall()


def day(beat: Beat, rng: Random) -> list[Message]:
    """Both walk from point to point; some visits are too short, some taps are made elsewhere,
    some forgotten; now and then a phone is silent."""
    found: list[Message] = []
    for no in beat.officers:
        east, target, wait_s, seq = rng.choice(PLACES_M) + 200, 0.0, 0.0, 0
        silent_until = -1.0
        for at_s in np.arange(-900, DAY_S + 1000, PERIOD_S).tolist():
            if wait_s > 0:
                wait_s -= PERIOD_S
            elif abs(east - target) <= 30:
                i = PLACES_M.index(target)
                if rng.random() < 0.75:
                    away = 300 if rng.random() < 0.3 else 0
                    place = {"lon_deg": LON + (east + away) / EAST, "lat_deg": LAT, "acc_m": 8.0}
                    seq += 1
                    made = tap(no, beat.org, at_s + 3, f"04A1B2C{i}", seq, **place)
                    found.append(Message(at_s + 3, checkin=made))
                target = rng.choice(PLACES_M)
                wait_s = rng.choice([0, 0, 60, 300])
            else:
                east += (1 if target > east else -1) * min(1.4 * PERIOD_S, abs(target - east))
            if rng.random() < 0.004:
                silent_until = at_s + rng.choice([40, 100, 400])
            if at_s > silent_until:
                seq += 1
                row = positions(no, [(at_s, LON + (east + rng.gauss(0, 4)) / EAST, LAT)], 8.0)
                row["seq"] = seq
                found.append(Message(at_s, position=row))
    return sorted(found, key=lambda one: one.at_s)


def send(road: Road, messages: Sequence[Message]) -> None:
    rows = [one.position for one in messages if one.position is not None]
    road.send(*rows, taps=[one.checkin for one in messages if one.checkin is not None])


def live(beat: Beat, messages: Sequence[Message]) -> None:
    """As it happens, a minute at a time, the sweep going round."""
    road = beat.road()
    for start_s in range(-900, DAY_S + 1000, 60):
        road.now = from_ms(START_MS + (start_s + 60) * 1000)
        some = [one for one in messages if start_s <= one.at_s < start_s + 60]
        if some:
            send(road, some)
        verdicts_io.sweep(beat.conn, road.now)
    beat.sweep(END)


def late(beat: Beat, messages: Sequence[Message], rng: Random) -> None:
    """Shuffled, cut anyhow, some twice, after every window was judged without them."""
    beat.sweep(END)
    road = beat.road()
    road.now = END
    messages = [*messages, *rng.sample(list(messages), len(messages) // 5)]
    rng.shuffle(messages)
    while messages:
        size = rng.choice([1, 7, 60, 300])
        send(road, messages[:size])
        messages = messages[size:]
        if rng.random() < 0.3:
            verdicts_io.sweep(beat.conn, END)
    beat.sweep(END)


@pytest.fixture
def beat(conn: Connection[Any]) -> Iterator[Beat]:
    yield Beat(conn)


@pytest.mark.parametrize("seed", RNG_SEEDS)
def test_any_arrival_ends_in_the_same_verdicts(beat: Beat, seed: int) -> None:
    rng = Random(seed)
    messages = day(beat, rng)
    ends = []
    for way in (live, lambda b, m: late(b, m, rng), lambda b, m: late(b, m, rng)):
        with beat.conn.transaction(force_rollback=True):
            way(beat, messages)
            ends.append(beat.verdicts())
    assert ends[0] == ends[1] == ends[2]
    assert all(result is not None for _, result, *_ in ends[0])


def test_the_days_are_worth_judging(beat: Beat) -> None:
    """Else the property above would say nothing."""
    results = set()
    for seed in RNG_SEEDS:
        with beat.conn.transaction(force_rollback=True):
            late(beat, day(beat, Random(seed)), Random(0))
            results |= {result for _, result, *_ in beat.verdicts()}
    assert results >= {"on_time", "missed", "too_short", "out_of_place", "undeterminable"}
    assert results & {"early", "late"}


@pytest.mark.parametrize("seed", RNG_SEEDS)
def test_less_telemetry_never_makes_one_more_missed(beat: Beat, seed: int) -> None:
    rng = Random(seed)
    messages = day(beat, rng)
    missed = []
    some = messages
    for _ in range(4):
        with beat.conn.transaction(force_rollback=True):
            late(beat, some, Random(1))
            missed.append({id_ for id_, result, *_ in beat.verdicts() if result == "missed"})
        drop = rng.choice(["single", "half", "taps", "stretch"])
        some = _fewer(some, drop, rng)
    for before, after in pairwise(missed):
        assert after <= before


def _fewer(messages: Sequence[Message], how: str, rng: Random) -> list[Message]:
    if how == "single":
        gone = set(rng.sample(range(len(messages)), 5))
        return [one for i, one in enumerate(messages) if i not in gone]
    if how == "half":
        return [one for one in messages if rng.random() < 0.5]
    if how == "taps":
        return [one for one in messages if one.checkin is None or rng.random() < 0.5]
    start = rng.uniform(0, DAY_S)
    return [one for one in messages if not start <= one.at_s <= start + 900]


def test_a_version_is_added_for_each_change_and_none_for_nothing(beat: Beat) -> None:
    """Missed, then the phone's outbox arrives: both verdicts stay, and as_of tells them apart."""
    messages = day(beat, Random(2))
    quiet = [one for one in messages if one.checkin is None]
    road = beat.road()
    road.now = END
    send(road, quiet)
    beat.sweep(END)
    before = beat.verdicts()
    known = beat.conn.execute("SELECT clock_timestamp()").fetchone()
    assert known is not None
    send(road, [one for one in messages if one.checkin is not None])
    beat.sweep(END)
    beat.sweep(END)
    after = beat.verdicts()
    changed = [new for old, new in zip(before, after, strict=True) if old != new]
    assert changed
    for id_, result, *_ in changed:
        versions = verdicts_io.verdicts(beat.conn, beat.viewer, id_)
        assert [one["version"] for one in versions] == list(range(1, len(versions) + 1))
        assert versions[-1]["result"] == result
        then = verdicts_io.verdicts(beat.conn, beat.viewer, id_, known[0])
        assert [one["version"] for one in then] == [1]


def test_a_change_of_roster_is_judged_again(beat: Beat) -> None:
    """Nobody rostered: absence rests on our ears alone; rostered, on everybody's terminal."""
    beat.conn.execute("UPDATE roster_shift SET ended_at = now()")
    beat.sweep(END)
    assert {result for _, result, *_ in beat.verdicts()} == {"missed"}
    beat.conn.execute("UPDATE roster_shift SET ended_at = NULL")
    beat.conn.execute(
        "INSERT INTO patrol_dirty (window_id, why) SELECT id, 'roster' FROM patrol_window"
    )
    beat.sweep(END)
    assert {result for _, result, *_ in beat.verdicts()} == {"pending_offline"}
    beat.sweep(END + timedelta(days=1, hours=4))
    assert {result for _, result, *_ in beat.verdicts()} == {"undeterminable"}


def test_late_by_a_clock_of_the_wrong_hour_is_still_the_same_day(beat: Beat) -> None:
    """Times are corrected before they are judged: +1 h with a monotonic clock changes nothing."""
    messages = [one for one in day(beat, Random(3)) if one.checkin is not None]
    ends = []
    for wrong_ms in (0, 3_600_000):
        with beat.conn.transaction(force_rollback=True):
            road = beat.road()
            road.now = END
            shifted = []
            for one in messages:
                assert one.checkin is not None
                stamp = replace(one.checkin.stamp, at_ms=one.checkin.stamp.at_ms + wrong_ms)
                shifted.append(replace(one.checkin, stamp=stamp, skew_ms=-wrong_ms))
            road.send(taps=shifted)
            beat.sweep(END)
            ends.append([(row[0], row[1], row[-1]) for row in beat.verdicts()])
    assert ends[0] == ends[1]
