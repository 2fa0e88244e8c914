"""Every device's fences at once: the fast road over whole columns of fixes.

Says what `geo.fences.fold` says fix by fix (property test). The fence index finds the few
fixes that lie in a fence or whose way touches one; only those (device, fence) pairs, and
pairs with a stay that lasts, are walked in Python. All other devices merely move on, and
what is remembered of them lies in arrays, indexed by the device's number.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.distance import distances_m
from geo.fence_index import FenceIndex
from geo.fences import CHORD_MIN_M, OUT_ACCURACIES, Crossing, Fence, Mark, State, Stay, step
from geo.tracks import ACCURACIES_KEPT, Fix, Habits, Track, Trail, clean, median_m

Column = NDArray[np.float64]
Index = NDArray[np.intp]
NO_KEY = -(2**62)

_HEAD_DTYPE = np.dtype(
    [
        ("known", "?"),
        ("at_ms", "i8"),  # newest key folded
        ("seq", "i8"),
        ("anchored", "?"),
        ("anchor_at_ms", "i8"),
        ("lon_deg", "f8"),
        ("lat_deg", "f8"),
        ("acc_m", "f8"),
        ("accuracies", "i8"),
        ("accuracies_m", "f8", (ACCURACIES_KEPT,)),  # the newest last
        ("rejects", "i8"),
        ("speed_max_mps", "f8"),
        ("gap_ms", "i8"),
    ]
)


class World:
    """The fences that stand now, and where they are."""

    def __init__(self, fences: Sequence[Fence], index: FenceIndex) -> None:
        assert len(fences) == len(index)
        self.fences = list(fences)
        self.index = index
        self.place = {fence.id: place for place, fence in enumerate(fences)}


class Accepted(NamedTuple):
    """Accepted fixes of all devices, sorted; `*_from` is the accepted fix before each."""

    no: NDArray[np.int64]
    at_ms: NDArray[np.int64]
    lon: Column
    lat: Column
    acc_m: Column
    lon_from: Column
    lat_from: Column
    joined: NDArray[np.bool_]
    hop_m: Column


class Fleet:
    """What is remembered of each device between calls. Mutable; owned by one evaluator."""

    def __init__(self) -> None:
        self.head = np.zeros(0, _HEAD_DTYPE)
        self._stays: dict[int, dict[int, Stay]] = {}
        self._rejected: dict[int, Fix] = {}

    def knows(self, nos: NDArray[np.int64]) -> NDArray[np.bool_]:
        self._reach(int(nos.max(initial=0)))
        known: NDArray[np.bool_] = self.head["known"][nos]
        return known

    def put(self, no: int, state: State, habits: Habits) -> None:
        self._reach(no)
        head = self.head[no : no + 1]
        head["known"] = True
        head["at_ms"], head["seq"] = state.last or (NO_KEY, NO_KEY)
        head["speed_max_mps"], head["gap_ms"] = habits.speed_max_mps, habits.gap_ms
        self._put_trail(no, state.trail)
        self._stays.pop(no, None)
        if state.stays:
            self._stays[no] = dict(state.stays)

    def state(self, no: int) -> State:
        head = self.head[no]
        last = (int(head["at_ms"]), int(head["seq"]))
        return State(
            None if last == (NO_KEY, NO_KEY) else last,
            self._trail(no),
            dict(self._stays.get(no, {})),
        )

    def forget_fences(self, standing: Iterable[int]) -> None:
        """Stays in fences that were ended are over, and nobody is told."""
        standing = set(standing)
        for no, stays in list(self._stays.items()):
            kept = {fence: stay for fence, stay in stays.items() if fence in standing}
            if kept:
                self._stays[no] = kept
            else:
                del self._stays[no]

    def late(self, track: Track) -> NDArray[np.bool_]:
        """Which fixes are not newer than what was already folded of their device."""
        head = self.head[track["no"]]
        older = track["at_ms"] < head["at_ms"]
        same = (track["at_ms"] == head["at_ms"]) & (track["seq"] <= head["seq"])
        late: NDArray[np.bool_] = older | same
        return late

    def advance(self, world: World, track: Track) -> list[tuple[int, Crossing]]:
        """Fold fixes, sorted and each newer than its device's last: (device, crossing) found."""
        return self.follow(world, track)[1] if len(track) else []

    def follow(self, world: World, track: Track) -> tuple[Accepted, list[tuple[int, Crossing]]]:
        """The same for at least one fix, and the fixes that were accepted."""
        ends = np.flatnonzero(np.append(track["no"][1:] != track["no"][:-1], True))
        nos = track["no"][ends]
        fixes = self._clean(track)
        crossings = self._walk(world, fixes) if len(world.fences) else []
        self._move_on(fixes)
        self.head["at_ms"][nos] = track["at_ms"][ends]
        self.head["seq"][nos] = track["seq"][ends]
        return fixes, crossings

    # ── cleaning ─────────────────────────────────────────────────────────────

    def _clean(self, track: Track) -> Accepted:
        """Devices whose fixes are all plausible pass as columns; the others fix by fix."""
        usable = track[track["usable"]]
        fixes = self._joined(usable)
        head = self.head[fixes.no]
        first = _firsts(fixes.no)
        span_ms = fixes.at_ms - np.where(first, head["anchor_at_ms"], np.roll(fixes.at_ms, 1))
        acc_from = np.where(first, head["acc_m"], np.roll(fixes.acc_m, 1))
        slack_m = fixes.acc_m + acc_from
        known = ~first | head["anchored"]
        possible = fixes.hop_m - slack_m <= head["speed_max_mps"] * span_ms / 1000
        odd = (known & ~possible) | (head["rejects"] > 0)
        if not odd.any():
            return fixes
        suspects = np.unique(fixes.no[odd])
        rows = np.flatnonzero(np.isin(fixes.no, suspects))
        kept = np.ones(len(usable), dtype=bool)
        broken = np.zeros(len(usable), dtype=bool)
        trail, no = Trail(), -1
        for row in rows.tolist():
            if int(usable["no"][row]) != no:
                self._keep_rejects(no, trail)
                no = int(usable["no"][row])
                trail = self._trail(no)
                habits = Habits(float(self.head["speed_max_mps"][no]), int(self.head["gap_ms"][no]))
            cleaned = clean(trail, _fix(usable[row]), habits)
            broken[row] = cleaned.accepted and not cleaned.joined
            kept[row] = cleaned.accepted
            trail = cleaned.trail
        self._keep_rejects(no, trail)
        again = self._joined(usable[kept])
        return again._replace(joined=again.joined & ~broken[kept])

    def _joined(self, usable: Track) -> Accepted:
        no = usable["no"]
        head = self.head[no]
        first = _firsts(no)
        lon, lat, at_ms = (usable[name].copy() for name in ("lon_deg", "lat_deg", "at_ms"))
        lon_from = np.where(first, head["lon_deg"], np.roll(lon, 1))
        lat_from = np.where(first, head["lat_deg"], np.roll(lat, 1))
        span_ms = at_ms - np.where(first, head["anchor_at_ms"], np.roll(at_ms, 1))
        joined = (~first | head["anchored"]) & (span_ms <= head["gap_ms"])
        hop_m = distances_m(lon_from, lat_from, lon, lat)
        return Accepted(
            no, at_ms, lon, lat, usable["acc_m"].copy(), lon_from, lat_from, joined, hop_m
        )

    def _keep_rejects(self, no: int, trail: Trail) -> None:
        if no < 0:
            return
        self.head["rejects"][no] = trail.rejects
        self._rejected.pop(no, None)
        if trail.rejected is not None:
            self._rejected[no] = trail.rejected

    # ── fences ───────────────────────────────────────────────────────────────

    def _walk(self, world: World, fixes: Accepted) -> list[tuple[int, Crossing]]:
        """Walk the pairs of device and fence that something may have happened to."""
        if not len(fixes.no):
            return []
        rows, hit = world.index.hits(fixes.lon, fixes.lat)
        way = np.flatnonzero(fixes.joined & (fixes.hop_m > CHORD_MIN_M))
        way_rows, touched = world.index.crossed(
            fixes.lon_from[way], fixes.lat_from[way], fixes.lon[way], fixes.lat[way]
        )
        width = len(world.fences)
        hit_keys, hit_counts = np.unique(fixes.no[rows] * width + hit, return_counts=True)
        way_keys = fixes.no[way[way_rows]] * width + touched
        counts = dict(zip(hit_keys.tolist(), hit_counts.tolist(), strict=True))
        present = fixes.no[_firsts(fixes.no)].tolist()
        stay_keys = [
            no * width + world.place[fence]
            for no in present
            if no in self._stays
            for fence in self._stays[no]
        ]
        pairs: list[tuple[int, int]] = []
        keys = np.unique(np.concatenate([hit_keys, way_keys, np.array(stay_keys, dtype=np.int64)]))
        starts = np.searchsorted(fixes.no, keys // width, side="left")
        stops = np.searchsorted(fixes.no, keys // width, side="right")
        bounds = {}
        gaps = np.concatenate([[0], np.cumsum(~fixes.joined)])
        for key, start, stop in zip(keys.tolist(), starts.tolist(), stops.tolist(), strict=True):
            no, place = divmod(key, width)
            whole = counts.get(key, 0) == stop - start and gaps[stop] == gaps[start]
            if whole and self._stays_on(no, world.fences[place], int(fixes.at_ms[stop - 1])):
                continue
            pairs.append((no, place))
            bounds[no] = (start, stop)
        hits = np.sort(rows * width + hit)
        edges_m = self._edges_m(world, fixes, pairs, bounds, hits)
        return self._walk_pairs(world, fixes, pairs, bounds, edges_m)

    def _stays_on(self, no: int, fence: Fence, until_ms: int) -> bool:
        """The commonest case by far: it was inside, and every new fix is inside."""
        stay = self._stays.get(no, {}).get(fence.id)
        if stay is None or not stay.confirmed or stay.out_fixes or stay.left_ms is not None:
            return False
        if fence.dwell_s is not None and stay.dwelt_ms is None:
            return False
        self._stays[no][fence.id] = stay._replace(last_in_ms=until_ms)
        return True

    def _walk_pairs(
        self,
        world: World,
        fixes: Accepted,
        pairs: list[tuple[int, int]],
        bounds: dict[int, tuple[int, int]],
        edges_m: list[float],
    ) -> list[tuple[int, Crossing]]:
        medians = {no: self._medians(no, fixes, *bounds[no]) for no in bounds}
        crossings: list[tuple[int, Crossing]] = []
        offset = 0
        for no, place in pairs:
            start, stop = bounds[no]
            fence = world.fences[place]
            stays = self._stays.setdefault(no, {})
            stay = stays.pop(fence.id, None)
            outs = [max(fence.margin_m, OUT_ACCURACIES * m) for m in medians[no]]
            part = edges_m[offset : offset + stop - start + 1]
            before, marks = self._marks(no, fixes, start, outs, part)
            for mark in marks:
                stay, made = step(fence, stay, before, mark)
                crossings += [(no, crossing) for crossing in made]
                before = mark
            if stay is not None:
                stays[fence.id] = stay
            elif not stays:
                del self._stays[no]
            offset += stop - start + 1
        return crossings

    def _edges_m(
        self,
        world: World,
        fixes: Accepted,
        pairs: list[tuple[int, int]],
        bounds: dict[int, tuple[int, int]],
        hits: Index,
    ) -> list[float]:
        """For each pair: from the anchor, then from each fix, to the edge; one pass for all.

        Of fixes known to be inside the distance is never asked: any negative number will do.
        """
        if not pairs:
            return []
        nos = np.array([no for no, _ in pairs])
        starts = np.array([bounds[no][0] for no, _ in pairs])
        counts = np.array([bounds[no][1] - bounds[no][0] + 1 for no, _ in pairs])
        opens = np.cumsum(counts) - counts
        row = np.arange(counts.sum()) - np.repeat(opens + 1 - starts, counts)
        row[opens] = 0
        lon, lat = fixes.lon[row], fixes.lat[row]
        lon[opens], lat[opens] = self.head["lon_deg"][nos], self.head["lat_deg"][nos]
        place = np.repeat(np.array([place for _, place in pairs]), counts)
        keys = row * len(world.fences) + place
        found = np.minimum(np.searchsorted(hits, keys), max(len(hits) - 1, 0))
        ask = hits[found] != keys if len(hits) else np.ones(len(keys), dtype=bool)
        ask[opens] = True
        edges_m = np.full(len(keys), -1.0)
        edges_m[ask] = world.index.signed_m(place[ask], lon[ask], lat[ask])
        answer: list[float] = edges_m.tolist()
        return answer

    def _medians(self, no: int, fixes: Accepted, start: int, stop: int) -> list[float]:
        """The median accuracy as of the anchor, then as of each fix."""
        kept = list(self._trail(no).accuracies_m)
        medians = [median_m(kept)]
        for acc_m in fixes.acc_m[start:stop].tolist():
            kept = [*kept, acc_m][-ACCURACIES_KEPT:]
            medians.append(median_m(kept))
        return medians

    def _marks(
        self, no: int, fixes: Accepted, start: int, outs: list[float], edges_m: list[float]
    ) -> tuple[Mark | None, list[Mark]]:
        stop = start + len(edges_m) - 1
        head = self.head[no]
        before = None
        if head["anchored"]:
            place = float(head["lon_deg"]), float(head["lat_deg"])
            before = Mark(int(head["anchor_at_ms"]), *place, edges_m[0], outs[0], True, 0.0)
        columns = (fixes.at_ms, fixes.lon, fixes.lat)
        at_ms, lon, lat = (column[start:stop].tolist() for column in columns)
        joined, hops = fixes.joined[start:stop].tolist(), fixes.hop_m[start:stop].tolist()
        marks = map(Mark, at_ms, lon, lat, edges_m[1:], outs[1:], joined, hops)
        return before, list(marks)

    # ── memory ───────────────────────────────────────────────────────────────

    def _move_on(self, fixes: Accepted) -> None:
        """The last accepted fix of each device becomes its anchor."""
        if not len(fixes.no):
            return
        last = np.flatnonzero(np.append(fixes.no[1:] != fixes.no[:-1], True))
        start = np.concatenate([[0], last[:-1] + 1])
        nos, n = fixes.no[last], last - start + 1
        head = self.head
        old, had = head["accuracies_m"][nos], head["accuracies"][nos]
        kept = np.empty_like(old)
        for back in range(ACCURACIES_KEPT):
            older = np.clip(ACCURACIES_KEPT - 1 - (back - n), 0, ACCURACIES_KEPT - 1)
            kept[:, ACCURACIES_KEPT - 1 - back] = np.where(
                back < n,
                fixes.acc_m[np.maximum(last - back, 0)],
                old[np.arange(len(nos)), older],
            )
        head["accuracies_m"][nos] = kept
        head["accuracies"][nos] = np.minimum(had + n, ACCURACIES_KEPT)
        head["anchored"][nos] = True
        head["anchor_at_ms"][nos] = fixes.at_ms[last]
        head["lon_deg"][nos], head["lat_deg"][nos] = fixes.lon[last], fixes.lat[last]
        head["acc_m"][nos] = fixes.acc_m[last]

    def _trail(self, no: int) -> Trail:
        head = self.head[no]
        if not head["anchored"]:
            return Trail()
        anchor = Fix(
            int(head["anchor_at_ms"]),
            0,
            float(head["lon_deg"]),
            float(head["lat_deg"]),
            float(head["acc_m"]),
        )
        count = int(head["accuracies"])
        kept = head["accuracies_m"][ACCURACIES_KEPT - count :].tolist() if count else []
        return Trail(anchor, tuple(kept), int(head["rejects"]), self._rejected.get(no))

    def _put_trail(self, no: int, trail: Trail) -> None:
        head = self.head[no : no + 1]
        anchor, count = trail.anchor, len(trail.accuracies_m)
        head["anchored"] = anchor is not None
        if anchor is not None:
            head["anchor_at_ms"] = anchor.at_ms
            head["lon_deg"], head["lat_deg"] = anchor.lon_deg, anchor.lat_deg
            head["acc_m"] = anchor.acc_m
        head["accuracies"] = count
        if count:
            head["accuracies_m"][0, ACCURACIES_KEPT - count :] = trail.accuracies_m
        self._keep_rejects(no, trail)

    def _reach(self, no: int) -> None:
        if no >= len(self.head):
            grown = np.zeros(max(no + 1, 2 * len(self.head), 1024), _HEAD_DTYPE)
            grown[: len(self.head)] = self.head
            self.head = grown


def _firsts(no: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The first row of each device."""
    return np.concatenate([[True], no[1:] != no[:-1]]) if len(no) else np.zeros(0, dtype=bool)


def _fix(row: np.void) -> Fix:
    return Fix(
        int(row["at_ms"]),
        int(row["seq"]),
        float(row["lon_deg"]),
        float(row["lat_deg"]),
        float(row["acc_m"]),
    )
