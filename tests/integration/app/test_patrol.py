"""`./waypost patrol import` and `export` against a real database."""

import json
import os
from pathlib import Path

import pytest

from app import cli
from tests.servers import Server
from tests.website import Site, make_database, seed

POINTS = "name,org,lon,lat,grade\n南门,squad_a,121.5,31.24,一级\n北门,squad_a,351234,3456789,2\n"


@pytest.fixture(scope="module")
def site(server: Server) -> Site:
    url = make_database(server, f"waypost_patrol_cli_{os.getpid()}")
    orgs, units = seed(url)
    return Site(url, 0, orgs, units)


@pytest.fixture(autouse=True)
def here(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAYPOST_DATABASE_URL", site.database_url)
    monkeypatch.setenv("WAYPOST_DATA", str(tmp_path))


def count(site: Site) -> int:
    with site.connect() as conn:
        row = conn.execute("SELECT count(*) FROM patrol_point").fetchone()
        assert row is not None
        return int(row[0])


def test_dry_then_real_then_out_and_in_again(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "points.csv"
    file.write_text(POINTS, "utf-8")
    words = ["patrol", "import", str(file), "--kind", "points"]
    assert cli.main([*words, "--dry-run"]) == 1, "a row was refused"
    said = capsys.readouterr().out
    assert "created   南门" in said and "平面坐标" in said and "plane coordinates" in said
    assert "would be: 1 created, 1 refused; windows: " in said and count(site) == 0
    assert cli.main([*words, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["counts"]["created"] == 1 and not report["dry_run"] and count(site) == 1
    with site.connect() as conn:
        rows = conn.execute("SELECT actor FROM event WHERE kind = 'point.created'").fetchall()
        assert rows == [("command line",)]
    out = tmp_path / "out.geojson"
    assert cli.main(["patrol", "export", str(out)]) == 0
    assert cli.main(["patrol", "import", str(out), "--kind", "points"]) == 0
    assert "1 unchanged" in capsys.readouterr().out


def test_files_it_cannot_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, why in (("x.shp", "ends in"), ("missing.csv", "Cannot read")):
        assert cli.main(["patrol", "import", str(tmp_path / name), "--kind", "points"]) == 2
        assert why in capsys.readouterr().err
    assert cli.main(["patrol", "export", str(tmp_path / "x.shp")]) == 2
