"""Row 6: the broker's queue for us overflows while ingest is stopped; it says "success" to all."""

import json
from datetime import UTC, datetime

import psycopg

from tests.faults.box import until
from tests.faults.conftest import MakeBox, Settle
from web import health_io

QUEUE = "\nmax_queued_messages 500\n"


def test_queue_full(make_box: MakeBox, settle: Settle) -> None:
    box = make_box(QUEUE)
    ingest = box.service("ingest")
    fleet = box.fleet(500)
    box.await_stored(500)
    assert dropped(box.run("doctor", "--json")) == 0
    ingest.stop()
    # Past what is in flight to a session that is away, and past the queue behind it.
    stopped_at = fleet.tally().sent
    until(lambda: fleet.tally().sent > stopped_at + 4_000, 60, "more than the queue holds")
    ingest.start()
    until(lambda: dropped(box.run("doctor", "--json")) > 1_000, 45, "doctor counts the drops")
    found = dropped(box.run("doctor", "--json"))
    with psycopg.connect(box.url) as conn:
        values, _ = health_io.gauges(conn, datetime.now(UTC))
    assert values["broker_dropped"] >= found
    settle(box, fleet, "6 broker queue full", f"the broker dropped {found}")


def dropped(answer: str) -> int:
    """What doctor says of messages the broker dropped."""
    findings = json.loads(answer)["findings"]
    (text,) = [one["en"] for one in findings if one["name"] == "dropped"] or ["dropped 0 "]
    return int(text.split("dropped ")[1].split()[0].replace(",", ""))
