"""Coverage measured from stored tracks, kept by the day, measured again for later data."""

from datetime import UTC, timedelta
from typing import Any

import numpy as np
import pytest
from psycopg import Connection
from psycopg.types.json import Jsonb

from core.values import OrgId, Role, Viewer, from_ms
from devices.readings import FIX, MOCK
from geo.coverage import coverage_io
from geo.coverage.coverage_io import Asked, CoverageEvaluator, TooMuch, coverage, day_span, sweep
from geo.coverage.measuring_io import Span, measure
from geo.coverage.segment_edits import SegmentDraft
from geo.coverage.segment_edits_io import create_segment, end_segment
from geo.distance import metres_per_degree
from geo.patrol.points import PointDraft
from geo.patrol.points_io import create_point
from geo.patrol.rules import CoverageRule
from geo.patrol.windows import LOCAL
from tests.integration.evaluators.road import START_MS, Road, make_device, make_org, positions

LON, LAT = 121.4998, 31.2397
EAST, NORTH = metres_per_degree(LAT)
START = from_ms(START_MS)
DAY = day_span(START.astimezone(LOCAL).date())
AFTER = DAY.to_at + timedelta(hours=2)
RULE = CoverageRule()


class Scene:
    """A squad with a point, a segment and an area, and an officer."""

    def __init__(self, conn: Connection[Any]) -> None:
        self.conn = conn
        self.org = make_org(conn)
        self.squad = make_org(conn, "中队")
        conn.execute("UPDATE org SET parent_id = %s WHERE id = %s", (self.org, self.squad))
        self.viewer = self.viewer_of(self.org, self.squad)
        made = DAY.from_at - timedelta(days=30)
        draft = PointDraft("桥头", LON, LAT, grade=2, org_id=self.squad)
        self.point = create_point(conn, self.viewer, draft, made)[0]["id"]
        line = {"type": "LineString", "coordinates": [[LON, LAT], [LON + 400 / EAST, LAT]]}
        road = SegmentDraft("滨江路", line, org_id=self.squad)
        self.segment = create_segment(conn, self.viewer, road, made)[0]["id"]
        box = [(-100, -100), (500, -100), (500, 100), (-100, 100), (-100, -100)]
        ring = [[LON + x / EAST, LAT + y / NORTH] for x, y in box]
        row = conn.execute(
            """INSERT INTO fence (org_id, name, purpose, polygon, created_at)
               VALUES (%s, '辖区', 'area', %s, %s) RETURNING id""",
            (self.squad, Jsonb({"type": "Polygon", "coordinates": [ring]}), made),
        ).fetchone()
        assert row is not None
        self.area = row[0]
        self.officer = make_device(conn, self.squad, "officer-1")
        self.road = Road(conn, [CoverageEvaluator()])
        self.road.now = START
        conn.execute("SELECT make_partition(%s)", (AFTER.date(),))

    def viewer_of(self, *org_ids: int) -> Viewer:
        return Viewer(
            "dispatch", Role.DISPATCHER, OrgId(org_ids[0]), frozenset(map(OrgId, org_ids))
        )

    def ask(self, kind: str, span: Span = DAY, org_id: int | None = None) -> dict[str, Any]:
        return coverage(self.conn, self.viewer, Asked(kind, span, org_id), AFTER)

    def item(self, kind: str, span: Span = DAY) -> dict[str, Any]:
        (item,) = self.ask(kind, span)["items"]
        return item

    def versions(self) -> list[tuple[Any, ...]]:
        return self.conn.execute(
            "SELECT kind, version, covered FROM patrol_coverage ORDER BY kind, version"
        ).fetchall()

    def newest(self) -> list[tuple[Any, ...]]:
        return self.conn.execute(
            """SELECT DISTINCT ON (kind, object_id) kind, object_id, covered, required, period_s,
                      unknown_s, confidence, detail
                 FROM patrol_coverage WHERE from_at = %s
                ORDER BY kind, object_id, version DESC""",
            (DAY.from_at,),
        ).fetchall()


