"""Followers that compete: one judges, however slow, and the others wait for it."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from psycopg import Connection

from core.events import Event
from devices.readings import Readings
from ingest import leases_io
from ingest.follower import Follower, Judges
from ingest.leases_io import take_session
from ingest.store_io import Store
from tests.integration.ingest.fleet import decode, enrol, position
from tests.integration.ingest.test_store_io import Conn, admin, url

__all__ = ["admin", "url"]
LEASE = timedelta(seconds=0.4)


class Slow:
    """Takes longer over a turn than a lease lasts."""

    name = "slow"

    def __init__(self) -> None:
        self.turns = 0

    def evaluate(self, conn: Connection[Any], readings: Readings, now: datetime) -> Sequence[Event]:
        self.turns += 1
        time.sleep(LEASE.total_seconds() * 4)
        return ()

    def forget(self) -> None:
        """Nothing is kept."""


def nothing(conn: Connection[Any], events: Sequence[Event], now: datetime) -> Sequence[Event]:
    return ()


def test_two_slow_followers_do_not_take_the_cursor_from_each_other(
    url: str, admin: Conn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases_io, "_LEASE", LEASE)
    monkeypatch.setattr("core.limits.LEASE_RENEW_S", 0.1)
    registry = enrol(admin)
    epoch = take_session(admin, 0, 1, "test")
    assert epoch is not None
    store = Store(url, 0, epoch)
    store.put(decode(registry, [position(1)]))
    store.close()
    slow = Slow()
    followers = [
        Follower(url, 0, f"owner-{n}", Judges([slow], nothing), lambda: registry) for n in range(2)
    ]
    for one in followers:
        one.start()
    try:
        limit = time.monotonic() + 8
        while admin.execute("SELECT FROM follower_cursor WHERE batch_no = 1").fetchone() is None:
            assert time.monotonic() < limit, f"not judged in {slow.turns} turns"
            time.sleep(0.05)
    finally:
        for one in followers:
            one.stop()
    assert slow.turns == 1
