"""Gas cylinders over HTTP: a file, a bad filling, a recall, and what comes back from the field."""

import json
from random import Random
from typing import Any

from tests.integration.geo.gas.test_judgement_io import told
from tests.website import Site

NDJSON = {"Content-Type": "application/x-ndjson"}
CSV = {"Content-Type": "text/csv"}


def ndjson(rows: list[dict[str, Any]]) -> bytes:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()


def register(client: Any, kind: str, rows: list[dict[str, Any]]) -> dict[str, int]:
    answer = client.post(
        f"/api/v1/gas/registers?kind={kind}&dry_run=false", content=ndjson(rows), headers=NDJSON
    )
    assert answer.status_code == 200, answer.text
    counts: dict[str, int] = answer.json()["counts"]
    return counts


def open_office(client: Any) -> None:
    site = {"company": "澜江燃气", "licence_until": "2030-01-01"}
    register(client, "site", [
        {"key": "ST-1", "name": "澜江充装站", "role": "filling", "lat": 31.2, "lon": 121.5, **site},
        {"key": "DEPOT-1", "role": "depot", "lat": 31.23, "lon": 121.53, **site},
    ])  # fmt: skip
    register(client, "vehicle", [{"key": "沪DW1208"}])
    register(client, "user", [
        {"key": f"U{no}", "name": f"户{no}", "address": f"湾路{no}", "lat": 31.21, "lon": 121.51}
        for no in range(600, 650)
    ])  # fmt: skip


def test_a_bad_filling_is_recalled_and_the_field_answers(site: Site) -> None:
    chance = Random(4)
    lives = [told(no, 1, chance)[:-2] for no in range(4)]  # nobody has returned anything
    with site.client("admin") as client:
        open_office(client)
        report = client.post(
            "/api/v1/gas/events?system=centre", content=ndjson([x for one in lives for x in one]),
            headers=NDJSON,
        ).json()  # fmt: skip
        assert report["counts"] == {"created": 44, "unchanged": 0, "refused": 0}

        asked = {"kind": "site", "key": "ST-1", "type": "fill", "direction": "forward"}
        found = client.get("/api/v1/gas/trace", params=asked).json()
        assert len(found["households"]) == 4
        assert all(row["lat"] and row["address"] for row in found["households"])
        assert {node["kind"] for node in found["nodes"]} == {"site", "vehicle", "courier", "user"}
        edges = {(edge["from"], edge["to"]): edge["count"] for edge in found["edges"]}
        assert edges["site:ST-1", "vehicle:沪DW1208"] == 4
        listed = client.get("/api/v1/gas/trace", params=asked, headers={"Accept": "text/csv"})
        assert listed.text.count("\n") == 5

        homes = [{"user": row["user"], "code": row["code"]} for row in found["households"][:3]]
        body = {"households": homes, "reason": "scale 3 was off"}
        tasks = client.post("/api/v1/gas/recall", json=body).json()["items"]
        assert [task["source"]["code"] for task in tasks] == [one["code"] for one in homes]
        again = client.post("/api/v1/gas/recall", json=body).json()
        assert again["items"] == []
        assert again["skipped"] == [
            {**home, "reason": "running", "task_id": task["id"]}
            for home, task in zip(homes, tasks, strict=True)
        ]
        strange = {**body, "households": [{"user": "nobody", "code": homes[0]["code"]}]}
        answer = client.post("/api/v1/gas/recall", json=strange)
        assert answer.status_code == 422
        assert "to nobody" in answer.text

        code = homes[0]["code"]
        close(client, tasks[0], "属实，已收回")
        life = client.get(f"/api/v1/cylinders/{code}/trace").json()
        (task,) = life["tasks"]
        assert (task["state"], task["result"]) == ("cancelled", None) or task["result"]
        assert [event["type"] for event in life["events"]][:3] == [
            "register", "prefill_check", "fill",
        ]  # fmt: skip


def close(client: Any, task: dict[str, Any], reason: str) -> dict[str, Any]:
    body = {"move": "cancel", "version": task["version"], "reason": reason}
    answer = client.post(f"/api/v1/tasks/{task['id']}/moves", json=body)
    assert answer.status_code == 200, answer.text
    moved: dict[str, Any] = answer.json()
    return moved


