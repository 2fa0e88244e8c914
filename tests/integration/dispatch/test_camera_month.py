"""A month of real life with body cameras: every scene is judged as its label says, and nobody whose
recording was whole is reproached in between."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg import Connection
from psycopg.types.json import Jsonb

from core.values import TaskId, Viewer, from_ms, to_ms
from devices.readings import Readings, Recording, Stamp, Status
from devices.simulator.camera_facts import (
    AssetMoved,
    Fact,
    RecordingTold,
    Scene,
    StatusSaid,
    Swapped,
    Visit,
)
from devices.simulator.camera_messes import EVERY_MESS
from devices.simulator.camera_month import DAY_MS, CameraMonth
from dispatch.equipment import ledger_io, people_io
from dispatch.equipment.assets import Move as AssetMove
from dispatch.equipment.assets import Step
from dispatch.equipment.ledger_io import NewAsset
from dispatch.recordings import audit_io, clips_io
from dispatch.recordings.audit import LACKING
from dispatch.recordings.audit import Status as Verdict
from dispatch.recordings.clips_io import RecordingEvaluator
from dispatch.tasks import Move, MoveTask, NewTask
from dispatch.tasks_io import create_task, move_task, task_by_id
from tests.integration.dispatch.conftest import Place

BEGIN = datetime(2026, 2, 28, 16, tzinfo=UTC)  # midnight in Shanghai
BATCH_MS = 60_000
NO_VERDICT = "no verdict"
DUE = {*map(str, Verdict), NO_VERDICT} - {str(Verdict.NOT_REQUIRED)}
# What must never have been said, not even in between, of a scene that was recorded well.
REPROACHES = {*map(str, LACKING), str(Verdict.DEVICE_EXCUSE)}
MOVES = {"arrive": Move.ARRIVE, "clear": Move.RESOLVE}


@dataclass
class Town:
    """The month's officers and cameras in the database, and who they are there."""

    conn: Connection[Any]
    viewer: Viewer
    org_id: int
    month: CameraMonth
    people: dict[int, int] = field(default_factory=dict)
    device_nos: dict[str, int] = field(default_factory=dict)
    assets: dict[str, int] = field(default_factory=dict)
    tasks: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        before = BEGIN - timedelta(days=1)
        for day in range(-2, self.month.days + 3):
            self.conn.execute("SELECT make_partition(%s)", ((BEGIN + timedelta(days=day)).date(),))
        for no in range(self.month.officers):
            shape, _ = people_io.join(
                self.conn, self.viewer, badge=f"P-{no}", name=f"队员{no}", org_id=self.org_id,
                duty="front_line", from_at=before, now=before,
            )  # fmt: skip
            self.people[no] = shape["id"]
            terminal = self._device(f"T-{no}", "officer", shape["id"])
            for shift in self.month.shifts(no):
                self.conn.execute(
                    """INSERT INTO roster_shift (org_id, person_id, device_no, starts_at, ends_at,
                                                 created_at, created_by)
                       VALUES (%s, %s, %s, %s, %s, %s, 'x')""",
                    (self.org_id, shape["id"], terminal, from_ms(shift.from_ms),
                     from_ms(shift.to_ms), before),
                )  # fmt: skip
        for one in self.month.cameras():
            self.device_nos[one.name] = self._device(one.name, "camera", None)
            new = NewAsset(one.name, "camera", device_id=one.name, live=one.live,
                           org_id=self.org_id)  # fmt: skip
            shape, _ = ledger_io.register(self.conn, self.viewer, new, before)
            self.assets[one.name] = shape["id"]

    def _device(self, id_: str, kind: str, person_id: int | None) -> int:
        row = self.conn.execute(
            """INSERT INTO device (id, kind, part, org_id, name, period_s, person_id)
               VALUES (%s, %s, 5, %s, %s, 10, %s) RETURNING no""",
            (id_, kind, self.org_id, id_, person_id),
        ).fetchone()
        assert row is not None
        return int(row[0])

    def live(self) -> None:
        """The whole month as it is received; the audit runs at the end of each day, and looks at
        the days before once more."""
        day_ms = self.month.begin_ms + DAY_MS
        for facts in batches(self.month.facts()):
            while facts[0].received_ms >= day_ms:
                self.sweep(day_ms)
                day_ms += DAY_MS
            self.take_in(facts)
        while day_ms <= self.month.end_ms:
            self.sweep(day_ms)
            day_ms += DAY_MS

    def sweep(self, at_ms: int) -> None:
        audit_io.nightly(self.conn, from_ms(at_ms))
        due = "SELECT count(*) FROM recording_watch WHERE due_at <= %s"
        while self.conn.execute(due, (from_ms(at_ms),)).fetchone() != (0,):
            audit_io.sweep(self.conn, from_ms(at_ms))

    # ── what is received ───────────────────────────────────────────────────

    def take_in(self, facts: list[Fact]) -> None:
        one, now = facts[0], from_ms(facts[-1].received_ms)
        match one:
            case Visit():
                self._visit(one, now)
            case AssetMoved():
                badge = None if one.officer is None else f"P-{one.officer}"
                step = Step(AssetMove(one.move), now, note=one.note)
                ledger_io.move(self.conn, self.viewer, self.assets[one.camera], step, now,
                               badge=badge)  # fmt: skip
            case Swapped():
                ledger_io.swap(self.conn, self.viewer, self.assets[one.old], self.assets[one.new],
                               at=now, note=one.note, now=now)  # fmt: skip
            case _:
                self._hear(facts, now)

    def _visit(self, one: Visit, now: datetime) -> None:
        if one.step == "create":
            draft = NewTask("street_stall", f"占道 {one.scene}", device_id=f"T-{one.officer}")
            self.tasks[one.scene] = create_task(self.conn, self.viewer, draft, now)[0]["id"]
            return
        task_id = TaskId(self.tasks[one.scene])
        version = task_by_id(self.conn, self.viewer, task_id)["version"]
        move_task(self.conn, self.viewer, MoveTask(task_id, MOVES[one.step], version), now)

    def _hear(self, facts: list[Fact], now: datetime) -> None:
        readings = Readings.empty()
        for one in facts:
            assert isinstance(one, StatusSaid | RecordingTold)
            stamp = Stamp(self.device_nos[one.camera], one.camera, "camera", self.org_id,
                          one.at_ms, one.seq, one.received_ms)  # fmt: skip
            if isinstance(one, StatusSaid):
                readings.add(Status(stamp, one.state, one.bat_pct, one.detail))
                continue
            detail = dict(one.detail)
            if one.scene is not None:
                detail["task_id"] = self.tasks[one.scene]
            readings.add(Recording(stamp, one.recording_id, one.start_ms, one.stop_ms, detail))
        for status in readings.statuses:
            self.conn.execute(
                """INSERT INTO status (at, received_at, seq, batch_id, device_no, state, bat_pct,
                                       detail)
                   VALUES (%s, %s, %s, 1, %s, %s, %s, %s)""",
                (from_ms(status.stamp.at_ms), from_ms(status.stamp.received_ms), status.stamp.seq,
                 status.stamp.device_no, status.state, status.bat_pct, Jsonb(status.detail)),
            )  # fmt: skip
        RecordingEvaluator().evaluate(self.conn, readings, now)

    # ── what is found ──────────────────────────────────────────────────────

    def said(self) -> dict[int, list[str]]:
        """Every version of the verdict on each scene, the newest last."""
        rows = self.conn.execute(
            """SELECT task_id, person_id, array_agg(status ORDER BY version)
                 FROM recording_verdict GROUP BY task_id, person_id"""
        ).fetchall()
        found = {(task, person): versions for task, person, versions in rows}
        return {
            one.no: found.pop((self.tasks[one.no], self.people[one.officer]), [NO_VERDICT])
            for one in self.month.scenes()
        }


