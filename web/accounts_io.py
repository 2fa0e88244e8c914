"""Accounts and their tokens, for the command line. There are no default accounts."""

import secrets
from datetime import datetime
from typing import Any, ClassVar

from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg.rows import DictRow, dict_row

from core.errors import Conflict, NotFound
from core.sql import load_queries
from core.values import Role
from web.auth import check_password, digest_of
from web.auth_io import hash_password

QUERIES = load_queries("web", "accounts.sql")


class NoAccount(NotFound):
    """There is no such account that could be used. `./waypost user list` shows all."""

    code: ClassVar[str] = "no_account"


class LoginTaken(Conflict):
    """An account with this login exists already. Choose another, or set its password."""

    code: ClassVar[str] = "login_taken"


def create_account(
    conn: Connection[Any], login: str, password: str, role: Role, org_id: int
) -> int:
    """Make an account and return its id. Raises LoginTaken, WeakPassword."""
    check_password(password)
    given = {
        "org_id": org_id,
        "login": login,
        "role": str(role),
        "password_hash": hash_password(password),
    }
    try:
        with conn.transaction():
            row = conn.execute(QUERIES["create_account"], given).fetchone()
    except UniqueViolation as error:
        raise LoginTaken(login=login) from error
    assert row is not None
    return int(row[0])


def set_password(conn: Connection[Any], login: str, password: str) -> None:
    """Replace a password and end all sessions that used the old one."""
    check_password(password)
    given = {"login": login, "password_hash": hash_password(password)}
    _end_sessions(conn, _account_id(conn, "set_password", given))


def disable_account(conn: Connection[Any], login: str, now: datetime) -> None:
    """Nobody can log in with it any more; its sessions end and its tokens are revoked.

    Open sockets close within the roll call's period (web.live.sockets).
    """
    account_id = _account_id(conn, "disable_account", {"login": login, "now": now})
    _end_sessions(conn, account_id)
    conn.execute(QUERIES["revoke_tokens"], {"account_id": account_id, "now": now})


def create_token(
    conn: Connection[Any],
    login: str,
    name: str,
    now: datetime,
    expires_at: datetime | None = None,
) -> str:
    """A bearer token for a program, with the account's role and scope. Shown this once."""
    secret = secrets.token_urlsafe(32)
    given = {
        "digest": digest_of(secret),
        "login": login,
        "name": name,
        "now": now,
        "expires_at": expires_at,
    }
    _account_id(conn, "create_token", given)
    return secret


def revoke_token(conn: Connection[Any], login: str, name: str, now: datetime) -> int:
    """Revoke the account's tokens of that name; returns how many."""
    return conn.execute(
        QUERIES["revoke_token"], {"login": login, "name": name, "now": now}
    ).rowcount


def list_accounts(conn: Connection[Any]) -> list[DictRow]:
    """All accounts, without secrets."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(QUERIES["list_accounts"]).fetchall()


def _account_id(conn: Connection[Any], query: str, given: dict[str, Any]) -> int:
    row = conn.execute(QUERIES[query], given).fetchone()
    if row is None:
        raise NoAccount(login=given["login"])
    return int(row[0])


def _end_sessions(conn: Connection[Any], account_id: int) -> None:
    conn.execute(QUERIES["end_sessions"], {"account_id": account_id})
