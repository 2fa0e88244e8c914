"""Keep the present of every unit, and notice when one falls silent."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core import limits
from core.errors import NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Viewer, from_ms
from devices.readings import Readings, Status
from dispatch.units import (
    LINK_REASONS,
    LINK_RULES,
    Link,
    LinkState,
    Newest,
    Receipt,
    Silence,
    columns,
    hear,
    judge_silence,
    newest,
    rare_rows,
    receipts_of,
)

QUERIES = load_queries("dispatch", "units.sql")

Shape = dict[str, Any]


class NoSuchUnit(NotFound):
    """No such unit, or not within your organisation."""


class UnitEvaluator:
    """Last position, last status, link: by observed time, whatever the order of arrival."""

    name = "units"

    def evaluate(
        self,
        conn: Connection[Any],
        readings: Readings,
        now: datetime,
    ) -> Sequence[Event]:
        """Silent for readings judged before; else one event for each link that changed.

        A link that broke and came back within one call is not told twice.
        """
        wills = _wills(readings.statuses)
        rows = np.concatenate([readings.positions, rare_rows(readings)])
        found = newest(rows)
        if not len(found.device_no):
            return []
        before = _links(conn, found, wills)
        conn.execute(QUERIES["hear"], columns(rows, found))
        _report(conn, readings.statuses)
        after = {
            no: hear(state, receipts_of(no, state, rows, found, wills.get(no, [])))
            for no, state in before.items()
        }
        return _relink(conn, before, after)

    def forget(self) -> None:
        """Nothing is kept between calls."""


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """Judge silence as of `now`. Changes nothing for parts whose ingest is not alive."""
    with conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            QUERIES["quiet"],
            {
                "now": now,
                "alive_after": now - timedelta(seconds=limits.HEARTBEAT_MISSED_S),
                "stale": timedelta(seconds=LINK_RULES.stale_periods),
            },
        )
        rows = cursor.fetchall()
    before, after = {}, {}
    for row in rows:
        state = LinkState(Link(row["link"]), row["reason"], row["since"], row["heard_at"])
        before[row["device_no"]] = state
        after[row["device_no"]] = judge_silence(
            Silence(
                state,
                row["kind"],
                row["reported"],
                row["dock"],
                row["period_s"],
                row["listening_since"],
                row["until"],
            )
        )
    return _relink(conn, before, after)


def list_units(
    conn: Connection[Any], viewer: Viewer, after: int, limit: int
) -> list[tuple[int, Shape]]:
    """(device_no, shape) above `after`, in order of device_no."""
    return conn.execute(
        QUERIES["page"], {"org_ids": list(viewer.org_ids), "after": after, "limit": limit}
    ).fetchall()


def unit_by_id(conn: Connection[Any], viewer: Viewer, device_id: str) -> Shape:
    """Raises NotFound, also for a unit of another organisation."""
    row = conn.execute(
        QUERIES["by_device_id"], {"device_id": device_id, "org_ids": list(viewer.org_ids)}
    ).fetchone()
    if row is None:
        raise NoSuchUnit(f"No unit {device_id}, or not within your organisation.")
    shape: Shape = row[0]
    return shape


def shapes_of(conn: Connection[Any], device_nos: Sequence[int]) -> dict[int, Shape]:
    """Shapes by device_no; revoked devices have none. For callers that settled the scope."""
    rows = conn.execute(QUERIES["shapes"], {"device_nos": list(device_nos)}).fetchall()
    return dict(rows)


def _wills(statuses: Iterable[Status]) -> dict[int, list[Receipt]]:
    found: dict[int, list[Receipt]] = defaultdict(list)
    for status in statuses:
        if status.will:
            found[status.stamp.device_no].append(
                Receipt(from_ms(status.stamp.received_ms), will=True)
            )
    return found


def _links(
    conn: Connection[Any], found: Newest, wills: dict[int, list[Receipt]]
) -> dict[int, LinkState]:
    with conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            QUERIES["links"],
            {"device_nos": found.device_no.tolist(), "lost_nos": list(wills)},
        )
        return {
            row["device_no"]: LinkState(
                Link(row["link"]), row["reason"], row["since"], row["heard_at"]
            )
            for row in cursor
        }


def _report(conn: Connection[Any], statuses: Iterable[Status]) -> None:
    # A will tells of the connection, not of the unit: on duty stays on duty.
    newest_of: dict[int, Status] = {}
    for status in statuses:
        stamp = status.stamp
        known = newest_of.get(stamp.device_no)
        if not status.will and (
            known is None or (stamp.at_ms, stamp.seq) > (known.stamp.at_ms, known.stamp.seq)
        ):
            newest_of[stamp.device_no] = status
    if not newest_of:
        return
    ordered = [newest_of[no] for no in sorted(newest_of)]
    conn.execute(
        QUERIES["report"],
        {
            "device_no": [status.stamp.device_no for status in ordered],
            "at": [from_ms(status.stamp.at_ms) for status in ordered],
            "seq": [status.stamp.seq for status in ordered],
            "state": [status.state for status in ordered],
            "detail": [Jsonb(status.detail) for status in ordered],
        },
    )


def _relink(
    conn: Connection[Any], before: dict[int, LinkState], after: dict[int, LinkState]
) -> list[Event]:
    """Save the links that changed; events for those that changed in kind, not only in reason."""
    changed = [
        no
        for no in sorted(after)
        if replace(after[no], heard_at=None) != replace(before[no], heard_at=None)
    ]
    if not changed:
        return []
    saved = conn.execute(
        QUERIES["relink"],
        {
            "device_no": changed,
            "before": [before[no].link for no in changed],
            "before_since": [before[no].since for no in changed],
            "link": [after[no].link for no in changed],
            "reason": [after[no].reason for no in changed],
            "since": [after[no].since for no in changed],
        },
    ).fetchall()
    told = sorted(no for (no,) in saved if before[no].link is not after[no].link)
    shapes = shapes_of(conn, told)
    return [_event(after[no], no, shapes[no]) for no in told if no in shapes]


def _event(state: LinkState, device_no: int, shape: Shape) -> Event:
    assert state.since is not None
    assert state.reason is not None
    zh, en = LINK_REASONS[state.reason]
    reason = {"code": state.reason, "zh": zh, "en": en}
    body = {"unit": shape, "reason": reason}
    return Event(
        f"unit.{state.link}", state.since, shape["org_id"], body, device_no, actor="system"
    )
