"""`./waypost tag …` against a real database, with a data folder of its own."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from app import cli
from app.place import read_keks
from app.settings import load
from core.values import from_ms
from devices.tag_keys_io import load_ring
from tests.integration.evaluators.road import START_MS
from tests.servers import Server
from tests.website import Site, make_database, seed

UID = "04782E21801D80"
KEY = "5ACE7E50AB65D5D51FD5BF5A16B8205B"


@pytest.fixture(scope="module")
def site(server: Server) -> Site:
    url = make_database(server, f"waypost_tags_cli_{os.getpid()}")
    orgs, units = seed(url)
    made = Site(url, 0, orgs, units)
    with made.connect() as conn:
        for name in ("南门", "北门"):
            conn.execute(
                """WITH fence AS (
                       INSERT INTO fence (org_id, name, purpose, lat_deg, lon_deg, radius_m)
                       VALUES (%(org)s, %(name)s, 'point', 31.2, 121.5, 50) RETURNING id)
                   INSERT INTO patrol_point (org_id, name, fence_id, created_at)
                   SELECT %(org)s, %(name)s, id, %(at)s FROM fence""",
                {"org": orgs["squad_a"], "name": name, "at": from_ms(START_MS)},
            )
    return made


class Shell:
    def __init__(self, site: Site, folder: Path, output: pytest.CaptureFixture[str]) -> None:
        self.site, self.folder, self._output = site, folder, output

    def run(self, *words: str, status: int = 0) -> list[dict[str, Any]]:
        assert cli.main(["tag", *words, "--json"]) == status
        said = self._output.readouterr()
        self.error = said.err
        return [json.loads(line) for line in said.out.splitlines()]

    def ring(self) -> Any:
        with self.site.connect() as conn:
            return load_ring(conn, read_keks(load().settings))


@pytest.fixture
def shell(
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shell:
    monkeypatch.setenv("WAYPOST_DATABASE_URL", site.database_url)
    monkeypatch.setenv("WAYPOST_DATA", str(tmp_path))
    with site.connect() as conn:
        conn.execute("DELETE FROM tag_key")
    return Shell(site, tmp_path, capsys)


def test_the_first_key_makes_the_kek(shell: Shell) -> None:
    given = shell.folder / "key"
    given.write_text(KEY)
    (made,) = shell.run("key", "add", "meta", "--key", str(given))
    assert made["version"] == 1 and "key" not in made
    assert stat.S_IMODE((shell.folder / "tag-kek").stat().st_mode) == 0o600
    (drawn,) = shell.run("key", "rotate", "meta")
    assert drawn["version"] == 2 and len(drawn["key"]) == 32
    assert [key.hex().upper() for key in shell.ring().meta] == [drawn["key"].upper(), KEY]
    shell.run("key", "retire", str(made["id"]))
    assert [key.hex() for key in shell.ring().meta] == [drawn["key"]]
    listed = shell.run("key", "list")
    assert [row["version"] for row in listed] == [1, 2]
    assert KEY.lower() not in json.dumps(listed).lower() and "wrapped" not in listed[0]


def test_another_kek_opens_what_the_old_one_wrapped(shell: Shell) -> None:
    (drawn,) = shell.run("key", "add", "file", "--suffix", "3042F5")
    old = (shell.folder / "tag-kek").read_text()
    assert shell.run("key", "rewrap") == [{"rewrapped": 1}]
    assert (shell.folder / "tag-kek").read_text() != old
    (master,) = shell.ring().masters
    assert master.key.hex() == drawn["key"] and master.suffix.hex() == "3042f5"


def test_a_file_is_hung_whole_or_not_at_all(shell: Shell) -> None:
    file = shell.folder / "tags.csv"
    file.write_text("uid,point,chip\n04:78:2E:21:80:1D:80,南门,sun\n04AABBCCDDEE80,北门,\n")
    said = shell.run("import", str(file), "--dry-run")
    assert [(row["uid"], row["chip"], row["dry_run"]) for row in said] == [
        (UID, "sun", True),
        ("04AABBCCDDEE80", "uid", True),
    ]
    assert shell.run("list") == [], "a dry run changes nothing"
    file.write_text(f"uid,point,chip\n{UID},南门,sun\n04AABBCCDDEE80,西门,\n")
    assert shell.run("import", str(file), status=2) == [] and "西门" in shell.error
    assert shell.run("list") == []
    shell.run("enrol", UID, "--point", "南门", "--chip", "sun")
    (hung,) = shell.run("list")
    assert hung["point"] == "南门" and hung["ended_at"] is None
    shell.run("end", UID)
    (hung,) = shell.run("list")
    assert hung["ended_at"] is not None
    assert shell.run("end", UID, status=1) == []
