"""Take in files: each row created, changed, ended or refused by the rules everybody keeps.

A dry run does everything and takes it back, so that it cannot promise what the real run does
not do. A refused row takes nothing else with it.
"""

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from psycopg import Connection

from core.errors import AppError
from core.events import Event
from core.sql import load_queries
from core.values import Viewer
from devices.tags import normal_uid
from geo import fence_edits_io
from geo.coverage.segment_edits import SegmentDraft
from geo.coverage.segment_edits_io import create_segment, end_segment
from geo.fence_edits import FenceDraft
from geo.patrol import calendar_io, imports, plans_io, points_io, rosters_io, windows_io
from geo.patrol.calendar import Day
from geo.patrol.imports import Convert, Fields, Named, Outcome, Refused, Row
from geo.patrol.plans import LOCAL
from geo.patrol.plans_io import ROUTE, Draft
from geo.patrol.points import RADIUS_DEFAULT_M, PointDraft
from geo.patrol.rosters import ShiftDraft

QUERIES = load_queries("geo.patrol", "imports.sql")
_POINT: Final = ("点位", "point")
_BETWEEN: Final = re.compile("[;；、]")
Said = tuple[imports.Action, str, Mapping[str, tuple[Any, Any]]]


@dataclass(frozen=True, slots=True)
class Names:
    """What a row may name, within the viewer's scope. Grows with what rows make."""

    orgs: list[Named]
    points: list[Named]
    segments: list[Named]
    fences: list[Named]
    routes: list[Named]
    posts: list[Named]
    devices: list[Named]


@dataclass(slots=True)
class Job:
    """One file being taken in."""

    conn: Connection[Any]
    viewer: Viewer
    now: datetime
    convert: Convert
    names: Names
    events: list[Event] = field(default_factory=list)


def take_in(
    conn: Connection[Any],
    viewer: Viewer,
    kind: str,
    rows: Sequence[Row],
    convert: Convert,
    *,
    dry_run: bool,
    now: datetime,
) -> tuple[dict[str, Any], list[Event]]:
    """{kind, dry_run, counts, rows, windows}, and what happened: nothing in a dry run.

    Raises Invalid for what is no such file; a row that is wrong is refused by itself.
    """
    imports.check_rows(kind, rows)
    job = Job(conn, viewer, now, convert, _names(conn, viewer))
    with conn.transaction(force_rollback=dry_run):
        calendar_io.seed(conn, now)
        outcomes = [one for numbers, some in _groups(kind, rows)
                    for one in _one(job, kind, numbers, some)]  # fmt: skip
        if kind not in ("rosters", "fences"):
            job.events += windows_io.issue(conn, now, viewer.login)
    issued = [event.kind for event in job.events]
    report = {
        "kind": kind,
        "dry_run": dry_run,
        "counts": imports.summary(outcomes),
        "windows": {
            "created": issued.count("window.created"),
            "withdrawn": issued.count("window.withdrawn"),
        },
        "rows": [asdict(one) for one in outcomes],
    }
    return report, [] if dry_run else job.events


def _one(job: Job, kind: str, numbers: Sequence[int], rows: Sequence[Row]) -> list[Outcome]:
    """What the rows of one thing do, for each of them."""
    name = ""
    before = len(job.events)
    try:
        given = [imports.fields_of(row) for row in rows]
        name = imports.text(next((g["name"] for g in given if "name" in g), ""))
        with job.conn.transaction():
            action, name, changed = _TAKE[kind](job, given)
    except (Refused, AppError) as error:
        del job.events[before:]
        return [imports.refused(number, name, error) for number in numbers]
    return [Outcome(number, action, name, changed) for number in numbers]


def _groups(kind: str, rows: Sequence[Row]) -> Iterable[tuple[Sequence[int], Sequence[Row]]]:
    """A route is as many rows as it has stops, one after the other; all else is one row."""
    numbered = list(enumerate(rows, 1))
    if kind != "routes":
        return [([number], [row]) for number, row in numbered]

    def of(one: tuple[int, Row]) -> tuple[str, str]:
        said = {imports.COLUMNS.get(str(k).strip().lower()): v for k, v in one[1].items()}
        return imports.text(said.get("name", "")), imports.text(said.get("org", ""))

    return [
        ([number for number, _ in some], [row for _, row in some])
        for some in (list(group) for _, group in itertools.groupby(numbered, of))
    ]


