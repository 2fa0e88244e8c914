"""The table of domain reference C.1, from a WGS-84 geodesic."""

import numpy as np
import pytest

from geo.distance import distance_m, distances_m, metres_per_degree
from tests.table import table

LON, LAT = 121.4998, 31.2397


@table("""
    lat          lon           metres within
    31.24015096  121.4998      50     0.001  # 50 m north
    31.2397      121.50032485  50     0.001  # 50 m east
    31.24060193  121.4998      100    0.001  # 100 m north
    31.2397      121.50084971  100    0.001  # 100 m east
    31.24871927  121.4998      1000   0.001  # 1 km north
    31.30345417  121.57407553  10000  0.002  # 10 km north-east
""")
def test_geodesic_oracle(lat: float, lon: float, metres: float, within: float) -> None:
    assert distance_m(LON, LAT, lon, lat) == pytest.approx(metres, abs=within)
    columns = distances_m(np.array([LON]), np.array([LAT]), np.array([lon]), np.array([lat]))
    assert columns[0] == pytest.approx(distance_m(LON, LAT, lon, lat), abs=1e-6)


def test_degrees_at_shanghai() -> None:
    """The reference's 95,264.2 is the geodesic over a whole degree; along the parallel it is
    0.3 m longer, and a fence is far smaller than a degree."""
    east, north = metres_per_degree(LAT)
    assert (round(east, 1), round(north, 1)) == (95264.5, 110873.6)


def test_fifty_metres_north_lie_within_fifty_point_one() -> None:
    """With a mean-radius sphere they would not (C.1)."""
    assert distance_m(LON, LAT, LON, 31.24015096) <= 50.1
