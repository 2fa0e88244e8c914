"""Documents of anybody: what is of the wrong kind is refused by its number, and nothing crashes."""

from typing import Any

import pytest

from geo.gas.epcis import lines_of_document
from geo.gas.lines import NoLine, Row

EVENT: dict[str, Any] = {
    "type": "ObjectEvent", "eventID": "urn:uuid:7d1cb3f0-0000-4000-8000-00000000000a",
    "eventTime": "2026-03-01T09:12:00.000+08:00", "action": "OBSERVE", "bizStep": "storing",
    "epcList": ["urn:x:1"], "readPoint": {"id": "urn:site:1"},
}  # fmt: skip
DECLARED = {"declarationTime": "2026-03-01T09:12:00Z", "reason": "did_not_occur"}


def read(*events: Any) -> tuple[list[Any], list[Any]]:
    return lines_of_document({"type": "EPCISDocument", "epcisBody": {"eventList": list(events)}})


@pytest.mark.parametrize(
    "wrong",
    [
        {"epcList": 5}, {"epcList": "a"}, {"epcList": [5]}, {"epcList": {"a": 1}}, {"epcList": []},
        {"epcList": ["a", "b"]}, {"epcList": [], "childEPCs": 7}, {"epcList": [], "childEPCs": "x"},
        {"eventID": 5}, {"eventID": ["x"]}, {"bizStep": 5}, {"bizStep": ["storing"]},
        {"gas:type": 5}, {"gas:type": {}}, {"gas:detail": 5}, {"gas:detail": ["x"]},
        {"readPoint": "here"}, {"readPoint": {"id": 5}}, {"readPoint": ["x"]},
        {"bizLocation": 5, "readPoint": None}, {"parentID": 5}, {"sourceList": 5},
        {"sourceList": ["a"]}, {"sourceList": [{"source": 5}]}, {"destinationList": {"a": 1}},
        {"sensorElementList": ["a"]}, {"sensorElementList": 5},
        {"sensorElementList": [{"sensorReport": 5}]},
        {"sensorElementList": [{"sensorReport": ["a"]}]},
        {"sensorElementList": [{"sensorReport": [{"uom": 5, "value": 1}]}]},
        {"errorDeclaration": 5}, {"errorDeclaration": ["x"]}, {"errorDeclaration": {}},
        {"errorDeclaration": {"reason": "mood"}}, {"errorDeclaration": {"reason": ["x"]}},
        {"errorDeclaration": {**DECLARED, "correctiveEventIDs": 5}},
        {"errorDeclaration": {**DECLARED, "correctiveEventIDs": "x"}},
        {"errorDeclaration": {**DECLARED, "correctiveEventIDs": [5]}},
    ],
    ids=str,
)  # fmt: skip
def test_what_is_of_the_wrong_kind_is_a_refused_row(wrong: dict[str, Any]) -> None:
    lines, declared = read(EVENT, {**EVENT, **wrong}, EVENT)
    assert [type(one) for one in lines] == [Row, NoLine, Row]
    assert [one.no for one in lines] == [1, 2, 3]
    assert lines[1].why.zh
    assert declared == []


@pytest.mark.parametrize("event", [5, "x", None, ["x"]])
def test_what_is_no_event_is_a_refused_row(event: Any) -> None:
    lines, _ = read(event, EVENT)
    assert [type(one) for one in lines] == [NoLine, Row]


def test_nothing_said_is_no_error() -> None:
    empty = dict.fromkeys(("errorDeclaration", "sourceList", "sensorElementList", "gas:detail",
                           "parentID", "bizLocation", "childEPCs"))  # fmt: skip
    (line,), declared = read({**EVENT, **empty})
    assert line.said == {
        "site_id": "urn:site:1", "event_id": "7d1cb3f0-0000-4000-8000-00000000000a",
        "type": "stock_in", "code": "urn:x:1", "at": EVENT["eventTime"],
    }  # fmt: skip
    assert declared == []


def test_a_number_of_somebody_else_is_kept_as_it_was_told() -> None:
    id_ = "ni:///sha-256;abc?ver=CBV2.0"
    said = {**DECLARED, "correctiveEventIDs": ["urn:y"]}
    (line,), (wrong,) = read({**EVENT, "eventID": id_, "errorDeclaration": said})
    assert line.said["event_id"] == wrong.event_id == id_
    assert (wrong.no, wrong.reason, wrong.corrected_by) == (1, "did_not_occur", ["urn:y"])
