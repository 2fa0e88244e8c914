"""One fault of a source, with the edge on both sides of each threshold."""

import numpy as np
import pytest

from devices.datum import BD09, GCJ02, from_wgs84
from geo.patrol.datum_fault import Offset, find, offset
from geo.patrol.rules import RULE
from tests.table import table

PLACE = (121.473701, 31.230416)


@table("""
    taps points off_m spread_m found
    6    3      151   0        yes
    5    3      151   0        no
    6    2      151   0        no
    6    3      149   0        no
    20   5      300   59       yes
    20   5      300   61       no
""")
def test_edges(taps: float, points: float, off_m: float, spread_m: float, found: str) -> None:
    """Half of the taps lie so far to the north, half to the south."""
    some = [Offset(i % int(points), off_m, spread_m * (-1) ** i) for i in range(int(taps))]
    assert (find(some, PLACE, RULE.datum) is not None) == (found == "yes")


@pytest.mark.parametrize(("code", "name"), [(GCJ02, "gcj02"), (BD09, "bd09")])
def test_the_likely_datum_is_named(code: int, name: str) -> None:
    chance = np.random.default_rng(1)
    some = []
    for i in range(20):
        lon, lat = PLACE[0] + i * 0.003, PLACE[1]
        moved = from_wgs84(lon, lat, code)
        one = offset(i, (lon, lat), (float(moved[0]), float(moved[1])))
        some.append(one._replace(east_m=one.east_m + chance.normal(0, 10)))
    fault = find(some, PLACE, RULE.datum)
    assert fault is not None and fault.likely == name
    if name == "gcj02":
        assert 470 < fault.offset_m < 490, "the domain reference says 481 m there"


def test_some_wrong_taps_change_nothing() -> None:
    some = [Offset(i % 4, 200.0, 300.0) for i in range(11)] + [Offset(9, 0.0, 0.0)] * 9
    fault = find(some, PLACE, RULE.datum)
    assert fault is not None and fault.likely is None
    assert find(some[::-1], PLACE, RULE.datum) == fault
