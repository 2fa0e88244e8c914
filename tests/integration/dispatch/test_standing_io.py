"""Standing rules on a real database: by silence alone, never for an outage of ours, each once."""

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from core.errors import Forbidden, NotFound
from core.migrate import migrate
from core.values import Role
from dispatch.standing_io import RuleDraft, add_rule, end_rule, list_rules, sweep
from dispatch.tasks import Move, MoveTask
from dispatch.tasks_io import create_task, move_task
from geo.fence_edits import FenceDraft
from geo.fence_edits_io import create_fence
from tests.integration.dispatch.conftest import NOON, Connection, Place, seed
from tests.integration.dispatch.test_tasks_io import DRAFT
from tests.servers import Server

LON, LAT = 121.47, 31.23


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def hear(conn: Connection, since: float, until: float) -> None:
    conn.execute(
        "INSERT INTO alive_span VALUES (0, %s, %s)"
        " ON CONFLICT (session_no, started_at) DO UPDATE SET seen_at = excluded.seen_at",
        (at(since), at(until)),
    )


def area(conn: Connection, place: Place) -> int:
    draft = FenceDraft("夜市", {"type": "Point", "coordinates": [LON, LAT]}, radius_m=200)
    shape, _ = create_fence(conn, place.dispatcher, draft, NOON)
    return int(shape["id"])


def cross(conn: Connection, no: int, fence: int, kind: str, minutes: float) -> None:
    conn.execute(
        "INSERT INTO crossing (device_no, fence_id, org_id, kind, at, by)"
        " SELECT no, %s, org_id, %s, %s, 'fix' FROM device WHERE no = %s",
        (fence, kind, at(minutes), no),
    )


def fix(conn: Connection, no: int, minutes: float, state: str = "on_duty") -> None:
    conn.execute(
        """INSERT INTO unit_state (device_no, org_id, position_at, state, lat_e7, lon_e7, link)
           SELECT no, org_id, %s, %s, 312300000, 1214700000, 'online' FROM device WHERE no = %s
           ON CONFLICT (device_no) DO UPDATE
              SET position_at = excluded.position_at, state = excluded.state""",
        (at(minutes), state, no),
    )


def void_rule(conn: Connection, place: Place, fence: int, **body: Any) -> int:
    draft = RuleDraft("area_void", "夜市有人", {"threshold_s": 600, "fence_id": fence} | body)
    return int(add_rule(conn, place.dispatcher, draft, NOON)[0]["id"])


def rule(conn: Connection, place: Place, kind: str, body: dict[str, Any]) -> None:
    add_rule(conn, place.dispatcher, RuleDraft(kind, kind, body), NOON)


def kinds(conn: Connection, minutes: float) -> list[str]:
    return [event.kind for event in sweep(conn, at(minutes))]


def test_a_void_is_raised_by_silence_alone_and_once(conn: Connection, place: Place) -> None:
    fence = area(conn, place)
    void_rule(conn, place, fence)
    hear(conn, -600, 600)
    cross(conn, place.zhang, fence, "entered", -30)
    fix(conn, place.zhang, 0)  # inside, and never heard from again
    assert kinds(conn, 4) == []
    assert kinds(conn, 9.9) == []
    (event,) = sweep(conn, at(10.1))
    alarm = event.body["alarm"]
    assert (event.kind, alarm["type"], alarm["priority"]) == ("alarm.raised", "area_void", 2)
    assert alarm["detail"]["last_inside_at"] == at(0).isoformat()
    assert alarm["org_id"] == place.bureau
    for minutes in (10.2, 11, 60):
        assert kinds(conn, minutes) == [], "it stands; a sweep says nothing twice"


def test_it_clears_only_after_somebody_has_stayed(conn: Connection, place: Place) -> None:
    fence = area(conn, place)
    void_rule(conn, place, fence, clear_after_s=120)
    hear(conn, -600, 600)
    assert kinds(conn, 0) == ["alarm.raised"], "nobody was there for two days"
    cross(conn, place.zhang, fence, "entered", 1)
    fix(conn, place.zhang, 2)
    assert kinds(conn, 2) == []
    fix(conn, place.zhang, 3.1)
    assert kinds(conn, 3.1) == ["alarm.cleared"]
    cross(conn, place.zhang, fence, "left", 5)
    assert kinds(conn, 14.9) == []
    assert kinds(conn, 15) == ["alarm.raised"]


