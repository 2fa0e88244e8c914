"""A demonstration's tasks of the last fortnight: most of them recorded whole, some not.

They go the way of any task, at times that are over. So the audit of recordings has scenes to judge
from the first minute.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import dict_row

from app.tags import all_seeing
from core.events import Event
from core.sql import load_queries
from core.values import Viewer
from devices.simulator.roster import Device
from dispatch.tasks import Move, NewTask, Step
from dispatch.tasks_io import advance, create_task, lock_tasks

QUERIES = load_queries("app", "district_tasks.sql")
SHARE: Final = 0.03  # of recordings; one task a day of each officer at most
WORK: Final = (
    ("street", "占道经营"), ("refuse", "暴露垃圾"), ("construction", "渣土车未覆盖"),
    ("advert", "店招破损"), ("street", "流动摊贩聚集"), ("refuse", "建筑垃圾偷倒"),
    ("other", "非机动车乱停放"), ("construction", "夜间施工噪声"),
)  # fmt: skip
Scene = tuple[datetime, datetime]


def seed(
    conn: Connection[Any], devices: Sequence[Device], seed_: int, now: datetime
) -> list[Event]:
    """Twice changes nothing."""
    viewer = all_seeing(conn, "demo")
    owners = {one.id: one.owner for one in devices if one.kind == "camera" and one.owner}
    officers = {id_ for (id_,) in conn.execute(QUERIES["officers"])}
    with conn.cursor(row_factory=dict_row) as cursor:
        recordings = cursor.execute(QUERIES["recordings"], {"now": now}).fetchall()
    events: list[Event] = []
    made: list[int] = []
    taken: set[Any] = set()
    for one in recordings:
        officer = owners.get(one["camera"])
        day = officer, one["start_at"].date()
        # Of its own, so that a second time nothing else is drawn.
        chance = Random(f"tasks/{seed_}/{one['recording_id']}")  # noqa: S311
        if officer not in officers or day in taken or chance.random() > SHARE:
            continue
        taken.add(day)
        kind, title = chance.choice(WORK)
        scene = _scene(len(made), chance, one["start_at"], one["stop_at"])
        draft = NewTask(kind, title, "到场核实，拍照取证后反馈", device_id=officer,
                        deadline=scene[1] + timedelta(hours=2),
                        idempotency_key=f"demo/{one['recording_id']}")  # fmt: skip
        task_id, more = _done(conn, viewer, draft, scene, chance)
        events += more
        made.append(task_id)
    conn.execute(QUERIES["told"], {"now": now, "task_ids": made})
    return events


def _scene(no: int, chance: Random, start: datetime, stop: datetime) -> Scene:
    """Arrival and clearing: within the recording; of sixteen one begins before it, one ends after
    it, and one lies beside it."""
    begin, end = start + timedelta(seconds=40), stop - timedelta(seconds=20)
    if end - begin < timedelta(minutes=1):
        end = begin + timedelta(minutes=1)
    fate = no % 16
    if fate == 3:
        begin -= timedelta(minutes=chance.uniform(4, 9))
    elif fate == 7:
        end += timedelta(minutes=chance.uniform(4, 9))
    elif fate == 11:
        begin, end = stop + timedelta(minutes=7), stop + timedelta(minutes=16)
    return begin, end


def _done(
    conn: Connection[Any], viewer: Viewer, draft: NewTask, scene: Scene, chance: Random
) -> tuple[int, list[Event]]:
    """The task's number, and what was said of it on the way."""
    begin, end = scene
    made_at = begin - timedelta(minutes=chance.uniform(8, 25))
    shape, events = create_task(conn, viewer, draft, made_at)
    if not events:  # seeded before
        return shape["id"], []
    device = f"device:{draft.device_id}"
    for move, actor, at, reason in (
        (Move.DELIVER, device, made_at + timedelta(seconds=2), None),
        (Move.ACK, device, made_at + timedelta(seconds=chance.uniform(10, 90)), None),
        (Move.ARRIVE, device, begin, None),
        (Move.RESOLVE, device, end, "已到场处置，现场恢复"),
        (Move.CLOSE, "duty", end + timedelta(minutes=chance.uniform(10, 60)), None),
    ):
        task = lock_tasks(conn, [shape["id"]], viewer)[shape["id"]]
        step = Step(move, actor, at, reason, by_unit=actor == device)
        events += advance(conn, task, step, at)[1]
    return shape["id"], events
