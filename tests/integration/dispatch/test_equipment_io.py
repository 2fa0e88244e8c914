"""The ledger, rates, answers, spot checks, and how long recordings are kept."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest

from core.errors import Conflict, Forbidden, Invalid
from core.values import Viewer, to_ms
from dispatch.equipment import ledger_io, people_io, tables_io
from dispatch.equipment.assets import Move as AssetMove
from dispatch.equipment.assets import Step
from dispatch.equipment.ledger_io import NewAsset
from dispatch.recordings import clarify_io, metrics_io, retention_io, samples_io
from dispatch.recordings.audit_io import list_verdicts
from dispatch.recordings.spans import total_ms, without
from dispatch.rules_io import react
from tests.integration.dispatch.camera_field import ARRIVED, CLEARED, LATER, Field, field
from tests.integration.dispatch.conftest import NOON, Place
from tests.integration.evaluators.road import make_device

__all__ = ["field"]


def test_two_cameras_of_one_shift_make_one_recording(field: Field) -> None:
    spare = field.registered("SN-2", None)
    middle = ARRIVED + timedelta(minutes=15)
    field.tell(middle, start=ARRIVED, stop=middle, uploaded_at=to_ms(middle))
    ledger_io.swap(field.conn, field.place.dispatcher, field.asset, spare, at=middle,
                   note="battery", now=LATER)  # fmt: skip
    moves = ledger_io.asset(field.conn, field.place.dispatcher, field.asset)["moves"]
    assert [one["move"] for one in moves[:2]] == ["send_repair", "report_fault"]
    held = ledger_io.asset(field.conn, field.place.dispatcher, spare)
    assert (held["state"], held["badge"]) == ("issued", "P-1")


def test_a_joiner_lowers_the_rate_and_a_camera_restores_it(field: Field, place: Place) -> None:
    def camera_rate() -> tuple[int, int, list[str]]:
        found = people_io.board(field.conn, place.dispatcher, LATER, None)["people"]
        (one,) = [one for one in found if one["kind"] == "camera"]
        return one["numerator"], one["denominator"], [who["name"] for who in one["lacking"]]

    assert camera_rate() == (1, 1, [])
    assert people_io.sweep(field.conn, LATER) == []
    people_io.join(field.conn, place.dispatcher, badge="P-2", name="李四", org_id=place.north,
                   duty="front_line", from_at=LATER, now=LATER)  # fmt: skip
    assert camera_rate() == (1, 2, ["李四"])
    events = people_io.sweep(field.conn, LATER)
    assert [(one.kind, one.body["names"]) for one in events] == [("equipment.short", ["李四"])]
    react(field.conn, events, LATER)
    assert people_io.sweep(field.conn, LATER) == [], "it is told already"
    spare = field.registered("SN-9", None)
    field.move(spare, AssetMove.ISSUE, LATER, badge="P-2")
    assert camera_rate() == (2, 2, [])
    assert [one.kind for one in people_io.sweep(field.conn, LATER)] == ["equipment.full"]


def test_rates_have_their_parts_and_count_no_second_twice(field: Field, place: Place) -> None:
    conn = field.conn
    conn.execute(
        """INSERT INTO roster_shift (org_id, person_id, device_no, starts_at, ends_at, created_at,
                                     created_by)
           VALUES (%s, %s, %s, %s, %s, now(), 'x')""",
        (place.north, field.person, place.zhang, NOON - timedelta(hours=4), LATER),
    )
    done = LATER + timedelta(minutes=1)
    middle = ARRIVED + timedelta(minutes=10)
    gap = [to_ms(middle), to_ms(middle) + 20_000]
    field.tell(done, start=ARRIVED, stop=CLEARED, uploaded_at=to_ms(done), gaps=[gap])
    field.tell(done, name="r2", start=middle + timedelta(seconds=10), stop=CLEARED,
               uploaded_at=to_ms(done), tags=["patrol"])  # fmt: skip
    field.tell(done, name="r3", start=LATER, stop=LATER + timedelta(minutes=1))
    for minute in range(0, 60, 2):
        field.say(NOON + timedelta(minutes=minute), "standby")
    field.sweep(done)
    metrics_io.sweep(conn, done)
    found = metrics_io.metrics(conn, place.dispatcher, since=NOON.date(), by="person", now=done,
                               until=NOON.date() + timedelta(days=1))  # fmt: skip
    total = found["total"]
    assert total["recorded"] == {
        "seconds": 30 * 60 - 10 + 60, "clips": 3, "per_duty_hour_s": (1790 + 60) / 5,
    }  # fmt: skip
    assert total["in_time"] == {"numerator": 2, "denominator": 2, "rate": 1.0}
    assert total["linked"] == {"numerator": 1, "denominator": 2, "rate": 0.5}
    assert total["coverage"] == {"numerator": 1, "denominator": 1, "rate": 1.0}
    assert total["completeness"]["numerator"] == 1790.0
    assert total["power_on"] == {"numerator": 0, "denominator": 1, "rate": 0.0}, "an hour of five"
    assert total["usage"] == {"numerator": 1, "denominator": 1, "rate": 1.0}
    assert total["equipment"]["rate"] == 1.0
    assert [group["name"] for group in found["groups"]] == ["张三"]
    by_camera = metrics_io.metrics(conn, place.dispatcher, since=NOON.date(), by="camera", now=done,
                                   until=NOON.date() + timedelta(days=1))  # fmt: skip
    assert [(g["name"], g["recorded"]["clips"]) for g in by_camera["groups"]] == [("camera", 3)]
    week = NOON.date() + timedelta(days=7)
    empty = metrics_io.metrics(
        conn, place.dispatcher, since=week, until=week + timedelta(days=7), by="org", now=done
    )
    assert empty["total"]["coverage"]["rate"] is None, "of nothing there is no rate"


def test_the_databases_union_is_ours(field: Field, place: Place) -> None:
    chance, evening = Random(4), NOON + timedelta(hours=5)
    spans = []
    for no in range(60):
        start = NOON + timedelta(seconds=chance.randrange(0, 7_200))
        stop = start + timedelta(seconds=chance.randrange(0, 900))
        holes = [sorted(to_ms(start) + 1000 * chance.randrange(0, 900) for _ in range(2))
                 for _ in range(chance.randrange(3))]  # fmt: skip
        field.tell(evening, name=f"c{no}", start=start, stop=stop, gaps=holes)
        spans += without([(to_ms(start), to_ms(stop))], [(a, b) for a, b in holes])
    metrics_io.sweep(field.conn, evening)
    row = field.conn.execute("SELECT recorded_s FROM recording_day WHERE device_no = 0").fetchone()
    assert row == (total_ms(spans) // 1000,)


def other(viewer: Viewer, login: str = "legal") -> Viewer:
    return replace(viewer, login=login)


def waiting(field: Field, place: Place) -> list[int]:
    """Tasks with an answer that somebody has to decide on; the list and its table agree."""
    about: dict[str, Any] = {"since": NOON, "until": LATER, "to_review": True}
    rows = list_verdicts(field.conn, place.dispatcher, **about, limit=9)["items"]
    text = tables_io.audit(field.conn, place.dispatcher, statuses=None, **about)
    assert len(text.splitlines()) == 1 + len(rows)
    return [one["task_id"] for one in rows]


def test_the_ledgers_file_is_of_what_was_asked_for(field: Field, place: Place) -> None:
    field.registered("SN-2", None)
    whole, stored = (
        tables_io.assets(field.conn, place.dispatcher, ledger_io.Which(state=state)).splitlines()
        for state in (None, "in_store")
    )
    assert len(whole) == 3
    assert [line.split(",")[0] for line in stored[1:]] == ["SN-2"]


def test_of_a_shift_that_goes_on_only_what_has_passed_counts(field: Field, place: Place) -> None:
    field.conn.execute(
        """INSERT INTO roster_shift (org_id, person_id, device_no, starts_at, ends_at, point_ids,
                                     created_at, created_by)
           VALUES (%s, %s, %s, %s, %s, '{}', now(), 'test')""",
        (place.north, field.person, place.zhang, NOON, NOON + timedelta(hours=3)),
    )
    for minutes in range(0, 51, 2):
        field.say(NOON + timedelta(minutes=minutes), "standby")
    duty = "SELECT duty_s, on_s FROM recording_day WHERE device_no = 0"
    for hours, passed_s in ((1, 3_600), (8, 10_800)):
        at = NOON + timedelta(hours=hours)
        metrics_io.mark(field.conn, [NOON], [field.person])
        metrics_io.sweep(field.conn, at)
        row = field.conn.execute(duty).fetchone()
        assert row is not None
        assert row[0] == passed_s
        assert 0 < row[1] < 3_600


def test_a_scene_without_recording_is_answered_reviewed_and_locked(
    field: Field, place: Place
) -> None:
    conn, officer = field.conn, place.squad
    field.say(LATER, "standby", pending=0)
    field.sweep(LATER)
    assert field.said() == [(1, "NO_RECORDING")]
    about = {"reason": "battery", "now": LATER}
    with pytest.raises(Invalid, match="sentence"):
        clarify_io.clarify(conn, officer, field.task, field.person, note=" ", **about)
    shape, _ = clarify_io.clarify(conn, officer, field.task, field.person, note="电池坏了", **about)
    said = shape["clarifications"][0]
    assert waiting(field, place) == [field.task]
    with pytest.raises(Forbidden):
        clarify_io.review(conn, other(place.dispatcher, officer.login), said["id"],
                          decision="accepted", note="", now=LATER)  # fmt: skip
    shape, events = clarify_io.review(conn, place.dispatcher, said["id"], decision="accepted",
                                      note="", now=LATER)  # fmt: skip
    assert shape["decision"] == "accepted"
    assert waiting(field, place) == []
    assert events[0].body["device"] is True
    with pytest.raises(clarify_io.Locked):
        clarify_io.clarify(conn, officer, field.task, field.person, note="noch einmal", **about)
    with pytest.raises(clarify_io.Locked):
        clarify_io.review(conn, place.dispatcher, said["id"], decision="refused", note="x",
                          now=LATER)  # fmt: skip
    metrics_io.sweep(conn, LATER)
    found = metrics_io.metrics(conn, place.dispatcher, since=NOON.date(), by="org", now=LATER,
                               until=NOON.date() + timedelta(days=1))["total"]  # fmt: skip
    assert found["scenes"] == {"required": 1, "sufficient": 0, "excused": 1, "waiting": 0}
    assert found["coverage"]["denominator"] == 0, "it is not held against her"
    (fault,) = clarify_io.faults(conn, place.dispatcher, LATER)
    assert (fault["device_id"], fault["asset_id"]) == ("camera", field.asset)
    field.move(field.asset, AssetMove.REPORT_FAULT, LATER, note="电池")
    assert clarify_io.faults(conn, place.dispatcher, LATER) == [], "the manager took it up"


def test_a_recording_is_kept_half_a_year_and_deleted_by_two(field: Field, place: Place) -> None:
    conn, desk, second = field.conn, place.dispatcher, other(place.dispatcher)
    field.tell(LATER, start=ARRIVED, stop=CLEARED, uploaded_at=to_ms(LATER), sha256="ab" * 32,
               tags=["证据"])  # fmt: skip
    about = {"device_id": "camera", "recording_id": "r1"}
    late = LATER + timedelta(days=181)

    def step(viewer: Viewer, step: str, at: datetime = late) -> dict[str, Any]:
        return retention_io.delete(conn, viewer, **about, step=step, reason="到期", now=at)[0]

    one = retention_io.recording(conn, desk, "camera", "r1", late)
    assert (one["classes"], one["delete_after"], one["due"]) == (("evidence",), None, False)
    with pytest.raises(retention_io.Kept, match="evidence"):
        step(desk, "asked")
    free = {**about, "class_": "evidence", "note": "案件不成立"}
    retention_io.hold(conn, desk, **free, holds=False, now=late)
    with pytest.raises(retention_io.Kept, match="2026-08-28"):
        step(desk, "asked", LATER + timedelta(days=179))
    assert [one["recording_id"] for one in retention_io.due(conn, desk, late, 10)] == ["r1"]
    with pytest.raises(Conflict, match="not asked for"):
        step(desk, "deleted")
    step(desk, "asked")
    with pytest.raises(Forbidden, match="two people"):
        step(desk, "deleted")
    gone = step(second, "deleted")
    assert (gone["deletion"], gone["due"]) == ("deleted", False)
    row = conn.execute("SELECT tombstone, sha256 FROM recording_deletion WHERE step = 'deleted'")
    stone, digest = row.fetchone() or ({}, "")
    text = json.dumps(stone, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(text.encode()).hexdigest() == digest == gone["tombstone_sha256"]
    assert stone["recording"]["sha256"] == "ab" * 32
    assert [one["by"] for one in stone["steps"]] == [desk.login, "legal"]
    with pytest.raises(Conflict, match="already"):
        step(desk, "asked")
    assert retention_io.due(conn, desk, late, 10) == []


def test_twelve_are_drawn_one_replaced_and_the_year_reported(field: Field, place: Place) -> None:
    conn, desk = field.conn, place.dispatcher
    for no in range(40):
        start = NOON - timedelta(days=no, hours=1)
        field.tell(LATER, name=f"c{no}", start=start, stop=start + timedelta(minutes=5),
                   uploaded_at=to_ms(LATER))  # fmt: skip
    found, _ = samples_io.draw_samples(conn, desk, count=12, seed="abc", month=None, now=LATER)
    assert (found["drawn"], found["reviewed"], found["target"], found["paced"]) == (12, 0, 100, 17)
    assert len({one["recording_id"] for one in found["samples"]}) == 12
    first = found["samples"][0]
    new, _ = samples_io.replace(conn, desk, first["id"], "无法播放", LATER)
    assert new["month"] == first["month"]
    answers = dict.fromkeys(found["questions"], "yes")
    with pytest.raises(Invalid):
        samples_io.review(conn, desk, new["id"], answers={"playable": "yes"}, note="", now=LATER)
    with pytest.raises(Conflict):
        samples_io.review(conn, desk, first["id"], answers=answers, note="", now=LATER)
    samples_io.review(conn, desk, new["id"], answers=answers, note="好", now=LATER)
    done = samples_io.report(conn, desk, 2026, LATER)
    assert (done["drawn"], done["reviewed"], len(done["samples"])) == (12, 1, 13)
    assert done["samples"][0]["replaced_by"] == new["id"], "the one replaced stays in the list"
    assert done["answers"]["playable"] == {"yes": 1}
    more, _ = samples_io.draw_samples(conn, desk, count=None, seed="abd", month=None, now=LATER)
    assert more["drawn"] == 17, "as many as the pace lacked"
    with pytest.raises(Conflict):
        samples_io.draw_samples(conn, desk, count=None, seed="abe", month=None, now=LATER)


def test_registering_a_camera_does_not_rewrite_whose_recordings_they_were(
    field: Field, place: Place
) -> None:
    no = make_device(field.conn, place.north, "camera-9", "camera")
    field.conn.execute("UPDATE device SET person_id = %s WHERE no = %s", (field.person, no))
    new = NewAsset("SN-9", "camera", device_id="camera-9", org_id=place.north)
    shape, events = ledger_io.register(field.conn, place.dispatcher, new, LATER)
    assert (shape["state"], shape["badge"]) == ("issued", "P-1")
    assert [one.body["move"] for one in events] == ["register", "issue"]
    holder = "SELECT device_holder(%s, %s)"
    assert field.conn.execute(holder, (no, NOON)).fetchone() == (field.person,)
    ledger_io.move(
        field.conn, place.dispatcher, shape["id"], Step(AssetMove.GIVE_BACK, LATER), LATER
    )
    assert field.conn.execute(holder, (no, NOON)).fetchone() == (field.person,)
    assert field.conn.execute(holder, (no, LATER)).fetchone() == (None,)


def test_what_is_kept_does_not_hide_what_is_due_and_a_clock_makes_nothing_old(
    field: Field, place: Place
) -> None:
    for no in range(3):
        field.tell(LATER, name=f"e{no}", start=ARRIVED - timedelta(minutes=no), stop=CLEARED,
                   tags=["evidence"])  # fmt: skip
    field.tell(LATER, name="plain", start=ARRIVED, stop=CLEARED)
    field.tell(LATER, name="fallen", start=datetime(2020, 1, 1, tzinfo=NOON.tzinfo), stop=LATER)
    desk = place.dispatcher
    assert retention_io.due(field.conn, desk, LATER + timedelta(days=1), 3) == []
    late = LATER + timedelta(days=200)
    found = [one["recording_id"] for one in retention_io.due(field.conn, desk, late, 3)]
    assert found == ["fallen", "plain"]


def test_rates_of_one_unit_are_of_that_unit(field: Field, place: Place) -> None:
    def rates(group: int) -> tuple[int, int]:
        found = metrics_io.metrics(
            field.conn, place.dispatcher, since=NOON.date(), by="org", now=LATER, group=group,
            until=NOON.date() + timedelta(days=1),
        )["total"]  # fmt: skip
        return found["usage"]["denominator"], found["equipment"]["denominator"]

    assert rates(place.north) == (1, 1)
    assert rates(place.south) == (0, 0)


def test_records_that_contradict_each_other_are_named_and_others_are_not(
    field: Field, place: Place
) -> None:
    def named(now: datetime) -> list[tuple[str, str]]:
        found = ledger_io.checks(field.conn, place.dispatcher, now)
        return [(one["code"], one["serial"]) for one in found]

    later = LATER + timedelta(days=8)
    assert named(LATER) == []
    assert named(later) == [("never_heard", "SN-1")]
    field.tell(later - timedelta(days=1), start=ARRIVED, stop=CLEARED)
    assert named(later) == [], "it told of a recording"
    car = NewAsset("沪A", "vehicle", device_id="car", org_id=place.north)
    ledger_io.register(field.conn, place.dispatcher, car, NOON)
    field.conn.execute(
        "INSERT INTO unit_state (device_no, org_id, heard_at) VALUES (%s, %s, %s)",
        (place.car, place.north, LATER),
    )
    assert named(LATER) == [], "a vehicle is used without being anybody's"
    field.move(field.asset, AssetMove.GIVE_BACK, LATER)
    field.conn.execute(
        "INSERT INTO unit_state (device_no, org_id, heard_at) VALUES (%s, %s, %s)",
        (place.camera, place.north, LATER + timedelta(hours=1)),
    )
    assert named(LATER + timedelta(hours=2)) == [("store_but_speaks", "SN-1")]
