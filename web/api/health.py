"""For machines that watch this one. Outside /api, without log-in, and without any content."""

import time

import psycopg
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from psycopg_pool import PoolTimeout

from core import clock
from web import health_io
from web.edge import Doors, public
from web.metrics import Meters

router = APIRouter(tags=["health"])


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz")
@public
async def healthz() -> dict[str, bool]:
    """This process lives; nothing else is asked."""
    return {"alive": True}


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz")
@public
def readyz(request: Request) -> JSONResponse:
    """Fit to serve: database, schema, broker and ingest, lag. 503 with the reasons if not."""
    doors: Doors = request.app.state.doors
    try:
        with doors.transaction() as conn:
            reasons = health_io.not_ready(conn, clock.now())
    except (psycopg.Error, PoolTimeout):
        reasons = [{"code": "database_away", "detail": "The database does not answer."}]
    feed_age_s = time.monotonic() - request.app.state.live_feed.polled_at
    if not reasons and feed_age_s > 10:
        reasons = [{"code": "live_late", "detail": "Positions are not being read."}]
    return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)


@router.get("/metrics")
@public
def metrics(request: Request) -> Response:
    """Prometheus text."""
    doors: Doors = request.app.state.doors
    meters: Meters = request.app.state.meters
    try:
        with doors.transaction() as conn:
            meters.set_all(*health_io.gauges(conn, clock.now()))
        meters.database_up.set(1)
    except (psycopg.Error, PoolTimeout):
        meters.database_up.set(0)
    return Response(meters.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