# ── points ─────────────────────────────────────────────────────────────────


def _point(job: Job, rows: Sequence[Fields]) -> Said:
    (given,) = rows
    org_id = _org(job, given)
    known = imports.standing_of(given, job.names.points, org_id)
    place = imports.place_of(given, job.convert)
    wanted: dict[str, Any] = {
        "name": imports.text(given["name"]) if "name" in given else None,
        "lon": place and place[0],
        "lat": place and place[1],
        "radius_m": imports.number(given, "radius_m"),
        "tag": _tag(given),
        "grade": imports.grade_of(given),
    }
    wanted = {key: value for key, value in wanted.items() if value is not None}
    if known is None:
        return _new_point(job, given, wanted, org_id)
    if imports.is_ended(given):
        job.events += points_io.end_point(job.conn, job.viewer, known.id, job.now, issue=False)
        job.names.points.remove(known)
        return "ended", known.name, {}
    changed = imports.changes(known.values, wanted)
    if not changed:
        return "unchanged", known.name, {}
    shape, events = points_io.edit_point(
        job.conn, job.viewer, known.id, {key: wanted[key] for key in changed}, job.now,
        issue=False,
    )  # fmt: skip
    job.events += events
    job.names.points[job.names.points.index(known)] = _named_point(shape)
    return "changed", known.name, changed


def _new_point(job: Job, given: Fields, wanted: dict[str, Any], org_id: int | None) -> Said:
    name = imports.needed(given, "name")
    if imports.is_ended(given):
        return "unchanged", name, {}
    imports.needed(given, "geometry" if "geometry" in given else "lon")
    draft = PointDraft(**{"radius_m": RADIUS_DEFAULT_M, **wanted, "org_id": org_id})
    shape, events = points_io.create_point(job.conn, job.viewer, draft, job.now)
    job.events += events
    job.names.points.append(_named_point(shape))
    return "created", name, imports.changes({}, wanted)


def _tag(given: Fields) -> str | None:
    return normal_uid(imports.text(given["tag"])) if "tag" in given else None


def _named_point(shape: Mapping[str, Any]) -> Named:
    values = {key: shape[key] for key in ("name", "lon", "lat", "radius_m", "tag", "grade")}
    return Named(shape["id"], shape["name"], shape["org_id"], shape["code"], values)


# ── segments and routes ────────────────────────────────────────────────────


def _segment(job: Job, rows: Sequence[Fields]) -> Said:
    """One that runs otherwise is ended and drawn anew: what was measured stays with the old."""
    (given,) = rows
    org_id, name = _org(job, given), imports.needed(given, "name")
    known = imports.standing_of({"name": name}, job.names.segments, org_id)
    if imports.is_ended(given):
        if known is None:
            return "unchanged", name, {}
        job.events += end_segment(job.conn, job.viewer, known.id, job.now)
        job.names.segments.remove(known)
        return "ended", name, {}
    wanted = {
        "line": imports.line_of(given, job.convert),
        "grade": imports.grade_of(given),
        "width_m": imports.number(given, "width_m"),
    }
    wanted = {key: value for key, value in wanted.items() if value is not None}
    changed = imports.changes(known.values if known else {}, wanted)
    if known is not None and not changed:
        return "unchanged", name, {}
    merged: dict[str, Any] = {"grade": 2, "width_m": None, **(known.values if known else {}),
                              **wanted}  # fmt: skip
    if known is not None:
        job.events += end_segment(job.conn, job.viewer, known.id, job.now)
        org_id = known.org_id
    draft = SegmentDraft(name, **merged, org_id=org_id)
    shape, events = create_segment(job.conn, job.viewer, draft, job.now)
    job.events += events
    if known is not None:
        job.names.segments.remove(known)
    job.names.segments.append(Named(shape["id"], name, shape["org_id"], None, merged))
    return "created" if known is None else "changed", name, changed


