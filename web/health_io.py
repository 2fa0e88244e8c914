"""Is this installation fit to serve, and what do its gauges show?"""

from datetime import datetime
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg.rows import dict_row

from core import limits
from core.migrate import pending
from core.sql import load_queries

QUERIES = load_queries("web", "metrics.sql")

UNJUDGED_MAX_S: Final = 30.0
UNPUBLISHED_MAX_S: Final = 60.0


def gauges(conn: Connection[Any], now: datetime) -> tuple[dict[str, float], dict[str, int]]:
    """Values by name of web.metrics, and the number of units by link."""
    with conn.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(QUERIES["gauges"], {"now": now}).fetchone()
    assert row is not None
    links = {str(link): int(count) for link, count in conn.execute(QUERIES["units_by_link"])}
    return {name: float(value) for name, value in row.items()}, links


def not_ready(conn: Connection[Any], now: datetime) -> list[dict[str, str]]:
    """Reasons why not, each {code, detail}; empty when everything is well."""
    missing = pending(conn)
    if missing:
        return [_reason("schema", f"Run ./waypost migrate: {', '.join(missing)} not applied.")]
    reasons = []
    try:
        with conn.transaction():
            conn.execute(QUERIES["write"], {"now": now})
    except psycopg.Error as error:
        reasons.append(_reason("database_read_only", f"The database takes no writes: {error}"))
    values, _ = gauges(conn, now)
    if values["ingest_silence_s"] > limits.HEARTBEAT_MISSED_S:
        reasons.append(_reason("ingest_silent", _silence(values["ingest_silence_s"])))
    if values["unjudged_age_s"] > UNJUDGED_MAX_S:
        late = f"Readings wait {values['unjudged_age_s']:.0f} s to be judged; is evaluate running?"
        reasons.append(_reason("evaluation_late", late))
    if values["unpublished_age_s"] > UNPUBLISHED_MAX_S:
        late = f"Messages to devices wait {values['unpublished_age_s']:.0f} s; is ingest running?"
        reasons.append(_reason("publishing_late", late))
    return reasons


def _silence(seconds: float) -> str:
    if seconds == float("inf"):
        return "No heartbeat ever went through broker and database; start ./waypost ingest."
    return (
        f"No heartbeat through broker and database for {seconds:.0f} s; "
        "look at the broker and at ./waypost ingest."
    )


def _reason(code: str, detail: str) -> dict[str, str]:
    return {"code": code, "detail": detail}
