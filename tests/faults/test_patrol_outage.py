"""Windows due while we are down, with officers on duty whose outboxes flush afterwards.

Nobody is called absent for an outage of ours: neither before the outboxes come, nor after,
where the hearing was interrupted. Who was there is known from the outbox, as a new version.
A window after the outage, whose officer is seen elsewhere all the time, may be missed.

The rule in force is made quicker by data (an outage of 16 s counts, not 60), nothing else.
"""

import signal
import time
from collections.abc import Callable

import psycopg
import pytest

from tests.faults.box import DEVICES, Box, until
from tests.faults.patrol import (
    AWAY,
    LAT,
    VERDICT_MAX_S,
    Officer,
    add_point,
    add_shift,
    add_window,
    assert_promise,
    await_heard,
    results,
)
from tests.faults.test_row02_database_killed import kill_database

VISITED, UNVISITED, UNROSTERED, LATER = "04A1B2C3", "04A1B2C4", "04A1B2C5", "04A1B2C6"
UNSURE = {"undeterminable", "pending_offline"}
DOWN_S = 26.0


def quicker_rule(box: Box) -> None:
    with psycopg.connect(box.url) as conn:
        conn.execute(
            """INSERT INTO patrol_rule (version, body, created_at, created_by)
               VALUES ('quick', '{"judge": {"outage_max_s": 16.0}}', now(), 'test')"""
        )
        conn.execute(
            """INSERT INTO patrol_rule_activation (version, valid_from, activated_at, activated_by)
               VALUES ('quick', now() - interval '1 day', now(), 'test')"""
        )


def break_it(box: Box, what: str) -> None:
    if what in ("ingest", "everything"):
        box.services[0].kill()
    if what == "everything":
        box.services[1].kill()
    if what in ("broker", "everything"):
        assert box.broker.process is not None
        box.broker.process.send_signal(signal.SIGKILL)
        box.broker.process.wait(30)
    if what in ("database", "everything"):
        kill_database(box, signal.SIGKILL)


def mend(box: Box, what: str) -> None:
    if what in ("database", "everything"):
        box.database.start()
    if what in ("broker", "everything"):
        box.broker.start()
    for service in box.services:
        if not service.alive:
            service.start()


def see(officers: list[Officer], until_s: float) -> None:
    """All of them tell a place far from every point, once a second."""
    while time.time() < until_s:
        for one in officers:
            one.see(AWAY)
        time.sleep(1 - time.time() % 1)


@pytest.mark.parametrize("what", ["ingest", "database", "broker", "everything"])
def test_windows_due_while_down(box: Box, report: Callable[[str], None], what: str) -> None:
    quicker_rule(box)
    points = {tag: add_point(box, tag) for tag in (VISITED, UNVISITED, UNROSTERED, LATER)}
    visitor, walker = officers = [Officer(one) for one in DEVICES[:2]]
    add_shift(box, visitor.device_id, [points[VISITED]])
    add_shift(box, walker.device_id, [points[UNVISITED], points[LATER]])
    began_s = time.time()
    box.service("ingest")
    box.service("schedule")
    await_heard(box, began_s)
    see(officers, time.time() + 3)
    for one in officers:
        one.flush(box)
    now_s = time.time()
    windows = {
        tag: add_window(box, points[tag], now_s + 1, now_s + DOWN_S - 4, 2)
        for tag in (VISITED, UNVISITED, UNROSTERED)
    }
    until(lambda: box.stored() >= 6, 10, "what was told before the outage is stored")

    break_it(box, what)
    see(officers, now_s + 10)
    visitor.see(LAT)
    visitor.tap(VISITED)
    see(officers, now_s + DOWN_S)
    mend(box, what)

    took_s = until(lambda: len(results(box)) == 3, 20, "a verdict for every window")
    before = results(box)
    assert set(before.values()) <= UNSURE, f"accused before anything could be known: {before}"
    await_heard(box, time.time())
    opens_s = time.time() + 1
    later = add_window(box, points[LATER], opens_s, opens_s + 3, 4)
    see(officers, opens_s + 5)
    for one in officers:
        one.flush(box)
    until(lambda: len(results(box)) == 4, 15, "the window after the outage is judged")
    until(lambda: results(box)[windows[VISITED]] == "on_time", 10, "the outbox tells of the visit")
    until(lambda: box.rows("SELECT 1 FROM patrol_dirty") == [], 10, "nothing is left to be judged")
    after = results(box)
    assert after[windows[UNVISITED]] in UNSURE, "accused for an outage of ours"
    assert after[windows[UNROSTERED]] in UNSURE, "accused for an outage of ours"
    assert after[later] == "missed", "seen elsewhere all the time, and heard all the time"
    missed = "SELECT DISTINCT window_id FROM patrol_verdict WHERE result = 'missed'"
    assert box.rows(missed) == [(later,)], "somebody was accused for a while"
    versions = "SELECT max(version) FROM patrol_verdict WHERE window_id = %s"
    assert box.one(versions, windows[VISITED]) >= 2
    assert_promise(box)
    report(
        f"patrol, {what + ' down':<25} windows 4  doubled 0  gaps 0  accused 0  "
        f"(verdict {took_s:.1f} s after recovery; visited {before[windows[VISITED]]} → on_time, "
        f"unvisited {after[windows[UNVISITED]]}, after it missed)"
    )
    assert took_s < VERDICT_MAX_S