def test_an_inspector_sees_a_damaged_cylinder_and_a_squad_is_sent(site: Site) -> None:
    with site.client("admin") as client:
        seen = {"event_id": "6f1c2d3e-0000-4000-8000-000000000001", "code": "999900001",
                "observed": ["damaged", "unreadable"], "lat": 31.2,
                "lon": 121.5, "at": "2026-03-01T08:00:00+08:00"}  # fmt: skip
        answer = client.post("/api/v1/gas/observations", json=seen)
        assert answer.status_code == 201, answer.text
        found = {(one["rule"], one["variant"]): one for one in answer.json()["findings"]}
        assert set(found) == {("OBS", "damaged"), ("OBS", "unreadable"), ("E6", "scanned")}
        assert client.post("/api/v1/gas/observations", json=seen).status_code == 201, "again"

        one = found["OBS", "damaged"]
        made = client.post(f"/api/v1/gas/findings/{one['id']}/task", json={"note": "go"})
        assert made.status_code == 201, made.text
        assert made.json()["finding"]["state"] == "dispatched"
        task = made.json()["task"]
        assert task["lat"] == 31.2
        twice = client.post(f"/api/v1/gas/findings/{one['id']}/task", json={"note": "go"})
        assert (twice.status_code, twice.json()["code"]) == (409, "finding_has_task")
        assert f"Task {task['id']}" in twice.json()["detail"]
        summary = client.get("/api/v1/gas/summary").json()
        assert summary["funnel"]["dispatched"] == 1
        classes = {one["id"]: one["cylinders"] for one in summary["classes"]}
        assert (len(classes), classes["damaged"], classes["unregistered"]) == (12, 1, 1)

        other = found["OBS", "unreadable"]["id"]
        moved = client.post(f"/api/v1/gas/findings/{other}/moves",
                            json={"move": "close", "outcome": "false"})  # fmt: skip
        assert moved.json()["outcome"] == "false"
        again = client.post(f"/api/v1/gas/findings/{other}/moves", json={"move": "verify"})
        assert again.status_code == 409
        assert again.json()["code"] == "illegal_finding_move"


def test_a_csv_in_chinese_names_its_bad_lines(site: Site) -> None:
    text = "编号,事件,追溯码,时间,充装站,净重\r\nA-1,充装,888800001,2026-03-01 08:00,ST-1,14.5\r\n"
    text += "A-2,充装,888800001\r\nA-3,爆炸,888800001,2026-03-01 08:00,,\r\n"
    text += "A-4,充装,888800001,昨天,ST-1,14.5\r\n"
    with site.client("admin") as client:
        for created in (1, 0):
            report = client.post("/api/v1/gas/events?system=gas", content=text.encode("gb18030"),
                                 headers=CSV).json()  # fmt: skip
            assert report["counts"]["created"] == created
            assert [row["row"] for row in report["refused"]] == [3, 4, 5]


def test_what_no_database_can_keep_is_named_by_its_line(site: Site) -> None:
    good = {"event_id": "1", "type": "scan", "code": "777", "at": "2026-03-01 08:00"}
    text = json.dumps(good)
    bad = [f'{text[:-1]}, {more}}}' for more in ('"note": "\\ud800"', '"event_id": "\\ud800"',
                                                 '"a": NaN', '"a": 1e999')]  # fmt: skip
    with site.client("admin") as client:
        for kind, body in (
            (NDJSON, "\n".join([text, *bad])),
            ({"Content-Type": "application/json"}, f"[{','.join([text, *bad])}]"),
        ):
            answer = client.post("/api/v1/gas/events?system=c", content=body.encode(), headers=kind)
            assert answer.status_code == 200, answer.text
            assert [row["row"] for row in answer.json()["refused"]] == [2, 3, 4, 5]
        for raw in (b"[", b"[" * 100_000, b'{"a": 1}', b"[1]", b'["\xff"]'):
            answer = client.post("/api/v1/gas/events?system=c", content=raw,
                                 headers={"Content-Type": "application/json"})  # fmt: skip
            assert answer.status_code in (400, 422), answer.text


def test_what_was_declared_wrong_moves_no_cylinder(site: Site) -> None:
    """Custody, and whether it is full, are views of the ledger without what is not so."""
    lines = told(8, 1, Random(2))[:-1]  # returned by the user, not yet at the station
    with site.client("admin") as client:
        open_office(client)
        client.post("/api/v1/gas/events?system=c", content=ndjson(lines), headers=NDJSON)
        now = client.get(f"/api/v1/cylinders/{lines[0]['code']}").json()
        assert (now["custody"], now["fill"]) == ("courier", "empty")
        wrong = f"/api/v1/gas/events/{lines[-1]['event_id']}/declaration"
        said = client.post(wrong, json={"reason": "did_not_occur", "note": "other cylinder"})
        assert said.status_code == 201, said.text
        now = client.get(f"/api/v1/cylinders/{lines[0]['code']}").json()
        assert (now["custody"], now["fill"]) == ("user", "in_use")
