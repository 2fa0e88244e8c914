import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from devices.readings import POSITION_DTYPE
from ingest.store import COLUMNS, COPY_DTYPE, batch_id, pack, unpack

MAYBE = st.none() | st.floats(0, 300)


@given(
    lon=st.floats(-180, 180),
    lat=st.floats(-90, 90),
    acc=MAYBE,
    spd=MAYBE,
    skew=st.none() | st.integers(-(2**31) + 1, 2**31 - 1),
)
def test_what_is_packed_unpacks_to_what_packs_the_same(
    lon: float, lat: float, acc: float | None, spd: float | None, skew: int | None
) -> None:
    one = np.zeros(1, POSITION_DTYPE)
    one["at_ms"], one["seq"], one["received_ms"] = 1_793_000_000_123, 9, 1_793_000_000_456
    one["lon_deg"], one["lat_deg"] = lon, lat
    for name, value in {"acc_m": acc, "spd_mps": spd, "skew_ms": skew, "bat_pct": None}.items():
        one[name] = np.nan if value is None else value
    kept = unpack(pack(one, 1))
    again = unpack(pack(kept, 1))
    for name in POSITION_DTYPE.names or ():
        assert np.array_equal(kept[name], again[name], equal_nan=True), name
    assert abs(kept["lon_deg"][0] - lon) <= 0.51e-7
    assert np.isnan(kept["acc_m"][0]) == (acc is None)


def test_a_row_is_as_long_as_the_binary_copy_says() -> None:
    assert COPY_DTYPE.itemsize == 2 + sum(4 + width for _, width, _ in COLUMNS)


def test_batches_of_different_sessions_never_share_a_number() -> None:
    numbers = {batch_id(session, no) for session in range(64) for no in range(50)}
    assert len(numbers) == 64 * 50
