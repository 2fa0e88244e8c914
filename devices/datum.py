"""Between the datums of Chinese maps: WGS-84, GCJ-02, BD-09, CGCS2000.

Longitude first, degrees. Every function takes floats or NumPy arrays and answers
arrays; `to_wgs84` takes one datum code for each row, as `devices.readings.DATUMS`
numbers them. CGCS2000 and WGS-84 differ by centimetres and count as equal.
The forward formulas are the published ones (domain reference C.2); the way back is
iterated, because a single step errs by two metres in Shanghai.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from devices.readings import DATUMS

Column = NDArray[np.float64]

_KRASOVSKY_A_M: Final = 6_378_245.0
_KRASOVSKY_EE: Final = 0.00669342162296594323
_ROUNDS: Final = 6  # each one shrinks the error a thousandfold: under a micrometre after three
_BD_TURN: Final = np.pi * 3000.0 / 180.0

WGS84, GCJ02, BD09, CGCS2000 = (DATUMS.index(n) for n in ("wgs84", "gcj02", "bd09", "cgcs2000"))


def to_wgs84(lon_deg: ArrayLike, lat_deg: ArrayLike, datum: ArrayLike) -> tuple[Column, Column]:
    """Rows given in any datum (one code a row, or one for all) to WGS-84.

    >>> lon, lat = to_wgs84([121.478224057], [31.228473742], [1])
    >>> round(float(lon[0]), 6), round(float(lat[0]), 6)
    (121.473701, 31.230416)
    """
    lon, lat = _columns(lon_deg, lat_deg)
    lon, lat = lon.copy(), lat.copy()
    codes = np.broadcast_to(np.asarray(datum), lon.shape)
    baidu = codes == BD09
    if baidu.any():
        lon[baidu], lat[baidu] = bd09_to_gcj02(lon[baidu], lat[baidu])
    shifted = baidu | (codes == GCJ02)
    if shifted.any():
        lon[shifted], lat[shifted] = gcj02_to_wgs84(lon[shifted], lat[shifted])
    return lon, lat


def from_wgs84(lon_deg: ArrayLike, lat_deg: ArrayLike, datum: int) -> tuple[Column, Column]:
    """WGS-84 to one datum, for a map drawn in it."""
    assert 0 <= datum < len(DATUMS), datum
    lon, lat = _columns(lon_deg, lat_deg)
    if datum in (GCJ02, BD09):
        lon, lat = wgs84_to_gcj02(lon, lat)
    if datum == BD09:
        lon, lat = gcj02_to_bd09(lon, lat)
    return lon, lat


def point_to_wgs84(lon_deg: float, lat_deg: float, datum: int) -> tuple[float, float]:
    """One point, longitude first."""
    if datum in (WGS84, CGCS2000):
        return lon_deg, lat_deg
    lon, lat = to_wgs84([lon_deg], [lat_deg], [datum])
    return float(lon[0]), float(lat[0])


def wgs84_to_gcj02(lon_deg: ArrayLike, lat_deg: ArrayLike) -> tuple[Column, Column]:
    lon, lat = _columns(lon_deg, lat_deg)
    d_lon, d_lat = _shift(lon, lat)
    inside = _in_china(lon, lat)
    return np.where(inside, lon + d_lon, lon), np.where(inside, lat + d_lat, lat)


def gcj02_to_wgs84(lon_deg: ArrayLike, lat_deg: ArrayLike) -> tuple[Column, Column]:
    """The inverse has no closed form: walk until the forward formula meets the target."""
    lon, lat = _columns(lon_deg, lat_deg)
    inside = _in_china(lon, lat)
    guess_lon, guess_lat = lon, lat
    for _ in range(_ROUNDS):
        d_lon, d_lat = _shift(guess_lon, guess_lat)
        guess_lon, guess_lat = lon - d_lon, lat - d_lat
    return np.where(inside, guess_lon, lon), np.where(inside, guess_lat, lat)


def gcj02_to_bd09(lon_deg: ArrayLike, lat_deg: ArrayLike) -> tuple[Column, Column]:
    lon, lat = _columns(lon_deg, lat_deg)
    z = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BD_TURN)
    theta = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BD_TURN)
    return z * np.cos(theta) + 0.0065, z * np.sin(theta) + 0.006


def bd09_to_gcj02(lon_deg: ArrayLike, lat_deg: ArrayLike) -> tuple[Column, Column]:
    """The published inverse errs by up to 0.15 m, so this way back is walked as well."""
    lon, lat = _columns(lon_deg, lat_deg)
    guess_lon, guess_lat = lon - 0.0065, lat - 0.006
    for _ in range(_ROUNDS):
        made_lon, made_lat = gcj02_to_bd09(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + (lon - made_lon), guess_lat + (lat - made_lat)
    return guess_lon, guess_lat


def _columns(lon_deg: ArrayLike, lat_deg: ArrayLike) -> tuple[Column, Column]:
    return np.asarray(lon_deg, dtype=np.float64), np.asarray(lat_deg, dtype=np.float64)


def _in_china(lon: Column, lat: Column) -> NDArray[np.bool_]:
    """The box of the coordtransform library: outside it the datums are one."""
    return (lon > 73.66) & (lon < 135.05) & (lat > 3.86) & (lat < 53.55)


def _shift(lon: Column, lat: Column) -> tuple[Column, Column]:
    """How far GCJ-02 moves a WGS-84 point, in degrees (longitude, latitude)."""
    x, y = lon - 105.0, lat - 35.0
    common = (20 * np.sin(6 * np.pi * x) + 20 * np.sin(2 * np.pi * x)) * 2 / 3
    root = np.sqrt(np.abs(x))
    d_lat = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    d_lat += (20 * np.sin(np.pi * y) + 40 * np.sin(np.pi / 3 * y)) * 2 / 3
    d_lat += (160 * np.sin(np.pi / 12 * y) + 320 * np.sin(np.pi / 30 * y)) * 2 / 3
    d_lon = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    d_lon += (20 * np.sin(np.pi * x) + 40 * np.sin(np.pi / 3 * x)) * 2 / 3
    d_lon += (150 * np.sin(np.pi / 12 * x) + 300 * np.sin(np.pi / 30 * x)) * 2 / 3
    phi = np.radians(lat)
    w = 1 - _KRASOVSKY_EE * np.sin(phi) ** 2
    meridian_m = _KRASOVSKY_A_M * (1 - _KRASOVSKY_EE) / (w * np.sqrt(w))
    parallel_m = _KRASOVSKY_A_M / np.sqrt(w) * np.cos(phi)
    return np.degrees(d_lon / parallel_m), np.degrees(d_lat / meridian_m)