@pytest.fixture
def scene(conn: Connection[Any]) -> Scene:
    return Scene(conn)


def along(start_s: float = 0.0, metres: float = 400.0) -> list[tuple[float, float, float]]:
    """At 2 m/s along the road with two minutes at its beginning."""
    rest = [(start_s + 10.0 * i, LON, LAT) for i in range(12)]
    walk = [(start_s + 120 + x / 2, LON + x / EAST, LAT) for x in range(0, round(metres) + 1, 20)]
    return rest + walk


def test_a_walk_covers_point_segment_and_area(scene: Scene) -> None:
    scene.road.send(positions(scene.officer, along()))
    point, segment, area = (scene.item(kind) for kind in ("point", "segment", "area"))
    assert point["object"] == {
        "id": scene.point, "kind": "point", "name": "桥头", "org_id": scene.squad,
    }  # fmt: skip
    assert (point["covered"], point["required"], point["share"]) == (145.0, 60.0, 1.0)
    assert (point["visits"], point["unit"]) == (1, "s")
    assert segment["covered"] == pytest.approx(400, abs=0.2)
    assert (segment["share"], segment["unit"]) == (1.0, "m")
    assert area["required"] == 48
    assert area["covered"] == 8
    for item in (point, segment, area):
        assert (item["period_s"], item["unknown_s"], item["confidence"]) == (10, 0, "normal")
        assert item["rule"]
        assert item["definition"]["zh"] and item["definition"]["en"]


def test_without_a_track_nobody_can_speak(scene: Scene) -> None:
    for kind in ("point", "segment", "area"):
        item = scene.item(kind)
        assert (item["covered"], item["confidence"], item["period_s"]) == (0, "none", None)


def test_rare_fixes_are_low_in_confidence(scene: Scene) -> None:
    scene.conn.execute("UPDATE device SET period_s = 120")
    scene.road.send(positions(scene.officer, [(120.0 * i, LON, LAT) for i in range(10)]))
    item = scene.item("point")
    assert (item["confidence"], item["period_s"], item["covered"]) == ("low", 120, 1080)


@pytest.mark.parametrize("spoil", ["zero", "no fix", "coarse"])
def test_fixes_that_are_none(scene: Scene, spoil: str) -> None:
    """(0, 0), no fix, or too coarse: as if they had not come, wherever they claim to be."""
    fixes = positions(scene.officer, [(10.0 * i, LON, LAT) for i in range(13)])
    if spoil == "zero":
        fixes["lon_deg"][4:8] = fixes["lat_deg"][4:8] = 0
    else:
        fixes["lon_deg"][4:8] += 0.006
    fixes["flags"][4:8] = 0 if spoil == "no fix" else FIX
    fixes["acc_m"][4:8] = 150 if spoil == "coarse" else 5
    scene.road.send(fixes)
    assert scene.item("point")["covered"] == 120


def test_mock_fixes_are_for_the_cheat_detectors(scene: Scene) -> None:
    fixes = positions(scene.officer, [(10.0 * i, LON, LAT) for i in range(13)])
    fixes["flags"] |= MOCK
    scene.road.send(fixes)
    assert scene.item("point")["covered"] == 120


def test_duty_without_a_track_is_unknown(scene: Scene) -> None:
    scene.road.send(positions(scene.officer, along()))
    shift = """INSERT INTO roster_shift (org_id, device_no, starts_at, ends_at, kind, created_at,
                                         created_by) VALUES (%s, %s, %s, %s, %s, now(), 'x')"""
    until = START + timedelta(hours=1)
    scene.conn.execute(shift, (scene.squad, scene.officer, START, until, "patrol"))
    assert scene.item("area")["unknown_s"] == 3600 - 320
    scene.conn.execute(shift, (scene.squad, scene.officer, until, AFTER, "leave"))
    assert scene.item("area")["unknown_s"] == 3600 - 320


