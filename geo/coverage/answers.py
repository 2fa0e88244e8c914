"""What is told of coverage: items with everything beside the number, and the sum of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from geo.coverage.figures import POINT, UNITS, Figure, share_of

CONFIDENCES = ("none", "low", "normal")  # the worst first


@dataclass(frozen=True, slots=True)
class Item:
    """A figure of an organisation's object; `version` and `known_at` where it was kept."""

    org_id: int
    name: str
    figure: Figure
    rule: str
    definition: Mapping[str, str]
    version: int | None = None
    known_at: datetime | None = None


def shape_of(item: Item) -> dict[str, Any]:
    """An item as it looks in REST, in a table and on a map."""
    one = item.figure
    share = one.share
    return {
        "object": {
            "id": one.object_id,
            "kind": one.kind,
            "name": item.name,
            "org_id": item.org_id,
        },
        "covered": one.covered,
        "required": one.required,
        "unit": one.unit,
        "share": None if share is None else round(share, 4),
        "period_s": one.sampling.period_s,
        "unknown_s": one.sampling.unknown_s,
        "confidence": one.sampling.confidence,
        "visits": one.detail.get("visits"),
        "detail": dict(one.detail),
        "rule": item.rule,
        "version": item.version,
        "known_at": item.known_at,
        "definition": dict(item.definition),
    }


def answer(
    kind: str, span: tuple[datetime, datetime], source: str, items: Sequence[Item]
) -> dict[str, Any]:
    """{items, next} with the sum, and whether it was `stored` or measured `live`."""
    return {
        "items": [shape_of(item) for item in items],
        "next": None,
        "kind": kind,
        "source": source,
        "from": span[0],
        "to": span[1],
        "sum": total(kind, [item.figure for item in items]),
    }


def total(kind: str, figures: Sequence[Figure]) -> dict[str, Any]:
    """Visited points of all points; metres of all metres; cells of all cells.

    No surer than the least sure of them; None when there is nothing to be covered.
    """
    if kind == POINT:
        covered = float(sum(bool(one.detail.get("visited")) for one in figures))
        required = float(len(figures))
    else:
        covered = round(sum(one.covered for one in figures), 1)
        required = round(sum(one.required for one in figures), 1)
    unit = "point" if kind == POINT else UNITS[kind]
    share = share_of("", covered, required, {})
    worst = min((CONFIDENCES.index(one.sampling.confidence) for one in figures), default=None)
    return {
        "covered": covered,
        "required": required,
        "unit": unit,
        "share": None if share is None else round(share, 4),
        "confidence": None if worst is None else CONFIDENCES[worst],
    }
