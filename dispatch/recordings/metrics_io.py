"""Days are counted when something of them changed, and rates summed from counted days."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal

from psycopg import Connection
from psycopg.rows import dict_row

from core.events import Event
from core.sql import load_queries
from core.values import Viewer
from dispatch.equipment.ledger_io import load_policy
from dispatch.equipment.people_io import rates as equipment_rates
from dispatch.recordings.metrics import added, rate, rates_of
from geo.patrol.windows import LOCAL

QUERIES = load_queries("dispatch.recordings", "metrics.sql")
Shape = dict[str, Any]
By = Literal["org", "person", "camera"]
AT_ONCE: Final = 400
_SUMS: Final = {"org": "sums", "person": "sums_of_people", "camera": "sums_of_cameras"}


def mark(conn: Connection[Any], ats: Sequence[datetime], people: Sequence[int]) -> None:
    """The days of these moments are to be counted again for these people."""
    if people:
        conn.execute(QUERIES["mark"], {"ats": list(ats), "people": list(people)})


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """A bounded number of days that changed."""
    rows = conn.execute(QUERIES["take"], {"limit": AT_ONCE}).fetchall()
    if rows:
        days, people = zip(*sorted(rows), strict=True)
        policy, _ = load_policy(conn)
        given = {"days": list(days), "people": list(people), "now": now}
        conn.execute(QUERIES["forget"], given)
        conn.execute(QUERIES["count"], given)
        whole = {"days": sorted(set(days)), "on_share": policy.status.on_share}
        conn.execute(QUERIES["forget_units"], whole)
        conn.execute(QUERIES["count_units"], whole)
    return []


def nightly(conn: Connection[Any], now: datetime) -> list[Event]:
    """Yesterday and the day before once more, for everybody."""
    today = now.astimezone(LOCAL).date()
    for back in (1, 2):
        day = today - timedelta(days=back)
        given = {"day": day, "since": begin_of(day), "until": begin_of(day + timedelta(days=1))}
        conn.execute(QUERIES["mark_day"], given)
    return []


def begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL)


def metrics(
    conn: Connection[Any], viewer: Viewer, *, since: date, until: date, by: By, now: datetime,
    group: int | None = None,
) -> Shape:  # fmt: skip
    """{total, groups, days, equipment}: rates of days in [since, until) with their parts."""
    policy, number = load_policy(conn)
    orgs = sorted(viewer.org_ids) if group is None else sorted(viewer.org_ids & {group})
    given = {
        "org_ids": orgs, "since": since, "until": until, "group": group,
        "on_share": policy.status.on_share, "from_at": begin_of(since), "to_at": begin_of(until),
    }  # fmt: skip
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(QUERIES[_SUMS[by]], given).fetchall()
        days = cursor.execute(QUERIES["days"], given).fetchall()
    assigned, used = _pair(conn, "used", given)
    all_cameras, sound = _pair(conn, "serviceable", given)
    equipped = next(
        (one for one in equipment_rates(conn, orgs, now)["people"]
         if one["kind"] == "camera" and one["duty"] == "front_line"), None,
    )  # fmt: skip
    return {
        "since": since, "until": until, "by": by, "policy": number,
        "total": {
            **rates_of(added(rows)), "usage": rate(used, assigned),
            "serviceable": rate(sound, all_cameras), "equipment": equipped,
        },
        "groups": [
            {"id": row["id"], "name": row["name"], "what": row["what"], **rates_of(row)}
            for row in rows
        ],
        "days": days,
    }  # fmt: skip


def _pair(conn: Connection[Any], query: str, given: Shape) -> tuple[int, int]:
    row = conn.execute(QUERIES[query], given).fetchone()
    assert row is not None
    return row[0], row[1]
