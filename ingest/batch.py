"""When to store, and what to say to whom afterwards. Pure."""

from collections.abc import Iterable

from core import limits

Ranges = list[list[int]]


def is_due(count: int, oldest_age_s: float) -> bool:
    """A batch is stored when it is large enough or its first message has waited long enough."""
    return count > 0 and (
        count >= limits.STORE_BATCH_MAX or oldest_age_s >= limits.STORE_BATCH_AGE_S
    )


def as_ranges(seqs: Iterable[int]) -> Ranges:
    """Counters as closed ranges, for a receipt.

    >>> as_ranges([7, 5, 6, 9, 9])
    [[5, 7], [9, 9]]
    """
    ranges: Ranges = []
    for seq in sorted(set(seqs)):
        if ranges and ranges[-1][1] == seq - 1:
            ranges[-1][1] = seq
        else:
            ranges.append([seq, seq])
    return ranges


def pace_s(readings: int) -> float:
    """How long a follower takes over so many readings before it takes the next.

    A unit's state is written once a turn however often it moved, so under load fewer,
    larger turns cost a fraction; when little comes, soon is better.
    """
    if readings >= limits.FOLLOWER_READINGS_MAX // 2:
        return 0.0  # behind: catch up
    busy = readings >= limits.FOLLOWER_BUSY_READINGS
    return limits.FOLLOWER_BUSY_PERIOD_S if busy else limits.FOLLOWER_PERIOD_S


def retry_delay_s(tries: int, chance: float) -> float:
    """Doubling from the first to the last delay, with jitter on top (`chance` in 0..1)."""
    grown = limits.RETRY_FIRST_S * float(2 ** min(tries, 10))
    return min(grown, limits.RETRY_LAST_S) * (1 + chance * limits.RETRY_JITTER)


def parts_of(session_no: int, sessions: int) -> list[int]:
    """The parts of the topic space that belong to one of `sessions` ingest sessions.

    >>> parts_of(1, 32)
    [1, 33]
    """
    assert limits.PARTS % sessions == 0, "WAYPOST_INGEST_SESSIONS must divide 64"
    return [part for part in range(limits.PARTS) if part % sessions == session_no]


def fair_share(sessions: int, workers: int) -> int:
    """How many sessions one of `workers` live processes may hold."""
    return -(-sessions // max(workers, 1))
