"""By the clock alone: stations that fell silent (E22) or do not balance (E21), and cylinders that
stand together (E14)."""

from datetime import date, datetime, time, timedelta
from typing import Any, Final

from psycopg import Connection

from core.events import Event
from core.sql import load_queries
from core.values import from_ms, to_ms
from geo.gas.clusters import Seen, clusters
from geo.gas.findings import Name, Wanted, compare
from geo.gas.findings_io import Evidence, by_the_clock, load_stored, load_stored_since, save
from geo.gas.rates import COUNTED, summed
from geo.gas.registers_io import load_limits
from geo.gas.rulebook import HOUR_MS
from geo.gas.sources import JUDGED_D, LOOK_BACK, silent_days
from geo.patrol.windows import LOCAL

QUERIES = load_queries("geo.gas", "sources.sql")
EPOCH: Final = date(1970, 1, 1)
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
    limits = load_limits(conn)
    wanted = [
        Wanted(
            Name(SITE, key, "E22", "silent", str(day)), _begin(day),
            _begin(day + timedelta(days=1)), float(count), None,
            {"type": "source", "at": _begin(day).isoformat(), "site_id": key, "usual": usual},
            about[key],
        )
        for key, days in sorted(told.items())
        for day, count, usual in silent_days(days, today, limits.silent_share)
    ]  # fmt: skip
    stored = load_stored_since(conn, "E22", first)
    return save(conn, compare(wanted, stored), by_the_clock(limits), now)


def site_balances(conn: Connection[Any]) -> list[dict[str, Any]]:
    """Of every registered site: its stock by the ledger and, by day, what came, went, was filled
    and is unexplained; as the sweep of shares last counted them."""
    whole = summed(row[0] for row in conn.execute(QUERIES["counted_balances"]))
    found = []
    for no, key, org_id, name, lat, lon in conn.execute(QUERIES["site_names"]):
        one = whole.get(str(no))
        if one is None:
            continue
        closing = one["stock"]
        days = []
        for day in sorted(one["days"], key=int, reverse=True):
            counts = dict(zip(COUNTED, one["days"][day], strict=True))
            opening = closing - counts["arrived"] + counts["left"]
            days.append({"day": str(EPOCH + timedelta(days=int(day))), "opening": opening,
                         **counts, "closing": closing})  # fmt: skip
            closing = opening
        found.append({"key": key, "name": name, "org_id": org_id, "lat": lat, "lon": lon,
                      "stock": one["stock"], "days": days})  # fmt: skip
    return found


def sweep_balances(conn: Connection[Any], now: datetime) -> list[Event]:
    """E21 for whole days: what a site told that the ledger cannot explain."""
    today, limits = str(now.astimezone(LOCAL).date()), load_limits(conn)
    sites = site_balances(conn)
    told = [date.fromisoformat(one["day"]) for site in sites for one in site["days"]]
    if not told:
        return []
    wanted = [
        Wanted(
            Name(SITE, site["key"], "E21", "residual", one["day"]),
            _begin(date.fromisoformat(one["day"])),
            _begin(date.fromisoformat(one["day"]) + timedelta(days=1)),
            float(one["unexplained"]), None,
            {"type": "source", "at": _begin(date.fromisoformat(one["day"])).isoformat(),
             "site_id": site["key"]},
            (site["org_id"], site["lat"], site["lon"]),
        )
        for site in sites for one in site["days"]
        if one["unexplained"] and one["day"] < today
    ]  # fmt: skip
    # The oldest day is counted in part only.
    since = _begin(min(told) + timedelta(days=1))
    wanted = [one for one in wanted if one.since >= since]
    stored = load_stored_since(conn, "E21", since)
    return save(conn, compare(wanted, stored), by_the_clock(limits), now)


def sweep_places(conn: Connection[Any], now: datetime) -> list[Event]:
    """Clusters of cylinders away from every site; one that is gone has ended."""
    limits = load_limits(conn)
    given = {"since": now - SEEN_BACK, "within_m": limits.stagnant_m}
    seen = [Seen(*row) for row in conn.execute(QUERIES["last_seen"], given)]
    sites = conn.execute(QUERIES["site_places"]).fetchall()
    stood = to_ms(now) - limits.stagnant_h * HOUR_MS
    wanted = []
    middles: dict[str, tuple[float, float]] = {}
    for one in clusters(
        seen, sites, least=limits.stagnant_min, within_m=limits.stagnant_m, site_m=limits.error_m
    ):
        if one.since_ms > stood:
            continue
        # Named by the first, so that it is the same finding whoever joins or is scanned again.
        first = one.seen[0]
        middles[first.event_id] = (one.lat_deg, one.lon_deg)
        key = f"{first.lat_deg:.3f},{first.lon_deg:.3f}"
        wanted.append(Wanted(
            Name(PLACE, key, "E14", "cluster", first.event_id),
            from_ms(one.since_ms), None, float(len(one.seen)), None,
            {"codes": [each.code for each in one.seen][:50]},
        ))  # fmt: skip
    # Withdrawn ones as well: a cluster may hold again.
    wished = load_stored(conn, PLACE, sorted({one.name.key for one in wanted}))
    stored = [*load_stored(conn, PLACE, None), *wished]
    gone = Evidence(middles.get, lambda _: ("ended", {}), limits)
    return save(conn, compare(wanted, stored), gone, now)


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL)