def _fence(job: Job, rows: Sequence[Fields]) -> Said:
    """One of another shape is drawn anew: what happened in the old one stays with it."""
    (given,) = rows
    org_id, name = _org(job, given), imports.needed(given, "name")
    known = imports.standing_of({"name": name}, job.names.fences, org_id)
    if imports.is_ended(given):
        if known is None:
            return "unchanged", name, {}
        job.events += fence_edits_io.end_fence(job.conn, job.viewer, known.id, job.now)
        job.names.fences.remove(known)
        return "ended", name, {}
    geometry = imports.area_of(given, job.convert)
    wanted = {
        "geometry": geometry,
        "radius_m": imports.number(given, "radius_m"),
        "purpose": imports.purpose_of(given),
        "dwell_s": imports.number(given, "dwell_s"),
    }
    wanted = {key: value for key, value in wanted.items() if value is not None}
    if geometry is not None and geometry["type"] == "Polygon":
        wanted["radius_m"] = None
    if known is not None and imports.same_area(known.values["geometry"], geometry):
        wanted["geometry"] = known.values["geometry"]
    before = known.values if known else {"purpose": "area", "dwell_s": None, "radius_m": None}
    changed = imports.changes(before if known else {}, wanted)
    if known is not None and not changed:
        return "unchanged", name, {}
    merged = {**before, **wanted}
    if "geometry" not in merged:
        imports.needed(given, "geometry")
    draft = FenceDraft(name, **merged, org_id=known.org_id if known else org_id)
    if known is None:
        shape, events = fence_edits_io.create_fence(job.conn, job.viewer, draft, job.now)
    else:
        shape, events = fence_edits_io.redraw_fence(job.conn, job.viewer, known.id, draft, job.now)
        job.names.fences.remove(known)
    job.events += events
    job.names.fences.append(Named(shape["id"], name, shape["org_id"], None, merged))
    return "created" if known is None else "changed", name, changed


def _route(job: Job, rows: Sequence[Fields]) -> Said:
    """Its stops in the order of the rows, or of `stop` where that is given."""
    name, org_id = imports.needed(rows[0], "name"), _org(job, rows[0])
    if all("stop_no" in one for one in rows):
        rows = sorted(rows, key=lambda one: imports.number(one, "stop_no") or 0)
    stops = []
    for one in rows:
        point = imports.find(imports.needed(one, "point"), job.names.points, _POINT)
        stop: dict[str, Any] = {"point_id": point.id}
        for key in ("travel_s", "tolerance_s"):
            value = imports.number(one, key, whole=True)
            if value is not None:
                stop[key] = value
        stops.append(stop)
    body = {"order": imports.word(rows[0], "order", "free"), "stops": stops}
    known = imports.standing_of({"name": name}, job.names.routes, org_id)
    changed = imports.changes(known.values if known else {}, body)
    if known is not None and not changed:
        return "unchanged", name, {}
    draft = Draft(body, job.now.astimezone(LOCAL).date())
    if known is None:
        shape, events = plans_io.create(
            job.conn, job.viewer, ROUTE, name, draft, org_id=org_id, now=job.now, issue=False
        )
    else:
        shape, events = plans_io.add_version(
            job.conn, job.viewer, ROUTE, known.id, draft, now=job.now, issue=False
        )
        job.names.routes.remove(known)
    job.events += events
    job.names.routes.append(Named(shape["id"], name, shape["org_id"], None, body))
    return "created" if known is None else "changed", name, changed


# ── rosters and the calendar ───────────────────────────────────────────────


