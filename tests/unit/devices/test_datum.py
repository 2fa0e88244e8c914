"""The published tables, both ways (domain reference C.2; vectors.json `wgs_gcj_bd`)."""

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from devices import datum
from geo.distance import distances_m
from tests.table import table

PLACES = """
    lat        lon          gcj_lat       gcj_lon        bd_lat        bd_lon
    31.1774276 121.5272106  31.175303984  121.531541859  31.181328607  121.538015686  # Shanghai
    39.911954  116.377817   39.913345455  116.384047225  39.919575551  116.390454713  # Beijing
    31.230416  121.473701   31.228473742  121.478224057  31.234326581  121.484782472  # the Square
    31.2397    121.4998     31.237686003  121.504232754  31.243334988  121.510841997  # Lujiazui
"""
SAME = 2e-9  # the tables are printed to nine decimals: a tenth of a millimetre


@table(PLACES)
def test_forward(
    lat: float, lon: float, gcj_lat: float, gcj_lon: float, bd_lat: float, bd_lon: float
) -> None:
    assert np.allclose(datum.wgs84_to_gcj02(lon, lat), (gcj_lon, gcj_lat), atol=SAME, rtol=0)
    assert np.allclose(datum.from_wgs84(lon, lat, datum.BD09), (bd_lon, bd_lat), atol=SAME, rtol=0)


@table(PLACES)
def test_back(
    lat: float, lon: float, gcj_lat: float, gcj_lon: float, bd_lat: float, bd_lon: float
) -> None:
    lons = [lon, gcj_lon, bd_lon, lon]
    lats = [lat, gcj_lat, bd_lat, lat]
    got_lon, got_lat = datum.to_wgs84(lons, lats, [0, 1, 2, 3])
    assert np.allclose(got_lon, lon, atol=SAME, rtol=0)
    assert np.allclose(got_lat, lat, atol=SAME, rtol=0)
    for code, (a, b) in enumerate(zip(lons, lats, strict=True)):
        assert datum.point_to_wgs84(a, b, code) == (got_lon[code], got_lat[code])


def test_the_published_results_of_coordtransform() -> None:
    """To the last digits it prints (reference C.2, source R-26)."""
    lon, lat = 116.404, 39.915
    there = datum.wgs84_to_gcj02(lon, lat)
    assert _same(datum.gcj02_to_bd09(lon, lat), (116.41036949371029, 39.92133699351021))
    assert _same(there, (116.41024449916938, 39.91640428150164))
    assert _same(_single_step(lon, lat), (116.39775550083061, 39.91359571849836))
    # The published way back from BD-09 is the single step, which is off by up to 0.15 m.
    assert np.allclose(
        datum.bd09_to_gcj02(lon, lat), (116.39762729119315, 39.90865673957631), atol=2e-6, rtol=0
    )


def test_the_published_result_of_eviltransform() -> None:
    assert _same(
        datum.wgs84_to_gcj02(121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)
    )


def test_one_step_back_is_not_enough() -> None:
    """Over all of Shanghai: the single step of every tutorial errs by up to 2.2 m, the
    iteration by less than a micrometre."""
    lon, lat = (part.ravel() for part in np.meshgrid(np.linspace(120.9, 122.0, 300),
                                                     np.linspace(30.7, 31.9, 300)))  # fmt: skip
    gcj_lon, gcj_lat = datum.wgs84_to_gcj02(lon, lat)
    single, iterated = (
        float(distances_m(lon, lat, *back(gcj_lon, gcj_lat)).max())
        for back in (_single_step, datum.gcj02_to_wgs84)
    )
    assert 2.0 < single < 2.3
    assert iterated < 1e-6


def _single_step(lon: Any, lat: Any) -> tuple[Any, Any]:
    made_lon, made_lat = datum.wgs84_to_gcj02(lon, lat)
    return 2 * lon - made_lon, 2 * lat - made_lat


def _same(got: Any, published: tuple[float, float]) -> bool:
    return np.allclose(got, published, atol=1e-12, rtol=0)


def test_outside_china_nothing_moves() -> None:
    assert datum.wgs84_to_gcj02(2.3522, 48.8566) == (2.3522, 48.8566)
    assert datum.gcj02_to_wgs84(2.3522, 48.8566) == (2.3522, 48.8566)


@given(st.floats(75, 134), st.floats(5, 53))
def test_there_and_back(lon: float, lat: float) -> None:
    for code in (datum.GCJ02, datum.BD09):
        there = datum.from_wgs84(lon, lat, code)
        back = datum.to_wgs84(*there, code)
        assert np.allclose(back, (lon, lat), atol=1e-10, rtol=0)
