"""Cylinders are judged: when something is told of them, and when something settles.

One way for both: all that is known of a cylinder is loaded under its lock, judged, and what
the rules say now is compared with what is stored. The clock only asks for it (`gas_watch`).
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import numpy as np
from psycopg import Connection
from psycopg.types.json import Jsonb

from core.events import Event
from core.values import from_ms, to_ms
from devices.readings import Readings
from geo.gas import ledger_io, people_io
from geo.gas.findings import Stored, Wanted, compare
from geo.gas.findings_io import QUERIES, evidence_of, load_stored, save, wanted_of
from geo.gas.history import END_OF_TIME, History, history
from geo.gas.rates import balances, gaps
from geo.gas.registers_io import book_for, policy_no, whole_book
from geo.gas.rules import Book, Found, claims, once

CYLINDER: Final = "cylinder"
AT_ONCE: Final = 400  # cylinders of one turn of the clock
SHARES: Final = 16
EVENTS_AT_ONCE: Final = 100_000
BALANCED: Final = timedelta(days=14)
HORIZON: Final = timedelta(days=3_650)


class GasEvaluator:
    """Judges the cylinders that readings are about."""

    name = "gas"

    def evaluate(self, conn: Connection[Any], readings: Readings, now: datetime) -> Sequence[Event]:
        fresh = {one.event_id for one in readings.cylinder_events}
        codes = {one.code for one in readings.cylinder_events}
        return judge_cylinders(conn, codes, now, fresh) if codes else ()

    def forget(self) -> None:
        return None


def judge_cylinders(
    conn: Connection[Any], codes: Collection[str], now: datetime,
    fresh: Collection[UUID] | None = None,
) -> list[Event]:  # fmt: skip
    """Load, decide, save. Whom the fresh events concern is judged soon.

    None: whomever any of their events names, also one declared wrong.
    """
    names = sorted(codes)
    by_key = ledger_io.lock(conn, names)
    events = ledger_io.load(conn, by_key)
    book = book_for(conn, events)
    told = history(events, book.sites["key"])
    claimed = claims(told, book)
    said = claimed["due"] <= to_ms(now)
    wanted = wanted_of(told, claimed[said], CYLINDER, told["cylinder"], by_key)
    stored = load_stored(conn, CYLINDER, names)
    differs = compare(wanted, stored)
    found = save(conn, differs, evidence_of(told, book), now) if differs else []
    _watch(conn, told, claimed[~said], by_key, now)
    gone = ledger_io.named_by_declared(conn, by_key) if fresh is None else ()
    people_io.watch(conn, told, _fresh(told, fresh), now, gone)
    return found


def _fresh(told: History, fresh: Collection[UUID] | None) -> Any:
    if fresh is None:
        return np.ones(len(told), bool)
    low = np.array([one.int & (2**64 - 1) for one in fresh], np.uint64).astype(np.int64)
    return np.isin(told["id_low"], low)


def _watch(
    conn: Connection[Any], told: History, later: Found, codes: dict[int, str], now: datetime
) -> None:
    """When each of them is to be looked at again without anything being told."""
    due: dict[int, int] = {}
    cylinders = told["cylinder"][later["row"]].tolist()
    for cylinder, at in zip(cylinders, later["due"].tolist(), strict=True):
        due[cylinder] = min(at, due.get(cylinder, END_OF_TIME))
    horizon = to_ms(now + HORIZON)
    near = {codes[cylinder]: from_ms(at) for cylinder, at in due.items() if at < horizon}
    if near:
        given = {"subject": CYLINDER, "keys": list(near), "due_ats": list(near.values())}
        conn.execute(QUERIES["watch"], given)
    idle = [code for key, code in codes.items() if due.get(key, horizon) >= horizon]
    if idle:
        conn.execute(QUERIES["unwatch"], {"subject": CYLINDER, "keys": idle})


# ── by the clock ───────────────────────────────────────────────────────────


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """What settled, or hangs on a register that changed: a bounded number each time."""
    given = {"subject": CYLINDER, "now": now, "limit": AT_ONCE}
    due = [key for (key,) in conn.execute(QUERIES["due"], given)]
    return judge_cylinders(conn, due, now, ()) if due else []


def sweep_shares(conn: Connection[Any], now: datetime) -> list[Event]:
    """Shares of everything, those looked at longest ago: one of a city, all of a village.

    Cylinders whose findings differ from what the rules say are judged soon; what is counted
    there of gaps in the chain is kept (`rates`). Users and couriers of a share are judged again
    when thresholds changed since its turn before.
    """
    policy = policy_no(conn)  # before they are read: what changes now is for the next turn
    done = {no: (at, by) for no, at, by in conn.execute(QUERIES["shares"])}
    book = whole_book(conn)
    read, concerned = 0, dict[tuple[str, str], datetime]()
    for share in sorted(range(SHARES), key=lambda no: (no in done, done.get(no), no)):
        events = ledger_io.load_share(conn, share, SHARES)
        told = history(events, book.sites["key"])
        _, differ = _compared(conn, told, book, now)
        concerned |= {(CYLINDER, code): now for code in differ}
        if policy > done.get(share, (None, 0))[1]:
            concerned |= people_io.again(conn, share, SHARES, now)
        told = once(told, book)
        found = gaps(told)
        since_ms = to_ms(now - BALANCED)
        counted = {**found.body(), "policy": policy,
                   "balances": balances(told, book.sites["key"], since_ms)}  # fmt: skip
        conn.execute(QUERIES["count_share"], {
            "share": share, "now": now, "events": len(events), "at_users": found.at_users,
            "missing": found.missing, "body": Jsonb(counted),
        })  # fmt: skip
        read += len(events)
        if read > EVENTS_AT_ONCE:
            break
    people_io.ask(conn, concerned)  # of all shares at once, because of its order
    return []


def differing(
    conn: Connection[Any], now: datetime, *, share: int = 0, shares: int = 1
) -> tuple[int, int, list[str]]:
    """Every rule of cylinders over every cylinder of a share; writes nothing.

    Returns (events read, findings that stand by the rules, codes of cylinders whose stored
    findings differ). Those are for `judge_cylinders`.
    """
    events = ledger_io.load_share(conn, share, shares)
    book = whole_book(conn)
    said, differ = _compared(conn, history(events, book.sites["key"]), book, now)
    return len(events), said, differ


def _compared(
    conn: Connection[Any], told: History, book: Book, now: datetime
) -> tuple[int, list[str]]:
    claimed = claims(told, book)
    said = claimed[claimed["due"] <= to_ms(now)]
    stored: dict[str, list[Stored]] = {}
    for one in load_stored(conn, CYLINDER, None):
        stored.setdefault(one.name.key, []).append(one)
    names = ledger_io.names_of(conn, np.unique(told["cylinder"][said["row"]]).tolist())
    wanted: dict[str, list[Wanted]] = {}
    for want in wanted_of(told, said, CYLINDER, told["cylinder"], names):
        wanted.setdefault(want.name.key, []).append(want)
    numbers = zip(ledger_io.keys_of(conn, stored), stored, strict=True)
    here = set(np.unique(told["cylinder"]).tolist())
    mine = {code for key, code in numbers if key in here} | set(wanted)
    differ = [c for c in sorted(mine) if compare(wanted.get(c, ()), stored.get(c, ()))]
    return len(said), differ
