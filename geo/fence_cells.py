"""The cells of the fence index: which fences touch each, and the edges running through it.

Whether a place lies in a polygon is decided within its cell: every border cell has a
reference place whose answer is known, and the way from there to the place asked for, first
along the latitude and then along the longitude, changes sides at each edge it crosses.
Only the few edges in the cell are looked at. The signs that decide both legs at their
corner are the same numbers, so rounding cannot let an edge slip between them.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

Column = NDArray[np.float64]
Index = NDArray[np.intp]
Cells = NDArray[np.int64]
Mask = NDArray[np.bool_]

DENSE_CELLS_MAX: Final = 16_000_000  # beyond it cells are found by bisection, not by table
PAD_DEG: Final = 1e-9  # a cell is a hair larger than floor() makes it
ON_EDGE_DEG: Final = 1e-9  # nearer than a tenth of a millimetre: ask the exact predicate
# Where in a cell the reference place lies: no fence is drawn through such numbers.
REFERENCE: Final = (0.38196601, 0.41421356)


@dataclass(slots=True)
class CellEdges:
    """The edges in border cells, one row for each edge and cell, by entry."""

    first: Index  # by entry; entries without edges are empty runs
    ax: Column
    ay: Column
    by: Column
    dx: Column
    dy: Column
    tolerance: Column
    spans: Mask  # crosses the longitude of the reference place
    over: Mask  # on which side of the edge the reference place lies


@dataclass(slots=True)
class Level:
    """Cells of one size. `first[c] .. first[c + 1]` are the entries of cell c."""

    per_deg: float
    west: int
    south: int
    width: int
    height: int
    cells: Cells  # keys, ascending
    table: NDArray[np.int32] | None  # cell number by key, -1 for none
    first: Index
    fence: Index
    sure: Mask  # the whole cell lies inside
    reference_inside: Mask
    reference_lon: Column
    edges: CellEdges

    def entries_at(self, lon: Column, lat: Column) -> tuple[Index, Index]:
        """Rows, and the entries of the cells they lie in."""
        x = np.floor(lon * self.per_deg).astype(np.int64) - self.west
        y = np.floor(lat * self.per_deg).astype(np.int64) - self.south
        return self.entries_of(x, y)

    def entries_of(self, x: Cells, y: Cells) -> tuple[Index, Index]:
        rows = np.flatnonzero((x >= 0) & (x < self.width) & (y >= 0) & (y < self.height))
        keys = y[rows] * self.width + x[rows]
        if self.table is not None:
            cell = self.table[keys].astype(np.intp)
            found = cell >= 0
        else:
            cell = np.minimum(np.searchsorted(self.cells, keys), len(self.cells) - 1)
            found = self.cells[cell] == keys
        rows, cell = rows[found], cell[found]
        counts = self.first[cell + 1] - self.first[cell]
        return np.repeat(rows, counts), spread(self.first[cell], counts)

    def inside(self, entry: Index, lon: Column, lat: Column) -> tuple[Mask, Mask]:
        """Whether each place lies in the polygon of its entry, and whether that is in doubt."""
        e = self.edges
        counts = e.first[entry + 1] - e.first[entry]
        k = spread(e.first[entry], counts)
        px, py, rx = (np.repeat(v, counts) for v in (lon, lat, self.reference_lon[entry]))
        ax, ay, dx, dy = e.ax[k], e.ay[k], e.dx[k], e.dy[k]
        up = dx * (py - ay)
        side = up - dy * (px - ax)
        corner = (up - dy * (rx - ax)) < 0
        level = ((ay > py) != (e.by[k] > py)) & ((side < 0) != corner)
        plumb = e.spans[k] & (corner != e.over[k])
        start = np.cumsum(counts) - counts
        turns = np.add.reduceat((level ^ plumb).astype(np.int8), start)
        doubt = np.logical_or.reduceat(np.abs(side) <= e.tolerance[k], start)
        return self.reference_inside[entry] ^ (turns % 2 == 1), doubt


@dataclass(slots=True)
class Spots:
    """(fence, cell) pairs in the making, columns of equal length."""

    fence: Index
    x: Cells
    y: Cells
    sure: Mask
    inside: Mask  # of the reference place

    @staticmethod
    def joined(parts: "list[Spots]") -> "Spots":
        return Spots(
            np.concatenate([p.fence for p in parts]),
            np.concatenate([p.x for p in parts]),
            np.concatenate([p.y for p in parts]),
            np.concatenate([p.sure for p in parts]),
            np.concatenate([p.inside for p in parts]),
        )


@dataclass(slots=True)
class EdgeSpots:
    """(edge, cell) pairs in the making; `box` are rows of ax, ay, bx, by in degrees."""

    fence: Index
    x: Cells
    y: Cells
    ends: NDArray[np.float64]

    @staticmethod
    def none() -> "EdgeSpots":
        nothing = np.empty(0, dtype=np.int64)
        return EdgeSpots(nothing.astype(np.intp), nothing, nothing, np.empty((0, 4)))


def box_cells(
    low: NDArray[np.float64], high: NDArray[np.float64], per_deg: float
) -> tuple[Index, Cells, Cells]:
    """All cells of boxes (rows of lon, lat): the row of the box, x, y."""
    first = np.floor(low * per_deg).astype(np.int64)
    size = np.floor(high * per_deg).astype(np.int64) - first + 1
    counts = (size[:, 0] * size[:, 1]).astype(np.intp)
    owner = np.repeat(np.arange(len(low)), counts)
    nth = spread(np.zeros(len(low), dtype=np.intp), counts)
    return owner, first[owner, 0] + nth % size[owner, 0], first[owner, 1] + nth // size[owner, 0]


def edge_cells(fence: Index, ends: NDArray[np.float64], per_deg: float) -> EdgeSpots:
    """The cells each edge runs through: its box's cells, less those wholly beside its line."""
    low = np.minimum(ends[:, :2], ends[:, 2:]) - PAD_DEG
    high = np.maximum(ends[:, :2], ends[:, 2:]) + PAD_DEG
    owner, x, y = box_cells(low, high, per_deg)
    ax, ay, bx, by = ends[owner].T
    dx, dy = bx - ax, by - ay
    middle_x, middle_y = (x + 0.5) / per_deg, (y + 0.5) / per_deg
    half = 0.5 / per_deg + PAD_DEG
    off = np.abs(dx * (middle_y - ay) - dy * (middle_x - ax))
    touch = off <= (np.abs(dx) + np.abs(dy)) * half
    owner = owner[touch]
    return EdgeSpots(fence[owner], x[touch], y[touch], ends[owner])


