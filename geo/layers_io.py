"""Points, fences and segments as map layers: GeoJSON, GeoPackage, Shapefiles in a zip, KML.

A circle is a Point with its `radius_m`, so that what is given out can be taken in again.
GeoJSON is WGS-84 by its standard (RFC 7946); a layer in another datum says so in its name,
because no file format has a word for GCJ-02.
"""

import io
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Final

import geopandas
import numpy as np
import pandas
import shapely
from psycopg import Connection

from core.sql import load_queries
from core.values import Viewer
from devices.datum import from_wgs84
from devices.readings import DATUMS
from geo.files import File, named
from geo.importers_io import GEOJSON, GPKG, KML, SHAPEFILE

QUERIES = load_queries("geo", "layers.sql")
MEDIA: Final = {"geojson": GEOJSON, "gpkg": GPKG, "shp": SHAPEFILE, "kml": KML}
COLUMNS: Final = {
    "points": ("code", "name", "org", "radius_m", "tag", "grade"),
    "fences": ("name", "org", "purpose", "radius_m", "dwell_s"),
    "segments": ("name", "org", "grade", "width_m"),
}


def export_layer(
    conn: Connection[Any], viewer: Viewer, kind: str, wanted: str, datum: str = "wgs84"
) -> File:
    """All that stands of `kind` (points, fences, segments) within the viewer's scope."""
    rows = conn.execute(QUERIES[kind], {"org_ids": list(viewer.org_ids)}).fetchall()
    shapes = [_shifted(shapely.from_geojson(json.dumps(row[0])), datum) for row in rows]
    table = pandas.DataFrame([row[1:] for row in rows], columns=list(COLUMNS[kind]))
    frame = geopandas.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326")
    body = {"geojson": _geojson, "gpkg": _gpkg, "shp": _shp, "kml": _kml}[wanted](frame, kind)
    suffix = "zip" if wanted == "shp" else wanted
    name = kind if datum in ("wgs84", "cgcs2000") else f"{kind}-{datum}"
    return named(body, MEDIA[wanted], f"{name}.{suffix}")


def _shifted(shape: Any, datum: str) -> Any:
    if datum in ("wgs84", "cgcs2000"):
        return shape
    code = DATUMS.index(datum)

    def move(places: Any) -> Any:
        return np.column_stack(from_wgs84(places[:, 0], places[:, 1], code))

    return shapely.transform(shape, move)


def _geojson(frame: geopandas.GeoDataFrame, _kind: str) -> bytes:
    features = list(frame.iterfeatures(na="null", drop_id=True))
    return json.dumps(
        {"type": "FeatureCollection", "features": features}, ensure_ascii=False
    ).encode()


def _gpkg(frame: geopandas.GeoDataFrame, kind: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layer.gpkg"
        for name, part in _by_form(frame, kind):
            part.to_file(path, layer=name, driver="GPKG", engine="pyogrio")
        return path.read_bytes()


def _kml(frame: geopandas.GeoDataFrame, kind: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{kind}.kml"
        frame.to_file(path, layer=kind, driver="LIBKML", engine="pyogrio")
        return path.read_bytes()


def _shp(frame: geopandas.GeoDataFrame, kind: str) -> bytes:
    """Texts in UTF-8, which the .cpg says."""
    out = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(out, "w") as packed:
        for name, part in _by_form(frame, kind):
            part.to_file(
                Path(folder) / f"{name}.shp",
                driver="ESRI Shapefile",
                engine="pyogrio",
                encoding="UTF-8",
            )
        for file in sorted(Path(folder).iterdir()):
            packed.write(file, file.name, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _by_form(frame: geopandas.GeoDataFrame, kind: str) -> list[tuple[str, geopandas.GeoDataFrame]]:
    """A layer of these formats has one kind of geometry: circles apart from polygons."""
    round_ = frame.geometry.geom_type == "Point"
    parts = [(kind, frame[~round_]), (f"{kind}-circles", frame[round_])]
    found = [(name, part) for name, part in parts if len(part)]
    if kind == "points" or not found:
        return [(kind, frame)]
    return found
