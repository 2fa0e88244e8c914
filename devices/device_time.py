"""When something was observed, by the best clock there is (domain reference B.5). Pure.

A device's wall clock may be wrong or set on purpose. Where it tells its monotonic clock at
the observation and at the sending, within one boot, the time of receipt less what passed
between them is immune to that; its error is the delay of the network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Any


class Trust(StrEnum):
    """Best first. `LOW`: sent in another boot than observed in, so the offset is a guess."""

    MONOTONIC = "monotonic"
    DEVICE = "device"
    LOW = "low"

    @property
    def rank(self) -> int:
        return list(Trust).index(self)


@dataclass(frozen=True, slots=True)
class Corrected:
    """`offset_s`: what the device's wall clock lacked."""

    at: datetime
    trust: Trust
    offset_s: float


def trust_of(skew_ms: int | None, detail: Mapping[str, Any], sender_boot: object) -> Trust:
    """How far a reading's time can be trusted.

    `detail` holds what it said of `boot`, `up`, `sent_up`, and `queued`. `sender_boot` is the
    boot of what the same device sent afresh just before, where that is known.
    """
    up, sent_up, boot = detail.get("up"), detail.get("sent_up"), detail.get("boot")
    backwards = up is not None and sent_up is not None and sent_up < up
    known = boot is not None and sender_boot is not None and bool(detail.get("queued"))
    if backwards or (known and str(boot) != str(sender_boot)):
        return Trust.LOW
    return Trust.DEVICE if skew_ms is None else Trust.MONOTONIC


def corrected(
    at: datetime,
    received_at: datetime,
    skew_ms: int | None,
    trust: Trust,
    online_offsets_s: Sequence[float] = (),
) -> Corrected:
    """The time to judge by. `online_offsets_s`: receipt less device time of fresh messages.

    Without a monotonic clock the device's time stands; all that can be said of it is how far
    it runs ahead of the receipt.
    """
    if trust is Trust.MONOTONIC:
        assert skew_ms is not None
        return Corrected(at + timedelta(milliseconds=skew_ms), trust, skew_ms / 1000)
    if trust is Trust.LOW and online_offsets_s:
        offset_s = round(median(online_offsets_s), 3)
        return Corrected(at + timedelta(seconds=offset_s), trust, offset_s)
    ahead_s = (at - received_at).total_seconds()
    return Corrected(at, trust, -ahead_s if ahead_s > 0 else 0.0)
