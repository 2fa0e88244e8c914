"""Cylinder events in and out of the database: as columns for the rules, as rows for people.

Facts are added, never changed: what was written down wrongly is declared so, and judged without.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import numpy as np
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Role, Viewer
from geo.gas.history import EVENT_DTYPE, Events, Ints
from geo.gas.lines import GasEvent
from geo.wire_arrays import EPOCH_2000_MS, column

QUERIES = load_queries("geo.gas", "ledger.sql")
Shape = dict[str, Any]
# As the queries have them, after the event's id.
_COLUMNS: Final = [name for name in EVENT_DTYPE.names or () if name not in ("id_high", "id_low")]
_TIMES: Final = ("at", "received")


class NoSuchCylinder(NotFound):
    """No such cylinder, or nothing of it within your organisation."""


def lock(conn: Connection[Any], codes: Sequence[str]) -> dict[int, str]:
    """Before anything of these cylinders is read that is to be judged; codes by their numbers."""
    found = conn.execute(QUERIES["lock"], {"codes": list(codes)})
    return {key: code for key, code, _ in found}


def keys_of(conn: Connection[Any], names: Iterable[str]) -> list[int]:
    """The number of each name, as the events' columns have it."""
    return [no for (no,) in conn.execute(QUERIES["keys"], {"names": list(names)})]


def load(conn: Connection[Any], keys: Iterable[int]) -> Events:
    """Everything told of these cylinders that was not declared wrong, in no order."""
    return _loaded(conn, "of_cylinders", {"keys": list(keys)})


def load_share(conn: Connection[Any], share: int, shares: int) -> Events:
    """The same of one share of all cylinders."""
    return _loaded(conn, "of_share", _range(share, shares))


def _range(share: int, shares: int) -> Shape:
    """Of the numbers of names, which are hashes."""
    width = 2**64 // shares
    low = -(2**63) + share * width
    return {"low": low, "high": 2**63 - 1 if share == shares - 1 else low + width - 1}


def _loaded(conn: Connection[Any], which: str, given: Shape) -> Events:
    query = QUERIES["columns"] + "\n" + QUERIES[which]
    with conn.cursor(binary=True) as cursor:
        found = cursor.execute(query, given).pgresult
        assert found is not None
        raw = [found.get_value(0, no) for no in range(found.nfields)]
    if raw[0] is None:
        return np.empty(0, EVENT_DTYPE)
    ids = np.ascontiguousarray(column(raw[0], "V16")).view(">i8").reshape(-1, 2)
    events = np.empty(len(ids), EVENT_DTYPE)
    events["id_high"], events["id_low"] = ids[:, 0], ids[:, 1]
    for name, one in zip(_COLUMNS, raw[1:], strict=True):
        values = column(one, ">i8")
        events[name] = values // 1000 + EPOCH_2000_MS if name in _TIMES else values
    return events


def ids_of(events: Events, rows: Ints) -> list[UUID]:
    mask = 2**64 - 1
    return [
        UUID(int=(int(high) & mask) << 64 | int(low) & mask)
        for high, low in zip(events["id_high"][rows], events["id_low"][rows], strict=True)
    ]


# ── in ─────────────────────────────────────────────────────────────────────


def add(
    conn: Connection[Any], events: Sequence[GasEvent], *, org_id: int, source: str, now: datetime
) -> list[bool]:
    """Store what a gas centre or a person told; for each whether it is new."""
    given = {
        "now": now, "org_id": org_id, "source": source,
        "event_ids": [one.event_id for one in events], "ats": [one.at for one in events],
        "types": [one.type for one in events], "codes": [one.code for one in events],
        "details": [Jsonb(one.detail) for one in events],
    }  # fmt: skip
    fresh = {id_ for (id_,) in conn.execute(QUERIES["add"], given)}
    return [one.event_id in fresh for one in events]


def known(conn: Connection[Any], event_ids: Iterable[UUID]) -> dict[UUID, Shape]:
    """What stands under these ids."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(QUERIES["known"], {"event_ids": list(event_ids)})
        return {row["event_id"]: row for row in rows}


def of_declarations(conn: Connection[Any], event_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these were declared wrong."""
    given = {"event_ids": list(event_ids)}
    return {id_ for (id_,) in conn.execute(QUERIES["declared"], given)}


