"""Legal lives raise nothing in any order of arrival; each crime exactly what its label names."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from psycopg import Connection

from core.values import Viewer, from_ms, to_ms
from devices.simulator.gas_city import CRIMES, Crime, GasCity
from geo.gas import judgement_io, registers_io, sources_io
from geo.gas.findings_io import Filter, list_findings
from tests.integration.geo.gas.test_judgement_io import quiet, said, send, viewer

__all__ = ["viewer"]
BEGIN = datetime(2026, 2, 28, 16, tzinfo=UTC)  # midnight in Shanghai
NOW = BEGIN + timedelta(days=55)
CITY = GasCity(seed=7, cylinders=80, lon=121.5, lat=31.2, begin_ms=to_ms(BEGIN))


@pytest.fixture
def office(conn: Connection[Any], viewer: Viewer) -> Viewer:
    for kind, rows in CITY.registers().items():
        registers_io.take_in(conn, viewer, kind, rows, datum="wgs84", dry_run=False, now=BEGIN)
    return viewer


def settled(conn: Connection[Any], office: Viewer, lines: Sequence[dict[str, Any]]) -> set[str]:
    for start in range(0, len(lines), 60):
        send(conn, office, lines[start : start + 60], NOW)
    quiet(conn, NOW + timedelta(days=2))
    return said(conn, office)


def test_a_city_of_legal_lives_says_nothing(conn: Connection[Any], office: Viewer) -> None:
    lines = [line for no in range(12) for line in CITY.life(no, 2, returned=no % 2 == 0)]
    Random(1).shuffle(lines)
    assert settled(conn, office, lines) == set()
    assert said(conn, office, withdrawn=True) == set(), "nor was anything said in between"


@pytest.mark.parametrize("crime", CRIMES, ids=lambda crime: crime.name)
def test_a_crime_raises_what_its_label_names(
    conn: Connection[Any], office: Viewer, crime: Crime
) -> None:
    legal = CITY.life(3, 2)
    lines = crime.commit(legal)
    Random(2).shuffle(lines)
    found = settled(conn, office, lines)
    label = {f"{one} {CITY.code(3)}" for one in crime.label}
    assert found == label
    for one in list_findings(conn, office, Filter(), limit=9)["items"]:
        assert (one["value"] is not None) == bool(one["unit_zh"] and one["unit_en"]), one
    if crime.missing:
        missing = [line for line in legal if line not in lines]
        send(conn, office, missing, NOW + timedelta(days=3))
        quiet(conn, NOW + timedelta(days=4))
        assert said(conn, office) == set(), "what was missing came"
        assert said(conn, office, withdrawn=True) == label


def test_a_station_balances_by_day_and_what_does_not_is_flagged(
    conn: Connection[Any], office: Viewer
) -> None:
    lines = [line for no in range(6) for line in CITY.life(no, 1)]
    send(conn, office, lines, NOW)
    day = max(line["at"] for line in lines if line["type"] == "stock_out")
    at = from_ms(day) + timedelta(days=1)
    judgement_io.sweep_shares(conn, at)
    sites = {one["key"]: one for one in sources_io.site_balances(conn)}
    for site in sites.values():
        for one in site["days"]:
            assert one["opening"] + one["arrived"] - one["left"] == one["closing"]
            assert one["unexplained"] == 0
    assert sites["LJ-01"]["stock"] == 6, "they came back"
    assert sum(one["filled"] for one in sites["LJ-01"]["days"]) == 6
    assert sum(one["arrived"] for one in sites["LJ-GYZ-1"]["days"]) == 6
    assert sources_io.sweep_balances(conn, at) == []

    stray = {"event_id": "00000000-0000-4000-8000-0000000000aa", "type": "stock_out",
             "code": CITY.code(0), "at": day + 7_200_000, "site_id": "LJ-01"}  # fmt: skip
    send(conn, office, [stray], NOW)
    judgement_io.sweep_shares(conn, at)
    sources_io.sweep_balances(conn, at)
    (found,) = list_findings(conn, office, Filter(rules=["E21"]), limit=9)["items"]
    assert (found["key"], found["value"], found["severity"]) == ("LJ-01", 1, "data")
