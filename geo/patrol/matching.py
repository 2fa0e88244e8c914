"""A check-in serves at most one window (domain reference B.6): who serves which.

Windows of one point, the buffers included, may overlap. As many as possible are served, and
among those ways the one with the least time between check-ins and due times. Since both are
on one line, a best matching never crosses itself, so a walk over two sorted lists finds it.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple


class Slot(NamedTuple):
    """A window, as seconds: when it is due, and from when to when a check-in serves it."""

    id: int
    due_s: float
    from_s: float
    to_s: float


_NOBODY: Final = (0, 0.0)


def match(slots: Sequence[Slot], taps: Sequence[float]) -> dict[int, int]:
    """{index of a tap: id of the window it serves}; each window and each tap at most once.

    >>> match([Slot(7, 100, 50, 150), Slot(8, 200, 50, 250)], [90, 110])
    {0: 7, 1: 8}
    """
    slots = sorted(slots, key=lambda slot: (slot.due_s, slot.id))
    order = sorted(range(len(taps)), key=lambda i: (taps[i], i))
    # best[i][j]: (served, -cost) of the first i slots and the first j taps
    best = [[_NOBODY] * (len(order) + 1) for _ in range(len(slots) + 1)]
    for i, slot in enumerate(slots, 1):
        for j, tap in enumerate(order, 1):
            without = max(best[i - 1][j], best[i][j - 1])
            served = _served(best[i - 1][j - 1], slot, taps[tap])
            best[i][j] = without if served is None else max(without, served)
    return _trace(best, slots, order, taps)


def nearest(slots: Sequence[Slot], tap_s: float) -> int | None:
    """The window a further check-in speaks of: the one due nearest to it, of those it is in.

    >>> nearest([Slot(7, 100, 50, 150), Slot(8, 200, 50, 250)], 160)
    8
    """
    held = [slot for slot in slots if slot.from_s <= tap_s <= slot.to_s]
    if not held:
        return None
    return min(held, key=lambda slot: (abs(tap_s - slot.due_s), slot.id)).id


def _served(before: tuple[int, float], slot: Slot, tap_s: float) -> tuple[int, float] | None:
    if not slot.from_s <= tap_s <= slot.to_s:
        return None
    return before[0] + 1, before[1] - abs(tap_s - slot.due_s)


def _trace(
    best: Sequence[Sequence[tuple[int, float]]],
    slots: Sequence[Slot],
    order: Sequence[int],
    taps: Sequence[float],
) -> dict[int, int]:
    found: dict[int, int] = {}
    i, j = len(slots), len(order)
    while i and j:
        if best[i][j] == best[i][j - 1]:
            j -= 1
        elif best[i][j] == best[i - 1][j]:
            i -= 1
        else:
            found[order[j - 1]] = slots[i - 1].id
            i, j = i - 1, j - 1
    return dict(sorted(found.items()))