def declare(
    conn: Connection[Any], viewer: Viewer, event_id: UUID, *,
    reason: Literal["did_not_occur", "incorrect_data"], corrected_by: Sequence[UUID], note: str,
    now: datetime,
) -> tuple[str, list[Event]]:  # fmt: skip
    """Say that a record is wrong, and which ones stand in its place; returns the cylinder's code.

    Said twice in the same words, it changes nothing.
    Raises Forbidden, NotFound, Invalid, Conflict.
    """
    found = known(conn, [event_id, *corrected_by])
    event = found.get(event_id)
    if event is None or not viewer.sees(event["org_id"]):
        raise NotFound("No such cylinder event, or not within your organisation.", id=str(event_id))
    if not viewer.may(Role.DISPATCHER):
        raise Forbidden("Only dispatchers and administrators declare records wrong.")
    if not note.strip():
        raise Invalid("Say in a note why the record is wrong.")
    for other in corrected_by:
        if found.get(other, {}).get("code") != event["code"] or other == event_id:
            raise Invalid(f"{other} is no other event of cylinder {event['code']}.")
    given = {"event_id": event_id, "reason": reason, "corrected_by": list(corrected_by),
             "note": note.strip(), "now": now, "by": viewer.login}  # fmt: skip
    lock(conn, [event["code"]])
    if conn.execute(QUERIES["declare"], given).fetchone() is None:
        raise Conflict(f"Event {event_id} was declared wrong before.")
    body = {"code": event["code"], "event_id": str(event_id), "reason": reason,
            "corrected_by": [str(one) for one in corrected_by], "note": note.strip()}  # fmt: skip
    told = Event("gas.declared", now, event["org_id"], body, actor=viewer.login)
    return event["code"], [told]


# ── out ────────────────────────────────────────────────────────────────────


def life(conn: Connection[Any], viewer: Viewer, code: str) -> list[Shape]:
    """Raises NotFound."""
    with conn.cursor(row_factory=dict_row) as cursor:
        given = {"code": code, "org_ids": list(viewer.org_ids)}
        found = cursor.execute(QUERIES["events"], given).fetchall()
    if not found:
        raise NoSuchCylinder(code=code)
    return found


def names_of(conn: Connection[Any], keys: Iterable[int]) -> dict[int, str]:
    return dict(conn.execute(QUERIES["names_of"], {"keys": list(keys)}).fetchall())


def cylinders_of_users(conn: Connection[Any], keys: Iterable[int]) -> list[int]:
    given = {"keys": list(keys)}
    return [key for (key,) in conn.execute(QUERIES["cylinders_of_users"], given)]


def user_names(conn: Connection[Any], keys: Iterable[int]) -> dict[int, str]:
    return dict(conn.execute(QUERIES["user_names"], {"keys": list(keys)}).fetchall())


def named_by_declared(conn: Connection[Any], keys: Iterable[int]) -> list[tuple[int, int, int]]:
    """(user, courier, local day) of what was declared wrong of these cylinders; 0: nobody."""
    return conn.execute(QUERIES["named_by_declared"], {"keys": list(keys)}).fetchall()


def people_of_share(
    conn: Connection[Any], share: int, shares: int, since: datetime
) -> tuple[list[str], list[str]]:
    """Users of one share of all, and the days from a moment on of couriers of it, as `key/day`."""
    given = {**_range(share, shares), "since": since}
    users = [key for (key,) in conn.execute(QUERIES["users_between"], given)]
    return users, [key for (key,) in conn.execute(QUERIES["courier_days_between"], given)]


def courier_names(conn: Connection[Any], keys: Iterable[int]) -> dict[int, str]:
    return dict(conn.execute(QUERIES["courier_names"], {"keys": list(keys)}).fetchall())


def deliveries_of(conn: Connection[Any], courier: int, since: datetime, until: datetime) -> Events:
    given = {"key": courier, "since": since, "until": until}
    return _loaded(conn, "of_deliveries", given)
