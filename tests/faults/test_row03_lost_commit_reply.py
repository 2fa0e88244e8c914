"""Row 3: the COMMIT is carried out, its reply is lost: nobody knows whether it was."""

import psycopg

from tests.faults.box import Box, until
from tests.faults.conftest import Settle


def test_commit_replies_lost(box: Box, settle: Settle) -> None:
    proxy = box.proxy(box.database.port)
    through = psycopg.conninfo.make_conninfo(box.url, port=str(proxy.port))
    ingest = box.service("ingest", database_url=through)
    fleet = box.fleet(500, resend=False)
    box.await_stored(200)
    for lost in range(1, 7):
        proxy.lose_commit_reply(after=20)
        until(lambda n=lost: proxy.lost_replies >= n, 20, "a lost reply")
    until(lambda: (box.one("SELECT sum(duplicate) FROM batch") or 0) > 0, 20, "a retried commit")
    assert ingest.alive
    settle(box, fleet, "3 lost COMMIT replies", f"{proxy.lost_replies} replies")
    # Each batch number was given once, and the follower has seen them all.
    until(
        lambda: box.one(
            """SELECT (SELECT max(no) FROM batch) = batch_no
                  AND (SELECT max(no) FROM batch) = (SELECT count(*) FROM batch)
                 FROM follower_cursor"""
        ),
        20,
        "gapless batch numbers, all judged",
    )
