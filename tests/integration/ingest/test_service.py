"""From a publish to a commit, a receipt and a judgement: real broker, real database."""

import json
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import numpy as np
import paho.mqtt.client as mqtt
import psycopg
import pytest

from core.events import Event
from core.migrate import migrate
from core.values import from_ms
from devices.readings import Readings
from devices.topics import subtree
from ingest.courier import ask_redrive
from ingest.follower import Judges
from ingest.service import IngestSettings, run, run_followers
from tests.broker import open_broker
from tests.integration.ingest.fleet import enrol, now_ms, position, wait_until
from tests.servers import Server, servers

Conn = psycopg.Connection[Any]


class Recorder:
    """An evaluator that remembers what it was given, and may stumble."""

    name = "recorder"

    def __init__(self, fail: str | None = None) -> None:
        self.seen: list[tuple[int, int, int]] = []
        self.forgotten = 0
        self._fail = fail

    def evaluate(self, conn: Conn, readings: Readings, now: datetime) -> Sequence[Event]:
        keys = readings.keys()
        if self._fail == "seq 13" and any(seq == 13 for _, _, seq in keys):
            raise ValueError("thirteen")
        self.seen += keys
        return [Event("seen", from_ms(at), 1, {"seq": seq}, no) for no, at, seq in keys]

    def forget(self) -> None:
        self.forgotten += 1


@pytest.fixture(scope="module")
def broker() -> Iterator[int]:
    with open_broker() as port:
        yield port


@pytest.fixture(scope="module")
def server() -> Server:
    """One engine is enough here: what differs between them is in test_store_io."""
    return servers()[0]


@pytest.fixture
def url(server: Server) -> str:
    url = server.create_database(f"waypost_ingest_{os.getpid()}")
    with psycopg.connect(url, autocommit=True) as conn:
        migrate(conn, storage=server.storage)
        enrol(conn)
    return url


@pytest.fixture
def admin(url: str) -> Iterator[Conn]:
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as conn:
        yield conn


@pytest.fixture
def client(broker: int) -> Iterator[mqtt.Client]:
    one = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    one.connect("127.0.0.1", broker)
    one.loop_start()
    yield one
    one.disconnect()
    one.loop_stop()


