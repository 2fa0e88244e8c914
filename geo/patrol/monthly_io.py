"""The monthly report: assembled, exported, and frozen as it was reported."""

import io
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

import core.tables
from core.errors import NotFound
from core.events import Event
from core.sql import load_queries
from core.values import OrgId, Role, Viewer
from geo.patrol import rates_io
from geo.patrol.monthly import WORST, Table, span_of, tables
from geo.patrol.results import MEANINGS, Presence, Result
from geo.patrol.windows import LOCAL

QUERIES = load_queries("geo.patrol", "monthly.sql")
LISTED_MAX: Final = 5_000
FROZEN_ON_DAY: Final = 5  # of the next month (domain reference A97)
Shape = dict[str, Any]


def monthly(
    conn: Connection[Any], viewer: Viewer, month: str, org_id: int | None, as_of: datetime
) -> Shape:
    """The report of an organisation (the viewer's own, unless named). Raises Invalid, NotFound."""
    org_id = viewer.org_id if org_id is None else org_id
    since, until = span_of(month)
    name = _org(conn, viewer, org_id)
    ids = rates_io.scope(conn, viewer, org_id)
    given = {"since": since, "until": until, "as_of": as_of, "org_ids": ids}
    found = {
        by: rates_io.rates(conn, viewer, since, until, by=by, as_of=as_of, org_id=org_id)
        for by in ("squad", "point", "officer")
    }
    frozen = _rows(conn, "frozen", {"org_id": org_id, "month": since.date()})
    report = {
        "month": month,
        "org_id": org_id,
        "org": name,
        "from": since,
        "to": until,
        "as_of": as_of,
        "total": found["squad"]["total"],
        "by_squad": sorted(found["squad"]["items"], key=_worst, reverse=True),
        "worst_points": sorted(found["point"]["items"], key=_worst)[:WORST],
        "by_officer": found["officer"]["items"],
        "missed": _windows(conn, given, Presence.ABSENT),
        "unknown": _windows(conn, given, Presence.UNKNOWN),
        "appeals": _rows(conn, "appeals", given),
        "marks": _rows(conn, "marks", given),
        "coverage": _rows(conn, "coverage", given),
    }
    return {**report, "frozen": _since_frozen(report, frozen[0]) if frozen else None}


def freeze(
    conn: Connection[Any], viewer: Viewer, month: str, org_id: int | None, now: datetime
) -> tuple[Shape, list[Event]]:
    """Keep the report as it stands; another freeze is another version, and both stay."""
    report = monthly(conn, viewer, month, org_id, now)
    row = conn.execute(
        QUERIES["freeze"],
        {
            "org_id": report["org_id"],
            "month": report["from"].date(),
            "body": Jsonb(json.loads(json.dumps({**report, "frozen": None}, default=str))),
            "now": now,
            "login": viewer.login,
        },
    ).fetchone()
    assert row is not None
    said = {"org_id": report["org_id"], "month": month, "version": row[0]}
    event = Event("report.frozen", now, report["org_id"], {"report": said}, actor=viewer.login)
    return said, [event]


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """From the fifth on, last month is frozen for every organisation; one a turn."""
    local = now.astimezone(LOCAL)
    if local.day < FROZEN_ON_DAY:
        return []
    last = local.replace(day=1) - timedelta(days=1)
    month = f"{last:%Y-%m}"
    since, until = span_of(month)
    given = {"month": since.date(), "since": since, "until": until}
    row = conn.execute(QUERIES["unfrozen"], given).fetchone()
    if row is None:
        return []
    orgs = frozenset(OrgId(id_) for (id_,) in conn.execute(rates_io.QUERIES["all_orgs"]))
    _, events = freeze(conn, Viewer("system", Role.ADMIN, row[0], orgs), month, row[0], now)
    return events


# ── exports ────────────────────────────────────────────────────────────────


def as_csv(report: Shape, language: str) -> str:
    """Every table, one after the other, with its title before it."""
    rows: list[Sequence[Any]] = []
    for table in tables(report, language):
        rows += [[table.title], table.header, *table.rows, []]
    return core.tables.as_csv(rows)


def as_xlsx(report: Shape, language: str) -> bytes:
    """A sheet a table: header in bold and frozen, columns as wide as they need to be."""
    book = Workbook(write_only=True)
    for table in tables(report, language):
        sheet = book.create_sheet(table.title[:31])
        sheet.freeze_panes = "A2"
        for place, width in enumerate(_widths(table)):
            sheet.column_dimensions[chr(ord("A") + place) if place < 26 else "AA"].width = width
        head = [WriteOnlyCell(sheet, value=name) for name in table.header]
        for cell in head:
            cell.font = Font(bold=True)
        sheet.append(head)
        for row in table.rows:
            sheet.append([core.tables.harmless(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _widths(table: Table) -> Sequence[int]:
    rows = (table.header, *table.rows[:200])
    return [
        min(60, 2 + max(_width(row[place]) for row in rows)) for place in range(len(table.header))
    ]


def _width(cell: Any) -> int:
    return sum(2 if ord(char) > 255 else 1 for char in str(cell if cell is not None else ""))


# ── parts ──────────────────────────────────────────────────────────────────


def _windows(conn: Connection[Any], given: Shape, presence: Presence) -> list[Shape]:
    results = [str(result) for result in Result if MEANINGS[result].presence is presence]
    return _rows(conn, "windows_of", {**given, "results": results, "limit": LISTED_MAX})


def _worst(one: Shape) -> float:
    value = one["figures"]["completion"]["value"]
    return 2.0 if value is None else float(value)


def _since_frozen(report: Shape, frozen: Shape) -> Shape:
    """What was reported, and how the figures moved since."""
    before, now = frozen["body"]["total"]["figures"], report["total"]["figures"]
    moved = {
        name: {"then": before[name], "now": now[name]}
        for name in now
        if (before[name]["numerator"], before[name]["denominator"])
        != (now[name]["numerator"], now[name]["denominator"])
    }
    return {
        "version": frozen["version"],
        "known_at": frozen["known_at"],
        "frozen_by": frozen["frozen_by"],
        "moved": moved,
    }


def _org(conn: Connection[Any], viewer: Viewer, org_id: int) -> str:
    given = {"org_id": org_id, "org_ids": list(viewer.org_ids)}
    row = conn.execute(QUERIES["org"], given).fetchone()
    if row is None:
        raise NotFound(f"There is no organisation {org_id} within yours.")
    return str(row[0])


def _rows(conn: Connection[Any], query: str, given: Shape) -> list[Shape]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(QUERIES[query], given).fetchall()
