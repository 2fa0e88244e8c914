"""The order of a route: a stop visited before one that comes earlier is out of order (B.6)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from geo.patrol.evidence import Verdict, Window
from geo.patrol.reasons import reason
from geo.patrol.results import MEANINGS, Result
from geo.patrol.rules import RULE, Rule


def in_order(
    rounds: Sequence[tuple[Window, Verdict | None]], rule: Rule = RULE
) -> list[Verdict | None]:
    """The verdicts of one walk along a route, with the order of its stops judged as well.

    Ordered: a stop visited before one that comes earlier on the route is out of order.
    Strictly ordered: one is also out of order when a stop before it was not visited.
    """
    walk = sorted(range(len(rounds)), key=lambda i: (rounds[i][0].stop_no or 0, rounds[i][0].id))
    found = [verdict for _, verdict in rounds]
    for place, i in enumerate(walk):
        window, verdict = rounds[i]
        if window.route_order == "free" or verdict is None or not _visited(verdict):
            continue
        before = [rounds[j] for j in walk[:place]]
        said = _disorder(window, verdict, before)
        if said is not None:
            found[i] = replace(
                verdict,
                result=Result.OUT_OF_ORDER,
                reasons=(said, *verdict.reasons),
                rule=rule.version,
            )
    return found


def _visited(verdict: Verdict) -> bool:
    return MEANINGS[verdict.result].counts and verdict.proved_at is not None


def _disorder(
    window: Window, verdict: Verdict, before: Sequence[tuple[Window, Verdict | None]]
) -> dict[str, Any] | None:
    assert verdict.proved_at is not None
    for other, theirs in before:
        visited_at = theirs.proved_at if theirs is not None and _visited(theirs) else None
        if visited_at is not None and visited_at > verdict.proved_at:
            return reason("out_of_order", stop_no=window.stop_no, before=other.stop_no)
        skipped = theirs is not None and theirs.result in (Result.MISSED, Result.OUT_OF_PLACE)
        if window.route_order == "ordered_strict" and skipped:
            return reason("stop_skipped", before=other.stop_no)
    return None
