"""Verdicts on scenes, and how they change with what comes later."""

from dataclasses import replace
from datetime import timedelta

from psycopg.types.json import Jsonb

from core.values import to_ms
from devices.readings import Readings, Recording, Stamp
from dispatch.equipment import ledger_io, people_io
from dispatch.equipment.assets import Move as AssetMove
from dispatch.equipment.ledger_io import NewAsset
from dispatch.recordings import audit_io
from dispatch.recordings.clips_io import RecordingEvaluator
from tests.integration.dispatch.camera_field import ARRIVED, CLEARED, LATER, Field, field
from tests.integration.dispatch.conftest import NOON, Place
from tests.integration.evaluators.road import make_device

__all__ = ["field"]


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


def test_a_test_task_and_one_called_off_ask_for_nothing(field: Field) -> None:
    field.sweep(LATER)
    conn = field.conn
    conn.execute("UPDATE task SET source = %s WHERE id = %s", (Jsonb({"test": True}), field.task))
    audit_io.nightly(conn, LATER + timedelta(hours=9))
    field.sweep(LATER + timedelta(hours=9))
    assert field.said()[-1] == (2, "NOT_REQUIRED")


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


def test_nobody_excuses_a_scene_through_the_ledger_afterwards(field: Field) -> None:
    field.say(LATER, "standby", pending=0)
    field.sweep(LATER)
    field.move(field.asset, AssetMove.REPORT_FAULT, ARRIVED - timedelta(minutes=1), note="kaputt")
    field.sweep(LATER)
    assert field.said() == [(1, "NO_RECORDING")], "that is for a clarification, and its review"


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
