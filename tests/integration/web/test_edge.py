"""Every route: declared, scoped, honest about failure."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.values import Role
from tests.website import PASSWORD, Site
from web.application import create_app
from web.settings import WebSettings

APP = create_app(WebSettings("postgresql://nowhere"))


def routes(app: Any = APP) -> list[Any]:
    """All routes, also those within mounted routers."""
    found = []
    for route in app.routes:
        inner = getattr(route, "original_router", None) or getattr(route, "router", None)
        found += routes(inner) if inner is not None and not hasattr(route, "endpoint") else [route]
    return found


def rest() -> list[tuple[str, str]]:
    """(method, path) of each REST route, from the same document clients read."""
    paths = APP.openapi()["paths"].items()
    return [(method.upper(), path) for path, methods in paths for method in methods]


def test_every_route_declares_who_may_call_it() -> None:
    allowed = {"public", *map(str, Role)}
    found = routes()
    assert len(found) > 35
    for route in found:
        endpoint = getattr(route, "endpoint", None) or getattr(route, "app", None)
        assert getattr(endpoint, "authorisation", None) in allowed, route


PUBLIC = {
    ("POST", "/api/v1/session"), ("DELETE", "/api/v1/session"),
    ("GET", "/healthz"), ("GET", "/readyz"), ("GET", "/metrics"),
}  # fmt: skip


@pytest.mark.parametrize(("method", "path"), rest())
def test_strangers_get_401(site: Site, method: str, path: str) -> None:
    if (method, path) in PUBLIC:
        return
    with site.stranger() as client:
        answer = client.request(method, re.sub(r"\{\w+\}", "1", path), json={})
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json()) >= {"type", "title", "status", "detail", "code", "errors"}


def test_headers(site: Site) -> None:
    with site.stranger() as client:
        for path in ("/", "/api/v1/session", "/api/v1/docs", "/console/none.js"):
            headers = client.get(path).headers
            policy = headers["content-security-policy"]
            assert "script-src 'self';" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert headers["x-content-type-options"] == "nosniff"
            assert "server" not in headers


def test_the_page_of_the_api_needs_nothing_from_elsewhere(site: Site) -> None:
    with site.stranger() as client:
        page = client.get("/api/v1/docs").text
        paths = client.get("/api/v1/openapi.json").json()["paths"]
        assert client.get("/api/v1/docs.css").headers["content-type"].startswith("text/css")
    assert not re.findall(r"https?://", page)
    for path in paths:
        assert path in page


JSON = {"Content-Type": "application/json"}
CROSS = {"Sec-Fetch-Site": "cross-site"}
TASK = {"kind": "inspection", "title": "x"}


def test_problems(site: Site) -> None:
    with site.client("admin") as client:
        cases = [
            (client.get("/api/v1/nothing"), 404, "not_found"),
            (client.put("/api/v1/units"), 405, "method_not_allowed"),
            (client.get("/api/v1/units?limit=0"), 422, "invalid"),
            (client.get("/api/v1/units/none"), 404, "not_found"),
            (client.get("/api/v1/units?after=99999999999999999999"), 422, "invalid"),
            (client.post("/api/v1/tasks", content="{", headers=JSON), 422, "invalid"),
            (client.post("/api/v1/devices/x/rotate", content="a=b"), 403, "cross_site"),
            (client.post("/api/v1/tasks", json={"kind": "x", "title": "a\u0000b"}), 422, "invalid"),
            (client.post("/api/v1/session", json={"user": "x", "password": "y"},
                         headers={"Origin": "http://evil"}), 403, "cross_site"),
            (client.post("/api/v1/tasks", json=TASK, headers=CROSS), 403, "cross_site"),
        ]  # fmt: skip
    for answer, status, code in cases:
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        assert "Traceback" not in answer.text


def test_roles(site: Site) -> None:
    """(login, method, path, may) - the least role that may, and the one below."""
    cases = [
        ("viewer", "POST", "/api/v1/tasks", False),
        ("squad_a", "POST", "/api/v1/tasks", True),
        ("squad_a", "GET", "/api/v1/devices", False),
        ("dispatch", "GET", "/api/v1/devices", True),
        ("dispatch", "POST", "/api/v1/devices", False),
        ("dispatch", "GET", "/api/v1/audit", False),
        ("admin", "GET", "/api/v1/audit", True),
        ("dispatch", "GET", "/api/v1/quarantine", False),
    ]
    bodies = {
        "/api/v1/tasks": {"kind": "inspection", "title": "roles"},
        "/api/v1/devices": {"id": "roles-1", "kind": "officer"},
    }
    for login, method, path, may in cases:
        with site.client(login) as client:
            answer = client.request(method, path, json=bodies.get(path))
        assert (answer.status_code < 300) is may, (login, method, path, answer.text)
        assert may or answer.json()["code"] == "forbidden"


def test_a_squad_meets_nothing_of_another(site: Site) -> None:
    """Fault row 20: ids of squad b, asked for by every account of squad a on every route."""
    things = make_things_of_squad_b(site)
    secret = "TOPSECRET"
    tried = 0
    for login in ("admin_a", "dispatch_a", "squad_a", "viewer_a"):
        with site.client(login) as client:
            for method, path in rest():
                if (method, path) in PUBLIC or path.endswith(
                    ("/openapi.json", "/docs", "/basemap")
                ):
                    continue
                answer = client.request(method, fill(path, things), json=body_for(path, things))
                tried += 1
                assert secret not in answer.text, (login, method, path)
                if "{" in path:
                    assert answer.status_code in (403, 404), (login, method, path, answer.text)
                if method == "POST" and path not in READS_BY_POST:
                    assert answer.status_code >= 400, (login, path, answer.text)
                assert answer.status_code < 500, (login, method, path, answer.text)
    assert tried > 100
    with site.client("admin_b") as client:
        for path in ("units/officer-1", "cylinders/CYLINDER1", f"fences/{things['fence']}"):
            assert secret in client.get(f"/api/v1/{path}").text
        assert secret in client.get("/api/v1/snapshot").text, "the secret was there to be found"


THINGS = {
    "fence": """
        INSERT INTO fence (org_id, name, purpose, lat_deg, lon_deg, radius_m)
        VALUES (%(org)s, 'TOPSECRET', 'point', 31, 121, 50) RETURNING id""",
    "point": """
        INSERT INTO patrol_point (org_id, name, fence_id)
        VALUES (%(org)s, 'TOPSECRET', %(fence)s) RETURNING id""",
    "window": """
        INSERT INTO patrol_window (org_id, point_id, opens_at, due_at, closes_at)
        VALUES (%(org)s, %(point)s, now(), now(), now() + interval '1 hour') RETURNING id""",
    "excuse": """
        INSERT INTO patrol_excuse (window_id, kind, reason, created_at, created_by)
        VALUES (%(window)s, 'order', 'TOPSECRET', now(), 'x') RETURNING id""",
    "appeal": """
        INSERT INTO patrol_appeal (window_id, org_id, kind, reason, verdict_version, created_at,
                                   created_by)
        VALUES (%(window)s, %(org)s, 'makeup', 'TOPSECRET', 1, now(), 'x') RETURNING id""",
    "plan": """
        WITH head AS (INSERT INTO patrol_plan (org_id, name) VALUES (%(org)s, 'TOPSECRET')
                      RETURNING id)
        INSERT INTO patrol_plan_version (plan_id, version, valid_from, body, created_at, created_by)
        SELECT id, 1, '2026-01-01', '{"segments": [1]}', now(), 'x' FROM head RETURNING plan_id""",
    "route": """
        WITH head AS (INSERT INTO patrol_route (org_id, name) VALUES (%(org)s, 'TOPSECRET')
                      RETURNING id)
        INSERT INTO patrol_route_version (route_id, version, valid_from, body, created_at,
                                          created_by)
        SELECT id, 1, '2026-01-01', '{"stops": []}', now(), 'x' FROM head RETURNING route_id""",
    "grade": """
        INSERT INTO patrol_grade (org_id, grade, valid_from, rule, created_at, created_by)
        VALUES (%(org)s, 9, '2026-01-01',
                '{"rhythm": {"per_day": 1}, "before_s": 60, "after_s": 60}', now(), 'TOPSECRET')
        RETURNING id""",
    "raise": """
        INSERT INTO patrol_raise (org_id, name, grade, point_ids, valid_from, valid_to, created_at,
                                  created_by)
        VALUES (%(org)s, 'TOPSECRET', 9, ARRAY[%(point)s], '2026-01-01', '2026-01-02', now(), 'x')
        RETURNING id""",
    "shift": """
        INSERT INTO roster_shift (org_id, device_no, starts_at, ends_at, created_at, created_by)
        SELECT org_id, no, now(), now() + interval '1 hour', now(), 'TOPSECRET'
          FROM device WHERE id = %(unit)s RETURNING id""",
    "alarm": """
        INSERT INTO alarm (org_id, type, source, active, first_at, last_at)
        VALUES (%(org)s, 'sos', 'device:TOPSECRET', true, now(), now()) RETURNING id""",
    "quarantine": """
        INSERT INTO quarantine (sha256, topic, body, reason, detail, org_id, first_at, last_at)
        VALUES ('x', 'TOPSECRET', 'x', 'r', 'd', %(org)s, now(), now()) RETURNING id""",
    "segment": """
        INSERT INTO patrol_segment (org_id, name, line, created_at, created_by)
        VALUES (%(org)s, 'TOPSECRET',
                '{"type": "LineString", "coordinates": [[121, 31], [121.01, 31]]}', now(), 'x')
        RETURNING id""",
    "mark": """
        INSERT INTO patrol_mark (detector, rule, org_id, device_no, at, key, evidence)
        VALUES ('mock_fix', 'v2', %(org)s, %(no)s, now(), 'TOPSECRET', '{}') RETURNING id""",
    "tag": """
        INSERT INTO tag_enrolment (uid, point_id, enrolled_at, enrolled_by)
        VALUES ('04FEDCBA98', %(point)s, now(), 'TOPSECRET') RETURNING uid""",
    "finding": """
        INSERT INTO gas_finding (rule, variant, version, subject, key, anchor, org_id, severity,
                                 since, raised_at)
        VALUES ('E1', 'no_fill', 1, 'cylinder', 'TOPSECRET', 'x', %(org)s, 'high', now(), now())
        RETURNING id""",
    "entry": """
        INSERT INTO gas_register (kind, key, org_id, body, added_at, added_by)
        VALUES ('site', 'TOPSECRET', %(org)s, '{"name": "TOPSECRET"}', now(), 'x')
        RETURNING 999999""",
    "cylinder": """
        INSERT INTO cylinder_event (event_id, device_no, at, seq, received_at, batch_id, org_id,
                                    type, code, detail)
        SELECT gen_random_uuid(), no, now(), 1, now(), 1, org_id, 'fill', 'CYLINDER1',
               '{"site_id": "TOPSECRET"}'
          FROM device WHERE id = %(unit)s RETURNING code""",
    "cylinder_event": "SELECT event_id FROM cylinder_event WHERE code = 'CYLINDER1'",
    "person": """
        INSERT INTO person (org_id, badge, name) VALUES (%(org)s, 'B-1', 'TOPSECRET')
        RETURNING id""",
    "camera": """
        INSERT INTO device (id, kind, part, org_id, name)
        VALUES ('camera-b', 'camera', 1, %(org)s, 'TOPSECRET') RETURNING id""",
    "asset": """
        WITH head AS (INSERT INTO asset (serial, kind, created_at, created_by)
                      VALUES ('TOPSECRET', 'camera', now(), 'x') RETURNING id)
        INSERT INTO asset_move (asset_id, version, move, state, at, org_id, created_at, created_by)
        SELECT id, 1, 'register', 'in_store', now(), %(org)s, now(), 'x' FROM head
        RETURNING asset_id""",
    "recording": """
        INSERT INTO clip (device_no, recording_id, org_id, person_id, start_at, offset_ms, told_at,
                          upload_due)
        VALUES (%(no)s, 'TOPSECRET', %(org)s, %(person)s, now(), 0, now(), now())
        RETURNING recording_id""",
    "sample": """
        WITH drawn AS (INSERT INTO sample_draw (org_id, year, seed, wanted, body, created_at,
                                                created_by)
                       VALUES (%(org)s, 2026, 'TOPSECRET', 1, '{}', now(), 'x') RETURNING id)
        INSERT INTO sample (draw_id, org_id, month, device_no, recording_id, created_at, created_by)
        SELECT id, %(org)s, '2026-01-01', %(no)s, 'TOPSECRET', now(), 'TOPSECRET' FROM drawn
        RETURNING id""",
}


def make_things_of_squad_b(site: Site) -> dict[str, Any]:
    org = site.orgs["squad_b"]
    things: dict[str, Any] = {"org": org, "unit": "officer-1", "no": site.units["officer-1"]}
    with site.connect() as conn:
        conn.execute("UPDATE device SET name = 'TOPSECRET' WHERE id = 'officer-1'")
        for name, query in THINGS.items():
            row = conn.execute(query, things).fetchone()
            assert row is not None
            things[name] = row[0]
    with site.client("admin_b") as client:
        body = {"kind": "inspection", "title": "TOPSECRET"}
        things["task"] = client.post("/api/v1/tasks", json=body).json()["id"]
    with site.connect() as conn:
        for name, query in OF_THE_TASK.items():
            row = conn.execute(query, things).fetchone()
            assert row is not None
            things[name] = row[0]
    return things


OF_THE_TASK = {
    "ticket": """
        INSERT INTO ticket (system, external_id, org_id, task_id, subject, received_at, taken_at)
        VALUES ('12345', 'TOPSECRET', %(org)s, %(task)s, 'x', now(), now()) RETURNING id""",
    "verdict": """
        INSERT INTO recording_verdict (task_id, person_id, version, org_id, status, scene_from,
                                       scene_to, covered_s, scene_s, rule, reasons, evidence)
        VALUES (%(task)s, %(person)s, 1, %(org)s, 'NO_RECORDING', now(), now(), 0, 60, 'TOPSECRET',
                '[]', '{}') RETURNING version""",
    "clarification": """
        INSERT INTO recording_clarification (task_id, person_id, verdict_version, org_id, reason,
                                             note, created_at, created_by)
        VALUES (%(task)s, %(person)s, 1, %(org)s, 'forgot', 'TOPSECRET', now(), 'x')
        RETURNING id""",
}


# Which thing of squad b an id in a path means, by the words before it.
MEANT = {
    "devices": "unit",
    "patrol/points": "point",
    "patrol/windows": "window",
    "patrol/excuses": "excuse",
    "patrol/appeals": "appeal",
    "patrol/plans": "plan",
    "patrol/routes": "route",
    "patrol/grades": "grade",
    "patrol/raises": "raise",
    "patrol/rosters": "shift",
    "patrol/calendar": "calendar day",
    "patrol/segments": "segment",
    "patrol/marks": "mark",
    "patrol/tags": "tag",
    "patrol/tags/proposals": "tag proposal",
    "patrol/tag-keys": "tag key",
    "gas/findings": "finding",
    "gas/events": "cylinder_event",
    "gas/registers": "entry",
    "equipment/assets": "asset",
    "people": "person",
    "cameras/samples": "sample",
    "cameras/clarifications": "clarification",
}
# Bodies that would work, if only they were one's own: they name squad b's things.
BODIES: list[tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = [
    ("/fences/{id}", lambda _: {"name": "x", "radius_m": 50, "geometry": PLACE}),
    ("/gas/findings/{id}/moves", lambda _: {"move": "verify"}),
    ("/gas/findings/{id}/task", lambda _: {"note": "x"}),
    ("/equipment/assets/{id}/moves", lambda _: {"move": "report_fault", "note": "x"}),
    ("/equipment/swaps", lambda b: {"old_id": b["asset"], "new_id": b["asset"]}),
    ("/people/{id}/postings", lambda _: {"duty": "left"}),
    ("/clarifications", lambda _: {"reason": "forgot", "note": "x"}),
    ("/clarifications/{id}/review", lambda _: {"decision": "accepted"}),
    ("/samples/{id}/review", lambda _: {"answers": {}}),
    ("/replacement", lambda _: {"why": "x"}),
    ("/holds", lambda _: {"class": "evidence", "note": "x"}),
    ("/deletion", lambda _: {"step": "asked", "reason": "x"}),
    ("/declaration", lambda _: {"reason": "did_not_occur", "note": "x"}),
    ("/moves", lambda b: {"move": "assign", "version": 1, "device_id": b["unit"]}),
    ("/acknowledge", lambda _: {"note": "x"}),
    ("/supervisions", lambda _: {"step": "reminder", "reason": "x"}),
    ("/callbacks", lambda _: {"answered": True}),
    ("/shelve", lambda _: {"until": later(), "reason": "x"}),
    ("/tasks", lambda b: {"org_id": b["org"], "kind": "inspection", "title": "theirs",
                          "device_id": b["unit"]}),
    ("/fences", lambda b: {"org_id": b["org"], "name": "theirs", "purpose": "area",
                           "radius_m": 50, "geometry": PLACE}),
    ("/points", lambda b: {"org_id": b["org"], "name": "theirs", "lon": 121, "lat": 31,
                           "radius_m": 50}),
    ("/windows", lambda b: {"point_id": b["point"], "opens_at": "2026-12-01T00:00:00Z",
                            "due_at": "2026-12-01T01:00:00Z",
                            "closes_at": "2026-12-01T02:00:00Z"}),
    ("/excuse", lambda b: {"kind": "order", "reason": "x"}),
    ("/appeals", lambda b: {"window_id": b["window"], "kind": "makeup", "reason": "x"}),
    ("/decision", lambda b: {"decision": "approved"}),
    ("/sign", lambda b: {"role": "officer", "version": 1}),
    ("/review", lambda b: {"review": "harmless"}),
    ("/segments", lambda b: {"org_id": b["org"], "name": "theirs", "line": {
        "type": "LineString", "coordinates": [[121, 31], [121.01, 31]]}}),
    ("/tags", lambda b: {"uid": "04AABBCC", "point_id": b["point"]}),
    ("/tags/{uid}/end", lambda b: {}),
    ("/points/{id}", lambda b: {"name": "theirs"}),
    ("/page", lambda b: {"zh": "x", "en": "x"}),
    ("/plans", lambda b: {"org_id": b["org"], **version_of(b)}),
    ("/plans/preview", lambda b: {"org_id": b["org"], **version_of(b)}),
    ("/versions", lambda b: {**version_of(b)}),
    ("/routes", lambda b: {"org_id": b["org"], **version_of(b)}),
    ("/grades", lambda b: {"org_id": b["org"], "grade": 3, "valid_from": "2026-01-01",
                           "rule": {"rhythm": {"per_day": 1}, "before_s": 60, "after_s": 60}}),
    ("/raises", lambda b: {"org_id": b["org"], "name": "theirs", "grade": 1,
                           "valid_from": "2026-01-01", "valid_to": "2026-01-02",
                           "point_ids": [b["point"]]}),
    ("/rosters", lambda b: {"device_no": b["no"], "starts_at": "2026-12-01T00:00:00Z",
                            "ends_at": "2026-12-01T01:00:00Z"}),
    ("/calendar", lambda b: {"day": "2031-01-01", "kind": "restday", "name": "x", "source": "y"}),
    ("/rules", lambda b: {"version": "theirs", "body": {}}),
    ("/activate", lambda b: {}),
]  # fmt: skip
PLACE = {"type": "Point", "coordinates": [121, 31]}
READS_BY_POST = {
    "/api/v1/patrol/rules/backtest",
    "/api/v1/patrol/plans/preview",
}  # nothing is written


def version_of(things: dict[str, Any]) -> dict[str, Any]:
    """Of a plan, and of a route: what either does not know it ignores."""
    return {"name": "theirs", "valid_from": "2026-01-01",
            "body": {"points": [things["point"]]}}  # fmt: skip


def later() -> str:
    return (clock.now() + timedelta(hours=1)).isoformat()


def fill(path: str, things: dict[str, Any]) -> str:
    words = path.removeprefix("/api/v1/").split("/")
    named = ("/".join(words[:n]) for n in (3, 2, 1))
    name = next((MEANT[one] for one in named if one in MEANT), words[0].removesuffix("s"))
    path = path.replace("{code}", "CYLINDER1")
    query = "?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z" if path.endswith("/track") else ""
    query = f"?window_id={things['window']}" if path.endswith("/verdicts") else query
    query = "?lon=121&lat=31" if path.endswith("/near") else query
    query = "?from=2026-01-01&to=2026-02-01" if "/cameras/metrics" in path else query
    path = path.replace("{device_id}", things["unit"]).replace("{day}", "2026-01-01")
    path = path.replace("{recording_id}", things["recording"])
    path = path.replace("{task_id}", str(things["task"])).replace(
        "{person_id}", str(things["person"])
    )
    return re.sub(r"\{\w+\}", str(things.get(name, 999_999)), path) + query


def body_for(path: str, things: dict[str, Any]) -> dict[str, Any]:
    for end, body in BODIES:
        if path.endswith(end):
            return body(things)
    return {"org_id": things["org"], "id": "theirs-1", "kind": "officer", "user": "x",
            "password": PASSWORD}  # fmt: skip
