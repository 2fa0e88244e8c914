"""Crossings of fences from what devices sent: load, fold, save.

The present of each device stays in memory between calls (`geo.fence_fleet`). After a
restart it is made again from the newest checkpoint and the positions judged since. A
reading older than what was folded starts its device again from the checkpoint before it;
what that changes is written as retractions and new crossings.

Fences that stand now judge what is evaluated now, whenever it was observed: a track
replayed through a new fence crosses it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString, NamedTuple

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection
from psycopg.types.json import Jsonb

from core.db import execute_all
from core.events import Event
from core.sql import load_queries
from core.values import to_ms
from devices.readings import FIX, Readings
from geo.fence_fleet import Fleet, World
from geo.fence_index import FenceIndex
from geo.fences import (
    Crossing,
    Fence,
    State,
    state_from_json,
    state_to_json,
    unsettled,
    unsettled_from_ms,
)
from geo.shapes import Circle, Polygon, Shape
from geo.tracks import ACCURACY_MAX_M, TRACK_DTYPE, Habits, Track, habits_of, sorted_once, track_of

QUERIES = load_queries("geo", "fences.sql")
CHECKPOINT_FIXES: Final = 500
CHECKPOINT_MS: Final = 30 * 60 * 1000

Found = tuple[int, Crossing]


class _Device(NamedTuple):
    org_id: int
    habits: Habits


class FenceEvaluator:
    """Judges positions against all standing fences; one for each follower."""

    name = "fences"

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Drop what is remembered: it is made again from the tables."""
        self._fleet = Fleet()
        self._world: World | None = None
        self._version: tuple[Any, ...] = ()
        self._devices: dict[int, _Device] = {}
        self._since = np.zeros(0, dtype=np.int64)  # fixes since the last checkpoint, by device
        self._checkpoint_ms = np.zeros(0, dtype=np.int64)

    def evaluate(self, conn: Connection[Any], readings: Readings, now: datetime) -> Sequence[Event]:
        if not len(readings.positions):
            return []
        del now  # crossings depend on what was observed when, and on nothing else
        track = track_of(readings.positions)
        nos, first, counts = np.unique(track["no"], return_index=True, return_counts=True)
        world = self._standing(conn)
        strangers = nos[~self._fleet.knows(nos)]
        self._reach(int(nos.max()))
        ids = []
        if len(strangers):
            ids += self._remember(conn, world, strangers.tolist())
        unset = self._checkpoint_ms[nos] == 0
        self._checkpoint_ms[nos[unset]] = track["at_ms"][first[unset]]
        late = self._fleet.late(track)
        late_nos = np.unique(track["no"][late])
        apart = np.isin(track["no"], late_nos) if len(late_nos) else np.zeros(len(track), bool)
        ids += self._add(conn, self._fleet.advance(world, track[~apart]))
        for no in late_nos.tolist():
            ids += self._reopen(conn, world, no, track[track["no"] == no])
        self._since[nos] += counts
        self._keep_checkpoints(conn, nos)
        return _events(conn, ids, set(late_nos.tolist()))

    # ── the present ──────────────────────────────────────────────────────────

    def _standing(self, conn: Connection[Any]) -> World:
        version = conn.execute(QUERIES["fences_version"]).fetchone()
        assert version is not None
        if self._world is None or tuple(version) != self._version:
            self._world = load_world(conn)
            self._version = tuple(version)
            self._fleet.forget_fences(self._world.place)
        return self._world

    def _remember(self, conn: Connection[Any], world: World, nos: list[int]) -> list[int]:
        """Make the state of devices not in memory; heals what a crash left unwritten."""
        for no, _id, kind, period_s, org_id in conn.execute(QUERIES["devices"], {"nos": nos}):
            self._devices[no] = _Device(org_id, habits_of(kind, period_s))
        states = dict.fromkeys(nos, State())
        for no, state in conn.execute(QUERIES["newest_checkpoints"], {"nos": nos}):
            states[no] = state_from_json(state)
        states = {no: _standing_only(state, world) for no, state in states.items()}
        for no, state in states.items():
            self._fleet.put(no, state, self._devices[no].habits)
            self._since[no] = 0
            self._checkpoint_ms[no] = state.last[0] if state.last else 0
        track = _judged(conn, states)
        found = self._fleet.advance(world, track)
        for no, count in zip(*np.unique(track["no"], return_counts=True), strict=True):
            self._since[no] = count
            if not self._checkpoint_ms[no]:
                self._checkpoint_ms[no] = track["at_ms"][np.argmax(track["no"] == no)]
        if not len(track):
            return []
        return self._settle(conn, world, states, found, {})

    # ── late readings ────────────────────────────────────────────────────────

    def _reopen(self, conn: Connection[Any], world: World, no: int, fixes: Track) -> list[int]:
        """Fold again from the checkpoint before the first late fix, until nothing differs."""
        habits = self._devices[no].habits
        present = self._fleet.state(no)
        key = {"no": no, "at_ms": int(fixes["at_ms"][0]), "seq": int(fixes["seq"][0])}
        row = conn.execute(QUERIES["checkpoint_before"], key).fetchone()
        origin = _standing_only(state_from_json(row[0]) if row is not None else State(), world)
        at_ms, seq = origin.last or (0, -1)
        later = conn.execute(
            QUERIES["checkpoints_after"], {"no": no, "at_ms": at_ms, "seq": seq}
        ).fetchall()
        judged = _judged(conn, {no: origin}, {no: present})
        track = sorted_once(np.concatenate([judged, fixes]))
        self._fleet.put(no, origin, habits)
        newest = (int(fixes["at_ms"][-1]), int(fixes["seq"][-1]))
        found: list[Found] = []
        start = 0
        for at, seq, kept in later:
            until = (to_ms(at), seq)
            stop = start + _count_upto(track[start:], until)
            found += self._fleet.advance(world, track[start:stop])
            start = stop
            mine, theirs = self._fleet.state(no), state_from_json(kept)
            if mine == theirs and newest <= until:
                self._fleet.put(no, present, habits)
                return self._settle(conn, world, {no: origin}, found, {no: mine})
            _keep(conn, [(no, mine)])
        found += self._fleet.advance(world, track[start:])
        return self._settle(conn, world, {no: origin}, found, {})

    def _settle(
        self,
        conn: Connection[Any],
        world: World,
        origins: Mapping[int, State],
        found: Sequence[Found],
        ends: Mapping[int, State],
    ) -> list[int]:
        """Write how `found` differs from what stands on record between two states."""
        from_ms = min(unsettled_from_ms(state) for state in origins.values())
        have: dict[Found, list[int]] = {}
        for id_, no, fence_id, kind, at_ms, by in conn.execute(
            QUERIES["standing_crossings"], {"nos": list(origins), "from_ms": from_ms}
        ):
            crossing = Crossing(fence_id, kind, at_ms, by)
            known_fence = fence_id in world.place
            after_end = no in ends and unsettled(ends[no], crossing)
            if known_fence and unsettled(origins[no], crossing) and not after_end:
                have.setdefault((no, crossing), []).append(id_)
        want = Counter(found)
        wrong = [{"id": id_} for key, ids in have.items() for id_ in ids[want[key] :]]
        ids = _ids(conn, QUERIES["retract_crossing"], wrong)
        missing = want - Counter({key: len(standing) for key, standing in have.items()})
        ordered = sorted(missing.elements(), key=lambda one: (one[1].at_ms, one))
        return ids + self._add(conn, ordered)

    # ── saving ───────────────────────────────────────────────────────────────

    def _add(self, conn: Connection[Any], found: Sequence[Found]) -> list[int]:
        """Write crossings in one round trip; returns the ids of those that did not stand."""
        rows = [
            {"device_no": no, "org_id": self._devices[no].org_id, **crossing._asdict()}
            for no, crossing in found
        ]
        return _ids(conn, QUERIES["add_crossing"], rows)

    def _keep_checkpoints(self, conn: Connection[Any], nos: NDArray[np.int64]) -> None:
        at_ms = self._fleet.head["at_ms"][nos]
        old = at_ms - self._checkpoint_ms[nos] >= CHECKPOINT_MS
        due = nos[(self._since[nos] >= CHECKPOINT_FIXES) | old]
        states = {no: self._fleet.state(no) for no in due.tolist()}
        _keep(conn, list(states.items()))
        self._since[due] = 0
        self._checkpoint_ms[due] = self._fleet.head["at_ms"][due]

    def _reach(self, no: int) -> None:
        if no >= len(self._since):
            grown = max(no + 1, 2 * len(self._since), 1024)
            for name in ("_since", "_checkpoint_ms"):
                wider = np.zeros(grown, dtype=np.int64)
                wider[: len(getattr(self, name))] = getattr(self, name)
                setattr(self, name, wider)


