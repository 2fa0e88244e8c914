"""How well the alarms serve those who answer them: rates, floods, the nuisance ten. Pure.

After ISA-18.2 and EEMUA 191: what a desk can bear is some 6 alarms an hour, never more than ten
in ten minutes (a flood), and the ten worst sources should not make most of the load. A source
that comes and goes three times in ten minutes chatters; one that stands for a day is stale.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from geo.patrol.rates import Shape, figure

FLOOD_FROM: Final = 10  # more than so many within one slot
SLOT: Final = timedelta(minutes=10)
CHATTER_FROM: Final = 3
STALE_AFTER: Final = timedelta(hours=24)
WORST: Final = 10

DEFINITIONS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "per_hour": (
        "每小时告警", "alarms an hour",
        "发生次数 ÷ 小时数（EEMUA 191：平均不超过 6）",
        "happenings ÷ hours (EEMUA 191: no more than 6 on average)",
    ),
    "flood": (
        "告警洪泛占时", "time in flood",
        "发生次数超过 10 的十分钟段 ÷ 全部十分钟段（应低于 1%）",
        "ten-minute slots with more than 10 happenings ÷ all slots (should be below 1 %)",
    ),
    "worst": (
        "前十来源占比", "load of the ten worst",
        "发生最多的十个来源的次数 ÷ 全部次数（应低于 5%）",
        "happenings of the ten most frequent sources ÷ all happenings (should be below 5 %)",
    ),
    "acknowledged": (
        "确认率", "acknowledged",
        "已由人确认的告警 ÷ 全部告警",
        "alarms a person has acknowledged ÷ all alarms",
    ),
    "urgent": (
        "最高级占比", "share of priority 1",
        "一级告警 ÷ 全部告警（通常约 5%）",
        "alarms of priority 1 ÷ all alarms (about 5 % is usual)",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Happened:
    """An alarm raised or raised again."""

    at: datetime
    type: str
    source: str
    name: str


@dataclass(frozen=True, slots=True)
class Stood:
    """An alarm of the span, as it is now."""

    priority: int
    first_at: datetime
    acked_at: datetime | None
    active: bool
    shelved: bool


def metrics(
    happened: Sequence[Happened], stood: Sequence[Stood], since: datetime, until: datetime,
    now: datetime,
) -> Shape:  # fmt: skip
    """{figures, by_hour: [{at, count}], peak, nuisance, chattering, standing, ack_s: {p50, p90}}.

    `until` counts only as far as now: what has not been yet makes no alarm rare.
    """
    end = min(until, now)
    hours = max((end - since).total_seconds() / 3600, 1 / 60)
    slots = Counter(_slot(one.at, since) for one in happened)
    slots_all = max(round(hours * 6), 1)
    counts = Counter((one.type, one.source) for one in happened)
    names = {(one.type, one.source): one.name for one in happened}
    worst = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:WORST]
    waits = sorted((one.acked_at - one.first_at).total_seconds() for one in stood if one.acked_at)
    parts = {
        "per_hour": (len(happened), hours),
        "flood": (sum(count > FLOOD_FROM for count in slots.values()), slots_all),
        "worst": (sum(count for _, count in worst), len(happened)),
        "acknowledged": (len(waits), len(stood)),
        "urgent": (sum(one.priority == 1 for one in stood), len(stood)),
    }
    by_hour = Counter(one.at.replace(minute=0, second=0, microsecond=0) for one in happened)
    return {
        "from": since, "to": until, "alarms": len(stood), "happenings": len(happened),
        "figures": {n: figure(n, *part, definitions=DEFINITIONS) for n, part in parts.items()},
        "by_hour": [{"at": at, "count": count} for at, count in sorted(by_hour.items())],
        "peak": max(slots.values(), default=0),
        "nuisance": [_row(key, names[key], count) for key, count in worst],
        "chattering": _chattering(happened),
        "standing": sum(one.active and now - one.first_at > STALE_AFTER for one in stood),
        "shelved": sum(one.shelved for one in stood),
        "ack_s": {"p50": quantile(waits, 0.5), "p90": quantile(waits, 0.9), "count": len(waits)},
        "next": None,
    }  # fmt: skip


def quantile(values: Sequence[float], q: float) -> float | None:
    """Of ascending values; the lower of two neighbours.

    >>> quantile([1.0, 2.0, 3.0, 4.0], 0.5), quantile([], 0.5)
    (2.0, None)
    """
    return round(values[max(0, ceil(len(values) * q) - 1)], 1) if values else None


def _chattering(happened: Sequence[Happened]) -> list[Shape]:
    """Sources that came three times or more within ten minutes, with their worst ten minutes."""
    times: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    names = {}
    for one in happened:
        times[one.type, one.source].append(one.at)
        names[one.type, one.source] = one.name
    found = []
    for key, at in times.items():
        most = _most_within(sorted(at))
        if most >= CHATTER_FROM:
            found.append(_row(key, names[key], most))
    return sorted(found, key=lambda row: (-row["count"], row["source"]))[:WORST]


def _most_within(times: Sequence[datetime]) -> int:
    most = start = 0
    for end, at in enumerate(times):
        while at - times[start] > SLOT:
            start += 1
        most = max(most, end - start + 1)
    return most


def _row(key: tuple[str, str], name: str, count: int) -> dict[str, Any]:
    return {"type": key[0], "source": key[1], "name": name, "count": count}


def _slot(at: datetime, since: datetime) -> int:
    return int((at - since) / SLOT)
