"""What every evaluator promises, whoever wrote it: add yours to SUBJECTS."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from devices.readings import Checkin, Positions, Readings
from dispatch.units_io import UnitEvaluator
from geo.distance import metres_per_degree
from geo.fences_io import FenceEvaluator
from geo.patrol import verdicts_io
from geo.patrol.proofs_io import ProofEvaluator
from geo.patrol.verdicts_io import PatrolEvaluator
from ingest.evaluator import Evaluator
from tests.integration.evaluators.road import (
    NOW,
    START_MS,
    Road,
    make_device,
    make_org,
    positions,
    tap,
)

LON, LAT = 121.4998, 31.2397
EAST, NORTH = metres_per_degree(LAT)

VERDICTS = """
    SELECT window_id, result, reasons, evidence FROM patrol_verdict_now ORDER BY window_id"""
CROSSINGS = """
    SELECT device_no, fence_id, kind, at, by FROM crossing_now
     ORDER BY device_no, fence_id, at, kind"""
PROOFS = """
    SELECT device_no, at, seq, point_id, uid, corrected_at, time_trust, auth, place, distance_m,
           level, flags
      FROM checkin_proof_now ORDER BY device_no, at, seq"""
# Since when a unit is online is a matter of receipts, which come in order by nature.
UNITS = """
    SELECT device_no, position_at, position_seq, lat_e7, lon_e7, acc_dm, heard_at, link
      FROM unit_state ORDER BY device_no"""


@dataclass(frozen=True)
class Subject:
    """The evaluators that run one after the other, and what they leave behind."""

    name: str
    make: Callable[[], list[Evaluator]]
    outcome: tuple[str, ...]
    sweep: Callable[[Connection[Any], datetime], Any] | None = None  # the clock, at the end


SUBJECTS = [
    Subject("units", lambda: [UnitEvaluator()], (UNITS,)),
    Subject("fences", lambda: [FenceEvaluator()], (CROSSINGS,)),
    Subject("proofs", lambda: [ProofEvaluator()], (PROOFS,)),
    Subject(
        "patrol",
        lambda: [FenceEvaluator(), ProofEvaluator(), PatrolEvaluator()],
        (CROSSINGS, VERDICTS),
        verdicts_io.sweep,
    ),
]


@dataclass
class Scene:
    conn: Connection[Any]
    subject: Subject
    day: Positions
    taps: list[Checkin]

    def run(self, parts: list[np.ndarray], *, forget: frozenset[int] = frozenset()) -> Any:
        """Judge everything cut as given, from nothing, and roll back to nothing."""
        with self.conn.transaction(force_rollback=True):
            road = Road(self.conn, self.subject.make())
            for number, part in enumerate(parts):
                taps = [self.taps[i - len(self.day)] for i in part if i >= len(self.day)]
                road.send(self.day[part[part < len(self.day)]], taps=taps)
                if number in forget:
                    road.forget()
            if self.subject.sweep is not None:
                self.subject.sweep(self.conn, NOW)
            return self.outcome()

    def outcome(self) -> Any:
        return [self.conn.execute(query).fetchall() for query in self.subject.outcome]

    @property
    def everything(self) -> np.ndarray:
        return np.arange(len(self.day) + len(self.taps))


def walk(no: int, seed: int) -> Positions:
    """An hour and a half about the fence: rests inside, rests outside, a silence."""
    chance = np.random.default_rng(seed)
    at_s, east, rows = 0.0, 300.0, []
    for goal in (0.0, 250.0, -30.0, -400.0, 10.0, 300.0):
        while abs(east - goal) > 12:
            at_s += 10
            east += np.sign(goal - east) * 11
            rows.append((at_s, LON + (east + chance.normal(0, 3)) / EAST, LAT))
        for _ in range(int(chance.integers(3, 25))):
            at_s += 10
            rows.append((at_s, LON + (goal + chance.normal(0, 3)) / EAST, LAT))
        at_s += float(chance.choice([0, 0, 200]))
    return positions(no, rows)


@pytest.fixture(params=SUBJECTS, ids=lambda s: s.name)
def scene(request: pytest.FixtureRequest, conn: Connection[Any]) -> Scene:
    org = make_org(conn)
    conn.execute(
        """INSERT INTO fence (org_id, name, purpose, lat_deg, lon_deg, radius_m, dwell_s)
           VALUES (%s, 'point', 'point', %s, %s, 50, 60)""",
        (org, LAT, LON),
    )
    conn.execute(
        """INSERT INTO patrol_point (org_id, name, fence_id, tag)
           SELECT org_id, name, id, '04AA' FROM fence"""
    )
    for opens_s in (0, 900, 1800):
        conn.execute(
            """INSERT INTO patrol_window (org_id, point_id, opens_at, due_at, closes_at)
               SELECT org_id, id, to_timestamp(%(a)s), to_timestamp(%(a)s + 400),
                      to_timestamp(%(a)s + 800) FROM patrol_point""",
            {"a": START_MS / 1000 + opens_s},
        )
    nos = [make_device(conn, org, f"d{i}") for i in range(2)]
    day = np.concatenate([walk(no, seed) for seed, no in enumerate(nos)])
    taps = [tap(nos[0], org, 1000, "04AA"), tap(nos[1], org, 5000, "04AA", seq=1)]
    return Scene(conn, request.param, day[np.argsort(day["at_ms"], kind="stable")], taps)


def test_something_happens(scene: Scene) -> None:
    assert all(scene.run([scene.everything])), "an empty outcome proves nothing"


def test_a_replay_is_silent(scene: Scene) -> None:
    road = Road(scene.conn, scene.subject.make())
    assert road.send(scene.day, taps=scene.taps)
    before = scene.outcome()
    again = Readings(scene.day, checkins=scene.taps)
    assert road.judge(again) == []
    road.forget()
    assert road.judge(again) == []
    assert scene.outcome() == before


def test_judged_again_before_the_cursor_moved(scene: Scene) -> None:
    """A batch that was halved, and a crash before its cursor was moved."""
    road = Road(scene.conn, scene.subject.make())
    road.send(scene.day, taps=scene.taps)
    scene.conn.execute("DELETE FROM follower_cursor")
    scene.conn.execute("DELETE FROM fence_checkpoint")
    before = scene.outcome()
    road.forget()
    assert road.judge(Readings(scene.day, checkins=scene.taps)) == []
    assert scene.outcome() == before


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.integers(0, 2**32))
def test_cutting_and_shuffling_change_nothing(scene: Scene, seed: int) -> None:
    """Any order, any batches, repeats, restarts in between: the end is the same."""
    chance = np.random.default_rng(seed)
    order = scene.everything
    if chance.random() < 0.7:  # mostly in order with some late, sometimes thoroughly mixed
        late = chance.random(len(order)) < 0.05
        order = np.concatenate([order[~late], order[late]])
    else:
        chance.shuffle(order)
    parts = np.array_split(order, int(chance.integers(1, 9)))
    parts.append(chance.choice(order, 5))
    forget = frozenset(np.flatnonzero(chance.random(len(parts)) < 0.3).tolist())
    assert scene.run(parts, forget=forget) == scene.run([scene.everything])


def test_the_order_of_other_devices_changes_nothing(scene: Scene) -> None:
    by_device = np.argsort(scene.day["device_no"], kind="stable")
    taps = np.arange(len(scene.day), len(scene.day) + len(scene.taps))
    one_by_one = [*np.array_split(by_device, 6), taps]
    other_way = [*np.array_split(by_device[::-1], 6)[::-1], taps]
    whole = scene.run([scene.everything])
    assert scene.run(one_by_one) == whole
    assert scene.run(other_way) == whole


def test_a_restart_after_each_batch_changes_nothing(scene: Scene) -> None:
    parts = np.array_split(scene.everything, 7)
    assert scene.run(parts, forget=frozenset(range(7))) == scene.run([scene.everything])
