"""Files of points, fences, routes, rosters, calendar days and segments, taken in and given out."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from core.values import Role
from geo import layers_io
from geo.importers_io import converter, read_rows
from geo.patrol import imports_io
from web.edge import Work, edge
from web.schemas.imports import (
    Content,
    Datum,
    DryRun,
    ImportKind,
    LayerFormat,
    LayerKind,
    Upload,
)

router = APIRouter(prefix="/patrol", tags=["patrol plans"])


@router.post("/import")
@edge(Role.SQUAD)
def import_file(
    work: Work,
    *,
    body: Upload,
    kind: ImportKind,
    dry_run: DryRun = True,
    datum: Datum = "wgs84",
    content_type: Content = "",
) -> dict[str, Any]:
    """Take in a file, row by row; a dry run says what would change and writes nothing."""
    rows = read_rows(body, content_type)
    report, events = imports_io.take_in(
        work.conn, work.viewer, kind, rows, converter(datum), dry_run=dry_run, now=work.now
    )
    work.record(events)
    return report


@router.get("/export", response_model=None)
@edge(Role.VIEWER)
def export_layer(
    work: Work,
    *,
    kind: LayerKind = "points",
    format: LayerFormat = "geojson",
    datum: Datum = "wgs84",
) -> Response:
    """Points, fences or segments as a map layer that can be taken in again."""
    file = layers_io.export_layer(work.conn, work.viewer, kind, format, datum)
    return Response(file.body, media_type=file.media, headers=file.headers)
