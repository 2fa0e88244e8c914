"""Units: where they are, where they were, who is near."""

import json
from typing import Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response

from core.values import Role
from dispatch import candidates_io, messages_io
from geo.heat_io import heat
from web import pages_io, tracks
from web.edge import Work, edge
from web.files import named
from web.schemas.devices import TextMessage
from web.schemas.lists import BEST, DEFAULT, After, Few, From, Lat, Limit, Lon, To

router = APIRouter(tags=["units"])


@router.get("/units")
@edge(Role.VIEWER)
def list_units(work: Work, limit: Limit = DEFAULT, after: After = 0) -> dict[str, Any]:
    """Units by number."""
    return pages_io.page_of_shapes(work.conn, work.viewer, "units", after, limit)


@router.get("/units/near")
@edge(Role.VIEWER)
def list_near(work: Work, lon: Lon, lat: Lat, limit: Few = BEST) -> dict[str, Any]:
    """The best units for a place, each with the reasons and what it would leave undone."""
    found = candidates_io.near(work.conn, work.viewer, lon=lon, lat=lat, limit=limit, now=work.now)
    return pages_io.as_page(found.items, None) | {"shortfalls": found.shortfalls}


@router.get("/units/heat")
@edge(Role.VIEWER)
def get_heat(
    work: Work, since: From, until: To, kind: Literal["officer", "vehicle", "drone"] = "officer"
) -> dict[str, Any]:
    """Where units of a kind spent their time: cells of 50 m as [lon, lat, seconds]."""
    work.audit("heat.read", kind, begin=since.isoformat(), end=until.isoformat())
    return pages_io.as_page(list(heat(work.conn, work.viewer, kind, since, until)), None)


@router.post("/units/messages", status_code=201)
@edge(Role.SQUAD)
def send_message(work: Work, body: TextMessage) -> dict[str, Any]:
    """A text to devices in the field; {device_ids} it is on its way to."""
    sent, events = messages_io.send_text(
        work.conn, work.viewer, body.device_ids, body.text, work.now
    )
    work.record(events)
    return {"device_ids": sent}


@router.get("/units/{id}")
@edge(Role.VIEWER)
def get_unit(work: Work, id: str) -> dict[str, Any]:
    """One unit by its device id."""
    return pages_io.unit_by_id(work.conn, work.viewer, id)


@router.get("/units/{id}/track", response_model=None)
@edge(Role.VIEWER)
def get_track(
    work: Work,
    id: str,
    begin: From,
    end: To,
    format: Literal["json", "gpx", "csv", "geojson"] = "json",
) -> dict[str, Any] | Response:
    """Where a unit was. Who looked is written into the audit."""
    track = pages_io.track_of(work.conn, work.viewer, id, begin, end)
    work.audit("track.read", f"device:{id}", begin=begin.isoformat(), end=end.isoformat())
    if format == "json":
        return track
    text = {"gpx": tracks.gpx, "csv": tracks.csv_text}.get(format, _geojson_text)(track)
    name = f"{track['unit']['id']}.{format}"
    return Response(text, media_type=tracks.MEDIA[format], headers=named(name))


def _geojson_text(track: dict[str, Any]) -> str:
    return json.dumps(tracks.geojson(track))
