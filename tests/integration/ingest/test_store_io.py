"""Exactly once, under the lease, and the same numbers from memory as from the tables."""

import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
import pytest

from core.db import is_poison
from core.migrate import migrate
from core.values import from_ms
from devices.readings import POSITION_DTYPE, Readings
from devices.registry import Registry
from ingest.leases_io import give_up_session, renew_session, take_session
from ingest.readback_io import next_batches, read_batches
from ingest.store_io import LeaseLost, Store
from tests.integration.ingest.fleet import decode, enrol, now_ms, one_of_each, position
from tests.servers import Server

Conn = psycopg.Connection[Any]


@pytest.fixture
def url(server: Server) -> str:
    """A database of its own: these tests commit."""
    url = server.create_database(f"waypost_store_{os.getpid()}")
    with psycopg.connect(url, autocommit=True) as conn:
        migrate(conn, storage=server.storage)
    return url


@pytest.fixture
def admin(url: str) -> Iterator[Conn]:
    with psycopg.connect(url, autocommit=True, options="-c timezone=UTC") as conn:
        yield conn


@pytest.fixture
def registry(admin: Conn) -> Registry:
    return enrol(admin)


@pytest.fixture
def store(url: str, admin: Conn) -> Iterator[Store]:
    epoch = take_session(admin, 0, 1, "test")
    assert epoch is not None
    one = Store(url, 0, epoch)
    yield one
    one.close()


def count(conn: Conn, table: str) -> int:
    row = conn.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def test_every_channel_is_stored_and_a_second_copy_falls_away(
    store: Store, registry: Registry, admin: Conn
) -> None:
    messages = one_of_each()
    first = store.put(decode(registry, messages))
    assert (first.stored, first.duplicate, first.rejected) == (len(messages), 0, 0)
    second = store.put(decode(registry, [*messages, position(99)]))
    assert (second.stored, second.duplicate) == (1, len(messages))
    assert second.readings is None, "what was new must be read back"
    assert count(admin, "position") == 3
    assert [count(admin, t) for t in ("checkin", "cylinder_event", "device_ack")] == [1, 1, 1]


def test_a_copy_within_one_batch_falls_away_too(
    store: Store, registry: Registry, admin: Conn
) -> None:
    one = position(1)
    done = store.put(decode(registry, [one, one]))
    assert (done.stored, done.duplicate) == (1, 1)
    assert count(admin, "position") == 1


def test_both_roads_to_a_follower_carry_the_same(
    store: Store, registry: Registry, admin: Conn
) -> None:
    done = store.put(decode(registry, one_of_each()))
    assert done.readings is not None
    rows = next_batches(admin, 0, 0, 10)
    back = read_batches(admin, 0, rows, registry)
    assert_alike(done.readings, back)


def assert_alike(mine: Readings, back: Readings) -> None:
    key = ["device_no", "at_ms", "seq"]
    left, right = np.sort(mine.positions, order=key), np.sort(back.positions, order=key)
    for name in POSITION_DTYPE.names or ():
        assert np.array_equal(left[name], right[name], equal_nan=left[name].dtype.kind == "f"), name
    for ours, theirs in zip(mine.rare(), back.rare(), strict=True):
        assert sorted(ours, key=repr) == sorted(theirs, key=repr)


def test_batches_are_numbered_without_a_gap(store: Store, registry: Registry, admin: Conn) -> None:
    numbers = [store.put(decode(registry, [position(seq)])).batch_no for seq in range(4)]
    store.close()  # as after a broken connection
    numbers.append(store.put(decode(registry, [position(9)])).batch_no)
    assert numbers == [1, 2, 3, 4, 5]


def test_a_holder_whose_lease_passed_on_cannot_write(
    store: Store, registry: Registry, admin: Conn, url: str
) -> None:
    assert take_session(admin, 0, 1, "other") is None, "the lease is held"
    admin.execute("UPDATE ingest_lease SET until_at = '-infinity'")
    epoch = take_session(admin, 0, 1, "other")
    assert epoch == store.epoch + 1
    with pytest.raises(LeaseLost):
        store.put(decode(registry, [position(1)]))
    assert count(admin, "position") == count(admin, "batch") == 0
    assert not renew_session(admin, 0, store.epoch)
    give_up_session(admin, 0, store.epoch)
    assert renew_session(admin, 0, epoch), "a zombie cannot give up what is another's"


def test_a_body_is_quarantined_once_however_often_it_comes(
    store: Store, registry: Registry, admin: Conn
) -> None:
    bad = position(1, lon=999)
    for _ in range(3):
        assert store.put(decode(registry, [bad])).rejected == 1
    rows = admin.execute("SELECT reason, seen, body FROM quarantine").fetchall()
    assert rows == [("out_of_range", 3, bad.payload)]


def test_a_device_unknown_to_the_database_is_poison_not_weather(
    store: Store, registry: Registry, admin: Conn
) -> None:
    batch = decode(registry, one_of_each())
    admin.execute("DELETE FROM device WHERE id = 'officer-1'")
    with pytest.raises(psycopg.Error) as caught:
        store.put(batch)
    assert is_poison(caught.value)
    assert count(admin, "position") == 0, "a batch is all or nothing"


def test_old_days_get_their_partition(store: Store, registry: Registry, admin: Conn) -> None:
    old = now_ms() - 200 * 86_400_000
    store.put(decode(registry, [position(1, at=old)]))
    assert admin.execute("SELECT at FROM position").fetchone() == (from_ms(old),)


def test_heartbeats_make_spans_and_a_silence_between_them(
    store: Store, registry: Registry, admin: Conn
) -> None:
    start = now_ms()
    for offset_s in (0, 2, 4, 60, 62):
        batch = decode(registry, [])
        batch.heartbeats_ms = [start + offset_s * 1_000]
        store.put(batch)
    spans = admin.execute(
        "SELECT extract(epoch FROM seen_at - started_at)::int FROM alive_span ORDER BY started_at"
    ).fetchall()
    assert spans == [(4,), (2,)]
