"""EPCIS documents: they validate, and one of ours captured again changes nothing.

GS1's own JSON schema is not part of this project; `WAYPOST_EPCIS_SCHEMA` names a file that has
it (EPCIS-JSON-Schema.json of the standard's repository), and then documents are held against it.
"""

import json
import os
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid4

import jsonschema
import pytest
from psycopg import Connection
from psycopg.types.json import Jsonb

from core.errors import Invalid
from core.values import OrgId, Role, Viewer, to_ms
from devices.simulator.gas_city import GasCity
from geo.gas import epcis_io, ledger_io
from geo.gas.history import KINDS
from tests.integration.evaluators.road import make_org
from tests.integration.geo.gas.test_crimes import BEGIN, CITY, NOW, office
from tests.integration.geo.gas.test_judgement_io import said, send, viewer

__all__ = ["office", "viewer"]
SPAN = (BEGIN, NOW)
# What GS1's schema demands of every event, in our own words (EPCIS 2.0, 7.4).
SHAPE: dict[str, Any] = {
    "type": "object",
    "required": ["@context", "type", "schemaVersion", "creationDate", "epcisBody"],
    "properties": {
        "type": {"const": "EPCISDocument"},
        "epcisBody": {"required": ["eventList"], "properties": {"eventList": {"items": {
            "required": ["type", "eventID", "eventTime", "eventTimeZoneOffset", "action"],
            "properties": {
                "type": {"enum": ["ObjectEvent", "AggregationEvent", "TransactionEvent"]},
                "eventID": {"pattern": "^urn:uuid:"},
                "action": {"enum": ["ADD", "OBSERVE", "DELETE"]},
                "eventTimeZoneOffset": {"pattern": r"^[+-]\d\d:\d\d$"},
            },
        }}}},
    },
}  # fmt: skip


def every_type(city: GasCity) -> list[dict[str, Any]]:
    """A life, and one event of each type that a legal life has not."""
    lines = city.life(5, 2)
    for n, kind in enumerate(("inspect", "scan", "lost", "found", "adjust", "scrap")):
        lines.append({"event_id": str(uuid4()), "type": kind, "code": city.code(5),
                      "at": lines[-1]["at"] + 60_000 + n, "site_id": "LJ-01", "lat": 31.2,
                      "lon": 121.5, "datum": "gcj02"})  # fmt: skip
    return lines


def schemas() -> list[dict[str, Any]]:
    named = os.environ.get("WAYPOST_EPCIS_SCHEMA")
    return [SHAPE, json.loads(Path(named).read_text("utf-8"))] if named else [SHAPE]


def test_every_type_of_event_validates_and_comes_back(
    conn: Connection[Any], office: Viewer
) -> None:
    lines = every_type(CITY)
    Random(1).shuffle(lines)
    send(conn, office, lines, NOW)
    wrong = next(line["event_id"] for line in lines if line["type"] == "lost")
    ledger_io.declare(conn, office, UUID(wrong), reason="did_not_occur",
                      corrected_by=[], note="slip", now=NOW)  # fmt: skip
    out = epcis_io.export(conn, office, *SPAN, code=None, now=NOW)
    out = json.loads(json.dumps(out))
    assert {one["gas:type"] for one in out["epcisBody"]["eventList"]} == set(KINDS[1:])
    for schema in schemas():
        jsonschema.validate(out, schema)

    before = dump(conn)
    report, _ = epcis_io.capture(conn, office, out, system="", now=NOW + timedelta(days=1))
    assert report["counts"] == {
        "created": 0, "unchanged": len(lines), "refused": 0, "declared": 0
    }, report["refused"][:3]  # fmt: skip
    assert dump(conn) == before


def dump(conn: Connection[Any]) -> list[Any]:
    return conn.execute(
        """SELECT e::text, d::text FROM cylinder_event e LEFT JOIN cylinder_declaration d
            USING (event_id) ORDER BY 1"""
    ).fetchall()


def test_a_document_of_somebody_else_is_read_by_its_steps(
    conn: Connection[Any], office: Viewer
) -> None:
    event: dict[str, Any] = {
        "type": "AggregationEvent", "eventID": "urn:uuid:7d1cb3f0-0000-4000-8000-00000000000a",
        "eventTime": "2026-03-01T09:12:00.000+08:00", "eventTimeZoneOffset": "+08:00",
        "parentID": "urn:epc:id:grai:069.5.7", "childEPCs": ["urn:epc:id:grai:069.5.1"],
        "action": "ADD", "bizStep": "loading", "readPoint": {"id": "urn:epc:id:sgln:069.5.0"},
    }  # fmt: skip
    bad = {**event, "eventID": "x", "bizStep": "void_shipping"}
    said_ = {"type": "EPCISDocument", "epcisBody": {"eventList": [event, bad]}}
    report, _ = epcis_io.capture(conn, office, said_, system="them", now=NOW)
    assert report["counts"]["created"] == 1
    (refused,) = report["refused"]
    assert refused["row"] == 2
    (told,) = ledger_io.life(conn, office, "urn:epc:id:grai:069.5.1")
    assert told["type"] == "load"
    assert told["detail"]["vehicle"] == "urn:epc:id:grai:069.5.7"
    assert to_ms(told["at"]) == 1_772_327_520_000
    assert said(conn, office) == set()


