"""Cylinders told over files and scanners: judged, withdrawn, and found the same by the sweep."""

import json
import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg import Connection
from psycopg.types.json import Jsonb

from core.values import OrgId, Role, Viewer, from_ms, to_ms
from devices.readings import CylinderEvent, Readings, Stamp
from geo.gas import imports_io, judgement_io, ledger_io, people_io, registers_io, sources_io
from geo.gas.findings_io import Filter, finding, list_findings
from geo.gas.history import KINDS, OBSERVATIONS
from geo.gas.lines import Row
from tests.integration.evaluators.road import make_device, make_org
from tests.unit.geo.gas.lives import life

NOW = datetime(2026, 6, 1, tzinfo=UTC)
NAMES = {11: "ST-1", 12: "DEPOT-1", 13: "ST-2", 21: "澜江燃气", 22: "他家燃气", 31: "沪DW1208",
         41: "YSP35.5", 51: "courier-1", 52: "courier-2", 53: "courier-3"}  # fmt: skip
COLUMNS = {"site": "site_id", "owner": "owner_company", "spec": "spec", "serial": "cylinder_serial",
           "vehicle": "vehicle", "giver": "from_party", "taker": "to_party", "courier": "courier",
           "due": "next_inspection_due", "scrap_due": "scrap_due"}  # fmt: skip


@pytest.fixture
def viewer(conn: Connection[Any]) -> Viewer:
    org = OrgId(make_org(conn))
    return Viewer("gas", Role.ADMIN, org, frozenset({org}))


@pytest.fixture
def office(conn: Connection[Any], viewer: Viewer) -> Viewer:
    """With the registers in which the lives of tests/unit/geo/gas are legal."""
    site = {"company": "澜江燃气", "licence_until": "2030-01-01"}
    registers: dict[str, list[dict[str, Any]]] = {
        "site": [
            {"key": "ST-1", "role": "filling", "lat": 31.2, "lon": 121.5, **site},
            {"key": "DEPOT-1", "role": "depot", "lat": 31.23, "lon": 121.53, **site},
        ],
        "vehicle": [{"key": "沪DW1208", "company": "澜江燃气"}],
        "user": [{"key": f"U{no}", "lat": 31.21, "lon": 121.51} for no in range(600, 650)],
    }
    for kind, rows in registers.items():
        report, _ = registers_io.take_in(conn, viewer, kind, rows, datum="wgs84", dry_run=False,
                                         now=NOW)  # fmt: skip
        assert report["counts"]["created"] == len(rows)
    return viewer


def told(no: int, rounds: int, chance: Random) -> list[dict[str, Any]]:
    """A legal life as lines of a file."""
    lines = []
    for step in life(no, rounds, chance):
        line: dict[str, Any] = {"event_id": str(uuid4()), "type": step["kind"],
                                "code": f"3100{no:05d}", "at": step["at"]}  # fmt: skip
        for name, column in COLUMNS.items():
            if name in step:
                line[column] = NAMES.get(step[name], step[name])
        if "serial" in step:
            line["cylinder_serial"] = f"S{step['serial']}"
        if "user" in step:
            key = "from_user" if step["kind"] == "return" else "user_id"
            line[key] = f"U{step['user']}"
        for name, column in (("net_g", "net"), ("gross_g", "gross")):
            if name in step:
                line[column] = step[name] / 1000
        lines.append(line)
    return lines


def send(
    conn: Connection[Any], viewer: Viewer, lines: Sequence[dict[str, Any]], now: datetime = NOW
) -> dict[str, Any]:
    rows = [Row(no, line) for no, line in enumerate(lines, 1)]
    report, _ = imports_io.take_in(conn, viewer, rows, system="centre", datum="wgs84", now=now)
    return report


def said(conn: Connection[Any], viewer: Viewer, withdrawn: bool | None = False) -> set[str]:
    found = list_findings(conn, viewer, Filter(withdrawn=withdrawn), limit=500)["items"]
    return {f"{one['rule']} {one['variant']} {one['key']}" for one in found}


def quiet(conn: Connection[Any], now: datetime) -> None:
    for _ in range(5):
        judgement_io.sweep(conn, now)
        people_io.sweep(conn, now)


def test_legal_lives_say_nothing_in_any_order(conn: Connection[Any], office: Viewer) -> None:
    chance = Random(5)
    lines = [line for no in range(6) for line in told(no, 2, chance)]
    chance.shuffle(lines)
    for start in range(0, len(lines), 40):
        send(conn, office, lines[start : start + 40])
    quiet(conn, NOW + timedelta(days=3))
    assert said(conn, office, withdrawn=None) == set()


