"""Plans, routes, grades, raises, rosters, the calendar and points over REST."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from core import clock
from geo.patrol.windows import LOCAL
from tests.website import Site

API = "/api/v1/patrol"


def today(days: int = 0) -> str:
    return (clock.now().astimezone(LOCAL) + timedelta(days=days)).date().isoformat()


def ok(answer: httpx.Response, status: int = 201) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


@pytest.fixture
def point(site: Site) -> Any:
    with site.client("dispatch_a") as client:
        body = {"name": "桥头", "lon": 121.5, "lat": 31.24}
        return ok(client.post(f"{API}/points", json=body))


def kinds_since(site: Site, start: datetime) -> set[str]:
    with site.connect() as conn:
        rows = conn.execute("SELECT kind FROM event WHERE known_at >= %s", (start,))
        return {kind for (kind,) in rows}


def test_a_plan_from_preview_to_its_end(site: Site, point: Any) -> None:
    start = clock.now()
    body = {"points": [point["id"]], "shifts": [{"start": "00:00", "end": "00:00"}],
            "visits": {"every_s": 7200}}  # fmt: skip
    with site.client("dispatch_a") as client:
        said = ok(
            client.post(f"{API}/plans/preview",
                        json={"valid_from": today(), "body": body, "days": 3}), 200)  # fmt: skip
        assert 34 <= said["appear"]["count"] <= 37 and said["vanish"]["count"] >= 4
        plan = ok(client.post(f"{API}/plans", json={"name": "日夜", "valid_from": today(),
                                                   "body": body}))  # fmt: skip
        assert plan["in_force"] == 1 and plan["org_id"] == site.orgs["squad_a"]
        again = client.post(f"{API}/plans", json={"name": "日夜", "valid_from": today(),
                                                  "body": body})  # fmt: skip
        assert (again.status_code, again.json()["code"]) == (409, "name_taken")
        late = {"valid_from": today(1), "body": body | {"visits": {"per_day": 1}}, "note": "少些"}
        changed = ok(client.post(f"{API}/plans/{plan['id']}/versions", json=late))
        assert [v["version"] for v in changed["versions"]] == [1, 2] and changed["in_force"] == 1
        ok(client.post(f"{API}/plans/{plan['id']}/end", json={}), 204)
        assert client.post(f"{API}/plans/{plan['id']}/end", json={}).status_code == 404
        assert client.get(f"{API}/plans").json()["items"] == []
        (ended,) = client.get(f"{API}/plans", params={"history": True}).json()["items"]
        assert ended["ended_at"] is not None
    told = kinds_since(site, start)
    assert {"plan.created", "plan.changed", "plan.ended", "window.withdrawn"} <= told


def test_what_makes_no_plan_is_said(site: Site, point: Any) -> None:
    with site.client("dispatch_a") as client:
        for body, why in (
            ({"points": [point["id"]], "grade": 10}, "duty grade"),
            ({"points": [10**9]}, "point 1000000000"),
            ({"points": [point["id"]], "sometimes": 1}, "sometimes"),
        ):
            given = {"name": "x", "valid_from": today(), "body": body}
            answer = client.post(f"{API}/plans", json=given)
            assert answer.status_code == 422 and why in answer.json()["detail"]


def test_a_route_a_grade_and_a_raise(site: Site, point: Any) -> None:
    with site.client("dispatch_a") as client:
        stops = [{"point_id": point["id"], "travel_s": 300}]
        body = {"order": "ordered", "stops": stops}
        given = {"name": "沿江", "valid_from": today(), "body": body}
        route = ok(client.post(f"{API}/routes", json=given))
        ok(client.post(f"{API}/routes/{route['id']}/versions",
                       json={"valid_from": today(1), "body": {"stops": stops * 2}}))  # fmt: skip
        assert len(client.get(f"{API}/routes").json()["items"][0]["versions"]) == 2
        ok(client.post(f"{API}/routes/{route['id']}/end", json={}), 204)
        rule = {"rhythm": {"every_s": 3600}, "before_s": 600, "after_s": 300}
        grade = ok(client.post(f"{API}/grades",
                               json={"grade": 2, "valid_from": today(), "rule": rule}))  # fmt: skip
        assert client.get(f"{API}/grades").json()["items"][0]["rule"] == rule
        ok(client.post(f"{API}/grades/{grade['id']}/end", json={}), 204)
        lifted = ok(client.post(f"{API}/raises", json={
            "name": "进博会", "grade": 1, "valid_from": today(), "valid_to": today(30),
            "point_ids": [point["id"]]}))  # fmt: skip
        assert lifted["valid_to"] == today(30)
        ok(client.post(f"{API}/raises/{lifted['id']}/end", json={}), 204)
        assert client.get(f"{API}/raises").json()["items"] == []
        assert len(client.get(f"{API}/raises", params={"history": 1}).json()["items"]) == 1
        nothing = {"name": "x", "grade": 1, "valid_from": today(), "valid_to": today()}
        assert client.post(f"{API}/raises", json=nothing).status_code == 422


def test_squad_leaders_keep_the_roster(site: Site, point: Any) -> None:
    start = clock.now().replace(microsecond=0)
    body = {"device_no": site.units["officer-0"], "starts_at": start.isoformat(),
            "ends_at": (start + timedelta(hours=8)).isoformat(),
            "point_ids": [point["id"]]}  # fmt: skip
    with site.client("squad_a") as client:
        shift = ok(client.post(f"{API}/rosters", json=body))
        assert shift["device_id"] == "officer-0" and shift["point_ids"] == [point["id"]]
        assert client.post(f"{API}/rosters", json=body).json()["code"] == "shift_overlaps"
        later = body | {"ends_at": (start + timedelta(hours=9)).isoformat()}
        newer = ok(client.post(f"{API}/rosters", json=later | {"supersedes": shift["id"]}))
        span = {"from": start.isoformat(), "to": (start + timedelta(hours=1)).isoformat()}
        (listed,) = client.get(f"{API}/rosters", params=span).json()["items"]
        assert listed["id"] == newer["id"]
        ok(client.post(f"{API}/rosters/{newer['id']}/end", json={}), 204)
        foreign = body | {"device_no": site.units["officer-1"]}
        assert client.post(f"{API}/rosters", json=foreign).status_code == 404
    with site.client("viewer_a") as client:
        assert client.post(f"{API}/rosters", json=body).status_code == 403
        assert len(client.get(f"{API}/rosters", params={"history": True}).json()["items"]) == 2


def test_the_calendar_is_kept_by_the_bureau(site: Site) -> None:
    with site.client("viewer_a") as client:
        said = client.get(f"{API}/calendar", params={"year": 2026}).json()
        assert len(said["items"]) == 25 and said["ends"] == "2026-12-31"
        assert (said["warning"] is None) == (today(60) <= said["ends"])
    day = {"day": "2031-01-01", "kind": "restday", "name": "元旦", "source": "通知"}
    with site.client("dispatch_a") as client:
        assert client.post(f"{API}/calendar", json=day).status_code == 403
    with site.client("dispatch") as client:
        made = ok(client.post(f"{API}/calendar", json=day))
        assert client.post(f"{API}/calendar", json=day).json()["code"] == "day_exists"
        assert client.get(f"{API}/calendar").json()["ends"] == "2031-12-31"
        ok(client.post(f"{API}/calendar/{made['id']}/end", json={}), 204)
        wrong = day | {"day": "2031-01-04"}
        assert client.post(f"{API}/calendar", json=wrong).status_code == 422


def test_points_are_edited_and_ended(site: Site, point: Any) -> None:
    path = f"{API}/points/{point['id']}"
    with site.client("dispatch_a") as client:
        moved = ok(client.put(path, json={"lon": 121.51, "tag": "04:a1:b2:c3"}), 200)
        assert (moved["lon"], moved["tag"], moved["name"]) == (121.51, "04A1B2C3", "桥头")
        back = ok(client.put(path, json={"lon": 121.5, "tag": None}), 200)
        assert (back["lon"], back["tag"]) == (121.5, None)
        assert client.put(path, json={"name": None}).json()["name"] == "桥头"
    with site.client("admin_b") as stranger:
        assert stranger.put(path, json={"name": "x"}).status_code == 404
    with site.client("viewer_a") as viewer:
        assert viewer.post(f"{path}/end", json={}).status_code == 403
    with site.client("dispatch_a") as client:
        ok(client.post(f"{path}/end", json={}), 204)
        assert client.put(path, json={"name": "x"}).status_code == 404
        snapshot = client.get("/api/v1/snapshot").json()
        assert point["id"] not in [one["id"] for one in snapshot["points"]]
