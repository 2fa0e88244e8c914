"""How well could we see: gaps, lost messages, our own ears."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from geo.distance import metres_per_degree
from geo.patrol.rules import RULE
from geo.patrol.sight import (
    FIX_DTYPE,
    Fixes,
    Sight,
    Span,
    Spot,
    look,
    lost_messages,
    possible_stay_s,
    unheard,
)
from tests.table import table

SIX = datetime(2026, 9, 22, 6, tzinfo=UTC)
SPOT = Spot(121.5, 31.2, 50.0)
EAST, _ = metres_per_degree(SPOT.lat_deg)
MINUTE_MS = 60_000
START_MS = round(SIX.timestamp() * 1000)
HOUR: Span = (SIX, SIX + timedelta(hours=1))


def at(minutes: float) -> datetime:
    return SIX + timedelta(minutes=minutes)


def fixes(*rows: tuple[float, float], acc_m: float = 5, flags: int = 1) -> Fixes:
    """(seconds after six, metres east of the point) each; the counter counts them."""
    made = np.zeros(len(rows), FIX_DTYPE)
    made["device_no"], made["acc_dm"], made["flags"] = 1, acc_m * 10, flags
    for i, (at_s, east_m) in enumerate(rows):
        made[i]["at_ms"] = START_MS + round(at_s * 1000)
        made[i]["lon_e7"] = round((SPOT.lon_deg + east_m / EAST) * 1e7)
        made[i]["lat_e7"] = round(SPOT.lat_deg * 1e7)
        made[i]["seq"] = 100 + i
    return made


def counters(rows: Fixes) -> NDArray[np.int64]:
    return np.column_stack((rows["at_ms"], rows["seq"])).astype(np.int64)


def walk(east_m: float = 400, every_s: float = 10) -> list[tuple[float, float]]:
    """From a minute before six to a minute after seven."""
    return [(t * every_s, east_m) for t in range(-6, int(3660 / every_s) + 1)]


def seen(rows: Fixes, min_dwell_s: float = 60) -> Sight:
    inside = (rows["at_ms"] >= START_MS) & (rows["at_ms"] <= START_MS + 60 * MINUTE_MS)
    return look(1, HOUR, rows[inside], counters(rows), SPOT,
                period_s=10, min_dwell_s=min_dwell_s, rule=RULE.judge)  # fmt: skip


def test_somebody_in_sight_and_elsewhere() -> None:
    sight = seen(fixes(*walk()))
    assert sight.clear and sight.observed_share == 1.0 and sight.longest_gap_s == 10.0
    assert sight.nearest_m == 400.0 and sight.lost == 0


@table("""
    silent_s  dwell_s  clear
    60        60       yes     # as long as a gap may be
    70        60       no
    70        180      yes     # too short for the stay that was asked for
    190       180      no
    70        0        no      # a tap takes no time
