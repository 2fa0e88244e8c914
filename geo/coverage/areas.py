"""Areas: the cells of a grid that were walked through, and for how long (domain reference C.5).

The time between two joined fixes is spread evenly along the straight way between them, and
cut where that way crosses a line of the grid. A cell belongs to the area when its middle does.
"""

from dataclasses import dataclass
from math import ceil, floor
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.coverage.ways import Column, Index, Plane, Ways
from geo.distance import metres_per_degree
from geo.patrol.rules import CoverageRule
from geo.shapes import Circle, Plan, Shape, plan_of

CELLS_MAX: Final = 250_000


@dataclass(frozen=True)
class Grid:
    """Cells by column and row; `inside` says which belong to the area. `west`, `south`: metres
    from the plane's middle to the corner of cell (0, 0)."""

    plane: Plane
    cell_m: float
    west: float
    south: float
    inside: NDArray[np.bool_]


@dataclass(frozen=True)
class Walked:
    """`dwell_s` of each cell of the grid, and whether anybody was in it."""

    grid: Grid
    dwell_s: Column
    touched: NDArray[np.bool_]

    def visited(self, cell_dwell_s: float) -> NDArray[np.bool_]:
        met: NDArray[np.bool_] = (
            self.grid.inside & self.touched & (self.dwell_s >= cell_dwell_s - 1e-9)
        )
        return met


def grid_of(shape: Shape, cell_m: float) -> Grid:
    """The grid over a shape. Cells are doubled until there are not too many of them."""
    plan = plan_of(shape)
    plane = Plane(plan.lon_deg, plan.lat_deg, *metres_per_degree(plan.lat_deg))
    west, south, east, north = _box(plan)
    while (east - west) / cell_m * ((north - south) / cell_m) > CELLS_MAX:
        cell_m *= 2
    columns = [floor(west / cell_m), ceil(east / cell_m)]
    rows = [floor(south / cell_m), ceil(north / cell_m)]
    x: Column = (np.arange(*columns, dtype=np.float64) + 0.5) * cell_m
    y: Column = (np.arange(*rows, dtype=np.float64) + 0.5) * cell_m
    inside = _inside(shape, plan, x, y)
    if not inside.any():  # smaller than a cell: the one its middle lies in stands for it
        place = _somewhere(shape, plan)
        inside[floor(place[0] / cell_m) - columns[0], floor(place[1] / cell_m) - rows[0]] = True
    return Grid(plane, cell_m, columns[0] * cell_m, rows[0] * cell_m, inside)


def walked(grid: Grid, ways: Ways) -> Walked:
    """Who was in which cell for how long, all devices together."""
    width, height = grid.inside.shape
    x, y = grid.plane.xy(ways.lon, ways.lat)
    x, y = (x - grid.west) / grid.cell_m, (y - grid.south) / grid.cell_m
    here = np.flatnonzero((x >= 0) & (x < width) & (y >= 0) & (y < height))
    touched = np.zeros(width * height, dtype=bool)
    touched[x[here].astype(np.int64) * height + y[here].astype(np.int64)] = True
    end = np.flatnonzero(ways.joined)
    near = (
        (np.maximum(x[end - 1], x[end]) >= 0)
        & (np.minimum(x[end - 1], x[end]) < width)
        & (np.maximum(y[end - 1], y[end]) >= 0)
        & (np.minimum(y[end - 1], y[end]) < height)
    )
    end = end[near]
    span_s = (ways.at_ms[end] - ways.at_ms[end - 1]) / 1000
    leg, column, row, share = _split(x[end - 1], y[end - 1], x[end], y[end])
    kept = (column >= 0) & (column < width) & (row >= 0) & (row < height) & (share > 0)
    cell = column[kept] * height + row[kept]
    dwell_s = np.bincount(cell, weights=share[kept] * span_s[leg[kept]], minlength=width * height)
    touched[cell] = True
    shape = width, height
    return Walked(grid, dwell_s.astype(np.float64).reshape(shape), touched.reshape(shape))


def corners_deg(grid: Grid, column: int, row: int) -> list[list[float]]:
    """The ring of a cell, for a map."""
    x = grid.west + (column + np.array([0, 1, 1, 0, 0])) * grid.cell_m
    y = grid.south + (row + np.array([0, 0, 1, 1, 0])) * grid.cell_m
    lon, lat = grid.plane.degrees(x, y)
    return np.column_stack([lon, lat]).round(7).tolist()  # type: ignore[no-any-return]


def figures(one: Walked, rule: CoverageRule) -> tuple[int, int]:
    """Visited cells, and cells."""
    return int(one.visited(rule.cell_dwell_s).sum()), int(one.grid.inside.sum())


def _split(xa: Column, ya: Column, xb: Column, yb: Column) -> tuple[Index, Index, Index, Column]:
    """Cut ways, in units of cells, at the lines of the grid: (way, column, row, share of it)."""
    cuts = [np.zeros(len(xa)), np.ones(len(xa))]
    legs = [np.arange(len(xa)), np.arange(len(xa))]
    for a, b in ((xa, xb), (ya, yb)):
        low, high = np.minimum(a, b), np.maximum(a, b)
        first = np.ceil(low).astype(np.int64)
        count = np.maximum(np.floor(high).astype(np.int64) - first + 1, 0)
        count[a == b] = 0
        leg = np.repeat(np.arange(len(a)), count)
        nth = np.arange(len(leg)) - np.repeat(np.cumsum(count) - count, count)
        legs.append(leg)
        cuts.append(np.clip((first[leg] + nth - a[leg]) / (b[leg] - a[leg]), 0.0, 1.0))
    leg, u = np.concatenate(legs), np.concatenate(cuts)
    order = np.lexsort((u, leg))
    leg, u = leg[order], u[order]
    same = leg[1:] == leg[:-1]
    leg, start, share = leg[1:][same], u[:-1][same], np.diff(u)[same]
    middle = start + share / 2
    column = np.floor(xa[leg] + middle * (xb[leg] - xa[leg])).astype(np.int64)
    row = np.floor(ya[leg] + middle * (yb[leg] - ya[leg])).astype(np.int64)
    return leg, column, row, share


def _box(plan: Plan) -> tuple[float, float, float, float]:
    if plan.radius_m is not None:
        return -plan.radius_m, -plan.radius_m, plan.radius_m, plan.radius_m
    x, y = plan.edges[:, [0, 2]], plan.edges[:, [1, 3]]
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _inside(shape: Shape, plan: Plan, x: Column, y: Column) -> NDArray[np.bool_]:
    if isinstance(shape, Circle):
        within: NDArray[np.bool_] = np.hypot(x[:, None], y[None, :]) <= shape.radius_m
        return within
    east, north = np.meshgrid(x, y, indexing="ij")
    area = _area(shape, plan)
    shapely.prepare(area)
    covered: NDArray[np.bool_] = shapely.intersects_xy(area, east, north)
    return covered


def _somewhere(shape: Shape, plan: Plan) -> tuple[float, float]:
    if isinstance(shape, Circle):
        return 0.0, 0.0
    place = shapely.point_on_surface(_area(shape, plan))
    return float(place.x), float(place.y)


def _area(shape: Shape, plan: Plan) -> shapely.Polygon:
    assert not isinstance(shape, Circle)
    scale = np.array([plan.east_m[0], plan.north_m])
    shell, *holes = ((np.array(r) - [plan.lon_deg, plan.lat_deg]) * scale for r in shape.rings)
    return shapely.Polygon(shell, holes)
