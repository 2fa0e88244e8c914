"""EPCIS documents out of the ledger and into it."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row

from core.errors import AppError, Invalid
from core.events import Event
from core.values import Viewer
from geo.gas import imports_io
from geo.gas.epcis import Wrong, document, lines_of_document
from geo.gas.judgement_io import judge_cylinders
from geo.gas.ledger_io import QUERIES, declare, known, life, lock, of_declarations
from geo.gas.lines import id_of
from geo.patrol.imports import Refused, refused

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

    Neither a bad event nor a bad declaration loses a good one: each is a refused row.
    Raises Forbidden, Invalid.
    """
    try:
        lines, wrong = lines_of_document(said)
    except Refused as error:
        raise Invalid(str(error)) from None
    stored = imports_io.store(conn, viewer, lines, system=system, datum="wgs84", now=now,
                              of_a_ledger=True)  # fmt: skip
    report = stored.report
    bad = {row["row"] for row in report["refused"]}
    wrong = [one for one in wrong if one.no not in bad]
    # All at once and judged once: locks are taken in one order, whatever the document's is.
    codes = {event.code for event in stored.new} | _codes_of(conn, wrong, system)
    lock(conn, sorted(codes))
    declared, told, refusals = _declare(conn, viewer, wrong, system=system, now=now)
    events = [*stored.events, *told]
    if declared:
        events += judge_cylinders(conn, codes, now)
    else:
        events += imports_io.judge(conn, stored, now)
    report["refused"] = sorted([*report["refused"], *refusals], key=lambda row: row["row"])
    report["counts"]["refused"] += len(refusals)
    report["counts"]["declared"] = len(declared)
    return report, events


def _codes_of(conn: Connection[Any], wrong: Sequence[Wrong], system: str) -> set[str]:
    """Cylinders of the events that are said to be wrong, as far as they are known."""
    ids = []
    for one in wrong:
        with suppress(Refused):
            ids.append(id_of(one.event_id, system))
    return {event["code"] for event in known(conn, ids).values()}


def _declare(
    conn: Connection[Any], viewer: Viewer, wrong: Sequence[Wrong], *, system: str, now: datetime
) -> tuple[dict[UUID, str], list[Event], list[Shape]]:
    """Cylinders by the events that were declared, and a refused row for each that cannot be."""
    done: dict[UUID, str] = {}
    events: list[Event] = []
    refusals = []
    for one in wrong:
        try:
            event_id = id_of(one.event_id, system)
            others = [id_of(other, system) for other in one.corrected_by]
            if event_id not in done and _said_before(conn, viewer, event_id, one.reason, others):
                continue
            code, told = declare(conn, viewer, event_id, reason=one.reason, corrected_by=others,
                                 note="EPCIS", now=now)  # fmt: skip
        except (Refused, AppError) as error:
            refusals.append(asdict(refused(one.no, one.event_id[:200], error)))
            continue
        done[event_id] = code
        events += told
    return done, events, refusals


def _said_before(
    conn: Connection[Any], viewer: Viewer, event_id: UUID, reason: str, others: Sequence[UUID]
) -> bool:
    """In the same words; in others it cannot be said again."""
    if not of_declarations(conn, [event_id]):
        return False
    event = known(conn, [event_id])[event_id]
    if not viewer.sees(event["org_id"]):
        return False
    (stands,) = (one for one in life(conn, viewer, event["code"]) if one["event_id"] == event_id)
    return (stands["declared"], set(stands["corrected_by"])) == (reason, set(others))
