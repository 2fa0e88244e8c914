"""Try a rule on the past before it counts: which verdicts would change, by squad and reason.

What check-ins prove (`proof` in a rule) is judged when they come and kept; a back-test takes
it as it stands and tries the judge's part. Nothing is written.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection

from core.errors import Invalid
from core.sql import load_queries
from core.values import Viewer
from geo.patrol import verdicts_io
from geo.patrol.evidence import Verdict
from geo.patrol.evidence_io import load_evidence
from geo.patrol.rules import RULE, Rule, rule_of
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
    body: Mapping[str, Any],
    from_at: datetime,
    to_at: datetime,
    *,
    now: datetime,
) -> Shape:
    """{rule, judged, changed, by_squad, by_change, by_reason}. Raises Invalid."""
    rule = rule_of("candidate", body)
    if not from_at < to_at <= from_at + SPAN_MAX:
        raise Invalid("A back-test covers at most 35 days, from before to.")
    given = {
        "from_at": from_at,
        "to_at": to_at,
        "org_ids": list(viewer.org_ids),
        "limit": WINDOWS_MAX,
    }
    stood = [Stood(*row) for row in conn.execute(QUERIES["windows"], given)]
    changed = [
        _change(one, verdict)
        for one, verdict in rejudged(conn, stood, rule, now)
        if verdict is not None and verdict.result != one.result
    ]
    return {
        "rule": dict(body),
        "judged": len(stood),
        "changed": changed[:CHANGES_SHOWN],
        "changed_count": len(changed),
        "by_squad": _counted(changed, lambda one: one["squad"]),
        "by_change": _counted(changed, lambda one: f"{one['before']} → {one['after']}"),
        "by_reason": _counted(changed, lambda one: one["reasons"][0]["code"]),
    }


def rejudged(
    conn: Connection[Any], stood: Sequence[Stood], rule: Rule = RULE, now: datetime | None = None
) -> Iterator[tuple[Stood, Verdict | None]]:
    """Each window judged by this rule from what is stored, as of `now`."""
    assert now is not None
    rules = Rules([datetime.min.replace(tzinfo=now.tzinfo)], [rule])
    for start in range(0, len(stood), AT_ONCE):
        some = stood[start : start + AT_ONCE]
        ids = verdicts_io.with_walks(conn, [one.id for one in some])
        windows = verdicts_io.look_at(conn, ids)
        loaded = load_evidence(conn, windows, now, rules, None)
        verdicts = verdicts_io.verdicts_of(windows, loaded, now, rules)
        for one in some:
            yield one, verdicts.get(one.id)


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


def _counted(changed: Sequence[Shape], of: Any) -> list[Shape]:
    counts = Counter(of(one) for one in changed)
    return [{"name": name, "count": count} for name, count in counts.most_common()]
