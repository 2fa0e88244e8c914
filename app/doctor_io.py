"""Look at everything `doctor` judges, and print what it says."""

import json
import shutil
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg import Connection

from app import place
from app.doctor import BAD, NOTE, OK, Facts, Finding, examine
from app.dynsec_io import BrokerRefused, drift
from app.settings import Loaded, Settings
from core.clock import now
from core.db import connect
from core.errors import AppError
from core.migrate import pending, storage_of
from core.sql import load_queries
from geo.patrol import calendar_io
from geo.patrol.calendar import exceptions_of, warning
from geo.patrol.windows import LOCAL

QUERIES = load_queries("app", "doctor.sql")
_MARKS = {OK: "✔", NOTE: "•", BAD: "✘"}


def run(loaded: Loaded, *, as_json: bool) -> int:
    """Exit status 1 when anything is wrong."""
    findings = examine(look(loaded))
    if as_json:
        well = all(one.state != BAD for one in findings)
        print(json.dumps({"well": well, "findings": [asdict(one) for one in findings]},
                         ensure_ascii=False))  # fmt: skip
    else:
        for one in findings:
            _print(one)
    return 1 if any(one.state == BAD for one in findings) else 0


def look(loaded: Loaded) -> Facts:
    """Never raises for something that is merely broken: that is a fact."""
    folder, _ = place.data_folder(loaded.settings)
    facts = Facts(folder=str(folder))
    if folder.exists():
        facts = replace(facts, disk_free_mb=shutil.disk_usage(folder).free // 1_000_000)
    try:
        settings = place.connected(loaded)
        assert settings.database_url
        with connect(settings.database_url, autocommit=True) as conn:
            facts = _database(conn, facts)
            if not facts.pending:
                return _broker(conn, settings, facts)
            return replace(facts, broker_error="not asked before the schema is there")
    except (AppError, psycopg.OperationalError) as error:
        reason = str(error).strip()
        return replace(facts, database_error=reason, broker_error="not asked without a database")


def _database(conn: Connection[Any], facts: Facts) -> Facts:
    version = _one(conn, "version")[0].split()[0]
    missing = pending(conn)
    if missing:
        return replace(facts, server_version=version, pending=missing)
    at = {"now": now()}
    newest = conn.execute(QUERIES["quarantine_newest"]).fetchone()
    unjudged, age_s = _one(conn, "unjudged", at)
    return replace(
        facts,
        server_version=version,
        storage=storage_of(conn),
        lease_owners=[owner for (owner,) in conn.execute(QUERIES["leases"], at)],
        heartbeat_age_s=_one(conn, "heartbeat", at)[0],
        unjudged_batches=unjudged,
        unjudged_age_s=age_s,
        quarantine=conn.execute(QUERIES["quarantine"], at).fetchall(),
        quarantine_newest=newest,
        dropped=_one(conn, "dropped")[0],
        partition_days=_one(conn, "partition_days", at)[0],
        devices=_one(conn, "devices")[0],
        calendar=_calendar(conn, at["now"]),
    )


def _calendar(conn: Connection[Any], at: datetime) -> dict[str, str] | None:
    """What is shipped counts until the schedule has put it into the database."""
    known = calendar_io.load_exceptions(conn) or exceptions_of(calendar_io.shipped())
    return warning(known, at.astimezone(LOCAL).date())


def _broker(conn: Connection[Any], settings: Settings, facts: Facts) -> Facts:
    shown = urlsplit(settings.mqtt_url or "")
    facts = replace(facts, broker=f"{shown.hostname}:{shown.port}")
    if settings.mqtt_admin_url is None:
        return replace(facts, broker=f"{facts.broker} (its accounts are not ours to look at)")
    try:
        commands, shut_out = drift(conn, settings.mqtt_admin_url)
    except BrokerRefused as error:
        return replace(facts, broker_error=str(error))
    return replace(facts, drift=len(commands), shut_out=shut_out)


def _one(conn: Connection[Any], query: str, given: dict[str, Any] | None = None) -> Any:
    row = conn.execute(QUERIES[query], given).fetchone()
    assert row is not None
    return row


def _print(one: Finding) -> None:
    print(f"{_MARKS[one.state]} {one.zh}\n  {one.en}")
    if one.advice_en:
        print(f"  → {one.advice_zh}\n  → {one.advice_en}")
