"""The boards: counted by hand, within the scope, the same as what the lists say."""

from datetime import timedelta
from typing import Any

import httpx

from core import clock
from tests.website import Site

HOUR = timedelta(hours=1)


def ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def fill(site: Site) -> None:
    now = clock.now()
    with site.connect() as conn:
        conn.execute(
            "UPDATE unit_state SET state = CASE WHEN device_no % 2 = 0 THEN 'break' ELSE 'on_duty'"
            " END"
        )
        conn.execute(
            """INSERT INTO roster_shift (org_id, device_no, kind, starts_at, ends_at, created_at,
                                         created_by)
               SELECT org_id, no, 'patrol', %s, %s, now(), 'x' FROM device""",
            (now - HOUR, now + HOUR),
        )
        conn.execute(
            """INSERT INTO roster_shift (org_id, device_no, kind, starts_at, ends_at, created_at,
                                         created_by)
               SELECT org_id, no, 'leave', %s, %s, now(), 'x' FROM device WHERE id = 'officer-2'""",
            (now - HOUR, now + HOUR),
        )
        conn.execute(
            """INSERT INTO batch (session_no, no, received_at, stored, duplicate, rejected,
                                  oldest_at, newest_at)
               VALUES (0, 1, %(now)s, 90, 0, 10, %(now)s, %(now)s),
                      (0, 2, %(now)s, 10, 3, 0, %(now)s - interval '2 minutes', %(now)s)""",
            {"now": now - timedelta(minutes=1)},
        )
        conn.execute("INSERT INTO alive_span VALUES (0, %s, %s)", (now - HOUR, now))
    with site.client("dispatch") as client:
        body = {"kind": "inspection", "title": "x", "device_id": "officer-0"}
        task = ok(client.post("/api/v1/tasks", json=body))
        for move in ("ack", "depart", "arrive", "resolve"):
            said = {"move": move, "version": task["version"]}
            task = ok(client.post(f"/api/v1/tasks/{task['id']}/moves", json=said))
        ok(client.post("/api/v1/tasks", json={"kind": "inspection", "title": "y",
                                              "org_id": site.orgs["squad_b"]}))  # fmt: skip


def parts(one: dict[str, Any], name: str) -> tuple[float, float]:
    said = one["figures"][name]
    assert said["definition"]["zh"]
    return said["numerator"], said["denominator"]


def test_boards_by_hand(site: Site) -> None:
    fill(site)
    with site.client("dispatch") as client:
        duty = ok(client.get("/api/v1/boards/duty"))
        # Officers 0 and 2 are on duty (numbers 1 and 3); number 3 is on leave.
        assert parts(duty["total"], "on_duty") == (1, 3)
        assert duty["total"]["counts"]["officers"] == 4
        by_name = {one["name"]: one for one in duty["items"]}
        assert parts(by_name["squad_a"], "on_duty") == (1, 1)
        assert by_name["squad_b"]["counts"]["tasks_waiting"] == 1
        data = ok(client.get("/api/v1/boards/data"))
        assert parts(data["total"], "online") == (4, 4)
        assert parts(data["total"], "queued") == (10, 100)
        assert parts(data["total"], "refused") == (10, 110)
        assert data["hour"]["heartbeat_s"] < 60
        assert sum(one["readings"] for one in data["history"]) == 100
        now = clock.now()
        span = {"from": (now - HOUR).isoformat(), "to": (now + HOUR).isoformat()}
        squads = ok(client.get("/api/v1/boards/squads", params=span))
        mine = next(one for one in squads["items"] if one["name"] == "squad_a")
        assert (mine["tasks"], mine["resolved"]) == (1, 1)
        assert parts(mine, "answered") == (1, 1)
        assert mine["response_s"]["ack"]["p50"] >= 0
        table = client.get("/api/v1/boards/squads", params=span, headers={"Accept": "text/csv"})
        assert "squad_a" in table.text
    with site.client("squad_a") as client:
        duty = ok(client.get("/api/v1/boards/duty"))
        assert [one["name"] for one in duty["items"]] == ["squad_a"]
        squads = ok(client.get("/api/v1/boards/squads", params=span))
        assert [one["name"] for one in squads["items"]] == ["squad_a"]
