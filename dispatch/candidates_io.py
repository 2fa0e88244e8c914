"""Find the units that could take a task at a place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from psycopg import Connection
from psycopg.rows import dict_row

from core.errors import Invalid, NotFound
from core.sql import load_queries
from core.values import Point, Viewer
from dispatch.assignments_io import unit_for_task
from dispatch.candidates import Candidate, Hindrance, Ranked, best, shortfalls, with_wanted
from dispatch.units import TAKES_TASKS
from dispatch.units_io import shapes_of
from geo.distance import distances_m
from geo.patrol.duties import breaks, voids
from geo.patrol.duties_io import load_duties, load_manned

QUERIES = load_queries("dispatch", "candidates.sql")


@dataclass(frozen=True, slots=True)
class Recommendation:
    """`items`: the best units, best first, each as {unit, distance_m, fix_age_s, open_tasks,
    cost_m, reasons: [{code, zh, en, cost_m}], breaks: [{window_id, point_id, point, opens_at,
    closes_at, back_at, others}], voids: [{fence_id, name, left}]}; `shortfalls`: why fewer units
    than asked for are free, [{code, zh, en, count}]."""

    items: list[dict[str, Any]]
    shortfalls: list[dict[str, Any]]


def near(
    conn: Connection[Any],
    viewer: Viewer,
    *,
    lon: float,
    lat: float,
    limit: int,
    now: datetime,
    but: tuple[int, ...] = (),
    org_id: int | None = None,
    only_free: bool = False,
    wanted: str | None = None,
) -> Recommendation:
    """Whom to send to a place, without the device numbers in `but`; `org_id`: whose task it is;
    `wanted`: a unit (device id) somebody has in mind, put first, if it can be sent at all."""
    scope = {"org_ids": list(viewer.org_ids), "kinds": sorted(TAKES_TASKS), "but": list(but)}
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(QUERIES["units"], scope).fetchall()
    unplaced = sum(row["lat_e7"] is None for row in rows)
    rows = [row for row in rows if row["lat_e7"] is not None]
    lons = np.array([row.pop("lon_e7") for row in rows]) / 1e7
    lats = np.array([row.pop("lat_e7") for row in rows]) / 1e7
    far_m = distances_m(lons, lats, np.full(len(rows), lon), np.full(len(rows), lat)).tolist()
    candidates = [Candidate(distance_m=m, **row) for m, row in zip(far_m, rows, strict=True)]
    if only_free:
        candidates = [one for one in candidates if one.is_free]
    of_orgs = _orgs_of(conn, org_id)
    hindrance_of = _hindrances(conn, viewer, candidates, Point(lat, lon), now)
    chosen = best(candidates, now, limit, hindrance_of=hindrance_of, of_orgs=of_orgs)
    if wanted is not None:
        no = unit_for_task(conn, viewer, wanted).no
        chosen = with_wanted(
            chosen, candidates, no, now, hindrance_of=hindrance_of, of_orgs=of_orgs
        )
    shapes = shapes_of(conn, [ranked.candidate.device_no for ranked in chosen])
    return Recommendation(
        [_answer(ranked, shapes[ranked.candidate.device_no]) for ranked in chosen],
        [
            {"code": one.code, "zh": one.zh, "en": one.en, "count": one.count}
            for one in shortfalls(candidates, unplaced, limit)
        ],
    )


def for_task(
    conn: Connection[Any],
    viewer: Viewer,
    task_id: int,
    *,
    limit: int,
    now: datetime,
    wanted: str | None = None,
) -> Recommendation:
    """As `near`, for the place of a task and without who has it. Raises NotFound, Invalid."""
    row = conn.execute(
        QUERIES["task_place"], {"task_id": task_id, "org_ids": list(viewer.org_ids)}
    ).fetchone()
    if row is None:
        raise NotFound("No such task, or not within your organisation.", task_id=task_id)
    lon, lat, owner_no, org_id = row
    if lon is None:
        raise Invalid(f"Task {task_id} has no place, so nobody is near it. Choose a unit by name.")
    but = () if owner_no is None else (owner_no,)
    return near(
        conn, viewer, lon=lon, lat=lat, limit=limit, now=now, but=but, org_id=org_id, wanted=wanted
    )


def _orgs_of(conn: Connection[Any], org_id: int | None) -> frozenset[int]:
    """The organisation and all below it; empty without one."""
    if org_id is None:
        return frozenset()
    return frozenset(id_ for (id_,) in conn.execute(QUERIES["orgs_below"], {"org_id": org_id}))


def _hindrances(
    conn: Connection[Any], viewer: Viewer, candidates: Sequence[Candidate], task: Point,
    now: datetime,
) -> Callable[[Candidate], Hindrance]:  # fmt: skip
    """What each would leave undone, worked out for those who are asked about."""
    duties = load_duties(conn, viewer, now)
    present = [one.device_no for one in candidates if one.is_present and one.kind == "officer"]
    areas = load_manned(conn, viewer, present, now)
    free = frozenset(one.device_no for one in candidates if one.is_free)

    def hindrance_of(one: Candidate) -> Hindrance:
        broken = breaks(
            one.device_no, duties, travel_m=one.distance_m, kind=one.kind, task=task, free=free,
            now=now,
        )  # fmt: skip
        return Hindrance(broken, voids(one.device_no, areas))

    return hindrance_of


def _answer(ranked: Ranked, shape: dict[str, Any]) -> dict[str, Any]:
    return {
        "unit": shape,
        "distance_m": round(ranked.candidate.distance_m, 1),
        "fix_age_s": round(ranked.fix_age_s, 1),
        "open_tasks": ranked.candidate.open_tasks,
        "cost_m": round(ranked.cost_m, 1),
        "reasons": [
            {
                "code": reason.code,
                "zh": reason.zh,
                "en": reason.en,
                "cost_m": round(reason.cost_m, 1),
            }
            for reason in ranked.reasons
        ],
        "breaks": [
            {
                "window_id": one.duty.window_id,
                "point_id": one.duty.point_id,
                "point": one.duty.point,
                "opens_at": one.duty.opens_at,
                "closes_at": one.duty.ends_at,
                "back_at": one.back_at,
                "others": one.others,
            }
            for one in ranked.hindrance.breaks
        ],
        "voids": [
            {"fence_id": one.area.fence_id, "name": one.area.name, "left": one.left}
            for one in ranked.hindrance.voids
        ],
    }