def batches(facts: list[Fact], long_ms: int = BATCH_MS) -> Iterator[list[Fact]]:
    """What cameras say comes in batches of a minute; whatever else, alone and in between."""
    batch: list[Fact] = []
    for one in facts:
        is_reading = isinstance(one, StatusSaid | RecordingTold)
        if batch and (not is_reading or one.received_ms - batch[0].received_ms >= long_ms):
            yield batch
            batch = []
        if is_reading:
            batch.append(one)
        else:
            yield [one]
    if batch:
        yield batch


def expected(scene: Scene) -> str:
    return scene.status or NO_VERDICT


def measured(pairs: Counter[tuple[str, str]]) -> dict[str, tuple[float, float, int]]:
    """From counts of (label, verdict): precision, recall and number of labels by status."""
    found = {}
    for status in sorted({label for label, _ in pairs} | {said for _, said in pairs}):
        right = pairs[status, status]
        labelled = sum(count for (label, _), count in pairs.items() if label == status)
        judged = sum(count for (_, said), count in pairs.items() if said == status)
        found[status] = (right / max(judged, 1), right / max(labelled, 1), labelled)
    return found


def test_a_month_is_judged_as_it_was(conn: Connection[Any], place: Place) -> None:
    month = CameraMonth(seed=1, officers=12, days=30, begin_ms=to_ms(BEGIN))
    town = Town(conn, place.dispatcher, place.north, month)
    town.live()
    said = town.said()
    scenes = month.scenes()
    assert {name for one in scenes for name in one.mess} == EVERY_MESS
    assert len(scenes) > 350

    wrong = [(one, said[one.no]) for one in scenes if said[one.no][-1] != expected(one)]
    shown = [(one.no, one.officer, one.mess, one.status, said_) for one, said_ in wrong]
    assert not shown, "\n".join(map(str, shown))
    figures = measured(
        Counter((expected(one), said[one.no][-1]) for one in scenes if one.truth is None)
    )
    print(*(f"{status:15} {figure}" for status, figure in figures.items()), sep="\n")
    assert figures.keys() == DUE
    for status, (precision, recall, labelled) in figures.items():
        assert (precision, recall) == (1.0, 1.0), status
        assert labelled >= 10, status

    # What nobody can prove is judged by what was told, and nothing else.
    unprovable = month.unprovable()
    print("unprovable", Counter((one.truth, one.said) for one in unprovable))
    assert {(one.truth, said[one.scene.no][-1]) for one in unprovable} == {
        ("OK", "NO_RECORDING"), ("OK", "UPLOAD_OVERDUE"), ("NO_RECORDING", "UPLOAD_OVERDUE"),
        ("NO_RECORDING", "OK"), ("LATE_START", "OK"), ("DEVICE_EXCUSE", "NO_RECORDING"),
    }  # fmt: skip
    hasty = [
        (one, said[one.no]) for one in scenes
        if expected(one) == "OK" and REPROACHES & {*said[one.no]}
    ]  # fmt: skip
    assert hasty == [], "reproached before everything was known"


def test_a_judge_that_believes_every_clock_is_found_out(
    conn: Connection[Any], place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips_io, "offset_ms", lambda *told: 0)
    month = CameraMonth(seed=1, officers=6, days=8, begin_ms=to_ms(BEGIN))
    town = Town(conn, place.dispatcher, place.north, month)
    town.live()
    said = town.said()
    wrong = {one.no for one in month.scenes() if said[one.no][-1] != expected(one)}
    skewed = [one for one in month.scenes() if "clock_wrong" in one.mess]
    recorded = {one.no for one in skewed if one.status == "OK"}
    assert len(recorded) >= 3
    assert recorded <= wrong, "nobody recorded where the clock said"
    assert wrong <= {one.no for one in skewed}, "and only there"
