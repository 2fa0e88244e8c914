"""Windows ahead of time: issued from the plans in force, issued anew when those change, by hand."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import Connection
from psycopg.types.json import Jsonb

from core.errors import Conflict, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Viewer
from geo.fence_edits import owner_of
from geo.patrol import calendar_io
from geo.patrol.grades import Grade, GradeRule
from geo.patrol.plans import Body, Raise, RouteBody, Version
from geo.patrol.windows import (
    Book,
    Place,
    Span,
    Wanted,
    check_span,
    reissue,
    windows_between,
)
from geo.patrol.zones import Spot, within
from geo.shapes import Shape, shape_from_geojson

QUERIES = load_queries("geo.patrol", "windows.sql")
AHEAD: Final = timedelta(hours=24)


class WindowExists(Conflict):
    """This point has a window with the same opening and closing time already."""

    code = "window_exists"


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """Windows of all points that open within the next day. Idempotent: run it every ten minutes."""
    calendar_io.seed(conn, now)
    return issue(conn, now)


def issue(
    conn: Connection[Any],
    now: datetime,
    actor: str | None = None,
    point_ids: Sequence[int] | None = None,
) -> list[Event]:
    """Bring the windows not yet open to what is wanted now: those of `point_ids`, or all.

    Call it after anything that windows rest on has changed, in the same transaction. Windows
    that somebody may have kept already, and those made by hand, stay as they are.
    """
    conn.execute(QUERIES["one_at_a_time"])
    book = load_book(conn)
    ids = None if point_ids is None else list(point_ids)
    known = {
        row[0]: Wanted(*row[1:])
        for row in conn.execute(QUERIES["issued"], {"now": now, "point_ids": ids})
    }
    wanted = [
        one
        for one in windows_between(book, now, now + AHEAD)
        if ids is None or one.point_id in set(ids)
    ]
    change = reissue(wanted, known, now)
    events = _events(conn, "window.withdrawn", change.withdraw, now, actor)
    conn.execute(QUERIES["withdraw"], {"ids": list(change.withdraw), "now": now})
    rows = [asdict(one) for one in change.add]
    given = {"windows": Jsonb(rows, dumps=msgspec.json.encode), "now": now}
    added = [id_ for (id_,) in conn.execute(QUERIES["issue"], given)]
    return events + _events(conn, "window.created", added, now, actor)


def load_book(conn: Connection[Any]) -> Book:
    """All that windows rest on, as it stands."""
    rows = conn.execute(QUERIES["points"]).fetchall()
    points = {id_: Place(id_, org, tuple(path), grade) for id_, org, path, grade, _, _ in rows}
    spots = [Spot(id_, lon, lat) for id_, *_, lon, lat in rows]
    plans = _versions(conn.execute(QUERIES["plans"]), Body)
    raises = conn.execute(QUERIES["raises"]).fetchall()
    fences = {plan.body.zone for plan in plans} | {fence_id for _, _, _, fence_id, _, _ in raises}
    zones = load_zones(conn, {id_ for id_ in fences if id_ is not None}, spots)
    return Book(
        points,
        [
            Grade(org, grade, since, msgspec.convert(rule, GradeRule))
            for org, grade, since, rule in conn.execute(QUERIES["grades"])
        ],
        plans,
        _versions(conn.execute(QUERIES["routes"]), RouteBody),
        [
            Raise(grade, _lifted(points, org, named, zones.get(zone, frozenset())), since, until)
            for grade, org, named, zone, since, until in raises
        ],
        calendar_io.load_exceptions(conn),
        zones,
    )


def with_zone(conn: Connection[Any], book: Book, fence_id: int | None) -> Book:
    """The book with the points of one more zone."""
    if fence_id is None or fence_id in book.zones:
        return book
    rows = conn.execute(QUERIES["points"]).fetchall()
    spots = [Spot(id_, lon, lat) for id_, *_, lon, lat in rows]
    return replace(book, zones={**book.zones, **load_zones(conn, [fence_id], spots)})


def _versions(rows: Iterable[Any], kind: type[Body | RouteBody]) -> list[Version]:
    return [
        Version(id_, org_id, version, since, until, msgspec.convert(body, kind))
        for id_, org_id, version, since, until, body in rows
    ]


def load_zones(
    conn: Connection[Any], fence_ids: Iterable[int], spots: Sequence[Spot]
) -> dict[int, frozenset[int]]:
    """Which of the points stand in each zone."""
    found: dict[int, frozenset[int]] = {}
    for id_, geometry, radius_m in conn.execute(QUERIES["zones"], {"ids": list(fence_ids)}):
        shape: Shape = shape_from_geojson(geometry, radius_m)
        found[id_] = within(shape, spots)
    return found


def _lifted(
    points: dict[int, Place], org_id: int, named: Sequence[int], zone: frozenset[int]
) -> frozenset[int]:
    """A raise reaches no further than the organisation that decided it."""
    return frozenset(
        id_ for id_ in {*named, *zone} if id_ in points and org_id in points[id_].org_path
    )


def create_window(
    conn: Connection[Any], viewer: Viewer, point_id: int, span: Span, now: datetime
) -> tuple[dict[str, Any], list[Event]]:
    """One window by hand, in the past or the future."""
    check_span(span, now)
    given = {"id": point_id, "org_ids": list(viewer.org_ids)}
    row = conn.execute(QUERIES["point_org"], given).fetchone()
    if row is None:
        raise NotFound("No such patrol point, or not within your organisation.", point_id=point_id)
    org_id = owner_of(viewer, row[0])
    values = {**asdict(span), "org_id": org_id, "point_id": point_id, "login": viewer.login}
    made = conn.execute(QUERIES["add"], {**values, "now": now}).fetchone()
    if made is None:
        raise WindowExists(point_id=point_id)
    found = conn.execute(QUERIES["shape"], {"id": made[0]}).fetchone()
    assert found is not None
    shape: dict[str, Any] = found[0]
    return shape, [Event("window.created", now, org_id, {"window": shape}, actor=viewer.login)]


def list_windows(
    conn: Connection[Any], viewer: Viewer, since: datetime, until: datetime
) -> list[dict[str, Any]]:
    """Windows that overlap [since, until), by opening time."""
    given = {"org_ids": list(viewer.org_ids), "since": since, "until": until}
    return [shape for (shape,) in conn.execute(QUERIES["shapes"], given)]


def _events(
    conn: Connection[Any], kind: str, ids: Sequence[int], now: datetime, actor: str | None
) -> list[Event]:
    """A withdrawn window is told as it last stood, so ask before it is gone."""
    rows = conn.execute(QUERIES["shapes_of"], {"ids": list(ids)}).fetchall()
    return [Event(kind, now, org_id, {"window": shape}, actor=actor) for org_id, shape in rows]
