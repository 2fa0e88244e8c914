"""By the clock alone: stations that fell silent (E22), cylinders that stand together (E14)."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from psycopg import Connection

from core.events import Event
from core.sql import load_queries
from core.values import from_ms, to_ms
from geo.gas.clusters import Seen, clusters
from geo.gas.findings import Name, Stored, Wanted, compare
from geo.gas.findings_io import Evidence, load_stored, save
from geo.gas.registers_io import load_limits
from geo.gas.rulebook import HOUR_MS
from geo.gas.sources import JUDGED_D, LOOK_BACK, silent_days
from geo.patrol.windows import LOCAL

QUERIES = load_queries("geo.gas", "sources.sql")
SITE: Final = "site"
PLACE: Final = "place"
SEEN_BACK: Final = timedelta(days=180)


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


def sweep_places(conn: Connection[Any], now: datetime) -> list[Event]:
    """Clusters of cylinders away from every site; one that is gone has ended."""
    limits = load_limits(conn)
    seen = [Seen(*row) for row in conn.execute(QUERIES["last_seen"], {"since": now - SEEN_BACK})]
    sites = conn.execute(QUERIES["site_places"]).fetchall()
    stood = to_ms(now) - limits.stagnant_h * HOUR_MS
    wanted = []
    middles: dict[str, tuple[float, float]] = {}
    for one in clusters(
        seen, sites, least=limits.stagnant_min, within_m=limits.stagnant_m, site_m=limits.error_m
    ):
        if one.since_ms > stood:
            continue
        anchor = one.seen[0].event_id
        middles[anchor] = (one.lat_deg, one.lon_deg)
        wanted.append(Wanted(
            Name(PLACE, f"{one.lat_deg:.3f},{one.lon_deg:.3f}", "E14", "cluster", anchor),
            from_ms(one.since_ms), None, float(len(one.seen)), None,
            {"codes": [each.code for each in one.seen][:50]},
        ))  # fmt: skip
    stored = load_stored(conn, PLACE, None)
    gone = Evidence(middles.get, lambda _: ("ended", {}))
    return save(conn, compare(wanted, stored), gone, now)


def _why(_one: Stored) -> tuple[str, dict[str, Any]]:
    return "late_event", {}


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL)
