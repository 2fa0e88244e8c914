"""Registers of the gas office: read for the rules, kept in versions, imported from files."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.errors import AppError, Forbidden, Invalid, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Role, Viewer, to_ms
from geo.gas.history import END_OF_TIME, Events
from geo.gas.registers import KINDS, NAME_MAX, Entry, read_entry, unknown_columns
from geo.gas.rulebook import Thresholds, read_limits
from geo.gas.rules import SITE_DTYPE, SPEC_DTYPE, USER_DTYPE, VEHICLE_DTYPE, Book
from geo.importers_io import converter
from geo.patrol.imports import Outcome, Refused, changes, refused, summary

QUERIES = load_queries("geo.gas", "registers.sql")
Shape = dict[str, Any]
ROWS_MAX: Final = 20_000
SPECS: Final = list(Thresholds().specs)
_TOUCHED: Final = {"site": "touched_by_site", "user": "touched_by_user",
                   "vehicle": "touched_by_vehicle"}  # fmt: skip


class NoSuchEntry(NotFound):
    """Nobody of this key in this register, or not within your organisation."""


# ── for the rules ──────────────────────────────────────────────────────────


def book_for(conn: Connection[Any], events: Events) -> Book:
    """What the registers say of everybody these events name."""
    sites = _named(events, "site", "giver", "taker")
    users, trucks = _named(events, "user"), _named(events, "vehicle")
    wanted = [("site", key) for key in sites] + [("user", key) for key in users]
    wanted += [("vehicle", key) for key in trucks]
    given = {"kinds": [kind for kind, _ in wanted], "keys": [key for _, key in wanted]}
    return _book(_asked(conn, "newest_of", given))


def whole_book(conn: Connection[Any]) -> Book:
    return _book(_asked(conn, "newest_all", {"kinds": ["site", "user", "vehicle"]}))


def load_limits(conn: Connection[Any]) -> Thresholds:
    """The bureau's thresholds, the defaults where it said nothing."""
    return _book(conn.execute(QUERIES["newest_policy"], {"specs": SPECS})).limits


def policy_no(conn: Connection[Any]) -> int:
    """The number of the thresholds that count; 0: nobody changed any."""
    row = conn.execute(QUERIES["policy_no"]).fetchone()
    assert row is not None
    return int(row[0])


def _asked(conn: Connection[Any], which: str, given: Shape) -> Iterable[tuple[Any, ...]]:
    query = QUERIES["newest_policy"] + "\n" + QUERIES[which]
    return conn.execute(query, {**given, "specs": SPECS})


def _named(events: Events, *names: str) -> list[int]:
    keys = np.unique(np.concatenate([events[name] for name in names]))
    found: list[int] = keys[keys != 0].tolist()
    return found


def _book(rows: Iterable[tuple[Any, ...]]) -> Book:
    limits, spec_keys = Thresholds(), []
    sites, users, trucks = [], [], []
    for kind, key, body, company, address, ended_at in rows:
        ended = END_OF_TIME if ended_at is None else to_ms(ended_at)
        if kind == "policy":
            limits, spec_keys = _limits(body["said"]), body["specs"]
        elif kind == "site":
            fills = body.get("role", "filling") == "filling"
            until = min(body.get("licence_until", END_OF_TIME), ended)
            sites.append((key, company, fills, until, *_place(body)))
        elif kind == "user":
            business = body.get("user_kind", "household") != "household"
            users.append((key, *_place(body), address, business, body.get("full_max", 0)))
        else:
            trucks.append((key, ended))
    specs = [
        (key, one.net_g, one.tolerance_g)
        for key, one in zip(spec_keys, limits.specs.values(), strict=True)
    ]
    return Book(
        _sorted(sites, SITE_DTYPE), _sorted(users, USER_DTYPE),
        _sorted(trucks, VEHICLE_DTYPE), _sorted(specs, SPEC_DTYPE), limits,
    )  # fmt: skip


def _place(body: Shape) -> tuple[int, int]:
    return round(body.get("lat", 0) * 1e7), round(body.get("lon", 0) * 1e7)


def _sorted(rows: Sequence[tuple[Any, ...]], dtype: np.dtype[Any]) -> NDArray[np.void]:
    found = np.array(rows, dtype)
    return found[np.argsort(found["key"])]


@lru_cache(4)
def _limits(policy: str) -> Thresholds:
    """Read anew when they change, not for every cylinder."""
    return read_limits(json.loads(policy))


def set_limits(
    conn: Connection[Any], viewer: Viewer, body: Mapping[str, Any], now: datetime
) -> tuple[Shape, list[Event]]:
    """Raises Forbidden, Invalid."""
    if not viewer.may(Role.ADMIN):
        raise Forbidden("Only administrators change thresholds.")
    found = read_limits(body)
    conn.execute(QUERIES["add_policy"], {"body": Jsonb(dict(body)), "now": now, "by": viewer.login})
    event = Event("gas.thresholds", now, viewer.org_id, dict(body), actor=viewer.login)
    return asdict(found), [event]


# ── for people ─────────────────────────────────────────────────────────────


