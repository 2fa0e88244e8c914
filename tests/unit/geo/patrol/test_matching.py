"""Who serves which window: as many as possible, then as near as possible."""

from collections.abc import Sequence
from itertools import combinations, permutations

from hypothesis import given
from hypothesis import strategies as st

from geo.patrol.matching import Slot, match, nearest
from tests.table import table

SLOTS = [Slot(7, 100, 0, 200), Slot(8, 300, 150, 400)]


@table("""
    a    b    a_serves  b_serves
    90   310  7         8
    160  170  7         8       # both lie in both: each serves one
    10   20   -         7       # two for one window: the nearer
    390  395  8         -
    500  90   -         7
""")
def test_two_check_ins(a: float, b: float, a_serves: object, b_serves: object) -> None:
    found = match(SLOTS, [a, b])
    assert (found.get(0, "-"), found.get(1, "-")) == (a_serves, b_serves)


def test_a_further_one_speaks_of_the_nearest() -> None:
    assert [nearest(SLOTS, at) for at in (160, 199, 201, 401)] == [7, 7, 8, None]


windows = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 30), st.integers(0, 30)), max_size=4
)


@given(windows, st.lists(st.integers(0, 90), max_size=4))
def test_no_other_way_serves_more_or_lies_nearer(
    made: list[tuple[int, int, int]], taps: list[int]
) -> None:
    # Buffers of one point grow with the due times, as plans make them: no window inside another.
    reach = max((b for _, b, _ in made), default=0), max((a for _, _, a in made), default=0)
    slots = [Slot(i, due, due - reach[0], due + reach[1]) for i, (due, _, _) in enumerate(made)]
    found = match(slots, [float(at) for at in taps])
    assert len(set(found.values())) == len(found)
    assert _worth(slots, taps, found) == _brute(slots, taps)


def _worth(
    slots: Sequence[Slot], taps: Sequence[float], pairs: dict[int, int]
) -> tuple[int, float]:
    due = {slot.id: slot for slot in slots}
    assert all(due[w].from_s <= taps[t] <= due[w].to_s for t, w in pairs.items())
    return len(pairs), -sum(abs(taps[t] - due[w].due_s) for t, w in pairs.items())


def _brute(slots: Sequence[Slot], taps: Sequence[float]) -> tuple[int, float]:
    best = (0, 0.0)
    for size in range(1, min(len(slots), len(taps)) + 1):
        for chosen in combinations(slots, size):
            for order in permutations(range(len(taps)), size):
                pairs = list(zip(order, chosen, strict=True))
                if all(slot.from_s <= taps[t] <= slot.to_s for t, slot in pairs):
                    cost = -float(sum(abs(taps[t] - slot.due_s) for t, slot in pairs))
                    best = max(best, (size, cost))
    return best
