"""A text from the desk to devices in the field, on their `command` channel."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from psycopg import Connection
from psycopg.types.json import Jsonb

from core.db import execute_all
from core.errors import Forbidden, Invalid
from core.events import Event
from core.sql import load_queries
from core.values import Role, Viewer, to_ms
from dispatch.assignments_io import NoSuchUnit
from dispatch.units import TAKES_TASKS

QUERIES = load_queries("dispatch", "messages.sql")
UNITS_MAX: Final = 500


def send_text(
    conn: Connection[Any], viewer: Viewer, device_ids: Sequence[str], text: str, now: datetime
) -> tuple[list[str], list[Event]]:
    """Queue it for each; returns the ids it goes to. One unit that is not the viewer's stops all.

    Raises Forbidden, Invalid, NoSuchUnit.
    """
    if not viewer.may(Role.SQUAD):
        raise Forbidden("Your role may look at units but not write to them.")
    wanted = sorted(set(device_ids))
    if not 0 < len(wanted) <= UNITS_MAX:
        raise Invalid(f"A message goes to 1 to {UNITS_MAX} units; got {len(wanted)}.")
    if not text.strip():
        raise Invalid("Say something: the message is empty.")
    given = {"ids": wanted, "org_ids": list(viewer.org_ids), "kinds": sorted(TAKES_TASKS)}
    rows = conn.execute(QUERIES["units"], given).fetchall()
    missing = sorted(set(wanted) - {id_ for _, id_, _, _ in rows})
    if missing:
        raise NoSuchUnit(f"No unit {missing[0]}, not within your organisation, or it cannot read.")
    body = Jsonb({"type": "text", "text": text, "from": viewer.login, "at": to_ms(now)})
    messages = [
        {"device_no": no, "org_id": org_id, "body": body, "now": now} for no, _, org_id, _ in rows
    ]
    execute_all(conn, QUERIES["queue"], messages)
    events = [
        Event("message.sent", now, org_id, {"text": text, "device_id": id_, "name": name}, no,
              actor=viewer.login)
        for no, id_, org_id, name in rows
    ]  # fmt: skip
    return [id_ for _, id_, _, _ in rows], events
