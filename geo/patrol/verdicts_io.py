"""Verdicts on patrol windows: judged when evidence comes, and by the clock when none does."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString

import numpy as np
from psycopg import Connection
from psycopg.types.json import Jsonb

from core.events import Event
from core.sql import load_queries
from core.values import Viewer, from_ms, to_ms
from devices.readings import Positions, Readings
from geo.patrol.evidence import Verdict, Window, same
from geo.patrol.evidence_io import Held, Loaded, held, load_evidence
from geo.patrol.order import in_order
from geo.patrol.results import Result, rests_on_something
from geo.patrol.rules_io import Rules, load_rules
from geo.patrol.verdicts import judge, reopened
from geo.patrol.windows import BACK_MAX

QUERIES = load_queries("geo.patrol", "verdicts.sql")
AT_ONCE: Final = 500
LATE_MS: Final = 60_000  # what is younger comes before any window that rests on it is settled
LOOK_AGAIN: Final = timedelta(seconds=10)  # at a window that waits for an offline terminal


class PatrolEvaluator:
    """Judges the windows that check-ins and crossings touch; marks those that late telemetry
    touches. Runs after the fence and the proof evaluators."""

    name = "patrol"

    def evaluate(self, conn: Connection[Any], readings: Readings, now: datetime) -> Sequence[Event]:
        touched = conn.execute(QUERIES["fresh_crossings"]).fetchall()
        if readings.checkins:
            keys = [one.stamp for one in readings.checkins]
            given = {
                "nos": [key.device_no for key in keys],
                "ats": [from_ms(key.at_ms) for key in keys],
                "seqs": [key.seq for key in keys],
            }
            touched += conn.execute(QUERIES["fresh_proofs"], given).fetchall()
        _mark_late(conn, readings, now)
        if not touched:
            return []
        about = {"point_ids": [p for p, _ in touched], "ats": [at for _, at in touched], "now": now}
        ids = [id_ for (id_,) in conn.execute(QUERIES["windows_about"], about)]
        return judge_windows(conn, ids, now)

    def forget(self) -> None:
        """Nothing is remembered between calls."""


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """Judge windows that are over, that changed underneath, and open ones somebody stands in.

    Idempotent; windows missed while everything was down are caught up from the data. Run it
    every second.
    """
    given = {
        "now": now,
        "oldest": now - BACK_MAX,
        "unjudged_since": _unjudged_since(conn) or datetime.max.replace(tzinfo=UTC),
        "limit": AT_ONCE,
    }
    ids = [id_ for (id_,) in conn.execute(QUERIES["due"], given)]
    ids += [id_ for (id_,) in conn.execute(QUERIES["open_with_stay"], {"now": now})]
    ids += [id_ for (id_,) in conn.execute(QUERIES["dirty"], {"limit": AT_ONCE})]
    return judge_windows(conn, ids, now, hold=QUERIES["hold_windows_free"])


def judge_windows(
    conn: Connection[Any],
    ids: Sequence[int],
    now: datetime,
    *,
    hold: LiteralString = QUERIES["hold_windows"],
) -> list[Event]:
    """Judge each window; a verdict that says nothing new is not written."""
    windows = hold_windows(conn, ids, hold)
    if not windows:
        return []
    rules, behind = load_rules(conn), _unjudged_since(conn)
    loaded = load_evidence(conn, windows, now, rules, behind)
    verdicts = verdicts_of(windows, loaded, now, rules)
    held_ids = [one.window.id for one in windows]
    current = _current(conn, held_ids)
    changed = []
    for one in windows:
        window = one.window
        version, before = current.get(window.id, (0, None))
        verdict = verdicts[window.id]
        if verdict is None and before is not None and rests_on_something(before.result):
            verdict = reopened(window, loaded.evidence[window.id], rules.at(window.opens_at))
        if verdict is None or (before is not None and same(before, verdict)):
            continue
        _add(conn, window.id, version + 1, verdict)
        changed.append(window.id)
    _settle(conn, windows, verdicts, loaded, now)
    conn.execute(QUERIES["clean"], {"ids": held_ids})
    shapes = conn.execute(QUERIES["window_shapes"], {"ids": changed}).fetchall()
    return [Event("window.judged", now, org, {"window": shape}) for _, org, shape in shapes]


def hold_windows(conn: Connection[Any], ids: Sequence[int], hold: LiteralString) -> list[Held]:
    """Lock them, and the other stops of their walks."""
    if not ids:
        return []
    mine = conn.execute(hold, {"ids": with_walks(conn, ids)}).fetchall()
    return look_at(conn, [id_ for (id_,) in mine])


def with_walks(conn: Connection[Any], ids: Sequence[int]) -> list[int]:
    """These windows and the other stops of their walks along ordered routes."""
    rows = conn.execute(QUERIES["with_rounds"], {"ids": sorted(set(ids))})
    return [id_ for (id_,) in rows]


def look_at(conn: Connection[Any], ids: Sequence[int]) -> list[Held]:
    """Windows as they are judged, without a lock."""
    return [held(row) for row in conn.execute(QUERIES["windows"], {"ids": list(ids)})]


def verdicts_of(
    windows: Sequence[Held], loaded: Loaded, now: datetime, rules: Rules
) -> dict[int, Verdict | None]:
    """By window, the order of routes included."""
    found = {
        one.window.id: judge(
            one.window, loaded.evidence[one.window.id], now, rules.at(one.window.opens_at)
        )
        for one in windows
    }
    rounds: dict[str, list[Window]] = {}
    for one in windows:
        if one.window.round is not None and one.window.route_order != "free":
            rounds.setdefault(one.window.round, []).append(one.window)
    for walk in rounds.values():
        pairs = [(window, found[window.id]) for window in walk]
        ordered = in_order(pairs, rules.at(walk[0].opens_at))
        found.update(zip((window.id for window in walk), ordered, strict=True))
    return found


def verdicts(
    conn: Connection[Any], viewer: Viewer, window_id: int, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """All versions of a window's verdict known at `as_of`, oldest first; [] out of scope."""
    given = {"window_id": window_id, "org_ids": list(viewer.org_ids), "as_of": as_of}
    cursor = conn.execute(QUERIES["as_of"], given)
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _mark_late(conn: Connection[Any], readings: Readings, now: datetime) -> None:
    """Windows settled without what comes only now are to be judged again."""
    latest_ms = to_ms(now) - LATE_MS
    spans = _spans(readings.positions[readings.positions["at_ms"] < latest_ms])
    for values in readings.rare():
        for one in values:
            if one.stamp.at_ms < latest_ms:
                spans.setdefault(one.stamp.device_no, []).append(one.stamp.at_ms)
    if spans:
        given = {
            "nos": list(spans),
            "froms": [min(times) for times in spans.values()],
            "tos": [max(times) for times in spans.values()],
        }
        conn.execute(QUERIES["rested_on"], given)


