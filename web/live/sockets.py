"""The two websockets. What is sent is decided for each message by what the viewer may see."""

import asyncio
import json
import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from psycopg import Connection
from psycopg.rows import DictRow

from core import clock, limits
from core.events_io import events_after, newest_event_id, oldest_event_id
from core.values import Role, Viewer
from web import auth, auth_io
from web.auth import Account, Credential
from web.edge import authorise
from web.live.hub import Scope
from web.live.polling import EventFeed, LiveFeed, Reader, line_of
from web.problems import problem
from web.settings import WebSettings

log = logging.getLogger(__name__)
router = APIRouter()

_RECHECK_S = 3.0
_PING_S = 10.0
_PAGE = 500

# Close codes: RFC 6455 7.4.1, and 4000 upwards for ourselves.
POLICY = 1008  # logged out, disabled, or out of scope
TOO_SLOW = 4008
RESYNC = 4009  # fetch the snapshot and come again


@dataclass(eq=False)
class Listener:
    """One open socket and whose it is; the roll call keeps `viewer` current."""

    socket: WebSocket
    shown: Credential
    viewer: Viewer

    @property
    def scope(self) -> Scope:
        return frozenset(int(org_id) for org_id in self.viewer.org_ids)


class Lobby:
    """Everybody connected. Each few seconds all of them are checked with one query."""

    def __init__(self, reader: Reader, settings: WebSettings) -> None:
        self._reader = reader
        self._settings = settings
        self._listeners: dict[Listener, asyncio.Task[Any]] = {}

    def __len__(self) -> int:
        return len(self._listeners)

    async def admit(self, socket: WebSocket) -> Listener | None:
        """Check Origin and credential before the handshake; a stranger gets a problem."""
        headers = socket.headers
        if not auth.same_origin(
            headers.get("origin"), headers.get("host"), self._settings.allowed_origins
        ):
            await _refuse(socket, 403, "cross_site", "This page may not open a socket here.")
            return None
        shown = auth.credential(headers.get("authorization"), socket.cookies.get(auth.COOKIE))
        try:
            account = shown and (await self._who([shown])).get(shown)
        except psycopg.Error:
            await _refuse(socket, 503, "database_away", "The database is away. Try again.")
            return None
        if shown is None or not account:
            await _refuse(socket, 401, "unauthenticated", "Please log in.")
            return None
        await socket.accept()
        return Listener(socket, shown, account.viewer)

    async def stay(self, listener: Listener, serving: Awaitable[None]) -> None:
        """Serve until the client leaves, is too slow, or is no longer allowed here."""
        task = asyncio.ensure_future(serving)
        self._listeners[listener] = task
        try:
            await task
        except (WebSocketDisconnect, asyncio.CancelledError):
            pass
        except TimeoutError:
            await _close(listener.socket, TOO_SLOW)
        finally:
            del self._listeners[listener]

    async def run(self) -> None:
        """The roll call, until cancelled."""
        while True:
            await asyncio.sleep(_RECHECK_S)
            try:
                await self._roll_call()
            except psycopg.Error as error:
                log.warning("sessions cannot be checked: %s", error)

    async def _roll_call(self) -> None:
        listeners = list(self._listeners)
        if not listeners:
            return
        known = await self._who([listener.shown for listener in listeners], touch=True)
        for listener in listeners:
            account = known.get(listener.shown)
            if account is not None:
                listener.viewer = account.viewer
            elif task := self._listeners.get(listener):
                await _close(listener.socket, POLICY)
                task.cancel()

    async def _who(
        self, shown: list[Credential], *, touch: bool = False
    ) -> dict[Credential, Account]:
        def ask(conn: Connection[Any]) -> dict[Credential, Account]:
            now = clock.now()
            if touch:  # somebody watching a map is not idle
                auth_io.touch(conn, shown, now)
            return auth_io.identify_all(conn, shown, now)

        known: dict[Credential, Account] = await self._reader.read(ask)
        return known


@router.websocket("/ws/live")
@authorise(Role.VIEWER)
async def live(socket: WebSocket) -> None:
    """Positions: the client asks with `{epoch} {seq}`, one frame in flight."""
    lobby: Lobby = socket.app.state.lobby
    listener = await lobby.admit(socket)
    if listener is not None:
        await lobby.stay(listener, _serve_frames(listener, socket.app.state.live_feed))


