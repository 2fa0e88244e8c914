"""`./waypost gas import`: a long file piece by piece, broken lines named, gone on with."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from app.cli import main
from devices.simulator.gas_city import GasCity
from tests.servers import Server

BEGIN = 1_767_225_600_000  # 2026-01-01T00:00Z


def run(*words: str) -> int:
    return main(["gas", *words])


@pytest.fixture
def site(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    from core.migrate import migrate

    url = server.create_database("waypost_test_gas_cli")
    with psycopg.connect(url, autocommit=True) as conn:
        migrate(conn, storage=server.storage)
        conn.execute("INSERT INTO org (kind, name) VALUES ('bureau', 'x')")
    known = conninfo_to_dict(url)
    monkeypatch.setenv(
        "WAYPOST_DATABASE_URL",
        f"postgresql://{known['user']}:{known.get('password', '')}@{known['host']}:{known['port']}"
        f"/{known['dbname']}",
    )
    return url


def test_a_file_is_taken_in_gone_on_with_and_doubles_nothing(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.gas.PIECE", 40)
    city = GasCity(9, 40, 121.5, 31.2, BEGIN)
    lines: list[Any] = [line for no in range(8) for line in city.life(no, 1)]
    text = [json.dumps(line, ensure_ascii=False) for line in lines]
    text[50] = "{broken"
    text[70] = json.dumps({**lines[70], "type": "explode"})
    file = tmp_path / "centre.ndjson"
    file.write_text("\n".join(text), "utf-8")
    refused = tmp_path / "refused.csv"
    assert run("import", str(file), "--system", "c", "--refused", str(refused)) == 1
    told = refused.read_text("utf-8-sig")
    assert [row.split(",")[0] for row in told.splitlines()[1:]] == ["51", "71"]
    assert f"{len(lines) - 2} stored, 0 known, 2 refused" in capsys.readouterr().out

    text[50], text[70] = json.dumps(lines[50]), json.dumps(lines[70])
    file.write_text("\n".join(text), "utf-8")
    assert run("import", str(file), "--system", "c", "--from-line", "45") == 0
    assert f"2 stored, {len(lines) - 46} known, 0 refused" in capsys.readouterr().out
    with psycopg.connect(site) as conn:
        row = conn.execute("SELECT count(*) FROM cylinder_event").fetchone()
    assert row == (len(lines),)

    table = tmp_path / "sites.csv"
    table.write_text("编号,名称,类别,经度,纬度\nLJ-01,站,filling,121.5,31.2\n", "utf-8")
    assert run("register", str(table), "--kind", "site") == 0
    assert "1 created" in capsys.readouterr().out


def test_a_piece_that_fails_stops_no_other_and_says_where_to_go_on(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.gas.PIECE", 10)
    lines = [line for no in range(4) for line in GasCity(9, 9, 121.5, 31.2, BEGIN).life(no, 1)][:40]
    file = tmp_path / "centre.ndjson"
    file.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    broken = lines[14]["code"]
    with psycopg.connect(site, autocommit=True) as conn:
        conn.execute(f"""ALTER TABLE cylinder_event
            ADD CONSTRAINT odd CHECK (code <> '{broken}' OR type <> '{lines[14]["type"]}')""")
    assert run("import", str(file), "--system", "c") == 1
    told = capsys.readouterr()
    assert "30 stored, 0 known, 0 refused" in told.out
    assert "Lines 11 to 20 were not taken" in told.err
    assert "--from-line 11" in told.err
    assert run("import", str(file), "--system", "c", "--json") == 1
    said = json.loads(capsys.readouterr().out)
    assert [(one["first"], one["last"]) for one in said["failed"]] == [(11, 20)]
    with psycopg.connect(site, autocommit=True) as conn:
        conn.execute("ALTER TABLE cylinder_event DROP CONSTRAINT odd")
    assert run("import", str(file), "--system", "c", "--from-line", "11") == 0
    assert "10 stored, 20 known, 0 refused" in capsys.readouterr().out


def test_a_heading_nobody_can_read_is_said_so(
    site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "centre.csv"
    file.write_bytes(b"\xff\xff,a\n1,2\n")
    assert run("import", str(file), "--system", "c") == 2
    assert "neither UTF-8 nor GB 18030" in capsys.readouterr().err
