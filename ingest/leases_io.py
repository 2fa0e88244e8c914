"""Who may do what: leases with fencing epochs, timed by the database's clock alone."""

from datetime import timedelta
from typing import Any

from psycopg import Connection

from core import limits
from core.errors import AppError
from core.sql import load_queries

QUERIES = load_queries("ingest", "leases.sql")
_LEASE = timedelta(seconds=limits.LEASE_S)


class DividedOtherwise(AppError):
    """Another live ingest process divides the topics into a different number of sessions."""

    code = "divided_otherwise"


def prepare(conn: Connection[Any]) -> None:
    """Once for a connection that keeps leases."""
    conn.execute(QUERIES["limit_waiting"])


def take_session(conn: Connection[Any], session_no: int, sessions: int, owner: str) -> int | None:
    """The epoch of the lease now held, or None while somebody else holds it."""
    other = conn.execute(QUERIES["other_division"], {"sessions": sessions}).fetchone()
    if other is not None:
        raise DividedOtherwise(
            f"{other[0]} runs {other[1]} ingest sessions and this process {sessions}: "
            "set WAYPOST_INGEST_SESSIONS alike on all of them."
        )
    row = conn.execute(
        QUERIES["take_session"],
        {"session_no": session_no, "sessions": sessions, "owner": owner, "lease": _LEASE},
    ).fetchone()
    return None if row is None else int(row[0])


def renew_session(conn: Connection[Any], session_no: int, epoch: int) -> bool:
    """False when the lease has passed to another."""
    return _touched(conn, "renew_session", session_no, epoch)


def give_up_session(conn: Connection[Any], session_no: int, epoch: int) -> None:
    conn.execute(QUERIES["give_up_session"], {"session_no": session_no, "epoch": epoch})


def see_worker(conn: Connection[Any], owner: str) -> int:
    """Say that this process lives; returns how many do."""
    conn.execute(QUERIES["see_worker"], {"owner": owner})
    row = conn.execute(QUERIES["live_workers"], {"lease": _LEASE}).fetchone()
    assert row is not None
    return int(row[0])


def forget_worker(conn: Connection[Any], owner: str) -> None:
    conn.execute(QUERIES["forget_workers"], {"owner": owner})


def take_cursor(conn: Connection[Any], session_no: int, owner: str) -> tuple[int, int] | None:
    """(epoch, number of the last batch judged), or None while another follower owns it."""
    conn.execute(QUERIES["make_cursor"], {"session_no": session_no})
    row = conn.execute(
        QUERIES["take_cursor"], {"session_no": session_no, "owner": owner, "lease": _LEASE}
    ).fetchone()
    return None if row is None else (int(row[0]), int(row[1]))


def hold_cursor(conn: Connection[Any], session_no: int, epoch: int) -> bool:
    """Keep it until the caller's transaction ends; False when another follower owns it."""
    given = {"session_no": session_no, "epoch": epoch}
    return conn.execute(QUERIES["hold_cursor"], given).fetchone() is not None


def renew_cursor(conn: Connection[Any], session_no: int, epoch: int) -> bool:
    return _touched(conn, "renew_cursor", session_no, epoch)


def give_up_cursor(conn: Connection[Any], session_no: int, epoch: int) -> None:
    conn.execute(QUERIES["give_up_cursor"], {"session_no": session_no, "epoch": epoch})


def move_cursor(conn: Connection[Any], session_no: int, epoch: int, batch_no: int) -> bool:
    """False when another follower owns the cursor: the caller's transaction must be undone."""
    row = conn.execute(
        QUERIES["move_cursor"],
        {"session_no": session_no, "epoch": epoch, "batch_no": batch_no, "lease": _LEASE},
    ).fetchone()
    return row is not None


def _touched(conn: Connection[Any], query: str, session_no: int, epoch: int) -> bool:
    row = conn.execute(
        QUERIES[query], {"session_no": session_no, "epoch": epoch, "lease": _LEASE}
    ).fetchone()
    return row is not None
