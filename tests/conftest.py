"""Real servers for the tests: one database per session and storage engine, rolled back per test.

`WAYPOST_TEST_SERVER` names a server to use; otherwise one is started from the wheel the
product embeds, and a second one where this machine has a PostgreSQL with TimescaleDB.
"""

import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from core.migrate import migrate
from tests.servers import Server, servers

ENGINES: pytest.StashKey[dict[str, str]] = pytest.StashKey()


@pytest.fixture(scope="session", params=servers(), ids=lambda s: s.storage)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A running PostgreSQL, one for each storage engine that this machine has."""
    one: Server = request.param
    one.start()
    request.config.stash.setdefault(ENGINES, {})[one.storage] = one.version()
    yield one


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say on which storage engines the tests of this run really ran."""
    ran = terminalreporter.config.stash.get(ENGINES, {})
    named = [f"{storage} ({version})" for storage, version in sorted(ran.items())]
    terminalreporter.write_line(f"storage engines exercised: {', '.join(named) or 'none'}")
    if ran and "timescaledb" not in ran:
        terminalreporter.write_line("no PostgreSQL with TimescaleDB is installed on this machine")


@pytest.fixture(scope="session")
def database(server: Server) -> str:
    """The URL of a freshly migrated database on that server."""
    url = server.create_database(f"waypost_test_{os.getpid()}")
    with psycopg.connect(url, autocommit=True) as conn:
        done = migrate(conn, storage=server.storage)
    assert done.storage == server.storage
    return url


@pytest.fixture
def conn(database: str) -> Iterator[psycopg.Connection[Any]]:
    """One transaction a test, rolled back."""
    with psycopg.connect(database, options="-c timezone=UTC") as conn:
        yield conn
        conn.rollback()
