"""The script every tutorial shows: one message, one INSERT, one commit. The yardstick.

python -m tests.bench.tutorial BROKER_PORT DATABASE_URL COUNT
"""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as mqtt
import psycopg

TABLE = """
    CREATE TABLE IF NOT EXISTS tutorial_position (
        device text, at timestamptz, lon float8, lat float8, spd float8)"""


def store_each(port: int, url: str, count: int) -> None:
    conn = psycopg.connect(url, autocommit=True)
    conn.execute(TABLE)
    seen = 0

    def on_connect(client: mqtt.Client, *_: Any) -> None:
        client.subscribe("waypost/v1/+/+/+/position", qos=1)
        print("ready", flush=True)

    def on_message(client: mqtt.Client, _userdata: Any, message: mqtt.MQTTMessage) -> None:
        nonlocal seen
        body = json.loads(message.payload)
        at = datetime.fromtimestamp(body["at"] / 1000, UTC)
        conn.execute(
            "INSERT INTO tutorial_position VALUES (%s, %s, %s, %s, %s)",
            (message.topic.split("/")[4], at, body["lon"], body["lat"], body["spd"]),
        )
        seen += 1
        if seen == count:
            client.disconnect()

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    client.on_connect = on_connect
    client.on_message = on_message
    client.connect("127.0.0.1", port)
    client.loop_forever()


if __name__ == "__main__":
    store_each(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
