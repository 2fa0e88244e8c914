"""溯源缺失率: of the cylinders at users, those with a stage of their round never told. Pure.

Definition and chain: domain reference E.5 [D]. A round begins when the cylinder was last empty,
at its return or its registration.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from geo.gas.history import (
    DELIVER,
    FILL,
    LOAD,
    POSTFILL,
    PREFILL,
    REGISTER,
    RETURN,
    STOCK_OUT,
    USER,
    USER_CHECK,
    History,
)

CHAIN: Final = {
    "prefill_check": (PREFILL,), "fill": (FILL,), "postfill_check": (POSTFILL,),
    "stock_out": (STOCK_OUT, LOAD), "deliver": (DELIVER,), "user_check": (USER_CHECK,),
}  # fmt: skip


@dataclass(slots=True)
class Gaps:
    """Cylinders at users, those with a gap, gaps by stage, and both by the station that filled."""

    at_users: int = 0
    missing: int = 0
    stages: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CHAIN, 0))
    stations: dict[str, list[int]] = field(default_factory=dict)  # number: [at users, missing]

    def body(self) -> dict[str, Any]:
        return {"stages": self.stages, "stations": self.stations}


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
    fill = history.upto(history.of(FILL))[rows]
    station = history.value("site", np.where(fill > begun, fill, -1))
    for key in np.unique(station).tolist():
        here = station == key
        found.stations[str(key)] = [int(here.sum()), int((missing & here).sum())]
    return found
