"""Load what windows are judged on, many windows at once.

Raw positions are read only where they decide something: around a check-in whose stay must be
long enough, and over windows whose absence is about to be said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
from psycopg import Connection

from core.sql import load_queries
from geo.patrol import fixes_io
from geo.patrol.evidence import TAP, Evidence, Key, Pardon, Stay, Tap, Window
from geo.patrol.fixes_io import Reach
from geo.patrol.matching import Slot, match, nearest
from geo.patrol.rules import Rule
from geo.patrol.rules_io import Rules
from geo.patrol.sight import (
    BOUND_PERIODS,
    BOUND_S,
    Fixes,
    Sight,
    Span,
    Spot,
    look,
    possible_stay_s,
    unheard,
)
from geo.patrol.verdicts import counts
from geo.shapes import Circle, plan_of

QUERIES = load_queries("geo.patrol", "evidence.sql")
STAY_MAX: Final = timedelta(days=1)
SESSIONS_HEARD: Final = timedelta(hours=1)  # a session silent for longer before it was retired
AROUND: Final = timedelta(minutes=20)  # of a check-in, where its stay is looked for


class Held(NamedTuple):
    """A window as it is judged, and whose it is."""

    window: Window
    org_id: int
    fence_id: int
    route_id: int | None


class Expected(NamedTuple):
    """A terminal of somebody on duty for a window."""

    device_no: int
    period_s: float
    from_at: datetime
    to_at: datetime
    offline: bool


@dataclass(slots=True)
class Loaded:
    """Evidence by window, and whose telemetry it rests on."""

    evidence: dict[int, Evidence] = field(default_factory=dict)
    rests: dict[int, list[Reach]] = field(default_factory=dict)


def held(row: Sequence[Any]) -> Held:
    """A row of `hold_windows`."""
    (
        id_, point_id, opens_at, due_at, closes_at, lon, lat, radius_m, early_s, late_s, grace_s,
        min_dwell_s, proof, min_level, route_order, round_, stop_no, org_id, fence_id, route_id,
    ) = row  # fmt: skip
    window = Window(
        id_, point_id, opens_at, due_at, closes_at, Spot(lon, lat, radius_m), early_s, late_s,
        grace_s, min_dwell_s, proof, min_level, route_order, round_, stop_no,
    )  # fmt: skip
    return Held(window, org_id, fence_id, route_id)


def load_evidence(
    conn: Connection[Any],
    windows: Sequence[Held],
    now: datetime,
    rules: Rules,
    unjudged_since: datetime | None,
) -> Loaded:
    """Everything for these windows in a handful of queries."""
    if not windows:
        return Loaded()
    ids = [one.window.id for one in windows]
    taps = taps_of(conn, windows, rules)
    stays = stays_of(conn, windows)
    expected = expected_for(conn, ids)
    alive = _alive(conn, [one.window for one in windows])
    pardons = {row[0]: Pardon(*row[1:]) for row in conn.execute(QUERIES["pardons"], {"ids": ids})}
    wanted = _Wanted.of(windows, taps, expected, pardons, rules=rules, now=now)
    seen = wanted.load(conn)
    found = Loaded(rests=wanted.rests())
    for one in windows:
        window = one.window
        rule = rules.at(window.opens_at)
        mine = expected.get(window.id, [])
        found.evidence[window.id] = Evidence(
            taps.get(window.id, []),
            stays.get(window.id, []),
            {tap.key: seen.around(tap, window, rule) for tap in wanted.stays.get(window.id, ())},
            [seen.sight(who, window, rule) for who in wanted.absences.get(window.id, ())],
            unheard(window.from_at, window.to_at, window.settles_at, alive),
            pardons.get(window.id),
            any(who.offline for who in mine),
            unjudged_since,
        )
    return found


# ── check-ins ──────────────────────────────────────────────────────────────


def taps_of(conn: Connection[Any], windows: Sequence[Held], rules: Rules) -> dict[int, list[Tap]]:
    """By window: the check-in that serves it, and the further ones that speak of it."""
    given = {
        "point_ids": list({one.window.point_id for one in windows}),
        "from_at": min(one.window.from_at for one in windows) - STAY_MAX,
        "to_at": max(one.window.to_at for one in windows) + STAY_MAX,
    }
    slots: dict[int, list[Slot]] = {}
    for id_, point_id, due_at, from_at, to_at in conn.execute(QUERIES["slots"], given):
        times = (due_at.timestamp(), from_at.timestamp(), to_at.timestamp())
        slots.setdefault(point_id, []).append(Slot(id_, *times))
    taps: dict[int, list[Tap]] = {}
    for point_id, no, at, seq, corrected_at, method, auth, place, level, apart_m, flags in (
        conn.execute(QUERIES["proofs"], given)
    ):  # fmt: skip
        key = Key(no, at, seq)
        tap = Tap(key, corrected_at, method, auth, place, level, apart_m, tuple(flags))
        taps.setdefault(point_id, []).append(tap)
    served: dict[int, list[Tap]] = {}
    for point_id, made in taps.items():
        for window_id, tap in _shared_out(slots.get(point_id, []), made, rules):
            served.setdefault(window_id, []).append(tap)
    return served


def _shared_out(slots: Sequence[Slot], taps: Sequence[Tap], rules: Rules) -> list[tuple[int, Tap]]:
    good = [tap for tap in taps if counts(tap, rules.at(tap.corrected_at))]
    pairs = match(slots, [tap.corrected_at.timestamp() for tap in good])
    serving = {good[place].key: window_id for place, window_id in pairs.items()}
    found = []
    for tap in taps:
        window_id = serving.get(tap.key) or nearest(slots, tap.corrected_at.timestamp())
        if window_id is not None:
            found.append((window_id, tap))
    return found


# ── stays ──────────────────────────────────────────────────────────────────


def stays_of(conn: Connection[Any], windows: Sequence[Held]) -> dict[int, list[Stay]]:
    """By window. Pairs of entered and left; a stay without an end lasts to its last fix inside."""
    rows = conn.execute(
        QUERIES["crossings"],
        {
            "fence_ids": list({one.fence_id for one in windows}),
            "from_at": min(one.window.from_at for one in windows) - STAY_MAX,
            "to_at": max(one.window.to_at for one in windows) + STAY_MAX,
        },
    ).fetchall()
    ended: dict[int, list[Stay]] = {}
    open_since: dict[tuple[int, int], datetime] = {}
    for fence_id, no, kind, at in rows:
        if kind == "entered":
            open_since[fence_id, no] = at
        elif (fence_id, no) in open_since:
            ended.setdefault(fence_id, []).append(Stay(no, open_since.pop((fence_id, no)), at))
    found: dict[int, list[Stay]] = {}
    for one in windows:
        window = one.window
        near = (window.from_at - STAY_MAX, window.to_at + STAY_MAX)
        mine = [
            s for s in ended.get(one.fence_id, []) if near[0] <= s.until and s.entered_at <= near[1]
        ]
        for (fence_id, no), entered_at in open_since.items():
            if fence_id == one.fence_id and entered_at <= window.to_at:
                mine.append(Stay(no, entered_at, _last_inside(conn, window, no, entered_at)))
        found[window.id] = mine
    return found


def _last_inside(
    conn: Connection[Any], window: Window, device_no: int, entered_at: datetime
) -> datetime:
    spot = window.spot
    plan = plan_of(Circle(spot.lon_deg, spot.lat_deg, spot.radius_m))
    given = {"device_no": device_no, "from_at": entered_at, "to_at": window.to_at}
    for at, lon, lat in conn.execute(QUERIES["fixes_since"], given):
        east_m, north_m = plan.xy(lon, lat)
        if east_m * east_m + north_m * north_m <= spot.radius_m**2:
            found: datetime = at
            return found
    return entered_at


# ── who was expected, and how well they were seen ──────────────────────────


def sights_of(conn: Connection[Any], one: Held, rules: Rules) -> list[Sight]:
    """How every expected terminal was seen, for whoever reads the evidence."""
    window = one.window
    expected = expected_for(conn, [window.id])
    wanted = _Wanted({window.id: window}, {}, expected)
    seen = wanted.load(conn)
    rule = rules.at(window.opens_at)
    return [seen.sight(who, window, rule) for who in expected.get(window.id, [])]


def ears(conn: Connection[Any], window: Window) -> list[Span]:
    """Outages of our own within the window."""
    return unheard(window.from_at, window.to_at, window.settles_at, _alive(conn, [window]))


def expected_for(conn: Connection[Any], ids: Sequence[int]) -> dict[int, list[Expected]]:
    found: dict[int, list[Expected]] = {}
    for window_id, *columns in conn.execute(QUERIES["expected"], {"ids": list(ids)}):
        found.setdefault(window_id, []).append(Expected(*columns))
    return found


@dataclass(slots=True)
class _Wanted:
    """Which telemetry decides something: check-ins whose stay is measured, absences."""

    windows: Mapping[int, Window]
    stays: dict[int, list[Tap]]
    absences: dict[int, list[Expected]]

    @classmethod
    def of(
        cls,
        windows: Sequence[Held],
        taps: Mapping[int, Sequence[Tap]],
        expected: Mapping[int, list[Expected]],
        pardons: Mapping[int, Pardon],
        *,
        rules: Rules,
        now: datetime,
    ) -> "_Wanted":
        wanted = cls({one.window.id: one.window for one in windows}, {}, {})
        for one in windows:
            window = one.window
            good = [t for t in taps.get(window.id, ()) if counts(t, rules.at(window.opens_at))]
            if good and window.min_dwell_s and window.proof == TAP:
                wanted.stays[window.id] = good
            if not good and now > window.settles_at and window.id not in pardons:
                wanted.absences[window.id] = expected.get(window.id, [])
        return wanted

    def around(self) -> list[Reach]:
        return [_about(tap) for taps in self.stays.values() for tap in taps]

    def over(self) -> list[Reach]:
        return [
            _bounded(who, self.windows[window_id])
            for window_id, who_all in self.absences.items()
            for who in who_all
        ]

    def rests(self) -> dict[int, list[Reach]]:
        """What late telemetry of which devices would change a settled verdict."""
        found: dict[int, list[Reach]] = {}
        for window_id, taps in self.stays.items():
            found.setdefault(window_id, []).extend(_about(tap) for tap in taps)
        for window_id, who_all in self.absences.items():
            for who in who_all:
                reach = _bounded(who, self.windows[window_id])
                found.setdefault(window_id, []).append(reach)
        return found

    def load(self, conn: Connection[Any]) -> "_Seen":
        bounded = self.over()
        tracks = fixes_io.load_tracks(conn, fixes_io.joined([*bounded, *self.around()]))
        counters = fixes_io.load_counters(conn, fixes_io.joined(bounded))
        return _Seen(tracks, counters)


@dataclass(slots=True)
class _Seen:
    tracks: fixes_io.Tracks
    counters: Mapping[int, Any]

    def around(self, tap: Tap, window: Window, rule: Rule) -> tuple[float | None, float | None]:
        at_ms = round(tap.corrected_at.timestamp() * 1000)
        fixes = self.tracks.within(_about(tap))
        return possible_stay_s(fixes, window.spot, at_ms, rule.judge.fix_acc_max_m)

    def sight(self, who: Expected, window: Window, rule: Rule) -> Sight:
        span = bounds(who, window)
        reach = _bounded(who, window)
        positions = self.tracks.within(reach)
        return look(
            who.device_no,
            span,
            self.tracks.within(Reach(who.device_no, *span)),
            self._counters(who.device_no, reach, positions),
            window.spot,
            period_s=who.period_s,
            min_dwell_s=window.min_dwell_s,
            rule=rule.judge,
        )

    def _counters(self, no: int, reach: Reach, positions: Fixes) -> Any:
        mine = np.column_stack((positions["at_ms"], positions["seq"])).astype(np.int64)
        others = self.counters.get(no)
        if others is None:
            return mine
        from_ms, to_ms = (round(at.timestamp() * 1000) for at in reach[1:])
        near = (others[:, 0] >= from_ms) & (others[:, 0] <= to_ms)
        return np.concatenate([mine, others[near]])


def bounds(who: Expected, window: Window) -> Span:
    """When the terminal was expected for the window: the part of its shift within."""
    return max(who.from_at, window.from_at), min(who.to_at, window.to_at)


def _about(tap: Tap) -> Reach:
    return Reach(tap.key.device_no, tap.corrected_at - AROUND, tap.corrected_at + AROUND)


def _bounded(who: Expected, window: Window) -> Reach:
    """With the messages before and after the span, which bound what may be lost within."""
    from_at, to_at = bounds(who, window)
    around = timedelta(seconds=max(BOUND_S, BOUND_PERIODS * who.period_s))
    return Reach(who.device_no, from_at - around, to_at + around)


def _alive(conn: Connection[Any], windows: Sequence[Window]) -> dict[int, list[Span]]:
    spans: dict[int, list[Span]] = {}
    given = {
        "from_at": min(window.from_at for window in windows) - SESSIONS_HEARD,
        "to_at": max(window.settles_at for window in windows),
    }
    for session_no, started_at, seen_at in conn.execute(QUERIES["alive"], given):
        spans.setdefault(session_no, []).append((started_at, seen_at))
    return spans
