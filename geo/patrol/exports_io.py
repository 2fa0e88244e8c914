"""Patrol points as a file: CSV, XLSX, GeoJSON. What is exported can be imported as it is."""

import io
import json
from typing import Any, Final

import openpyxl
from psycopg import Connection
from psycopg.rows import dict_row

from core.sql import load_queries
from core.tables import as_csv, harmless
from core.values import Viewer
from geo.files import File, named
from geo.importers_io import CSV, GEOJSON, XLSX

QUERIES = load_queries("geo.patrol", "exports.sql")
COLUMNS: Final = ("code", "name", "org", "lon", "lat", "radius_m", "tag", "grade")
_MEDIA: Final = {"csv": f"{CSV}; charset=utf-8", "xlsx": XLSX, "geojson": GEOJSON}


def export_points(conn: Connection[Any], viewer: Viewer, wanted: str) -> File:
    """`wanted`: csv, xlsx or geojson. Every standing point in scope, WGS-84."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(QUERIES["points"], {"org_ids": list(viewer.org_ids)}).fetchall()
    body = {"csv": _csv, "xlsx": _xlsx, "geojson": _geojson}[wanted](rows)
    return named(body, _MEDIA[wanted], f"patrol-points.{wanted}")


def _csv(rows: list[dict[str, Any]]) -> bytes:
    return as_csv([COLUMNS, *([row[column] for column in COLUMNS] for row in rows)]).encode()


def _xlsx(rows: list[dict[str, Any]]) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("points")
    sheet.append(COLUMNS)
    for row in rows:
        sheet.append([harmless(row[column]) for column in COLUMNS])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _geojson(rows: list[dict[str, Any]]) -> bytes:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
            "properties": {c: row[c] for c in COLUMNS if c not in {"lon", "lat"}},
        }
        for row in rows
    ]
    return json.dumps(
        {"type": "FeatureCollection", "features": features}, ensure_ascii=False
    ).encode()
