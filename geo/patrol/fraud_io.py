"""Marks of the cheat detectors: found live, found again by the clock, withdrawn, reviewed.

Check-ins are looked at as soon as they are proved: their device's local day and the days around
it. Positions are looked at by the clock, an hour of a device at a time: the evaluator only
notes which hours changed, and `sweep` takes a bounded number of them.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from typing import Any, Final

import numpy as np
from psycopg import Connection

from core.events import Event
from core.sql import load_queries
from core.values import from_ms
from devices.readings import Positions, Readings
from geo.distance import metres_per_degree
from geo.patrol import datum_fault
from geo.patrol.evidence import Key
from geo.patrol.fixes_io import Reach, Tracks, joined, load_tracks
from geo.patrol.fraud import inspection, marks, tracks
from geo.patrol.fraud.inspection import Checkins, DeviceDay
from geo.patrol.fraud.marks import Mark, Tap, local_day
from geo.patrol.fraud.words import words
from geo.patrol.marks_io import Ledger, Scope
from geo.patrol.rules import Rule
from geo.patrol.rules_io import load_rules
from geo.patrol.sight import Fixes, Spot
from geo.patrol.windows import LOCAL

QUERIES = load_queries("geo.patrol", "fraud.sql")
HOUR_MS: Final = 3_600_000
HOUR_BITS: Final = 24  # hours since 1970 fit until the year 3883
HOUR: Final = timedelta(hours=1)
MARGIN: Final = timedelta(minutes=10)  # of positions around an hour
SETTLE: Final = timedelta(seconds=90)  # an hour is looked at so long after something came …
NOTE_AGAIN_MS: Final = 60_000  # … and noted no more often than this, which is less
HOURS_AT_ONCE: Final = 200
DAYS_AT_ONCE: Final = 200
RECENT: Final = timedelta(minutes=10)
SQUAD_MAX: Final = 60  # devices of one organisation that are compared with each other
DATUM_FAULT: Final = "datum_fault"  # kept like a mark, told as an alarm
OF_TRACKS: Final = (marks.IMPOSSIBLE_TRAVEL, marks.MOCK_FIX, marks.REPEATED_TRACK)


class FraudEvaluator:
    """Looks at what new check-ins touch; runs after the proofs. Never rejects anything."""

    name = "fraud"

    def __init__(self) -> None:
        self._noted: dict[tuple[int, int], int] = {}

    def evaluate(self, conn: Connection[Any], readings: Readings, now: datetime) -> Sequence[Event]:
        self._note(conn, readings.positions, now)
        fresh = {DeviceDay(no, day) for no, day in conn.execute(QUERIES["fresh_days"])}
        return inspect_days(conn, fresh, now) if fresh else []

    def forget(self) -> None:
        self._noted.clear()

    def _note(self, conn: Connection[Any], positions: Positions, now: datetime) -> None:
        """Hours whose positions changed; a position near a full hour changes both."""
        if not len(positions):
            return
        margin_ms = round(MARGIN.total_seconds() * 1000)
        # One number for both, because unique over rows costs ten times as much.
        nos = positions["device_no"].astype(np.int64) << HOUR_BITS
        parts = [
            nos | ((positions["at_ms"] + off) // HOUR_MS) for off in (-margin_ms, 0, margin_ms)
        ]
        now_ms = round(now.timestamp() * 1000)
        fresh = [
            (no, hour)
            for no, hour in (
                (both >> HOUR_BITS, both & (1 << HOUR_BITS) - 1)
                for both in np.unique(np.concatenate(parts)).tolist()
            )
            if now_ms - self._noted.get((no, hour), 0) >= NOTE_AGAIN_MS
        ]
        if fresh:
            _dirty(conn, fresh, now + SETTLE)
        if len(self._noted) > 200_000:
            self._noted.clear()
        self._noted.update(dict.fromkeys(fresh, now_ms))


# ── check-ins ────────────────────────────────────────────────────────────────


def inspect_days(
    conn: Connection[Any], touched: Collection[DeviceDay], now: datetime
) -> list[Event]:
    """Look again at these days of devices, and at the days around them, which they touch."""
    if not touched:
        return []
    nos = sorted({one.device_no for one in touched})
    rules = load_rules(conn)
    ledger = Ledger(conn, rules, now)
    ledger.hold(nos)
    around = {DeviceDay(no, day + timedelta(days=i)) for no, day in touched for i in (-1, 0, 1)}
    checkins = _load_checkins(conn, around, rules.at(now))
    wanted = sorted(around & set(checkins.days(nos)) | set(touched))
    ways = [Reach(*way) for way in inspection.ways(checkins, wanted, rules.at(now))]
    loaded = load_tracks(conn, joined(ways))
    fixes = {no: loaded.within(Reach(no, *_EVER)) for no in {way.device_no for way in ways}}
    found: list[Mark] = []
    for day in sorted({one.day for one in wanted}):
        some = [one for one in wanted if one.day == day]
        found += inspection.of_checkins(checkins, some, fixes, rules.at(_begin(day)))
    days = {one.day for one in wanted}
    mine = set(wanted)

    def belongs(key: str, no: int, other_no: int | None, at: datetime) -> bool:
        day = local_day(at)
        return not key.endswith("/fixes") and not mine.isdisjoint(
            {DeviceDay(no, day), DeviceDay(other_no or no, day)}
        )

    span = (_begin(min(days)), _begin(max(days)) + timedelta(days=1))
    events = ledger.settle(found, Scope(inspection.OF_TAPS, nos, *span, belongs))
    for no in nos:
        events += _inspect_datum(ledger, no)
    return events


_EVER: Final = (datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


def _load_checkins(conn: Connection[Any], wanted: Collection[DeviceDay], rule: Rule) -> Checkins:
    """Of these days and the days around them; of others who read the same tags as well."""
    reach_s = rule.fraud.one_tag_two_places_s
    given = {**_reaches(_day_reaches(wanted)), "reach_s": reach_s}
    others = {DeviceDay(no, day) for no, day in conn.execute(QUERIES["partners"], given)}
    reaches = _day_reaches({*wanted, *others})
    taps = {}
    for row in conn.execute(QUERIES["checkins"], _reaches(reaches)):
        no, at, seq, corrected_at, lon, lat, radius_m, *more = row
        spot = None if radius_m is None else Spot(lon, lat, radius_m)
        key = Key(no, at, seq)
        taps[key] = Tap(key, corrected_at, spot, *more)
    return Checkins.of(taps.values())


def _day_reaches(days: Iterable[DeviceDay]) -> list[Reach]:
    """A day to either side is context."""
    return joined(
        [
            Reach(
                one.device_no,
                _begin(one.day) - inspection.CONTEXT,
                _begin(one.day) + inspection.CONTEXT + timedelta(days=1, microseconds=-1),
            )
            for one in days
        ]
    )


def _inspect_datum(ledger: Ledger, device_no: int) -> list[Event]:
    """One fault of a source, as one mark and one alarm, however many check-ins show it."""
    rule = ledger.rules.at(ledger.now)
    given = {"device_no": device_no, "taps": rule.datum.window_taps}
    rows = ledger.conn.execute(QUERIES["newest_taps"], given).fetchall()
    offsets = [
        datum_fault.offset(point_id, (lon, lat), (own_lon, own_lat))
        for _, point_id, lon, lat, own_lon, own_lat in rows
    ]
    fault = datum_fault.find(offsets, (rows[0][2], rows[0][3]), rule.datum) if rows else None
    found = []
    if fault is not None:
        evidence = {**fault.told(), **words(DATUM_FAULT, fault.told())}
        found.append(Mark(DATUM_FAULT, str(device_no), rows[0][0], None, device_no,
                          evidence=evidence))  # fmt: skip

    def belongs(_key: str, no: int, _other_no: int | None, _at: datetime) -> bool:
        return no == device_no

    events = ledger.settle(found, Scope((DATUM_FAULT,), [device_no], *_EVER, belongs))
    return [*events, *(_alarm(one) for one in events)]


def _alarm(told: Event) -> Event:
    """For the dispatch rules: a source that is wrong, or no longer so."""
    kind = "patrol.datum_fault" if told.kind == "mark.found" else "patrol.datum_right"
    return Event(kind, told.at, told.org_id, told.body, device_no=told.device_no)


# ── positions ────────────────────────────────────────────────────────────────


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """Look at a bounded number of hours whose positions changed. Run it every half minute."""
    given = {"now": now, "limit": HOURS_AT_ONCE}
    taken = [(no, hour) for no, hour in conn.execute(QUERIES["take_hours"], given)]
    events: list[Event] = []
    if taken:
        ledger = Ledger(conn, load_rules(conn), now)
        ledger.hold([no for no, _ in taken])
        loaded = _load_hours(conn, taken)
        over = [(no, hour) for no, hour in taken if _hour(hour) + HOUR + MARGIN <= now]
        for no, hour in taken:
            events += _inspect_hour(ledger, loaded, no, hour, is_over=(no, hour) in set(over))
        events += _inspect_squads(ledger, over)
        # An hour still running is looked at once more when it is over, whatever comes of it.
        running = sorted(set(taken) - set(over))
        for no, hour in running:
            _dirty(conn, [(no, hour)], _hour(hour) + HOUR + MARGIN)
    days = {DeviceDay(no, day) for no, day in _days_about(conn, taken, now)}
    return events + inspect_days(conn, days, now)


def _inspect_hour(
    ledger: Ledger, loaded: Tracks, no: int, hour: int, *, is_over: bool
) -> list[Event]:
    rule, begin = ledger.rules.at(_hour(hour)), _hour(hour)
    track = loaded.within(Reach(no, begin - MARGIN, begin + HOUR + MARGIN))
    found = inspection.of_hour(track, hour, rule)
    if is_over:
        found += _repeats(ledger.conn, no, hour, track[track["at_ms"] // HOUR_MS == hour], rule)
    name = tracks.hour_name(hour)

    def belongs(key: str, device_no: int, _other_no: int | None, _at: datetime) -> bool:
        of_hour = key.startswith(f"{no}@{name}")
        return device_no == no and (of_hour or (key.endswith("/fixes") and "T" not in key))

    detectors = OF_TRACKS if is_over else OF_TRACKS[:2]
    return ledger.settle(found, Scope(detectors, [no], begin, begin + HOUR, belongs))


def _repeats(conn: Connection[Any], no: int, hour: int, track: Fixes, rule: Rule) -> list[Mark]:
    """Earlier days of the device whose track this hour repeats."""
    some = tracks.samples(track, rule.fraud)
    if not len(some):
        return []
    today = _begin(local_day(_hour(hour)))
    east, north = metres_per_degree(float(some["lat_e7"][0]) / 1e7)
    given = {
        "ats": [from_ms(int(at)) for at in some["at_ms"]],
        "lats": some["lat_e7"].tolist(),
        "lons": some["lon_e7"].tolist(),
        "near_lat": round(tracks.NEAR_M / north * 1e7),
        "near_lon": round(tracks.NEAR_M / east * 1e7),
        "device_no": no,
        "from_at": today - timedelta(days=rule.fraud.repeat_days),
        "to_at": today,
    }
    hits = [
        (round(mine.timestamp() * 1000), round(old.timestamp() * 1000))
        for mine, old in conn.execute(QUERIES["hits"], given)
    ]
    found: list[Mark] = []
    for lag_ms in tracks.lags_of(hits):
        lag = timedelta(milliseconds=lag_ms)
        first, last = (from_ms(int(track["at_ms"][i])) - lag for i in (0, -1))
        slack = timedelta(minutes=2)
        reach = Reach(no, first - slack, min(last + slack, today - timedelta(milliseconds=1)))
        twin = load_tracks(conn, [reach]).within(reach)
        found += tracks.repeated_track(track, twin, lag_ms, tracks.hour_name(hour), rule.fraud)
    return list({mark.key: mark for mark in found}.values())


def _inspect_squads(ledger: Ledger, hours: Sequence[tuple[int, int]]) -> list[Event]:
    """Pairs of one organisation that were about together in one of these hours: their day."""
    by_org: dict[int, list[int]] = {}
    for org_id, no in ledger.conn.execute(QUERIES["squads"], {"nos": [no for no, _ in hours]}):
        by_org.setdefault(org_id, []).append(no)
    pairs: set[tuple[int, int, date]] = set()
    for hour in sorted({hour for _, hour in hours}):
        changed = {no for no, at in hours if at == hour}
        for squad in by_org.values():
            if changed.isdisjoint(squad):
                continue
            near = squad[:SQUAD_MAX]
            loaded = _load_hours(ledger.conn, [(no, hour) for no in near])
            span = (_hour(hour), _hour(hour) + HOUR)
            rule = ledger.rules.at(span[0]).fraud
            own = {no: loaded.within(Reach(no, *span)) for no in near}
            pairs |= {
                (a, b, local_day(span[0]))
                for a, b in combinations(near, 2)
                if {a, b} & changed and tracks.may_share(own[a], own[b], rule)
            }
    for no, hour in hours:
        scope = Scope((marks.SHARED_DEVICE,), [no], *_day_span(local_day(_hour(hour))), _any)
        pairs |= {(a, b, local_day(at)) for *_, a, b, at in ledger.standing(scope).values()}
    events: list[Event] = []
    for a, b, day in sorted(pairs):
        events += _inspect_pair(ledger, (a, b), day)
    return events


def _inspect_pair(ledger: Ledger, pair: tuple[int, int], day: date) -> list[Event]:
    span = _day_span(day)
    loaded = load_tracks(ledger.conn, [Reach(no, *span) for no in pair])
    mine, theirs = (loaded.within(Reach(no, *span)) for no in pair)
    found = tracks.shared_device(mine, theirs, ledger.rules.at(span[0]).fraud)

    def belongs(_key: str, no: int, other_no: int | None, _at: datetime) -> bool:
        return {no, other_no} == set(pair)

    return ledger.settle(found, Scope((marks.SHARED_DEVICE,), pair, *span, belongs))


def _any(_key: str, _no: int, _other_no: int | None, _at: datetime) -> bool:
    return True


def _load_hours(conn: Connection[Any], hours: Iterable[tuple[int, int]]) -> Tracks:
    reaches = [Reach(no, _hour(hour) - MARGIN, _hour(hour) + HOUR + MARGIN) for no, hour in hours]
    return load_tracks(conn, joined(reaches))


def _days_about(
    conn: Connection[Any], hours: Sequence[tuple[int, int]], now: datetime
) -> Iterable[tuple[int, date]]:
    """Days whose check-ins lean on these hours, and those proved of late."""
    reaches = [Reach(no, _hour(hour) - HOUR, _hour(hour) + 2 * HOUR) for no, hour in hours]
    yield from conn.execute(QUERIES["days_of_hours"], _reaches(joined(reaches)))
    given = {"since": now - RECENT, "limit": DAYS_AT_ONCE}
    yield from conn.execute(QUERIES["recent_days"], given)


def _dirty(conn: Connection[Any], hours: Sequence[tuple[int, int]], at: datetime) -> None:
    given = {"nos": [no for no, _ in hours], "hours": [hour for _, hour in hours]}
    conn.execute(QUERIES["dirty"], {**given, "ats": [at] * len(hours)})


def _reaches(reaches: Sequence[Reach]) -> dict[str, Any]:
    return {
        "nos": [one.device_no for one in reaches],
        "froms": [one.from_at for one in reaches],
        "tos": [one.to_at for one in reaches],
    }


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), LOCAL)


def _day_span(day: date) -> tuple[datetime, datetime]:
    return _begin(day), _begin(day) + timedelta(days=1, milliseconds=-1)


def _hour(hour: int) -> datetime:
    return from_ms(hour * HOUR_MS)
