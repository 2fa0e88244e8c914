"""What is said of a file that is taken in, and of one that is given out."""

import json
from typing import Annotated, Any, Literal

from fastapi import Body, Header, Query
from pydantic import BeforeValidator

ImportKind = Annotated[
    Literal["points", "fences", "routes", "rosters", "calendar", "segments"], Query()
]
LayerKind = Annotated[Literal["points", "fences", "segments"], Query()]
LayerFormat = Annotated[
    Literal["geojson", "gpkg", "shp", "kml"], Query(description="shp: Shapefiles in a zip.")
]
DryRun = Annotated[bool, Query(description="Only say what would change: unless told otherwise.")]
Datum = Annotated[
    Literal["wgs84", "gcj02", "bd09", "cgcs2000"], Query(description="Of the coordinates.")
]
Content = Annotated[str, Header(include_in_schema=False)]
PointFormat = Annotated[
    Literal["json", "csv", "geojson", "xlsx"] | None,
    Query(description="Without it `Accept` decides between JSON and CSV."),
]


def as_bytes(body: Any) -> Any:
    """A JSON body has been read by then; a file is looked at as it came."""
    return body if isinstance(body, bytes) else json.dumps(body).encode()


Upload = Annotated[
    bytes,
    BeforeValidator(as_bytes),
    Body(
        media_type="text/csv",
        description="CSV, XLSX, GeoJSON, GeoPackage, zip of Shapefiles, KML: as Content-Type says.",
    ),
]
Evidence = Annotated[
    bytes,
    BeforeValidator(as_bytes),
    Body(
        media_type="image/jpeg",
        description="JPEG, PNG, WebP, MP3, MP4 audio, Ogg, WAV or PDF: as Content-Type says.",
    ),
]
