"""The database servers this machine can offer to the tests, and which engines they have."""

import atexit
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from app.embedded import Postgres, find_timescaledb


@dataclass
class Server:
    """A server and the storage engine it is asked to use."""

    storage: str
    url: str | None = None
    binaries: Path | None = None

    def start(self) -> str:
        if self.url is None:
            folder = Path(tempfile.mkdtemp(prefix="waypost-test-"))
            postgres = Postgres(
                folder,
                binaries=self.binaries,
                settings={"fsync": "off"}
                | ({"shared_preload_libraries": "timescaledb"} if self.binaries else {}),
            )
            self.url = postgres.start()
            atexit.register(postgres.remove)
        return self.url

    def version(self) -> str:
        """Of the server, and of the extension where it is the engine."""
        with psycopg.connect(self.start(), autocommit=True) as conn:
            row = conn.execute(
                """SELECT current_setting('server_version'), default_version
                     FROM (SELECT) one LEFT JOIN pg_available_extensions ON name = 'timescaledb'"""
            ).fetchone()
        assert row is not None
        extension = f", TimescaleDB {row[1]}" if self.storage == "timescaledb" else ""
        return f"PostgreSQL {str(row[0]).partition(' ')[0]}{extension}"

    def create_database(self, name: str) -> str:
        url = self.start()
        with psycopg.connect(url, autocommit=True) as admin:
            quoted = sql.Identifier(name)
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(quoted))
            admin.execute(sql.SQL("CREATE DATABASE {}").format(quoted))
        return with_database(url, name)


def with_database(url: str, name: str) -> str:
    """The same server, another database."""
    parts: dict[str, Any] = psycopg.conninfo.conninfo_to_dict(url)
    parts["dbname"] = name
    return psycopg.conninfo.make_conninfo("", **parts)


def servers() -> list[Server]:
    given = os.environ.get("WAYPOST_TEST_SERVER")
    if given:
        with psycopg.connect(given) as conn:
            row = conn.execute(
                "SELECT count(*) FROM pg_available_extensions WHERE name = 'timescaledb'"
            ).fetchone()
        has_timescaledb = row is not None and row[0] == 1
        found = [Server("postgresql", given)]
        return [*found, Server("timescaledb", given)] if has_timescaledb else found
    binaries = find_timescaledb()
    found = [Server("postgresql")]
    return [*found, Server("timescaledb", binaries=binaries)] if binaries else found