async def _serve_frames(listener: Listener, feed: LiveFeed) -> None:
    socket = listener.socket
    ask = feed.first_frame
    while True:
        async with asyncio.timeout(limits.SOCKET_SEND_MAX_S):
            said = await socket.receive()
        if said["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(said.get("code", 1005))
        text = said.get("text") or ""
        epoch, _, seq = text.partition(" ")
        if not seq.isdecimal() or len(text) > 32:
            await _close(socket, POLICY, 'say "{epoch} {seq}", first "- 0"')
            return
        frame = await ask(feed.starting_point(epoch, int(seq)), listener.scope)
        async with asyncio.timeout(limits.SOCKET_SEND_MAX_S):
            await socket.send_bytes(frame)
        ask = feed.next_frame


@router.websocket("/ws/events")
@authorise(Role.VIEWER)
async def events(socket: WebSocket) -> None:
    """The record from `?after=` on: every event the viewer may see, in order, none skipped."""
    lobby: Lobby = socket.app.state.lobby
    listener = await lobby.admit(socket)
    if listener is None:
        return
    after = socket.query_params.get("after", "")
    if after and not after.isdecimal():
        await _close(socket, POLICY, "after is the id of an event")
        return
    feed: EventFeed = socket.app.state.event_feed
    feed.listen()
    try:
        serving = _serve_events(listener, feed, int(after) if after.isdecimal() else None)
        await lobby.stay(listener, _until_gone(socket, serving))
    finally:
        feed.leave()


async def _serve_events(listener: Listener, feed: EventFeed, after: int | None) -> None:
    socket = listener.socket
    ring = await feed.ready()
    cursor = ring.newest if after is None else after
    if cursor < ring.floor:
        caught_up = await _catch_up(listener, socket.app.state.reader, cursor, ring.floor)
        if caught_up is None:
            await _resync(socket)
            return
        cursor = caught_up
    if cursor > ring.newest and cursor > await socket.app.state.reader.read(newest_event_id):
        await _resync(socket)  # the database has been put back to an earlier time
        return
    quiet_since = 0.0
    loop = asyncio.get_running_loop()
    while True:
        grown = feed.grown_soon()
        lines = ring.after(cursor)
        if lines is None or await feed.ready() is not ring:
            await _resync(socket)
            return
        for line in lines:
            if listener.viewer.sees(line.org_id):
                await _say(socket, line.text)
        cursor = lines[-1].id if lines else cursor
        if loop.time() - quiet_since >= _PING_S:
            quiet_since = loop.time()
            await _say(socket, json.dumps({"ping": clock.now().isoformat()}))
        if not lines:
            await _either(grown, quiet_since + _PING_S - loop.time())


async def _catch_up(listener: Listener, reader: Reader, cursor: int, floor: int) -> int | None:
    """Send what the database has up to `floor`; None when that is too much, or not kept."""
    oldest: int = await reader.read(oldest_event_id)
    if cursor + 1 < oldest:
        return None
    for _ in range(limits.SOCKET_EVENTS_BACKLOG_MAX // _PAGE):
        page = partial(events_after, viewer=listener.viewer, after=cursor, limit=_PAGE)
        rows: list[DictRow] = await reader.read(page)
        for row in rows:
            await _say(listener.socket, line_of(row).text)
        cursor = max([cursor, *(row["id"] for row in rows[-1:])])
        if len(rows) < _PAGE:
            return max(floor, cursor)
    return None


async def _either(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(max(0.0, seconds)):
            await event.wait()
    except TimeoutError:
        return


async def _until_gone(socket: WebSocket, serving: Awaitable[None]) -> None:
    """Serve while reading, so that a client that leaves is noticed at once."""
    work = asyncio.ensure_future(serving)
    gone = asyncio.ensure_future(_read_all(socket))
    try:
        await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
    finally:
        work.cancel()
        gone.cancel()
        await asyncio.gather(work, gone, return_exceptions=True)


async def _read_all(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _say(socket: WebSocket, text: str) -> None:
    async with asyncio.timeout(limits.SOCKET_SEND_MAX_S):
        await socket.send_text(text)


async def _resync(socket: WebSocket) -> None:
    await _say(socket, '{"resync": true}')
    await _close(socket, RESYNC)


async def _close(socket: WebSocket, code: int, reason: str = "") -> None:
    try:
        async with asyncio.timeout(1.0):
            await socket.close(code, reason)
    except (RuntimeError, TimeoutError, WebSocketDisconnect):
        return  # it is gone, which is what we wanted


async def _refuse(socket: WebSocket, status: int, code: str, detail: str) -> None:
    await socket.send_denial_response(problem(status, code, detail))
