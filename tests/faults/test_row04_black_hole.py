"""Row 4: the network to the database, or to the broker, is silent but does not end."""

import http.client
import json
import os
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import psycopg
import pytest

from app.children import free_port
from core import limits
from tests.faults.box import Box, until
from tests.faults.conftest import Settle

HOLE_S = float(os.environ.get("WAYPOST_FAULT_HOLE_S", "8"))


def ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return bool(json.loads(answer.read())["ready"]) and answer.status == 200
    except OSError:
        return False
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("up", "down"), [(True, True), (True, False), (False, True)], ids=["both", "up", "down"]
)
def test_to_the_database(box: Box, settle: Settle, up: bool, down: bool) -> None:
    proxy = box.proxy(box.database.port)
    through = psycopg.conninfo.make_conninfo(box.url, port=str(proxy.port))
    port = free_port()
    ingest = box.service("ingest", database_url=through)
    box.service("schedule", database_url=through)
    box.service("serve", database_url=through, port=str(port))
    fleet = box.fleet(400, resend=up and down)
    box.await_stored(400)
    until(lambda: ready(port), 60, "ready before the fault")
    refused = ingest.said("not committed")
    proxy.black_hole(up=up, down=down)
    began = time.monotonic()
    noticed = until(lambda: ingest.said("not committed") > refused, 20, "the watchdog")
    until(lambda: time.monotonic() - began >= HOLE_S, HOLE_S + 1, "the end of the hole")
    proxy.heal()
    green = until(lambda: ready(port), 60, "ready again by itself")
    before = box.stored()
    box.await_stored(before + 400)
    way = "both ways" if up and down else "up" if up else "down"
    settle(
        box, fleet, f"4 database silent {way}",
        f"{HOLE_S:.0f} s, watchdog {noticed:.1f} s, green after {green:.1f} s",
    )  # fmt: skip
    assert noticed < limits.DATABASE_CALL_MAX_S + 1.5


def test_to_the_broker(box: Box, settle: Settle) -> None:
    parts = urlsplit(box.ingest_url)
    assert parts.port
    proxy = box.proxy(parts.port)
    through = box.ingest_url.replace(f":{parts.port}", f":{proxy.port}")
    port = free_port()
    box.service("ingest", mqtt_url=through)
    box.service("serve", port=str(port))
    fleet = box.fleet(400, resend=False)
    box.await_stored(400)
    until(lambda: ready(port), 60, "ready before the fault")
    proxy.black_hole()
    before = box.stored()
    time.sleep(HOLE_S)
    proxy.heal()
    box.await_stored(before + 800, 60)
    green = until(lambda: ready(port), 60, "ready again by itself")
    settle(box, fleet, "4 broker silent", f"{HOLE_S:.0f} s, green after {green:.1f} s")


def test_slow_and_reset(box: Box, settle: Settle, report: Callable[[str], None]) -> None:
    """Not silence but a bad line: 30 ms more for every packet, both lines reset again and again."""
    parts = urlsplit(box.ingest_url)
    assert parts.port
    to_database, to_broker = box.proxy(box.database.port), box.proxy(parts.port)
    to_database.delay_s = 0.03
    ingest = box.service(
        "ingest",
        database_url=psycopg.conninfo.make_conninfo(box.url, port=str(to_database.port)),
        mqtt_url=box.ingest_url.replace(f":{parts.port}", f":{to_broker.port}"),
    )
    fleet = box.fleet(400, resend=False)
    box.await_stored(400)
    for _ in range(4):
        before = box.stored()
        to_database.reset()
        to_broker.reset()
        box.await_stored(before + 600)
    assert ingest.alive
    settle(box, fleet, "4 slow line, resets", "4 resets of both")
