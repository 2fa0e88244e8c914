"""Bring a database to this code's schema.

`migrations/NNNN_*.sql` run once, forward only, each in its own transaction, with a
checksum: an applied file that was edited is refused. `live/*.sql` (functions, views)
and `engine/<storage>.sql` (policies) are applied again each time anything changed.
One migrator at a time, by an advisory lock. `storage` is decided once, at the first
migration: TimescaleDB where the extension can be created, plain PostgreSQL otherwise.
"""

import hashlib
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, LiteralString

import psycopg
from psycopg import Connection

from core.errors import AppError

_LOCK = 7_305_103
STORAGES = ("postgresql", "timescaledb")


class EditedMigration(AppError):
    """A migration that was already applied has been edited since. Add a new one instead."""

    code = "edited_migration"


class NewerSchema(AppError):
    """The database was migrated by newer code. Update this program."""

    code = "newer_schema"


@dataclass(frozen=True, slots=True)
class Script:
    name: str
    text: LiteralString  # ships with the code, so it is as trusted as a literal in it

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Migrated:
    storage: str
    applied: list[str]


def scripts(folder: str) -> list[Script]:
    """The SQL files of one folder of core/schema, by name."""
    root: Traversable = resources.files("core") / "schema" / folder
    found = [path for path in root.iterdir() if path.name.endswith(".sql")]
    return [Script(p.name, _text(p)) for p in sorted(found, key=lambda p: p.name)]


def _text(path: Traversable) -> LiteralString:
    text: Any = path.read_text("utf-8")
    trusted: LiteralString = text
    return trusted


def migrate(conn: Connection[Any], *, storage: str | None = None) -> Migrated:
    """Apply what is missing. `conn` must be in autocommit; `storage` forces an engine (tests)."""
    assert conn.autocommit
    conn.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
    try:
        conn.execute("SET client_min_messages = warning")
        conn.execute("SET statement_timeout = 0")
        _make_ledger(conn)
        chosen = _storage(conn, storage)
        applied = _run_once(conn, chosen)
        applied += _run_again(conn, chosen)
        return Migrated(chosen, applied)
    finally:
        conn.execute("RESET statement_timeout")
        conn.execute("SELECT pg_advisory_unlock(%s)", (_LOCK,))


def pending(conn: Connection[Any]) -> list[str]:
    """Names of migrations this code has and the database lacks (all, on an empty database)."""
    if conn.execute("SELECT to_regclass('schema_script')").fetchone() == (None,):
        return [script.name for script in scripts("migrations")]
    done = {name for (name,) in conn.execute("SELECT name FROM schema_script")}
    return [script.name for script in scripts("migrations") if script.name not in done]


def storage_of(conn: Connection[Any]) -> str:
    """The engine recorded at the first migration."""
    row = conn.execute("SELECT value FROM installation WHERE name = 'storage'").fetchone()
    assert row is not None, "not migrated"
    return str(row[0])


def _make_ledger(conn: Connection[Any]) -> None:
    conn.execute("""
        CREATE TABLE IF NOT EXISTS schema_script (
            name       text PRIMARY KEY,
            sha256     text NOT NULL,
            applied_at timestamptz NOT NULL DEFAULT now()
        )""")


def _storage(conn: Connection[Any], forced: str | None) -> str:
    if conn.execute("SELECT to_regclass('installation')").fetchone() != (None,):
        return storage_of(conn)
    if forced is not None:
        assert forced in STORAGES, forced
        if forced == "timescaledb":
            conn.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
        return forced
    try:
        conn.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
    except psycopg.Error:
        return "postgresql"
    return "timescaledb"


def _run_once(conn: Connection[Any], storage: str) -> list[str]:
    known = dict(conn.execute("SELECT name, sha256 FROM schema_script").fetchall())
    ours = scripts("migrations")
    strangers = {n for n in known if n[:4].isdigit()} - {script.name for script in ours}
    if strangers:
        raise NewerSchema(names=sorted(strangers))
    applied = []
    for script in ours:
        if script.name in known:
            if known[script.name] != script.sha256:
                raise EditedMigration(name=script.name)
            continue
        with conn.transaction():
            conn.execute("SELECT set_config('waypost.engine', %s, true)", (storage,))
            conn.execute(script.text)
            if script.name.startswith("0001_"):
                conn.execute("INSERT INTO installation VALUES ('storage', %s)", (storage,))
            _note(conn, script.name, script.sha256)
        applied.append(script.name)
    return applied


def _run_again(conn: Connection[Any], storage: str) -> list[str]:
    known = dict(conn.execute("SELECT name, sha256 FROM schema_script").fetchall())
    engine = [script for script in scripts("engine") if script.name == f"{storage}.sql"]
    applied = []
    for script in scripts("live") + engine:
        if known.get(script.name) == script.sha256:
            continue
        # Continuous aggregates and policies refuse to run inside a transaction block.
        if script in engine and storage == "timescaledb":
            for statement in script.text.split(";\n"):
                if statement.strip():
                    conn.execute(statement)
        else:
            with conn.transaction():
                conn.execute(script.text)
        _note(conn, script.name, script.sha256)
        applied.append(script.name)
    return applied


def _note(conn: Connection[Any], name: str, sha256: str) -> None:
    conn.execute(
        """INSERT INTO schema_script (name, sha256) VALUES (%s, %s)
           ON CONFLICT (name) DO UPDATE SET sha256 = excluded.sha256, applied_at = now()""",
        (name, sha256),
    )