def _spans(positions: Positions) -> dict[int, list[int]]:
    """From when to when the positions of each device are, in ms."""
    if not len(positions):
        return {}
    order = np.argsort(positions["device_no"], kind="stable")
    nos, at_ms = positions["device_no"][order], positions["at_ms"][order]
    starts = np.flatnonzero(np.r_[True, nos[1:] != nos[:-1]])
    first, last = np.minimum.reduceat(at_ms, starts), np.maximum.reduceat(at_ms, starts)
    return {
        no: [a, b]
        for no, a, b in zip(nos[starts].tolist(), first.tolist(), last.tolist(), strict=True)
    }


def _settle(
    conn: Connection[Any],
    windows: Sequence[Held],
    verdicts: dict[int, Verdict | None],
    loaded: Loaded,
    now: datetime,
) -> None:
    """Windows over and judged are settled; one that waits for an upload is looked at again."""
    over = [one.window.id for one in windows if now > one.window.settles_at]
    judged = {id_: found for id_ in over if (found := verdicts[id_]) is not None}
    conn.execute(QUERIES["unsettle"], {"ids": [i for i in loaded.evidence if i not in judged]})
    waiting = {id_ for id_, one in judged.items() if one.result is Result.PENDING_OFFLINE}
    if waiting:
        conn.execute(QUERIES["wait"], {"ids": list(waiting), "at": now + LOOK_AGAIN})
    conn.execute(
        QUERIES["settle"], {"ids": [i for i in judged if i not in set(waiting)], "now": now}
    )
    rests = [(id_, reach) for id_ in judged for reach in loaded.rests.get(id_, ())]
    for chunk in _without_twins(rests):
        conn.execute(
            QUERIES["rest"],
            {
                "window_ids": [id_ for id_, _ in chunk],
                "nos": [reach.device_no for _, reach in chunk],
                "froms": [reach.from_at for _, reach in chunk],
                "tos": [reach.to_at for _, reach in chunk],
            },
        )


def _without_twins(rests: Sequence[tuple[int, Any]]) -> list[list[tuple[int, Any]]]:
    """One statement may touch a row once: a device's spans of one window go one by one."""
    layers: list[dict[tuple[int, int], tuple[int, Any]]] = []
    for id_, reach in rests:
        key = (id_, reach.device_no)
        layer = next((one for one in layers if key not in one), None)
        if layer is None:
            layer = {}
            layers.append(layer)
        layer[key] = (id_, reach)
    return [list(layer.values()) for layer in layers]


def _unjudged_since(conn: Connection[Any]) -> datetime | None:
    row = conn.execute(QUERIES["unjudged_since"]).fetchone()
    assert row is not None
    since: datetime | None = row[0]
    return since


def _current(conn: Connection[Any], ids: Sequence[int]) -> dict[int, tuple[int, Verdict]]:
    """Version and verdict by window."""
    found = {}
    for id_, version, result, reasons, *more in conn.execute(QUERIES["current"], {"ids": ids}):
        found[id_] = (version, Verdict(Result(result), tuple(reasons), *more))
    return found


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
            "verified": verdict.verified,
            "level": verdict.level,
            "device_no": verdict.device_no,
            "proved_at": verdict.proved_at,
        },
    )