""")
def test_a_silence_long_enough_for_a_visit_hides_one(
    silent_s: float, dwell_s: float, clear: str
) -> None:
    rows = fixes(*((t, m) for t, m in walk() if not 1000 < t < 1000 + silent_s))
    rows["seq"] = np.arange(len(rows))  # silent, and nothing lost
    assert seen(rows, dwell_s).clear is (clear == "yes")


def test_fixes_that_prove_nothing_are_as_good_as_none() -> None:
    for spoilt in (fixes(*walk(), acc_m=120), fixes(*walk(), flags=3), fixes(*walk(), flags=0)):
        assert seen(spoilt).hidden
    vague = fixes(*walk(70), acc_m=30)  # may be inside
    assert seen(vague).hidden and seen(vague).observed_share == 1.0


def test_a_message_that_never_came_is_counted() -> None:
    rows = fixes(*walk())
    assert seen(np.delete(rows, 100)).lost == 1
    assert seen(np.delete(rows, [0, 1])).lost == 0, "before the span"
    assert seen(rows[6:]).lost == 0, "the fix at six bounds it"
    assert seen(rows[7:]).lost is None, "the first message may be missing unseen"
    assert seen(rows[:-7]).lost is None
    leaps = rows.copy()
    leaps["seq"] = leaps["at_ms"]
    assert seen(np.delete(leaps, 100)).lost == 0, "a clock counts no messages"


def test_a_counter_across_channels_is_one() -> None:
    rows = np.array([[START_MS - 1, 1], [START_MS + 5, 3], [START_MS + 4_000_000, 4]])
    assert lost_messages(rows, START_MS, START_MS + 3_600_000, 1000) == 1
    tap = np.array([[START_MS + 2, 2]])
    assert lost_messages(np.concatenate([rows, tap]), START_MS, START_MS + 3_600_000, 1000) == 0
    assert lost_messages(np.empty((0, 2), np.int64), START_MS, START_MS + 1, 1000) is None


kept = st.lists(st.booleans(), min_size=200, max_size=200)


@given(st.lists(st.sampled_from([0.0, 40.0, 52.0, 80.0, 300.0]), min_size=200, max_size=200),
       kept, kept, st.sampled_from([0, 30, 60, 180]))  # fmt: skip
def test_less_telemetry_never_makes_us_surer(
    places: list[float], kept_a: list[bool], kept_b: list[bool], dwell_s: int
) -> None:
    """The heart of "admits ignorance": what is not clear stays so when messages are taken away."""
    rows = fixes(*((t * 20 - 200, m) for t, m in enumerate(places)))
    some = rows[np.array(kept_a)]
    fewer = rows[np.array(kept_a) & np.array(kept_b)]
    before, after = (look(
        1, HOUR, one[(one["at_ms"] >= START_MS) & (one["at_ms"] <= START_MS + 3_600_000)],
        counters(one), SPOT, period_s=20, min_dwell_s=dwell_s, rule=RULE.judge,
    ) for one in (some, fewer))  # fmt: skip
    assert before.clear or not after.clear
    assert before.longest_gap_s <= after.longest_gap_s
    assert before.observed_share >= after.observed_share or before.hidden


def test_how_long_somebody_may_have_stayed() -> None:
    rows = fixes((-30, 200), (0, 20), (10, 10), (45, 120))
    at_ms = START_MS + 5_000
    assert possible_stay_s(rows, SPOT, at_ms, 100) == (35.0, 40.0)
    assert possible_stay_s(rows[1:], SPOT, at_ms, 100) == (None, 40.0)
    assert possible_stay_s(fixes((45, 120), acc_m=150), SPOT, at_ms, 100) == (None, None)


def test_what_was_not_heard() -> None:
    def minutes(*spans: tuple[float, float]) -> list[Span]:
        return [(at(a), at(b)) for a, b in spans]

    def ears(spans: dict[int, list[Span]]) -> list[Span]:
        return unheard(SIX, at(60), at(75), spans)

    assert ears({}) == minutes((0, 60))
    assert ears({0: minutes((-10, 75))}) == []
    assert ears({0: minutes((-10, 74.75))}) == []  # 15 s: no outage yet
    assert ears({0: minutes((-10, 20), (20.25, 75))}) == []
    assert ears({0: minutes((-10, 20), (21, 75))}) == minutes((20, 21))
    assert ears({0: minutes((5, 50))}) == minutes((0, 5), (50, 75))
    assert ears({0: minutes((-20, -10))}) == minutes((0, 75))
    assert ears({0: minutes((-10, 50), (70, 80))}) == minutes((50, 60))
    assert ears({0: minutes((-10, 61), (70, 80))}) == []  # over before the grace ends
    assert ears({0: minutes((-10, 61), (76, 80))}) == minutes((61, 75))
    two = {0: minutes((-10, 20), (30, 75)), 1: minutes((-10, 25), (40, 75))}
    assert ears(two) == minutes((20, 40))
