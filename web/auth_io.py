"""Sessions and tokens in the database, and the audit line."""

import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core import limits
from core.sql import load_queries
from core.values import Role
from web.auth import (
    Account,
    Credential,
    TooManyLogins,
    WrongCredentials,
    digest_of,
    lock_after_failure,
)

QUERIES = load_queries("web", "auth.sql")

# OWASP password storage cheat sheet: Argon2id, at least 19 MiB and two passes.
_HASHER = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
# A flood of log-ins must not eat the machine: 32 MiB each, two at a time.
_HASHING = threading.Semaphore(2)
_HASHING_WAIT_S = 2.0
# Checked for unknown names, so that they take as long as known ones. Made from a random
# text that was thrown away; nothing matches it, and no match would be accepted.
_NOBODY = (
    "$argon2id$v=19$m=32768,t=3,p=1$vgMGnLH+BKcxjVMrCJGV3w$"
    "NdFphOuOqivbyNeD/hJgVVXnF121TUD0AwAETBR3JBQ"
)


@contextmanager
def _hashing() -> Iterator[None]:
    """A place at the hashing, or a refusal: waiting for one holds a worker of everybody's."""
    if not _HASHING.acquire(timeout=_HASHING_WAIT_S):
        raise TooManyLogins()
    try:
        yield
    finally:
        _HASHING.release()


def hash_password(password: str) -> str:
    with _hashing():
        return _HASHER.hash(password)


def password_fits(password_hash: str | None, password: str) -> bool:
    """Constant work, also for accounts that do not exist (None). Slow on purpose (about 50 ms)."""
    with _hashing():
        try:
            return _HASHER.verify(password_hash or _NOBODY, password) and password_hash is not None
        except (VerificationError, InvalidHashError):
            return False


def identify(conn: Connection[Any], shown: Credential, now: datetime) -> Account | None:
    """The live account behind a credential; None when it is expired, revoked or unknown."""
    return identify_all(conn, [shown], now).get(shown)


def identify_all(
    conn: Connection[Any], shown: Sequence[Credential], now: datetime
) -> dict[Credential, Account]:
    """The credentials that are still good, and whose they are."""
    asked = {(one.digest, one.by_cookie): one for one in shown}
    with conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            QUERIES["live_credentials"],
            {
                "digests": [digest for digest, _ in asked],
                "now": now,
                "idle_s": limits.SESSION_IDLE_S,
            },
        )
        return {
            asked[key]: _account(row)
            for row in cursor
            if (key := (bytes(row["digest"]), row["by_cookie"])) in asked
        }


def _account(row: dict[str, Any]) -> Account:
    return Account(
        id=row["id"],
        login=row["login"],
        role=Role(row["role"]),
        org_id=row["org_id"],
        org=row["org"],
        org_ids=frozenset(row["org_ids"]),
    )


def touch(conn: Connection[Any], shown: Sequence[Credential], now: datetime) -> None:
    """Note that sessions are in use."""
    digests = [one.digest for one in shown if one.by_cookie]
    if digests:
        conn.execute(QUERIES["touch_sessions"], {"digests": digests, "now": now})


def password_of(conn: Connection[Any], login: str, now: datetime) -> tuple[int, str] | None:
    """Account id and hash of an account that may log in now."""
    row = conn.execute(QUERIES["password_of"], {"login": login, "now": now}).fetchone()
    return None if row is None else (row[0], row[1])


def note_failure(conn: Connection[Any], login: str, now: datetime) -> None:
    """Count a wrong password, and lock the account when there were too many."""
    row = conn.execute(QUERIES["count_failure"], {"login": login, "now": now}).fetchone()
    until = None if row is None else lock_after_failure(row[0], now)
    if until is not None:
        conn.execute(QUERIES["lock"], {"login": login, "until": until})


def open_session(
    conn: Connection[Any], account_id: int, password_hash: str, now: datetime
) -> str | None:
    """A new session's secret; None if the account was locked or changed meanwhile."""
    secret = secrets.token_urlsafe(32)
    conn.execute(QUERIES["drop_expired"], {"now": now, "idle_s": limits.SESSION_IDLE_S})
    row = conn.execute(
        QUERIES["open_session"],
        {
            "account_id": account_id,
            "password_hash": password_hash,
            "digest": digest_of(secret),
            "now": now,
            "absolute_s": limits.SESSION_ABSOLUTE_S,
        },
    ).fetchone()
    return None if row is None else secret


def close_session(conn: Connection[Any], shown: Credential) -> None:
    conn.execute(QUERIES["close_session"], {"digest": shown.digest})


def audit(
    conn: Connection[Any],
    *,
    org_id: int | None,
    actor: str,
    ip: str | None,
    action: str,
    object: str | None = None,
    body: dict[str, Any] | None = None,
) -> None:
    """One line about who looked at or changed what. Never put a secret into `body`."""
    conn.execute(
        QUERIES["audit"],
        {
            "org_id": org_id,
            "actor": actor,
            "ip": ip,
            "action": action,
            "object": object,
            "body": Jsonb(body or {}),
        },
    )


def log_in(
    transaction: Callable[[], AbstractContextManager[Connection[Any]]],
    login: str,
    password: str,
    ip: str | None,
    now: datetime,
) -> tuple[str, dict[str, object]]:
    """A new session's secret and the account's shape. Raises WrongCredentials.

    Takes a maker of transactions, unlike its neighbours: no connection may be held
    while the password is hashed, and a failure must be counted though it is refused.
    """
    with transaction() as conn:
        found = password_of(conn, login, now)
    fits = password_fits(found[1] if found else None, password)
    with transaction() as conn:
        secret = open_session(conn, *found, now) if found and fits else None
        account = identify(conn, Credential(secret, True), now) if secret else None
        if account is None:
            note_failure(conn, login, now)
        action = "session.opened" if account else "session.refused"
        org_id = account.org_id if account else None
        audit(conn, org_id=org_id, actor=login, ip=ip, action=action)
    if secret is None or account is None:
        raise WrongCredentials()
    return secret, account.shape()
