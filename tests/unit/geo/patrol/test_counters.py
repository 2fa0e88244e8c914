"""A tag's counters against time: in no order but their own."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from devices.device_time import Trust
from geo.patrol.counters import Key, Tap, Verdict, judge
from geo.patrol.rules import ProofRule
from tests.table import table

RULE = ProofRule()
TEN = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


def tap(
    counter: int, minute: float, *, device: int = 1, trust: str = "device", seq: int = 0
) -> Tap:
    at = TEN + timedelta(minutes=minute)
    return Tap((device, at, seq), counter, at, Trust(trust))


def said(*taps: Tap) -> list[str]:
    """`auth` or `auth+flag…` of each tap, in the order given; any order judges alike."""
    found = judge(taps, RULE)
    assert found == judge(taps[::-1], RULE)
    return [_word(found[one.key]) for one in taps]


def _word(verdict: Verdict) -> str:
    return "+".join([verdict.auth, *sorted(verdict.flags)])


@table("""
    minute  first                second
    0       sun                  sun             # offline upload of what came before: B.8, 3
    6.99    sun                  sun             # within the tolerance of two minutes
    7       sun                  sun             # at its very edge
    7.01    replay_suspect       sun+counter_clock
    30      replay_suspect       sun+counter_clock  # harvested at 10:00, played at 10:30: B.8, 3
""")
def test_counter_one_against_counter_two_at_five_past(
    minute: float, first: str, second: str
) -> None:
    assert said(tap(1, minute), tap(2, 5, device=2)) == [first, second]


@table("""
    low         high        fault
    device      monotonic   low
    low         monotonic   low
    monotonic   device      high
    monotonic   monotonic   low
    device      device      low
""")
def test_the_worse_clock_is_at_fault(low: str, high: str, fault: str) -> None:
    found = said(tap(1, 30, trust=low), tap(2, 5, device=2, trust=high))
    assert found[fault == "high"].startswith("replay_suspect")
    assert found[fault != "high"].startswith("sun")


def test_a_low_clock_is_given_what_it_may_be_off() -> None:
    assert said(tap(1, 16, trust="low"), tap(2, 5, device=2)) == ["sun", "sun"]
    assert said(tap(1, 18, trust="low"), tap(2, 5, device=2))[0] == "replay_suspect+counter_clock"


def test_one_slow_clock_does_not_spoil_everybody() -> None:
    """Four honest taps, and a fifth that claims to have been before them all."""
    honest = [tap(counter, counter * 10) for counter in (1, 2, 3, 4)]
    found = said(*honest, tap(5, 0, device=2))
    assert [word.split("+")[0] for word in found] == ["sun"] * 4 + ["replay_suspect"]


def test_one_harvested_tap_casts_no_doubt_on_everybody() -> None:
    honest = [tap(counter, counter * 10) for counter in (2, 3, 4, 5)]
    assert said(tap(1, 90, device=2), *honest) == ["replay_suspect"] + ["sun"] * 4


def test_the_same_counter_again() -> None:
    first, again, later = tap(7, 0), tap(7, 0.5, seq=1), tap(7, 2, seq=2)
    other = tap(7, 0.5, device=2)
    assert said(first, again, later, other) == ["sun", "sun+duplicate", "replay", "replay"]


def test_a_replay_with_the_clock_put_back_does_not_take_the_place_of_the_tap() -> None:
    assert said(tap(7, 0, trust="monotonic"), tap(7, -60, device=2)) == ["sun", "replay"]


def test_gaps_and_far_apart_taps_mean_nothing() -> None:
    assert said(tap(1, 0), tap(500, 1), tap(501, 2)) == ["sun"] * 3
    month = RULE.bracket_reach_s / 60
    assert said(tap(9, 2 * month), tap(10, 0)) == ["sun", "sun"]


def test_a_tag_near_its_end_is_told() -> None:
    assert said(tap(RULE.counter_warn - 1, 0), tap(RULE.counter_warn, 1)) == [
        "sun",
        "sun+counter_near_limit",
    ]


TAPS = st.lists(
    st.builds(
        lambda counter, minute, device, trust, seq: tap(
            counter, minute, device=device, trust=trust, seq=seq
        ),
        st.integers(0, 8),
        st.integers(0, 60),
        st.integers(1, 3),
        st.sampled_from([trust.value for trust in Trust]),
        st.integers(0, 3),
    ),
    unique_by=lambda one: one.key,
    max_size=12,
)


@given(TAPS, st.randoms())
def test_the_order_of_taps_says_nothing(taps: list[Tap], chance: Random) -> None:
    mixed = list(taps)
    chance.shuffle(mixed)
    assert judge(mixed, RULE) == judge(taps, RULE)


@given(TAPS)
def test_one_tap_stands_a_counter_and_what_stands_is_in_order(taps: list[Tap]) -> None:
    """Taps that count never contradict each other: the promise the set is judged for."""
    found: dict[Key, Verdict] = judge(taps, RULE)
    good = [
        one for one in taps
        if found[one.key].auth == "sun" and "duplicate" not in found[one.key].flags
    ]  # fmt: skip
    assert len({one.counter for one in good}) == len(good)
    for low in good:
        for high in good:
            if low.counter < high.counter:
                slack_s = RULE.bracket_tol_s
                slack_s += RULE.skew_unusable_s * [low.trust, high.trust].count(Trust.LOW)
                assert (low.at - high.at).total_seconds() <= slack_s
