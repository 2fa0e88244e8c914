"""Spot checks: which recordings are looked at, so that anybody can draw the same again. Pure.

Domain reference D.5, sampling for S3: by squad and month, a stored seed, without replacement,
ceil(a year's number x elapsed share) by any day.
"""

import math
from collections.abc import Mapping
from datetime import date
from random import Random

Stratum = tuple[int, str]  # organisation, month as 2026-03


def paced(a_year: int, today: date) -> int:
    """How many ought to be drawn by the end of a day.

    >>> paced(100, date(2026, 1, 1)), paced(100, date(2026, 7, 2)), paced(100, date(2026, 12, 31))
    (1, 51, 100)
    """
    days = 366 if today.year % 4 == 0 and (today.year % 100 != 0 or today.year % 400 == 0) else 365
    elapsed = (today - date(today.year, 1, 1)).days + 1
    return min(a_year, math.ceil(a_year * elapsed / days))


def shares(sizes: Mapping[Stratum, int], wanted: int) -> dict[Stratum, int]:
    """How many of each stratum: one each while there are enough, then by size; largest remainder.

    >>> shares({(1, "a"): 90, (2, "a"): 10, (3, "a"): 0}, 5)
    {(1, 'a'): 4, (2, 'a'): 1}
    """
    some = {name: size for name, size in sorted(sizes.items()) if size}
    wanted = min(wanted, sum(some.values()))
    first = sorted(some, key=lambda name: (-some[name], name))[:wanted]
    found = dict.fromkeys(some, 0) | dict.fromkeys(first, 1)
    left = wanted - len(first)
    room = {name: some[name] - found[name] for name in some}
    whole = sum(room.values())
    if left and whole:
        exact = {name: left * room[name] / whole for name in some}
        for name in some:
            found[name] += int(exact[name])
        rest = left - sum(int(one) for one in exact.values())
        by_rest = sorted(some, key=lambda name: (int(exact[name]) - exact[name], name))
        for name in by_rest:
            if rest and found[name] < some[name]:
                found[name] += 1
                rest -= 1
    return {name: count for name, count in found.items() if count}


def draw(sizes: Mapping[Stratum, int], wanted: int, seed: str) -> list[tuple[Stratum, int]]:
    """Which of each stratum, by their place in a fixed order, without replacement.

    The same seed and the same sizes give the same draw.
    """
    counts = shares(sizes, wanted)
    found = []
    for stratum in sorted(counts):
        # A seed that is kept, so that anybody can draw the same again: not a secret.
        chance = Random(f"{seed}/{stratum[0]}/{stratum[1]}")  # noqa: S311
        chosen = chance.sample(range(sizes[stratum]), counts[stratum])
        found += [(stratum, no) for no in sorted(chosen)]
    return found


def substitute(size: int, seed: str, sample_id: int) -> int | None:
    """Another of the same stratum for a sample that cannot be looked at; None: there is none."""
    if not size:
        return None
    return Random(f"{seed}/replaces/{sample_id}").randrange(size)  # noqa: S311