def test_those_above_and_below_count_but_not_the_neighbours(scene: Scene) -> None:
    other = make_org(scene.conn, "邻队")
    scene.conn.execute("UPDATE org SET parent_id = %s WHERE id = %s", (scene.org, other))
    neighbour = make_device(scene.conn, other, "officer-2")
    scene.road.send(positions(neighbour, along()))
    assert scene.item("point")["covered"] == 0
    above = make_device(scene.conn, scene.org, "vehicle-1", "vehicle")
    scene.road.send(positions(above, along()))
    assert scene.item("point")["covered"] == 145.0


def test_a_camera_does_not_count_the_walk_of_its_officer_twice(scene: Scene) -> None:
    row = scene.conn.execute(
        "INSERT INTO person (org_id, badge, name) VALUES (%s, '1', '王') RETURNING id",
        (scene.squad,),
    ).fetchone()
    assert row is not None
    camera = make_device(scene.conn, scene.squad, "camera-1", "camera")
    scene.conn.execute("UPDATE device SET person_id = %s", (row[0],))
    scene.road.send(positions(scene.officer, along()), positions(camera, along()))
    assert scene.item("point")["detail"]["dwell_s"] == 145.0


def test_a_tap_is_a_visit_unless_its_place_speaks_against_it(scene: Scene) -> None:
    add = """INSERT INTO checkin_proof (device_no, at, seq, version, org_id, point_id, corrected_at,
                                        time_trust, auth, place, level, rule)
             VALUES (%s, %s, %s, 1, %s, %s, %s, 'device', %s, %s, 1, 'v')"""
    tap = """INSERT INTO checkin (device_no, at, seq, received_at, batch_id, org_id, method, detail)
             VALUES (%s, %s, %s, now(), 0, %s, 'nfc', '{}')"""
    for seq, (auth, place) in enumerate(
        [("uid", "out"), ("bad_mac", "in"), ("replay", "in"), ("qr", "none"), ("uid", "mock")]
    ):
        scene.conn.execute(tap, (scene.officer, START, seq, scene.squad))
        scene.conn.execute(
            add, (scene.officer, START, seq, scene.squad, scene.point, START, auth, place)
        )
    assert scene.item("point")["share"] == 0
    scene.conn.execute(tap, (scene.officer, START, 9, scene.squad))
    scene.conn.execute(add, (scene.officer, START, 9, scene.squad, scene.point, START, "sun", "in"))
    item = scene.item("point")
    assert (item["share"], item["visits"], item["detail"]["taps"]) == (1.0, 1, 1)


# ── what is kept ──────────────────────────────────────────────────────────


def test_the_sweep_keeps_a_day_and_says_nothing_twice(scene: Scene) -> None:
    scene.road.send(positions(scene.officer, along()))
    assert scene.ask("segment")["source"] == "live"
    sweep(scene.conn, AFTER)
    stored = scene.ask("segment")
    assert stored["source"] == "stored"
    assert stored["items"][0]["version"] == 1
    live = measure(scene.conn, scene.squad, ["segment"], DAY, RULE)[0].figure
    assert stored["items"][0]["covered"] == live.covered
    before = scene.versions()
    scene.conn.execute("UPDATE patrol_coverage_run SET stale = true")
    sweep(scene.conn, AFTER)
    assert scene.versions() == before


def test_later_data_adds_a_version(scene: Scene) -> None:
    scene.road.send(positions(scene.officer, along(metres=200)))
    sweep(scene.conn, AFTER)
    covered = scene.item("segment")["covered"]
    late = positions(scene.officer, along(3_600.0))
    late["seq"] += 1_000
    scene.road.now = AFTER
    scene.road.send(late)
    assert scene.ask("segment")["source"] == "live"
    sweep(scene.conn, AFTER)
    item = scene.item("segment")
    assert (item["version"], item["covered"] > covered) == (2, True)
    assert scene.ask("segment")["source"] == "stored"


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_arrival_changes_nothing(scene: Scene, seed: int) -> None:
    """Any order, any batches, repeats, sweeps in between: the newest versions are the same."""
    chance = np.random.default_rng(seed)
    other = make_device(scene.conn, scene.org, "vehicle-1", "vehicle")
    day = np.concatenate([positions(scene.officer, along()), positions(other, along(3_000.0))])
    scene.road.now = AFTER
    with scene.conn.transaction(force_rollback=True):
        scene.road.send(day)
        sweep(scene.conn, AFTER)
        whole = scene.newest()
    order = chance.permutation(len(day))
    for part in np.array_split(np.concatenate([order, order[:7]]), 5):
        scene.road.send(day[part])
        if chance.random() < 0.7:
            sweep(scene.conn, AFTER)
    sweep(scene.conn, AFTER)
    assert scene.newest() == whole
    assert len(whole) == 3


