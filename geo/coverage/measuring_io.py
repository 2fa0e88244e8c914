"""Measure coverage: what an organisation has to cover, and the tracks of those who may.

Nothing is written here; `coverage_io` keeps results and answers questions.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from psycopg import Connection

from core.sql import load_queries
from core.values import to_ms
from geo.coverage import areas, figures, segments, visits, ways
from geo.coverage.areas import Walked
from geo.coverage.figures import AREA, POINT, SEGMENT, Figure, Sampling
from geo.coverage.segments import Covered, Line
from geo.coverage.tracks_io import load_track
from geo.coverage.visits import Seen
from geo.coverage.ways import Mover, SpanMs, Ways
from geo.fence_fleet import World
from geo.fence_index import FenceIndex
from geo.fences import Fence
from geo.patrol.rules import CoverageRule
from geo.shapes import Circle, Polygon, Shape

QUERIES = load_queries("geo.coverage", "coverage.sql")


class Span(NamedTuple):
    """[from_at, to_at)."""

    from_at: datetime
    to_at: datetime


@dataclass(frozen=True)
class Measured:
    """A figure, whose it is, and what it looks like on a map."""

    org_id: int
    name: str
    figure: Figure
    shape: Shape | Line
    seen: Seen | Covered | Walked


@dataclass(frozen=True)
class _Point:
    id: int
    name: str
    circle: Circle
    min_dwell_s: float
    rule: tuple[float, int, float, int, float]  # of its fence


def owners(
    conn: Connection[Any], org_ids: Collection[int], kinds: Sequence[str], span: Span
) -> list[int]:
    """Organisations that have something of these kinds to be covered."""
    given = {"org_ids": list(org_ids), "kinds": list(kinds), **span._asdict()}
    return [id_ for (id_,) in conn.execute(QUERIES["owners"], given)]


def movers_of(conn: Connection[Any], org_id: int, span: Span) -> dict[int, Mover]:
    """The devices that may cover what belongs to an organisation."""
    given = {"org_id": org_id, "from_at": span.from_at}
    return {
        no: ways.mover_of(kind, period_s)
        for no, kind, period_s in conn.execute(QUERIES["devices"], given)
    }


def weigh(conn: Connection[Any], nos: Collection[int], span: Span, limit: int) -> int:
    """How many positions these devices have in the span, counted up to a limit."""
    given = {"nos": list(nos), **span._asdict(), "limit": limit}
    row = conn.execute(QUERIES["weigh"], given).fetchone()
    assert row is not None
    return int(row[0])


def measure(
    conn: Connection[Any], org_id: int, kinds: Collection[str], span: Span, rule: CoverageRule
) -> list[Measured]:
    """Everything of these kinds that belongs to one organisation."""
    given = {"org_id": org_id, **span._asdict()}
    points = _points(conn, given) if POINT in kinds else []
    movers = movers_of(conn, org_id, span)
    track = load_track(conn, movers, *span)
    walked, stays = ways.walk(_world(points), track, movers)
    sampled = _sampled(conn, walked, list(movers), span, rule)
    taps = _taps(conn, points, span)
    found = []
    for point in points:
        seen = visits.seen(stays[point.id], taps[point.id], point.min_dwell_s, rule)
        figure = figures.of_point(point.id, seen, point.min_dwell_s, sampled)
        found.append(Measured(org_id, point.name, figure, point.circle, seen))
    if SEGMENT in kinds:
        lines = {
            id_: (name, Line(id_, tuple((p[0], p[1]) for p in line["coordinates"]), width_m))
            for id_, name, line, width_m in conn.execute(QUERIES["segments"], given)
        }
        for covered in segments.cover([line for _, line in lines.values()], walked, rule):
            name, line = lines[covered.id]
            figure = figures.of_segment(covered, sampled)
            found.append(Measured(org_id, name, figure, line, covered))
    if AREA in kinds:
        for id_, name, lon, lat, radius_m, polygon in conn.execute(QUERIES["areas"], given):
            shape = _shape(lon, lat, radius_m, polygon)
            cells = areas.walked(areas.grid_of(shape, rule.cell_m), walked)
            figure = figures.of_area(id_, cells, rule, sampled)
            found.append(Measured(org_id, name, figure, shape, cells))
    return found


def _points(conn: Connection[Any], given: dict[str, Any]) -> list[_Point]:
    return [
        _Point(id_, name, Circle(lon, lat, radius_m), min_dwell_s, tuple(rule))
        for id_, name, lon, lat, radius_m, min_dwell_s, *rule in conn.execute(
            QUERIES["points"], given
        )
    ]


def _world(points: Sequence[_Point]) -> World:
    """The circles as fences, named by the id of their point."""
    index = FenceIndex([point.circle for point in points])
    fences = [
        Fence(point.id, plan, *point.rule) for point, plan in zip(points, index.plans, strict=True)
    ]
    return World(fences, index)


def _taps(conn: Connection[Any], points: Sequence[_Point], span: Span) -> dict[int, list[int]]:
    """When check-ins that count were made, by point."""
    taps: dict[int, list[int]] = {point.id: [] for point in points}
    given = {"point_ids": list(taps), **span._asdict()}
    for point_id, at_ms in conn.execute(QUERIES["taps"], given) if points else ():
        taps[point_id].append(at_ms)
    return taps


def _sampled(
    conn: Connection[Any], walked: Ways, nos: list[int], span: Span, rule: CoverageRule
) -> Sampling:
    duty: dict[int, list[SpanMs]] = {}
    given = {"nos": nos, **span._asdict()}
    for no, from_at, to_at in conn.execute(QUERIES["duty"], given):
        duty.setdefault(no, []).append((to_ms(from_at), to_ms(to_at)))
    unknown_s = round(ways.unknown_s(walked, duty), 1)
    return figures.sampling(ways.period_s(walked), unknown_s, len(walked), rule)


def _shape(lon: float, lat: float, radius_m: float | None, polygon: Any) -> Shape:
    if radius_m is not None:
        return Circle(lon, lat, radius_m)
    return Polygon(tuple(tuple((p[0], p[1]) for p in ring) for ring in polygon["coordinates"]))
