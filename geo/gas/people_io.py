"""Users and couriers are judged by the clock, shortly after something of theirs was told."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
from psycopg import Connection

from core.events import Event
from core.values import from_ms, to_ms
from geo.gas import ledger_io
from geo.gas.findings import Stored, Wanted, compare
from geo.gas.findings_io import QUERIES, Evidence, evidence_of, load_stored, save, wanted_of
from geo.gas.history import DELIVER, History, history
from geo.gas.people import courier_claims, user_claims
from geo.gas.registers_io import book_for
from geo.gas.rulebook import DAY_MS, LOCAL_MS
from geo.gas.rules import Found

USER: Final = "user"
COURIER: Final = "courier"
AT_ONCE: Final = 300
WAIT: Final = timedelta(seconds=5)  # so long after an event of theirs
# Users and days of couriers judged again when thresholds changed: less than half of what `sweep`
# has time for, and 380,000 users are through in less than two hours.
PER_SECOND: Final = (64, 16)
COURIERS_BACK: Final = timedelta(days=35)


def watch(
    conn: Connection[Any], told: History, fresh: np.ndarray[Any, Any], now: datetime,
    gone: Iterable[tuple[int, int, int]] = (),
) -> None:  # fmt: skip
    """Whom the fresh rows concern: who is named, and who had the cylinder until then.

    `gone` names users and couriers, with the day, of what is no longer told.
    """
    rows = np.flatnonzero(fresh)
    had = told.before(told.of(DELIVER))[rows] if len(rows) else rows
    users = {*told["user"][rows].tolist(), *told.value("user", had).tolist()}
    days = ((told["at"][rows] + LOCAL_MS) // DAY_MS).tolist()
    visits = set(zip(told["courier"][rows].tolist(), days, strict=True))
    for user, courier, day in gone:
        users.add(user)
        visits.add((courier, day))
    concerned = [(USER, str(key)) for key in users if key]
    concerned += [(COURIER, f"{key}/{day}") for key, day in visits if key]
    soon(conn, concerned, now + WAIT)


def soon(conn: Connection[Any], concerned: Iterable[tuple[str, str]], due_at: datetime) -> None:
    ask(conn, dict.fromkeys(concerned, due_at))


def ask(conn: Connection[Any], due: Mapping[tuple[str, str], datetime]) -> None:
    """Judge these (subject, key) by then, or sooner if somebody wants it."""
    if due:
        subjects, keys = zip(*due, strict=True)
        given = {"subjects": list(subjects), "keys": list(keys), "due_ats": list(due.values())}
        conn.execute(QUERIES["watch_soon"], given)


def again(
    conn: Connection[Any], share: int, shares: int, now: datetime
) -> dict[tuple[str, str], datetime]:
    """When to judge everybody of a share, because thresholds changed: one after the other, slower
    than `sweep` takes them, so that whoever is concerned by something told waits for nobody."""
    found = {}
    kinds = zip((USER, COURIER), PER_SECOND, strict=True)
    people = ledger_io.people_of_share(conn, share, shares, now - COURIERS_BACK)
    for (subject, pace), keys in zip(kinds, people, strict=True):
        for no, key in enumerate(keys):
            found[subject, key] = now + timedelta(seconds=no / pace * shares)
    return found


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """A bounded number of those who are due."""
    found = judge_users(conn, [int(key) for key in _take(conn, USER, now)], now)
    return found + judge_couriers(conn, _take(conn, COURIER, now), now)


def _take(conn: Connection[Any], subject: str, now: datetime) -> list[str]:
    given = {"subject": subject, "now": now, "limit": AT_ONCE}
    return [key for (key,) in conn.execute(QUERIES["take_due"], given)]


def judge_users(conn: Connection[Any], keys: Sequence[int], now: datetime) -> list[Event]:
    """From the lives of every cylinder they ever had."""
    if not keys:
        return []
    events = ledger_io.load(conn, ledger_io.cylinders_of_users(conn, keys))
    book = book_for(conn, events)
    told = history(events, book.sites["key"])
    claimed = user_claims(told, book)
    claimed = claimed[np.isin(told["user"][claimed["row"]], keys)]
    names = ledger_io.user_names(conn, keys)
    found = _settle(conn, USER, told, claimed, names=names, now=now,
                    evidence=evidence_of(told, book))  # fmt: skip
    _watch_again(conn, told, claimed[claimed["due"] > to_ms(now)])
    return found


def _watch_again(conn: Connection[Any], told: History, later: Found) -> None:
    due: dict[int, int] = {}
    users = told["user"][later["row"]].tolist()
    for user, at in zip(users, later["due"].tolist(), strict=True):
        due[user] = min(at, due.get(user, at))
    if due:
        conn.execute(QUERIES["watch"], {
            "subject": USER, "keys": [str(user) for user in due],
            "due_ats": [from_ms(at) for at in due.values()],
        })  # fmt: skip


def judge_couriers(conn: Connection[Any], days: Iterable[str], now: datetime) -> list[Event]:
    """Each named as `key/day`, the local day counted from 1970."""
    found: list[Event] = []
    due: dict[tuple[str, str], datetime] = {}
    for key, day in (name.split("/") for name in days):
        begin = datetime.fromtimestamp((int(day) * DAY_MS - LOCAL_MS) / 1000, UTC)
        span = (begin, begin + timedelta(days=1))
        events = ledger_io.deliveries_of(conn, int(key), *span)
        book = book_for(conn, events)
        told = history(events, book.sites["key"])
        names = ledger_io.courier_names(conn, [int(key)])
        claimed = courier_claims(told, book)
        found += _settle(conn, COURIER, told, claimed, names=names, now=now,
                         evidence=evidence_of(told, book), within=span)  # fmt: skip
        later = claimed[claimed["due"] > to_ms(now)]
        if len(later):
            due[COURIER, f"{key}/{day}"] = from_ms(int(later["due"].min()))
    ask(conn, due)
    return found


def _settle(
    conn: Connection[Any], subject: str, told: History, claimed: Found, *,
    names: dict[int, str], now: datetime, evidence: Evidence,
    within: tuple[datetime, datetime] | None = None,
) -> list[Event]:  # fmt: skip
    said = claimed[claimed["due"] <= to_ms(now)]
    wanted: list[Wanted] = wanted_of(told, said, subject, told[subject], names)
    stored: list[Stored] = load_stored(conn, subject, sorted(names.values()))
    if within is not None:
        stored = [one for one in stored if within[0] <= one.since < within[1]]
    return save(conn, compare(wanted, stored), evidence, now)
