"""The acceptance list of the spine, from outside: nothing here looks into the database.

One demo without a simulator is started as a person would start it; the tests publish, dispatch
and wait as devices and dispatchers would. The last one ends it and looks for what stayed.
"""

import json
import math
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from core import limits
from tests.integration.app.box import Box
from tests.integration.app.spine import Spine, now_ms, until

ON_MAP_S = 2.0  # the acceptance
ARRIVE_S = 15.0  # where nothing is promised, on a machine that does other things too
LON, LAT = 121.47, 31.23
M_PER_LAT = 111_195.0
M_PER_LON = M_PER_LAT * math.cos(math.radians(LAT))

Fix = tuple[int, float, float]  # at_ms, lon, lat
Inside = Callable[[float, float], bool]  # of lon, lat


@pytest.fixture(scope="module")
def spine() -> Iterator[Spine]:
    # pytest's own folders are closed to the user the servers run under.
    folder = Path(tempfile.mkdtemp(prefix="waypost-spine-"))
    box = Box(folder, "--no-simulator", "--officers", "2", "--vehicles", "0", "--cameras", "0",
              "--points", "2", "--cylinders", "0")  # fmt: skip
    try:
        yield Spine(box)
    finally:
        if box.process.poll() is None:
            box.end()
        shutil.rmtree(folder, ignore_errors=True)


