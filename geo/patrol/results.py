"""The words of a verdict: results, what each says of presence, and how it counts.

One table, so that a report, the console and the alarms cannot disagree on what a result means.
Results are those of the domain reference (B.6), with two that admit ignorance.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Result(StrEnum):
    ON_TIME = "on_time"
    EARLY = "early"
    LATE = "late"
    MISSED = "missed"
    OUT_OF_PLACE = "out_of_place"
    OUT_OF_ORDER = "out_of_order"
    TOO_SHORT = "too_short"
    SUSPECT = "suspect"
    MAKEUP = "makeup"
    EXCUSED = "excused"
    UNDETERMINABLE = "undeterminable"
    PENDING_OFFLINE = "pending_offline"


class Presence(StrEnum):
    """到位 / 未到 / 无法判定, and what nobody asked for."""

    THERE = "there"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    EXCUSED = "excused"


@dataclass(frozen=True, slots=True)
class Meaning:
    """`rank`: of several check-ins for one window the one with the lowest counts.

    `weight`: the default score of the domain reference. `counts`: in the numerator of completion.
    """

    presence: Presence
    rank: int
    weight: float
    counts: bool
    zh: str
    en: str


_P, _R = Presence, Result
MEANINGS: Final[dict[Result, Meaning]] = {
    _R.ON_TIME: Meaning(_P.THERE, 0, 1.0, True, "准时", "on time"),
    _R.EARLY: Meaning(_P.THERE, 1, 0.8, True, "早到", "early"),
    _R.LATE: Meaning(_P.THERE, 2, 0.6, True, "迟到", "late"),
    _R.TOO_SHORT: Meaning(_P.THERE, 3, 0.0, False, "停留不足", "too short"),
    _R.OUT_OF_ORDER: Meaning(_P.THERE, 4, 0.0, False, "次序不符", "out of order"),
    _R.OUT_OF_PLACE: Meaning(_P.ABSENT, 5, 0.0, False, "不在点位", "out of place"),
    _R.SUSPECT: Meaning(_P.UNKNOWN, 6, 0.0, False, "存疑", "suspect"),
    _R.MAKEUP: Meaning(_P.THERE, 7, 0.5, False, "补签", "made up"),
    _R.EXCUSED: Meaning(_P.EXCUSED, 8, 0.0, False, "免于考核", "excused"),
    _R.UNDETERMINABLE: Meaning(_P.UNKNOWN, 9, 0.0, False, "无法判定", "undeterminable"),
    _R.PENDING_OFFLINE: Meaning(_P.UNKNOWN, 9, 0.0, False, "等待离线上传", "waiting for upload"),
    _R.MISSED: Meaning(_P.ABSENT, 10, 0.0, False, "漏巡", "missed"),
}
assert set(MEANINGS) == set(Result)


def rests_on_something(result: Result) -> bool:
    """Whether it was said because of a visit or a pardon, so that it falls when that is gone.

    >>> rests_on_something(Result.EXCUSED), rests_on_something(Result.MISSED)
    (True, False)
    """
    meaning = MEANINGS[result]
    return meaning.counts or meaning.presence is Presence.EXCUSED
