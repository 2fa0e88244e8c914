"""Files that people hand over, as plain rows, and their datum: tables (CSV, XLSX) and map
layers (GeoJSON, GeoPackage, Shapefile in a zip, KML).

Layers are read by GeoPandas. Where one says that its places are in metres on a plane, they are
converted to degrees by the definition it names; one that says nothing is taken for degrees.
"""

import csv
import io
import json
import math
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import geopandas
import openpyxl
import pyogrio
import shapely

from core.errors import Invalid
from devices.datum import point_to_wgs84
from devices.readings import DATUMS

CSV: Final = "text/csv"
NDJSON: Final = "application/x-ndjson"
GEOJSON: Final = "application/geo+json"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
GPKG: Final = "application/geopackage+sqlite3"
SHAPEFILE: Final = "application/zip"
KML: Final = "application/vnd.google-earth.kml+xml"
BY_SUFFIX: Final = {
    ".csv": CSV, ".geojson": GEOJSON, ".json": GEOJSON, ".xlsx": XLSX, ".gpkg": GPKG,
    ".zip": SHAPEFILE, ".kml": KML, ".ndjson": NDJSON,
}  # fmt: skip
_LAYERED: Final = {GPKG: ".gpkg", SHAPEFILE: ".zip", KML: ".kml"}
UNPACKED_MAX: Final = 200 * 1024 * 1024
ROWS_READ_MAX: Final = 20_000
# Names by which a GeoJSON says that it is in degrees.
_DEGREES: Final = ("CRS84", "EPSG::4326", "EPSG:4326", "EPSG::4490", "EPSG:4490")


def read_rows(body: bytes, media: str) -> list[dict[str, Any]]:
    """Raises Invalid when it is not what it says it is."""
    kind = media.partition(";")[0].strip().lower()
    if kind == CSV:
        return _csv(body)
    if kind == XLSX:
        return _xlsx(body)
    if kind == NDJSON:
        return _ndjson(body)
    if kind in (GEOJSON, "application/json"):
        return _geojson(body)
    if kind in _LAYERED:
        return _layers(body, _LAYERED[kind])
    known = ", ".join(sorted(set(BY_SUFFIX.values())))
    raise Invalid(f"Send a file as one of {known}; got {kind or 'no type'!r}.")


def converter(datum: str) -> Callable[[float, float], tuple[float, float]]:
    """From a datum by its name to WGS-84, longitude first."""
    if datum not in DATUMS:
        raise Invalid(f"A datum is one of {', '.join(DATUMS)}; got {datum!r}.")
    code = DATUMS.index(datum)
    return lambda lon, lat: point_to_wgs84(lon, lat, code)


def _csv(body: bytes) -> list[dict[str, Any]]:
    """UTF-8, or what Excel in China writes."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = body.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise Invalid("This CSV is neither UTF-8 nor GB 18030.")
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise Invalid(f"This is no CSV: {error}.") from None
    return [{k: v for k, v in row.items() if isinstance(k, str)} for row in rows]


def _xlsx(body: bytes) -> list[dict[str, Any]]:
    """The first sheet; its first row names the columns."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            if sum(part.file_size for part in parts.infolist()) > UNPACKED_MAX:
                raise Invalid("This workbook is too large when it is unpacked.")
        book = openpyxl.load_workbook(io.BytesIO(body), read_only=True, data_only=True)
        try:
            table: list[tuple[Any, ...]] = []
            for cells in book.worksheets[0].iter_rows(values_only=True):
                if len(table) > ROWS_READ_MAX:
                    raise Invalid(f"A sheet has at most {ROWS_READ_MAX} rows.")
                if any(cell is not None for cell in cells):
                    table.append(cells)
        finally:
            book.close()
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, IndexError) as error:
        raise Invalid(f"This is no XLSX workbook: {error}.") from None
    if not table:
        return []
    head = [str(cell or "") for cell in table[0]]
    return [dict(zip(head, cells, strict=False)) for cells in table[1:]]