def test_what_is_no_document_is_refused(conn: Connection[Any], office: Viewer) -> None:
    for wrong in ({}, {"type": "EPCISDocument"}, {"type": "EPCISDocument", "epcisBody": []}):
        with pytest.raises(Invalid):
            epcis_io.capture(conn, office, wrong, system="", now=NOW)


THEIRS: dict[str, Any] = {
    "type": "ObjectEvent", "eventTime": "2026-03-01T09:12:00.000+08:00", "bizStep": "storing",
    "eventTimeZoneOffset": "+08:00", "action": "OBSERVE", "epcList": ["urn:x:1"],
    "readPoint": {"id": "urn:site:1"},
}  # fmt: skip


def theirs(id_: str = "", **more: Any) -> dict[str, Any]:
    return {**THEIRS, "eventID": id_ or f"urn:uuid:{uuid4()}", **more}


def declared(*corrective: str, reason: str = "did_not_occur") -> dict[str, Any]:
    said_ = {"declarationTime": "2026-03-02T09:12:00.000+08:00", "reason": reason}
    return {**said_, "correctiveEventIDs": list(corrective)}


def take(conn: Connection[Any], who: Viewer, *events: Any) -> tuple[list[int], list[int]]:
    """(created, unchanged, refused, declared), rows refused."""
    said_ = {"type": "EPCISDocument", "epcisBody": {"eventList": list(events)}}
    report, _ = epcis_io.capture(conn, who, said_, system="them", now=NOW)
    assert all(row["zh"] and row["en"] for row in report["refused"])
    counts = report["counts"]
    return (
        [counts[name] for name in ("created", "unchanged", "refused", "declared")],
        [row["row"] for row in report["refused"]],
    )


def stood(conn: Connection[Any], who: Viewer, code: str = "urn:x:1") -> list[str | None]:
    return [one["declared"] for one in ledger_io.life(conn, who, code)]


def exported(conn: Connection[Any], who: Viewer) -> dict[str, Any]:
    """As it comes over the wire, held against the schemas."""
    out = json.loads(json.dumps(epcis_io.export(conn, who, *SPAN, code=None, now=NOW)))
    for schema in schemas():
        jsonschema.validate(out, schema)
    return dict(out)


def test_microseconds_come_back(conn: Connection[Any], office: Viewer) -> None:
    times = ("2026-03-01T09:12:00.123456+08:00", "2026-03-01T09:13:00.120000+08:00")
    lines = [{"event_id": str(uuid4()), "type": "scan", "code": "E1", "at": at} for at in times]
    send(conn, office, lines, NOW)
    out = exported(conn, office)
    told = [one["eventTime"] for one in out["epcisBody"]["eventList"]]
    assert told == ["2026-03-01T09:12:00.123456+08:00", "2026-03-01T09:13:00.120+08:00"]
    report, _ = epcis_io.capture(conn, office, out, system="", now=NOW)
    assert report["counts"] == {"created": 0, "unchanged": 2, "refused": 0, "declared": 0}


def test_what_a_scanner_said_comes_back_as_it_said_it(
    conn: Connection[Any], office: Viewer
) -> None:
    """Its messages are stored as they came; a line of a file is put into our words first."""
    odd = {
        "register": {"made_on": "2020-03", "owner_company": "x", "next_inspection_due": "soon"},
        "return": {"user_id": "U600", "net": "a lot", "note": "", "queued": None},
        "scan": {"lat": 31.2, "lon": 121.5, "datum": "gcj02", "observed": ["damaged"]},
        "deliver": {},
    }
    for type_, detail in odd.items():
        conn.execute(
            """INSERT INTO cylinder_event (event_id, at, received_at, org_id, type, code, detail)
               VALUES (gen_random_uuid(), %s, %s, %s, %s, 'raw', %s)""",
            (NOW - timedelta(days=1), NOW, office.org_id, type_, Jsonb(detail)),
        )
    out = exported(conn, office)
    before = dump(conn)
    report, _ = epcis_io.capture(conn, office, out, system="", now=NOW)
    assert report["counts"] == {"created": 0, "unchanged": 4, "refused": 0, "declared": 0}
    assert dump(conn) == before
    event = next(one for one in out["epcisBody"]["eventList"] if one["gas:type"] == "return")
    event["gas:detail"]["user_id"] = "U601"
    report, _ = epcis_io.capture(conn, office, out, system="", now=NOW)
    assert report["counts"]["refused"] == 1, "it says something else now"


