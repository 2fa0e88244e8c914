"""The demonstration's fortnight of tasks: judged scenes of several kinds, and nothing sent out."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection

from app import district, district_equipment, district_io, district_tasks
from core.events_io import append_events
from devices.simulator.roster import Sizes
from dispatch.recordings import audit_io

NOW = datetime(2026, 3, 20, 4, tzinfo=UTC)
SIZES = Sizes(officers=40, vehicles=2, cameras=40, docks=2, points=8, cylinders=0, squads=2,
              brigades=1)  # fmt: skip


def test_a_fortnight_of_scenes(conn: Connection[Any]) -> None:
    made = district.plan(1, SIZES, NOW)
    append_events(conn, district_io.seed(conn, made, NOW))
    append_events(conn, district_equipment.seed(conn, made.devices, 1, NOW))
    events = district_tasks.seed(conn, made.devices, 1, NOW)
    append_events(conn, events)
    made_ids = [one.task_id for one in events if one.kind == "task.created"]
    assert 25 < len(made_ids) < 80
    assert max(one.at for one in events) < NOW
    assert conn.execute("SELECT count(*) FROM device_message WHERE published_at IS NULL"
                        ).fetchone() == (0,)  # fmt: skip
    states = conn.execute("SELECT state, count(*) FROM task GROUP BY state").fetchall()
    assert states == [("closed", len(made_ids))]

    assert district_tasks.seed(conn, made.devices, 1, NOW + timedelta(minutes=1)) == []
    for _ in range(20):
        audit_io.sweep(conn, NOW)
    rows = conn.execute("SELECT DISTINCT ON (task_id) status FROM recording_verdict"
                        " ORDER BY task_id, version DESC").fetchall()  # fmt: skip
    told = Counter(status for (status,) in rows)
    assert sum(told.values()) == len(made_ids)
    assert 0.7 < told["OK"] / len(made_ids) < 0.98, told
    assert set(told) >= {"OK", "LATE_START", "EARLY_STOP", "NO_RECORDING"}, told
