"""A recorded track: fixes in the order of their times, whatever file they came from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from core.errors import Invalid

YEAR_2100_MS = 4_102_444_800_000


class BadTrack(Invalid):
    """This file cannot be read as a track."""

    code = "bad_track"


@dataclass(frozen=True, slots=True)
class Fix:
    """One recorded place. Degrees as given (see `datum`), metres, metres a second."""

    at_ms: int
    lon_deg: float
    lat_deg: float
    spd_mps: float | None = None
    crs_deg: float | None = None
    acc_m: float | None = None
    alt_m: float | None = None
    sat: int | None = None
    bat_pct: float | None = None


def when_ms(text: str) -> int:
    """RFC 3339, ISO 8601, or seconds or milliseconds since 1970. Without an offset: UTC.

    Raises ValueError.

    >>> when_ms("2026-03-01T08:00:00+08:00") == when_ms("1772323200") == when_ms("1772323200000")
    True
    """
    text = text.strip()
    try:
        number = float(text)
    except ValueError:
        at = datetime.fromisoformat(text.replace("/", "-"))
        return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
    at_ms = number if abs(number) >= 1e11 else number * 1000
    if not 0 <= at_ms < YEAR_2100_MS:  # also for NaN
        raise ValueError(f"{text} is no time")
    return round(at_ms)


def in_order(fixes: list[Fix]) -> list[Fix]:
    """By time; what a file says twice stays twice. Raises BadTrack for none at all."""
    if not fixes:
        raise BadTrack("There is no fix with a time and a place in this file.")
    return sorted(fixes, key=lambda fix: fix.at_ms)


def place(lon: float, lat: float, where: str) -> tuple[float, float]:
    """Raises BadTrack for a place that is not on the Earth."""
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # also false for NaN
        raise BadTrack(f"{where}: longitude {lon}, latitude {lat} is no place on the Earth.")
    return lon, lat
