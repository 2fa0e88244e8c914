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

from core.errors import Invalid
from core.values import Viewer, to_ms
from devices.simulator.gas_city import GasCity
from geo.gas import epcis_io, ledger_io
from geo.gas.history import KINDS
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
