"""E22: a station that normally tells so many events a day tells none. Pure.

It says that the connector is broken, not that anybody did wrong. Domain reference E.5.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from statistics import median
from typing import Final

LOOK_BACK: Final = timedelta(days=28)
JUDGED_D: Final = 3  # days before today that are judged, so that late files take findings back
USUAL_MIN: Final = 5  # a day; a station of fewer has no habit
WEEKS_MIN: Final = 7  # days with events before a habit is one


def silent_days(
    told: Mapping[date, int], today: date, share: float
) -> list[tuple[date, int, float]]:
    """(day, events, usual) of whole days on which less than `share` of the usual came.

    `told`: events of each local day. What is usual is the median of the days before that had any.
    """
    found = []
    for back in range(JUDGED_D, 0, -1):
        day = today - timedelta(days=back)
        before = [n for other, n in told.items() if day - LOOK_BACK <= other < day and n > 0]
        if len(before) < WEEKS_MIN or median(before) < USUAL_MIN:
            continue
        count = told.get(day, 0)
        if count < share * median(before):
            found.append((day, count, float(median(before))))
    return found
