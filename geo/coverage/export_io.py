"""Coverage as a file: a table (CSV, XLSX), a map layer (GeoJSON, GeoPackage), by GeoPandas."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import geopandas
import numpy as np
import pandas
import shapely
from psycopg import Connection

from core.tables import harmless
from core.values import Viewer
from geo.coverage.areas import Walked, corners_deg
from geo.coverage.coverage_io import Asked, coverage, measured
from geo.coverage.measuring_io import Measured
from geo.coverage.segments import Covered, Line, places_of
from geo.files import File, named
from geo.patrol.windows import LOCAL
from geo.shapes import Circle, Shape, geometry_of

_MEDIA: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
}
_CRS: Final = "EPSG:4326"
_COLUMNS: Final = (
    "kind", "id", "name", "org_id", "from", "to", "covered", "required", "unit", "share",
    "visits", "period_s", "unknown_s", "confidence", "source", "rule", "definition_zh",
    "definition_en",
)  # fmt: skip


def export(conn: Connection[Any], viewer: Viewer, asked: Asked, wanted: str, now: datetime) -> File:
    """One of csv, xlsx, geojson, gpkg. Maps are always measured anew: what a map shows of a
    day is not kept. Raises NotFound, Invalid, TooMuch."""
    if wanted in ("csv", "xlsx"):
        table = _table(coverage(conn, viewer, asked, now))
        body = _csv(table) if wanted == "csv" else _xlsx(table, asked.kind)
    else:
        found = measured(conn, viewer, asked)
        layers = {"objects": _objects(found), "covered": _covered(found)}
        body = _geojson(layers) if wanted == "geojson" else _gpkg(layers)
    day = asked.span.from_at.astimezone(LOCAL).date().isoformat()
    return named(body, _MEDIA[wanted], f"coverage-{asked.kind}-{day}.{wanted}")


def _table(said: dict[str, Any]) -> pandas.DataFrame:
    rows = []
    for item in said["items"]:
        one = item["object"]
        rows.append(
            {
                "kind": one["kind"], "id": one["id"], "name": harmless(one["name"]),
                "org_id": one["org_id"],
                "from": said["from"].astimezone(LOCAL).isoformat(),
                "to": said["to"].astimezone(LOCAL).isoformat(),
                **{name: item[name] for name in _COLUMNS if name in item},
                "source": said["source"],
                "definition_zh": item["definition"]["zh"],
                "definition_en": item["definition"]["en"],
            }
        )  # fmt: skip
    return pandas.DataFrame(rows, columns=list(_COLUMNS))


def _csv(table: pandas.DataFrame) -> bytes:
    text: str = table.to_csv(index=False, lineterminator="\r\n")
    return b"\xef\xbb\xbf" + text.encode()  # the mark by which Excel knows UTF-8


def _xlsx(table: pandas.DataFrame, kind: str) -> bytes:
    out = BytesIO()
    table.to_excel(out, sheet_name=f"coverage-{kind}", index=False, engine="openpyxl")
    return out.getvalue()


def _geojson(layers: dict[str, geopandas.GeoDataFrame]) -> bytes:
    """One collection; `layer` says which a feature is of."""
    features = [
        feature | {"properties": feature["properties"] | {"layer": name}}
        for name, frame in layers.items()
        for feature in frame.iterfeatures(na="null", drop_id=True)
    ]

    return json.dumps(
        {"type": "FeatureCollection", "features": features}, ensure_ascii=False
    ).encode()


def _gpkg(layers: dict[str, geopandas.GeoDataFrame]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "coverage.gpkg"
        for name, frame in layers.items():
            frame.to_file(path, layer=name, driver="GPKG", engine="pyogrio")
        return path.read_bytes()


def _objects(found: Sequence[Measured]) -> geopandas.GeoDataFrame:
    """Points, whole segments and whole areas, with their figures."""
    rows = []
    for one in found:
        figure = one.figure
        rows.append(
            {
                "kind": figure.kind, "object_id": figure.object_id, "name": one.name,
                "org_id": one.org_id, "covered": float(figure.covered),
                "required": float(figure.required), "unit": figure.unit, "share": figure.share,
                "visits": figure.detail.get("visits"), "period_s": figure.sampling.period_s,
                "unknown_s": figure.sampling.unknown_s, "confidence": figure.sampling.confidence,
                "radius_m": one.shape.radius_m if isinstance(one.shape, Circle) else None,
            }
        )  # fmt: skip
    return _frame(rows, [_geometry(one.shape) for one in found], _OBJECT)


_OBJECT: Final = (
    "kind", "object_id", "name", "org_id", "covered", "required", "unit", "share", "visits",
    "period_s", "unknown_s", "confidence", "radius_m",
)  # fmt: skip
_STRETCH: Final = ("kind", "object_id", "name", "from_m", "to_m", "dwell_s")


def _covered(found: Sequence[Measured]) -> geopandas.GeoDataFrame:
    """Stretches of segments that were walked, and cells of areas somebody was in."""
    parts = [part for one in found for part in _parts(one)]
    return _frame([row for row, _ in parts], [shape for _, shape in parts], _STRETCH)


def _parts(one: Measured) -> Iterator[tuple[dict[str, Any], Any]]:
    base = {"kind": one.figure.kind, "object_id": one.figure.object_id, "name": one.name}
    if isinstance(one.seen, Covered):
        assert isinstance(one.shape, Line)
        for from_m, to_m in one.seen.stretches_m():
            places = places_of(one.seen, from_m, to_m, one.shape)
            row = {"from_m": round(from_m, 1), "to_m": round(to_m, 1), "dwell_s": None}
            yield base | row, shapely.LineString(places)
    if isinstance(one.seen, Walked):
        seen = one.seen
        for column, row_no in np.argwhere(seen.grid.inside & seen.touched).tolist():
            dwell_s = round(float(seen.dwell_s[column, row_no]), 1)
            ring = corners_deg(seen.grid, column, row_no)
            row = {"from_m": None, "to_m": None, "dwell_s": dwell_s}
            yield base | row, shapely.Polygon(ring)


def _frame(
    rows: list[dict[str, Any]], shapes: list[Any], columns: Sequence[str]
) -> geopandas.GeoDataFrame:
    table = pandas.DataFrame(rows, columns=list(columns))
    return geopandas.GeoDataFrame(table, geometry=geopandas.GeoSeries(shapes, crs=_CRS))


def _geometry(shape: Shape | Line) -> Any:
    if isinstance(shape, Line):
        return shapely.LineString(shape.places)
    return shapely.geometry.shape(geometry_of(shape))
