"""CSV tracks: columns found by their names, in any order, with any usual separator."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from typing import Protocol

from devices.tracks.track import BadTrack, Fix, in_order, place, when_ms

# field -> names a column may have, and the factor to our unit
COLUMNS: dict[str, dict[str, float]] = {
    "at": dict.fromkeys(
        ("time", "timestamp", "at", "datetime", "date_time", "utc", "gps_time", "时间"), 1
    ),
    "lon": dict.fromkeys(("lon", "lng", "long", "longitude", "x", "经度"), 1),
    "lat": dict.fromkeys(("lat", "latitude", "y", "纬度"), 1),
    "spd": {
        **dict.fromkeys(("speed", "spd", "speed_mps", "spd_mps", "speed_m_s", "速度"), 1.0),
        **dict.fromkeys(("speed_kmh", "speed_kph", "speed_km_h"), 1 / 3.6),
    },
    "crs": dict.fromkeys(("course", "crs", "heading", "bearing", "crs_deg", "方向"), 1),
    "acc": dict.fromkeys(("accuracy", "acc", "hacc", "accuracy_m", "acc_m", "精度"), 1),
    "alt": dict.fromkeys(("altitude", "alt", "ele", "elevation", "alt_m", "高程"), 1),
    "sat": dict.fromkeys(("sat", "satellites", "sats"), 1),
    "bat": dict.fromkeys(("battery", "bat", "batt", "bat_pct", "电量"), 1),
}


class _Lines(Iterator[list[str]], Protocol):
    """What `csv.reader` makes."""

    @property
    def line_num(self) -> int: ...


def read(text: str) -> list[Fix]:
    """Every line with a time and a place. Raises BadTrack with the number of the line.

    Speeds are metres a second unless the column says km/h. Empty cells are unknown.
    """
    try:
        # Line ends of any system become one kind before the reader sees them.
        file = io.StringIO(text.removeprefix("\ufeff"), newline=None)
        head = file.readline()
        file.seek(0)
        lines = csv.reader(file, delimiter=max(",;\t", key=head.count))
        return in_order(_fixes(lines))
    except csv.Error as error:
        raise BadTrack(f"This is no CSV file: {error}.") from None


def _fixes(lines: _Lines) -> list[Fix]:
    columns = _columns(next(lines, []))
    missing = [name for name in ("at", "lon", "lat") if name not in columns]
    if missing:
        names = "; ".join(f"{name}: {', '.join(COLUMNS[name])}" for name in missing)
        raise BadTrack(f"The first line names no column for {names}.")
    fixes = []
    for cells in lines:
        if any(cell.strip() for cell in cells):
            fixes.append(_fix(cells, columns, f"line {lines.line_num}"))
    return fixes


def _columns(head: list[str]) -> dict[str, tuple[int, float]]:
    """field -> (place, factor)"""
    found: dict[str, tuple[int, float]] = {}
    for place_no, cell in enumerate(head):
        name = cell.strip().lower().replace(" ", "_").replace("/", "_").strip("()")
        for field, names in COLUMNS.items():
            if name in names and field not in found:
                found[field] = (place_no, names[name])
    return found


def _fix(cells: list[str], columns: dict[str, tuple[int, float]], where: str) -> Fix:
    said: dict[str, str] = {
        field: cells[number].strip()
        for field, (number, _) in columns.items()
        if number < len(cells) and cells[number].strip()
    }
    try:
        at_ms = when_ms(said.pop("at"))
        numbers = {name: float(text) * columns[name][1] for name, text in said.items()}
        lon, lat = numbers["lon"], numbers["lat"]
        if not all(map(math.isfinite, numbers.values())):
            raise ValueError("a number is not finite")
    except (KeyError, ValueError) as error:
        raise BadTrack(f"{where}: time, place or a number is unreadable ({error}).") from None
    lon, lat = place(lon, lat, where)
    sat = numbers.get("sat")
    return Fix(
        at_ms, lon, lat,
        spd_mps=numbers.get("spd"), crs_deg=numbers.get("crs"), acc_m=numbers.get("acc"),
        alt_m=numbers.get("alt"), sat=None if sat is None else int(sat),
        bat_pct=numbers.get("bat"),
    )  # fmt: skip
