"""Marks: found live and by the clock, once; withdrawn by later evidence; never a rejection."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from psycopg import Connection

from core.errors import NotFound
from core.events import Event
from core.values import OrgId, Role, Viewer, from_ms
from devices.datum import wgs84_to_gcj02
from devices.readings import MOCK, Readings
from dispatch.rules_io import react
from geo.distance import metres_per_degree
from geo.patrol import fraud_io, marks_io
from geo.patrol.fraud_io import FraudEvaluator
from geo.patrol.points import PointDraft
from geo.patrol.points_io import create_point
from geo.patrol.proofs_io import ProofEvaluator
from tests.integration.evaluators.road import START_MS, Road, make_device, make_org, positions, tap

LON, LAT = 121.4998, 31.2397
EAST, NORTH = metres_per_degree(LAT)
LATER = from_ms(START_MS) + timedelta(hours=30)


class Beat:
    """Points a kilometre apart on a line to the east, and two officers of one squad."""

    def __init__(self, conn: Connection[Any]) -> None:
        self.conn = conn
        self.org = make_org(conn)
        self.viewer = Viewer("lin", Role.DISPATCHER, OrgId(self.org), frozenset([OrgId(self.org)]))
        for i in range(8):
            draft = PointDraft(f"点{i}", LON + i * 1_000 / EAST, LAT, tag=f"04AA000{i}")
            create_point(conn, self.viewer, draft, from_ms(START_MS))
        self.nos = [make_device(conn, self.org, f"d{i}") for i in range(2)]
        self.road = Road(conn, [ProofEvaluator(), FraudEvaluator()])
        self.road.now = from_ms(START_MS) + timedelta(hours=24)

    def tap(self, at_s: float, point: int, east_m: float | None = None, device: int = 0) -> Any:
        """At its point, or where the phone says it was."""
        away_m = point * 1_000.0 if east_m is None else east_m
        place = {"lon_deg": LON + away_m / EAST, "lat_deg": LAT, "acc_m": 10.0}
        return tap(self.nos[device], self.org, at_s, f"04AA000{point}", seq=round(at_s), **place)

    def still(self, from_s: float, to_s: float, east_m: float = 0.0) -> np.ndarray:
        rows = [(s, LON + east_m / EAST, LAT) for s in np.arange(from_s, to_s, 10.0)]
        return positions(self.nos[0], rows)

    def open(self, *detectors: str) -> list[dict[str, Any]]:
        page = marks_io.list_marks(
            self.conn, self.viewer, 0, 1000, since=None, until=None, detector=None,
            device_no=None, state="open",
        )  # fmt: skip
        return [m for m in page["items"] if not detectors or m["detector"] in detectors]

    def sweep(self, hours: float = 30) -> list[Event]:
        return fraud_io.sweep(self.conn, from_ms(START_MS) + timedelta(hours=hours))


@pytest.fixture
def beat(conn: Connection[Any]) -> Beat:
    return Beat(conn)


def kinds(events: Sequence[Event]) -> list[str]:
    return [event.kind for event in events if event.kind.startswith(("mark.", "patrol."))]


def test_honest_taps_raise_nothing(beat: Beat) -> None:
    taps = [beat.tap(i * 900, i) for i in range(4)]
    assert kinds(beat.road.send(taps=taps)) == [] and beat.open() == []


def test_too_far_too_soon_is_marked_once(beat: Beat) -> None:
    assert kinds(beat.road.send(taps=[beat.tap(0, 0)])) == []
    events = beat.road.send(taps=[beat.tap(30, 3)])
    assert kinds(events) == ["mark.found"]
    (mark,) = beat.open()
    assert mark["detector"] == "impossible_travel" and mark["state"] == "open"
    assert len(mark["evidence"]["checkins"]) == 2 and mark["evidence"]["speed_mps"] > 12
    assert mark["evidence"]["zh"] and mark["evidence"]["en"]
    assert kinds(beat.sweep()) == [] and len(beat.open()) == 1


def test_the_way_that_comes_late_withdraws_it(beat: Beat) -> None:
    """A phone in a car: its positions were queued, and show that it rode."""
    beat.road.send(taps=[beat.tap(0, 0), beat.tap(100, 3)])
    assert [m["detector"] for m in beat.open()] == ["impossible_travel"]
    ride = [(float(s), LON + 30 * s / EAST, LAT) for s in range(0, 101, 10)]
    events = beat.road.send(positions(beat.nos[0], ride)) + beat.sweep()
    assert kinds(events) == ["mark.withdrawn"] and beat.open() == []
    count = beat.conn.execute("SELECT count(*) FROM patrol_mark").fetchone()
    assert count == (1,), "withdrawn, not deleted"


def test_tags_of_a_drawer(beat: Beat) -> None:
    beat.road.send(beat.still(0, 600))
    events = beat.road.send(taps=[beat.tap(60 + 100 * i, i, east_m=0) for i in range(3)])
    assert kinds(events) == ["mark.found"] * len(kinds(events))
    assert len(beat.open("taps_standing_still")) == 1
    assert len(beat.open("tag_away")) == 2, "the first hangs there"


def test_one_tag_at_two_places(beat: Beat) -> None:
    beat.road.send(taps=[beat.tap(0, 2)])
    beat.road.send(taps=[beat.tap(60, 2, east_m=5_000, device=1)])
    (mark,) = beat.open("one_tag_two_places")
    assert {mark["device_no"], mark["other_no"]} == set(beat.nos)


def test_another_datum_is_one_alarm(beat: Beat) -> None:
    """B.8.8: GCJ-02 called WGS-84, every check-in 480 m out: one alarm, and no mark for each."""
    events: list[Event] = []
    alarms = []
    for i in range(30):
        point = i % 8
        lon, lat = wgs84_to_gcj02(LON + point * 1_000 / EAST, LAT)
        place = {"lon_deg": float(lon), "lat_deg": float(lat), "acc_m": 10.0}
        at_s = 900.0 * i
        one = tap(beat.nos[0], beat.org, at_s, f"04AA000{point}", seq=i, **place)
        beat.road.now = from_ms(START_MS + round(at_s * 1000))
        told = beat.road.send(taps=[one])
        events += told
        alarms += react(beat.conn, told, beat.road.now)
    assert kinds(events).count("patrol.datum_fault") == 1
    assert [event.kind for event in alarms] == ["alarm.raised"]
    (fault,) = beat.open()
    assert fault["detector"] == "datum_fault" and fault["evidence"]["likely"] == "gcj02"
    assert 470 < fault["evidence"]["offset_m"] < 485
    right = [beat.tap(40_000 + 900 * i, i % 8) for i in range(25)]
    told = beat.road.send(taps=right)
    assert kinds(told)[-1] == "patrol.datum_right"
    assert [e.kind for e in react(beat.conn, told, beat.road.now)] == ["alarm.cleared"]


def test_mocked_positions_are_found_by_the_clock(beat: Beat) -> None:
    track = beat.still(0, 600)
    track["flags"] |= MOCK
    beat.road.send(track)
    assert "mark.found" in kinds(beat.sweep())
    assert {m["detector"] for m in beat.open()} == {"mock_fix"}
    assert kinds(beat.sweep(31)) == []


def test_two_phones_in_one_pocket(beat: Beat) -> None:
    chance = np.random.default_rng(1)
    tracks = []
    for no in beat.nos:
        rows = [
            (s, LON + (s * 0.6 + chance.normal(0, 3)) / EAST, LAT + chance.normal(0, 3) / NORTH)
            for s in np.arange(7_200, 18_000, 20.0)  # one local day
        ]
        tracks.append(positions(no, rows))
    beat.road.send(*tracks)
    beat.sweep()
    (mark,) = beat.open("shared_device")
    assert {mark["device_no"], mark["other_no"]} == set(beat.nos)


def test_yesterdays_track_again(beat: Beat) -> None:
    chance = np.random.default_rng(1)
    pace = np.cumsum(chance.uniform(5, 20, 350))
    rows = [(s * 10.0 - 86_400 * 2, LON + x / EAST, LAT) for s, x in enumerate(pace)]
    again = [(at + 86_400 * 2 + 1_000, lon, lat) for at, lon, lat in rows]
    beat.conn.execute("SELECT make_partition(%s)", (from_ms(START_MS - 172_800_000).date(),))
    beat.road.send(positions(beat.nos[0], rows))
    assert kinds(beat.sweep()) == []
    second = positions(beat.nos[0], again)
    second["seq"] += 1_000
    beat.road.send(second)
    beat.sweep(60)
    found = beat.open("repeated_track")
    assert found and found[0]["evidence"]["days"] == 2


def test_review(beat: Beat) -> None:
    beat.road.send(taps=[beat.tap(0, 0), beat.tap(30, 3)])
    (mark,) = beat.open()
    shape, events = marks_io.review_mark(
        beat.conn, beat.viewer, mark["id"], "harmless", note="试点", now=LATER
    )
    assert shape["state"] == "reviewed" and [e.kind for e in events] == ["mark.reviewed"]
    himself = Viewer("d0", Role.SQUAD, OrgId(beat.org), frozenset([OrgId(beat.org)]))
    with pytest.raises(marks_io.SamePerson):
        marks_io.review_mark(beat.conn, himself, mark["id"], "harmless", note="", now=LATER)
    stranger = Viewer("x", Role.ADMIN, OrgId(0), frozenset([OrgId(0)]))
    with pytest.raises(NotFound):
        marks_io.review_mark(beat.conn, stranger, mark["id"], "harmless", note="", now=LATER)
    page = marks_io.list_marks(
        beat.conn, stranger, 0, 10, since=None, until=None, detector=None, device_no=None,
        state=None,
    )  # fmt: skip
    assert page["items"] == []


MARKS = """
    SELECT detector, key, device_no, other_no, at, until_at, evidence FROM patrol_mark
     WHERE withdrawn_at IS NULL ORDER BY detector, key"""


@pytest.mark.parametrize("seed", range(6))
def test_any_order_ends_in_the_same_marks(beat: Beat, seed: int) -> None:
    """Cut, shuffled, repeated, forgotten in between: what stands at the end is the same."""
    taps = [beat.tap(0, 0), beat.tap(30, 3), beat.tap(7_260, 0, 0.0), beat.tap(7_360, 2, 0.0),
            beat.tap(7_380, 2, 2_000.0, device=1), beat.tap(9_000, 5, 0.0)]  # fmt: skip
    mocked = beat.still(3_000, 3_300)
    mocked["flags"] |= MOCK
    ride = positions(
        beat.nos[1], [(7_300.0 + s, LON + 2_000 / EAST, LAT) for s in range(0, 200, 10)]
    )
    day = np.concatenate([mocked, beat.still(7_000, 9_300), ride])

    def ends(order: np.ndarray, cuts: int) -> list[tuple[Any, ...]]:
        with beat.conn.transaction(force_rollback=True):
            road = Road(beat.conn, [ProofEvaluator(), FraudEvaluator()])
            road.now = beat.road.now
            for part in np.array_split(order, cuts):
                some = [taps[i - len(day)] for i in part if i >= len(day)]
                road.send(day[part[part < len(day)]], taps=some)
                road.forget()
            beat.sweep()
            beat.sweep(31)
            return beat.conn.execute(MARKS).fetchall()

    everything = np.arange(len(day) + len(taps))
    in_order = ends(everything, 1)
    assert len({row[0] for row in in_order}) >= 5
    chance = np.random.default_rng(seed)
    assert ends(chance.permutation(everything), int(chance.integers(2, 7))) == in_order


def test_the_same_readings_again_say_nothing(beat: Beat) -> None:
    taps = [beat.tap(0, 0), beat.tap(30, 3), beat.tap(60, 5, 0.0)]
    track = beat.still(0, 600)
    assert kinds(beat.road.send(track, taps=taps))
    beat.sweep()
    before = beat.conn.execute(MARKS).fetchall()
    assert kinds(beat.road.judge(Readings(track, checkins=taps))) == []
    assert kinds(beat.sweep(31)) == [] and beat.conn.execute(MARKS).fetchall() == before