def test_the_bureau_changes_how_long_to_wait_and_how_much_it_weighs(
    conn: Connection[Any], office: Viewer
) -> None:
    lines = [line for line in told(1, 1, Random(3)) if line["type"] != "fill"]
    after = max(from_ms(line["at"]) for line in lines) + timedelta(hours=2)
    send(conn, office, lines, after)
    quiet(conn, after + timedelta(hours=5))
    assert said(conn, office) == set(), "a day is waited for what may still come"
    body = {"settle_h": {"E1": 3}, "severity": {"E1/no_fill": "critical"}}
    shape, _ = registers_io.set_limits(conn, office, body, after)
    assert (shape["settle_h"]["E1"], shape["settle_h"]["E3"]) == (3, 24)
    judgement_io.sweep_shares(conn, after + timedelta(hours=5))
    quiet(conn, after + timedelta(hours=5))
    found = list_findings(conn, office, Filter(), limit=500)["items"]
    assert [(one["rule"], one["severity"]) for one in found] == [("E1", "critical")]


def test_a_missing_filling_is_found_and_withdrawn_when_it_comes(
    conn: Connection[Any], office: Viewer
) -> None:
    lines = told(1, 1, Random(3))
    fill = next(line for line in lines if line["type"] == "fill")
    send(conn, office, [line for line in lines if line is not fill])
    quiet(conn, NOW + timedelta(hours=23))
    assert said(conn, office) == set(), "it may still come"
    quiet(conn, NOW + timedelta(hours=25))
    assert said(conn, office) == {"E1 no_fill 310000001"}

    late = NOW + timedelta(days=2)
    send(conn, office, [fill], late)
    assert said(conn, office) == set()
    (gone,) = list_findings(conn, office, Filter(withdrawn=True), limit=9)["items"]
    assert gone["withdrawn"] == "late_event"
    moves = finding(conn, office, gone["id"])["moves"]
    assert [move["move"] for move in moves] == ["raised", "withdrawn"]
    assert moves[1]["body"]["events"][0]["event_id"] == fill["event_id"]


def test_a_declared_event_takes_its_finding_back(conn: Connection[Any], office: Viewer) -> None:
    lines = told(2, 1, Random(3))
    odd = {"event_id": str(uuid4()), "type": "fill", "code": lines[0]["code"],
           "at": lines[-1]["at"] + 86_400_000, "station": "ST-9", "net": 14.5}  # fmt: skip
    send(conn, office, [*lines, odd])
    quiet(conn, NOW + timedelta(days=2))
    assert "E7 unknown_site 310000002" in said(conn, office)
    code, _ = ledger_io.declare(conn, office, UUID(odd["event_id"]),
        reason="did_not_occur", corrected_by=[], note="scale test", now=NOW)  # fmt: skip
    judgement_io.judge_cylinders(conn, [code], NOW + timedelta(days=3))
    assert said(conn, office) == set()
    gone = list_findings(conn, office, Filter(withdrawn=True), limit=50)["items"]
    assert {one["withdrawn"] for one in gone} == {"declared"}


def test_a_register_that_learns_takes_findings_back(conn: Connection[Any], office: Viewer) -> None:
    lines = told(3, 1, Random(3))
    for line in lines:
        if line.get("vehicle"):
            line["vehicle"] = "沪A0001"
    send(conn, office, lines)
    quiet(conn, NOW + timedelta(days=2))
    assert said(conn, office) == {"E15 vehicle 310000003"}
    registers_io.take_in(conn, office, "vehicle", [{"key": "沪A0001"}], datum="wgs84",
                         dry_run=False, now=NOW + timedelta(days=2))  # fmt: skip
    quiet(conn, NOW + timedelta(days=2, minutes=1))
    assert said(conn, office) == set()
    (gone,) = list_findings(conn, office, Filter(withdrawn=True), limit=9)["items"]
    assert gone["withdrawn"] == "register"


def test_a_hoard_is_found_from_lives_of_many_cylinders(
    conn: Connection[Any], office: Viewer
) -> None:
    chance = Random(3)
    for no in range(3):
        lines = [line for line in told(no, 1, chance) if line["type"] not in ("return",)][:-1]
        for line in lines:
            if "user_id" in line:
                line["user_id"] = "U600"
        send(conn, office, lines)
    quiet(conn, NOW + timedelta(days=2))
    hoards = [one for one in said(conn, office) if one.startswith("E13")]
    assert hoards == ["E13 user U600"]


