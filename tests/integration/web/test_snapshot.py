"""Snapshot + later events = a fresh snapshot, for every event that a person or rule can cause."""

import re
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from core import clock
from core.events_io import append_events
from core.values import to_ms
from devices.readings import FIX, POSITION_DTYPE, Ack, Readings, Stamp
from dispatch import alarms_io, offers_io, standing_io, supervision_io, units_io
from dispatch.acks_io import AckEvaluator
from dispatch.alarms import RaiseAlarm
from dispatch.alarms_io import raise_alarm
from geo.patrol import verdicts_io
from tests.website import Site

ROOT = Path(__file__).parents[3]

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


def swept(site: Site, sweep: Any, now: datetime) -> None:
    with site.connect() as conn, conn.transaction():
        append_events(conn, list(sweep(conn, now=now)))


def live_another_day(site: Site, client: httpx.Client) -> None:
    """What else there is: changed things, evidence, supervision, answers, the clock."""
    now = clock.now()
    hour = timedelta(hours=1)
    ring = [[121.41, 31.2], [121.5, 31.2], [121.5, 31.3], [121.41, 31.2]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    fence = ok(client.post("/api/v1/fences", json={"name": "夜市", "geometry": shape}))
    ok(client.put(f"/api/v1/fences/{fence['id']}", json={"name": "早市", "geometry": shape}))
    point = ok(client.post("/api/v1/patrol/points", json={"name": "岗", "lon": 121.4, "lat": 31.2}))
    ok(client.put(f"/api/v1/patrol/points/{point['id']}", json={"name": "岗亭"}))
    past = (now - 2 * hour).isoformat()
    ok(client.post("/api/v1/patrol/windows", json={
        "point_id": point["id"], "opens_at": (now - 3 * hour).isoformat(), "due_at": past,
        "closes_at": past}))  # fmt: skip
    swept(site, verdicts_io.sweep, now)
    ok(client.post(f"/api/v1/patrol/points/{point['id']}/end", json={}))
    deadline = (now + timedelta(seconds=1)).isoformat()
    urgent = ok(client.post("/api/v1/tasks", json={
        "kind": "inspection", "title": "急", "priority": 1, "lon": 121.4, "lat": 31.2,
        "device_id": "officer-2", "deadline": deadline}))  # fmt: skip
    ok(client.post("/api/v1/tasks", json={
        "kind": "inspection", "title": "明日", "device_id": "officer-2",
        "starts_at": (now + hour).isoformat()}))  # fmt: skip
    ok(client.post(f"/api/v1/tasks/{urgent['id']}/attachments?name=a.jpg", content=b"\xff\xd8 x",
                   headers={"Content-Type": "image/jpeg"}))  # fmt: skip
    step = {"step": "notice", "reason": "抽查"}
    ok(client.post(f"/api/v1/tasks/{urgent['id']}/supervisions", json=step))
    no, org = site.units["officer-2"], site.orgs["squad_a"]
    said = [
        Ack(Stamp(no, "officer-2", "officer", org, to_ms(now) - late, seq, to_ms(now)),
            urgent["id"], move)
        for seq, (move, late) in enumerate([("accepted", 0), ("delivered", 900)])
    ]  # fmt: skip
    for ack in said:
        readings = Readings(np.empty(0, POSITION_DTYPE), acks=[ack])
        swept(site, partial(AckEvaluator().evaluate, readings=readings), now)
    ticket = "external_id,subject,received_at\nT-1,噪声,2026-03-02 08:00\n".encode()
    ok(client.post("/api/v1/tickets/import?dry_run=false", content=ticket,
                   headers={"Content-Type": "text/csv"}))  # fmt: skip
    for sweep in (offers_io.sweep, supervision_io.sweep, standing_io.sweep, alarms_io.sweep):
        swept(site, sweep, now + 2 * hour)
    fall_silent_and_come_back(site, now)


def fall_silent_and_come_back(site: Site, now: datetime) -> None:
    with site.connect() as conn:
        conn.execute("INSERT INTO alive_span VALUES (0, %s, %s)", (now - timedelta(hours=2), now))
        conn.execute("UPDATE unit_state SET heard_at = %s", (now - timedelta(hours=1),))
    swept(site, units_io.sweep, now)
    row = np.zeros(1, POSITION_DTYPE)
    row["device_no"], row["lon_deg"], row["lat_deg"] = site.units["officer-2"], 121.4, 31.2
    row["flags"], row["at_ms"], row["received_ms"] = FIX, to_ms(now), to_ms(now)
    for name in ("acc_m", "spd_mps", "crs_deg", "alt_m", "sat", "bat_pct", "skew_ms"):
        row[name] = np.nan
    swept(site, partial(units_io.UnitEvaluator().evaluate, readings=Readings(row)), now)


def test_snapshot_and_events_equal_a_fresh_snapshot(site: Site) -> None:
    with site.client("admin") as client:
        after, held = picture(client)
        live_a_day(site, client)
        live_another_day(site, client)
        events = client.get("/api/v1/events", params={"after": after, "limit": 1000}).json()
        for event in events["items"]:
            apply(held, event)
        newest, fresh = picture(client)
    assert events["items"][-1]["id"] == newest
    for many in NOUNS.values():
        assert held[many] == fresh[many], many
    assert kinds_written() - {event["kind"] for event in events["items"]} == set()


def kinds_written() -> set[str]:
    """Every kind of event about a thing of the snapshot that any of our code can write."""
    nouns = "|".join(NOUNS)
    found: set[str] = set()
    for package in ("core", "devices", "geo", "dispatch", "ingest", "web", "app"):
        for path in (ROOT / package).rglob("*.py"):
            found |= set(re.findall(rf'"((?:{nouns})\.[a-z_]+)"', path.read_text("utf-8")))
    return found


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
