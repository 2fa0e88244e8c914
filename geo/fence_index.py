"""Which of ten thousand fences holds each of two thousand places, in one pass.

A hash of square cells: a cell wholly inside a fence answers at once, and only places in
a cell that the fence's edge runs through are tested exactly. Large fences live on
coarser levels, so that none takes more than a few thousand cells. Answers agree with
testing every place against every fence (property test); edges count as inside.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.fence_cells import (
    PAD_DEG,
    EdgeSpots,
    Level,
    Spots,
    box_cells,
    edge_cells,
    make_level,
    polygon_spots,
    spread,
)
from geo.shapes import ON_EDGE_M, Circle, Plan, Polygon, Shape, plan_of

Column = NDArray[np.float64]
Index = NDArray[np.intp]
Pairs = tuple[Index, Index]

CELLS_PER_DEG: Final = (1000, 62.5, 3.90625)  # levels: 0.001, 0.016 and 0.256 degrees
CELLS_A_SIDE_MAX: Final = 64
EDGES_AT_ONCE: Final = 1_000_000


class FenceIndex:
    """Made once for a set of fences; fences are named by their place in `shapes`."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self.plans: list[Plan] = [plan_of(shape) for shape in shapes]
        self.is_circle = np.array([isinstance(s, Circle) for s in shapes], dtype=bool)
        self._columns(shapes)
        self._areas = np.empty(len(shapes), dtype=object)
        polygons = [(i, s) for i, s in enumerate(shapes) if isinstance(s, Polygon)]
        for i, polygon in polygons:
            shell, *holes = (shapely.linearrings(np.array(ring)) for ring in polygon.rings)
            self._areas[i] = shapely.polygons(shell, holes or None)
        shapely.prepare(self._areas[~self.is_circle])
        self._levels = self._make_levels()

    def __len__(self) -> int:
        return len(self.plans)

    def hits(self, lon: Column, lat: Column) -> Pairs:
        """Rows and the fences they lie in, by row and then by fence."""
        found = [self._level_hits(level, lon, lat) for level in self._levels]
        return _joined(found)

    def crossed(self, lon_a: Column, lat_a: Column, lon_b: Column, lat_b: Column) -> Pairs:
        """Rows whose straight way from a to b touches a fence, and the fences."""
        found = []
        for level in self._levels:
            rows, fences = self._near_ways(level, lon_a, lat_a, lon_b, lat_b)
            touch = self._ways_touch(fences, lon_a[rows], lat_a[rows], lon_b[rows], lat_b[rows])
            found.append((rows[touch], fences[touch]))
        return _joined(found)

    def signed_m(self, fence: Index, lon: Column, lat: Column) -> Column:
        """Metres from each place to the edge of its fence, negative inside, pair by pair."""
        x, y = self._xy(fence, lon, lat)
        out = np.empty(len(fence))
        round_ = self.is_circle[fence]
        if round_.any():
            f = fence[round_]
            out[round_] = np.sqrt(x[round_] ** 2 + y[round_] ** 2) - self._radius_m[f]
        rows = np.flatnonzero(~round_)
        per_time = max(1, EDGES_AT_ONCE // max(1, int(self._edge_count.max(initial=1))))
        for start in range(0, len(rows), per_time):
            part = rows[start : start + per_time]
            out[part] = self._polygon_signed_m(fence[part], x[part], y[part])
        out[np.abs(out) <= ON_EDGE_M] = 0.0
        return out

    # ── made once ────────────────────────────────────────────────────────────

    def _columns(self, shapes: Sequence[Shape]) -> None:
        """The plans as columns, so that pairs of any fences are measured together."""
        plans = self.plans
        self._lon = np.array([p.lon_deg for p in plans])
        self._lat = np.array([p.lat_deg for p in plans])
        bends = [p.east_m if p.radius_m is not None else (p.east_m[0], 0.0, 0.0) for p in plans]
        self._east = np.array(bends).reshape(-1, 3)
        self._north = np.array([p.north_m for p in plans])
        self._radius_m = np.array([p.radius_m or 0.0 for p in plans])
        self._edge_count = np.array([len(p.edges) for p in plans], dtype=np.intp)
        self._edge_first = np.cumsum(self._edge_count) - self._edge_count
        self._edges = np.concatenate([np.empty((0, 4)), *(p.edges for p in plans)])
        rings = [np.array(r) for s in shapes if isinstance(s, Polygon) for r in s.rings]
        self._edges_deg = np.concatenate(
            [np.empty((0, 4)), *(np.hstack([ring[:-1], ring[1:]]) for ring in rings)]
        )

    def _make_levels(self) -> list[Level]:
        if not self.plans:
            return []
        boxes = np.array([plan.bounds_deg for plan in self.plans])
        extent = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
        levels = []
        below = -1.0
        for number, per_deg in enumerate(CELLS_PER_DEG):
            limit = CELLS_A_SIDE_MAX / per_deg
            last = number == len(CELLS_PER_DEG) - 1
            mine = np.flatnonzero((extent > below) & ((extent <= limit) | last))
            if len(mine):
                levels.append(self._make_level(per_deg, mine, boxes[mine]))
            below = limit
        return levels

    def _make_level(self, per_deg: float, fences: Index, boxes: Column) -> Level:
        round_ = self.is_circle[fences]
        parts, edges = [], EdgeSpots.none()
        if round_.any():
            parts.append(self._circle_spots(per_deg, fences[round_], boxes[round_]))
        if not round_.all():
            flat = fences[~round_]
            counts = self._edge_count[flat]
            ends = self._edges_deg[spread(self._edge_first[flat], counts)]
            edges = edge_cells(np.repeat(flat, counts), ends, per_deg)
            parts.append(polygon_spots(flat, self._areas[flat], boxes[~round_], edges, per_deg))
        return make_level(per_deg, Spots.joined(parts), edges)

    def _circle_spots(self, per_deg: float, fences: Index, boxes: Column) -> Spots:
        owner, x, y = box_cells(boxes[:, :2], boxes[:, 2:], per_deg)
        f = fences[owner]
        low_x, low_y = x / per_deg - PAD_DEG, y / per_deg - PAD_DEG
        high_x, high_y = (x + 1) / per_deg + PAD_DEG, (y + 1) / per_deg + PAD_DEG
        corners = [self.signed_m(f, a, b) for a in (low_x, high_x) for b in (low_y, high_y)]
        sure = np.max(corners, axis=0) < -0.01 - self._radius_m[f] * 1e-3
        near_x, near_y = np.clip(self._lon[f], low_x, high_x), np.clip(self._lat[f], low_y, high_y)
        # On a circle of many kilometres the nearest corner of a cell is metres off the plane's.
        touch = self.signed_m(f, near_x, near_y) <= 1 + self._radius_m[f] * 1e-3
        return Spots(f[touch], x[touch], y[touch], sure[touch], sure[touch])

    # ── asked often ──────────────────────────────────────────────────────────

    def _level_hits(self, level: Level, lon: Column, lat: Column) -> Pairs:
        rows, entries = level.entries_at(lon, lat)
        fences, hit = level.fence[entries], level.sure[entries]
        unsure = np.flatnonzero(~hit)
        if len(unsure):
            round_ = self.is_circle[fences[unsure]]
            some = unsure[round_]
            if len(some):
                hit[some] = self.signed_m(fences[some], lon[rows[some]], lat[rows[some]]) <= 0
            some = unsure[~round_]
            if len(some):
                hit[some] = self._in_polygon(level, entries[some], lon[rows[some]], lat[rows[some]])
        return rows[hit], fences[hit]

    def _in_polygon(
        self, level: Level, entries: Index, lon: Column, lat: Column
    ) -> NDArray[np.bool_]:
        inside, doubt = level.inside(entries, lon, lat)
        if doubt.any():
            areas = self._areas[level.fence[entries[doubt]]]
            inside[doubt] = shapely.intersects_xy(areas, lon[doubt], lat[doubt])
        return inside

    def _near_ways(
        self, level: Level, lon_a: Column, lat_a: Column, lon_b: Column, lat_b: Column
    ) -> Pairs:
        """Rows whose way comes through a cell of a fence, once each.

        A way is cut into pieces of at most half a cell; the four corners of such a
        piece's box name all cells it can run through.
        """
        reach = np.maximum(np.abs(lon_b - lon_a), np.abs(lat_b - lat_a)) * level.per_deg * 2
        pieces = np.maximum(1, np.ceil(reach)).astype(np.intp)
        row = np.repeat(np.arange(len(lon_a)), pieces)
        nth = spread(np.zeros(len(lon_a), dtype=np.intp), pieces)
        from_, to = nth / pieces[row], (nth + 1) / pieces[row]
        d_lon, d_lat = (lon_b - lon_a)[row], (lat_b - lat_a)[row]
        xs = [self._cell(level, lon_a[row] + d_lon * u, level.west) for u in (from_, to)]
        ys = [self._cell(level, lat_a[row] + d_lat * u, level.south) for u in (from_, to)]
        found = []
        for x in xs:
            for y in ys:
                rows, entries = level.entries_of(x, y)
                found.append(row[rows] * len(self) + level.fence[entries])
        keys = np.unique(np.concatenate(found))
        return (keys // len(self)).astype(np.intp), (keys % len(self)).astype(np.intp)

    @staticmethod
    def _cell(level: Level, degrees: Column, origin: int) -> NDArray[np.int64]:
        cells: NDArray[np.int64] = np.floor(degrees * level.per_deg).astype(np.int64) - origin
        return cells

    def _ways_touch(
        self, fence: Index, lon_a: Column, lat_a: Column, lon_b: Column, lat_b: Column
    ) -> NDArray[np.bool_]:
        touch = np.zeros(len(fence), dtype=bool)
        round_ = self.is_circle[fence]
        if round_.any():
            f = fence[round_]
            ax, ay = self._xy(f, lon_a[round_], lat_a[round_])
            bx, by = self._xy(f, lon_b[round_], lat_b[round_])
            zero = np.zeros(len(f))
            touch[round_] = _to_segment_m((zero, zero), (ax, ay, bx, by)) <= self._radius_m[f]
        flat = ~round_
        if flat.any():
            ends = np.stack(
                [np.stack([lon_a[flat], lat_a[flat]], 1), np.stack([lon_b[flat], lat_b[flat]], 1)],
                axis=1,
            )
            touch[flat] = shapely.intersects(self._areas[fence[flat]], shapely.linestrings(ends))
        return touch

    def _xy(self, fence: Index, lon: Column, lat: Column) -> tuple[Column, Column]:
        up = lat - self._lat[fence]
        half = up / 2
        bend = self._east[fence]
        east = bend[:, 0] + half * (bend[:, 1] + half * bend[:, 2])
        return (lon - self._lon[fence]) * east, up * self._north[fence]

    def _polygon_signed_m(self, fence: Index, x: Column, y: Column) -> Column:
        counts = self._edge_count[fence]
        edge = self._edges[spread(self._edge_first[fence], counts)]
        px, py = np.repeat(x, counts), np.repeat(y, counts)
        ax, ay, bx, by = edge.T
        apart_m = _to_segment_m((px, py), (ax, ay, bx, by))
        over = (ay > py) != (by > py)
        rise = np.where(over, by - ay, 1.0)
        left_of = over & (px < (bx - ax) * (py - ay) / rise + ax)
        first = np.cumsum(counts) - counts
        inside = np.add.reduceat(left_of.astype(np.int64), first) % 2 == 1
        edge_m = np.minimum.reduceat(apart_m, first)
        signed: Column = np.where(inside, -edge_m, edge_m)
        return signed


def _to_segment_m(place: tuple[Column, Column], ends: tuple[Column, ...]) -> Column:
    """From each place to the segment of its row (ax, ay, bx, by)."""
    (px, py), (ax, ay, bx, by) = place, ends
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    along = ((px - ax) * dx + (py - ay) * dy) / np.where(length2 > 0, length2, 1.0)
    u = np.clip(along, 0.0, 1.0)
    gap: Column = np.sqrt((ax + u * dx - px) ** 2 + (ay + u * dy - py) ** 2)
    return gap


def _joined(found: list[Pairs]) -> Pairs:
    if len(found) == 1:
        return found[0]
    if not found:
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    rows = np.concatenate([rows for rows, _ in found])
    fences = np.concatenate([fences for _, fences in found])
    order = np.lexsort((fences, rows))
    return rows[order], fences[order]
