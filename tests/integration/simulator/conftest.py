"""A broker, a migrated database and an ingest on it: the whole road, without judges."""

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from app.settings import Settings
from core.migrate import migrate
from ingest.follower import Judges
from ingest.service import IngestSettings, run
from tests.broker import free_port, open_broker
from tests.integration.ingest.fleet import wait_until
from tests.servers import Server


@dataclass(frozen=True)
class Road:
    """From a publish to a commit."""

    database_url: str
    mqtt_url: str
    settings: Settings


@pytest.fixture
def road(server: Server) -> Iterator[Road]:
    url = server.create_database(f"waypost_simulator_{os.getpid()}")
    with psycopg.connect(url, autocommit=True) as conn:
        migrate(conn, storage=server.storage)
    port = free_port()
    mqtt_url = f"mqtt://127.0.0.1:{port}"
    stop = threading.Event()
    judges = Judges((), lambda conn, events, now: ())
    ingest = threading.Thread(
        target=run, args=(IngestSettings(url, mqtt_url, "test"), lambda: judges, stop)
    )
    with open_broker(port):
        ingest.start()
        try:
            with psycopg.connect(url, autocommit=True) as conn:
                wait_until(lambda: count(conn, "alive_span") > 0)
            yield Road(url, mqtt_url, Settings(database_url=url, mqtt_gateway_url=mqtt_url))
        finally:
            stop.set()
            ingest.join(30)
            assert not ingest.is_alive()


def count(conn: psycopg.Connection[Any], table: str) -> int:
    row = conn.execute(f"SELECT count(*) FROM {table}").fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row[0])
