"""The web application, put together. Nothing happens at import."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import FileResponse
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from web.api import (
    alarms,
    boards,
    citizens,
    conduct,
    coverage,
    devices,
    docs,
    equipment,
    fences,
    gas,
    health,
    imports,
    logs,
    marks,
    patrol,
    plans,
    points,
    recordings,
    records,
    reports,
    rosters,
    rules,
    session,
    snapshot,
    standing,
    tags,
    tasks,
    units,
    verification,
)
from web.edge import Doors, Hooks, make_pool, must_show_something, public
from web.guard import Guard
from web.live import sockets
from web.live.hub import Hub
from web.live.polling import EventFeed, LiveFeed, Reader
from web.live.sockets import Lobby
from web.metrics import Meters
from web.problems import add_problem_handlers
from web.settings import WebSettings

CONSOLE = Path(__file__).parent / "console"


def create_app(settings: WebSettings, hooks: Hooks | None = None) -> FastAPI:
    """Make the application; it opens the database when it starts, not here."""
    meters = Meters()
    app = FastAPI(
        title="Waypost 巡哨",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.settings = settings
    app.state.doors = Doors(make_pool(settings), settings, hooks or Hooks())
    app.state.meters = meters
    add_problem_handlers(app)
    app.add_middleware(Guard, meters=meters, https=settings.secure_cookies)
    app.include_router(_api())
    app.include_router(health.router)
    app.include_router(sockets.router)
    app.include_router(citizens.router)
    app.include_router(_console())
    app.mount("/console", _Console(directory=CONSOLE, check_dir=False), name="console")
    return app


def _api() -> APIRouter:
    api = APIRouter(prefix="/api/v1")
    api.include_router(session.public_router)
    api.include_router(docs.router)
    for module in (
        session, snapshot, units, devices, tasks, conduct, boards, alarms, standing, fences,
        rules, verification, reports, logs, coverage, marks, patrol, plans, points, imports,
        rosters, tags, equipment, recordings, gas, records,
    ):  # fmt: skip
        api.include_router(module.router, dependencies=[Depends(must_show_something)])
    return api


def _console() -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    @public
    def console_page() -> Response:
        return FileResponse(CONSOLE / "index.html", headers={"Cache-Control": "no-cache"})

    return router


class _Console(StaticFiles):
    """The console's files: asked for anew each time, answered 304 while unchanged."""

    authorisation = "public"

    def file_response(
        self, full_path: Any, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        vendored = "/vendor/" in str(full_path)
        response.headers["Cache-Control"] = "max-age=604800" if vendored else "no-cache"
        return response


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: WebSettings = app.state.settings
    doors: Doors = app.state.doors
    readers = [Reader(settings.database_url, name) for name in ("live", "events", "sessions")]
    state = app.state
    state.live_feed = LiveFeed(readers[0], Hub(_epoch()), settings.live_period_s)
    state.event_feed = EventFeed(readers[1])
    state.reader = readers[2]
    state.lobby = Lobby(readers[2], settings)
    _watch(app)
    doors.pool.open(wait=False)
    tasks = [
        asyncio.create_task(one.run()) for one in (state.live_feed, state.event_feed, state.lobby)
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for reader in readers:
            reader.close()
        doors.pool.close()


def _watch(app: FastAPI) -> None:
    meters: Meters = app.state.meters
    feed: LiveFeed = app.state.live_feed
    lobby: Lobby = app.state.lobby
    meters.watch("waypost_sockets", "Open websockets.", lambda: len(lobby))
    meters.watch("waypost_live_frames_sent", "Live frames sent.", lambda: feed.frames_sent)
    meters.watch("waypost_live_bytes_sent", "Bytes of them.", lambda: feed.bytes_sent)


def _epoch() -> int:
    """Another number each start, so that nobody resumes from a former life."""
    return int.from_bytes(os.urandom(4), "little") or 1