def page(
    conn: Connection[Any], viewer: Viewer, kind: str, *, after: str, limit: int, search: str
) -> Shape:
    """{items, next} of one register as it stands. Raises Invalid."""
    given = {"kind": _kind(kind), "org_ids": list(viewer.org_ids), "after": after,
             "limit": limit + 1, "search": search, "like": f"%{search}%"}  # fmt: skip
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(QUERIES["page"], given).fetchall()
    more = rows[limit - 1]["key"] if len(rows) > limit else None
    return {"items": [_shape(row) for row in rows[:limit]], "next": more}


def entry(conn: Connection[Any], viewer: Viewer, kind: str, key: str) -> Shape:
    """With every version of it, the newest first. Raises Invalid, NotFound."""
    given = {"kind": _kind(kind), "key": key, "org_ids": list(viewer.org_ids)}
    with conn.cursor(row_factory=dict_row) as cursor:
        versions = cursor.execute(QUERIES["versions"], given).fetchall()
    if not versions:
        raise NoSuchEntry(kind=kind, key=key)
    return {"kind": kind, "key": key, **versions[0]["body"], "ended": versions[0]["ended"],
            "versions": versions}  # fmt: skip


def members(conn: Connection[Any], viewer: Viewer, company: str) -> list[Shape]:
    """Sites, vehicles and couriers of a company."""
    with conn.cursor(row_factory=dict_row) as cursor:
        given = {"key": company, "org_ids": list(viewer.org_ids)}
        return cursor.execute(QUERIES["members"], given).fetchall()


def _shape(row: Shape) -> Shape:
    body = row.pop("body")
    return {**row, **body}


def _kind(kind: str) -> str:
    if kind not in KINDS:
        raise Invalid(f"A register is one of {', '.join(KINDS)}; got {kind!r}.")
    return kind


def take_in(
    conn: Connection[Any], viewer: Viewer, kind: str, rows: Sequence[Mapping[str, Any]], *,
    datum: str, dry_run: bool, now: datetime,
) -> tuple[Shape, list[Event]]:  # fmt: skip
    """Entries row by row; a bad row is refused by its number and the others are taken.

    Returns {dry_run, counts, rows: [{row, action, name, zh, en, changes}], ignored: [column]};
    `ignored` are columns that say nothing to us.
    Raises Forbidden, Invalid.
    """
    if not viewer.may(Role.DISPATCHER):
        raise Forbidden("Only dispatchers and administrators change registers.")
    if not 0 < len(rows) <= ROWS_MAX:
        raise Invalid(f"A file has 1 to {ROWS_MAX} entries; got {len(rows)}. Split it.")
    convert = converter(datum)
    outcomes, changed = [], []
    with conn.transaction(force_rollback=dry_run):
        for no, row in enumerate(rows, 1):
            try:
                one = read_entry(_kind(kind), row, convert)
                outcome = _put(conn, viewer, one, no, now)
                if outcome.action != "unchanged":
                    changed.append(one.key)
                outcomes.append(outcome)
            except (Refused, AppError) as error:
                # It may be the key that could not be stored, and the report has to be sent.
                said = str(row.get("key") or row.get("编号") or "")[:NAME_MAX]
                outcomes.append(refused(no, said.encode(errors="replace").decode(), error))
        if not dry_run:
            touch(conn, kind, changed, now)
    report = {"dry_run": dry_run, "counts": summary(outcomes),
              "rows": [asdict(one) for one in outcomes], "ignored": unknown_columns(kind, rows),
              }  # fmt: skip
    if dry_run or not changed:
        return report, []
    body = {"register": kind, "keys": changed[:100], "count": len(changed)}
    return report, [Event("gas.register", now, viewer.org_id, body, actor=viewer.login)]


def _put(conn: Connection[Any], viewer: Viewer, one: Entry, no: int, now: datetime) -> Outcome:
    given: Shape = {"kind": one.kind, "key": one.key}
    with conn.cursor(row_factory=dict_row) as cursor:
        before = cursor.execute(QUERIES["newest"], given).fetchone()
    if before is not None and not viewer.sees(before["org_id"]):
        raise Refused("该编号属于其他单位", "another organisation has this key")
    body = {**(before["body"] if before else {}), **one.body}
    differs = changes(before["body"], one.body) if before else {}
    if before is not None and not differs and before["ended"] == one.ended:
        return Outcome(no, "unchanged", one.key)
    if one.kind == "route" and "line" not in body and not one.ended:
        raise Refused("路线缺少线：LINESTRING(经度 纬度, …)",
                      "a route needs its line: LINESTRING(lon lat, …)")  # fmt: skip
    org_id = before["org_id"] if before else viewer.org_id
    given |= {"org_id": org_id, "body": Jsonb(body), "ended": one.ended, "now": now,
              "by": viewer.login}  # fmt: skip
    conn.execute(QUERIES["add"], given)
    fresh = before is None or before["ended"]
    action: Any = "ended" if one.ended else "created" if fresh else "changed"
    return Outcome(no, action, one.key, differs)


def touch(conn: Connection[Any], kind: str, keys: Iterable[str], now: datetime) -> None:
    """Everything that names them is judged again, soon."""
    named = sorted(set(keys))
    if named and kind in _TOUCHED:
        conn.execute(QUERIES[_TOUCHED[kind]], {"keys": named, "now": now})
