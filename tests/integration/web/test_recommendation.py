"""Whom to send, what it would break, and sending all the same with the duty lifted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from core.events_io import append_events
from geo.patrol import verdicts_io
from tests.website import Site

LON, LAT = 121.47, 31.23
API = "/api/v1"


def ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


@pytest.fixture
def windows(site: Site) -> list[int]:
    """Two windows of squad a that close in 20 minutes; only officer-0 is rostered for them."""
    with site.connect() as conn:
        conn.execute(
            "UPDATE unit_state SET state = 'on_duty', link = 'online', position_at = now()"
        )
        conn.execute("UPDATE roster_shift SET ended_at = now() WHERE ended_at IS NULL")
        conn.execute("UPDATE assignment SET ended = true WHERE NOT ended")
    made, points = [], []
    now = datetime.now(UTC)
    span = {"opens_at": now, "due_at": now + timedelta(minutes=10),
            "closes_at": now + timedelta(minutes=20)}  # fmt: skip
    with site.client("dispatch_a") as client:
        for name in ("南门", "北门"):
            title = f"{name} {datetime.now(UTC).isoformat()}"
            body = {"name": title, "lon": LON, "lat": LAT}
            points.append(ok(client.post(f"{API}/patrol/points", json=body))["id"])
            times = {key: at.isoformat() for key, at in span.items()}
            body = {"point_id": points[-1], "grace_s": 60, **times}
            made.append(int(ok(client.post(f"{API}/patrol/windows", json=body))["id"]))
        shift = {
            "device_no": site.units["officer-0"],
            "point_ids": points,
            "starts_at": (now - timedelta(hours=1)).isoformat(),
            "ends_at": (now + timedelta(hours=3)).isoformat(),
        }
        ok(client.post(f"{API}/patrol/rosters", json=shift))
    return made


def near(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = ok(client.get(f"{API}/units/near", params={"lon": LON, "lat": LAT}))
    return found


def of(found: dict[str, Any], unit: str) -> dict[str, Any]:
    return next(one for one in found["items"] if one["unit"]["id"] == unit)


def test_who_would_miss_windows_says_so_and_comes_later(site: Site, windows: list[int]) -> None:
    with site.client("dispatch") as client:
        found = near(client)
        assert [one["window_id"] for one in of(found, "officer-0")["breaks"]] == windows
        assert of(found, "officer-0")["breaks"][0]["others"] == 0
        assert "breaks_windows" in [r["code"] for r in of(found, "officer-0")["reasons"]]
        assert of(found, "officer-1")["breaks"] == []
        ids = [one["unit"]["id"] for one in found["items"]]
        assert ids.index("officer-0") > ids.index("officer-2")
        assert {one["code"] for one in found["shortfalls"]} <= {"silent", "busy", "off_duty"}
        ok(client.post(f"{API}/patrol/windows/{windows[0]}/excuse",
                       json={"kind": "order", "reason": "道路封闭"}))  # fmt: skip
        assert [b["window_id"] for b in of(near(client), "officer-0")["breaks"]] == windows[1:]


def assign(client: httpx.Client, windows: list[int], unit: str = "officer-0") -> httpx.Response:
    return client.post(f"{API}/tasks", json={
        "kind": "street", "title": "占道", "lon": LON, "lat": LAT, "device_id": unit,
        "exempt_window_ids": windows})  # fmt: skip


def result(site: Site, window: int, after: timedelta) -> str | None:
    """The verdict once the window is over."""
    now = datetime.now(UTC)
    with site.connect() as conn, conn.transaction():
        conn.execute("INSERT INTO alive_span VALUES (0, %s, %s) ON CONFLICT DO NOTHING",
                     (now - timedelta(hours=12), now + timedelta(hours=12)))  # fmt: skip
        append_events(conn, verdicts_io.sweep(conn, now + after))
        row = conn.execute(
            "SELECT result FROM patrol_verdict_now WHERE window_id = %s", (window,)
        ).fetchone()
    return None if row is None else str(row[0])


def test_a_window_exempted_in_the_same_breath_is_excused_and_the_other_is_not(
    site: Site, windows: list[int]
) -> None:
    with site.client("dispatch") as client:
        task = ok(assign(client, windows[:1]))
        (excuse,) = ok(client.get(f"{API}/patrol/windows/{windows[0]}"))["excuses"]
        assert (excuse["kind"], excuse["task_id"]) == ("dispatch", task["id"])
        assert excuse["assignment_id"] == task["assignment"]["id"]
    assert result(site, windows[0], timedelta(hours=2)) == "excused"
    assert result(site, windows[1], timedelta(hours=2)) != "excused"


@pytest.mark.parametrize("move", ["cancel", "return", "assign"])
def test_who_does_not_go_after_all_has_the_duty_back(
    site: Site, windows: list[int], move: str
) -> None:
    with site.client("dispatch") as client:
        task = ok(assign(client, windows))
        more = {"device_id": "officer-1"} if move == "assign" else {"reason": "误派"}
        ok(client.post(f"{API}/tasks/{task['id']}/moves",
                       json={"move": move, "version": task["version"], **more}))  # fmt: skip
        for window in windows:
            found = ok(client.get(f"{API}/patrol/windows/{window}"))
            assert [one["ended_at"] is None for one in found["excuses"]] == [False]
            assert found["window"]["result"] != "excused"
        assert [b["window_id"] for b in of(near(client), "officer-0")["breaks"]] == windows


def test_who_has_done_the_work_keeps_the_excuse(site: Site, windows: list[int]) -> None:
    with site.client("dispatch") as client:
        task = ok(assign(client, windows[:1]))
        ok(client.post(f"{API}/tasks/{task['id']}/moves",
                       json={"move": "resolve", "version": task["version"]}))  # fmt: skip
        (excuse,) = ok(client.get(f"{API}/patrol/windows/{windows[0]}"))["excuses"]
    assert excuse["ended_at"] is None


def test_what_cannot_be_exempted_is_refused_and_nothing_is_made(
    site: Site, windows: list[int]
) -> None:
    def tasks() -> int:
        with site.connect() as conn:
            row = conn.execute("SELECT count(*) FROM task").fetchone()
        assert row is not None
        return int(row[0])

    before = tasks()
    with site.client("dispatch") as client:
        not_its = assign(client, windows, unit="officer-2")
        assert (not_its.status_code, not_its.json()["code"]) == (409, "not_its_duty")
        nobody = client.post(f"{API}/tasks", json={"kind": "street", "title": "x",
                                                   "exempt_window_ids": windows})  # fmt: skip
        assert nobody.status_code == 422
    with site.client("squad_a") as leader:
        assert assign(leader, windows).status_code == 403
    with site.client("admin_b") as stranger:
        assert assign(stranger, windows, unit="officer-1").json()["code"] == "not_its_duty"
    assert tasks() == before
    with site.client("dispatch") as client:
        task = ok(assign(client, []))
        refused = client.post(
            f"{API}/tasks/{task['id']}/moves",
            json={"move": "resolve", "version": task["version"], "exempt_window_ids": windows},
        )
        assert refused.status_code == 422


def test_areas_left_without_anybody(site: Site, windows: list[int]) -> None:
    with site.client("dispatch") as client:
        fence = ok(client.post(f"{API}/fences", json={
            "name": "夜市", "geometry": {"type": "Point", "coordinates": [LON, LAT]},
            "radius_m": 200}))  # fmt: skip
        entered = "INSERT INTO crossing (device_no, fence_id, org_id, kind, at, by) " \
                  "VALUES (%s, %s, %s, %s, now() - interval '10 min', 'fix')"  # fmt: skip

        def cross(unit: str, kind: str) -> None:
            with site.connect() as conn:
                conn.execute(entered, (site.units[unit], fence["id"], site.orgs["squad_a"], kind))

        cross("officer-2", "entered")
        (void,) = of(near(client), "officer-2")["voids"]
        assert void == {"fence_id": fence["id"], "name": "夜市", "left": 0}
        cross("officer-1", "entered")
        assert of(near(client), "officer-2")["voids"] == [], "somebody else is there"
        cross("officer-1", "left")
        assert len(of(near(client), "officer-2")["voids"]) == 1
        client.delete(f"{API}/fences/{fence['id']}")
        assert of(near(client), "officer-2")["voids"] == []


def test_the_unit_somebody_has_in_mind_is_judged_and_first(site: Site, windows: list[int]) -> None:
    with site.client("dispatch") as client:
        body = {"kind": "inspection", "title": "x", "lon": LON, "lat": LAT}
        task = ok(client.post(f"{API}/tasks", json=body))
        path = f"{API}/tasks/{task['id']}/candidates"
        found = ok(client.get(path, params={"wanted": "officer-0", "limit": 1}))
        assert found["items"][0]["unit"]["id"] == "officer-0"
        assert [one["window_id"] for one in found["items"][0]["breaks"]] == windows
        assert len({one["unit"]["id"] for one in found["items"]}) == len(found["items"])
    with site.client("dispatch_a") as client:
        body = {"kind": "inspection", "title": "x", "lon": LON, "lat": LAT}
        task = ok(client.post(f"{API}/tasks", json=body))
        path = f"{API}/tasks/{task['id']}/candidates"
        assert client.get(path, params={"wanted": "officer-1"}).status_code == 404


def test_a_message_goes_to_devices_of_ones_own(site: Site) -> None:
    with site.client("squad_a") as client:
        twice = {"device_ids": ["officer-0", "officer-0"], "text": "集合"}
        sent = ok(client.post(f"{API}/units/messages", json=twice))
        assert sent["device_ids"] == ["officer-0"]
        both = {"device_ids": ["officer-0", "officer-1"], "text": "x"}
        assert client.post(f"{API}/units/messages", json=both).status_code == 404
        empty = {"device_ids": ["officer-0"], "text": "  "}
        assert client.post(f"{API}/units/messages", json=empty).status_code == 422
    with site.client("viewer") as client:
        said = {"device_ids": ["officer-0"], "text": "x"}
        assert client.post(f"{API}/units/messages", json=said).status_code == 403
    with site.connect() as conn:
        rows = conn.execute(
            "SELECT device_no, body FROM device_message WHERE channel = 'command'"
        ).fetchall()
        events = conn.execute("SELECT count(*) FROM event WHERE kind = 'message.sent'").fetchone()
    assert [(no, body["text"], body["from"]) for no, body in rows] == [
        (site.units["officer-0"], "集合", "squad_a")
    ]
    assert events == (1,)
