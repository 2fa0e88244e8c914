"""By the clock: vehicles that stand where they have no business, or leave their roads (E16).

What began in the last hours is judged at each turn, and one of the last eight days besides, so
that what an outbox brings within a week is judged within 40 minutes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final

import numpy as np
from psycopg import Connection

from core.events import Event
from core.sql import load_queries
from core.values import from_ms
from geo.gas.findings import Name, Wanted, compare, same_again
from geo.gas.findings_io import by_the_clock, load_stored_since, save
from geo.gas.registers_io import load_limits
from geo.gas.rulebook import Thresholds
from geo.gas.vehicle_stops import Places, unplanned
from geo.gas.vehicle_ways import Line, Route, Track, detours, routes_of
from geo.patrol.fixes_io import Reach, load_tracks
from geo.patrol.sight import Fixes
from geo.patrol.windows import LOCAL

QUERIES = load_queries("geo.gas", "vehicles.sql")
VEHICLE: Final = "vehicle"
EVERY_S: Final = 300.0
FRESH: Final = timedelta(hours=3)
LEAD: Final = timedelta(hours=1)  # what began before it has another beginning in the track
TAIL: Final = timedelta(days=1)  # how long after its beginning the end of a stop is looked for
DAYS: Final = 8  # a week ago is in the eighth
STEP_MS: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Vehicle:
    key: str
    org_id: int
    device_no: int
    device_id: str
    lines: list[Line]
    routes: list[str]


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """What began in the last hours."""
    return judge(conn, now - FRESH, now, now)


def sweep_past(conn: Connection[Any], now: datetime) -> list[Event]:
    """What began on one of the last days, in turn."""
    today = datetime.combine(now.astimezone(LOCAL).date(), time(), LOCAL)
    back = int(now.timestamp() // EVERY_S) % DAYS
    begin = today - timedelta(days=back)
    end = min(begin + timedelta(days=1), now - FRESH)
    return judge(conn, begin, end, now) if begin < end else []


def judge(conn: Connection[Any], begin: datetime, end: datetime, now: datetime) -> list[Event]:
    """What began in this span, of all vehicles."""
    vehicles = _vehicles(conn, begin)
    if not vehicles:
        return []
    limits = load_limits(conn)
    reaches = [Reach(one.device_no, begin - LEAD, min(end + TAIL, now)) for one in vehicles]
    tracks = load_tracks(conn, reaches)
    sites = _places(conn, "site", begin)
    users = _places(conn, "user", begin)
    wanted: list[Wanted] = []
    for one, reach in zip(vehicles, reaches, strict=True):
        fixes = _thinned(tracks.within(reach))
        track = list(zip(fixes["at_ms"].tolist(), (fixes["lon_e7"] / 1e7).tolist(),
                         (fixes["lat_e7"] / 1e7).tolist(), strict=True))  # fmt: skip
        wanted += _stops(one, track, sites, users, limits)
        wanted += _detours(one, track, sites, users, limits)
    wanted = [one for one in wanted if begin <= one.since < end]
    # Of a vehicle that is registered no more, what was found stays.
    judged = {one.key for one in vehicles}
    stored = [one for one in load_stored_since(conn, "E16", begin)
              if one.since < end and one.name.key in judged]  # fmt: skip
    wanted = same_again(wanted, stored)
    return save(conn, compare(wanted, stored), by_the_clock(limits), now)


def _thinned(fixes: Fixes) -> Fixes:
    """The first of each ten seconds: who tells its place every second is not judged finer."""
    kept: Fixes = fixes[np.diff(fixes["at_ms"] // STEP_MS, prepend=-1) != 0]
    return kept


def _stops(
    vehicle: _Vehicle, track: Track, sites: Places, users: Places, limits: Thresholds
) -> Iterable[Wanted]:
    for one in unplanned(track, sites, users, least_s=limits.stop_min * 60,
                         site_m=limits.error_m, user_m=limits.stop_user_m):  # fmt: skip
        yield Wanted(
            Name(VEHICLE, vehicle.key, "E16", "stop", str(one.from_ms)), from_ms(one.from_ms),
            from_ms(one.to_ms), round(one.dwell_s / 60, 1), None, _detail(vehicle, one.from_ms),
            (vehicle.org_id, round(one.lat_deg, 6), round(one.lon_deg, 6)),
        )  # fmt: skip


def _detours(
    vehicle: _Vehicle, track: Track, sites: Places, users: Places, limits: Thresholds
) -> Iterable[Wanted]:
    for one in detours(track, vehicle.lines, sites, users, least_s=limits.off_road_min * 60,
                       road_m=limits.road_m, site_m=limits.error_m,
                       user_m=limits.stop_user_m):  # fmt: skip
        yield Wanted(
            Name(VEHICLE, vehicle.key, "E16", "route", str(one.from_ms)), from_ms(one.from_ms),
            from_ms(one.to_ms), round(one.lasted_s / 60, 1), None,
            _detail(vehicle, one.from_ms) | {"routes": vehicle.routes},
            (vehicle.org_id, round(one.lat_deg, 6), round(one.lon_deg, 6)),
        )  # fmt: skip


def _detail(vehicle: _Vehicle, from_ms_: int) -> dict[str, Any]:
    return {"type": "source", "at": from_ms(from_ms_).isoformat(), "vehicle": vehicle.key,
            "device_id": vehicle.device_id}  # fmt: skip


def _vehicles(conn: Connection[Any], since: datetime) -> list[_Vehicle]:
    routes = [
        Route(key, org_id, company, [(lon, lat) for lon, lat in line])
        for key, org_id, company, line in conn.execute(QUERIES["routes"], {"since": since})
    ]
    found = []
    for key, org_id, path, no, device_id, company, named in conn.execute(QUERIES["vehicles"]):
        # Those of its own organisation and of the ones above it.
        mine = routes_of(named, company, [one for one in routes if one.org_id in path])
        keys = [one.key for one in mine]
        lines: list[Line] = [one.line for one in mine]
        found.append(_Vehicle(key, org_id, no, device_id, lines, keys))
    return found


def _places(conn: Connection[Any], kind: str, since: datetime) -> Places:
    given = {"kind": kind, "since": since}
    return Places(conn.execute(QUERIES["places"], given).fetchall())
