"""The picture a console starts from: snapshot + later events = a fresh snapshot."""

import json
from datetime import datetime
from typing import Any

from psycopg import Connection

from core.sql import load_queries
from web.auth import Account
from web.settings import WebSettings

QUERIES = load_queries("web", "snapshot.sql")


def snapshot_text(
    conn: Connection[Any], account: Account, settings: WebSettings, now: datetime
) -> str:
    """JSON text, within the account's scope. `conn` must be in repeatable read."""
    row = conn.execute(
        QUERIES["snapshot"],
        {
            "now": now,
            "org_ids": sorted(account.org_ids),
            "session": json.dumps(account.shape()),
            "settings": json.dumps(
                {"live_period_s": settings.live_period_s, "demo": settings.demo}
            ),
        },
    ).fetchone()
    assert row is not None
    return str(row[0])
