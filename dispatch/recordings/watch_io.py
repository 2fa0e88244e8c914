"""Tasks whose recordings are to be looked at again, and when."""

from datetime import datetime
from typing import Any

from psycopg import Connection

from core.sql import load_queries

QUERIES = load_queries("dispatch.recordings", "watch.sql")


def look_again(conn: Connection[Any], task_id: int, due_at: datetime) -> None:
    """Soon after a task moved, or when an upload is due; the earliest counts."""
    conn.execute(QUERIES["watch"], {"task_id": task_id, "due_at": due_at})
