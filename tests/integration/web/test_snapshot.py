"""Snapshot + later events = a fresh snapshot, for every event that a person or rule can cause."""

from datetime import timedelta
from typing import Any

import httpx

from core import clock
from core.events_io import append_events
from dispatch.alarms import RaiseAlarm
from dispatch.alarms_io import raise_alarm
from tests.website import Site

NOUNS = {"unit": "units", "fence": "fences", "point": "points", "window": "windows",
         "task": "tasks", "alarm": "alarms"}  # fmt: skip
GONE = {"unit.revoked", "fence.ended", "point.ended", "window.withdrawn"}
Picture = dict[str, dict[Any, Any]]


def picture(client: httpx.Client) -> tuple[int, Picture]:
    """event id, and the collections by id"""
    body = client.get("/api/v1/snapshot").json()
    return body["event_id"], {
        many: {one["id"]: one for one in body[many]} for many in NOUNS.values()
    }


def apply(held: Picture, event: dict[str, Any]) -> None:
    """What the console does with an event."""
    for noun, many in NOUNS.items():
        if noun in event["body"]:
            one = event["body"][noun]
            held[many].pop(one["id"], None)
            if event["kind"] not in GONE:
                held[many][one["id"]] = one


def ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def live_a_day(site: Site, client: httpx.Client) -> None:
    """One of everything."""
    bridge = {"name": "桥", "lon": 121.4, "lat": 31.2, "tag": "04A1B2C3D4E5F6"}
    point = ok(client.post("/api/v1/patrol/points", json=bridge))
    now = clock.now()
    hour = timedelta(hours=1)
    ok(client.post("/api/v1/patrol/windows", json={
        "point_id": point["id"], "opens_at": (now - hour).isoformat(),
        "due_at": now.isoformat(), "closes_at": (now + hour).isoformat()}))  # fmt: skip
    # In place of what its grade wants: windows go and come.
    ok(client.post("/api/v1/patrol/plans", json={
        "name": "日夜", "valid_from": (now - 24 * hour).date().isoformat(),
        "org_id": point["org_id"],
        "body": {"points": [point["id"]], "shifts": [{"start": "00:00", "end": "00:00"}],
                 "visits": {"every_s": 7200}}}))  # fmt: skip
    square = [[121.4, 31.2], [121.5, 31.2], [121.5, 31.3], [121.4, 31.2]]
    for _ in range(2):
        fence = ok(client.post("/api/v1/fences", json={
            "name": "广场", "geometry": {"type": "Polygon", "coordinates": [square]}}))  # fmt: skip
    ok(client.delete(f"/api/v1/fences/{fence['id']}"))
    task = ok(client.post("/api/v1/tasks", json={
        "kind": "inspection", "title": "看一下", "lon": 121.4, "lat": 31.2,
        "device_id": "officer-0"}))  # fmt: skip
    ok(client.post("/api/v1/tasks", json={"kind": "inspection", "title": "等等"}))
    for move in ("ack", "depart"):
        task = ok(client.post(f"/api/v1/tasks/{task['id']}/moves",
                              json={"move": move, "version": task["version"]}))  # fmt: skip
    ok(client.post("/api/v1/devices", json={"id": "new-1", "kind": "vehicle"}))
    ok(client.post("/api/v1/devices", json={"id": "new-2", "kind": "officer"}))
    ok(client.post("/api/v1/devices/new-1/rotate", json={}))
    ok(client.delete("/api/v1/devices/new-2"))
    alarms = []
    with site.connect() as conn, conn.transaction():
        for source in ("device:1", "device:1", "device:2", "device:3"):
            command = RaiseAlarm(
                type="sos", source=source, org_id=site.orgs["squad_a"], at=now, priority=1
            )
            event = raise_alarm(conn, command)
            append_events(conn, [event])
            alarms.append(event.body["alarm"]["id"])
    ok(client.post(f"/api/v1/alarms/{alarms[1]}/acknowledge", json={"note": "知道了"}))
    until = (now + hour).isoformat()
    ok(client.post(f"/api/v1/alarms/{alarms[2]}/shelve", json={"until": until, "reason": "演练"}))
    ok(client.post(f"/api/v1/alarms/{alarms[3]}/clear", json={}))