def test_an_event_of_another_organisation_is_not_said_to_stand(
    conn: Connection[Any], office: Viewer
) -> None:
    send(conn, office, [{"event_id": str(uuid4()), "type": "scan", "code": "E1",
                         "at": "2026-03-01T09:12:00+08:00"}], NOW)  # fmt: skip
    out = exported(conn, office)
    org = OrgId(make_org(conn, "another"))
    other = Viewer("spy", Role.DISPATCHER, org, frozenset({org}))
    report, _ = epcis_io.capture(conn, other, out, system="", now=NOW)
    assert report["counts"] == {"created": 0, "unchanged": 0, "refused": 1, "declared": 0}


@pytest.mark.parametrize("id_", ["ni:///sha-256;abc?ver=CBV2.0", "urn:epc:id:x:1", "42"])
def test_a_declaration_names_its_event_as_its_line_does(
    conn: Connection[Any], office: Viewer, id_: str
) -> None:
    assert take(conn, office, theirs(id_)) == ([1, 0, 0, 0], [])
    assert take(conn, office, theirs(f"{id_}/right")) == ([1, 0, 0, 0], [])
    wrong = theirs(id_, errorDeclaration=declared(f"{id_}/right"))
    assert take(conn, office, wrong) == ([0, 1, 0, 1], [])
    assert sorted(map(str, stood(conn, office))) == ["None", "did_not_occur"]
    assert take(conn, office, wrong) == ([0, 1, 0, 0], []), "said again in the same words"


def test_a_number_without_a_system_is_a_refused_row(conn: Connection[Any], office: Viewer) -> None:
    events = [theirs(), theirs("42", errorDeclaration=declared())]
    said_ = {"type": "EPCISDocument", "epcisBody": {"eventList": events}}
    report, _ = epcis_io.capture(conn, office, said_, system="", now=NOW)
    assert [row["row"] for row in report["refused"]] == [2]
    assert take(conn, office, THEIRS, theirs()) == ([1, 0, 1, 0], [1]), "it has no number at all"


def test_a_declaration_that_cannot_stand_is_a_refused_row(
    conn: Connection[Any], office: Viewer
) -> None:
    missing = f"urn:uuid:{uuid4()}"
    lost = theirs(errorDeclaration=declared(missing))
    assert take(conn, office, theirs(), lost, theirs()) == ([3, 0, 1, 0], [2])
    assert stood(conn, office) == [None, None, None]

    wrong = theirs(errorDeclaration=declared())
    assert take(conn, office, wrong, theirs()) == ([2, 0, 0, 1], [])
    other = {**wrong, "errorDeclaration": declared(reason="incorrect_data")}
    assert take(conn, office, other, theirs()) == ([1, 1, 1, 0], [1]), "in other words than before"
    assert take(conn, office, wrong) == ([0, 1, 0, 0], [])
    assert stood(conn, office).count("did_not_occur") == 1


def test_the_same_declared_event_twice_in_one_document(
    conn: Connection[Any], office: Viewer
) -> None:
    wrong = theirs(errorDeclaration=declared())
    assert take(conn, office, wrong, theirs(), wrong) == ([2, 1, 1, 1], [3])


def test_the_event_that_stands_in_its_place_may_follow_in_the_document(
    conn: Connection[Any], office: Viewer
) -> None:
    right = theirs(action="OBSERVE")
    wrong = theirs(errorDeclaration=declared(right["eventID"], reason="incorrect_data"))
    assert take(conn, office, wrong, right) == ([2, 0, 0, 1], [])


def test_wrong_kinds_lose_no_other_event(conn: Connection[Any], office: Viewer) -> None:
    bad = [
        theirs(epcList=5), theirs(sensorElementList=["a"]), 5, theirs(eventTime=[1]),
        theirs(errorDeclaration=5), theirs(epcList=["\ud800"]), theirs(eventTime=None),
        theirs(errorDeclaration=declared("\ud800")), theirs("\ud800"),
    ]  # fmt: skip
    events = [theirs(), *bad, theirs()]
    assert take(conn, office, *events) == ([2, 0, 9, 0], list(range(2, 11)))