def test_later_data_of_the_small_hours_is_of_the_local_day(scene: Scene) -> None:
    """Two in the morning here is yesterday evening in Greenwich."""
    scene.conn.execute("SELECT make_partition(%s)", (DAY.from_at.astimezone(UTC).date(),))
    sweep(scene.conn, AFTER)
    assert scene.ask("point")["source"] == "stored"
    late = positions(scene.officer, along(-20 * 3_600.0))
    assert DAY.from_at < from_ms(int(late["at_ms"][0])) < DAY.from_at + timedelta(hours=3)
    scene.road.now = AFTER
    scene.road.send(late)
    assert scene.ask("point")["source"] == "live"
    sweep(scene.conn, AFTER)
    assert scene.item("point")["covered"] == 145.0


def test_data_of_today_makes_nothing_stale(scene: Scene) -> None:
    scene.road.send(positions(scene.officer, along()))
    rows = scene.conn.execute("SELECT count(*) FROM patrol_coverage_run").fetchone()
    assert rows == (0,)


def test_a_changed_rule_measures_again(scene: Scene) -> None:
    scene.road.send(positions(scene.officer, along(metres=200)))
    sweep(scene.conn, AFTER)
    scene.conn.execute(
        """INSERT INTO patrol_rule (version, body, created_at, created_by)
           VALUES ('wide', '{"coverage": {"width_foot_m": 30}}', now(), 'x')"""
    )
    scene.conn.execute(
        """INSERT INTO patrol_rule_activation (version, valid_from, activated_at, activated_by)
           VALUES ('wide', %s, now(), 'x')""",
        (DAY.from_at,),
    )
    sweep(scene.conn, AFTER)
    item = scene.item("segment")
    assert (item["rule"], item["version"]) == ("wide", 2)
    assert "30 米" in item["definition"]["zh"]


def test_a_day_is_not_measured_before_it_is_over(scene: Scene) -> None:
    scene.road.send(positions(scene.officer, along()))
    sweep(scene.conn, DAY.to_at + timedelta(minutes=59))
    assert scene.conn.execute(
        "SELECT count(*) FROM patrol_coverage WHERE from_at = %s", (DAY.from_at,)
    ).fetchone() == (0,)


def test_what_was_ended_before_is_not_asked_for(scene: Scene) -> None:
    end_segment(scene.conn, scene.viewer, scene.segment, DAY.from_at)
    assert scene.ask("segment")["items"] == []
    assert scene.ask("segment")["sum"]["share"] is None


def test_only_what_the_viewer_sees(scene: Scene) -> None:
    scene.road.send(positions(scene.officer, along()))
    stranger = scene.viewer_of(make_org(scene.conn, "外区"))
    for now in (AFTER, AFTER):
        found = coverage(scene.conn, stranger, Asked("point", DAY), now)
        assert found["items"] == []
        sweep(scene.conn, AFTER)
    with pytest.raises(coverage_io.NotFound):
        coverage(scene.conn, stranger, Asked("point", DAY, scene.squad), AFTER)
    assert scene.ask("point", org_id=scene.org)["items"]


def test_too_much_to_wait_for(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.road.send(positions(scene.officer, along()))
    monkeypatch.setattr(coverage_io, "LIVE_FIXES_MAX", 10)
    with pytest.raises(TooMuch):
        scene.ask("point")
