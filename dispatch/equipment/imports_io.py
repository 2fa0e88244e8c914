"""A file of equipment: each row registers a thing, hands it out or takes it back, or is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from core.errors import AppError, Forbidden, Invalid
from core.events import Event
from core.values import Role, Viewer
from dispatch.equipment import ledger_io
from dispatch.equipment.assets import Move, Step
from dispatch.equipment.ledger_io import QUERIES, NewAsset, Which
from geo.patrol.imports import Outcome, Refused, refused, summary

Shape = dict[str, Any]
ROWS_MAX: Final = 20_000
_COLUMNS: Final = {
    "序列号": "serial", "编号": "serial", "类别": "kind", "型号": "model", "设备": "device_id",
    "单位": "org", "工号": "badge", "警号": "badge", "联网": "live",
}  # fmt: skip
_KINDS: Final = {"执法记录仪": "camera", "记录仪": "camera", "单兵": "terminal", "终端": "terminal",
                 "对讲机": "radio", "采集站": "dock", "采集工作站": "dock", "车辆": "vehicle",
                 "无人机": "drone", "背心": "vest"}  # fmt: skip
_NO: Final = ("0", "false", "no", "否", "仅采集站")


def take_in(
    conn: Connection[Any], viewer: Viewer, rows: Sequence[Mapping[str, Any]], *, dry_run: bool,
    now: datetime,
) -> tuple[Shape, list[Event]]:  # fmt: skip
    """Row by row; a bad one is refused by its number and the others are taken. Columns: serial,
    kind, model, device_id, org (name), badge of who has it (empty: it lies in the store), live.

    Returns {dry_run, counts, rows: [{row, action, name, zh, en, changes}]}. A file sent again
    changes nothing. Raises Forbidden, Invalid.
    """
    if not viewer.may(Role.DISPATCHER):
        raise Forbidden("Only dispatchers and administrators import equipment.")
    if not 0 < len(rows) <= ROWS_MAX:
        raise Invalid(f"A file has 1 to {ROWS_MAX} rows; got {len(rows)}. Split it.")
    with conn.cursor() as cursor:
        units = cursor.execute(QUERIES["units"], {"org_ids": list(viewer.org_ids)}).fetchall()
    orgs = {name: id_ for id_, name, _ in units}
    outcomes, events = [], []
    with conn.transaction(force_rollback=dry_run):
        for no, row in enumerate(rows, 1):
            said = _said(row)
            try:
                with conn.transaction():
                    outcome, told = _row(conn, viewer, said, no, orgs=orgs, now=now)
                events += told
            except (Refused, AppError) as error:
                outcome = refused(no, said.get("serial", ""), error)
            outcomes.append(outcome)
    report = {"dry_run": dry_run, "counts": summary(outcomes),
              "rows": [asdict(one) for one in outcomes]}  # fmt: skip
    return report, [] if dry_run else events


def _said(row: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for column, cell in row.items():
        name = str(column).strip()
        if cell is not None and str(cell).strip():
            text = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)
            found[_COLUMNS.get(name, name)] = text.strip()
    return found


def _row(
    conn: Connection[Any], viewer: Viewer, said: Mapping[str, str], no: int, *,
    orgs: Mapping[str, int], now: datetime,
) -> tuple[Outcome, list[Event]]:  # fmt: skip
    if "serial" not in said:
        raise Refused("缺少序列号 serial", "serial is missing: the number on the thing")
    if "org" in said and said["org"] not in orgs:
        raise Refused(f"没有单位“{said['org']}”", f"There is no organisation {said['org']!r}.")
    scope = {"serial": said["serial"], "org_ids": list(viewer.org_ids)}
    found = conn.execute(QUERIES["by_serial"], scope).fetchone()
    events: list[Event] = []
    if found is None:
        kind = _KINDS.get(said.get("kind", ""), said.get("kind", "camera"))
        live = said.get("live", "1").lower() not in _NO
        new = NewAsset(said["serial"], kind, said.get("model", ""), said.get("device_id"), live,
                       orgs.get(said.get("org", "")))  # fmt: skip
        shape, events = ledger_io.register(conn, viewer, new, now)
    else:
        which = Which(id=found[0])
        shape = ledger_io.list_assets(conn, viewer, which, after=0, limit=1)["items"][0]
    changed, more = _hand_over(conn, viewer, shape, said.get("badge"), now)
    action: Any = "created" if found is None else "changed" if changed else "unchanged"
    return Outcome(no, action, said["serial"], changed), [*events, *more]


def _hand_over(
    conn: Connection[Any], viewer: Viewer, shape: Shape, badge: str | None, now: datetime
) -> tuple[dict[str, tuple[Any, Any]], list[Event]]:
    """To whom the row says; a row without a badge says nothing of it."""
    if badge is None or shape["badge"] == badge:
        return {}, []
    events: list[Event] = []
    if shape["person_id"] is not None:
        _, events = ledger_io.move(conn, viewer, shape["id"], Step(Move.GIVE_BACK, now), now)
    _, more = ledger_io.move(conn, viewer, shape["id"], Step(Move.ISSUE, now), now, badge=badge)
    return {"badge": (shape["badge"], badge)}, [*events, *more]
