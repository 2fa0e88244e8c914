"""A console killed and resumed a hundred times at random equals the database."""

import json
import random
import socket
import threading
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from core import clock
from core.events_io import append_events
from dispatch.alarms import ClearAlarm, RaiseAlarm
from dispatch.alarms_io import carry_out
from tests.integration.web.test_snapshot import apply, picture
from tests.website import Site

KILLS = 100


def work(site: Site, stop: threading.Event, chance: random.Random) -> None:
    """A busy desk: tasks made and moved, alarms that come and go, until it is told to stop."""
    open_tasks: list[dict[str, Any]] = []
    with site.client("admin") as client, site.connect() as conn:
        while not stop.is_set():
            if not open_tasks or chance.random() < 0.3:
                body = {"kind": "inspection", "title": "x", "device_id": "officer-0"}
                open_tasks.append(ok(client.post("/api/v1/tasks", json=body)))
            task = open_tasks.pop(chance.randrange(len(open_tasks)))
            move = {"dispatched": "ack", "acked": "arrive", "on_scene": "resolve"}.get(
                task["state"], "cancel"
            )
            said = {"move": move, "version": task["version"]}
            task = ok(client.post(f"/api/v1/tasks/{task['id']}/moves", json=said))
            if task["open"] and task["state"] != "resolved":
                open_tasks.append(task)
            source, now = f"device:{chance.randrange(1, 5)}", clock.now()
            command = (
                RaiseAlarm("silent", source, site.orgs["squad_a"], 2, now)
                if chance.random() < 0.6
                else ClearAlarm("silent", source, now)
            )
            with conn.transaction():
                append_events(conn, carry_out(conn, [command]))


def ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_killed_and_resumed_a_hundred_times(site: Site) -> None:
    chance = random.Random(16)
    stop = threading.Event()
    worker = threading.Thread(target=work, args=(site, stop, random.Random(5)))
    headers = site.headers("admin")
    url = f"ws://127.0.0.1:{site.port}/ws/events?after="
    with site.client("admin") as client:
        known, held = picture(client)
        worker.start()
        seen = 0
        try:
            for _ in range(KILLS):
                with connect(url + str(known), additional_headers=headers) as ws:
                    for _ in range(chance.randrange(0, 12)):
                        try:
                            event = json.loads(ws.recv(timeout=2))
                        except (ConnectionClosed, TimeoutError):
                            break
                        if "id" in event:
                            assert event["id"] > known, "nothing comes twice"
                            known = event["id"]
                            apply(held, event)
                            seen += 1
                    # Cut in the middle of whatever was under way: no close frame.
                    ws.socket.shutdown(socket.SHUT_RDWR)
        finally:
            stop.set()
            worker.join(20)
        newest, fresh = picture(client)
        with connect(url + str(known), additional_headers=headers) as ws:
            while known < newest:
                event = json.loads(ws.recv(timeout=5))
                if "id" in event:
                    known = event["id"]
                    apply(held, event)
                    seen += 1
    assert seen > 300
    for many in fresh:
        assert held[many] == fresh[many], many
