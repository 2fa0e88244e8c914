"""What the boards show, counted from what stands."""

from datetime import datetime, time
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from core.sql import load_queries
from core.tables import as_csv
from core.values import Viewer
from dispatch.conduct_io import load_policy
from dispatch.supervision import RUNNING
from dispatch.tasks import UNOWNED
from geo.patrol.plans import LOCAL
from geo.patrol.rates import Shape
from geo.patrol.rates_io import rates
from geo.patrol.results import MEANINGS, Presence, Result
from web.boards import COUNTS, Kind, Squad, data_board, duty_board, figures, ranked

QUERIES = load_queries("web", "boards.sql")
SERVED: Final = [str(result) for result in Result if MEANINGS[result].counts]
UNKNOWN: Final = [str(r) for r in Result if MEANINGS[r].presence is Presence.UNKNOWN]


def duty(conn: Connection[Any], viewer: Viewer, now: datetime) -> Shape:
    """勤务检查: who is on duty, what of today is served, what waits; by squad and together."""
    day = datetime.combine(now.astimezone(LOCAL).date(), time(), LOCAL)
    given = {
        "org_ids": list(viewer.org_ids), "now": now, "day": day, "served": SERVED,
        "unknown": UNKNOWN, "waiting": [str(s) for s in UNOWNED],
        "running": [str(s) for s in RUNNING],
    }  # fmt: skip
    squads = [
        Squad(id_, name, **{count: int(counts.get(count, 0)) for count in COUNTS})
        for id_, name, counts in conn.execute(QUERIES["duty"], given)
    ]
    return {"at": now, **duty_board(squads)}


def data(conn: Connection[Any], viewer: Viewer, now: datetime) -> Shape:
    """数据监测: how many are heard, how fresh it is, how late and how much ingest takes in."""
    given = {"org_ids": list(viewer.org_ids), "now": now}
    with conn.cursor(row_factory=class_row(Kind)) as kinds:
        found = kinds.execute(QUERIES["kinds"], given).fetchall()
    with conn.cursor(row_factory=dict_row) as rows:
        hour = rows.execute(QUERIES["hour"], given).fetchone()
        lag = rows.execute(QUERIES["lag"], given).fetchone()
        history = rows.execute(QUERIES["history"], given).fetchall()
    assert hour is not None
    assert lag is not None
    return {"at": now, **data_board(found, hour | lag, history)}


def squads(
    conn: Connection[Any], viewer: Viewer, since: datetime, until: datetime, now: datetime
) -> Shape:
    """Squads compared over a span, best patrol score first. Raises Invalid."""
    patrol = rates(conn, viewer, since, until, by="squad", as_of=now)
    given = {
        "org_ids": list(viewer.org_ids), "since": since, "until": until, "now": now,
        "answer_s": list(load_policy(conn).offers.answer_s),
    }  # fmt: skip
    with conn.cursor(row_factory=dict_row) as cursor:
        tasks = {row["org_id"]: row for row in cursor.execute(QUERIES["responses"], given)}
    names = dict(conn.execute("SELECT id, name FROM org WHERE id = ANY(%(org_ids)s)", given))
    by_squad = {one["key"]: one for one in patrol["items"]}
    items = [
        _profile(key, names[key], by_squad.get(key), tasks.get(key))
        for key in sorted(set(by_squad) | set(tasks))
    ]
    return {"from": since, "to": until, "items": ranked(items), "next": None}


def _profile(key: int, name: str, patrol: Shape | None, tasks: Shape | None) -> Shape:
    said = {} if patrol is None else patrol["figures"] | patrol["duty"]
    if tasks is not None:
        said |= figures({
            "answered": (tasks["answered"], tasks["dispatched"]),
            "resolved": (tasks["in_time"], tasks["due"]),
        })  # fmt: skip
    return {
        "org_id": key, "name": name,
        "score": said["score"]["value"] if "score" in said else None,
        "required": 0 if patrol is None else patrol["required"],
        "figures": said,
        "tasks": 0 if tasks is None else tasks["tasks"],
        "resolved": 0 if tasks is None else tasks["resolved"],
        "response_s": None if tasks is None else {
            step: dict(zip(("p50", "p90"), tasks[f"{step}_s"] or (None, None), strict=True))
            for step in ("ack", "arrive", "resolve")
        },
    }  # fmt: skip


def squads_csv(found: Shape) -> str:
    names = sorted({name for one in found["items"] for name in one["figures"]})
    parts = ("value", "numerator", "denominator")
    head = "rank name required tasks resolved ack_p50_s arrive_p50_s resolve_p50_s"
    rows = [[*head.split(), *(f"{n}_{part}" for n in names for part in parts)]]
    for one in found["items"]:
        spans = one["response_s"] or {}
        medians = [spans.get(step, {}).get("p50") for step in ("ack", "arrive", "resolve")]
        cells = [one["figures"].get(n, {}).get(part) for n in names for part in parts]
        rows.append([one["rank"], one["name"], one["required"], one["tasks"], one["resolved"],
                     *medians, *cells])  # fmt: skip
    return as_csv(rows)
