"""What must hold on any track: two roads, one answer; any batching; a dense brute force."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.fence_fleet import World
from geo.fences import Crossing, unsettled, unsettled_from_ms
from geo.shapes import Shape
from geo.tracks import Fix
from tests.unit.geo.shapes import star
from tests.unit.geo.walks import LAT, LON, circle, fix, flown, folded, world


def wander(chance: np.random.Generator, count: int, *, wild: bool = True) -> list[Fix]:
    """A walk about the middle with pauses, silences, jumps and coarse fixes."""
    fixes, at_s, east, north = [], 0.0, *chance.normal(0, 120, 2)
    for seq in range(count):
        at_s += chance.choice([1, 5, 10, 10, 10, 20, 55])
        if wild and chance.random() < 0.03:
            at_s += 300
        stride = chance.choice([0, 3, 8]) * chance.choice([1, 3, 10])
        east, north = np.array([east, north]) * 0.97 + chance.normal(0, stride, 2)
        jump = chance.normal(0, 20_000) if wild and chance.random() < 0.05 else 0.0
        acc_m = float(chance.choice([3, 5, 20, 60]))
        one = fix(at_s, east + jump, north, acc_m, seq)
        fixes.append(one._replace(usable=bool(chance.random() > 0.04)))
    return fixes


def scene(chance: np.random.Generator) -> World:
    shapes: list[Shape] = [circle(50), circle(15)]
    for _ in range(4):
        lon, lat = LON + chance.normal(0, 0.001), LAT + chance.normal(0, 0.001)
        shapes.append(star(lon, lat, float(chance.uniform(30, 200)), 9, chance))
    return world(shapes, dwell_s=90)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 8))
def test_the_fast_road_says_what_the_plain_one_says(seed: int, parts: int) -> None:
    """Four devices mixed, cut into any batches: crossings and final states are equal."""
    chance = np.random.default_rng(seed)
    where = scene(chance)
    walks = {no: wander(chance, 60) for no in (1, 5, 6, 40)}
    mixed = sorted((one.at_ms, no, one) for no, fixes in walks.items() for one in fixes)
    cuts = np.sort(chance.integers(0, len(mixed) + 1, parts - 1)).tolist()
    batches = [
        [(no, one) for _, no, one in mixed[start:stop]]
        for start, stop in zip([0, *cuts], [*cuts, len(mixed)], strict=True)
    ]
    fleet, got = flown(where, batches)
    for no, fixes in walks.items():
        state, expected = folded(where, fixes)
        assert sorted(c for n, c in got if n == no) == sorted(expected)
        assert fleet.state(no) == state


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_stays_agree_with_a_dense_brute_force(seed: int) -> None:
    """A fix a second shows when a walker is really inside. Of a fix every ten seconds, each
    stay of a minute between absences well outside is told, within one sampling interval."""
    chance = np.random.default_rng(seed)
    where = world([star(LON, LAT, 150, 8, chance)])
    dense: list[tuple[float, float]] = []
    for _ in range(6):
        dense += _stroll(chance, dense[-1] if dense else (-400.0, 0.0))
    every = [fix(t, *place) for t, place in enumerate(dense)]
    edge = where.index.signed_m(
        np.zeros(len(every), dtype=np.intp),
        np.array([one.lon_deg for one in every]),
        np.array([one.lat_deg for one in every]),
    )
    truth = _stays(edge)
    _, crossings = folded(where, every[::10])
    told = [(c.kind, (c.at_ms - every[0].at_ms) / 1000) for c in crossings]
    assert [kind for kind, _ in told] == [kind for kind, _ in truth]
    for (_, got_s), (_, true_s) in zip(told, truth, strict=True):
        assert abs(got_s - true_s) <= 10


def _stroll(chance: np.random.Generator, start: tuple[float, float]) -> list[tuple[float, float]]:
    """Straight through the middle at 1.4 m/s, a rest there, and out again to 400 m."""
    places: list[tuple[float, float]] = []
    angle = chance.uniform(0, 2 * np.pi)
    for goal in ((0.0, 0.0), (400 * np.cos(angle), 400 * np.sin(angle))):
        steps = int(np.hypot(goal[0] - start[0], goal[1] - start[1]) / 1.4) + 1
        u = np.linspace(0, 1, steps)[:, None]
        places += [tuple(p) for p in np.array(start) + u * (np.array(goal) - np.array(start))]
        places += [goal] * 90
        start = goal
    return places


def _stays(edge_m: np.ndarray) -> list[tuple[str, float]]:
    """First and last second inside of each stay, by hysteresis on every second."""
    told, inside, last = [], False, 0
    for t, metres in enumerate(edge_m.tolist()):
        if metres <= 0:
            if not inside:
                told.append(("entered", float(t)))
            inside, last = True, t
        elif inside and metres > 20:
            told.append(("left", float(last)))
            inside = False
    return told


def test_brute_force_sees_something() -> None:
    assert _stays(np.array([30.0, -1, -2, 5, 30])) == [("entered", 1.0), ("left", 2.0)]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32))
def test_the_kinds_alternate_and_time_never_runs_back(seed: int) -> None:
    chance = np.random.default_rng(seed)
    where = scene(chance)
    _, crossings = folded(where, wander(chance, 80))
    by_fence: dict[int, list[Crossing]] = {}
    for crossing in crossings:
        by_fence.setdefault(crossing.fence_id, []).append(crossing)
    for found in by_fence.values():
        assert [c.at_ms for c in found] == sorted(c.at_ms for c in found)
        ends = [c.kind for c in found if c.kind != "dwelt"]
        assert ends == ["entered", "left"] * (len(ends) // 2) + ["entered"] * (len(ends) % 2)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_a_state_tells_old_crossings_from_those_to_come(seed: int) -> None:
    """Late readings are settled by it: what a checkpoint had said is left alone, what it had
    not is compared."""
    chance = np.random.default_rng(seed)
    where = scene(chance)
    fixes = sorted(wander(chance, 60))
    cut = int(chance.integers(1, len(fixes)))
    state, before = folded(where, fixes[:cut])
    _, whole = folded(where, fixes)
    assert whole[: len(before)] == before
    for crossing in before:
        assert not unsettled(state, crossing), (crossing, state.stays)
    for crossing in whole[len(before) :]:
        assert unsettled(state, crossing), (crossing, state.stays)
        assert crossing.at_ms >= unsettled_from_ms(state)
