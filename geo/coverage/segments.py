"""Segments: which stretches of a road were walked along (domain reference C.5).

A segment is cut into short pieces. A way covers a piece when its middle lies within the
width of the way and the way runs along it, in either direction; or when one pass of it
covers so much of the whole segment that it cannot have been a cross street. Of parallel
roads only the nearest is walked, and those that lie hardly farther.

The heading of a way is that of the line from a little before it to a little behind it: the
line between two neighbouring fixes says more of their errors than of the way.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from shapely import STRtree, box, points

from geo.coverage.ways import Column, Flags, Index, Plane, Ways, hops_m, plane_about
from geo.distance import distances_m, metres_per_degree
from geo.patrol.rules import CoverageRule

PAIRS_AT_ONCE: Final = 50_000  # ways looked at together


@dataclass(frozen=True, slots=True)
class Line:
    """A segment as it is drawn, longitude first. `width_m` None: the rule's."""

    id: int
    places: tuple[tuple[float, float], ...]
    width_m: float | None = None


class Pieces(NamedTuple):
    """A line cut up: the middle of each piece, its length, its direction, where it begins."""

    plane: Plane
    x: Column
    y: Column
    length_m: Column
    along_x: Column
    along_y: Column
    from_m: Column


@dataclass(frozen=True)
class Covered:
    """`pieces`: which were covered."""

    id: int
    cut: Pieces
    pieces: Flags

    @property
    def covered_m(self) -> float:
        return float(self.cut.length_m[self.pieces].sum())

    @property
    def length_m(self) -> float:
        return float(self.cut.length_m.sum())

    def stretches_m(self) -> list[tuple[float, float]]:
        """From and to along the line, of what was covered."""
        edges = np.flatnonzero(np.diff(self.pieces, prepend=False, append=False))
        ends = np.append(self.cut.from_m, self.length_m)
        return [(float(ends[a]), float(ends[b])) for a, b in edges.reshape(-1, 2).tolist()]


class _Legs(NamedTuple):
    """Ways between joined fixes, and fixes that stand alone (`a` is `b`)."""

    a: Index
    b: Index
    width_m: Column  # on top of which a segment's own width counts instead of the rule's
    slack_m: Column
    course_x: Column  # 0, 0 where the heading is not known
    course_y: Column


class _Pairs(NamedTuple):
    """A way and a piece within its width."""

    leg: Index
    piece: Index
    far_m: Column
    along: Flags


def cut(line: Line, piece_m: float) -> Pieces:
    """Every edge of a line in equal pieces of about `piece_m` at most."""
    place = np.array(line.places, dtype=np.float64)
    plane = plane_about(place[:, 0], place[:, 1])
    x, y = plane.xy(place[:, 0], place[:, 1])
    dx, dy = np.diff(x), np.diff(y)
    length = np.hypot(dx, dy)
    count = np.maximum(np.ceil(length / piece_m - 1e-3).astype(np.int64), 1)
    count[length == 0] = 0
    edge = np.repeat(np.arange(len(count)), count)
    nth = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    u = (nth + 0.5) / count[edge]
    piece = length[edge] / count[edge]
    return Pieces(
        plane,
        x[edge] + u * dx[edge],
        y[edge] + u * dy[edge],
        piece,
        dx[edge] / length[edge],
        dy[edge] / length[edge],
        np.cumsum(piece) - piece,
    )


def cover(lines: Sequence[Line], ways: Ways, rule: CoverageRule) -> list[Covered]:
    """What the ways cover of each line. Lines given together are rivals of each other."""
    legs = _legs(ways, rule)
    cuts = [cut(line, rule.piece_m) for line in lines]
    pairs = [
        _near(line, pieces, ways, legs, rule) for line, pieces in zip(lines, cuts, strict=True)
    ]
    nearest = np.full(len(legs.a), np.inf)  # of each way, to any line it runs along
    for found in pairs:
        np.minimum.at(nearest, found.leg[found.along], found.far_m[found.along])
    return [
        Covered(line.id, pieces, _counts(pieces, _without_rivals(found, nearest, rule), legs, rule))
        for line, pieces, found in zip(lines, cuts, pairs, strict=True)
    ]


def places_of(one: Covered, from_m: float, to_m: float, line: Line) -> list[list[float]]:
    """The stretch of a line between two lengths along it, as positions for a map."""
    place = np.array(line.places, dtype=np.float64)
    x, y = one.cut.plane.xy(place[:, 0], place[:, 1])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    between = along[(along > from_m) & (along < to_m)]
    at = np.concatenate([[from_m], between, [to_m]])
    lon, lat = one.cut.plane.degrees(np.interp(at, along, x), np.interp(at, along, y))
    return np.column_stack([lon, lat]).round(7).tolist()  # type: ignore[no-any-return]


def _legs(ways: Ways, rule: CoverageRule) -> _Legs:
    end = np.flatnonzero(ways.joined)
    goes_on = np.append(ways.joined[1:], False)
    alone = np.flatnonzero(~ways.joined & ~goes_on)
    a, b = np.concatenate([end - 1, alone]), np.concatenate([end, alone])
    order = np.argsort(b, kind="stable")
    a, b = a[order], b[order]
    riding = ways.riding[b]
    acc_m = np.maximum(ways.acc_m[a], ways.acc_m[b])
    width = np.where(riding, rule.width_vehicle_m, rule.width_foot_m)
    slack = np.where(riding, acc_m, 0.0)
    return _Legs(a, b, width, slack, *_courses(ways, a, b, rule))