def _ndjson(body: bytes) -> list[dict[str, Any]]:
    """One object a line; an empty line says nothing."""
    rows = []
    for no, line in enumerate(body.decode("utf-8", "replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise Invalid(f"Line {no} is no JSON: {error}.") from None
        if not isinstance(row, dict):
            raise Invalid(f"Line {no} is no object.")
        rows.append(row)
    return rows


def _geojson(body: bytes) -> list[dict[str, Any]]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"This is no GeoJSON: {error}.") from None
    if not isinstance(found, dict) or not isinstance(found.get("features"), list):
        raise Invalid("A GeoJSON file is a FeatureCollection.")
    _check_crs(found.get("crs"))
    rows = []
    for feature in found["features"]:
        if not isinstance(feature, dict):
            raise Invalid("A FeatureCollection holds features.")
        rows.append({**(feature.get("properties") or {}), "geometry": feature.get("geometry")})
    return rows


def _check_crs(crs: Any) -> None:
    """What is in metres on a plane must not be taken for degrees."""
    if crs is None:
        return
    name = str((crs.get("properties") or {}).get("name") if isinstance(crs, dict) else crs)
    if not name.endswith(_DEGREES):
        raise Invalid(
            f"This file is in {name}. Save it in degrees (WGS-84 or CGCS2000); plane coordinates "
            "are not taken."
        )


# ── map layers ─────────────────────────────────────────────────────────────


def _layers(body: bytes, suffix: str) -> list[dict[str, Any]]:
    """Every feature of every layer. GDAL wants a file."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"given{suffix}"
        path.write_bytes(body)
        sources = _shapefiles(path) if suffix == ".zip" else {str(path): None}
        try:
            for source, encoding in sources.items():
                for name, _ in pyogrio.list_layers(source):
                    rows += _features(_read(source, name, encoding))
                    if len(rows) > ROWS_READ_MAX:
                        raise Invalid(f"A file has at most {ROWS_READ_MAX} features.")
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            said = str(error).replace(folder, "").partition("\n")[0]
            raise Invalid(f"This {suffix} file cannot be read: {said}") from None
    return rows


def _shapefiles(path: Path) -> dict[str, str | None]:
    """GDAL's names of the Shapefiles in a zip, and their encoding where they do not say it."""
    found: dict[str, str | None] = {}
    try:
        with zipfile.ZipFile(path) as parts:
            if sum(part.file_size for part in parts.infolist()) > UNPACKED_MAX:
                raise Invalid("This zip is too large when it is unpacked.")
            names = {name.lower(): name for name in parts.namelist()}
            for name in parts.namelist():
                stem = name[:-4].lower()
                if not name.lower().endswith(".shp"):
                    continue
                for needed in (".shx", ".dbf"):
                    if stem + needed not in names:
                        raise Invalid(
                            f"{name} comes without its {needed}. Put it into the zip as well."
                        )
                says = stem + ".cpg" in names
                table = parts.read(names[stem + ".dbf"])
                found[f"/vsizip/{path}/{name}"] = None if says else dbf_encoding(table)
    except zipfile.BadZipFile as error:
        raise Invalid(f"This is no zip: {error}.") from None
    if not found:
        raise Invalid("There is no .shp in this zip. Put .shp, .shx, .dbf and .prj into it.")
    return found


def dbf_encoding(table: bytes) -> str:
    """Of a dBASE table without a .cpg: UTF-8 if that is what it is, else what Chinese desktops
    write. Names of columns are in descriptors of 32 bytes after a head of 32, rows follow.

    >>> dbf_encoding(bytes(8) + (64).to_bytes(2, "little") + bytes(54) + "名称".encode("gb18030"))
    'GB18030'
    """
    rows_at = int.from_bytes(table[8:10], "little")
    names = [table[at : at + 11] for at in range(32, rows_at - 1, 32)]
    try:
        b"".join([*names, table[rows_at:]]).decode()
    except UnicodeDecodeError:
        return "GB18030"
    return "UTF-8"


def _read(source: str, layer: str, encoding: str | None) -> Any:
    """In degrees."""
    frame = geopandas.read_file(source, layer=layer, engine="pyogrio", encoding=encoding)
    if isinstance(frame, geopandas.GeoDataFrame) and frame.crs is not None:
        return frame if frame.crs.is_geographic else frame.to_crs("EPSG:4326")
    return frame


def _features(frame: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(frame, geopandas.GeoDataFrame):
        return  # a table without places
    names = [name for name in frame.columns if name != frame.geometry.name]
    for shape, *values in zip(frame.geometry, *(frame[name] for name in names), strict=True):
        row = {name: _cell(value) for name, value in zip(names, values, strict=True)}
        yield {**row, "geometry": None if shape is None else geometry_of_one(shape)}


def geometry_of_one(shape: Any) -> dict[str, Any]:
    """GeoJSON without heights; a multi-part shape of one part is that part.

    >>> geometry_of_one(shapely.from_wkt("MULTILINESTRING Z ((0 0 5, 1 0 5))"))["type"]
    'LineString'
    """
    parts = shapely.get_parts(shape)
    flat = shapely.force_2d(parts[0] if len(parts) == 1 else shape)
    found: dict[str, Any] = json.loads(shapely.to_geojson(flat))
    return found


def _cell(value: Any) -> Any:
    """As Python has it; what is not there is None."""
    plain = value.item() if hasattr(value, "item") else value
    if plain is None or (isinstance(plain, float) and math.isnan(plain)):
        return None
    return plain if isinstance(plain, str | int | float | bool) else str(plain)
