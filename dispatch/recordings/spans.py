"""Interval algebra on half-open spans of milliseconds, [from, to). Pure.

Every function takes spans in any order, overlapping or not, and answers disjoint ones in order;
what is empty or runs backwards says nothing.
"""

from collections.abc import Iterable

Span = tuple[int, int]


def union(spans: Iterable[Span]) -> list[Span]:
    """
    >>> union([(5, 9), (0, 3), (2, 4), (9, 10), (7, 7)])
    [(0, 4), (5, 10)]
    """
    found: list[Span] = []
    for begin, end in sorted(one for one in spans if one[0] < one[1]):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((begin, end))
    return found


def within(spans: Iterable[Span], window: Span) -> list[Span]:
    """What of them lies inside.

    >>> within([(0, 4), (3, 7)], (2, 5))
    [(2, 5)]
    """
    low, high = window
    return union((max(begin, low), min(end, high)) for begin, end in spans)


def without(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """What is left of the first when the second are cut out.

    >>> without([(0, 10)], [(2, 3), (5, 6)])
    [(0, 2), (3, 5), (6, 10)]
    """
    found = []
    holes = union(taken)
    for begin, end in union(spans):
        at = begin
        for low, high in holes:
            if high <= at or low >= end:
                continue
            if low > at:
                found.append((at, low))
            at = high
        if at < end:
            found.append((at, end))
    return found


def total_ms(spans: Iterable[Span]) -> int:
    """Never counting twice what overlaps.

    >>> total_ms([(0, 4), (3, 7)])
    7
    """
    return sum(end - begin for begin, end in union(spans))