def _courses(ways: Ways, a: Index, b: Index, rule: CoverageRule) -> tuple[Column, Column]:
    """Directions as unit vectors; 0, 0 where the way is too short to tell."""
    if not len(a):
        return np.zeros(0), np.zeros(0)
    way_m = np.cumsum(hops_m(ways))
    starts = np.flatnonzero(~ways.joined)
    run = np.searchsorted(starts, b, side="right") - 1
    first, last = starts[run], np.append(starts[1:], len(ways))[run] - 1
    middle = (way_m[a] + way_m[b]) / 2
    back = np.searchsorted(way_m, middle - rule.course_m, side="right") - 1
    on = np.searchsorted(way_m, middle + rule.course_m, side="left")
    back, on = np.maximum(back, first), np.minimum(on, last)
    lat = (ways.lat[back] + ways.lat[on]) / 2
    east, north = metres_per_degree(float(lat.mean()))
    dx = (ways.lon[on] - ways.lon[back]) * east
    dy = (ways.lat[on] - ways.lat[back]) * north
    chord = distances_m(ways.lon[back], ways.lat[back], ways.lon[on], ways.lat[on])
    least = np.maximum(rule.course_min_m, ways.acc_m[back] + ways.acc_m[on])
    least = np.maximum(least, rule.course_share_min * (way_m[on] - way_m[back]) - 1e-6)
    length = np.where((chord >= least) & (chord > 0), np.hypot(dx, dy), np.inf)
    return dx / length, dy / length


def _near(line: Line, pieces: Pieces, ways: Ways, legs: _Legs, rule: CoverageRule) -> _Pairs:
    """All pairs of a way and a piece of this line within the width."""
    base = legs.width_m if line.width_m is None else line.width_m
    most = max(rule.width_max_m, line.width_m or 0.0)
    width = np.minimum(base + legs.slack_m, most)
    pad_lon, pad_lat = most / pieces.plane.east_m * 1.01, most / pieces.plane.north_m * 1.01
    place = np.array(line.places)
    (west, south), (east, north) = place.min(axis=0), place.max(axis=0)
    low_lon, high_lon = _ends(ways.lon, legs)
    low_lat, high_lat = _ends(ways.lat, legs)
    near = np.flatnonzero(
        (low_lon <= east + pad_lon) & (high_lon >= west - pad_lon)
        & (low_lat <= north + pad_lat) & (high_lat >= south - pad_lat)
    )  # fmt: skip
    tree = STRtree(points(pieces.x, pieces.y))
    cos_max = float(np.cos(np.radians(rule.heading_max_deg))) - 1e-12
    found = []
    for start in range(0, max(len(near), 1), PAIRS_AT_ONCE):
        some = near[start : start + PAIRS_AT_ONCE]
        leg, piece, far = _within(tree, pieces, ways, legs, some, width[some])
        cos = legs.course_x[leg] * pieces.along_x[piece]
        cos += legs.course_y[leg] * pieces.along_y[piece]
        found.append((leg, piece, far, np.abs(cos) >= cos_max))
    leg, piece, far, along = (np.concatenate(column) for column in zip(*found, strict=True))
    return _Pairs(leg, piece, far, along)


def _ends(column: Column, legs: _Legs) -> tuple[Column, Column]:
    a, b = column[legs.a], column[legs.b]
    return np.minimum(a, b), np.maximum(a, b)


def _within(  # noqa: PLR0917
    tree: STRtree, pieces: Pieces, ways: Ways, legs: _Legs, some: Index, width: Column
) -> tuple[Index, Index, Column]:
    """Ways, and the pieces whose middle is within the width of each; how far they are."""
    a, b = legs.a[some], legs.b[some]
    ax, ay = pieces.plane.xy(ways.lon[a], ways.lat[a])
    bx, by = pieces.plane.xy(ways.lon[b], ways.lat[b])
    around = box(
        np.minimum(ax, bx) - width, np.minimum(ay, by) - width,
        np.maximum(ax, bx) + width, np.maximum(ay, by) + width,
    )  # fmt: skip
    row, piece = tree.query(around)
    ux, uy = pieces.x[piece] - ax[row], pieces.y[piece] - ay[row]
    dx, dy = (bx - ax)[row], (by - ay)[row]
    length2 = dx * dx + dy * dy
    share = np.clip((ux * dx + uy * dy) / np.where(length2 > 0, length2, 1.0), 0.0, 1.0)
    far = np.hypot(ux - share * dx, uy - share * dy)
    kept = far <= width[row]
    return some[row[kept]], piece[kept], far[kept]


def _without_rivals(found: _Pairs, nearest: Column, rule: CoverageRule) -> _Pairs:
    """Without the ways that ran along another line, much nearer to them than this one."""
    here = np.full(len(nearest), np.inf)
    np.minimum.at(here, found.leg, found.far_m)
    kept = here[found.leg] <= nearest[found.leg] + rule.rival_m
    return _Pairs(found.leg[kept], found.piece[kept], found.far_m[kept], found.along[kept])


def _counts(pieces: Pieces, found: _Pairs, legs: _Legs, rule: CoverageRule) -> Flags:
    """Pieces walked along, and all pieces of passes that took in most of the line."""
    covered = np.zeros(len(pieces.x), dtype=bool)
    covered[found.piece[found.along]] = True
    near = np.unique(found.leg)
    if not len(near):
        return covered
    alone = legs.a[near] == legs.b[near]
    new = np.ones(len(near), dtype=bool)
    new[1:] = (np.diff(legs.b[near]) != 1) | alone[1:] | alone[:-1]
    number = np.cumsum(new) - 1
    key = number[np.searchsorted(near, found.leg)] * len(pieces.x) + found.piece
    passes, piece = np.divmod(np.unique(key), len(pieces.x))
    taken_m = np.bincount(passes, weights=pieces.length_m[piece])
    enough = taken_m >= rule.segment_share_min * pieces.length_m.sum() - 1e-9
    covered[piece[enough[passes]]] = True
    return covered
