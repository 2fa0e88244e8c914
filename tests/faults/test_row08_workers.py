"""Row 8: one worker becomes three and one again, under load; sessions move between them."""

import signal

from tests.faults.box import Box, until
from tests.faults.conftest import Settle

SESSIONS = 8


def shares(box: Box) -> list[int]:
    """How many sessions each live worker holds, largest first."""
    return [
        int(count)
        for (count,) in box.rows(
            """SELECT count(*) FROM ingest_lease WHERE until_at > clock_timestamp()
                GROUP BY owner ORDER BY 1 DESC"""
        )
    ]


def test_one_three_one(box: Box, settle: Settle) -> None:
    workers = [box.service("ingest", name="worker-0", ingest_sessions=str(SESSIONS))]
    until(lambda: shares(box) == [8], 20, "the first worker holds all")
    fleet = box.fleet(500, resend=False)
    box.await_stored(500)
    for name in ("worker-1", "worker-2"):
        workers.append(box.service("ingest", name=name, ingest_sessions=str(SESSIONS)))
    until(lambda: shares(box) == [3, 3, 2], 45, "three workers share the sessions")
    before = box.stored()
    box.await_stored(before + 1_000)
    workers[0].kill(signal.SIGKILL)
    workers[1].stop()
    until(lambda: shares(box) == [8], 45, "the last worker holds all")
    before = box.stored()
    box.await_stored(before + 1_000)
    settle(box, fleet, "8 workers 1 → 3 → 1", f"{SESSIONS} sessions")
    assert inversions(box) == 0
    assert box.one("SELECT count(DISTINCT batch_id % 64) FROM position") == SESSIONS


def inversions(box: Box) -> int:
    """Messages stored in a later batch than one their device said after them.

    What an outbox sent again (flag 16) is late on purpose and does not count.
    """
    return int(
        box.one(
            """SELECT count(*) FROM (
                   SELECT seq, max(seq) OVER (
                              PARTITION BY device_no ORDER BY batch_id
                              RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
                     FROM position WHERE flags & 16 = 0) said
                WHERE seq < before"""
        )
    )
