"""The device side of the fault tests: what it counts is what the database holds."""

import time

import psycopg

from devices.topics import part_of
from tests.broker import free_port, open_broker
from tests.faults.outbox_fleet import Fleet, Sent, compare
from tests.integration.simulator.conftest import Road

DEVICES = [f"fleet-{number:03d}" for number in range(20)]


def enrol(road: Road) -> None:
    with psycopg.connect(road.database_url) as conn:
        conn.execute("INSERT INTO org (id, kind, name) VALUES (900, 'bureau', 'Fleet')")
        for name in DEVICES:
            conn.execute(
                "INSERT INTO device (id, kind, part, org_id, name)"
                " VALUES (%s, 'officer', %s, 900, %s)",
                (name, part_of(name), name),
            )
    time.sleep(2.1)  # the registry of ingest is at most two seconds old


def test_sent_receipted_and_stored_agree(road: Road) -> None:
    enrol(road)
    fleet = Fleet(road.mqtt_url, None, None, DEVICES, 200)
    fleet.start()
    time.sleep(3)
    tally = fleet.stop(20)
    assert tally.sent == tally.receipted == len(fleet.sent)
    assert tally.unreceipted == 0
    found = compare(road.database_url, fleet.sent)
    assert (found.sent, found.stored, found.doubled, found.missing) == (
        tally.sent,
        tally.sent,
        0,
        0,
    )
    never = Sent(DEVICES[0], fleet.sent[0].at_ms, 1)
    worse = compare(road.database_url, [*fleet.sent, never])
    assert (worse.missing, worse.missing_keys) == (1, (never,))


def test_a_killed_broker_loses_nothing_the_outboxes_hold() -> None:
    """Nobody listens: after a kill everything is still waiting, and is sent again."""
    port = free_port()
    fleet = Fleet(f"mqtt://127.0.0.1:{port}", None, None, DEVICES, 200)
    with open_broker(port):
        fleet.start()
        time.sleep(1.5)
    time.sleep(0.5)  # the broker was killed, with all it had acknowledged
    with open_broker(port):
        time.sleep(2)
        tally = fleet.stop(0)
    assert tally.connections == 2
    assert tally.receipted == 0
    assert tally.unreceipted == tally.sent > 400
    assert tally.resent >= 300
