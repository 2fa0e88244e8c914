"""What is counted over all cylinders: 溯源缺失率, and balances of sites by day. Pure.

溯源缺失率: of the cylinders at users, those with a stage of their round never told.

Definition and chain: domain reference E.5 [D]. A round begins when the cylinder was last empty,
at its return or its registration.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from geo.gas.history import (
    AT_SITE,
    DELIVER,
    FILL,
    LOAD,
    POSTFILL,
    PREFILL,
    REGISTER,
    RETURN,
    SITE,
    STOCK_OUT,
    USER,
    USER_CHECK,
    History,
    Ints,
    listed,
)
from geo.gas.rulebook import DAY_MS, LOCAL_MS
from geo.gas.rules import agrees

CHAIN: Final = {
    "prefill_check": (PREFILL,), "fill": (FILL,), "postfill_check": (POSTFILL,),
    "stock_out": (STOCK_OUT, LOAD), "deliver": (DELIVER,), "user_check": (USER_CHECK,),
}  # fmt: skip


@dataclass(slots=True)
class Gaps:
    """Cylinders at users, those with a gap, and gaps by stage."""

    at_users: int = 0
    missing: int = 0
    stages: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CHAIN, 0))

    def body(self) -> dict[str, Any]:
        return {"stages": self.stages}


def gaps(history: History) -> Gaps:
    """As the last event of each cylinder leaves it."""
    found = Gaps()
    if not len(history):
        return found
    last = np.flatnonzero(history.following < 0)
    held = history.upto(history.moves)[last]
    rows = last[(held >= 0) & (history.taker_kind[held] == USER)]
    begun = history.upto(history.of(RETURN, REGISTER))[rows]
    missing = np.zeros(len(rows), bool)
    for stage, kinds in CHAIN.items():
        absent = history.upto(history.of(*kinds))[rows] <= begun
        found.stages[stage] = int(absent.sum())
        missing |= absent
    found.at_users, found.missing = len(rows), int(missing.sum())
    return found


# ── balances ───────────────────────────────────────────────────────────────

COUNTED: Final = ("arrived", "left", "filled", "unexplained")
Balances = dict[str, dict[str, Any]]  # by number of the site: {"stock", "days": {day: counts}}


def balances(history: History, known: Ints, since_ms: int) -> Balances:
    """Of these sites by local day, from a moment on (E21; feature G9).

    Stock is what the ledger has there at the end. `unexplained` are events at a site about a
    cylinder that the ledger did not have there: data quality first, before anybody is accused.
    """
    found: Balances = {}
    if not len(history):
        return found
    held, came = history.holder_kind == SITE, history.taker_kind == SITE
    stays = held & came & (history.holder == history.taker)
    recent = history["at"] >= since_ms
    at_site = listed(known, history["site"]) & history.of(*AT_SITE, LOAD)
    marks = (
        (history.taker, recent & history.moves & came & ~stays),
        (history.holder, recent & history.moves & held & ~stays),
        (history["site"], recent & history.of(FILL)),
        (history["site"], recent & at_site & ~agrees(history)),
    )
    for no, (who, which) in enumerate(marks):
        rows = np.flatnonzero(which & listed(known, who))
        day = (history["at"][rows] + LOCAL_MS) // DAY_MS
        pairs, count = np.unique(np.column_stack([who[rows], day]), axis=0, return_counts=True)
        for (site, when), n in zip(pairs.tolist(), count.tolist(), strict=True):
            days = found.setdefault(str(site), {"stock": 0, "days": {}})["days"]
            days.setdefault(str(when), [0] * len(COUNTED))[no] = n
    last = np.flatnonzero(history.following < 0)
    move = history.upto(history.moves)[last]
    here = move[(move >= 0) & came[move] & listed(known, history.taker[move])]
    for site, n in zip(*np.unique(history.taker[here], return_counts=True), strict=True):
        found.setdefault(str(site), {"stock": 0, "days": {}})["stock"] = int(n)
    return found


def summed(parts: Iterable[Balances]) -> Balances:
    """Of shares of all cylinders."""
    whole: Balances = {}
    for part in parts:
        for site, one in part.items():
            into = whole.setdefault(site, {"stock": 0, "days": {}})
            into["stock"] += one["stock"]
            for day, counts in one["days"].items():
                before = into["days"].get(day, [0] * len(COUNTED))
                into["days"][day] = [a + b for a, b in zip(before, counts, strict=True)]
    return whole
