"""Row 12: wrong clocks, of the devices and our own; midnight, and the last second of a month.

Real: the database, the broker, ingest storing and judging what comes, and the devices'
messages. Driven: our own clock. The sweeps take `now` as an argument, so the scheduler's part
is played here: `app.schedule.fire` with the real sweeps, in transactions against the real
database, by a clock that jumps. Slots and `known_at` are of the database's clock, which stands.
"""

import itertools
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from app.schedule import Job, fire
from core.db import connect
from geo.patrol import verdicts_io, windows_io
from tests.faults.box import DEVICES, Box, until
from tests.faults.patrol import (
    Officer,
    add_point,
    add_shift,
    add_window,
    assert_promise,
    await_heard,
    results,
    when,
)

LOCAL = ZoneInfo("Asia/Shanghai")
HOUR_S = 3_600.0
_turns = itertools.count()


def turn(conn: psycopg.Connection[Any], now: datetime) -> bool:
    """One turn of the verdict sweep by this clock, in a slot of its own."""
    job = Job(f"verdicts-{next(_turns)}", 1, verdicts_io.sweep)
    return fire(conn, job, lambda *_: (), now)


def tags() -> Iterator[str]:
    return (f"04A1B2{number:02X}" for number in itertools.count(1))


def test_clocks_of_devices(box: Box, report: Callable[[str], None]) -> None:
    """With and without a monotonic clock; each taps its own point while its window is open.

    More than ten minutes ahead is refused by ingest, but for check-ins that a monotonic clock
    corrects. What is refused is not known, and nobody may be accused for it.
    """
    began_s = time.time()
    box.service("ingest")
    box.service("schedule")
    clocks = [
        (540.0, True), (-HOUR_S, True), (HOUR_S, True),  # corrected
        (540.0, False), (-HOUR_S, False), (HOUR_S, False),
    ]  # fmt: skip
    named = list(itertools.islice(tags(), len(clocks)))
    points = [add_point(box, tag) for tag in named]
    officers = [
        Officer(device, off, uptime=uptime)
        for device, (off, uptime) in zip(DEVICES, clocks, strict=False)
    ]
    for one, point in zip(officers, points, strict=True):
        add_shift(box, one.device_id, [point])
    await_heard(box, began_s)
    now_s = time.time()
    windows = [add_window(box, point, now_s - 2, now_s + 8, 2) for point in points]
    for _ in range(3):
        for one in officers:
            one.see()
            one.flush(box)
        time.sleep(0.5)
    for one, tag in zip(officers, named, strict=True):
        one.tap(tag)
        one.flush(box)
    until(lambda: len(results(box)) == len(windows), 25, "a verdict for every window")
    found = [results(box)[id_] for id_ in windows]
    proofs = {
        device: (trust, float(off_s), set(flags))
        for device, trust, off_s, flags in box.rows(
            """SELECT d.id, p.time_trust, extract(epoch FROM p.corrected_at - c.received_at),
                      p.flags
                 FROM checkin_proof_now p JOIN device d ON d.no = p.device_no
                 JOIN checkin c ON (c.device_no, c.at, c.seq) = (p.device_no, p.at, p.seq)"""
        )
    }
    for device in DEVICES[:3]:
        trust, off_s, flags = proofs[device]
        assert trust == "monotonic" and abs(off_s) < 2, "the time of receipt corrects it"
        assert "clock_skew" in flags and "clock_unusable" not in flags
    assert found[:3] == ["on_time"] * 3
    assert "clock_skew" in proofs[DEVICES[3]][2], "nine minutes ahead of its own receipt"
    assert "late_upload" in proofs[DEVICES[4]][2], "an hour behind: as if it came late"
    assert DEVICES[5] not in proofs
    reasons = dict(box.rows("SELECT reason, count(*) FROM quarantine GROUP BY reason"))
    assert reasons == {"clock_ahead": 7}, reasons
    # Their times are of no use, and so nobody can say that they were not there.
    assert not {"missed", "on_time"} & set(found[3:]), found
    assert box.rows("SELECT 1 FROM patrol_verdict WHERE result = 'missed'") == []
    assert_promise(box)
    report(
        f"row 12 device clocks off 9 min and 1 h  windows {len(windows)}  doubled 0  gaps 0  "
        f"accused 0  (corrected {found[:3]}, not to be corrected {found[3:]})"
    )


