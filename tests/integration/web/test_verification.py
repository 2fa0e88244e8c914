"""The evidence of a window, excuses and appeals over REST: two people, two verdicts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from core.events_io import append_events
from geo.patrol import verdicts_io
from tests.website import Site

NOW = datetime.now(UTC).replace(microsecond=0)
OPENS = NOW - timedelta(hours=3)
FAR = timedelta(hours=12)


@pytest.fixture
def window(site: Site) -> int:
    """A point of squad a with a window nobody came to, judged."""
    with site.client("dispatch_a") as client:
        point = ok(client.post("/api/v1/patrol/points", json={
            "name": f"东门 {datetime.now(UTC).isoformat()}", "lon": 121.47, "lat": 31.23,
        }))  # fmt: skip
        made = ok(client.post("/api/v1/patrol/windows", json={
            "point_id": point["id"], "opens_at": OPENS.isoformat(),
            "due_at": (OPENS + timedelta(minutes=30)).isoformat(),
            "closes_at": (OPENS + timedelta(hours=1)).isoformat(), "grace_s": 60,
        }))  # fmt: skip
    with site.connect() as conn, conn.transaction():
        conn.execute(
            "INSERT INTO alive_span VALUES (0, %s, %s) ON CONFLICT DO NOTHING",
            (NOW - FAR, NOW + FAR),
        )
        append_events(conn, verdicts_io.sweep(conn, NOW))
    return int(made["id"])


def ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def makeup(client: httpx.Client, window: int, kind: str = "makeup") -> httpx.Response:
    body = {
        "window_id": window, "kind": kind, "reason": "标签损坏，已拍照",
        "evidence": [{"kind": "photo", "note": "现场", "sha256": "ab" * 32}],
    }  # fmt: skip
    return client.post("/api/v1/patrol/appeals", json=body)


def decide(client: httpx.Client, id_: int, decision: str, note: str = "属实") -> httpx.Response:
    body = {"decision": decision, "note": note}
    return client.post(f"/api/v1/patrol/appeals/{id_}/decision", json=body)


def test_the_evidence_says_what_was_required_and_what_came(site: Site, window: int) -> None:
    with site.client("viewer_a") as client:
        found = ok(client.get(f"/api/v1/patrol/windows/{window}"))
        assert client.get(f"/api/v1/patrol/windows/{window + 999}").status_code == 404
    assert found["window"]["result"] == "missed" and found["point"]["lon"] == 121.47
    assert [one["result"] for one in found["verdicts"]] == ["missed"]
    assert found["proofs"] == found["expected"] == found["appeals"] == found["excuses"] == []
    assert found["verdicts"][0]["reasons"][0]["zh"].startswith("时间窗内无打卡")
    with site.client("admin_b") as stranger:
        assert stranger.get(f"/api/v1/patrol/windows/{window}").status_code == 404
    with site.client("admin") as client:
        read = ok(client.get("/api/v1/audit?limit=1000"))["items"]
    assert ("viewer_a", f"window:{window}") in {(one["actor"], one["object"]) for one in read}


def test_one_files_another_approves_and_both_verdicts_stay(site: Site, window: int) -> None:
    with site.client("viewer_a") as officer, site.client("squad_a") as leader:
        filed = ok(makeup(officer, window))
        assert (filed["state"], filed["verdict_version"], filed["before"]) == ("open", 1, "missed")
        assert code(makeup(officer, window)) == (409, "appeal_open")
        assert code(decide(officer, filed["id"], "approved")) == (409, "same_person")
        open_ids = [a["id"] for a in ok(leader.get("/api/v1/patrol/appeals?state=open"))["items"]]
        assert filed["id"] in open_ids
        decided = ok(decide(leader, filed["id"], "approved"))
        assert decided["window"]["result"] == "makeup" and decided["state"] == "approved"
        assert code(decide(leader, filed["id"], "refused")) == (409, "already_decided")
        found = ok(leader.get(f"/api/v1/patrol/windows/{window}"))
        assert [one["result"] for one in found["verdicts"]] == ["missed", "makeup"]
        assert found["appeals"][0]["decision"]["decided_by"] == "squad_a"
        before = found["verdicts"][1]["known_at"]
        then = ok(leader.get("/api/v1/patrol/verdicts", params={
            "window_id": window, "as_of": earlier(before),
        }))["items"]  # fmt: skip
        assert [one["result"] for one in then] == ["missed"]
        events = ok(leader.get("/api/v1/events?limit=1000"))["items"]
    kinds = [one["kind"] for one in events if one["kind"].startswith("appeal.")]
    assert kinds[-2:] == ["appeal.filed", "appeal.decided"]


def test_a_refused_appeal_changes_nothing_and_says_why(site: Site, window: int) -> None:
    with site.client("viewer_a") as officer, site.client("squad_a") as leader:
        filed = ok(makeup(officer, window, "appeal"))
        assert code(decide(leader, filed["id"], "refused", "")) == (422, "invalid")
        decided = ok(decide(leader, filed["id"], "refused", "照片不是该点位"))
        assert decided["window"]["result"] == "missed"
        again = ok(makeup(officer, window, "appeal"))
        assert code(decide(leader, again["id"], "withdrawn")) == (403, "not_yours")
        assert ok(decide(officer, again["id"], "withdrawn"))["state"] == "withdrawn"
        found = ok(officer.get(f"/api/v1/patrol/windows/{window}"))
    assert [one["result"] for one in found["verdicts"]] == ["missed"]
    assert [one["state"] for one in found["appeals"]] == ["refused", "withdrawn"]


def test_a_viewer_decides_nothing(site: Site, window: int) -> None:
    with site.client("squad_a") as leader, site.client("viewer_a") as viewer:
        filed = ok(makeup(leader, window))
        assert code(decide(viewer, filed["id"], "approved")) == (403, "forbidden")
        assert code(makeup(viewer, window + 999)) == (404, "not_found")


def test_an_excuse_is_recorded_and_can_be_taken_back(site: Site, window: int) -> None:
    with site.client("dispatch_a") as client:
        task = ok(client.post("/api/v1/tasks", json={"kind": "inspection", "title": "支援"}))
        body = {"kind": "dispatch", "reason": "派往支援", "task_id": task["id"]}
        found = ok(client.post(f"/api/v1/patrol/windows/{window}/excuse", json=body))
        assert found["window"]["result"] == "excused"
        assert found["window"]["reasons"][0]["zh"] == "免于考核：派往支援"
        (excuse,) = found["excuses"]
        assert (excuse["task_id"], excuse["created_by"]) == (task["id"], "dispatch_a")
        ended = client.post(f"/api/v1/patrol/excuses/{excuse['id']}/end", json={})
        assert ended.status_code == 204
        assert client.post(f"/api/v1/patrol/excuses/{excuse['id']}/end", json={}).status_code == 404
        found = ok(client.get(f"/api/v1/patrol/windows/{window}"))
    assert [one["result"] for one in found["verdicts"]] == ["missed", "excused", "missed"]


def test_windows_are_filtered(site: Site, window: int) -> None:
    with site.client("viewer_a") as client:
        point = ok(client.get(f"/api/v1/patrol/windows/{window}"))["point"]
        span = {"from": (NOW - FAR).isoformat(), "to": NOW.isoformat(), "limit": 1000}

        def ids(**which: Any) -> list[int]:
            items = ok(client.get("/api/v1/patrol/windows", params={**span, **which}))["items"]
            return [one["id"] for one in items]

        assert ids(point_id=point["id"]) == [window]
        assert window in ids(result="missed") and window not in ids(result="on_time")
        assert window in ids(org_id=site.orgs["bureau"])
        assert ids(org_id=site.orgs["squad_b"]) == []
        assert ids(device_no=1) == []
        assert code(client.get("/api/v1/patrol/windows?result=nonsense"))[0] == 422


def test_rules_are_tried_and_then_count(site: Site, window: int) -> None:
    """A rule of the bureau: a longer patience with our own outages."""
    with site.connect() as conn:
        conn.execute("DELETE FROM alive_span")
        conn.execute(
            "INSERT INTO alive_span VALUES (0, %s, %s), (0, %s, %s)",
            (NOW - FAR, OPENS + timedelta(minutes=10),
             OPENS + timedelta(minutes=10, seconds=50), NOW + FAR),
        )  # fmt: skip
    body = {"judge": {"outage_max_s": 30.0}}
    span = {"from": OPENS.isoformat(), "to": NOW.isoformat()}
    with site.client("admin") as client:
        path = "/api/v1/patrol/rules"
        tried = ok(client.post(f"{path}/backtest", json={"body": body, **span}))
        assert tried["judged"] >= 1 and {"name": "missed → undeterminable", "count": 1} in (
            [one | {"count": min(one["count"], 1)} for one in tried["by_change"]]
        )
        assert window in [one["window_id"] for one in tried["changed"]]
        listed = ok(client.get(path))
        assert listed["items"] == [] and listed["builtin"]["active"]
        wrong = client.post(path, json={"version": "x", "body": {"judge": {"nonsense": 1}}})
        assert code(wrong) == (422, "invalid") and "nonsense" in wrong.text
        ok(client.post(path, json={"version": "strict", "body": body, "note": "试行"}))
        assert code(client.post(path, json={"version": "strict", "body": {}}))[1] == "rule_exists"
        ok(client.post(f"{path}/strict/activate", json={"valid_from": OPENS.isoformat()}))
        listed = ok(client.get(path))
        assert [one["version"] for one in listed["items"] if one["active"]] == ["strict"]
        with site.connect() as conn, conn.transaction():
            append_events(conn, verdicts_io.sweep(conn, NOW))
        versions = ok(client.get(f"/api/v1/patrol/verdicts?window_id={window}"))["items"]
    assert [(one["result"], one["rule"]) for one in versions] == [
        ("missed", "v2"), ("undeterminable", "strict"),
    ]  # fmt: skip
    with site.client("admin_a") as squad:
        assert code(squad.post(path, json={"version": "ours", "body": {}})) == (403, "forbidden")


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def earlier(at: str) -> str:
    return (datetime.fromisoformat(at) - timedelta(milliseconds=1)).isoformat()
