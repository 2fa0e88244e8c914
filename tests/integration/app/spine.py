"""The whole of Waypost as its users meet it: REST, sockets, devices with their own credentials."""

import json
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from typing import Any

import httpx
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from websockets.sync.client import connect

from tests.integration.app.box import Box

HEADER = struct.Struct("<4IdII")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def until(true: Callable[[], Any], within_s: float, what: str) -> Any:
    """What `true` answers once it answers anything; the time is a limit and not a wait."""
    limit = time.monotonic() + within_s
    while not (found := true()):
        assert time.monotonic() < limit, f"not within {within_s} s: {what}"
        time.sleep(0.05)
    return found


class Device:
    """A device's own connection: its credentials, its topics, the tasks it is told of."""

    def __init__(self, made: dict[str, str], host: str, port: int, protocol: int) -> None:
        self.topic = made["topic"]
        self.tasks: Queue[dict[str, Any]] = Queue()
        self._answers: Queue[int] = Queue()
        self._seq = 0
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"{made['id']}-{protocol}",
            protocol=MQTTProtocolVersion(protocol),
        )
        self._client.username_pw_set(made["user"], made["password"])
        self._client.on_connect = lambda client, *_: client.subscribe(f"{self.topic}/task", 1)
        self._client.on_subscribe = lambda _client, _data, _mid, codes, _p: self._answers.put(
            codes[0].value
        )
        self._client.on_message = lambda _client, _data, message: self.tasks.put(
            json.loads(message.payload)
        )
        self._client.connect(host, port)
        self._client.loop_start()
        assert self._answers.get(timeout=10) == 1, "the broker did not grant the task topic"

    def say(self, channel: str, **fields: Any) -> dict[str, Any]:
        """Publish one contract message; `at` and `seq` are filled in."""
        self._seq += 1
        body = {"at": now_ms(), "seq": self._seq, **fields}
        self.send(channel, json.dumps(body).encode())
        return body

    def send(self, channel: str, body: bytes) -> None:
        self._client.publish(f"{self.topic}/{channel}", body, 1).wait_for_publish(10)

    def task(self, wanted: Callable[[dict[str, Any]], bool], within_s: float) -> dict[str, Any]:
        """The next `task` message of that kind."""
        limit = time.monotonic() + within_s
        while True:
            try:
                told = self.tasks.get(timeout=max(limit - time.monotonic(), 0.01))
            except Empty:
                raise AssertionError(f"no such task message within {within_s} s") from None
            if wanted(told):
                return told

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Spine:
    """One running box and somebody logged in."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self.ready = box.ready()
        host, _, port = self.ready["mqtt"].removeprefix("mqtt://").partition(":")
        self.broker = (host, int(port))
        self.api = httpx.Client(base_url=f"{self.ready['url']}/api/v1", timeout=20)
        self.post("/session", user=self.ready["user"], password=self.ready["password"])

    def get(self, path: str, **query: Any) -> Any:
        answer = self.api.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        answer = self.api.post(path, json=body)
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    def unit(self, device_id: str) -> dict[str, Any]:
        return dict(self.get(f"/units/{device_id}"))

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """Every event of that kind, oldest first."""
        found, after = [], 0
        while True:
            page = self.get("/events", after=after, limit=1000)
            found += [one for one in page["items"] if one["kind"].startswith(kind)]
            if page["next"] is None:
                return found
            after = page["next"]

    def enrol(self, device_id: str, *words: str) -> dict[str, str]:
        done = self.box.cli("device", "add", "officer", device_id, "--json", *words)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    @contextmanager
    def device(self, device_id: str, protocol: int = 4) -> Iterator[Device]:
        """A new device, connected with what `device add` printed."""
        device = Device(self.enrol(device_id), *self.broker, protocol)
        try:
            yield device
        finally:
            device.close()

    def mosquitto_pub(self, made: dict[str, str], topic: str, body: dict[str, Any]) -> str:
        """By hand; what it says on standard error."""
        host, port = self.broker
        done = subprocess.run(
            ["mosquitto_pub", "-V", "5", "-h", host, "-p", str(port), "-u", made["user"],
             "-P", made["password"], "-q", "1", "-t", topic, "-m", json.dumps(body)],
            capture_output=True, text=True, timeout=20, check=False,
        )  # fmt: skip
        return done.stderr.strip()

    @contextmanager
    def live(self) -> Iterator["LiveMap"]:
        url = self.ready["url"].replace("http", "ws", 1)
        cookie = f"waypost_session={self.api.cookies['waypost_session']}"
        with connect(f"{url}/ws/live", additional_headers={"Cookie": cookie}) as socket:
            yield LiveMap(socket)


class LiveMap:
    """What a console holds after the frames it has applied."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._at = "- 0"
        self.places: dict[int, tuple[float, float]] = {}  # unit no → lon, lat

    def follow(self) -> None:
        """Ask for what has changed, and apply it."""
        self._socket.send(self._at)
        frame = self._socket.recv(timeout=10)
        magic, epoch, seq, count, _, flags, _ = HEADER.unpack_from(frame)
        assert magic == 0x314C5057
        numbers, lons, lats = (
            struct.unpack_from(f"<{count}{code}", frame, HEADER.size + 4 * count * column)
            for column, code in enumerate("Iii")
        )
        if flags & 1:
            self.places.clear()
        for no, lon, lat in zip(numbers, lons, lats, strict=True):
            self.places[no] = (lon / 1e7, lat / 1e7)
        self._at = f"{epoch} {seq}"

    def await_place(self, no: int, lon: float, lat: float, within_s: float) -> None:
        limit = time.monotonic() + within_s
        while self.places.get(no) != (lon, lat):
            assert time.monotonic() < limit, f"not on the map: {self.places.get(no)}"
            self.follow()