def test_our_own_clock_jumps(box: Box, report: Callable[[str], None]) -> None:
    """+90 s, then back 2 h, then right again, while check-ins come in."""
    began_s = time.time()
    box.service("ingest")
    names = list(itertools.islice(tags(), 8))
    points = [add_point(box, tag) for tag in names]
    officer = Officer(DEVICES[0])
    await_heard(box, began_s)
    now_s = time.time()
    # The first four are over before the clocks jump back, the rest after.
    windows = [
        add_window(box, point, now_s - 1, now_s + 8 + number * 2, 2)
        for number, point in enumerate(points)
    ]
    early: set[str] = set()
    with connect(box.url, autocommit=True, application="waypost-schedule") as conn:

        def tick(off_s: float, seconds: float) -> None:
            ends = time.monotonic() + seconds
            while time.monotonic() < ends:
                turn(conn, when(time.time() + off_s))
                time.sleep(0.25)

        tick(0, 1)
        officer.tap(names[0])
        officer.flush(box)
        tick(90, 4)
        early.update(results(box).values())
        # Those of even number are kept, one by one, by real check-ins in real time.
        for name in names[2::2]:
            officer.tap(name)
        officer.flush(box)
        tick(90, 3)
        tick(-2 * HOUR_S, 5)
        # What changes meanwhile must not be forgotten when the clock is right again.
        conn.execute(
            "INSERT INTO patrol_dirty (window_id, why) VALUES (%s, 'roster')", (windows[1],)
        )
        conn.execute(
            """INSERT INTO roster_shift
                      (org_id, device_no, starts_at, ends_at, point_ids, created_at, created_by)
               SELECT org_id, no, now() - interval '1 h', now() + interval '1 h', %s, now(), 'test'
                 FROM device WHERE id = %s""",
            ([points[1]], DEVICES[9]),
        )
        tick(-2 * HOUR_S, 2)
        until(lambda: time.time() > now_s + 24 + 2, 30, "the last window is over")
        began = time.monotonic()
        until(lambda: turn(conn, when(time.time())) and len(results(box)) == 8, 5, "caught up")
        took_s = time.monotonic() - began
        tick(0, 2)
    found = [results(box)[id_] for id_ in windows]
    assert found[::2] == ["on_time"] * 4, "who was there was there, whatever our clock said"
    assert found[1] in ("pending_offline", "undeterminable"), (
        f"{found[1]}: its silent officer came to be known while the clock was back, forgotten since"
    )
    assert_promise(box)
    report(
        f"row 12 own clock +90 s, then -2 h       windows 8  doubled 0  gaps 0  "
        f"(caught up in {took_s:.1f} s; said while 90 s ahead: {sorted(early)}; at last {found})"
    )


def test_midnight_and_the_end_of_a_month(box: Box, report: Callable[[str], None]) -> None:
    """Windows over local midnight, over the end of a month, and closing in its last second."""
    today = datetime.now(LOCAL)
    first = today.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    if today - first < timedelta(days=2):  # keep within what the sweep looks back
        first = (first - timedelta(days=1)).replace(day=1)
    second = timedelta(seconds=1)
    spans = {
        "over midnight": (first + timedelta(hours=-25), first + timedelta(hours=-23)),
        "over the month": (first - timedelta(minutes=10), first + timedelta(minutes=10)),
        "last second": (first - timedelta(minutes=10), first - second),
        "from the first": (first, first + timedelta(minutes=5)),
    }
    point = add_point(box, "04A1B2C3")
    windows = {
        name: add_window(box, point, opens.timestamp(), closes.timestamp(), 0)
        for name, (opens, closes) in spans.items()
    }
    with connect(box.url, autocommit=True, application="waypost-schedule") as conn:
        conn.execute(
            "INSERT INTO alive_span VALUES (0, %s, %s)",
            (first - timedelta(days=3), first + timedelta(days=1)),
        )
        begun = sorted(closes for _, closes in spans.values())
        for closes in begun:  # at its last moment nothing is said, a moment later it is
            turn(conn, closes.astimezone(UTC))
            said = len(results(box))
            turn(conn, closes.astimezone(UTC) + timedelta(milliseconds=1))
            assert len(results(box)) == said + 1, closes
            turn(conn, closes.astimezone(UTC) - timedelta(hours=2))
            turn(conn, closes.astimezone(UTC) + timedelta(seconds=90))
        assert results(box) == dict.fromkeys(windows.values(), "missed")
        # Issuing by a clock that leaps to and fro over the end of the month doubles no window.
        for off in (-5.0, 0.0, 90.0, -7_200.0, 1.0, -1.0, 86_400.0, -5.0):
            job = Job(f"windows-{next(_turns)}", 600, windows_io.sweep)
            fire(conn, job, lambda *_: (), (first + timedelta(seconds=off)).astimezone(UTC))
    standing = """SELECT point_id, due_at, count(*) FROM patrol_window
                   WHERE withdrawn_at IS NULL AND created_by IS NULL AND grace_s > 0
                   GROUP BY 1, 2"""
    rows = box.rows(standing)
    assert rows and all(count == 1 for *_, count in rows), rows
    assert_promise_of(box, list(windows.values()))
    report(
        f"row 12 midnight, end of a month         windows {len(windows)}  doubled 0  gaps 0  "
        f"(judged 1 ms after closing; {len(rows)} issued over the month's end, each once)"
    )


def assert_promise_of(box: Box, ids: list[int]) -> None:
    """Of windows that nothing but the driven clock judged: one version each."""
    query = "SELECT window_id, count(*) FROM patrol_verdict WHERE window_id = ANY(%s) GROUP BY 1"
    assert dict(box.rows(query, ids)) == dict.fromkeys(ids, 1)
