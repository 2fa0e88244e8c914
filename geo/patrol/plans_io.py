"""Plans and routes: a head and its versions, added and never changed; what a plan would do."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.types.json import Jsonb

from core.errors import Conflict, Invalid, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Viewer
from geo.fence_edits import check_name, owner_of
from geo.patrol import windows_io
from geo.patrol.calendar import warning
from geo.patrol.pages import Page
from geo.patrol.plans import Body, RouteBody, Version, check_span, read_body, read_route
from geo.patrol.windows import LOCAL, Book, Wanted, windows_between

QUERIES = load_queries("geo.patrol", "plans.sql")
PREVIEW_DAYS_MAX: Final = 31
PREVIEW_SHOWN: Final = 500
Shape = dict[str, Any]


class NameTaken(Conflict):
    """The organisation has one of this name already. Add a version to it, or end it first."""

    code = "name_taken"


@dataclass(frozen=True, slots=True)
class Noun:
    """What has a head and versions, and the queries about it."""

    name: str
    shapes: str
    add: str
    add_version: str
    hold: str
    end: str


PLAN: Final = Noun("plan", "plans", "add_plan", "add_plan_version", "hold_plan", "end_plan")
ROUTE: Final = Noun("route", "routes", "add_route", "add_route_version", "hold_route", "end_route")


@dataclass(frozen=True, slots=True)
class Draft:
    """A version of a plan or a route as asked for; dates are local. `valid_to`: plans only."""

    body: Mapping[str, Any]
    valid_from: date
    valid_to: date | None = None
    note: str = ""


def list_heads(
    conn: Connection[Any], viewer: Viewer, noun: Noun, page: Page, now: datetime
) -> Shape:
    """Plans or routes, each with all its versions and the one in force today."""
    rows = _heads(conn, viewer, noun, now, after=page.after, limit=page.limit, history=page.history)
    return {
        "items": [shape for _, shape in rows],
        "next": rows[-1][0] if len(rows) == page.limit else None,
    }


def create(
    conn: Connection[Any],
    viewer: Viewer,
    noun: Noun,
    name: str,
    draft: Draft,
    *,
    org_id: int | None,
    now: datetime,
    issue: bool = True,
) -> tuple[Shape, list[Event]]:
    """A plan or a route; windows not yet open follow at once, or where many are made, after.

    Raises Invalid, NameTaken.
    """
    owner = owner_of(viewer, org_id)
    check_name(name)
    _read(conn, noun, draft, owner)
    row = conn.execute(QUERIES[noun.add], {"org_id": owner, "name": name.strip()}).fetchone()
    if row is None:
        raise NameTaken(name=name)
    _add_version(conn, noun, row[0], draft, login=viewer.login, now=now)
    return _told(conn, viewer, noun, row[0], "created", now=now, issue=issue)


def add_version(
    conn: Connection[Any],
    viewer: Viewer,
    noun: Noun,
    head_id: int,
    draft: Draft,
    *,
    now: datetime,
    issue: bool = True,
) -> tuple[Shape, list[Event]]:
    """Of a plan or route. Raises Invalid, NotFound."""
    _read(conn, noun, draft, _hold(conn, viewer, noun, head_id))
    _add_version(conn, noun, head_id, draft, login=viewer.login, now=now)
    return _told(conn, viewer, noun, head_id, "changed", now=now, issue=issue)


def end(
    conn: Connection[Any], viewer: Viewer, noun: Noun, head_id: int, now: datetime
) -> list[Event]:
    """It issues nothing any more; what it issued stays on record."""
    _hold(conn, viewer, noun, head_id)
    conn.execute(QUERIES[noun.end], {"id": head_id, "now": now})
    return _told(conn, viewer, noun, head_id, "ended", now=now)[1]


def preview(
    conn: Connection[Any],
    viewer: Viewer,
    draft: Draft,
    *,
    plan_id: int | None,
    org_id: int | None,
    days: int,
    now: datetime,
) -> Shape:
    """Which windows would come and go in the next days; nothing is written. Raises Invalid."""
    if not 1 <= days <= PREVIEW_DAYS_MAX:
        raise Invalid(f"A preview covers 1 to {PREVIEW_DAYS_MAX} days; got {days}.")
    owner = owner_of(viewer, org_id) if plan_id is None else _hold(conn, viewer, PLAN, plan_id)
    body = _read(conn, PLAN, draft, owner)
    assert isinstance(body, Body)
    book = windows_io.load_book(conn)
    version = 1 + max((one.version for one in book.plans if one.id == plan_id), default=0)
    id_ = -1 if plan_id is None else plan_id  # no plan has it yet
    candidate = Version(id_, owner, version, draft.valid_from, draft.valid_to, body)
    after = windows_io.with_zone(conn, replace(book, plans=[*book.plans, candidate]), body.zone)
    span = (now, now + timedelta(days=days))
    mine = {id_ for id_, place in book.points.items() if viewer.sees(place.org_id)}
    old, new = (_future(one, span, mine) for one in (book, after))
    return {
        "from_at": span[0],
        "to_at": span[1],
        "appear": _shown(conn, [one for one in new if one not in set(old)]),
        "vanish": _shown(conn, [one for one in old if one not in set(new)]),
        "stay_count": len(set(old) & set(new)),
        "warning": warning(book.exceptions, span[1].astimezone(LOCAL).date(), ahead_days=0),
    }


def check_named(conn: Connection[Any], org_id: int, **named: Sequence[int]) -> None:
    """Raises Invalid for points, fences, routes or segments not within the organisation."""
    given = {kind: list(named.get(kind, ())) for kind in ("points", "fences", "routes", "segments")}
    rows = conn.execute(QUERIES["strangers"], {"org_id": org_id, **given}).fetchall()
    if rows:
        kinds = ", ".join(f"{kind} {id_}" for kind, id_ in rows[:10])
        raise Invalid(f"Not standing within the organisation: {kinds}.")


def _add_version(
    conn: Connection[Any],
    noun: Noun,
    head_id: int,
    draft: Draft,
    *,
    login: str,
    now: datetime,
) -> None:
    given = {**asdict(draft), "body": Jsonb(dict(draft.body)), "id": head_id}
    conn.execute(QUERIES[noun.add_version], {**given, "now": now, "login": login})


def _read(conn: Connection[Any], noun: Noun, draft: Draft, org_id: int) -> Body | RouteBody:
    """Checked against what stands. Raises Invalid."""
    check_span(draft.valid_from, draft.valid_to)
    if noun is ROUTE:
        route = read_route(draft.body)
        check_named(conn, org_id, points=[stop.point_id for stop in route.stops])
        return route
    body = read_body(draft.body)
    fences = [*body.areas, *body.posts, *([body.zone] if body.zone is not None else [])]
    check_named(conn, org_id, points=body.points, routes=body.routes, segments=body.segments,
                fences=fences)  # fmt: skip
    return body


def _hold(conn: Connection[Any], viewer: Viewer, noun: Noun, head_id: int) -> int:
    given = {"id": head_id, "org_ids": list(viewer.org_ids)}
    row = conn.execute(QUERIES[noun.hold], given).fetchone()
    if row is None:
        raise NotFound(f"There is no standing {noun.name} {head_id} within your organisation.")
    return owner_of(viewer, row[0])


def _told(
    conn: Connection[Any],
    viewer: Viewer,
    noun: Noun,
    head_id: int,
    what: str,
    *,
    now: datetime,
    issue: bool = True,
) -> tuple[Shape, list[Event]]:
    rows = _heads(conn, viewer, noun, now, id=head_id, history=True)
    shape: Shape = rows[0][1]
    event = Event(
        f"{noun.name}.{what}", now, shape["org_id"], {noun.name: shape}, actor=viewer.login
    )
    return shape, [event, *(windows_io.issue(conn, now, viewer.login) if issue else ())]


def _heads(
    conn: Connection[Any], viewer: Viewer, noun: Noun, now: datetime, **more: Any
) -> list[Any]:
    given = {"org_ids": list(viewer.org_ids), "today": now.astimezone(LOCAL).date()}
    usual = {"id": None, "after": 0, "limit": 1}
    return conn.execute(QUERIES[noun.shapes], {**usual, **given, **more}).fetchall()


def _future(book: Book, span: tuple[datetime, datetime], point_ids: set[int]) -> list[Wanted]:
    return [
        one
        for one in windows_between(book, *span)
        if one.from_at > span[0] and one.point_id in point_ids
    ]


def _shown(conn: Connection[Any], windows: Sequence[Wanted]) -> Shape:
    """How many, by local day and by grade, and the first of them."""
    some = windows[:PREVIEW_SHOWN]
    ids = list({one.point_id for one in some})
    names: dict[int, str] = dict(conn.execute(QUERIES["names"], {"ids": ids}).fetchall())
    by_day = Counter(one.due_at.astimezone(LOCAL).date().isoformat() for one in windows)
    return {
        "count": len(windows),
        "by_day": dict(sorted(by_day.items())),
        "windows": [
            {
                "point_id": one.point_id, "point": names.get(one.point_id), "grade": one.grade,
                "opens_at": one.opens_at, "due_at": one.due_at, "closes_at": one.closes_at,
                "early_s": one.early_s, "late_s": one.late_s, "proof": one.proof,
                "min_level": one.min_level, "min_dwell_s": one.min_dwell_s,
                "plan_id": None if one.plan_id == -1 else one.plan_id,
                "route_id": one.route_id, "stop_no": one.stop_no,
            }
            for one in some
        ],
    }  # fmt: skip