@contextmanager
def ingesting(url: str, broker: int, *recorders: Recorder, **more: Any) -> Iterator[None]:
    stop = threading.Event()
    owner = more.pop("owner", "test")
    settings = IngestSettings(url, f"mqtt://127.0.0.1:{broker}", owner, **more)
    judges = Judges(recorders, lambda conn, events, now: ())
    thread = threading.Thread(target=run, args=(settings, lambda: judges, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
        assert not thread.is_alive()


def scalar(conn: Conn, query: str) -> Any:
    row = conn.execute(query).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return row[0]


def is_listening(admin: Conn) -> bool:
    return bool(scalar(admin, "SELECT count(*) FROM alive_span"))


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
@pytest.mark.parametrize("divert", [True, False], ids=["diverting", "plain"])
def test_every_message_once_on_either_road(
    url: str, broker: int, admin: Conn, client: mqtt.Client, protocol: str, divert: bool
) -> None:
    recorder = Recorder()
    with ingesting(url, broker, recorder, protocol=protocol, divert=divert):
        wait_until(lambda: is_listening(admin))
        for seq in range(500):
            sent = position(seq, at=now_ms())
            client.publish(sent.topic.decode(), sent.payload, qos=1)
        wait_until(lambda: len(recorder.seen) >= 500)
    assert scalar(admin, "SELECT count(*) FROM position") == 500
    assert sorted(seq for _, _, seq in recorder.seen) == list(range(500))
    assert scalar(admin, "SELECT count(*) FROM event WHERE kind = 'seen'") == 500
    assert scalar(admin, "SELECT batch_no FROM follower_cursor") == scalar(
        admin, "SELECT max(no) FROM batch"
    )


def test_receipts_name_what_is_committed(
    url: str, broker: int, admin: Conn, client: mqtt.Client
) -> None:
    got: list[Any] = []
    client.on_message = lambda _c, _u, message: got.append(json.loads(message.payload))
    client.subscribe(f"{subtree('officer-1', 'officer')}/receipt", qos=1)
    with ingesting(url, broker):
        wait_until(lambda: is_listening(admin))
        for seq in (1, 2, 3, 7):
            sent = position(seq)
            client.publish(sent.topic.decode(), sent.payload, qos=1)
        said = lambda: sorted({s for one in got for a, b in one["stored"] for s in range(a, b + 1)})  # noqa: E731
        wait_until(lambda: said() == [1, 2, 3, 7])


def test_messages_sent_while_ingest_was_away_are_taken_afterwards(
    url: str, broker: int, admin: Conn, client: mqtt.Client
) -> None:
    with ingesting(url, broker):
        wait_until(lambda: is_listening(admin))
    for seq in range(100):
        sent = position(seq)
        client.publish(sent.topic.decode(), sent.payload, qos=1).wait_for_publish(5)
    with ingesting(url, broker):
        wait_until(lambda: scalar(admin, "SELECT count(*) FROM position") == 100)


def test_a_follower_elsewhere_judges_the_same(
    url: str, broker: int, admin: Conn, client: mqtt.Client
) -> None:
    near, far = Recorder(), Recorder()
    with ingesting(url, broker, near):
        wait_until(lambda: is_listening(admin))
        for seq in range(50):
            sent = position(seq)
            client.publish(sent.topic.decode(), sent.payload, qos=1)
        wait_until(lambda: len(near.seen) == 50)
    admin.execute("UPDATE follower_cursor SET batch_no = 0")
    stop = threading.Event()
    settings = IngestSettings(url, "mqtt://127.0.0.1:1", "far")
    judges = Judges([far], lambda conn, events, now: ())
    thread = threading.Thread(target=run_followers, args=(settings, lambda: judges, stop))
    thread.start()
    wait_until(lambda: len(far.seen) == 50)
    stop.set()
    thread.join(20)
    assert sorted(near.seen) == sorted(far.seen)


def test_a_reading_no_evaluator_survives_is_set_aside_alone(
    url: str, broker: int, admin: Conn, client: mqtt.Client
) -> None:
    recorder = Recorder(fail="seq 13")
    with ingesting(url, broker, recorder):
        wait_until(lambda: is_listening(admin))
        for seq in range(30):
            sent = position(seq)
            client.publish(sent.topic.decode(), sent.payload, qos=1)
        failed = "SELECT count(*) FROM event WHERE kind = 'evaluation_failed'"
        wait_until(lambda: scalar(admin, failed) == 1, 30)
        wait_until(
            lambda: scalar(admin, "SELECT count(*) FROM event WHERE kind = 'seen'") == 29, 30
        )
    assert scalar(admin, "SELECT count(*) FROM position") == 30, "storage is not hostage to rules"
    assert (
        scalar(admin, "SELECT body ->> 'seq' FROM event WHERE kind = 'evaluation_failed'") == "13"
    )
    assert recorder.forgotten >= 3


def test_a_quarantined_body_can_be_driven_again(
    url: str, broker: int, admin: Conn, client: mqtt.Client
) -> None:
    with ingesting(url, broker):
        wait_until(lambda: is_listening(admin))
        early = position(1, "officer-1")
        topic = early.topic.decode().replace("officer-1", "officer-2")
        topic = topic.replace(topic.split("/")[2], "_", 1)
        client.publish(topic, early.payload, qos=1)
        wait_until(lambda: scalar(admin, "SELECT count(*) FROM quarantine") == 1)
        assert scalar(admin, "SELECT reason FROM quarantine") == "unknown_device"
        admin.execute("""INSERT INTO device (id, kind, part, org_id, name)
                         SELECT 'officer-2', 'officer', 0, min(id), 'late' FROM org""")
        time.sleep(2.5)  # the registry is read again every two seconds
        ask_redrive(admin, scalar(admin, "SELECT id FROM quarantine"), datetime.now().astimezone())
        wait_until(lambda: scalar(admin, "SELECT count(*) FROM position") == 1)
        wait_until(lambda: scalar(admin, "SELECT redriven_at IS NOT NULL FROM quarantine") is True)


def test_sessions_are_shared_among_processes_and_taken_over(
    url: str, broker: int, admin: Conn, client: mqtt.Client
) -> None:
    owners = "SELECT array_agg(DISTINCT owner) FROM ingest_lease WHERE until_at > now()"
    with ingesting(url, broker, sessions=4, owner="one"):
        wait_until(lambda: scalar(admin, owners) == ["one"])
        with ingesting(url, broker, sessions=4, owner="two"):
            wait_until(lambda: sorted(scalar(admin, owners) or []) == ["one", "two"], 30)
        wait_until(lambda: scalar(admin, owners) == ["one"], 30)
        before = scalar(admin, "SELECT count(*) FROM position")
        sent = position(5)
        client.publish(sent.topic.decode(), sent.payload, qos=1)
        wait_until(lambda: scalar(admin, "SELECT count(*) FROM position") == before + 1)


def test_the_broker_losing_our_session_is_an_event(url: str, admin: Conn) -> None:
    with open_broker() as port, ingesting(url, port):
        wait_until(lambda: is_listening(admin))
    with open_broker(port) as again, ingesting(url, again):
        lost = "SELECT count(*) FROM event WHERE kind = 'ingest.session_lost'"
        wait_until(lambda: scalar(admin, lost) == 1)


def test_numpy_columns_survive_a_join() -> None:
    whole = Readings.joined([Readings.empty(), Readings.empty()])
    assert len(whole) == 0
    assert np.array_equal(whole.positions, Readings.empty().positions)
