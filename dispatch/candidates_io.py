"""Find the units that could take a task at a place."""

from datetime import datetime
from typing import Any

import numpy as np
from psycopg import Connection
from psycopg.rows import dict_row

from core.errors import Invalid, NotFound
from core.sql import load_queries
from core.values import Viewer
from dispatch.candidates import Candidate, Ranked, rank
from dispatch.units import TAKES_TASKS
from dispatch.units_io import shapes_of
from geo.distance import distances_m

QUERIES = load_queries("dispatch", "candidates.sql")


def near(
    conn: Connection[Any],
    viewer: Viewer,
    *,
    lon: float,
    lat: float,
    limit: int,
    now: datetime,
    but: tuple[int, ...] = (),
) -> list[dict[str, Any]]:
    """The best `limit` units for a place, best first, without the device numbers in `but`.

    Each as {unit, distance_m, fix_age_s, open_tasks, cost_m, reasons: [{code, zh, en, cost_m}]}.
    """
    with conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            QUERIES["units"],
            {"org_ids": list(viewer.org_ids), "kinds": sorted(TAKES_TASKS), "but": list(but)},
        )
        rows = cursor.fetchall()
    if not rows:
        return []
    lons = np.array([row.pop("lon_e7") for row in rows]) / 1e7
    lats = np.array([row.pop("lat_e7") for row in rows]) / 1e7
    far_m = distances_m(lons, lats, np.full(len(rows), lon), np.full(len(rows), lat)).tolist()
    candidates = [Candidate(distance_m=m, **row) for m, row in zip(far_m, rows, strict=True)]
    best = rank(candidates, now)[:limit]
    shapes = shapes_of(conn, [ranked.candidate.device_no for ranked in best])
    return [_answer(ranked, shapes[ranked.candidate.device_no]) for ranked in best]


def for_task(
    conn: Connection[Any], viewer: Viewer, task_id: int, *, limit: int, now: datetime
) -> list[dict[str, Any]]:
    """As `near`, for the place of a task and without who has it. Raises NotFound, Invalid."""
    row = conn.execute(
        QUERIES["task_place"], {"task_id": task_id, "org_ids": list(viewer.org_ids)}
    ).fetchone()
    if row is None:
        raise NotFound("No such task, or not within your organisation.", task_id=task_id)
    lon, lat, owner_no = row
    if lon is None:
        raise Invalid(f"Task {task_id} has no place, so nobody is near it. Choose a unit by name.")
    but = () if owner_no is None else (owner_no,)
    return near(conn, viewer, lon=lon, lat=lat, limit=limit, now=now, but=but)


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
    }
