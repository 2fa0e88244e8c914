"""The duty log: the same facts give the same bytes; every line keeps its source."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from geo.patrol.duty_log import canonical, difference, digest, write
from geo.tracks import Fix, habits_of

NINE = datetime(2026, 11, 2, 1, tzinfo=UTC)
SHIFT = {"id": 1, "kind": "patrol", "starts_at": NINE, "ends_at": NINE + timedelta(hours=2)}
HABITS = habits_of("officer", 20)


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def line(after_min: float, kind: str, source: int, **detail: Any) -> dict[str, Any]:
    return {"at": at(after_min), "kind": kind, "detail": detail, "source": {"event": source}}


LINES = [
    line(0, "status", 1, state="on_duty"), line(20, "checkin", 2, point="甲"),
    line(20, "checkin", 3, point="甲"), line(40, "problem", 4, note="占道"),
    line(50, "task", 5, task_id=9, move="accepted"),
    line(70, "task", 6, task_id=9, move="resolved"),
    line(80, "recording", 7, minutes=12.5), line(120, "status", 8, state="off_duty"),
]  # fmt: skip
WINDOWS = [
    {"window_id": 1, "point": "甲", "opens_at": at(10), "result": "on_time", "mine": True},
    {"window_id": 2, "point": "乙", "opens_at": at(30), "result": "missed", "mine": False},
    {"window_id": 3, "point": "丙", "opens_at": at(40), "result": "late", "mine": False},
    {"window_id": 4, "point": "丁", "opens_at": at(50), "result": "excused", "mine": False},
]


def fixes(silent: tuple[float, float] = (-1, -1)) -> list[Fix]:
    """1 m/s to the east for two hours, every twenty seconds."""
    return [
        Fix(round(at(t / 3).timestamp() * 1000), t, 121.5 + t * 20 / 95_300, 31.2, 5.0)
        for t in range(361)
        if not silent[0] <= t / 3 <= silent[1]
    ]


def log(lines: Any = LINES, windows: Any = WINDOWS, track: Any = None) -> dict[str, Any]:
    return write({"badge": "31001"}, [SHIFT], lines, windows=windows,
                 fixes=fixes() if track is None else track, habits=HABITS)  # fmt: skip


def test_the_same_facts_give_the_same_bytes() -> None:
    shuffled = LINES[:], WINDOWS[:], fixes()
    for part in shuffled:
        random.Random(3).shuffle(part)
    again = log(shuffled[0], WINDOWS, shuffled[2])
    assert canonical(log()) == canonical(again) and digest(log()) == digest(again)


def test_totals() -> None:
    totals = log()["totals"]
    assert totals["walked_m"] in range(7_150, 7_250) and totals["duty_min"] == 120
    assert (totals["windows_required"], totals["windows_done"]) == (3, 1)
    assert (totals["checkins"], totals["problems"], totals["tasks"]) == (2, 1, 1)
    assert totals["recording_min"] == 12


def test_exceptions_name_what_is_wrong() -> None:
    found = log(track=fixes((30, 41)))
    assert [(one["kind"], one.get("window_id")) for one in found["exceptions"]] == [
        ("gap", None), ("window", 2),
    ]  # fmt: skip
    assert log(track=fixes((30, 39)))["exceptions"][0]["kind"] == "window", "under ten minutes"
    assert log(track=[])["exceptions"][0]["from_at"] == NINE, "nothing at all is one long gap"


def test_a_late_line_is_named_as_the_difference() -> None:
    late = line(60, "checkin", 99, point="乙")
    changed = difference(log(), log([*LINES, late]))
    assert changed["added"] == [late] and changed["removed"] == []
    assert changed["totals"] == {"checkins": [2, 3]}
    assert difference(log(), log()) == {"added": [], "removed": [], "totals": {}}