def polygon_spots(
    fences: Index,
    areas: NDArray[np.object_],
    boxes: NDArray[np.float64],
    edges: EdgeSpots,
    per_deg: float,
) -> Spots:
    """Every cell of every polygon: border cells, and those wholly inside."""
    owner, x, y = box_cells(boxes[:, :2], boxes[:, 2:], per_deg)
    lon, lat = (x + REFERENCE[0]) / per_deg, (y + REFERENCE[1]) / per_deg
    inside = shapely.intersects_xy(areas[owner], lon, lat)
    border = np.isin(_keys(fences[owner], x, y), _keys(edges.fence, edges.x, edges.y))
    keep = border | inside
    return Spots(fences[owner][keep], x[keep], y[keep], ~border[keep], inside[keep])


def make_level(per_deg: float, spots: Spots, edges: EdgeSpots) -> Level:
    west, south = int(spots.x.min()), int(spots.y.min())
    width, height = int(spots.x.max()) - west + 1, int(spots.y.max()) - south + 1
    key = (spots.y - south) * width + (spots.x - west)
    order = np.lexsort((spots.fence, key))
    key, fence, x = key[order], spots.fence[order], spots.x[order]
    cells, first = np.unique(key, return_index=True)
    table = None
    if width * height <= DENSE_CELLS_MAX:
        table = np.full(width * height, -1, dtype=np.int32)
        table[cells] = np.arange(len(cells), dtype=np.int32)
    reference_lon: Column = ((x + REFERENCE[0]) / per_deg).astype(np.float64)
    reference_lat: Column = ((spots.y[order] + REFERENCE[1]) / per_deg).astype(np.float64)
    fences = int(fence.max()) + 1
    edge_key = ((edges.y - south) * width + (edges.x - west)) * fences + edges.fence
    entry = np.searchsorted(key * fences + fence, edge_key)
    return Level(
        per_deg, west, south, width, height, cells, table,
        np.append(first, len(key)).astype(np.intp),
        fence, spots.sure[order], spots.inside[order], reference_lon,
        _cell_edges(entry, edges.ends, reference_lon, reference_lat),
    )  # fmt: skip


def _cell_edges(
    entry: Index, ends: NDArray[np.float64], reference_lon: Column, reference_lat: Column
) -> CellEdges:
    order = np.argsort(entry, kind="stable")
    entry = entry[order]
    ax, ay, bx, by = (np.ascontiguousarray(column) for column in ends[order].T)
    dx, dy = bx - ax, by - ay
    rx, ry = reference_lon[entry], reference_lat[entry]
    return CellEdges(
        first=np.searchsorted(entry, np.arange(len(reference_lon) + 1)),
        ax=ax,
        ay=ay,
        by=by,
        dx=dx,
        dy=dy,
        tolerance=ON_EDGE_DEG * (np.abs(dx) + np.abs(dy)),
        spans=(ax >= rx) != (bx >= rx),
        over=(dx * (ry - ay) - dy * (rx - ax)) < 0,
    )


def _keys(fence: Index, x: Cells, y: Cells) -> NDArray[np.int64]:
    """One number for a fence and a cell: 20 bits each for x and y cover the earth at 0.001°."""
    keys: NDArray[np.int64] = (fence.astype(np.int64) << 40) | ((x + 2**19) << 20) | (y + 2**19)
    return keys


def spread(first: Index, counts: Index) -> Index:
    """The runs first[i], first[i] + 1, … of counts[i] numbers each, one after the other.

    >>> spread(np.array([10, 50]), np.array([2, 3])).tolist()
    [10, 11, 50, 51, 52]
    """
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    run: Index = np.arange(total) + np.repeat(first - (ends - counts), counts)
    return run
