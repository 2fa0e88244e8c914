from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core import limits
from ingest.batch import as_ranges, fair_share, is_due, pace_s, parts_of, retry_delay_s
from tests.table import table


@table("""
    count  age_s   due
    0      99      no    # nothing waits
    1      0       no    # it may have company in a moment
    1      0.008   yes   # it has waited long enough
    3999   0       no
    4000   0       yes   # large enough
""")
def test_is_due(count: float, age_s: float, due: str) -> None:
    assert is_due(int(count), age_s) is (due == "yes")


@given(st.lists(st.integers(0, 60)))
def test_ranges_say_exactly_the_counters_given(seqs: list[int]) -> None:
    ranges = as_ranges(seqs)
    said = [seq for low, high in ranges for seq in range(low, high + 1)]
    assert said == sorted(set(seqs))
    assert all(b[0] > a[1] + 1 for a, b in pairwise(ranges)), "not coalesced"


@given(st.sampled_from([1, 2, 4, 8, 16, 32, 64]))
def test_every_part_belongs_to_exactly_one_session(sessions: int) -> None:
    parts = [part for no in range(sessions) for part in parts_of(no, sessions)]
    assert sorted(parts) == list(range(limits.PARTS))


@table("""
    sessions  workers  share
    4         1        4
    4         3        2
    4         4        1
    1         5        1
    4         0        4    # before anybody was seen
""")
def test_fair_share(sessions: float, workers: float, share: float) -> None:
    assert fair_share(int(sessions), int(workers)) == share


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_delays_grow_but_stay_bounded(tries: int, chance: float) -> None:
    delay = retry_delay_s(tries, chance)
    assert limits.RETRY_FIRST_S <= delay <= limits.RETRY_LAST_S * (1 + limits.RETRY_JITTER)
    assert retry_delay_s(tries + 1, chance) >= delay


@table("""
    readings  seconds
    1         0.1
    1999      0.1
    2000      0.5
    9999      0.5
    10000     0.0    # behind: catch up
""")
def test_a_busy_follower_takes_larger_turns(readings: float, seconds: float) -> None:
    assert pace_s(int(readings)) == seconds
