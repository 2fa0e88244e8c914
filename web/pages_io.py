"""Lists and single things as they stand, within the viewer's scope."""

from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import DictRow, dict_row

from core.errors import Forbidden, Invalid, NotFound
from core.sql import load_queries
from core.values import Viewer, from_ms
from geo.stops import stops

QUERIES = load_queries("web", "pages.sql")

TRACK_SPAN_MAX: Final = timedelta(days=31)
TRACK_POINTS_MAX: Final = 500_000
Shape = dict[str, Any]


def page_of_shapes(
    conn: Connection[Any], viewer: Viewer, what: str, after: int, limit: int, **more: Any
) -> Shape:
    """A page of a shape view: {items, next}."""
    given = _given(viewer, after=after, limit=limit, **more)
    rows = conn.execute(QUERIES[what], given).fetchall()
    return as_page([shape for _, shape in rows], rows[-1][0] if len(rows) == limit else None)


def page_of_rows(
    conn: Connection[Any], viewer: Viewer, what: str, after: int | str, limit: int
) -> Shape:
    """A page of plain rows: {items, next}."""
    given = _given(viewer, after=after, limit=limit, topmost=_is_topmost(conn, viewer))
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(QUERIES[what], given).fetchall()
    return as_page(rows, rows[-1]["id"] if len(rows) == limit else None)


def as_page(items: list[Any], following: Any) -> Shape:
    return {"items": items, "next": following}


def unit_by_id(conn: Connection[Any], viewer: Viewer, device_id: str) -> Shape:
    """A unit by its device id. Raises NotFound."""
    row = conn.execute(QUERIES["unit"], _given(viewer, id=device_id)).fetchone()
    if row is None:
        raise NotFound(f"There is no unit {device_id}, or it is not within your organisation.")
    shape: Shape = row[0]
    return shape


def track_of(
    conn: Connection[Any], viewer: Viewer, device_id: str, begin: datetime, end: datetime
) -> Shape:
    """Where a unit was in [begin, end): points [at_ms, lon, lat, spd_mps, acc_m], crossings, and
    stops [{from, to, lon, lat, dwell_s}].

    Raises NotFound, Invalid.
    """
    unit = unit_by_id(conn, viewer, device_id)
    if not begin < end <= begin + TRACK_SPAN_MAX:
        raise Invalid("A track needs `from` before `to`, at most 31 days apart.")
    given = _given(
        viewer,
        device_no=unit["no"],
        **{"from": begin, "to": end},
        limit=TRACK_POINTS_MAX + 1,
    )
    # Binary: a day has thousands of rows of five numbers.
    with conn.cursor(binary=True) as cursor:
        points = cursor.execute(QUERIES["track"], given).fetchall()
    if len(points) > TRACK_POINTS_MAX:
        raise Invalid(f"More than {TRACK_POINTS_MAX} positions; ask for a shorter time.")
    crossings = [shape for (shape,) in conn.execute(QUERIES["crossings"], given)]
    stood = [
        {"from": from_ms(one.from_ms), "to": from_ms(one.to_ms), "lon": round(one.lon_deg, 7),
         "lat": round(one.lat_deg, 7), "dwell_s": one.dwell_s}
        for one in stops([(at_ms, lon, lat) for at_ms, lon, lat, *_ in points])
    ]  # fmt: skip
    return {
        "unit": unit, "from": begin, "to": end, "points": points, "crossings": crossings,
        "stops": stood,
    }  # fmt: skip


def verdicts_of(conn: Connection[Any], viewer: Viewer, window_id: int, as_of: datetime) -> Shape:
    """All versions known at `as_of`, the one that counted then last. Raises NotFound."""
    given = _given(viewer, window_id=window_id, as_of=as_of)
    if conn.execute(QUERIES["window"], given).fetchone() is None:
        raise NotFound(f"There is no window {window_id} within your organisation.")
    with conn.cursor(row_factory=dict_row) as cursor:
        return as_page(cursor.execute(QUERIES["verdicts"], given).fetchall(), None)


def cylinder_by_code(conn: Connection[Any], viewer: Viewer, code: str) -> Shape:
    """Custody now, and the events of its life that the viewer may see. Raises NotFound."""
    given = _given(viewer, code=code)
    found = _one(conn, "cylinder", given, f"There is no cylinder {code} within your organisation.")
    with conn.cursor(row_factory=dict_row) as cursor:
        return found | {"events": cursor.execute(QUERIES["cylinder_events"], given).fetchall()}


def quarantined(conn: Connection[Any], viewer: Viewer, quarantine_id: int) -> Shape:
    """One message in quarantine, with its body. Raises NotFound."""
    given = _given(viewer, id=quarantine_id, topmost=_is_topmost(conn, viewer))
    return _one(conn, "quarantined", given, f"There is no message {quarantine_id} in quarantine.")


def _one(conn: Connection[Any], query: str, given: Shape, missing: str) -> DictRow:
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(QUERIES[query], given).fetchone()
    if row is None:
        raise NotFound(missing)
    return row


def _given(viewer: Viewer, **more: Any) -> Shape:
    return {"org_ids": list(viewer.org_ids), **more}


def must_be_topmost(conn: Connection[Any], viewer: Viewer) -> None:
    """For what belongs to the whole house. Raises Forbidden."""
    if not _is_topmost(conn, viewer):
        raise Forbidden("This belongs to the topmost organisation alone.")


def _is_topmost(conn: Connection[Any], viewer: Viewer) -> bool:
    row = conn.execute(QUERIES["is_topmost"], {"org_id": viewer.org_id}).fetchone()
    return row is not None and bool(row[0])


def city_seed(conn: Connection[Any], default: int) -> int:
    """Which generated city lies under the units: the simulated district's, where there is one."""
    row = conn.execute(QUERIES["city_seed"]).fetchone()
    return default if row is None else int(row[0])
