"""Files that people hand over, as plain rows: CSV, GeoJSON, XLSX; and their datum."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any, Final

import openpyxl

from core.errors import Invalid
from devices.datum import point_to_wgs84
from devices.readings import DATUMS

CSV: Final = "text/csv"
GEOJSON: Final = "application/geo+json"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BY_SUFFIX: Final = {".csv": CSV, ".geojson": GEOJSON, ".json": GEOJSON, ".xlsx": XLSX}
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
    if kind in (GEOJSON, "application/json"):
        return _geojson(body)
    raise Invalid(f"Send a file as {CSV}, {GEOJSON} or {XLSX}; got {kind or 'no type'!r}.")


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
