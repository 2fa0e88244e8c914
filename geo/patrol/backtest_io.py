"""Try a rule on the past before it counts: which verdicts would change, by squad and reason.

What check-ins prove (`proof` in a rule) is judged when they come and kept; a back-test takes
it as it stands and tries the judge's part. Nothing is written.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from core.errors import Invalid
from core.sql import load_queries
from core.values import Viewer
from geo.patrol import verdicts_io
from geo.patrol.evidence import Verdict
from geo.patrol.evidence_io import load_evidence
from geo.patrol.rules import Rule
from geo.patrol.rules_io import Rules

QUERIES = load_queries("geo.patrol", "backtest.sql")
SPAN_MAX: Final = timedelta(days=35)
WINDOWS_MAX: Final = 100_000
AT_ONCE: Final = 400  # windows whose positions are in memory together
CHANGES_SHOWN: Final = 2_000
Shape = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Stood:
    """A window as it stands on record."""

    id: int
    org: str
    point: str
    result: str
    reasons: Sequence[Mapping[str, Any]]


def back_test(
    conn: Connection[Any],
    viewer: Viewer,
    rules: Rules,
    from_at: datetime,
    to_at: datetime,
    *,
    now: datetime,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Shape:
    """{judged, changed, changed_count, by_squad, by_change, by_reason}. Raises Invalid.

    `progress` is told (done, of) after each few hundred windows.
    """
    if not from_at < to_at <= from_at + SPAN_MAX:
        raise Invalid("A back-test covers at most 35 days, from before to.")
    given = {
        "from_at": from_at,
        "to_at": to_at,
        "org_ids": list(viewer.org_ids),
        "limit": WINDOWS_MAX,
    }
    stood = [Stood(*row) for row in conn.execute(QUERIES["windows"], given)]
    changed = []
    for start in range(0, len(stood), AT_ONCE):
        some = stood[start : start + AT_ONCE]
        verdicts = judged_again(conn, [one.id for one in some], rules, now)
        changed += [
            _change(one, verdict)
            for one in some
            if (verdict := verdicts.get(one.id)) is not None and verdict.result != one.result
        ]
        progress(start + len(some), len(stood))
    return {
        "judged": len(stood),
        "changed": changed[:CHANGES_SHOWN],
        "changed_count": len(changed),
        "by_squad": _counted(one["squad"] for one in changed),
        "by_change": _counted(f"{one['before']} → {one['after']}" for one in changed),
        "by_reason": _counted(one["reasons"][0]["code"] for one in changed),
    }


def only(rule: Rule) -> Rules:
    """This rule and no other, whenever a window opened."""
    return Rules([datetime.min.replace(tzinfo=UTC)], [rule])


def judged_again(
    conn: Connection[Any], ids: Sequence[int], rules: Rules, now: datetime
) -> dict[int, Verdict | None]:
    """Windows judged by these rules from what is stored, as of `now`; nothing is written."""
    windows = verdicts_io.look_at(conn, verdicts_io.with_walks(conn, ids))
    loaded = load_evidence(conn, windows, now, rules, None)
    return verdicts_io.verdicts_of(windows, loaded, now, rules)


def _change(one: Stood, verdict: Verdict) -> Shape:
    return {
        "window_id": one.id,
        "squad": one.org,
        "point": one.point,
        "before": one.result,
        "after": str(verdict.result),
        "reasons": list(verdict.reasons),
        "reasons_before": list(one.reasons),
    }


def _counted(names: Iterable[str]) -> list[Shape]:
    return [{"name": name, "count": count} for name, count in Counter(names).most_common()]
