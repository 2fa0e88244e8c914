"""The ways of devices over a span: cleaned fixes, what joins them, and stays in circles.

Cleaning and stays are those of the live road (`geo.fence_fleet`), fed in slices of time so
that a fence is walked through only while somebody is near it. Between two fixes that are
joined the way is the straight line; between others nothing is assumed (domain reference C.4).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.distance import distances_m, metres_per_degree
from geo.fence_fleet import Accepted, Fleet, World
from geo.fences import ENTERED, LEFT, State
from geo.tracks import SPEED_MAX_MPS, Habits, Track, habits_of

Column = NDArray[np.float64]
Index = NDArray[np.int64]
Flags = NDArray[np.bool_]
SpanMs = tuple[int, int]

SLICE_MS: Final = 15 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Mover:
    """How a device moves: its habits, and whether it rides."""

    habits: Habits
    riding: bool = False


class Ways(NamedTuple):
    """Accepted fixes by device and time. `joined`: the way from the row before is known."""

    no: Index
    at_ms: Index
    lon: Column
    lat: Column
    acc_m: Column
    joined: Flags
    riding: Flags

    def __len__(self) -> int:
        return len(self.no)


class Stay(NamedTuple):
    """From where the edge was met to where it was met again, or to the last fix inside."""

    no: int
    from_ms: int
    to_ms: int


class Plane(NamedTuple):
    """Metres about a place, right at the scale of a district."""

    lon_deg: float
    lat_deg: float
    east_m: float
    north_m: float

    def xy(self, lon: Column, lat: Column) -> tuple[Column, Column]:
        return (lon - self.lon_deg) * self.east_m, (lat - self.lat_deg) * self.north_m

    def degrees(self, x: Column, y: Column) -> tuple[Column, Column]:
        return self.lon_deg + x / self.east_m, self.lat_deg + y / self.north_m


def mover_of(kind: str, period_s: int) -> Mover:
    return Mover(habits_of(kind, period_s), riding=kind not in SPEED_MAX_MPS)


def plane_about(lon: Column, lat: Column) -> Plane:
    """The plane that touches the earth in the middle of these places."""
    middle_lat = float(lat.min() + lat.max()) / 2
    return Plane(float(lon.min() + lon.max()) / 2, middle_lat, *metres_per_degree(middle_lat))


def walk(
    world: World, track: Track, movers: Mapping[int, Mover]
) -> tuple[Ways, dict[int, list[Stay]]]:
    """The ways of a sorted track, and the stays in each fence of the world by fence id.

    `movers` names every device of the track. A stay that lasts ends at its last fix inside.
    """
    fleet = Fleet()
    for no, mover in movers.items():
        fleet.put(no, State(), mover.habits)
    parts, crossings = [], []
    for part in _slices(track):
        fixes, made = fleet.follow(world, part)
        parts.append(fixes)
        crossings += made
    stays: dict[int, list[Stay]] = {fence.id: [] for fence in world.fences}
    open_since: dict[tuple[int, int], int] = {}
    for no, crossing in crossings:
        key = no, crossing.fence_id
        if crossing.kind == ENTERED:
            open_since[key] = crossing.at_ms
        elif crossing.kind == LEFT:
            stays[crossing.fence_id].append(Stay(no, open_since.pop(key), crossing.at_ms))
    for (no, fence_id), since_ms in open_since.items():
        lasting = fleet.state(no).stays[fence_id]
        until_ms = lasting.last_in_ms if lasting.left_ms is None else lasting.left_ms
        stays[fence_id].append(Stay(no, since_ms, until_ms))
    return _ways(parts, [no for no, mover in movers.items() if mover.riding]), stays


def _ways(parts: Sequence[Accepted], riders: Sequence[int]) -> Ways:
    if not parts:
        nothing, none = np.zeros(0), np.zeros(0, dtype=np.int64)
        off = np.zeros(0, dtype=bool)
        return Ways(none, none, nothing, nothing, nothing, off, off)
    order = np.argsort(np.concatenate([part.no for part in parts]), kind="stable")
    no, at_ms = (
        np.concatenate(c)[order] for c in zip(*((p.no, p.at_ms) for p in parts), strict=True)
    )
    lon, lat, acc_m = (
        np.concatenate(c)[order]
        for c in zip(*((p.lon, p.lat, p.acc_m) for p in parts), strict=True)
    )
    joined = np.concatenate([part.joined for part in parts])[order]
    return Ways(no, at_ms, lon, lat, acc_m, joined, np.isin(no, riders))


def hops_m(ways: Ways) -> Column:
    """The length of the way to each fix from the one before; 0 where it is not known."""
    hop = np.zeros(len(ways))
    if len(ways) > 1:
        a, b = slice(None, -1), slice(1, None)
        hop[1:] = distances_m(ways.lon[a], ways.lat[a], ways.lon[b], ways.lat[b])
    hop[~ways.joined] = 0.0
    return hop


def period_s(ways: Ways) -> float | None:
    """The median time between fixes of a device; None with less than two of any."""
    same = ways.no[1:] == ways.no[:-1]
    if not same.any():
        return None
    return float(np.median(np.diff(ways.at_ms)[same])) / 1000


def unknown_s(ways: Ways, duty: Mapping[int, Sequence[SpanMs]]) -> float:
    """Seconds nobody can speak for.

    Of a device on the roster: its duty without a known way. Of any other: what lies between
    its fixes without a known way.
    """
    span_ms = np.diff(ways.at_ms, prepend=ways.at_ms[:1]).astype(np.float64)
    first = np.ones(len(ways), dtype=bool)
    first[1:] = ways.no[1:] != ways.no[:-1]
    free = ~np.isin(ways.no, list(duty))
    total_ms = float(span_ms[free & ~ways.joined & ~first].sum())
    for no, spans in duty.items():
        start, stop = np.searchsorted(ways.no, [no, no + 1]).tolist()
        at_ms = ways.at_ms[start:stop]
        known = np.cumsum(np.where(ways.joined[start:stop], span_ms[start:stop], 0.0))
        for from_ms, to_ms in _merged(spans):
            total_ms += to_ms - from_ms
            if len(at_ms):
                begin, end = np.interp([from_ms, to_ms], at_ms, known).tolist()
                total_ms -= end - begin
    return total_ms / 1000


def _merged(spans: Sequence[SpanMs]) -> list[SpanMs]:
    merged: list[SpanMs] = []
    for from_ms, to_ms in sorted(spans):
        if merged and from_ms <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], to_ms))
        else:
            merged.append((from_ms, to_ms))
    return merged


def _slices(track: Track) -> Iterator[Track]:
    """The track in slices of time, each sorted as the whole is."""
    if not len(track):
        return
    number = (track["at_ms"] - track["at_ms"].min()) // SLICE_MS
    order = np.argsort(number, kind="stable")
    cuts = np.flatnonzero(np.diff(number[order])) + 1
    for rows in np.split(order, cuts):
        yield track[rows]
