"""A track as a file: GPX 1.1, CSV or GeoJSON. Pure."""

import csv
from datetime import UTC, datetime
from io import StringIO
from typing import Any
from xml.sax.saxutils import escape

MEDIA = {
    "gpx": "application/gpx+xml",
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
}


def gpx(track: dict[str, Any]) -> str:
    fixes = "\n".join(
        f'<trkpt lat="{lat:.7f}" lon="{lon:.7f}"><time>{_time(at_ms)}</time></trkpt>'
        for at_ms, lon, lat, _, _ in track["points"]
    )
    name = escape(f"{track['unit']['name']} ({track['unit']['id']})")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gpx version="1.1" creator="Waypost" xmlns="http://www.topografix.com/GPX/1/1">'
        f"<trk><name>{name}</name><trkseg>\n{fixes}\n</trkseg></trk></gpx>\n"
    )


def csv_text(track: dict[str, Any]) -> str:
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(["at", "lon", "lat", "spd_mps", "acc_m"])
    for at_ms, *rest in track["points"]:
        writer.writerow([_time(at_ms), *rest])
    return out.getvalue()


def geojson(track: dict[str, Any]) -> dict[str, Any]:
    """One LineString; `times` beside it, a millisecond time for each vertex."""
    return {
        "type": "Feature",
        "geometry": {
            "type": "LineString",
            "coordinates": [[lon, lat] for _, lon, lat, _, _ in track["points"]],
        },
        "properties": {
            "unit": track["unit"]["id"],
            "times": [at_ms for at_ms, *_ in track["points"]],
        },
    }


def _time(at_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
