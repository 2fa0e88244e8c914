"""Stations that fell silent, by the clock: found each hour, taken back when the file comes."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from psycopg import Connection

from core.events import Event
from core.sql import load_queries
from geo.gas.findings import Name, Stored, Wanted, compare
from geo.gas.findings_io import Evidence, save
from geo.gas.registers_io import load_limits
from geo.gas.sources import JUDGED_D, LOOK_BACK, silent_days
from geo.patrol.windows import LOCAL

QUERIES = load_queries("geo.gas", "sources.sql")
SITE: Final = "site"


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """Of the last whole days of every filling station."""
    today = now.astimezone(LOCAL).date()
    first = _begin(today - timedelta(days=JUDGED_D))
    given = {"since": first - LOOK_BACK, "until": _begin(today)}
    told: dict[str, dict[date, int]] = {}
    about: dict[str, tuple[int, float | None, float | None]] = {}
    for key, org_id, lat, lon, day, count in conn.execute(QUERIES["told"], given):
        told.setdefault(key, {})[day] = count
        about[key] = (org_id, lat, lon)
    share = load_limits(conn).silent_share
    wanted = [
        Wanted(
            Name(SITE, key, "E22", "silent", str(day)), _begin(day),
            _begin(day + timedelta(days=1)), float(count), None,
            {"type": "source", "at": _begin(day).isoformat(), "site_id": key, "usual": usual},
            about[key],
        )
        for key, days in sorted(told.items())
        for day, count, usual in silent_days(days, today, share)
    ]  # fmt: skip
    stored = [
        Stored(id_, Name(*name), since, until, value, withdrawn_at, raised_at)
        for id_, *name, since, until, value, withdrawn_at, raised_at in conn.execute(
            QUERIES["stored_since"], {"since": first}
        )
    ]
    return save(conn, compare(wanted, stored), Evidence(lambda _: None, _why), now)


def _why(_one: Stored) -> tuple[str, dict[str, Any]]:
    return "late_event", {}


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL)
