"""Verdicts on patrol windows: judged when evidence comes, and by the clock when none does."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from psycopg import Connection
from psycopg.types.json import Jsonb

from core.events import Event
from core.sql import load_queries
from core.values import Viewer, from_ms
from devices.readings import Checkin, Readings
from geo.patrol.verdicts import (
    ON_TIME,
    Span,
    Stay,
    Tap,
    Verdict,
    Window,
    judge,
    reopened,
    same,
    unheard,
)
from geo.patrol.windows import BACK_MAX
from geo.shapes import Circle, plan_of

QUERIES = load_queries("geo.patrol", "verdicts.sql")
DUE_AT_ONCE: Final = 500
REOPENED: Final = timedelta(days=7)  # as long a lost proof is looked at again
STAY_MAX: Final = timedelta(days=1)
SESSIONS_HEARD: Final = timedelta(hours=1)  # a session silent for longer before it was retired


class _Held(NamedTuple):
    window: Window
    org_id: int
    fence_id: int


class PatrolEvaluator:
    """Judges the windows that taps and crossings touch. Runs after the fence evaluator."""

    name = "patrol"

    def evaluate(self, conn: Connection[Any], readings: Readings, now: datetime) -> Sequence[Event]:
        events, touched = _checkins(conn, readings.checkins)
        touched += conn.execute(QUERIES["fresh_crossings"]).fetchall()
        if touched:
            given = {"point_ids": [p for p, _ in touched], "ats": [at for _, at in touched]}
            rows = conn.execute(QUERIES["windows_about"], {**given, "now": now}).fetchall()
            events += _judge_windows(conn, [id_ for (id_,) in rows], now, QUERIES["hold_windows"])
        return events

    def forget(self) -> None:
        """Nothing is remembered between calls."""


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """Judge windows that are over, and open ones somebody stands in. Run it every few seconds.

    Idempotent; windows missed while everything was down are caught up from the data.
    """
    given = {
        "now": now,
        "oldest": now - BACK_MAX,
        "reopened": now - REOPENED,
        "unjudged_since": _unjudged_since(conn) or datetime.max.replace(tzinfo=UTC),
        "limit": DUE_AT_ONCE,
    }
    ids = [id_ for (id_,) in conn.execute(QUERIES["due"], given)]
    ids += [id_ for (id_,) in conn.execute(QUERIES["open_with_stay"], {"now": now})]
    return _judge_windows(conn, ids, now, QUERIES["hold_windows_free"])


def verdicts(
    conn: Connection[Any], viewer: Viewer, window_id: int, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """All versions of a window's verdict known at `as_of`, oldest first; [] out of scope."""
    given = {"window_id": window_id, "org_ids": list(viewer.org_ids), "as_of": as_of}
    cursor = conn.execute(QUERIES["as_of"], given)
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _checkins(
    conn: Connection[Any], checkins: Sequence[Checkin]
) -> tuple[list[Event], list[tuple[int, datetime]]]:
    """An event for each check-in not told before, and (point, time) of those at a point."""
    if not checkins:
        return [], []
    tags = [one.tag for one in checkins if one.tag]
    points = dict(conn.execute(QUERIES["points_of_tags"], {"tags": tags}).fetchall())
    given = {
        "nos": [one.stamp.device_no for one in checkins],
        "ats": [from_ms(one.stamp.at_ms) for one in checkins],
    }
    told = set(conn.execute(QUERIES["told_checkins"], given).fetchall())
    events, touched = [], []
    for one in checkins:
        at, stamp = from_ms(one.stamp.at_ms), one.stamp
        point_id = points.get(one.tag)
        if point_id is not None:
            touched.append((point_id, at))
        if (stamp.device_no, at, stamp.seq) in told:
            continue
        told.add((stamp.device_no, at, stamp.seq))
        said = {
            "device_no": stamp.device_no,
            "at": at.isoformat(),
            "seq": stamp.seq,
            "method": one.method,
            "tag": one.tag,
            "point_id": point_id,
        }
        actor = f"device:{stamp.device_id}"
        events.append(
            Event(
                "checkin.recorded",
                at,
                stamp.org_id,
                {"checkin": said},
                device_no=stamp.device_no,
                actor=actor,
            )
        )
    return events, touched