def test_somebody_off_duty_inside_does_not_count(conn: Connection, place: Place) -> None:
    fence = area(conn, place)
    void_rule(conn, place, fence)
    hear(conn, -600, 600)
    cross(conn, place.zhang, fence, "entered", -1)
    fix(conn, place.zhang, 0, "off_duty")
    assert kinds(conn, 0) == ["alarm.raised"]


def test_only_the_kinds_asked_for_count(conn: Connection, place: Place) -> None:
    fence = area(conn, place)
    void_rule(conn, place, fence)
    void_rule(conn, place, fence, device_kinds=["vehicle"])
    hear(conn, -600, 600)
    cross(conn, place.car, fence, "entered", -1)
    fix(conn, place.car, 0)
    (event,) = sweep(conn, at(0))
    assert event.body["alarm"]["detail"]["rule"] == "夜市有人"
    assert len(kinds(conn, 0)) == 0


def test_never_for_an_outage_of_ours(conn: Connection, place: Place) -> None:
    fence = area(conn, place)
    void_rule(conn, place, fence)
    hear(conn, -600, 1)
    cross(conn, place.zhang, fence, "entered", -30)
    fix(conn, place.zhang, 0)
    assert kinds(conn, 60) == [], "we have heard nothing since minute one"
    conn.execute("INSERT INTO alive_span VALUES (0, %s, %s)", (at(60), at(64)))
    assert kinds(conn, 64) == []
    conn.execute("UPDATE alive_span SET seen_at = %s WHERE started_at = %s", (at(75), at(60)))
    assert kinds(conn, 68.9) == []
    assert kinds(conn, 69.1) == ["alarm.raised"], "one minute before, nine after"


def test_a_post_left_and_come_back_to(conn: Connection, place: Place) -> None:
    fence = create_fence(
        conn, place.dispatcher,
        FenceDraft("校门", {"type": "Point", "coordinates": [LON, LAT]}, "post", 50), NOON,
    )[0]["id"]  # fmt: skip
    conn.execute(
        """INSERT INTO roster_shift (org_id, device_no, starts_at, ends_at, kind, post_id,
                                     created_at, created_by)
           VALUES (%s, %s, %s, %s, 'post', %s, %s, 'test')""",
        (place.north, place.zhang, at(0), at(120), fence, NOON),
    )
    rule(conn, place, "post_left", {"threshold_s": 300, "clear_after_s": 60})
    hear(conn, -600, 600)
    fix(conn, place.zhang, 0)
    assert kinds(conn, 4) == []
    (event,) = sweep(conn, at(5))
    alarm = event.body["alarm"]
    assert (alarm["device_no"], alarm["org_id"], alarm["type"]) == (
        place.zhang, place.north, "post_left")  # fmt: skip
    cross(conn, place.zhang, fence, "entered", 6)
    assert kinds(conn, 6.5) == []
    assert kinds(conn, 7) == ["alarm.cleared"]
    assert kinds(conn, 30) == [], "silence at the post is not leaving it"
    cross(conn, place.zhang, fence, "left", 40)
    assert kinds(conn, 45) == ["alarm.raised"]
    assert kinds(conn, 120) == ["alarm.cleared"], "the shift is over"


def test_a_task_nobody_takes(conn: Connection, place: Place) -> None:
    task, _ = create_task(conn, place.dispatcher, DRAFT, NOON)
    rule(conn, place, "task_ageing", {"threshold_s": 300, "priority_to": 2})
    rule(conn, place, "task_ageing", {"threshold_s": 600})
    hear(conn, -600, 600)
    urgent = task["priority"] <= 2
    assert kinds(conn, 6) == (["alarm.raised"] if urgent else [])
    assert "alarm.raised" in kinds(conn, 10)
    command = MoveTask(task["id"], Move.ASSIGN, task["version"], device_id="zhang")
    move_task(conn, place.dispatcher, command, at(11))
    assert set(kinds(conn, 12)) == {"alarm.cleared"}


def test_an_ended_rule_takes_its_alarm_along(conn: Connection, place: Place) -> None:
    made = void_rule(conn, place, area(conn, place))
    hear(conn, -600, 600)
    assert kinds(conn, 0) == ["alarm.raised"]
    end_rule(conn, place.dispatcher, made, at(1))
    assert kinds(conn, 1) == ["alarm.cleared"]
    with pytest.raises(NotFound):
        end_rule(conn, place.dispatcher, made, at(2))