def load_world(conn: Connection[Any]) -> World:
    """All standing fences, indexed."""
    rows = conn.execute(QUERIES["fences"]).fetchall()
    shapes: list[Shape] = []
    for _id, lon, lat, radius_m, polygon, *_ in rows:
        if polygon is None:
            shapes.append(Circle(lon, lat, radius_m))
        else:
            rings = polygon["coordinates"]
            shapes.append(Polygon(tuple(tuple((p[0], p[1]) for p in ring) for ring in rings)))
    index = FenceIndex(shapes)
    fences = [Fence(row[0], plan, *row[5:]) for row, plan in zip(rows, index.plans, strict=True)]
    return World(fences, index)


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """Thin out old checkpoints; call it once a day or so."""
    conn.execute(QUERIES["thin_checkpoints"], {"now": now})
    return []


def _standing_only(state: State, world: World) -> State:
    """Without stays in fences that were ended since."""
    stays = {fence: stay for fence, stay in state.stays.items() if fence in world.place}
    return State(state.last, state.trail, stays)


def _judged(
    conn: Connection[Any], origins: Mapping[int, State], heads: Mapping[int, State] | None = None
) -> Track:
    """Stored positions of devices after their origins: what followers have judged, and what
    is not newer than the head this evaluator holds."""
    keys = [(no, *(state.last or (0, -1))) for no, state in origins.items()]
    tops = [(heads[no].last if heads else None) or (-1, -1) for no in origins]
    rows = conn.execute(
        QUERIES["judged_positions"],
        {
            "nos": [no for no, _, _ in keys],
            "ats_ms": [at_ms for _, at_ms, _ in keys],
            "seqs": [seq for _, _, seq in keys],
            "tops_ms": [at_ms for at_ms, _ in tops],
            "top_seqs": [seq for _, seq in tops],
            "from_ms": min(at_ms for _, at_ms, _ in keys),
        },
    ).fetchall()
    track = np.zeros(len(rows), TRACK_DTYPE)
    if rows:
        no, at_ms, seq, lon_e7, lat_e7, acc_dm, flags = np.array(rows, dtype=np.int64).T
        track["no"], track["at_ms"], track["seq"] = no, at_ms, seq
        track["lon_deg"], track["lat_deg"] = lon_e7 / 1e7, lat_e7 / 1e7
        track["acc_m"] = np.clip(acc_dm, 0, None) / 10
        somewhere = (lon_e7 != 0) | (lat_e7 != 0)
        track["usable"] = (flags & FIX != 0) & somewhere & (track["acc_m"] <= ACCURACY_MAX_M)
    return sorted_once(track)


