"""A scene of a task, what cameras told of it, and verdicts that change with what comes later."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from core.errors import Conflict, Forbidden, Invalid
from core.events import Event
from core.migrate import scripts
from core.values import TaskId, Viewer, to_ms
from devices.readings import Readings, Recording, Stamp, Status
from dispatch.equipment import ledger_io, people_io
from dispatch.equipment.assets import Move as AssetMove
from dispatch.equipment.assets import Step
from dispatch.equipment.ledger_io import NewAsset
from dispatch.recordings import audit_io, clarify_io, metrics_io, retention_io, samples_io
from dispatch.recordings.clips_io import RecordingEvaluator
from dispatch.recordings.spans import total_ms, without
from dispatch.rules_io import react
from dispatch.tasks import Move, MoveTask, NewTask
from dispatch.tasks_io import create_task, move_task, task_by_id
from tests.integration.dispatch.conftest import NOON, Connection, Place
from tests.integration.evaluators.road import make_device

DRAFT = NewTask("street_stall", "Stall blocks the pavement", device_id="zhang")
ARRIVED, CLEARED = NOON + timedelta(minutes=10), NOON + timedelta(minutes=40)
LATER = NOON + timedelta(hours=1)


class Field:
    """An officer with a camera, and a task the officer was at for half an hour."""

    def __init__(self, conn: Connection, place: Place) -> None:
        self.conn, self.place = conn, place
        self.seq = 0
        for day in range(-2, 3):
            conn.execute("SELECT make_partition(%s)", ((NOON + timedelta(days=day)).date(),))
        shape, _ = people_io.join(
            conn, place.dispatcher, badge="P-1", name="张三", org_id=place.north,
            duty="front_line", from_at=NOON - timedelta(days=30), now=NOON,
        )  # fmt: skip
        self.person = shape["id"]
        conn.execute("UPDATE device SET person_id = %s WHERE no = %s", (self.person, place.zhang))
        self.asset = self.registered("SN-1", "camera")
        self.move(self.asset, AssetMove.ISSUE, NOON - timedelta(hours=4), badge="P-1")
        self.task = self.visit()

    def registered(self, serial: str, device_id: str | None) -> int:
        new = NewAsset(serial, "camera", device_id=device_id, org_id=self.place.north)
        before = NOON - timedelta(days=10)
        return int(ledger_io.register(self.conn, self.place.dispatcher, new, before)[0]["id"])

    def move(self, asset: int, move: AssetMove, at: datetime, *, badge: str | None = None,
             note: str = "", now: datetime | None = None) -> None:  # fmt: skip
        step = Step(move, at, note=note)
        ledger_io.move(self.conn, self.place.dispatcher, asset, step, now or max(at, LATER),
                       badge=badge)  # fmt: skip

    def visit(self, **draft: Any) -> int:
        task, _ = create_task(self.conn, self.place.dispatcher, replace(DRAFT, **draft), NOON)
        for move, at in ((Move.ARRIVE, ARRIVED), (Move.RESOLVE, CLEARED)):
            now = task_by_id(self.conn, self.place.dispatcher, task["id"])
            command = MoveTask(TaskId(task["id"]), move, now["version"])
            move_task(self.conn, self.place.dispatcher, command, at)
        return int(task["id"])

    def stamp(self, at: datetime, received: datetime | None = None) -> Stamp:
        self.seq += 1
        return Stamp(self.place.camera, "camera", "camera", self.place.north, to_ms(at), self.seq,
                     to_ms(received or at))  # fmt: skip

    def tell(self, at: datetime, *, start: datetime, stop: datetime, name: str = "r1",
             received: datetime | None = None, **detail: Any) -> list[Event]:  # fmt: skip
        one = Recording(self.stamp(at, received), name, to_ms(start), to_ms(stop), detail)
        readings = replace(Readings.empty(), recordings=[one])
        return list(RecordingEvaluator().evaluate(self.conn, readings, received or at))

    def say(self, at: datetime, state: str, *, received: datetime | None = None, bat: int = 80,
            **detail: Any) -> list[Event]:  # fmt: skip
        one = Status(self.stamp(at, received), state, bat, detail)
        self.conn.execute(
            """INSERT INTO status (at, received_at, seq, batch_id, device_no, state, bat_pct,
                                   detail)
               VALUES (%s, %s, %s, 1, %s, %s, %s, %s)""",
            (at, received or at, self.seq, self.place.camera, state, bat, Jsonb(detail)),
        )
        readings = replace(Readings.empty(), statuses=[one])
        return list(RecordingEvaluator().evaluate(self.conn, readings, received or at))

    def sweep(self, now: datetime) -> list[Event]:
        events = audit_io.sweep(self.conn, now)
        return [*events, *react(self.conn, events, now)]

    def said(self, task: int | None = None) -> list[tuple[int, str]]:
        found = audit_io.duty(self.conn, self.place.dispatcher, task or self.task, self.person)
        return [(one["version"], one["status"]) for one in reversed(found["versions"])]

    def reasons(self) -> list[str]:
        found = audit_io.duty(self.conn, self.place.dispatcher, self.task, self.person)
        return [one["code"] for one in found["reasons"]]


@pytest.fixture
def field(conn: Connection, place: Place) -> Field:
    return Field(conn, place)


def test_a_late_upload_turns_pending_into_ok_and_both_versions_are_kept(field: Field) -> None:
    field.tell(CLEARED, start=ARRIVED, stop=CLEARED)
    field.sweep(LATER)
    assert field.said() == [(1, "PENDING_UPLOAD")]
    assert field.reasons() == ["file_told"]
    done = LATER + timedelta(hours=20)
    field.tell(done, start=ARRIVED, stop=CLEARED, uploaded_at=to_ms(done), sha256="ab" * 32)
    (event,) = field.sweep(done)
    assert (event.kind, event.body["status"], event.body["version"]) == (
        "recording.judged",
        "OK",
        2,
    )
    assert field.said() == [(1, "PENDING_UPLOAD"), (2, "OK")]
    assert field.sweep(done) == [], "nothing is said twice"


def test_an_overdue_upload_alarms_until_it_comes(field: Field) -> None:
    field.tell(CLEARED, start=ARRIVED, stop=CLEARED)
    field.sweep(LATER)
    late = CLEARED + timedelta(hours=24, minutes=1)
    kinds = [event.kind for event in field.sweep(late)]
    assert kinds == ["recording.judged", "alarm.raised"]
    alarm = "SELECT type, active, detail FROM alarm"
    assert field.conn.execute(alarm).fetchall() == [
        ("upload_overdue", True, {"task_id": field.task, "person_id": field.person})
    ]
    field.tell(late, start=ARRIVED, stop=CLEARED, uploaded_at=to_ms(late))
    assert [event.kind for event in field.sweep(late)] == ["recording.judged", "alarm.cleared"]
    assert field.said()[-1] == (3, "OK")


def test_a_clock_hours_wrong_is_put_right_by_the_receipt(field: Field) -> None:
    off = timedelta(hours=-5)
    done = CLEARED + timedelta(minutes=5)
    field.tell(done + off, received=done, start=ARRIVED + off, stop=CLEARED + off,
               uploaded_at=to_ms(done + off))  # fmt: skip
    field.sweep(LATER)
    assert field.said() == [(1, "OK")]
    found = audit_io.duty(field.conn, field.place.dispatcher, field.task, field.person)
    assert found["evidence"]["clock_offset_ms"] == 5 * 3_600_000


def test_an_emptied_camera_without_a_file_has_not_recorded(field: Field) -> None:
    field.sweep(LATER)
    assert (field.said(), field.reasons()) == ([(1, "PENDING_UPLOAD")], ["not_heard"])
    field.say(LATER, "standby", pending=2, dock="dock-1")
    assert field.sweep(LATER) == [], "two files are still to come"
    field.say(LATER + timedelta(minutes=9), "standby", pending=0, dock="dock-1")
    field.sweep(LATER + timedelta(minutes=9))
    assert field.said() == [(1, "PENDING_UPLOAD"), (2, "NO_RECORDING")]


def test_a_camera_that_is_broken_is_its_managers(field: Field) -> None:
    field.say(ARRIVED - timedelta(minutes=5), "fault", pending=0)
    field.say(LATER, "fault", pending=0)
    field.sweep(LATER)
    assert field.said() == [(1, "DEVICE_EXCUSE")]
    assert field.reasons() == ["NO_RECORDING", "fault"]


def test_a_camera_that_was_dead_before_is_dead_until_it_says_otherwise(field: Field) -> None:
    evening = NOON + timedelta(hours=5)
    field.say(ARRIVED - timedelta(minutes=40), "fault", pending=0)
    field.say(evening, "fault", pending=0, dock="dock-1")
    field.sweep(evening)
    assert (field.said(), field.reasons()) == ([(1, "DEVICE_EXCUSE")], ["NO_RECORDING", "fault"])


def test_a_flat_battery_before_the_scene_excuses_it_unless_it_recorded_again(field: Field) -> None:
    evening = NOON + timedelta(hours=5)
    field.tell(evening, name="before", start=NOON - timedelta(minutes=30), stop=NOON,
               uploaded_at=to_ms(evening), trigger_off="battery")  # fmt: skip
    field.say(evening, "standby", pending=0, dock="dock-1")
    field.sweep(evening)
    assert (field.said(), field.reasons()) == ([(1, "DEVICE_EXCUSE")], ["NO_RECORDING", "battery"])
    field.tell(evening, name="again", start=ARRIVED, stop=ARRIVED + timedelta(minutes=9),
               uploaded_at=to_ms(evening))  # fmt: skip
    field.sweep(evening)
    assert field.said()[-1] == (2, "EARLY_STOP"), "the battery was changed, and then it was let be"


def test_a_clock_put_right_later_does_not_move_what_was_said_before(field: Field) -> None:
    fast = timedelta(hours=8)
    for minute in range(-5, 36, 5):
        at = ARRIVED + timedelta(minutes=minute)
        field.say(at + fast, "fault", received=at, pending=0)
    field.sweep(LATER)
    assert field.said() == [(1, "DEVICE_EXCUSE")]
    field.say(NOON + timedelta(days=1), "standby", pending=0)
    audit_io.nightly(field.conn, NOON + timedelta(days=1))
    assert field.sweep(NOON + timedelta(days=1)) == []
    assert field.said() == [(1, "DEVICE_EXCUSE")]


def test_a_clock_put_back_does_not_silence_the_camera(field: Field) -> None:
    evening = NOON + timedelta(hours=5)
    field.say(evening + timedelta(hours=8), "standby", received=evening, pending=1, dock="d")
    field.say(evening + timedelta(minutes=2), "standby", pending=0, dock="d")
    field.sweep(evening + timedelta(minutes=2))
    assert field.said() == [(1, "NO_RECORDING")]


def test_batches_cut_in_any_way_say_the_same(field: Field) -> None:
    evening = NOON + timedelta(hours=5)
    said = [
        Status(field.stamp(evening), "standby", 80, {"pending": 0, "dock": "d"}),
        Status(field.stamp(evening + timedelta(minutes=1)), "standby", 80, {"pending": 1}),
    ]
    readings = replace(Readings.empty(), statuses=said)
    RecordingEvaluator().evaluate(field.conn, readings, evening)
    field.sweep(evening)
    assert field.said() == [(1, "NO_RECORDING")]


def test_a_repeat_out_of_a_queue_does_not_undo_what_was_put_right(field: Field) -> None:
    slow, done = timedelta(hours=-5), CLEARED + timedelta(minutes=5)
    told = {"start": ARRIVED + slow, "stop": CLEARED + slow, "uploaded_at": to_ms(done + slow)}
    field.tell(done + slow, received=done, **told)
    field.sweep(LATER)
    field.tell(done + slow, received=LATER, queued=True, **told)
    field.sweep(LATER)
    assert field.said() == [(1, "OK")]
    late = {"start": ARRIVED + slow, "stop": CLEARED + slow}
    field.tell(done + slow, received=LATER, name="other", queued=True, **late)
    row = field.conn.execute("SELECT start_at FROM clip WHERE recording_id = 'other'").fetchone()
    assert row == (ARRIVED,), "the clock is known from what it told afresh"


def test_a_camera_given_back_in_mid_scene_is_emptied_from_then_on(field: Field) -> None:
    middle, evening = ARRIVED + timedelta(minutes=10), NOON + timedelta(hours=5)
    make_device(field.conn, field.place.north, "camera-2", "camera")
    spare = field.registered("SN-2", "camera-2")
    ledger_io.swap(field.conn, field.place.dispatcher, field.asset, spare, at=middle, note="",
                   now=middle)  # fmt: skip
    field.tell(middle + timedelta(minutes=5), start=ARRIVED, stop=middle,
               uploaded_at=to_ms(middle))  # fmt: skip
    field.say(middle + timedelta(minutes=6), "standby", pending=0, dock="d")
    field.sweep(evening)
    assert field.reasons() == ["not_heard"], "the other one was not heard since"
    field.conn.execute(
        """INSERT INTO camera_state (device_no, at, seq, emptied_at)
           SELECT no, %s, 1, %s FROM device WHERE id = 'camera-2'""", (evening, evening),
    )  # fmt: skip
    audit_io.nightly(field.conn, evening)
    field.sweep(evening)
    assert (field.said()[-1][1], field.reasons()) == ("EARLY_STOP", ["EARLY_STOP"])


def test_nobody_is_blamed_without_a_camera_and_the_ledger_may_be_put_right(
    field: Field, place: Place
) -> None:
    field.move(field.asset, AssetMove.GIVE_BACK, NOON, now=NOON)
    field.sweep(LATER)
    assert (field.said(), field.reasons()) == (
        [(1, "DEVICE_EXCUSE")], ["NO_RECORDING", "not_assigned"],
    )  # fmt: skip
    field.move(field.asset, AssetMove.ISSUE, NOON + timedelta(minutes=1), badge="P-1")
    field.say(LATER, "standby", pending=0)
    field.sweep(LATER)
    assert field.said()[-1] == (2, "NO_RECORDING"), "she had it after all"


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


def test_another_hash_of_the_same_recording_is_told(field: Field) -> None:
    tell: Callable[..., list[Event]] = lambda sha: field.tell(  # noqa: E731
        LATER, start=ARRIVED, stop=CLEARED, uploaded_at=to_ms(LATER), sha256=sha
    )
    assert tell("ab" * 32) == []
    assert tell("AB" * 32) == [], "the same, written otherwise"
    (event,) = tell("cd" * 32)
    assert event.kind == "recording.altered"
    kept = field.conn.execute("SELECT sha256 FROM clip").fetchone()
    assert kept == ("ab" * 32,), "the first one stands"


def test_what_is_wrong_with_a_camera_is_told_when_it_changes(field: Field) -> None:
    (first,) = field.say(LATER, "standby", bat=12, free_mb=100, total_mb=64_000)
    assert first.body["raised"] == ["battery", "storage"]
    assert field.say(LATER + timedelta(minutes=1), "standby", bat=11, free_mb=90,
                     total_mb=64_000) == []  # fmt: skip
    (well,) = field.say(LATER + timedelta(minutes=2), "standby", bat=90, free_mb=64_000,
                        total_mb=64_000)  # fmt: skip
    assert (well.body["raised"], well.body["cleared"]) == ([], ["battery", "storage"])
    field.say(LATER - timedelta(minutes=5), "fault")
    state = field.conn.execute("SELECT conditions FROM camera_state").fetchone()
    assert state == ([],), "what comes late says nothing of now"


def test_a_test_task_and_one_called_off_ask_for_nothing(field: Field) -> None:
    field.sweep(LATER)
    conn = field.conn
    conn.execute("UPDATE task SET source = %s WHERE id = %s", (Jsonb({"test": True}), field.task))
    audit_io.nightly(conn, LATER + timedelta(hours=9))
    field.sweep(LATER + timedelta(hours=9))
    assert field.said()[-1] == (2, "NOT_REQUIRED")


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
    with pytest.raises(Forbidden):
        clarify_io.review(conn, other(place.dispatcher, officer.login), said["id"],
                          decision="accepted", note="", now=LATER)  # fmt: skip
    shape, events = clarify_io.review(conn, place.dispatcher, said["id"], decision="accepted",
                                      note="", now=LATER)  # fmt: skip
    assert shape["decision"] == "accepted"
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


def test_recordings_of_before_the_migration_are_taken_over(field: Field) -> None:
    """As the evaluator would have kept them, had it been there and the clock been right."""
    done = CLEARED + timedelta(minutes=5)
    gap = [to_ms(ARRIVED) + 60_000, to_ms(ARRIVED) + 90_000]
    detail = {"uploaded_at": to_ms(done), "gaps": [gap], "tags": ["patrol"], "size": 7,
              "sha256": "AB" * 32, "task_id": field.task}  # fmt: skip
    field.conn.execute("UPDATE device SET person_id = %s WHERE id = 'camera'", (field.person,))
    for said, received in (({}, CLEARED), (detail, done)):
        field.seq += 1
        field.conn.execute(
            """INSERT INTO recording (device_no, at, seq, received_at, batch_id, org_id,
                                      recording_id, start_at, stop_at, detail)
               VALUES (%s, %s, %s, %s, 1, %s, 'r1', %s, %s, %s)""",
            (field.place.camera, received, field.seq, received, field.place.north, ARRIVED, CLEARED,
             Jsonb(said)),
        )  # fmt: skip
    (script,) = [one for one in scripts("migrations") if one.name == "0014_equipment.sql"]
    field.conn.execute("INSERT INTO clip" + script.text.rpartition("INSERT INTO clip")[2])
    found = field.conn.execute("SELECT * FROM clip").fetchall()
    assert field.conn.execute("SELECT count(*) FROM recording_day_dirty").fetchone() == (1,)
    field.conn.execute("DELETE FROM clip")
    for said, received in (({}, CLEARED), (detail, done)):
        field.tell(received, start=ARRIVED, stop=CLEARED, **said)
    field.conn.execute("UPDATE clip SET fresh = false")  # nobody kept whether it came from a queue
    assert found == field.conn.execute("SELECT * FROM clip").fetchall()


# ── what a stranger found ──────────────────────────────────────────────────


def test_a_recording_to_the_end_of_the_century_ends_when_it_was_told(field: Field) -> None:
    field.tell(LATER, start=ARRIVED, stop=datetime(2099, 12, 31, tzinfo=NOON.tzinfo),
               gaps=[[to_ms(CLEARED), 4_102_444_799_000]])  # fmt: skip
    metrics_io.sweep(field.conn, LATER)
    row = field.conn.execute("SELECT stop_at FROM clip").fetchone()
    assert row == (LATER,)
    counted = field.conn.execute("SELECT recorded_s FROM recording_day WHERE device_no = 0")
    assert counted.fetchone() == (1_800,)


def test_what_waited_in_the_broker_is_no_wrong_clock(field: Field) -> None:
    """Ingest was down for twenty minutes; nobody marked these messages as queued."""
    field.say(ARRIVED - timedelta(minutes=1), "standby")
    back = CLEARED + timedelta(minutes=20)
    for minute in range(0, 20, 5):
        field.say(CLEARED + timedelta(minutes=minute), "standby", received=back, pending=1)
    field.tell(CLEARED, received=back, start=ARRIVED, stop=CLEARED, uploaded_at=to_ms(CLEARED))
    field.sweep(back)
    assert field.said() == [(1, "OK")]
    assert field.conn.execute("SELECT offset_ms FROM camera_clock").fetchall() == [(0,)]


def test_a_clock_that_fell_back_is_believed_at_the_second_word(field: Field) -> None:
    slow = timedelta(hours=-5)
    field.say(NOON - timedelta(hours=3), "standby")
    dock = CLEARED + timedelta(minutes=30)
    field.say(dock + slow, "standby", received=dock, pending=1, dock="d")
    field.tell(dock + slow, received=dock, start=ARRIVED + slow, stop=CLEARED + slow,
               uploaded_at=to_ms(dock + slow))  # fmt: skip
    later = dock + timedelta(minutes=3)
    field.say(later + slow, "standby", received=later, pending=0, dock="d")
    field.sweep(later)
    assert field.said()[-1][1] == "OK"
    assert field.conn.execute("SELECT start_at FROM clip").fetchone() == (ARRIVED,)


def test_a_clock_set_at_the_dock_was_wrong_when_it_recorded(field: Field) -> None:
    fast = timedelta(hours=8)
    field.say(NOON + fast, "standby", received=NOON)
    dock = CLEARED + timedelta(hours=4)
    field.say(dock + fast, "standby", received=dock, pending=1, dock="d")
    set_at = dock + timedelta(minutes=1)
    field.tell(set_at, start=ARRIVED + fast, stop=CLEARED + fast, uploaded_at=to_ms(set_at))
    field.sweep(set_at)
    assert field.said() == [(1, "OK")]


def test_a_monotonic_clock_of_another_boot_says_nothing(field: Field) -> None:
    field.say(LATER, "standby", up=40_000_000, sent_up=5_000, pending=0)
    field.say(LATER + timedelta(minutes=1), "standby", up=10**14, sent_up=5, pending=0)
    field.say(LATER + timedelta(minutes=2), "fault")
    (row,) = field.conn.execute("SELECT at, conditions FROM camera_state").fetchall()
    assert row == (LATER + timedelta(minutes=2), ["fault"])
    assert field.conn.execute("SELECT offset_ms FROM camera_clock").fetchall() == [(0,)]


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


def test_a_terminal_handed_on_leaves_its_scenes_with_who_had_it(field: Field, place: Place) -> None:
    people_io.join(field.conn, place.dispatcher, badge="P-2", name="李四", org_id=place.north,
                   duty="front_line", from_at=NOON, now=NOON)  # fmt: skip
    new = NewAsset("T-1", "terminal", device_id="zhang", org_id=place.north)
    terminal = ledger_io.register(field.conn, place.dispatcher, new, NOON)[0]["id"]
    field.sweep(LATER)
    assert field.said() == [(1, "PENDING_UPLOAD")]
    for step, badge in ((AssetMove.GIVE_BACK, None), (AssetMove.ISSUE, "P-2")):
        field.move(terminal, step, LATER, badge=badge)
    field.tell(LATER, start=ARRIVED, stop=CLEARED, uploaded_at=to_ms(LATER))
    field.sweep(LATER)
    verdicts = "SELECT person_id, status FROM recording_verdict_now"
    assert field.conn.execute(verdicts).fetchall() == [(field.person, "OK")]


def test_a_verdict_on_somebody_who_was_not_there_is_taken_back(field: Field, place: Place) -> None:
    field.say(LATER, "standby", pending=0)
    field.sweep(LATER)
    assert field.said() == [(1, "NO_RECORDING")]
    shape, _ = people_io.join(
        field.conn, place.dispatcher, badge="P-2", name="李四", org_id=place.north,
        duty="front_line", from_at=NOON, now=NOON,
    )  # fmt: skip
    field.conn.execute(
        """INSERT INTO roster_shift (org_id, person_id, device_no, starts_at, ends_at, created_at,
                                     created_by)
           VALUES (%s, %s, %s, %s, %s, now(), 'x')""",
        (place.north, shape["id"], place.zhang, NOON, LATER),
    )
    audit_io.nightly(field.conn, LATER)
    field.sweep(LATER)
    assert field.said() == [(1, "NO_RECORDING"), (2, "NOT_REQUIRED")]
    assert field.reasons() == ["not_on_scene"]


@pytest.mark.parametrize("name", ["sos", "tamper"])
def test_a_call_for_help_is_told_however_batches_are_cut_and_however_late(
    field: Field, name: str
) -> None:
    def status(minute: float, *, calls: bool, **detail: Any) -> Status:
        at = LATER + timedelta(minutes=minute)
        return Status(field.stamp(at), "standby", 80, {name: calls, **detail})

    def told(*statuses: Status) -> list[str]:
        readings = replace(Readings.empty(), statuses=list(statuses))
        events = RecordingEvaluator().evaluate(field.conn, readings, LATER)
        return [one for event in events for one in event.body["raised"]]

    assert told(status(0, calls=True), status(1, calls=False)) == [name]
    assert told(status(0.5, calls=True, queued=True)) == [name], "it came out of a queue"
    assert told(status(2, calls=True), status(3, calls=True)) == [name], "once while it stands"


def test_nobody_excuses_a_scene_through_the_ledger_afterwards(field: Field) -> None:
    field.say(LATER, "standby", pending=0)
    field.sweep(LATER)
    field.move(field.asset, AssetMove.REPORT_FAULT, ARRIVED - timedelta(minutes=1), note="kaputt")
    field.sweep(LATER)
    assert field.said() == [(1, "NO_RECORDING")], "that is for a clarification, and its review"


def test_what_a_later_message_leaves_out_stays(field: Field) -> None:
    middle = ARRIVED + timedelta(minutes=10)
    gap = [to_ms(middle), to_ms(middle) + 600_000]
    field.tell(CLEARED, start=ARRIVED, stop=CLEARED, gaps=[gap], tags=["evidence"])
    field.tell(LATER, start=ARRIVED, stop=CLEARED, uploaded_at=to_ms(LATER), tags=["patrol"])
    field.sweep(LATER)
    field.say(LATER, "standby", pending=0)
    assert field.said()[-1][1] in ("GAP", "PENDING_UPLOAD")
    row = field.conn.execute("SELECT gaps, tags FROM clip").fetchone()
    assert row == ([gap], ["evidence", "patrol"])
    sm3 = field.tell(LATER, start=ARRIVED, stop=CLEARED, sm3="ab" * 32)
    other_sm3 = field.tell(LATER, start=ARRIVED, stop=CLEARED, sm3="cd" * 32)
    assert ([one.kind for one in sm3], [one.kind for one in other_sm3]) == (
        [], ["recording.altered"],
    )  # fmt: skip


def test_flat_in_the_dock_last_night_is_no_excuse_today(field: Field) -> None:
    evening = NOON + timedelta(hours=5)
    field.say(NOON - timedelta(hours=14), "standby", bat=1, charging=True, pending=0, dock="d")
    field.say(evening, "standby", pending=0, dock="d")
    field.sweep(evening)
    assert field.said() == [(1, "NO_RECORDING")]


def test_a_fault_is_over_when_it_records_again(field: Field) -> None:
    evening = NOON + timedelta(hours=5)
    field.say(NOON - timedelta(hours=4), "fault")
    field.tell(evening, start=ARRIVED, stop=ARRIVED + timedelta(minutes=5),
               uploaded_at=to_ms(evening))  # fmt: skip
    field.say(evening, "standby", pending=0, dock="d")
    field.sweep(evening)
    assert field.said() == [(1, "EARLY_STOP")]


def test_silence_after_one_word_is_not_a_proof(field: Field) -> None:
    field.say(ARRIVED + timedelta(seconds=20), "standby", pending=0)
    field.sweep(LATER)
    assert field.said() == [(1, "PENDING_UPLOAD")]


def test_a_camera_of_nobody_in_another_squad_covers_nothing(field: Field, place: Place) -> None:
    no = make_device(field.conn, place.south, "camera-s", "camera")
    stamp = Stamp(no, "camera-s", "camera", place.south, to_ms(LATER), 1, to_ms(LATER))
    detail = {"task_id": field.task, "uploaded_at": to_ms(LATER)}
    one = Recording(stamp, "r", to_ms(ARRIVED), to_ms(CLEARED), detail)
    readings = replace(Readings.empty(), recordings=[one])
    RecordingEvaluator().evaluate(field.conn, readings, LATER)
    field.say(LATER, "standby", pending=0)
    field.sweep(LATER)
    assert field.said() == [(1, "NO_RECORDING")]


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
