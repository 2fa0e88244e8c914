"""What cameras told: by the right clock, in any batches, once."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from core.events import Event
from core.migrate import scripts
from core.values import to_ms
from devices.readings import Readings, Status
from dispatch.recordings import audit_io, metrics_io
from dispatch.recordings.clips_io import RecordingEvaluator
from tests.integration.dispatch.camera_field import ARRIVED, CLEARED, LATER, Field, field
from tests.integration.dispatch.conftest import NOON

__all__ = ["field"]


def test_a_clock_hours_wrong_is_put_right_by_the_receipt(field: Field) -> None:
    off = timedelta(hours=-5)
    done = CLEARED + timedelta(minutes=5)
    field.tell(done + off, received=done, start=ARRIVED + off, stop=CLEARED + off,
               uploaded_at=to_ms(done + off))  # fmt: skip
    field.sweep(LATER)
    assert field.said() == [(1, "OK")]
    found = audit_io.duty(field.conn, field.place.dispatcher, field.task, field.person)
    assert found["evidence"]["clock_offset_ms"] == 5 * 3_600_000


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