def _judge_windows(
    conn: Connection[Any], ids: Sequence[int], now: datetime, hold: Any
) -> list[Event]:
    """Judge each window; a verdict that says nothing new is not written."""
    if not ids:
        return []
    held = [
        _Held(Window(row[0], *row[2:9]), row[1], row[10])
        for row in conn.execute(hold, {"ids": sorted(set(ids))}).fetchall()
    ]
    if not held:
        return []
    ids = [one.window.id for one in held]
    current = {
        row[0]: (row[1], Verdict(row[2], tuple(row[3]), row[4], row[5]))
        for row in conn.execute(QUERIES["current"], {"ids": ids})
    }
    taps: dict[int, list[Tap]] = {}
    for window_id, *columns in conn.execute(QUERIES["taps"], {"ids": ids}):
        taps.setdefault(window_id, []).append(Tap(*columns))
    changed = []
    behind = _unjudged_since(conn)
    for one in held:
        version, before = current.get(one.window.id, (0, None))
        stays = _stays(conn, one) if one.window.min_dwell_s else []
        spans = unheard(one.window, _alive(conn, one.window))
        verdict = judge(
            one.window, taps.get(one.window.id, []), stays, spans, now, unjudged_since=behind
        )
        if verdict is None and before is not None and before.result == ON_TIME:
            verdict = reopened(one.window, spans)
        if verdict is None or (before is not None and same(before, verdict)):
            continue
        _add(conn, one.window.id, version + 1, verdict)
        changed.append(one.window.id)
    shapes = conn.execute(QUERIES["window_shapes"], {"ids": changed}).fetchall()
    return [Event("window.judged", now, org, {"window": shape}) for _, org, shape in shapes]


def _stays(conn: Connection[Any], held: _Held) -> list[Stay]:
    """Pair entered and left; a stay without an end lasts to its last fix inside."""
    window = held.window
    rows = conn.execute(
        QUERIES["crossings"],
        {
            "fence_ids": [held.fence_id],
            "from_at": window.opens_at - STAY_MAX,
            "to_at": window.closes_at + STAY_MAX,
        },
    ).fetchall()
    stays, open_since = [], dict[int, datetime]()
    for _, device_no, kind, at in rows:
        if kind == "entered":
            open_since[device_no] = at
        elif device_no in open_since:
            stays.append(Stay(device_no, open_since.pop(device_no), at))
    for device_no, entered_at in open_since.items():
        if entered_at <= window.closes_at:
            until = _last_inside(conn, held, device_no, entered_at)
            stays.append(Stay(device_no, entered_at, until))
    return stays


def _last_inside(
    conn: Connection[Any], held: _Held, device_no: int, entered_at: datetime
) -> datetime:
    window = held.window
    plan = plan_of(Circle(window.lon_deg, window.lat_deg, window.radius_m))
    given = {"device_no": device_no, "from_at": entered_at, "to_at": window.closes_at}
    for at, lon, lat in conn.execute(QUERIES["fixes_since"], given):
        east_m, north_m = plan.xy(lon, lat)
        if east_m * east_m + north_m * north_m <= window.radius_m**2:
            found: datetime = at
            return found
    return entered_at


def _unjudged_since(conn: Connection[Any]) -> datetime | None:
    row = conn.execute(QUERIES["unjudged_since"]).fetchone()
    assert row is not None
    since: datetime | None = row[0]
    return since


def _alive(conn: Connection[Any], window: Window) -> dict[int, list[Span]]:
    spans: dict[int, list[Span]] = {}
    given = {"from_at": window.opens_at - SESSIONS_HEARD, "to_at": window.due_at}
    for session_no, started_at, seen_at in conn.execute(QUERIES["alive"], given):
        spans.setdefault(session_no, []).append((started_at, seen_at))
    return spans


def _add(conn: Connection[Any], window_id: int, version: int, verdict: Verdict) -> None:
    conn.execute(
        QUERIES["add"],
        {
            "window_id": window_id,
            "version": version,
            "result": verdict.result,
            "rule": verdict.rule,
            "reasons": Jsonb(list(verdict.reasons)),
            "evidence": Jsonb(verdict.evidence),
            "observed_share": verdict.observed_share,
        },
    )