def test_increments_and_the_whole_sweep_agree(conn: Connection[Any], office: Viewer) -> None:
    chance = Random(11)
    lines = [line for no in range(40) for line in told(no, 2, chance)]
    kept = [line for line in lines if chance.random() > 0.06]
    for line in kept:
        if chance.random() < 0.03:
            line["user_id" if "user_id" in line else "site_id"] = chance.choice(["U601", "ST-9"])
    chance.shuffle(kept)
    for start in range(0, len(kept), 37):
        send(conn, office, kept[start : start + 37], NOW + timedelta(seconds=start))
    later = NOW + timedelta(days=3)
    quiet(conn, later)
    read, found, differ = judgement_io.differing(conn, later)
    assert (read, differ) == (len(kept), [])
    assert found == len([one for one in said_rows(conn, office) if one["subject"] == "cylinder"])
    assert found > 20, "the test must have something to agree on"
    conn.execute("UPDATE gas_finding SET withdrawn_at = now() WHERE id = (SELECT min(id) FROM"
                 " gas_finding WHERE subject = 'cylinder' AND withdrawn_at IS NULL)")  # fmt: skip
    assert len(judgement_io.differing(conn, later)[2]) == 1, "a sweep that can find nothing"


def said_rows(conn: Connection[Any], viewer: Viewer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = list_findings(conn, viewer, Filter(), limit=5_000)["items"]
    return found


def test_every_kind_of_broken_line_is_named_and_the_others_are_taken(
    conn: Connection[Any], office: Viewer
) -> None:
    good = told(7, 1, Random(1))
    base = {"event_id": str(uuid4()), "type": "scan", "code": "x", "at": good[0]["at"]}
    broken: dict[str, dict[str, Any]] = {
        "event_id is missing": {k: v for k, v in base.items() if k != "event_id"},
        "unknown type": {**base, "type": "explode"},
        "code": {**base, "code": ""},
        "no time": {**base, "at": "yesterday"},
        "seen this at": {**base, "at": 4_000_000_000_000},
        "deliver needs user_id": {**base, "type": "deliver"},
        "net is out of range": {**base, "type": "fill", "station": "ST-1", "net": "a lot"},
        "both lat and lon": {**base, "lat": 31.2},
        "unknown datum": {**base, "lat": 31.2, "lon": 121.5, "datum": "mars"},
        "other contents": {**good[0], "cylinder_serial": "another"},
        "cannot be stored": {**base, "code": "\ud800"},
        "text cannot be stored": {**base, "note": "\ud800", "event_id": "\ud800"},
        "stored: numbers are finite": {**base, "extra": math.nan},
        "nesting is not too deep": {**base, "extra": [1e999]},
        "character zero": {**base, "extra": {"a": "\x00"}},
    }
    lines = [*good, *broken.values()]
    report = send(conn, office, lines)
    assert report["counts"] == {
        "created": len(good), "unchanged": 0, "refused": len(broken)
    }  # fmt: skip
    for no, (words, one) in enumerate(zip(broken, report["refused"], strict=True), len(good) + 1):
        assert one["row"] == no
        assert words in one["en"], (words, one["en"])
        assert one["zh"]
    json.dumps(report, ensure_ascii=False).encode()  # what was told is named, and can be sent
    again = send(conn, office, [*good, base])
    assert again["counts"] == {"created": 1, "unchanged": len(good), "refused": 0}
    assert from_ms(good[0]["at"]) < NOW


def test_readings_handed_again_change_nothing(conn: Connection[Any], office: Viewer) -> None:
    at_ms = to_ms(NOW)
    stamp = Stamp(make_device(conn, office.org_id, "officer-9"), "officer-9", "officer",
                  int(office.org_id), at_ms, 1, at_ms)  # fmt: skip
    seen = CylinderEvent(stamp, uuid4(), "scan", "777700001", {"observed": ["decanted"]})
    conn.execute(
        """INSERT INTO cylinder_event (event_id, device_no, at, seq, received_at, batch_id, org_id,
                                       type, code, detail)
           VALUES (%s, %s, %s, 1, %s, 64, %s, 'scan', %s, '{"observed": ["decanted"]}')""",
        (seen.event_id, stamp.device_no, NOW, NOW, office.org_id, seen.code),
    )
    readings = Readings.empty()
    readings.add(seen)
    judge = judgement_io.GasEvaluator()
    (event,) = judge.evaluate(conn, readings, NOW)
    assert event.kind == "gas.findings"
    assert event.body["counts"] == {"raised": 2, "withdrawn": 0}
    judge.forget()
    assert list(judge.evaluate(conn, readings, NOW)) == []
    assert said(conn, office) == {"OBS decanted 777700001", "E6 scanned 777700001"}


def test_numbers_beside_an_event_are_those_of_the_codec(conn: Connection[Any]) -> None:
    """The migration names event types and observations in the order the rules number them."""
    names = conn.execute(
        "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef d JOIN pg_attribute a"
        " ON a.attrelid = d.adrelid AND a.attnum = d.adnum"
        " WHERE a.attrelid = 'cylinder_event'::regclass AND a.attname = 'kind'"
    )
    (text,) = names.fetchone() or ("",)
    assert re.findall(r"'(\w+)'::text", text) == list(KINDS[1:])
    for bit, name in enumerate(OBSERVATIONS):
        row = conn.execute("SELECT gas_observed(%s)", (Jsonb([name]),)).fetchone()
        assert row == (1 << bit,)


def test_whatever_a_scanner_says_can_be_stored(conn: Connection[Any], office: Viewer) -> None:
    """The columns beside an event are total: nonsense says nothing and breaks nothing."""
    for no, told_ in enumerate((
        {"net": 1e300}, {"net": "x"}, {"net": None}, {"lat": [1]}, {"observed": "damaged"},
        {"observed": {}}, {"next_due": -5e99}, {"site_id": {"a": 1}}, {"scrap_due": True},
    )):  # fmt: skip
        conn.execute(
            """INSERT INTO cylinder_event (event_id, at, received_at, org_id, type, code, detail)
               VALUES (gen_random_uuid(), %s, %s, %s, 'fill', %s, %s)""",
            (NOW, NOW, office.org_id, f"odd-{no}", Jsonb(told_)),
        )
        judgement_io.judge_cylinders(conn, [f"odd-{no}"], NOW)


def test_a_station_that_falls_silent_is_named_until_its_file_comes(
    conn: Connection[Any], office: Viewer
) -> None:
    def scans(back: int) -> list[dict[str, Any]]:
        return [{"event_id": str(uuid4()), "type": "stock_in", "code": f"q{no}", "site_id": "ST-1",
                 "at": to_ms(NOW) - back * 86_400_000 - no} for no in range(6)]  # fmt: skip

    send(conn, office, [line for back in range(2, 20) for line in scans(back)])
    sources_io.sweep(conn, NOW)
    (one,) = list_findings(conn, office, Filter(rules=["E22"]), limit=9)["items"]
    assert (one["subject"], one["key"], one["severity"], one["lat"]) == (
        "site", "ST-1", "data", 31.2,
    )  # fmt: skip
    send(conn, office, scans(1))
    sources_io.sweep(conn, NOW)
    assert list_findings(conn, office, Filter(rules=["E22"]), limit=9)["items"] == []


def test_cylinders_that_stand_together_are_a_place_to_look_at(
    conn: Connection[Any], office: Viewer
) -> None:
    def scans(count: int, lat: float, at: datetime) -> list[dict[str, Any]]:
        return [{"event_id": str(uuid4()), "type": "scan", "code": f"c{lat}-{no}", "lon": 121.7,
                 "lat": lat + no * 1e-4, "at": to_ms(at)} for no in range(count)]  # fmt: skip

    hidden = scans(5, 31.4, NOW - timedelta(hours=50))
    send(conn, office, [*hidden, *scans(4, 31.5, NOW - timedelta(hours=50)),
                        *scans(6, 31.6, NOW - timedelta(hours=40))])  # fmt: skip
    send(conn, office, [dict(line, lon=121.5) for line in scans(6, 31.2, NOW - timedelta(days=9))])
    sources_io.sweep_places(conn, NOW)
    (one,) = list_findings(conn, office, Filter(rules=["E14"]), limit=9)["items"]
    assert (one["subject"], one["value"], len(one["detail"]["codes"])) == ("place", 5, 5)
    assert abs(one["lat"] - 31.4002) < 1e-6
    sources_io.sweep_places(conn, NOW)
    moved = {"event_id": str(uuid4()), "type": "stock_in", "code": hidden[0]["code"],
             "site_id": "ST-1", "at": to_ms(NOW)}  # fmt: skip
    send(conn, office, [moved])
    sources_io.sweep_places(conn, NOW)
    assert list_findings(conn, office, Filter(rules=["E14"]), limit=9)["items"] == []
    (gone,) = list_findings(conn, office, Filter(rules=["E14"], withdrawn=True), limit=9)["items"]
    assert gone["withdrawn"] == "ended"
