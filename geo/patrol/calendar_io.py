"""The calendar of workdays and holidays: filled from what is shipped, kept by administrators."""

from dataclasses import asdict
from datetime import date, datetime
from importlib import resources
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import dict_row

from core.errors import Conflict, Forbidden, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Role, Viewer
from geo.patrol.calendar import Day, check_day, exceptions_of, read_csv, warning
from geo.patrol.calendar import ends as ends_of
from geo.patrol.pages import Page
from geo.patrol.windows import LOCAL

QUERIES = load_queries("geo.patrol", "calendar.sql")
SHIPPED: Final = "calendar_cn.csv"


class DayExists(Conflict):
    """The calendar says something of this day already. End that first."""

    code = "day_exists"


def shipped() -> list[Day]:
    """The days of the notices this version knows."""
    return read_csv(resources.files("geo.patrol").joinpath(SHIPPED).read_text("utf-8"))


def seed(conn: Connection[Any], now: datetime) -> int:
    """Years nobody has said anything of are filled from what is shipped; returns how many days."""
    known = {year for (year,) in conn.execute(QUERIES["years"])}
    fresh = [one for one in shipped() if one.day.year not in known]
    return sum(_add(conn, one, "system", now) is not None for one in fresh)


def load_exceptions(conn: Connection[Any]) -> dict[date, bool]:
    rows = conn.execute(QUERIES["days"]).fetchall()
    return exceptions_of(Day(day, kind, "", "") for day, kind in rows)


def list_days(
    conn: Connection[Any], year: int | None, *, page: Page, now: datetime
) -> dict[str, Any]:
    """A page by id, with the day the calendar ends and what to do about it."""
    given = {"year": year, **asdict(page)}
    with conn.cursor(row_factory=dict_row) as cursor:
        items = cursor.execute(QUERIES["list"], given).fetchall()
    known = load_exceptions(conn)
    return {
        "items": items,
        "next": items[-1]["id"] if len(items) == page.limit else None,
        "ends": ends_of(known),
        "warning": warning(known, now.astimezone(LOCAL).date()),
    }


def add_day(
    conn: Connection[Any], viewer: Viewer, one: Day, now: datetime
) -> tuple[dict[str, Any], list[Event]]:
    """Raises Invalid, Forbidden, DayExists. Windows follow with `windows_io.reissue`."""
    check_keeper(conn, viewer)
    check_day(one)
    id_ = _add(conn, one, viewer.login, now)
    if id_ is None:
        raise DayExists(day=one.day)
    shape = {"id": id_, **_shape(one)}
    return shape, [Event("calendar.added", now, viewer.org_id, {"day": shape}, actor=viewer.login)]


def end_day(conn: Connection[Any], viewer: Viewer, day_id: int, now: datetime) -> list[Event]:
    """The day is again what its place in the week says. Raises Forbidden, NotFound."""
    check_keeper(conn, viewer)
    row = conn.execute(QUERIES["end"], {"id": day_id, "now": now}).fetchone()
    if row is None:
        raise NotFound(f"The calendar has no standing day {day_id}.")
    shape = {"id": day_id, **_shape(Day(*row))}
    return [Event("calendar.ended", now, viewer.org_id, {"day": shape}, actor=viewer.login)]


def standing(conn: Connection[Any], day: date) -> tuple[int, Day] | None:
    """What the calendar says of a day, with its id."""
    row = conn.execute(QUERIES["standing"], {"day": day}).fetchone()
    return None if row is None else (int(row[0]), Day(day, *row[1:]))


def check_keeper(conn: Connection[Any], viewer: Viewer) -> None:
    """The calendar holds for everybody, so it is kept where everybody is seen."""
    topmost = conn.execute(QUERIES["is_topmost"], {"org_id": viewer.org_id}).fetchone()
    if not viewer.may(Role.DISPATCHER) or topmost != (True,):
        raise Forbidden(
            "The calendar holds for the whole bureau; a dispatcher of the bureau keeps it."
        )


def _add(conn: Connection[Any], one: Day, login: str, now: datetime) -> int | None:
    given = {**_shape(one), "day": one.day, "now": now, "login": login}
    row = conn.execute(QUERIES["add"], given).fetchone()
    return None if row is None else int(row[0])


def _shape(one: Day) -> dict[str, Any]:
    return {
        "day": one.day.isoformat(), "kind": one.kind, "name": one.name, "source": one.source,
    }  # fmt: skip