def _shift(job: Job, rows: Sequence[Fields]) -> Said:
    """About the shift of the same terminal that starts at the same time, where there is one."""
    (given,) = rows
    device = _device(job, given)
    starts_at, ends_at = (imports.moment(given, key) for key in ("starts_at", "ends_at"))
    names = [one.strip() for one in _BETWEEN.split(imports.text(given.get("points", "")))]
    points = [imports.find(one, job.names.points, _POINT).id for one in names if one]
    draft = ShiftDraft(
        device.id,
        starts_at,
        ends_at,
        imports.word(given, "kind", "patrol"),
        route_id=_maybe(given, "route", job.names.routes, ("路线", "route")),
        point_ids=sorted(set(points)),
        post_id=_maybe(given, "post", job.names.posts, ("岗点", "post")),
        org_id=_org(job, given),
    )
    name = f"{device.name} {starts_at.astimezone(LOCAL):%Y-%m-%d %H:%M}"
    about = {"no": device.id, "starts_at": starts_at, "kind": draft.kind}
    row = job.conn.execute(
        QUERIES["shift"], {**about, "org_ids": list(job.viewer.org_ids)}
    ).fetchone()
    if imports.is_ended(given):
        if row is None:
            return "unchanged", name, {}
        job.events += rosters_io.end_shift(job.conn, job.viewer, row[0], job.now)
        return "ended", name, {}
    said = {
        "ends_at": ends_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "kind": draft.kind,
        "route_id": draft.route_id, "point_ids": list(draft.point_ids), "post_id": draft.post_id,
    }  # fmt: skip
    changed = imports.changes({} if row is None else row[1], said)
    if row is not None and not changed:
        return "unchanged", name, {}
    _, events = rosters_io.add_shift(
        job.conn, job.viewer, draft, job.now, supersedes=None if row is None else row[0]
    )
    job.events += events
    return "created" if row is None else "changed", name, changed


def _day(job: Job, rows: Sequence[Fields]) -> Said:
    (given,) = rows
    day = imports.day_of(given)
    known = calendar_io.standing(job.conn, day)
    name = day.isoformat()
    if imports.is_ended(given):
        if known is None:
            return "unchanged", name, {}
        job.events += calendar_io.end_day(job.conn, job.viewer, known[0], job.now)
        return "ended", name, {}
    one = Day(day, imports.word(given, "kind", ""), imports.needed(given, "name"),
              imports.needed(given, "source"))  # fmt: skip
    before = {} if known is None else asdict(known[1])
    changed = imports.changes(before, {k: v for k, v in asdict(one).items() if k != "day"})
    if known is not None:
        if not changed:
            return "unchanged", name, {}
        job.events += calendar_io.end_day(job.conn, job.viewer, known[0], job.now)
    _, events = calendar_io.add_day(job.conn, job.viewer, one, job.now)
    job.events += events
    return "created" if known is None else "changed", name, changed


# ── names ──────────────────────────────────────────────────────────────────


def _names(conn: Connection[Any], viewer: Viewer) -> Names:
    given = {"org_ids": list(viewer.org_ids)}

    def load(query: str) -> list[Named]:
        return [Named(*row) for row in conn.execute(QUERIES[query], given)]

    return Names(
        load("orgs"), load("points"), load("segments"), load("fences"), load("routes"),
        load("posts"), load("devices"),
    )  # fmt: skip


def _org(job: Job, given: Fields) -> int | None:
    if "org" not in given:
        return None
    return imports.find(imports.text(given["org"]), job.names.orgs, ("单位", "organisation")).id


def _device(job: Job, given: Fields) -> Named:
    if "device" in given:
        return imports.find(imports.text(given["device"]), job.names.devices, ("终端", "terminal"))
    badge = imports.needed(given, "badge")
    carried = [one for one in job.names.devices if one.code == badge]
    return imports.find(badge, carried, ("工号", "badge"))


def _maybe(given: Fields, key: str, among: Sequence[Named], what: tuple[str, str]) -> int | None:
    return imports.find(imports.text(given[key]), among, what).id if key in given else None


_TAKE: Final[Mapping[str, Callable[[Job, Sequence[Fields]], Said]]] = {
    "points": _point,
    "segments": _segment,
    "fences": _fence,
    "routes": _route,
    "rosters": _shift,
    "calendar": _day,
}