def _count_upto(track: Track, key: tuple[int, int]) -> int:
    at_ms, seq = key
    upto = (track["at_ms"] < at_ms) | ((track["at_ms"] == at_ms) & (track["seq"] <= seq))
    return int(upto.sum())


def _keep(conn: Connection[Any], states: Sequence[tuple[int, State]]) -> None:
    rows = []
    for no, state in states:
        assert state.last is not None
        at_ms, seq = state.last
        rows.append({"no": no, "at_ms": at_ms, "seq": seq, "state": Jsonb(state_to_json(state))})
    execute_all(conn, QUERIES["keep_checkpoint"], rows)


def _ids(
    conn: Connection[Any], query: LiteralString, rows: Sequence[Mapping[str, Any]]
) -> list[int]:
    """Run it for every row in one round trip; the ids that came back."""
    return [int(row[0]) for row in execute_all(conn, query, rows) if row is not None]


def _events(conn: Connection[Any], ids: Sequence[int], late_nos: set[int]) -> list[Event]:
    if not ids:
        return []
    events = []
    for at, org_id, no, kind, retracts, shape in conn.execute(
        QUERIES["crossing_shapes"], {"ids": list(ids)}
    ):
        body = {"crossing": shape} | ({"late": True} if no in late_nos else {})
        said = "retracted" if retracts is not None else kind
        events.append(Event(f"crossing.{said}", at, org_id, body, device_no=no))
    return events
