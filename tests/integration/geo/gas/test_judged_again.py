"""Who is judged again: after a declaration, a register, an end, and when thresholds changed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg import Connection

from core.values import Viewer, from_ms, to_ms
from geo.gas import judgement_io, ledger_io, people_io, registers_io
from geo.gas.findings_io import Filter, list_findings
from geo.gas.rulebook import DAY_MS, LOCAL_MS
from tests.integration.geo.gas.test_judgement_io import (
    NOW,
    office,
    quiet,
    said,
    send,
    told,
    viewer,
)

__all__ = ["office", "viewer"]
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
LATER = NOW + 2 * DAY


def delivered(no: int, user: str, at: datetime, **said_of_it: Any) -> dict[str, Any]:
    return {"event_id": str(uuid4()), "type": "deliver", "code": f"H{no}", "at": to_ms(at),
            "user_id": user, "courier": "courier-1", **said_of_it}  # fmt: skip


def declare(conn: Connection[Any], office: Viewer, line: dict[str, Any], now: datetime) -> None:
    """As the console does."""
    code, _ = ledger_io.declare(conn, office, UUID(line["event_id"]), reason="did_not_occur",
                                corrected_by=[], note="forged", now=now)  # fmt: skip
    judgement_io.judge_cylinders(conn, [code], now)


def enter(
    conn: Connection[Any], office: Viewer, kind: str, rows: Sequence[dict[str, Any]], now: datetime
) -> None:
    report, _ = registers_io.take_in(conn, office, kind, rows, datum="wgs84", dry_run=False,
                                     now=now)  # fmt: skip
    assert report["counts"].get("refused", 0) == 0


def rules(conn: Connection[Any], office: Viewer, *names: str) -> set[str]:
    return {one for one in said(conn, office) if one.split()[0] in names}


# ── declarations ───────────────────────────────────────────────────────────


def test_forged_deliveries_declared_away_take_the_hoard_back(
    conn: Connection[Any], office: Viewer
) -> None:
    forged = [delivered(no, "U600", NOW - timedelta(hours=5)) for no in range(3)]
    send(conn, office, forged)
    quiet(conn, LATER)
    assert rules(conn, office, "E13") == {"E13 user U600"}
    for line in forged:
        declare(conn, office, line, LATER)
    quiet(conn, LATER + MINUTE)
    assert rules(conn, office, "E13") == set()
    (gone,) = list_findings(conn, office, Filter(rules=["E13"], withdrawn=True), limit=9)["items"]
    assert gone["withdrawn"] == "declared"


def test_a_return_declared_away_gives_it_back_to_whoever_had_it(
    conn: Connection[Any], office: Viewer
) -> None:
    at = NOW - timedelta(hours=9)
    forged = {"event_id": str(uuid4()), "type": "stock_in", "code": "H0", "site_id": "ST-1",
              "at": to_ms(at + timedelta(hours=1))}  # fmt: skip
    send(conn, office, [*(delivered(no, "U600", at) for no in range(3)), forged])
    quiet(conn, LATER)
    assert rules(conn, office, "E13") == set()
    declare(conn, office, forged, LATER)
    quiet(conn, LATER + MINUTE)
    assert rules(conn, office, "E13") == {"E13 user U600"}


def test_a_forged_delivery_declared_away_clears_its_courier(
    conn: Connection[Any], office: Viewer
) -> None:
    enter(conn, office, "user", [{"key": "U601", "lat": 31.9, "lon": 121.9}], NOW)
    at = NOW - timedelta(hours=5)
    forged = delivered(2, "U601", at + 5 * MINUTE)
    send(conn, office, [delivered(1, "U600", at), forged])
    quiet(conn, LATER)
    assert rules(conn, office, "E17") == {"E17 fast courier-1"}
    declare(conn, office, forged, LATER)
    quiet(conn, LATER + MINUTE)
    assert rules(conn, office, "E17") == set()


# ── registers ──────────────────────────────────────────────────────────────


def test_a_corrected_address_clears_the_courier(conn: Connection[Any], office: Viewer) -> None:
    enter(conn, office, "user", [{"key": "U601", "lat": 31.9, "lon": 121.9}], NOW)
    at = NOW - timedelta(hours=5)
    send(conn, office, [delivered(1, "U600", at), delivered(2, "U601", at + 10 * MINUTE)])
    quiet(conn, LATER)
    assert rules(conn, office, "E17") == {"E17 fast courier-1"}
    enter(conn, office, "user", [{"key": "U601", "lat": 31.21, "lon": 121.51}], LATER)
    quiet(conn, LATER + MINUTE)
    assert rules(conn, office, "E17") == set()


def test_a_day_of_a_courier_is_named_alike_by_the_database(conn: Connection[Any]) -> None:
    midnight = datetime.fromisoformat("2026-03-01T00:00:00+08:00")
    for at in (midnight, midnight - timedelta(milliseconds=1), midnight + timedelta(hours=23)):
        row = conn.execute("SELECT gas_day(%s)", (at,)).fetchone()
        assert row == ((to_ms(at) + LOCAL_MS) // DAY_MS,)


def test_what_has_ended_counts_until_then_for_increments_and_the_sweep_alike(
    conn: Connection[Any], office: Viewer
) -> None:
    lines = told(1, 2, Random(3))
    fills = [line for line in lines if line["type"] == "fill"]
    loads = [line for line in lines if line["type"] == "load"]
    end = from_ms(fills[1]["at"] - 3_600_000)
    send(conn, office, lines)
    quiet(conn, LATER)
    assert said(conn, office) == set()

    def agree(now: datetime) -> set[str]:
        quiet(conn, now)
        items = list_findings(conn, office, Filter(), limit=99)["items"]
        assert judgement_io.differing(conn, now)[2] == []
        return {f"{one['rule']} {one['variant']} {one['anchor']}" for one in items}

    enter(conn, office, "site", [{"key": "ST-1", "ended": "1"}], end)
    unlicensed = {f"E7 unlicensed {fills[1]['event_id']}"}
    assert agree(LATER + MINUTE) == unlicensed
    enter(conn, office, "vehicle", [{"key": "沪DW1208", "ended": "1"}], end)
    both = unlicensed | {f"E15 vehicle {loads[1]['event_id']}"}
    assert agree(LATER + 2 * MINUTE) == both
    # Written down again, with a name: it ended when it was first said to have.
    enter(conn, office, "site", [{"key": "ST-1", "ended": "1", "name": "旧站"}], LATER)
    enter(conn, office, "vehicle", [{"key": "沪DW1208", "ended": "1", "name": "旧车"}], LATER)
    assert agree(LATER + 3 * MINUTE) == both
    more = told(2, 1, Random(4))
    send(conn, office, [{**line, "at": line["at"] + 90 * 86_400_000} for line in more], LATER)
    found = agree(LATER + 3 * DAY)
    assert {one.rsplit(" ", 1)[0] for one in found} == {"E7 unlicensed", "E15 vehicle"}
    assert len(found) == 4
    for kind, key in (("site", "ST-1"), ("vehicle", "沪DW1208")):
        enter(conn, office, kind, [{"key": key, "ended": "0"}], LATER + 3 * DAY)
    assert agree(LATER + 3 * DAY + MINUTE) == set(), "open again, and it always was"


# ── thresholds ─────────────────────────────────────────────────────────────


def test_users_are_judged_again_by_thresholds_that_changed(
    conn: Connection[Any], office: Viewer
) -> None:
    send(conn, office, [delivered(no, "U600", NOW - timedelta(hours=5)) for no in range(2)])
    quiet(conn, LATER)
    assert rules(conn, office, "E13") == set()
    registers_io.set_limits(conn, office, {"household_max": 1}, LATER)
    judgement_io.sweep_shares(conn, LATER + MINUTE)
    quiet(conn, LATER + 2 * MINUTE)
    assert rules(conn, office, "E13") == {"E13 user U600"}
    registers_io.set_limits(conn, office, {"household_max": 2}, LATER + DAY)
    judgement_io.sweep_shares(conn, LATER + DAY + MINUTE)
    quiet(conn, LATER + DAY + 2 * MINUTE)
    assert rules(conn, office, "E13") == set()


def test_couriers_are_judged_again_by_thresholds_that_changed(
    conn: Connection[Any], office: Viewer
) -> None:
    enter(conn, office, "user", [{"key": "U601", "lat": 31.24, "lon": 121.51}], NOW)
    at = NOW - timedelta(hours=5)
    send(conn, office, [delivered(1, "U600", at), delivered(2, "U601", at + 5 * MINUTE)])
    quiet(conn, LATER)
    assert rules(conn, office, "E17") == set()
    registers_io.set_limits(conn, office, {"courier_kmh": 20}, LATER)
    judgement_io.sweep_shares(conn, LATER + MINUTE)
    quiet(conn, LATER + 2 * MINUTE)
    assert rules(conn, office, "E17") == {"E17 fast courier-1"}


def test_nobody_is_judged_again_without_reason(conn: Connection[Any], office: Viewer) -> None:
    send(conn, office, [delivered(no, "U600", NOW - timedelta(hours=5)) for no in range(2)])
    registers_io.set_limits(conn, office, {"household_max": 3}, LATER)
    for minute in range(3):
        judgement_io.sweep_shares(conn, LATER + minute * MINUTE)
        quiet(conn, LATER + minute * MINUTE + timedelta(seconds=30))
        waiting = conn.execute("SELECT count(*) FROM gas_watch WHERE subject <> 'cylinder'"
                               " AND due_at < %s", (LATER + DAY,)).fetchone()  # fmt: skip
        assert waiting == (0,)
    judgement_io.sweep_shares(conn, LATER + 9 * MINUTE)
    waiting = conn.execute("SELECT count(*) FROM gas_watch WHERE subject <> 'cylinder'"
                           " AND due_at < %s", (LATER + DAY,)).fetchone()  # fmt: skip
    assert waiting == (0,)


def test_a_city_is_judged_again_slower_than_its_people_are_taken(
    conn: Connection[Any], office: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """24,000 users and 1,100 days of couriers to a share: at no time more are due than taken."""
    users, days = [str(no) for no in range(24_000)], [f"7/{no}" for no in range(1_100)]
    monkeypatch.setattr(ledger_io, "people_of_share", lambda *_: (users, days))
    found = people_io.again(conn, 0, 16, NOW)
    assert len(found) == len(users) + len(days)
    for subject, share_of_a_turn in (("user", 2 * 4), ("courier", 2 * 1)):
        due = [at for (kind, _), at in found.items() if kind == subject]
        first_turn = sum(at <= NOW + timedelta(seconds=2) for at in due)
        assert 0 < first_turn <= share_of_a_turn + 1
        assert 16 * first_turn < people_io.AT_ONCE / 2
        assert max(due) < NOW + timedelta(hours=1, minutes=45)
