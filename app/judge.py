"""`./waypost judge`: past windows judged again, by today's rules or by ones not yet in force.

Nothing is written. It prints which verdicts would change, by squad, by change and by reason,
so that a rule is known before it counts.
"""

import argparse
import json
import sys
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from psycopg import Connection

from app import place
from app.settings import Loaded
from core import clock
from core.db import connect
from core.errors import Invalid
from core.values import OrgId, Role, Viewer
from geo.patrol import backtest_io
from geo.patrol.rules import rule_of
from geo.patrol.rules_io import Rules, load_rules
from geo.patrol.windows import LOCAL

BACK_USUAL = timedelta(days=30)


def add_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--rules", type=Path, metavar="FILE",
        help="what differs from the built-in rule, as JSON or TOML; without it: the rules in force",
    )  # fmt: skip
    parser.add_argument("--from", dest="since", type=_time, metavar="TIME", help="30 days ago")
    parser.add_argument("--to", dest="until", type=_time, metavar="TIME", help="now")
    parser.add_argument("--json", action="store_true", help="one JSON object")


def run(args: argparse.Namespace, loaded: Loaded) -> int:
    """Exit status 0 whatever would change; a rule that makes no sense is wrong usage."""
    settings = place.connected(loaded)
    assert settings.database_url
    now = clock.now()
    until: datetime = args.until or now
    since: datetime = args.since or until - BACK_USUAL
    with connect(settings.database_url, application="waypost-judge") as conn:
        conn.execute("SET default_transaction_read_only = on")
        rules = _rules(conn, args.rules)
        found = backtest_io.back_test(
            conn, everybody(conn), rules, since, until, now=now, progress=_progress
        )
    if args.json:
        print(json.dumps(found, default=str, ensure_ascii=False))
    else:
        _print(found)
    return 0


def everybody(conn: Connection[Any]) -> Viewer:
    """Who has the machine sees all of it."""
    ids = frozenset(OrgId(id_) for (id_,) in conn.execute("SELECT id FROM org"))
    return Viewer("system", Role.ADMIN, OrgId(0), ids)


def _rules(conn: Connection[Any], file: Path | None) -> Rules:
    if file is None:
        return load_rules(conn)
    return backtest_io.only(rule_of("candidate", read_rule(file)))


def read_rule(file: Path) -> Mapping[str, Any]:
    """Raises Invalid, naming the file and what is wrong with it."""
    try:
        text = file.read_text("utf-8")
        said: Any = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise Invalid(f"{file} is neither JSON nor TOML: {error}.") from None
    if not isinstance(said, dict):
        raise Invalid(f"{file} holds no table of rules.")
    return said


def _print(found: Mapping[str, Any]) -> None:
    print(f"{found['judged']} windows judged, {found['changed_count']} verdicts would change")
    for title, rows in (
        ("change", found["by_change"]), ("squad", found["by_squad"]), ("reason", found["by_reason"])
    ):  # fmt: skip
        if rows:
            print(f"\n{title}")
        for row in rows:
            print(f"  {row['count']:>7}  {row['name']}")
    for one in found["changed"][:20]:
        print(f"\n{one['squad']} · {one['point']} · window {one['window_id']}: "
              f"{one['before']} → {one['after']}\n  {one['reasons'][0]['zh']}")  # fmt: skip


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} / {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)


def _time(text: str) -> datetime:
    """ISO 8601; without an offset it is local time in Shanghai."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-11-01T08:00") from None
    return at if at.tzinfo else at.replace(tzinfo=LOCAL)
