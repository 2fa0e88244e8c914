"""The written descriptions of our interfaces say what the code does."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from core.values import Kind
from devices import codec
from devices.topics import Down, Up
from web.application import create_app
from web.live.hub import HEADER, LINKS, MAGIC, STATES, UNIT_BYTES
from web.settings import WebSettings

DOCS = Path(__file__).parents[3] / "docs"
ASYNC: dict[str, Any] = yaml.safe_load((DOCS / "asyncapi.yaml").read_text("utf-8"))
SCHEMAS = ASYNC["components"]["schemas"]
BODIES = {
    "position": [codec.PositionBody],
    "status": [codec.StatusBody, codec.CameraStatusBody],
    "checkin": [codec.CheckinBody],
    "cylinder": [codec.CylinderBody],
    "recording": [codec.RecordingBody],
    "event": [codec.EventBody],
    "batch": [codec.BatchBody],
    "ack": [codec.AckBody],
}


def test_every_channel_and_socket_is_described() -> None:
    addresses = {channel["address"] for channel in ASYNC["channels"].values()}
    topics = {f"waypost/v1/{{part}}/{{kind}}/{{device_id}}/{c}" for c in [*Up, *Down]}
    sockets = {
        route.path for route in all_routes(create_app(WebSettings("x"))) if "/ws/" in route.path
    }
    assert sockets == {"/ws/live", "/ws/events"}
    assert addresses == topics | sockets
    assert ASYNC["components"]["parameters"]["kind"]["enum"] == [str(kind) for kind in Kind]


@pytest.mark.parametrize("channel", [str(channel) for channel in Up])
def test_fields_of_what_devices_say(channel: str) -> None:
    fields = [field for body in BODIES[channel] for field in msgspec.structs.fields(body)]
    described = SCHEMAS[channel]
    assert set(described["properties"]) == {field.encode_name for field in fields}
    required = {field.encode_name for field in fields if field.required}
    assert set(described["required"]) == required


@pytest.mark.parametrize(
    ("channel", "field", "body"),
    [
        ("ack", "move", codec.AckBody),
        ("event", "type", codec.EventBody),
        ("cylinder", "type", codec.CylinderBody),
        ("checkin", "method", codec.CheckinBody),
        ("position", "datum", codec.PositionBody),
        ("position", "src", codec.PositionBody),
    ],
)
def test_words_that_may_be_said(channel: str, field: str, body: type[msgspec.Struct]) -> None:
    declared = msgspec.json.schema(body)["$defs"][body.__name__]["properties"][field]
    assert sorted(SCHEMAS[channel]["properties"][field]["enum"]) == sorted(declared["enum"])


def test_every_reference_leads_somewhere() -> None:
    for reference in re.findall(r'\$ref: "#/([^"]+)"', (DOCS / "asyncapi.yaml").read_text()):
        found: Any = ASYNC
        for step in reference.split("/"):
            found = found[step]


REST = """
GET POST DELETE /session
GET /picture/ticks /units/heat
GET /snapshot /picture /basemap /units /units/near /units/{id} /units/{id}/track /people /orgs
GET POST /devices
POST /devices/{id}/rotate
DELETE /devices/{id}
GET POST /fences
GET POST /standing-rules
POST /standing-rules/{id}/end
GET PUT DELETE /fences/{id}
GET POST /patrol/points
GET POST /patrol/windows
GET /patrol/verdicts /patrol/windows/{id}
POST /patrol/windows/{id}/excuse /patrol/excuses/{id}/end
GET POST /patrol/appeals
POST /patrol/appeals/{id}/decision
GET POST /patrol/rules
POST /patrol/rules/{version}/activate /patrol/rules/backtest
POST /patrol/import
GET /patrol/export
PUT /patrol/points/{id}
POST /patrol/points/{id}/end
GET POST /patrol/plans /patrol/routes /patrol/grades /patrol/raises /patrol/rosters /patrol/calendar
POST /patrol/plans/preview /patrol/plans/{id}/versions /patrol/routes/{id}/versions
POST /patrol/plans/{id}/end /patrol/routes/{id}/end /patrol/grades/{id}/end
POST /patrol/raises/{id}/end /patrol/rosters/{id}/end /patrol/calendar/{id}/end
GET /patrol/marks
POST /patrol/marks/{id}/review
GET /patrol/logs /patrol/logs/{device_id}/{day}
POST /patrol/logs/{device_id}/{day}/sign
GET /patrol/rates /reports/patrol-monthly /reports/patrol-monthly/page
POST /reports/patrol-monthly/freeze
GET POST /patrol/segments
GET /patrol/coverage
POST /patrol/segments/{id}/end
GET /patrol/proofs
GET POST /patrol/tags
POST /patrol/tags/{uid}/end
GET /patrol/tags/proposals
POST /patrol/tags/proposals/{id}/confirm
POST /patrol/tags/proposals/{id}/refuse
PUT /patrol/points/{id}/page
GET POST /patrol/tag-keys
POST /patrol/tag-keys/{id}/retire
GET POST /tasks
GET /tasks/{id}
GET POST /tasks/{id}/moves
POST /units/messages
GET POST /tasks/{id}/attachments /tasks/{id}/supervisions
GET /tasks/{id}/attachments/{attachment_id}
GET /task-kinds /task-policy /supervisions /tickets /tickets/{id}
PUT /task-kinds/{kind} /task-policy
POST /tickets/import /tickets/{id}/callbacks
GET /reports/complaints /reports/alarms
GET /boards/duty /boards/data /boards/squads
GET /tasks/{id}/candidates /alarms /events /quarantine /quarantine/{id} /audit /cameras
GET /cameras/expected /cameras/docks /cameras/metrics /cameras/metrics/export /cameras/{id}
GET /cameras/audit /cameras/audit/export /cameras/audit/{task_id}/{person_id}
POST /cameras/audit/{task_id}/{person_id}/clarifications /cameras/clarifications/{id}/review
GET POST /cameras/samples
GET /cameras/samples/export
POST /cameras/samples/{id}/replacement /cameras/samples/{id}/review
GET /recordings /recordings/{device_id}/{recording_id}
POST /recordings/{device_id}/{recording_id}/holds /recordings/{device_id}/{recording_id}/deletion
GET /equipment/board /equipment/export /equipment/checks /equipment/faults
GET POST /equipment/assets
GET /equipment/assets/{id}
POST /equipment/assets/{id}/moves /equipment/swaps /equipment/import
GET PUT /equipment/policy
POST /people /people/{id}/postings
GET /people/{id}
POST /alarms/{id}/acknowledge /alarms/{id}/shelve /alarms/{id}/clear /quarantine/{id}/redrive
GET /cylinders /cylinders/{code} /cylinders/{code}/trace
GET /gas/findings /gas/findings/{id} /gas/summary /gas/trace /gas/sites /gas/registers/{key}
GET POST /gas/registers /gas/epcis
GET PUT /gas/thresholds
POST /gas/findings/{id}/moves /gas/findings/{id}/task /gas/events /gas/events/{id}/declaration
POST /gas/observations /gas/recall
"""


def test_openapi_has_every_route_agreed_and_no_other() -> None:
    agreed = set()
    for line in REST.split("\n"):
        words = line.split()
        methods = [word.lower() for word in words if not word.startswith("/")]
        agreed |= {(m, f"/api/v1{w}") for w in words if w.startswith("/") for m in methods}
    agreed |= {("get", path) for path in ("/healthz", "/readyz", "/metrics")}
    document = create_app(WebSettings("x")).openapi()
    real = {(m, path) for path, methods in document["paths"].items() for m in methods}
    assert real == agreed
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation.get("description"), f"{method} {path} says nothing"


def test_the_page_of_frames_says_what_the_hub_writes() -> None:
    page = (DOCS / "live-frames.md").read_text("utf-8")
    assert f"{MAGIC:#010X}".replace("0X", "0x") in page
    assert f"A header of {HEADER.size} bytes" in page
    assert f"{UNIT_BYTES} bytes a unit" in page
    states = ", ".join(f"{code} {name}" for code, name in enumerate(STATES))
    assert states in re.sub(r"\s+", " ", page)
    links = ", ".join(f"{code} {name}" for code, name in enumerate(LINKS))
    assert links in page


def all_routes(app: Any) -> list[Any]:
    found = []
    for route in app.routes:
        inner = getattr(route, "original_router", None) or getattr(route, "router", None)
        is_group = inner is not None and not hasattr(route, "endpoint")
        found += all_routes(inner) if is_group else [route]
    return [route for route in found if hasattr(route, "path")]
