"""An officer with a camera, at a task for half an hour, and what tests tell of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from core.events import Event
from core.values import TaskId, to_ms
from devices.readings import Readings, Recording, Stamp, Status
from dispatch.equipment import ledger_io, people_io
from dispatch.equipment.assets import Move as AssetMove
from dispatch.equipment.assets import Step
from dispatch.equipment.ledger_io import NewAsset
from dispatch.recordings import audit_io
from dispatch.recordings.clips_io import RecordingEvaluator
from dispatch.rules_io import react
from dispatch.tasks import Move, MoveTask, NewTask
from dispatch.tasks_io import create_task, move_task, task_by_id
from tests.integration.dispatch.conftest import NOON, Connection, Place

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
