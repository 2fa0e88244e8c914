"""Connections: one manner of opening them, one time limit, one watchdog.

psycopg has no working time limit while a silent peer keeps the connection
(psycopg issue 1371), so a watchdog shuts the socket of a call that outlives
its limit; the call then fails like any broken connection and is retried.
"""

import os
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, LiteralString

import psycopg
from psycopg import ClientCursor, Connection

from core import limits

_OPTIONS = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "statement_timeout": 60_000,
        "lock_timeout": 10_000,
        "idle_in_transaction_session_timeout": 15_000,
        "timezone": "UTC",
        "jit": "off",
    }.items()
)


AT_ONCE: Final = 500  # statements in one message


def connect(url: str, *, autocommit: bool = False, application: str = "waypost") -> Connection[Any]:
    """Open one connection with our time limits. Raises psycopg.OperationalError."""
    return psycopg.connect(
        url,
        autocommit=autocommit,
        connect_timeout=3,
        options=_OPTIONS,
        application_name=application,
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        tcp_user_timeout=10_000,
    )


@contextmanager
def time_limit(
    conn: Connection[Any], seconds: float = limits.DATABASE_CALL_MAX_S
) -> Iterator[None]:
    """Shut the connection's socket if the block is still running after `seconds`."""
    fd = os.dup(conn.fileno())
    timer = threading.Timer(seconds, _shut, (fd,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        os.close(fd)


def execute_all(
    conn: Connection[Any], query: LiteralString, rows: Sequence[Mapping[str, Any]]
) -> list[tuple[Any, ...] | None]:
    """Run `query` for each row, many in one message; what each returned first, or None.

    Not `executemany`, which is a pipeline: a process frozen in the middle of one leaves the
    server waiting for the rest, and there neither the time limit of a statement nor that of an
    idle transaction counts. Its locks would stand until somebody woke it (docs/decisions/0019).
    """
    found: list[tuple[Any, ...] | None] = []
    with ClientCursor(conn) as cursor:
        for start in range(0, len(rows), AT_ONCE):
            some = [cursor.mogrify(query, row) for row in rows[start : start + AT_ONCE]]
            cursor.execute(";".join(some))
            for _ in some:
                found.append(cursor.fetchone() if cursor.description else None)
                cursor.nextset()
    return found


def _shut(fd: int) -> None:
    with socket.socket(fileno=os.dup(fd)) as twin:
        try:
            twin.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # already gone, which is what we wanted


def is_poison(error: psycopg.Error) -> bool:
    """True when the row is at fault and a retry can never help (classes 22 and 23, 42804).

    Everything else (08, 53, 57, 40, 55P03, 58, XX) is the world's fault: retry, never quarantine.
    """
    state = error.sqlstate or ""
    # Our own driver may refuse a value before the server sees it; then there is no state.
    return state[:2] in {"22", "23"} or state == "42804" or isinstance(error, psycopg.DataError)
