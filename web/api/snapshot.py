"""The picture a console starts from, and the ground under it."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Response
from pydantic import AwareDatetime

from core.values import Role
from web.basemap import basemap_bytes
from web.edge import Work, edge
from web.pages_io import as_page, city_seed
from web.picture_io import picture_at, ticks
from web.schemas.lists import AsOf, From, To
from web.snapshot_io import snapshot_text

router = APIRouter(tags=["picture"])
Moment = Annotated[AwareDatetime, Query(description="The time looked at, with an offset.")]
IfNoneMatch = Annotated[str | None, Header()]


@router.get("/snapshot")
@edge(Role.VIEWER, one_moment=True)
def get_snapshot(work: Work) -> Response:
    """Everything on the map as of one event id; follow /ws/events?after= from there."""
    text = snapshot_text(work.conn, work.account, work.settings, work.now)
    return Response(text, media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get("/picture")
@edge(Role.VIEWER, one_moment=True)
def get_picture(work: Work, at: Moment, as_of: AsOf = None) -> dict[str, Any]:
    """Everything on the map as it was at a time. Who looked is written into the audit."""
    work.audit("picture.read", "units", at=at.isoformat())
    return picture_at(work.conn, work.viewer, at, as_of or work.now, work.now)


@router.get("/picture/ticks")
@edge(Role.VIEWER)
def get_ticks(work: Work, since: From, until: To) -> dict[str, Any]:
    """What called somebody within a span: alarms, tasks, missed windows; for the slider."""
    return as_page(ticks(work.conn, work.viewer, since, until), None)


@router.get("/basemap")
@edge(Role.VIEWER)
def get_basemap(work: Work, if_none_match: IfNoneMatch = None) -> Response:
    """The generated city (示意底图 · 非真实地图) as GeoJSON layers; cacheable by its ETag."""
    body, etag = basemap_bytes(city_seed(work.conn, work.settings.city_seed))
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Content-Encoding": "gzip"}
    if if_none_match == etag:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)
