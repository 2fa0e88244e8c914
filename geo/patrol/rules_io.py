"""Rule versions: kept as data, activated from a moment on, never changed."""

import dataclasses
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Viewer
from geo.patrol.rules import RULE, Rule, rule_of

QUERIES = load_queries("geo.patrol", "rules.sql")
BACK_MAX: Final = timedelta(days=35)


class RuleExists(Conflict):
    """A rule of this version exists already, and rules are never changed. Choose a new version."""

    code = "rule_exists"


@dataclass(frozen=True, slots=True)
class Rules:
    """Which rule was in force when; the built-in one before the first activation."""

    starts: Sequence[datetime] = ()
    rules: Sequence[Rule] = ()

    def at(self, opens_at: datetime) -> Rule:
        place = bisect_right(self.starts, opens_at)
        return self.rules[place - 1] if place else RULE


def load_rules(conn: Connection[Any]) -> Rules:
    rows = conn.execute(QUERIES["activations"]).fetchall()
    found = [rule_of(version, body) for _, version, body in rows]
    return Rules([start for start, _, _ in rows], found)


def list_rules(conn: Connection[Any], now: datetime) -> dict[str, Any]:
    """Every version with when it came into force, and the built-in one in full."""
    with conn.cursor(row_factory=dict_row) as cursor:
        items = cursor.execute(QUERIES["list"]).fetchall()
    in_force = load_rules(conn).at(now).version
    for item in items:
        item["active"] = item["version"] == in_force
    return {
        "items": items,
        "next": None,
        "builtin": {**dataclasses.asdict(RULE), "active": in_force == RULE.version},
    }


def add_rule(
    conn: Connection[Any],
    viewer: Viewer,
    version: str,
    body: Mapping[str, Any],
    *,
    note: str,
    now: datetime,
) -> tuple[dict[str, Any], list[Event]]:
    """A draft: it counts for nothing until it is activated. Raises Invalid, RuleExists."""
    _check_topmost(conn, viewer)
    rule_of(version, body)
    given = {"version": version, "body": Jsonb(dict(body)), "note": note, "now": now}
    row = conn.execute(QUERIES["add"], {**given, "login": viewer.login}).fetchone()
    if row is None or version == RULE.version:
        raise RuleExists(version=version)
    said = {"version": version, "body": dict(body), "note": note}
    return said, [Event("rule.added", now, viewer.org_id, {"rule": said}, actor=viewer.login)]


def activate_rule(
    conn: Connection[Any], viewer: Viewer, version: str, valid_from: datetime, now: datetime
) -> list[Event]:
    """From then on, also in the past: what was judged by another rule is judged again."""
    _check_topmost(conn, viewer)
    if conn.execute(QUERIES["get"], {"version": version}).fetchone() is None:
        raise NotFound(f"There is no rule {version}. Add it first.")
    if valid_from < now - BACK_MAX:
        raise Invalid("A rule comes into force at most 35 days ago.")
    given = {"version": version, "valid_from": valid_from, "now": now, "login": viewer.login}
    conn.execute(QUERIES["activate"], given)
    conn.execute(QUERIES["touch"], given)
    said = {"version": version, "valid_from": valid_from.isoformat()}
    return [Event("rule.activated", now, viewer.org_id, {"rule": said}, actor=viewer.login)]


def _check_topmost(conn: Connection[Any], viewer: Viewer) -> None:
    """Rules hold for everybody, so they are changed where everybody is seen."""
    if conn.execute(QUERIES["is_topmost"], {"org_id": viewer.org_id}).fetchone() != (True,):
        raise Forbidden(
            "Rules hold for the whole bureau; an administrator of the bureau sets them."
        )