def test_scope_and_role(conn: Connection, place: Place) -> None:
    fence = area(conn, place)
    with pytest.raises(Forbidden):
        add_rule(conn, place.onlooker, RuleDraft("welfare", "x", {"threshold_s": 600}), NOON)
    with pytest.raises(NotFound):
        body = {"threshold_s": 600, "fence_id": fence}  # of the bureau, not of the squad
        add_rule(
            conn, replace(place.squad, role=Role.ADMIN), RuleDraft("area_void", "x", body), NOON
        )
    made = void_rule(conn, place, fence)
    assert [one["id"] for one in list_rules(conn, place.dispatcher, 0, 10)] == [made]
    assert list_rules(conn, place.squad, 0, 10) == []


def void_rule_as(conn: Connection, place: Place, viewer: Any, fence: int) -> None:
    add_rule(
        conn, viewer, RuleDraft("area_void", "x", {"threshold_s": 600, "fence_id": fence}), NOON
    )


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    made = server.create_database(f"waypost_standing_{os.getpid()}")
    with psycopg.connect(made, autocommit=True) as conn:
        migrate(conn, storage=server.storage)
    yield made


def test_three_at_once_and_one_after_a_restart_raise_one_alarm(url: str) -> None:
    with psycopg.connect(url) as conn:
        place = seed(conn)
        void_rule(conn, place, area(conn, place))
        hear(conn, -600, 600)
    gate = threading.Barrier(3)

    def one() -> None:
        with psycopg.connect(url) as mine:
            gate.wait()
            sweep(mine, at(0))

    threads = [threading.Thread(target=one) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    with psycopg.connect(url) as conn:
        assert kinds(conn, 1) == [], "whoever comes later finds it standing"
        row = conn.execute("SELECT count(*), max(seen) FROM alarm").fetchone()
    assert row is not None and row[0] == 1


def track(conn: Connection, no: int, since: float, until: float, step_m: float = 0) -> None:
    """A fix a minute, each `step_m` metres further north; the newest is where the unit is."""
    conn.execute("SELECT make_partition('2026-03-01')")
    conn.execute(
        """INSERT INTO position (at, received_at, seq, batch_id, device_no, lat_e7, lon_e7, src,
                                 datum, flags)
           SELECT %(noon)s + make_interval(mins => n), now(), n, 1, %(no)s,
                  312300000 + ((n - %(until)s) * %(step_m)s * 90)::integer, 1214700000, 0, 0, 1
             FROM generate_series(%(since)s::integer, %(until)s::integer) n
           ON CONFLICT DO NOTHING""",
        {"noon": NOON, "no": no, "since": since, "until": until, "step_m": step_m},
    )
    fix(conn, no, until)


def test_who_does_not_move_is_called_and_who_stands_at_a_post_is_not(
    conn: Connection, place: Place
) -> None:
    hear(conn, -120, 120)
    draft = RuleDraft("no_movement", "Alive", {"threshold_s": 900}, org_id=place.bureau)
    add_rule(conn, place.dispatcher, draft, NOON)
    track(conn, place.zhang, 0, 14)
    track(conn, place.wang, 0, 14, step_m=40)
    assert sweep(conn, at(14)) == []
    track(conn, place.zhang, 15, 16)
    track(conn, place.wang, 15, 16)
    events = sweep(conn, at(16))
    assert [(event.kind, event.device_no) for event in events] == [("alarm.raised", place.zhang)]
    assert "16 分钟未移动" in events[0].body["alarm"]["detail"]["reasons"][0]["zh"]
    assert sweep(conn, at(16.2)) == []
    track(conn, place.zhang, 17, 18, step_m=60)
    assert [event.kind for event in sweep(conn, at(18))] == ["alarm.cleared"]


def test_a_break_and_a_post_are_no_reason_to_call(conn: Connection, place: Place) -> None:
    hear(conn, -120, 120)
    draft = RuleDraft("no_movement", "Alive", {"threshold_s": 900}, org_id=place.bureau)
    add_rule(conn, place.dispatcher, draft, NOON)
    for no in (place.zhang, place.wang):
        track(conn, no, 0, 20)
    fix(conn, place.zhang, 20, "break")
    conn.execute(
        """INSERT INTO roster_shift (org_id, device_no, kind, post_id, starts_at, ends_at,
                                     created_at, created_by)
           VALUES (%s, %s, 'post', %s, %s, %s, %s, 'x')""",
        (place.south, place.wang, area(conn, place), at(-60), at(60), NOON),
    )
    assert sweep(conn, at(20)) == []
