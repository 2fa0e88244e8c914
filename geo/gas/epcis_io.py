"""EPCIS documents out of the ledger and into it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from core.errors import Invalid
from core.events import Event
from core.values import Viewer
from geo.gas import imports_io
from geo.gas.epcis import document, lines_of_document
from geo.gas.judgement_io import judge_cylinders
from geo.gas.ledger_io import QUERIES, declare, known, of_declarations
from geo.patrol.imports import Refused

EVENTS_MAX: Final = 5_000
Shape = dict[str, Any]


def export(
    conn: Connection[Any], viewer: Viewer, since: datetime, until: datetime, *, code: str | None,
    now: datetime,
) -> Shape:  # fmt: skip
    """A document of the events of a span. Raises Invalid when there are too many."""
    given = {"org_ids": list(viewer.org_ids), "since": since, "until": until, "code": code,
             "limit": EVENTS_MAX + 1}  # fmt: skip
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(QUERIES["export"], given).fetchall()
    if len(rows) > EVENTS_MAX:
        raise Invalid(f"More than {EVENTS_MAX:,} events. Ask for a shorter span or one cylinder.")
    return document(rows, now)


def capture(
    conn: Connection[Any], viewer: Viewer, said: Mapping[str, Any], *, system: str, now: datetime
) -> tuple[Shape, list[Event]]:
    """Take in a document: events like lines of a file, then its declarations of error.

    Raises Forbidden, Invalid.
    """
    try:
        lines, wrong = lines_of_document(said)
    except Refused as error:
        raise Invalid(str(error)) from None
    report, events = imports_io.take_in(conn, viewer, lines, system=system, datum="wgs84", now=now)
    stood = of_declarations(conn, [UUID(one["event_id"]) for one in wrong])
    fresh = [one for one in wrong if UUID(one["event_id"]) not in stood]
    here = known(conn, [UUID(one["event_id"]) for one in fresh])
    codes = set()
    for one in fresh:
        if UUID(one["event_id"]) in here and one["reason"] in ("did_not_occur", "incorrect_data"):
            code, told = declare(
                conn, viewer, UUID(one["event_id"]), reason=one["reason"],
                corrected_by=[UUID(id_) for id_ in one["corrected_by"]], note="EPCIS", now=now,
            )  # fmt: skip
            codes.add(code)
            events += told
    if codes:
        events += judge_cylinders(conn, codes, now)
    report["counts"]["declared"] = len(codes)
    return report, events
