"""Read the registry."""

from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from core.sql import load_queries
from devices.registry import Device, Registry

QUERIES = load_queries("devices", "registry.sql")


def load_registry(conn: Connection[Any]) -> Registry:
    """Every device ever enrolled, by id."""
    with conn.cursor(row_factory=class_row(Device)) as cursor:
        cursor.execute(QUERIES["all_devices"])
        return {device.id: device for device in cursor}
