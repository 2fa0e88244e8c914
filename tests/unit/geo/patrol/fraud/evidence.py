"""Taps and tracks for the detectors, in metres about one place and seconds of one day."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from geo.distance import metres_per_degree
from geo.patrol.evidence import Key
from geo.patrol.fraud.marks import Tap
from geo.patrol.sight import FIX_DTYPE, Fixes, Spot

LON, LAT = 121.4998, 31.2397
EAST, NORTH = metres_per_degree(LAT)
BEGIN = datetime(2026, 3, 2, 2, tzinfo=UTC)  # ten in the morning in Shanghai
BEGIN_MS = round(BEGIN.timestamp() * 1000)


def when(at_s: float) -> datetime:
    return BEGIN + timedelta(seconds=at_s)


def tap(
    at_s: float, east_m: float = 0.0, *, point_m: float | None = None, no: int = 1, **more: Any
) -> Tap:
    """The phone says it was at `east_m`; its point stands at `point_m`, the same by default."""
    stands_m = east_m if point_m is None else point_m
    given: dict[str, Any] = {
        "spot": Spot(LON + stands_m / EAST, LAT, 50.0), "point_id": round(stands_m), "uid": "04AA",
        "auth": "sun", "place": "in", "trust": "monotonic",
        "lon_deg": LON + east_m / EAST, "lat_deg": LAT, "acc_m": 10.0,
    }  # fmt: skip
    off_s = more.pop("off_s", 0.0)
    key = Key(no, when(at_s + off_s), round(at_s * 10))
    return Tap(key, when(at_s), **{**given, **more})


def track(
    at_s: np.ndarray, east_m: np.ndarray, north_m: np.ndarray | float = 0.0, *, no: int = 1,
    acc_m: float | np.ndarray = 5.0, flags: int = 1,
) -> Fixes:  # fmt: skip
    made = np.zeros(len(at_s), FIX_DTYPE)
    made["device_no"], made["flags"], made["seq"] = no, flags, np.arange(len(at_s))
    made["at_ms"] = BEGIN_MS + np.rint(at_s * 1000)
    made["lon_e7"] = np.rint((LON + east_m / EAST) * 1e7)
    made["lat_e7"] = np.rint((LAT + np.asarray(north_m) / NORTH) * 1e7)
    made["acc_dm"] = np.rint(np.asarray(acc_m) * 10)
    return made


def walk(seconds: float, seed: int, *, no: int = 1, noise_m: float = 3.0) -> Fixes:
    """A real one: a pace that varies, noise, an accuracy that varies."""
    chance = np.random.default_rng(seed)
    at_s = np.arange(0, seconds, 10.0)
    east = np.cumsum(chance.uniform(4, 20, len(at_s))) + chance.normal(0, noise_m, len(at_s))
    north = chance.normal(0, noise_m, len(at_s))
    return track(at_s, east, north, no=no, acc_m=chance.uniform(3, 15, len(at_s)))
