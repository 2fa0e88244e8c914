"""Row 15: three schedulers on one database; killed at ticks, frozen over due times."""

import random
import signal
import time
from collections.abc import Callable

import psycopg

from tests.faults.box import Box, Service, until
from tests.faults.patrol import (
    VERDICT_MAX_S,
    add_point,
    add_window,
    assert_promise,
    await_heard,
    latencies,
)

WINDOWS = 60
STEP_S = 0.4
FROZEN_S = 5.0
STARTED_S = 4.0  # a process ticks by then


def prepare(box: Box) -> list[Service]:
    """Three schedulers at work, and windows that close one after another."""
    began_s = time.time()
    box.service("ingest")
    three = [box.service("schedule", name=f"schedule-{n}") for n in range(3)]
    point = add_point(box, "04A1B2C3")
    await_heard(box, began_s)
    until(
        lambda: box.one("SELECT count(*) > 2 FROM job_fire WHERE job = 'patrol_verdicts'"),
        30,
        "the schedulers tick",
    )
    now_s = time.time()
    for number in range(WINDOWS):
        add_window(box, point, now_s + number * 0.01, now_s + 2 + number * STEP_S, 0)
    return three


def settle(box: Box) -> list[float]:
    known = "SELECT count(*) FROM patrol_verdict_now"
    until(lambda: box.one(known) == WINDOWS, WINDOWS * STEP_S + 20, "a verdict for every window")
    time.sleep(1.5)  # a second word would be said by now
    assert_promise(box)
    # Nobody came, nobody was awaited, and we heard all the time: said once, and at once.
    assert box.one("SELECT count(*) FROM patrol_verdict WHERE result = 'missed'") == WINDOWS
    told = "SELECT count(*) FROM event WHERE kind = 'window.judged'"
    assert box.one(told) == WINDOWS, "a verdict was told twice, or not"
    return latencies(box)


def test_killed_at_ticks(box: Box, report: Callable[[str], None]) -> None:
    three = prepare(box)
    seed = random.randrange(10_000)
    rng = random.Random(seed)
    ends_s = time.time() + 2 + WINDOWS * STEP_S
    deaths = 0
    up_s = [time.time()] * 3
    while time.time() < ends_s:
        time.sleep(1 - time.time() % 1 + rng.uniform(0, 0.06))  # slots begin with the second
        victim = rng.randrange(3)
        others = [up_s[n] for n in range(3) if n != victim]
        if min(others) > time.time() - STARTED_S:
            continue  # one of the three ticks at any time: the promise speaks of recovery otherwise
        three[victim].kill()
        three[victim].start()
        up_s[victim] = time.time()
        deaths += 1
    late_s = settle(box)
    report(
        f"row 15 schedulers killed at ticks      windows {WINDOWS}  verdicts {WINDOWS}  doubled 0  "
        f"gaps 0  (seed {seed}, {deaths} deaths; due to verdict "
        f"median {late_s[len(late_s) // 2]:.2f} s, worst {late_s[-1]:.2f} s)"
    )
    assert late_s[0] >= 0, "judged before it was due"
    assert late_s[-1] < VERDICT_MAX_S


def test_frozen_over_due_times(box: Box, report: Callable[[str], None]) -> None:
    """It freezes in the middle of its sweep, with the slot taken and not committed."""
    three = prepare(box)
    frozen = freeze_in_its_sweep(box, three)
    time.sleep(FROZEN_S)
    frozen.process.send_signal(signal.SIGCONT)
    late_s = settle(box)
    report(
        f"row 15 scheduler frozen {FROZEN_S:.0f} s in a sweep  windows {WINDOWS}  "
        f"verdicts {WINDOWS}  doubled 0  gaps 0  (due to verdict "
        f"median {late_s[len(late_s) // 2]:.2f} s, worst {late_s[-1]:.2f} s)"
    )
    assert late_s[-1] < VERDICT_MAX_S


def freeze_in_its_sweep(box: Box, three: list[Service]) -> Service:
    """A lock of ours halts whoever sweeps; which of the three it is shows when it stays open."""
    waits = """SELECT count(*) FROM pg_stat_activity
                WHERE wait_event_type = 'Lock' AND wait_event = 'relation'"""
    open_ = """SELECT count(*) FROM pg_stat_activity
                WHERE application_name = 'waypost-schedule' AND state = 'idle in transaction'
                  AND state_change < clock_timestamp() - interval '0.2 s'"""
    for turn in range(30):
        victim = three[turn % 3]
        with psycopg.connect(box.url) as conn:
            conn.execute("LOCK TABLE patrol_dirty IN ACCESS EXCLUSIVE MODE")
            until(lambda: box.one(waits) > 0, 10, "somebody sweeps")
            victim.kill(signal.SIGSTOP)
        time.sleep(0.4)
        if box.one(open_):
            return victim
        victim.process.send_signal(signal.SIGCONT)
    raise AssertionError("none of them froze in its sweep")
