"""Recorded tracks through a real broker into a real database, with the times of the file."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.replay import run
from core.errors import Invalid
from devices.tracks.track import BadTrack
from tests.integration.simulator.conftest import Road, count

DATA = Path("tests/data")
START = datetime(2026, 3, 1, 0, 0, tzinfo=UTC)


@pytest.fixture
def org(road: Road) -> None:
    with psycopg.connect(road.database_url) as conn:
        conn.execute("INSERT INTO org (kind, name) VALUES ('bureau', 'Test bureau')")


def rows(road: Road, device: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(road.database_url, options="-c timezone=UTC") as conn:
        return conn.execute(
            """SELECT at, lon_e7, lat_e7, spd_cms, acc_dm FROM position
                 JOIN device ON device.no = device_no WHERE device.id = %s ORDER BY at""",
            (device,),
        ).fetchall()


@pytest.mark.usefixtures("org")
def test_gpx_and_csv_become_the_same_track(road: Road, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(road.settings, [str(DATA / "around-the-block.gpx"), "--device", "g", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["sent"], report["receipted"], report["waiting"]) == (120, 120, 0)
    assert report["from"] == START.isoformat()
    words = [str(DATA / "around-the-block.csv"), "--device", "c", "--kind", "vehicle"]
    assert run(road.settings, words) == 0
    from_gpx, from_csv = rows(road, "g"), rows(road, "c")
    assert [row[0] for row in from_gpx] == [START + timedelta(seconds=5 * n) for n in range(120)]
    assert [row[:3] for row in from_gpx] == [row[:3] for row in from_csv]
    assert from_csv[7][3:] == (130, 50)


@pytest.mark.usefixtures("org")
def test_the_same_file_again_stores_nothing_twice(road: Road) -> None:
    words = [str(DATA / "around-the-block.gpx"), "--device", "g"]
    assert run(road.settings, words) == 0
    assert run(road.settings, words) == 0
    assert len(rows(road, "g")) == 120


@pytest.mark.usefixtures("org")
def test_shifted_to_now_the_last_fix_is_now(road: Road) -> None:
    words = [str(DATA / "around-the-block.csv"), "--device", "g", "--shift-to-now"]
    assert run(road.settings, words) == 0
    times = [row[0] for row in rows(road, "g")]
    assert abs((datetime.now(UTC) - times[-1]).total_seconds()) < 30
    assert times[-1] - times[0] == timedelta(seconds=595)


@pytest.mark.usefixtures("org")
def test_a_capture_comes_back_as_it_was(road: Road) -> None:
    assert run(road.settings, [str(DATA / "morning.ndjson")]) == 0
    assert len(rows(road, "officer-9001")) == 10
    with psycopg.connect(road.database_url) as conn:
        (tag,) = conn.execute("SELECT tag FROM checkin").fetchone() or (None,)
        assert tag == "04A1B2C3D4E5F6"
        assert count(conn, "quarantine") == 0


@pytest.mark.usefixtures("org")
def test_another_datum_arrives_as_wgs84(road: Road) -> None:
    words = [str(DATA / "around-the-block.csv"), "--device", "g", "--datum", "gcj02"]
    assert run(road.settings, words) == 0
    given, stored = 121.4737, rows(road, "g")[0][1] / 1e7
    assert 0.002 < given - stored < 0.008, "GCJ-02 lies some 450 m east of WGS-84 there"


@pytest.mark.usefixtures("org")
def test_refusals_say_what_to_do(road: Road, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        run(road.settings, [str(tmp_path / "none.gpx")])
    old = tmp_path / "old.csv"
    old.write_text("time,lat,lon\n2015-05-05T00:00:00Z,31,121\n")
    with pytest.raises(BadTrack, match="--shift-to-now"):
        run(road.settings, [str(old)])
    assert run(road.settings, [str(old), "--shift-to-now"]) == 0
    run(road.settings, [str(DATA / "around-the-block.csv"), "--device", "v", "--kind", "vehicle"])
    with pytest.raises(Invalid, match="--kind vehicle"):
        run(road.settings, [str(DATA / "around-the-block.csv"), "--device", "v"])
