"""The counter of a SUN tag against time: what was replayed, and whose clock is wrong. Pure.

A tag counts up at each reading. Its counters are judged as a set over corrected time, never
in the order in which they came (decision 12), so an upload from an offline phone ends the
same whenever it comes. Gaps are normal: the public taps as well, and a reading may fail.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import numpy as np

from devices.device_time import Trust
from geo.patrol.rules import ProofRule

Key = tuple[int, datetime, int]  # device_no, at, seq of the check-in

DUPLICATE: Final = "duplicate"
CLOCK: Final = "counter_clock"
NEAR_LIMIT: Final = "counter_near_limit"
FLAGS: Final = frozenset({DUPLICATE, CLOCK, NEAR_LIMIT})


@dataclass(frozen=True, slots=True)
class Tap:
    """A reading of one tag whose MAC holds."""

    key: Key
    counter: int
    at: datetime  # corrected
    trust: Trust


@dataclass(slots=True)
class Verdict:
    """`auth`: sun, replay or replay_suspect."""

    auth: str = "sun"
    flags: set[str] = field(default_factory=set)


def judge(taps: Iterable[Tap], rule: ProofRule) -> dict[Key, Verdict]:
    """A verdict on each tap of one tag, the same for any order of `taps`.

    Of several taps with one counter the earliest by the best clock stands: within
    `same_officer_s` the same device tapped once and said it twice, anything else is a replay.
    Where two that stand contradict each other (more counted, but earlier), the one at fault is
    the one that contradicts more others; then the one with the worse clock; else the lower
    counter, which may have been harvested in advance. Who is at fault does not count until
    somebody has looked at it.
    """
    found: dict[Key, Verdict] = {}
    standing: list[Tap] = []
    for same in _by_counter(taps).values():
        first, *others = sorted(same, key=lambda tap: (tap.trust.rank, tap.at, tap.key))
        standing.append(first)
        found[first.key] = Verdict()
        for other in others:
            found[other.key] = _again(first, other, rule)
    standing.sort(key=lambda tap: tap.counter)
    pairs = _contradictions(standing, rule)
    degree = [0] * len(standing)
    for low, high in pairs:
        degree[low] += 1
        degree[high] += 1
    for low, high in pairs:
        _blame(found, standing[low], standing[high], degree[low], degree[high])
    for tap in standing:
        if tap.counter >= rule.counter_warn:
            found[tap.key].flags.add(NEAR_LIMIT)
    return found


def _again(first: Tap, other: Tap, rule: ProofRule) -> Verdict:
    apart_s = abs((other.at - first.at).total_seconds())
    if other.key[0] == first.key[0] and apart_s <= rule.same_officer_s:
        return Verdict("sun", {DUPLICATE})
    return Verdict("replay")


def _by_counter(taps: Iterable[Tap]) -> Mapping[int, list[Tap]]:
    groups: dict[int, list[Tap]] = {}
    for tap in taps:
        groups.setdefault(tap.counter, []).append(tap)
    return groups


def _contradictions(standing: Sequence[Tap], rule: ProofRule) -> list[tuple[int, int]]:
    """Pairs (i, j), i < j in counters, where i was tapped later than j by more than allowed.

    A low clock may be off by what would make it unusable.
    """
    if len(standing) < 2:
        return []
    at_s = np.array([tap.at.timestamp() for tap in standing])
    low = np.array([tap.trust is Trust.LOW for tap in standing])
    later_s = at_s[:, None] - at_s[None, :]
    allowed_s = rule.bracket_tol_s + rule.skew_unusable_s * (
        low[:, None].astype(float) + low[None, :]
    )
    wrong = np.triu((later_s > allowed_s) & (later_s <= rule.bracket_reach_s), 1)
    return [(int(i), int(j)) for i, j in np.argwhere(wrong)]


def _blame(found: dict[Key, Verdict], low: Tap, high: Tap, low_pairs: int, high_pairs: int) -> None:
    if low_pairs != high_pairs:
        fault = high if high_pairs > low_pairs else low
        # A lower one that contradicts many was harvested; nothing is wrong with its clock.
        if low.trust is not high.trust or high_pairs > low_pairs:
            found[fault.key].flags.add(CLOCK)
    elif low.trust is not high.trust:
        fault = low if low.trust.rank > high.trust.rank else high
        found[fault.key].flags.add(CLOCK)
    else:
        fault = low
        found[high.key].flags.add(CLOCK)
    found[fault.key].auth = "replay_suspect"
