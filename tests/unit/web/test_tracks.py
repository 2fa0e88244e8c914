"""Tracks as files."""

import xml.etree.ElementTree as ET

from web import tracks

TRACK = {
    "unit": {"id": "officer-1", "name": "<李> & co"},
    "points": [
        (1_795_000_000_500, 121.47, 31.23, 1.5, None),
        (1_795_000_010_000, 121.48, 31.24, None, 8),
    ],
}
GPX = "{http://www.topografix.com/GPX/1/1}"


def test_gpx_is_read_back() -> None:
    root = ET.fromstring(tracks.gpx(TRACK))
    assert root.findtext(f"{GPX}trk/{GPX}name") == "<李> & co (officer-1)"
    points = root.findall(f"{GPX}trk/{GPX}trkseg/{GPX}trkpt")
    assert [(p.get("lat"), p.get("lon")) for p in points] == [
        ("31.2300000", "121.4700000"), ("31.2400000", "121.4800000"),
    ]  # fmt: skip
    assert points[0].findtext(f"{GPX}time") == "2026-11-18T11:06:40.500Z"


def test_csv() -> None:
    assert tracks.csv_text(TRACK).splitlines() == [
        "at,lon,lat,spd_mps,acc_m",
        "2026-11-18T11:06:40.500Z,121.47,31.23,1.5,",
        "2026-11-18T11:06:50.000Z,121.48,31.24,,8",
    ]


def test_geojson() -> None:
    feature = tracks.geojson(TRACK)
    assert feature["geometry"]["coordinates"] == [[121.47, 31.23], [121.48, 31.24]]
    assert feature["properties"]["times"] == [1_795_000_000_500, 1_795_000_010_000]
