"""One poller a process for positions, one for events, one roll call of who is connected.

Database calls run in a small executor of their own, so that neither slow requests nor
a database that is away can hold up the sockets.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from psycopg import Connection

from core import clock, limits
from core.db import connect, time_limit
from core.events_io import all_events_after, newest_event_id
from web.live.hub import Hub, Rows, Scope
from web.live.live_io import changed_rows, living_units
from web.live.ring import Line, Ring

log = logging.getLogger(__name__)

_SENDS_AT_ONCE = 16  # frames handed to the loop before it may write some of them out
_RECONCILE_S = 30.0
_CATCH_UP_ROWS = 1_000


class Reader:
    """A database connection of its own in autocommit, made again whenever it breaks."""

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._name = name
        self._conn: Connection[Any] | None = None
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def read(self, question: Callable[[Connection[Any]], Any]) -> Any:
        """Run `question` in the reader's thread. Raises psycopg.OperationalError when away."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._read, question)

    def _read(self, question: Callable[[Connection[Any]], Any]) -> Any:
        if self._conn is None or self._conn.closed:
            self._conn = connect(self._url, autocommit=True, application=f"waypost {self._name}")
        try:
            with time_limit(self._conn):
                return question(self._conn)
        except psycopg.OperationalError:
            self._conn.close()
            raise

    def close(self) -> None:
        self._executor.shutdown(wait=True, cancel_futures=True)
        if self._conn is not None:
            self._conn.close()


class LiveFeed:
    """Turns unit_state into frames, one a period, and hands them to those who wait."""

    def __init__(self, reader: Reader, hub: Hub, period_s: float) -> None:
        self._reader = reader
        self._hub = hub
        self._period_s = period_s
        self._since: str | None = None
        self._reconciled_at = 0.0
        self._waiting: list[tuple[asyncio.Future[bytes], int, Scope]] = []
        self.frames_sent = 0
        self.bytes_sent = 0
        self.polled_at = 0.0  # monotonic

    async def first_frame(self, from_seq: int, scope: Scope) -> bytes:
        """A frame at once: for a console that has just come."""
        return self._hub.frame(from_seq, scope)

    async def next_frame(self, from_seq: int, scope: Scope) -> bytes:
        """The next period's frame for someone who holds `from_seq`."""
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, from_seq, scope))
        return await future

    def starting_point(self, epoch: str, seq: int) -> int:
        """What a client's words mean to this hub: 0 (everything) unless it follows this epoch."""
        return seq if epoch == str(self._hub.epoch) else 0

    async def run(self) -> None:
        """Poll until cancelled. A database that is away makes pictures old, not sockets dead."""
        due = time.monotonic()
        while True:
            try:
                await self._poll()
            except psycopg.Error as error:
                log.warning("positions cannot be read: %s", error)
                await asyncio.sleep(limits.RETRY_FIRST_S)
            await self._hand_out()
            due = max(due + self._period_s, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    async def _poll(self) -> None:
        rows: Rows
        rows, horizon = await self._reader.read(lambda conn: changed_rows(conn, self._since))
        self._since = horizon
        self._hub.apply(rows, clock.now().timestamp() * 1000)
        self.polled_at = time.monotonic()
        if self.polled_at - self._reconciled_at > _RECONCILE_S:
            self._reconciled_at = self.polled_at
            self._hub.keep_only(await self._reader.read(living_units))

    async def _hand_out(self) -> None:
        waiting, self._waiting = self._waiting, []
        for begin in range(0, len(waiting), _SENDS_AT_ONCE):
            for future, from_seq, scope in waiting[begin : begin + _SENDS_AT_ONCE]:
                if not future.done():
                    frame = self._hub.frame(from_seq, scope)
                    self.frames_sent += 1
                    self.bytes_sent += len(frame)
                    future.set_result(frame)
            await asyncio.sleep(0)


class EventFeed:
    """Reads the record while somebody listens, and keeps its newest lines."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._grown = asyncio.Event()
        self._wanted = asyncio.Event()
        self._listeners = 0
        self._doubtful = False  # the database was away; it may come back as it was before
        self.ring: Ring | None = None

    def listen(self) -> None:
        self._listeners += 1
        self._wanted.set()

    def leave(self) -> None:
        self._listeners -= 1
        if not self._listeners:
            self._wanted.clear()

    async def ready(self) -> Ring:
        """The ring, once it stands."""
        while self.ring is None:
            await self._grown.wait()
        return self.ring

    def grown_soon(self) -> asyncio.Event:
        """Set as soon as there are lines newer than now."""
        return self._grown

    async def run(self) -> None:
        """Poll until cancelled; rest while nobody listens."""
        while True:
            if not self._wanted.is_set():
                self.ring = None  # what happens meanwhile is read from the database later
                await self._wanted.wait()
            try:
                more = await self._poll()
            except psycopg.Error as error:
                log.warning("events cannot be read: %s", error)
                self._doubtful = True
                await asyncio.sleep(limits.RETRY_FIRST_S)
                continue
            if not more:
                await asyncio.sleep(limits.EVENTS_POLL_S)

    async def _poll(self) -> bool:
        ring = self.ring
        if ring is None or self._doubtful:
            newest = await self._reader.read(newest_event_id)
            self._doubtful = False
            if ring is not None and newest >= ring.newest:
                return True
            self.ring = Ring(newest, limits.SOCKET_EVENTS_BACKLOG_MAX)
            self._tell()
            return False
        after = ring.newest
        rows = await self._reader.read(lambda conn: all_events_after(conn, after, _CATCH_UP_ROWS))
        if rows:
            ring.extend([line_of(row) for row in rows])
            self._tell()
        return len(rows) == _CATCH_UP_ROWS

    def _tell(self) -> None:
        self._grown.set()
        self._grown = asyncio.Event()


def line_of(row: dict[str, Any]) -> Line:
    """An event row as the line sent on the socket."""
    return Line(row["id"], row["org_id"], json.dumps(event_shape(row), ensure_ascii=False))


def event_shape(row: dict[str, Any]) -> dict[str, Any]:
    """An event as REST and the socket show it."""
    return row | {"at": row["at"].isoformat(), "known_at": row["known_at"].isoformat()}
