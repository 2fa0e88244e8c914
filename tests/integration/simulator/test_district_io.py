"""The demonstration district in a real database: whole, once, with windows that never overlap."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from app import district, district_io
from devices.simulator.roster import Sizes
from tests.integration.simulator.conftest import count

Conn = psycopg.Connection[Any]
NOW = datetime(2026, 3, 2, 0, 20, tzinfo=UTC)
SIZES = Sizes(officers=12, vehicles=3, cameras=6, docks=2, points=12, cylinders=2)
TABLES = (
    "org", "person", "device", "fence", "patrol_point", "patrol_segment", "patrol_window",
)  # fmt: skip


@pytest.fixture(scope="module")
def spec() -> district.District:
    return district.plan(5, SIZES, NOW)


def test_everything_is_there_once(conn: Conn, spec: district.District) -> None:
    events = district_io.seed(conn, spec, NOW)
    first = {table: count(conn, table) for table in TABLES}
    assert first["org"] == 1 + 2 + 6
    assert (first["person"], first["device"], first["patrol_point"]) == (12, 29, 12)
    assert first["fence"] == 6 + 2 + 12
    assert {event.kind for event in events} == {"unit.enrolled"}
    assert len(events) == 29
    assert events[0].body["unit"]["id"].startswith("officer")
    assert district_io.seed(conn, spec, NOW) == [], "a second time nothing is new"
    assert {table: count(conn, table) for table in TABLES} == first


def test_windows_some_open_some_soon_and_none_overlap(conn: Conn, spec: district.District) -> None:
    district_io.seed(conn, spec, NOW)
    rows = conn.execute(
        "SELECT point_id, opens_at, due_at, closes_at FROM patrol_window ORDER BY 1, 2"
    ).fetchall()
    opened = {point for point, opens, _, closes in rows if opens <= NOW < closes}
    soon = {point for point, opens, *_ in rows if NOW < opens <= NOW + timedelta(minutes=60)}
    assert len(opened) >= 2
    assert len(opened | soon) == 12, "every point is due within the hour"
    for before, after in itertools.pairwise(rows):
        if before[0] == after[0]:
            assert before[3] <= after[1]
    assert all(opens <= due <= closes for _, opens, due, closes in rows)
    assert min(opens for _, opens, *_ in rows) >= NOW, "nobody watched before"


def test_rolling_on_adds_only_what_is_new(conn: Conn, spec: district.District) -> None:
    district_io.seed(conn, spec, NOW)
    later = NOW + timedelta(minutes=25, seconds=13)
    windows = list(district.windows(spec.points, later))
    added = district_io.roll(conn, spec.points, windows, later)
    assert 0 < added <= 12, "half an hour of a day comes into sight"
    assert district_io.roll(conn, spec.points, windows, later) == 0


def test_windows_of_points_nobody_seeded_are_left_out(conn: Conn, spec: district.District) -> None:
    assert district_io.roll(conn, spec.points, spec.windows, NOW) == 0


def test_everybody_is_rostered_for_the_beat_that_is_walked(
    conn: Conn, spec: district.District
) -> None:
    district_io.seed(conn, spec, NOW)
    rows = conn.execute(
        """SELECT device.id, s.starts_at, s.ends_at, cardinality(s.point_ids)
             FROM roster_shift s JOIN device ON device.no = s.device_no ORDER BY device.id"""
    ).fetchall()
    assert len(rows) == 12 and all(points >= 1 for *_, points in rows)
    assert all(starts <= NOW and ends > NOW + timedelta(hours=24) for _, starts, ends, _ in rows)
    later = NOW + timedelta(hours=20)
    roster, streets = district.who_and_where(5, SIZES)
    for _ in range(2):  # the second time adds nothing
        district_io.post(conn, list(district.shifts(roster, streets, later)), later)
    spans = conn.execute(
        "SELECT starts_at, ends_at FROM roster_shift WHERE device_no ="
        " (SELECT min(device_no) FROM roster_shift) ORDER BY starts_at"
    ).fetchall()
    assert len(spans) == 2 and spans[0][1] == spans[1][0], "one shift after the other"
