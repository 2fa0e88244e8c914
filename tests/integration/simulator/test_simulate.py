"""The simulated district over a real broker into a real database: nothing lost, nothing twice."""

import json
import threading
import time

import psycopg
import pytest

from app.simulate import read_words, run
from core.errors import AppError, Invalid
from tests.integration.simulator.conftest import Road, count

SMALL = [
    "--officers",
    "10",
    "--vehicles",
    "3",
    "--cameras",
    "8",
    "--docks",
    "2",
    "--points",
    "12",
    "--cylinders",
    "4",
    "--json",
]


def last_report(text: str) -> dict[str, int]:
    return dict(json.loads(text.strip().splitlines()[-1]))


@pytest.mark.parametrize("faults", ["", "drop=0.2,duplicate=0.2,reorder=0.3,delay=1,skew=20"])
def test_everything_said_is_stored_once(
    road: Road, capsys: pytest.CaptureFixture[str], faults: str
) -> None:
    words = [*SMALL, "--enrol", "--speed", "20", "--duration", "12", "--faults", faults]
    assert run(road.settings, words) == 0
    report = last_report(capsys.readouterr().out)
    assert report["sent"] > 300
    assert report["lost"] == report["refused"] == 0
    if not faults:
        assert report["receipted"] == report["sent"]
        assert report["waiting"] == report["resent"] == 0
    with psycopg.connect(road.database_url) as conn:
        tables = ("position", "status", "checkin", "cylinder_event", "recording", "device_event",
                  "device_ack")  # fmt: skip
        stored = sum(count(conn, table) for table in tables)
        assert report["receipted"] <= stored <= report["sent"]
        assert stored == report["sent"] or faults
        assert count(conn, "quarantine") == 0
        assert count(conn, "cylinder_event") >= 4
        assert count(conn, "patrol_window") > 12


def test_a_task_published_is_acknowledged(road: Road) -> None:
    import paho.mqtt.client as mqtt

    words = [*SMALL, "--enrol", "--speed", "60", "--duration", "14"]
    runner = threading.Thread(target=_run_quietly, args=(road, words))
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", int(road.mqtt_url.rpartition(":")[2]))
    client.loop_start()
    body = {"task_id": 77, "version": 1, "state": "dispatched", "title": "t", "kind": "k",
            "priority": 2, "lon": None, "lat": None, "deadline": None}  # fmt: skip
    runner.start()
    try:
        while runner.is_alive():  # told again it changes nothing
            client.publish("waypost/v1/38/officer/officer-0001/task", json.dumps(body), 1)
            time.sleep(1)
    finally:
        client.disconnect()
        client.loop_stop()
    with psycopg.connect(road.database_url) as conn:
        rows = conn.execute(
            "SELECT move FROM device_ack WHERE task_id = 77 ORDER BY at, seq"
        ).fetchall()
    moves = [move for (move,) in rows]
    assert moves[:2] == ["delivered", "read"]
    assert len(moves) == len(set(moves)), "each move once"


def _run_quietly(road: Road, words: list[str]) -> None:
    from app.simulate import Simulation, _enrol

    given = read_words(words)
    _enrol(road.settings, given)
    Simulation(given, road.mqtt_url, "5", None).run([])


def test_without_an_account_it_says_what_to_do() -> None:
    from app.settings import Settings

    with pytest.raises(Invalid, match="WAYPOST_MQTT_GATEWAY_URL"):
        run(Settings(), [])


@pytest.mark.parametrize("words", ["--speed 0", "--officers -1", "--faults drop=7"])
def test_words_that_make_no_sense(words: str) -> None:
    with pytest.raises(AppError):
        read_words(words.split())
