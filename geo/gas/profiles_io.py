"""A site, company, vehicle, route, courier or user: its entry, what is its, what is found there."""

from typing import Any, Final

from psycopg import Connection

from core.values import Viewer
from geo.gas.findings_io import Filter, list_findings
from geo.gas.registers_io import entry, members
from geo.gas.sources_io import site_balances

FINDINGS_MAX: Final = 100


def profile(conn: Connection[Any], viewer: Viewer, kind: str, key: str) -> dict[str, Any]:
    """The entry with its versions, and {members, findings, balance}. Raises Invalid, NotFound."""
    shape = entry(conn, viewer, kind, key)
    mine = members(conn, viewer, key) if kind == "company" else []
    about = [key, *(one["key"] for one in mine)]
    found = list_findings(conn, viewer, Filter(about=about), limit=FINDINGS_MAX)
    days = [one for one in site_balances(conn) if kind == "site" and one["key"] == key]
    return {**shape, "members": mine, "findings": found["items"],
            "balance": days[0] if days else None}  # fmt: skip
