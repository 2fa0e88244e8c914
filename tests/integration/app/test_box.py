"""`demo` from outside: ready, restarted, revoked, ended, killed; nothing stays behind."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as mqtt
import psycopg
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.integration.app.box import Box

SMALL = ("--officers", "4", "--vehicles", "2", "--cameras", "1", "--points", "4",
         "--cylinders", "2")  # fmt: skip


@contextmanager
def open_folder() -> Iterator[Path]:
    """pytest's own folders are closed to the user the servers run under."""
    folder = Path(tempfile.mkdtemp(prefix="waypost-box-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as made:
        yield made


@pytest.fixture(scope="module")
def demo() -> Iterator[tuple[Box, dict[str, Any]]]:
    with open_folder() as made:
        box = Box(made, *SMALL)
        try:
            yield box, box.ready()
        finally:
            if box.process.poll() is None:
                box.end()


Demo = tuple[Box, dict[str, Any]]


def until(true: Callable[[], Any], within_s: float = 15) -> Any:
    limit = time.monotonic() + within_s
    while not (found := true()):
        assert time.monotonic() < limit, "it never came true"
        time.sleep(0.05)
    return found


def ask(box: Box, query: str, *given: object) -> list[tuple[Any, ...]]:
    run = json.loads((box.folder / "run.json").read_text())
    with psycopg.connect(run["database_url"]) as conn:
        return conn.execute(query.encode(), given).fetchall()


def publish(ready: dict[str, Any], user: str, password: str, topic: str, body: str) -> str:
    host, port = ready["mqtt"].removeprefix("mqtt://").split(":")
    done = subprocess.run(
        ["mosquitto_pub", "-V", "5", "-h", host, "-p", port, "-u", user, "-P", password,
         "-q", "1", "-t", topic, "-m", body],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    return done.stderr.strip()


def test_the_ready_line_tells_what_the_contract_says(demo: Demo) -> None:
    _, ready = demo
    assert ready["ready"] is True
    assert set(ready) == {"ready", "url", "user", "password", "mqtt", "data", "storage"}
    with urllib.request.urlopen(f"{ready['url']}/readyz", timeout=5) as answer:
        assert answer.status == 200


def test_an_enrolled_device_is_heard_at_once_and_only_on_its_own_topic(demo: Demo) -> None:
    box, ready = demo
    made = json.loads(box.cli("device", "add", "officer", "by-hand-1", "--json").stdout)
    assert set(made) == {"id", "user", "password", "part", "topic"}
    at_ms = round(time.time() * 1000)
    body = json.dumps({"at": at_ms, "seq": 1, "lon": 121.47, "lat": 31.23})
    user, password, topic = made["user"], made["password"], made["topic"]
    assert publish(ready, user, password, f"{topic}/position", body) == ""
    on_map = """SELECT FROM unit_state JOIN device ON no = device_no
                 WHERE id = 'by-hand-1' AND lat_e7 = 312300000"""
    until(lambda: ask(box, on_map), within_s=5)  # the promise of the map, beside other tests
    refused = publish(ready, user, password, "waypost/v1/_/officer/by-hand-2/position", body)
    assert "Not authorized" in refused
    fix = {"_type": "location", "tst": at_ms // 1000, "lon": 121.48, "lat": 31.24}
    tracks = json.dumps(fix)
    assert publish(ready, user, password, f"owntracks/{user}/phone", tracks) == ""
    refused = publish(ready, user, password, "owntracks/somebody/phone", tracks)
    assert "Not authorized" in refused


def test_devices_enrolled_at_once_all_get_their_own_answer(demo: Demo) -> None:
    box, ready = demo
    names = [f"at-once-{number}" for number in range(6)]
    with ThreadPoolExecutor(len(names)) as pool:
        done = list(pool.map(lambda n: box.cli("device", "add", "officer", n, "--json"), names))
    for made in (json.loads(one.stdout) for one in done):
        said = publish(ready, made["user"], made["password"], f"{made['topic']}/status", "{}")
        assert said == ""


def test_devices_enrolled_at_once_over_rest_may_all_log_in(demo: Demo) -> None:
    _, ready = demo
    names = [f"rest-{number}" for number in range(6)]
    with httpx.Client(base_url=ready["url"], timeout=20) as desk:
        login = {"user": ready["user"], "password": ready["password"]}
        assert desk.post("/api/v1/session", json=login).status_code == 200

        def enrol(name: str) -> dict[str, Any]:
            answer = desk.post("/api/v1/devices", json={"id": name, "kind": "officer"})
            assert answer.status_code == 201, answer.text
            made: dict[str, Any] = answer.json()
            return made

        with ThreadPoolExecutor(len(names)) as pool:
            done = list(pool.map(enrol, names))
    for made in done:
        said = publish(ready, made["user"], made["password"], f"{made['topic']}/status", "{}")
        assert said == ""


def test_a_revoked_device_is_off_within_five_seconds(demo: Demo) -> None:
    box, ready = demo
    made = json.loads(box.cli("device", "add", "officer", "to-revoke", "--json").stdout)
    host, port = ready["mqtt"].removeprefix("mqtt://").split(":")
    subscribed, parted = threading.Event(), threading.Event()
    device = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="to-revoke")
    device.username_pw_set(made["user"], made["password"])
    device.on_connect = lambda client, *_: client.subscribe(f"{made['topic']}/task", 1)
    device.on_subscribe = lambda *_: subscribed.set()
    device.on_disconnect = lambda *_: parted.set()
    device.connect(host, int(port))
    device.loop_start()
    try:
        assert subscribed.wait(5)
        # Behind the broker's back, as another machine's console would do it.
        run = json.loads((box.folder / "run.json").read_text())
        with psycopg.connect(run["database_url"]) as conn:
            conn.execute("UPDATE device SET revoked_at = now() WHERE id = 'to-revoke'")
        assert parted.wait(5)
    finally:
        device.disconnect()
        device.loop_stop()
    assert "Not authorized" in publish(
        ready, made["user"], made["password"], f"{made['topic']}/status", "{}"
    )


def test_doctor_finds_nothing_wrong(demo: Demo) -> None:
    box, _ = demo
    seen = box.cli("doctor", "--json")
    findings = {one["name"]: one for one in json.loads(seen.stdout)["findings"]}
    assert {name for name, one in findings.items() if one["state"] == "bad"} == set()
    assert seen.returncode == 0
    assert {"database", "schema", "ingest", "evaluation", "quarantine", "broker", "accounts",
            "disk"} <= findings.keys()  # fmt: skip


def test_accounts_are_made_and_shut(demo: Demo) -> None:
    box, _ = demo
    made = json.loads(box.cli("user", "add", "zhang", "--role", "viewer", "--json").stdout)
    assert made["login"] == "zhang"
    again = box.cli("user", "add", "zhang", "--json")
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.startswith("waypost: ")
    assert box.cli("user", "disable", "zhang", "--json").returncode == 0


@pytest.mark.parametrize("name", ["ingest", "serve", "schedule", "simulate"])
def test_a_killed_service_comes_back(demo: Demo, name: str) -> None:
    box, _ = demo
    pid = until(lambda: box.service(name))
    os.kill(pid, signal.SIGKILL)
    until(lambda: box.service(name) not in (None, pid))


def test_killed_servers_come_back_and_nothing_of_the_data_is_lost(demo: Demo) -> None:
    box, ready = demo
    before = ask(box, "SELECT count(*) FROM position")[0][0]
    for word in ("mosquitto -c", "postgres -D"):
        os.kill(next(pid for pid, words in box.processes().items() if word in words), 9)
    until(lambda: _ready(ready["url"]), within_s=60)
    assert ask(box, "SELECT count(*) FROM position")[0][0] >= before


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=3) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_a_second_start_on_the_same_folder_is_refused(demo: Demo) -> None:
    box, _ = demo
    other = Box(box.folder, *SMALL)
    _, errors = other.process.communicate(timeout=30)
    assert other.process.returncode == 1
    assert "Another Waypost runs on" in errors


def test_sigterm_leaves_nothing_and_the_next_start_knows_the_same_login(demo: Demo) -> None:
    box, ready = demo
    status, _ = box.end()
    assert status == 0
    box.gone(within_s=0)
    again = Box(box.folder, *SMALL)
    second = again.ready()
    assert (second["user"], second["password"]) == (ready["user"], ready["password"])
    again.end(signal.SIGINT)
    again.gone(within_s=0)


def test_a_hung_service_is_killed_and_nothing_stays(folder: Path) -> None:
    box = Box(folder, *SMALL, "--no-simulator")
    box.ready()
    hung = until(lambda: box.service("serve"))
    os.kill(hung, signal.SIGSTOP)
    box.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    status, errors = box.end()  # a second time: in a hurry
    assert status == 0
    assert "serve does not end; killing it" in errors
    box.gone(within_s=0)


def test_a_killed_supervisor_takes_everything_with_it(folder: Path) -> None:
    box = Box(folder, *SMALL, "--no-simulator")
    box.ready()
    assert len(box.processes()) > 5
    box.process.kill()
    box.process.communicate(timeout=10)
    box.gone(within_s=10)