# ── published by hand ──────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("device_id", "topic", "body"),
    [
        ("by-contract", "{topic}/position", {"at": 0, "seq": 1, "lon": LON, "lat": LAT}),
        (
            "by-owntracks",
            "owntracks/{user}/phone",
            {"_type": "location", "tst": 0, "lon": LON + 0.01, "lat": LAT, "acc": 9, "vel": 36},
        ),
    ],
    ids=["contract", "owntracks"],
)
def test_a_unit_is_on_the_map_within_two_seconds(
    spine: Spine, device_id: str, topic: str, body: dict[str, Any]
) -> None:
    made = spine.enrol(device_id)
    no = spine.unit(device_id)["no"]
    clock = {"at": now_ms(), "tst": now_ms() // 1000}
    body = body | {name: clock[name] for name in clock.keys() & body.keys()}
    with spine.live() as live:
        live.follow()
        begun = time.monotonic()
        assert spine.mosquitto_pub(made, topic.format(**made), body) == ""
        live.await_place(no, body["lon"], body["lat"], ON_MAP_S)
        left_s = ON_MAP_S - (time.monotonic() - begun)
    unit = until(
        lambda: (one := spine.unit(device_id))["lon"] is not None and one, left_s, "over REST"
    )
    assert (unit["lon"], unit["lat"], unit["link"]) == (body["lon"], body["lat"], "online")
    if "vel" in body:
        assert unit["spd_mps"] == pytest.approx(10)


def test_another_devices_topic_is_refused(spine: Spine) -> None:
    mine, other = spine.enrol("nosy"), spine.enrol("quiet")
    fix = {"at": now_ms(), "seq": 1, "lon": LON, "lat": LAT}
    phone = {"_type": "location", "tst": now_ms() // 1000, "lon": LON, "lat": LAT}
    for topic, body in (
        (f"{other['topic']}/position", fix),
        ("waypost/v1/_/officer/quiet/position", fix),
        ("owntracks/quiet/phone", phone),
    ):
        assert "Not authorized" in spine.mosquitto_pub(mine, topic, body)
    wrong = mine | {"password": other["password"]}
    assert "Not authorized" in spine.mosquitto_pub(wrong, f"{mine['topic']}/position", fix)
    # What is allowed arrives, so the refused would have been seen by now.
    assert spine.mosquitto_pub(mine, f"{mine['topic']}/position", fix) == ""
    until(lambda: spine.unit("nosy")["lon"], ARRIVE_S, "the allowed position")
    assert spine.unit("quiet")["lon"] is None


# ── recorded tracks against a dense brute force ────────────────────────────


def at_m(east_m: float, north_m: float) -> tuple[float, float]:
    return LON + east_m / M_PER_LON, LAT + north_m / M_PER_LAT


def walk(begin: datetime, corners_m: Sequence[tuple[float, float]], every_s: int) -> list[Fix]:
    """Along the corners at 1.4 m/s, one fix each `every_s`, as a file holds them (7 decimals)."""
    fixes, at_s, carry_m = [], 0, 0.0
    for (e0, n0), (e1, n1) in pairwise(corners_m):
        length_m, along_m = math.hypot(e1 - e0, n1 - n0), carry_m
        while along_m < length_m:
            share = along_m / length_m
            lon, lat = at_m(e0 + share * (e1 - e0), n0 + share * (n1 - n0))
            at_ms = round((begin + timedelta(seconds=at_s)).timestamp() * 1000)
            fixes.append((at_ms, round(lon, 7), round(lat, 7)))
            at_s, along_m = at_s + every_s, along_m + 1.4 * every_s
        carry_m = along_m - length_m
    return fixes


def brute_force(fixes: Sequence[Fix], inside: Inside) -> list[tuple[str, int]]:
    """Enter and leave: twenty looks a second on the straight way from fix to fix."""
    found, was = [], inside(*fixes[0][1:])
    for (t0, lon0, lat0), (t1, lon1, lat1) in pairwise(fixes):
        for at_ms in range(t0, t1, 50):
            share = (at_ms - t0) / (t1 - t0)
            now = inside(lon0 + share * (lon1 - lon0), lat0 + share * (lat1 - lat0))
            if now != was:
                found.append(("entered" if now else "left", at_ms))
            was = now
    return found


def in_circle(lon: float, lat: float) -> bool:
    """60 m around the middle, by haversine."""
    phi0, phi1 = math.radians(LAT), math.radians(lat)
    h = math.sin((phi1 - phi0) / 2) ** 2 + math.cos(phi0) * math.cos(phi1) * (
        math.sin(math.radians(lon - LON) / 2) ** 2
    )
    return 2 * 6_371_008.8 * math.asin(math.sqrt(h)) <= 60


# An L: a walk along its open side is in, out and in again.
ELL = [at_m(*corner) for corner in
       ((-150, -100), (150, -100), (150, 100), (90, 100), (90, -40), (-90, -40), (-90, 100),
        (-150, 100), (-150, -100))]  # fmt: skip


def in_ell(lon: float, lat: float) -> bool:
    """Even and odd: how often the way east meets the edge."""
    odd = False
    for (lon0, lat0), (lon1, lat1) in pairwise(ELL):
        if (lat0 > lat) != (lat1 > lat) and lon < lon0 + (lat - lat0) / (lat1 - lat0) * (
            lon1 - lon0
        ):
            odd = not odd
    return odd


def as_gpx(fixes: Sequence[Fix]) -> str:
    points = "".join(
        f'<trkpt lat="{lat:.7f}" lon="{lon:.7f}"><time>{_iso(at_ms, UTC)}</time></trkpt>'
        for at_ms, lon, lat in fixes
    )
    return (
        '<gpx version="1.1" creator="by hand" xmlns="http://www.topografix.com/GPX/1/1">'
        f"<trk><name>步行</name><trkseg>{points}</trkseg></trk></gpx>"
    )


def as_csv(fixes: Sequence[Fix]) -> str:
    zone = timezone(timedelta(hours=8))
    lines = [f"{_iso(at_ms, zone)},{lon:.7f},{lat:.7f}" for at_ms, lon, lat in fixes]
    return "\n".join(["time,lon,lat", *lines]) + "\n"


def _iso(at_ms: int, zone: Any) -> str:
    return datetime.fromtimestamp(at_ms / 1000, zone).isoformat()


CIRCLE: dict[str, Any] = {
    "geometry": {"type": "Point", "coordinates": [LON, LAT]},
    "radius_m": 60,
}
POLYGON: dict[str, Any] = {"geometry": {"type": "Polygon", "coordinates": [ELL]}}


@pytest.mark.parametrize(
    ("name", "written", "fence", "inside", "corners_m", "every_s", "times"),
    [
        # Off the middle, there and back: the way through is a chord and not a diameter.
        ("walk.gpx", as_gpx, CIRCLE, in_circle, [(-220, 20), (230, -10), (-220, 5)], 5, 4),
        ("walk.csv", as_csv, POLYGON, in_ell, [(-260, 30), (270, 45)], 7, 4),
    ],
    ids=["gpx", "csv"],
)
def test_a_replayed_track_has_its_times_and_crosses_the_fence_when_it_did(
    spine: Spine,
    tmp_path: Path,
    name: str,
    written: Callable[[Sequence[Fix]], str],
    fence: dict[str, Any],
    inside: Inside,
    corners_m: Sequence[tuple[float, float]],
    every_s: int,
    times: int,
) -> None:
    begin = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)
    fixes = walk(begin, corners_m, every_s)
    fence_id = spine.post("/fences", name=f"Fence of {name}", **fence)["id"]
    (tmp_path / name).write_text(written(fixes), "utf-8")
    device_id = name.replace(".", "-")
    done = spine.box.cli("replay", str(tmp_path / name), "--device", device_id, "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["sent"], said["receipted"], said["waiting"]) == (len(fixes), len(fixes), 0)

    span = {"from": begin.isoformat(), "to": (begin + timedelta(hours=1)).isoformat()}

    def crossed() -> list[tuple[str, int]]:
        track = spine.get(f"/units/{device_id}/track", **span)
        return [
            (one["kind"], round(datetime.fromisoformat(one["at"]).timestamp() * 1000))
            for one in track["crossings"]
            if one["fence_id"] == fence_id
        ]

    wanted = brute_force(fixes, inside)
    assert len(wanted) == times
    until(lambda: len(crossed()) >= times, ARRIVE_S, f"{times} crossings")
    points = spine.get(f"/units/{device_id}/track", **span)["points"]
    assert [(at_ms, lon, lat) for at_ms, lon, lat, *_ in points] == fixes
    found = crossed()
    assert [kind for kind, _ in found] == [kind for kind, _ in wanted]
    assert max(abs(a[1] - b[1]) for a, b in zip(found, wanted, strict=True)) <= every_s * 1000


# ── a task there and back ──────────────────────────────────────────────────

ACKS = (
    ("delivered", "delivered"),
    ("read", "read"),
    ("accepted", "acked"),
    ("en_route", "en_route"),
    ("on_scene", "on_scene"),
    ("resolved", "resolved"),
)


@pytest.mark.parametrize("protocol", [4, 5], ids=["MQTT 3.1.1", "MQTT 5"])
def test_a_task_reaches_the_device_and_its_acks_move_the_task(spine: Spine, protocol: int) -> None:
    device_id = f"worker-{protocol}"
    with spine.device(device_id, protocol) as device:
        made = spine.post("/tasks", kind="check", title="占道经营 🚲", instructions="看一下",
                          lon=LON, lat=LAT, priority=2, device_id=device_id)  # fmt: skip
        task_id = made["id"]
        told = device.task(lambda one: one["task_id"] == task_id, ARRIVE_S)
        assert (told["title"], told["lon"], told["lat"], told["priority"]) == (
            "占道经营 🚲", LON, LAT, 2)  # fmt: skip
        for word, state in ACKS:
            device.say("ack", task_id=task_id, move=word)
            until(lambda: _state(spine, task_id) == state, ARRIVE_S, f"{word}: {state}")  # noqa: B023
        device.say("ack", task_id=task_id, move="en_route")  # a step back moves nothing
    task = spine.get(f"/tasks/{task_id}")
    closed = spine.post(f"/tasks/{task_id}/moves", move="close", version=task["version"])
    assert (closed["state"], closed["open"]) == ("closed", False)
    moves = [
        (one["body"]["move"]["after"], one["actor"])
        for one in spine.events("task.moved")
        if one["task_id"] == task_id
    ]
    person, unit = spine.ready["user"], f"device:{device_id}"
    assert moves == [
        ("dispatched", person),
        *((state, unit) for _, state in ACKS),
        ("closed", person),
    ]


def _state(spine: Spine, task_id: int) -> str:
    return str(spine.get(f"/tasks/{task_id}")["state"])


# ── windows: on time, missed, undeterminable ───────────────────────────────


def _window(
    spine: Spine, name: str, begins_s: float, lasts_s: float, **more: Any
) -> tuple[int, str]:
    """A point of its own with one short window; its id and the point's tag."""
    tag = f"04A1B2{len(name):02X}{sum(name.encode()) % 65536:04X}"
    point = spine.post("/patrol/points", name=name, lon=LON, lat=LAT, radius_m=50, tag=tag)
    opens = datetime.now(UTC) + timedelta(seconds=begins_s)
    closes = opens + timedelta(seconds=lasts_s)
    times = {"opens_at": opens, "due_at": closes, "closes_at": closes}
    span = {name: at.isoformat() for name, at in times.items()}
    made = spine.post("/patrol/windows", point_id=point["id"], grace_s=1, **span, **more)
    return made["id"], tag


def _result(spine: Spine, window_id: int) -> str | None:
    found = spine.get("/patrol/verdicts", window_id=window_id)["items"]
    return str(found[-1]["result"]) if found else None


def test_a_tap_is_on_time_and_a_window_left_alone_is_missed(spine: Spine) -> None:
    tapped, tag = _window(spine, "tapped", -5, 3_600)
    missed, _ = _window(spine, "left alone", -25, 27, min_dwell_s=0)
    with spine.device("patrol-1") as device:
        colons = ":".join(tag[at : at + 2] for at in range(0, len(tag), 2)).lower()
        device.say("checkin", method="nfc", tag=colons)
        until(lambda: _result(spine, tapped) == "on_time", ARRIVE_S, "on_time")
    # 2 s until it closes and 1 s of grace; then the promise is 5 s.
    until(lambda: _result(spine, missed), 2 + 1 + 5 + ARRIVE_S, "missed")


def test_a_window_while_ingest_was_stopped_is_undeterminable(spine: Spine) -> None:
    pid = until(lambda: spine.box.service("ingest"), ARRIVE_S, "ingest runs")
    blind_s = limits.HEARTBEAT_MISSED_S + 3
    os.kill(pid, signal.SIGSTOP)
    try:
        window, _ = _window(spine, "blind", 0, blind_s, min_dwell_s=5)
        time.sleep(blind_s + 1)
    finally:
        os.kill(pid, signal.SIGCONT)
    until(lambda: _result(spine, window), ARRIVE_S, "a verdict")
    assert _result(spine, window) == "undeterminable"


# ── what nobody can read ───────────────────────────────────────────────────

MALFORMED: dict[str, tuple[str, bytes]] = {
    "no_json": ("not_json", b"hello"),
    "bad_utf8": ("bad_utf8", b'{"at":NOW,"seq":1,"lon":121,"lat":31,"device_id":"\xff"}'),
    "missing": ("missing_field", b'{"at":NOW,"seq":1,"lon":121}'),
    "type": ("wrong_type", b'{"at":NOW,"seq":1,"lon":121,"lat":"31"}'),
    "nan": ("not_json", b'{"at":NOW,"seq":1,"lon":121,"lat":NaN}'),
    "range": ("out_of_range", b'{"at":NOW,"seq":1,"lon":121,"lat":91}'),
    "id": ("wrong_device", b'{"at":NOW,"seq":1,"lon":121,"lat":31,"device_id":"quiet"}'),
    "large": ("too_large", b'{"at":NOW,"seq":1,"lon":121,"lat":31}' + b" " * 16_384),
}


def test_malformed_messages_are_kept_once_each_and_doctor_says_so(spine: Spine) -> None:
    pid = spine.box.service("ingest")
    wanted = sorted([reason for reason, _ in MALFORMED.values()] + ["too_large"])
    with spine.device("garbler") as device:
        moment = b"%d" % now_ms()
        for _ in range(2):
            for _, body in MALFORMED.values():
                device.send("position", body.replace(b"NOW", moment))
            device.send("batch", b'{"items":[]}' + b" " * 65_536)
        device.say("position", lon=LON, lat=LAT, nobody_knows_this=1)
        until(lambda: spine.unit("garbler")["lon"], ARRIVE_S, "the good one after them")

        def kept() -> list[dict[str, Any]]:
            items = spine.get("/quarantine", limit=1000)["items"]
            return [one for one in items if one["topic"].startswith(f"{device.topic}/")]

        until(lambda: sum(one["seen"] for one in kept()) == 2 * len(wanted), ARRIVE_S, "kept")
        found = kept()
    assert sorted(one["reason"] for one in found) == wanted
    assert all(one["seen"] == 2 and " " in one["detail"] for one in found)
    assert spine.box.service("ingest") == pid
    told = json.loads(spine.box.cli("doctor", "--json").stdout)["findings"]
    (quarantine,) = [one["en"] for one in told if one["name"] == "quarantine"]
    for reason in wanted:
        assert reason in quarantine


# ── the end ────────────────────────────────────────────────────────────────


def test_sigterm_leaves_nothing(spine: Spine) -> None:
    spine.api.close()
    assert len(spine.box.listening()) == 2
    status, _ = spine.box.end()
    assert status == 0
    spine.box.gone(within_s=0)