def test_snapshot_and_events_equal_a_fresh_snapshot(site: Site) -> None:
    with site.client("admin") as client:
        after, held = picture(client)
        live_a_day(site, client)
        events = client.get("/api/v1/events", params={"after": after, "limit": 1000}).json()
        for event in events["items"]:
            apply(held, event)
        newest, fresh = picture(client)
    assert events["items"][-1]["id"] == newest
    for many in NOUNS.values():
        assert held[many] == fresh[many], many
    kinds = {event["kind"] for event in events["items"]}
    assert kinds >= {
        "unit.enrolled", "unit.changed", "unit.revoked", "fence.created", "fence.ended",
        "point.created", "window.created", "window.withdrawn", "task.created", "task.moved",
        "alarm.raised", "alarm.repeated", "alarm.acknowledged", "alarm.shelved", "alarm.cleared",
    }  # fmt: skip


def test_a_snapshot_is_of_one_moment_and_one_scope(site: Site) -> None:
    with site.client("squad_a") as client:
        body = client.get("/api/v1/snapshot").json()
    mine = site.orgs["squad_a"]
    assert [org["id"] for org in body["orgs"]] == [mine]
    assert {unit["org_id"] for unit in body["units"]} == {mine}
    assert body["session"]["login"] == "squad_a"
    assert body["settings"] == {"live_period_s": 0.2, "demo": True}


def test_the_basemap_is_cached_by_its_tag(site: Site) -> None:
    with site.client("viewer") as client:
        first = client.get("/api/v1/basemap")
        layers = first.json()["layers"]
        assert {"land", "water", "parks", "roads", "labels", "districts"} <= set(layers)
        again = client.get("/api/v1/basemap", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert not again.content


def test_tracks_and_who_looked(site: Site) -> None:
    with site.connect() as conn:
        conn.execute("SELECT make_partition('2026-03-01')")
        conn.execute(
            """INSERT INTO position (at, received_at, seq, batch_id, device_no, lat_e7, lon_e7,
                                     spd_cms, src, datum, flags)
               SELECT timestamptz '2026-03-01 08:00Z' + make_interval(secs => n), now(), n, 1, no,
                      312300000 + n, 1214700000, 150, 0, 0, CASE n WHEN 2 THEN 0 ELSE 1 END
                 FROM generate_series(0, 3) n, device WHERE id = 'officer-0'"""
        )
    span = {"from": "2026-03-01T08:00:00Z", "to": "2026-03-01T16:00:03+08:00"}
    with site.client("admin") as client:
        track = client.get("/api/v1/units/officer-0/track", params=span).json()
        began = 1_772_352_000_000
        assert track["points"] == [
            [began, 121.47, 31.23, 1.5, None], [began + 1000, 121.47, 31.2300001, 1.5, None],
        ], "the end is not included, and a fix that was none is left out"  # fmt: skip
        for form, begins in [("gpx", "<?xml"), ("csv", "at,lon"), ("geojson", '{"type"')]:
            answer = client.get("/api/v1/units/officer-0/track", params=span | {"format": form})
            assert answer.text.startswith(begins)
            assert (
                answer.headers["content-disposition"] == f'attachment; filename="officer-0.{form}"'
            )
        backwards = {"from": span["to"], "to": span["from"]}
        assert client.get("/api/v1/units/officer-0/track", params=backwards).status_code == 422
        lines = client.get("/api/v1/audit", params={"limit": 1000}).json()["items"]
    looked = [line for line in lines if line["action"] == "track.read"]
    assert looked[0]["actor"] == "admin"
    assert looked[0]["object"] == "device:officer-0"


def test_pages_end(site: Site) -> None:
    with site.client("viewer") as client:
        seen, after = [], 0
        while after is not None:
            page = client.get("/api/v1/units", params={"limit": 3, "after": after}).json()
            seen += [unit["no"] for unit in page["items"]]
            after = page["next"]
    assert seen == sorted(set(seen))
    assert len(seen) >= 4
