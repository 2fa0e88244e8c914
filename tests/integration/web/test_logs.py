"""Duty logs in the database and over REST: written once, again for late data, signed by two."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from psycopg.types.json import Jsonb

from core.events_io import append_events
from geo.patrol import duty_log_io
from geo.patrol.windows import LOCAL
from tests.website import Site

NOW = datetime.now(UTC).replace(microsecond=0)
START = NOW - timedelta(hours=6)
DAY = f"{START.astimezone(LOCAL):%Y-%m-%d}"
LOG = f"/api/v1/patrol/logs/officer-0/{DAY}"


def ok(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json()


def sweep(site: Site, at: datetime = NOW) -> int:
    with site.connect() as conn, conn.transaction():
        events = duty_log_io.sweep(conn, at)
        append_events(conn, events)
    return len(events)


@pytest.fixture(scope="module")
def duty(site: Site) -> Site:
    """officer-0 of squad a was on duty for four hours, and told of a problem."""
    with site.connect() as conn:
        no = site.units["officer-0"]
        conn.execute(
            """INSERT INTO roster_shift (org_id, device_no, starts_at, ends_at, created_at,
                                         created_by)
               VALUES (%s, %s, %s, %s, now(), 'x')""",
            (site.orgs["squad_a"], no, START, START + timedelta(hours=4)),
        )
        event(conn, site, 1, "problem", "占道经营", 30)
    return site


def event(conn: Any, site: Site, seq: int, kind: str, note: str, minutes: float) -> None:
    at = START + timedelta(minutes=minutes)
    conn.execute(
        """INSERT INTO device_event (device_no, at, seq, received_at, batch_id, org_id, type,
                                     detail)
           VALUES (%s, %s, %s, now(), 1, %s, %s, %s)""",
        (site.units["officer-0"], at, seq, site.orgs["squad_a"], kind, Jsonb({"note": note})),
    )


def test_a_duty_is_written_once_and_again_for_late_data(duty: Site) -> None:
    assert sweep(duty, START + timedelta(hours=4, minutes=29)) == 0, "not settled yet"
    assert sweep(duty) == 1 and sweep(duty) == 0
    with duty.client("squad_a") as leader:
        (listed,) = ok(leader.get(f"/api/v1/patrol/logs?day={DAY}"))["items"]
        assert listed["totals"]["problems"] == 1 and listed["exceptions"] == 1, "a silence"
        first = ok(leader.get(LOG))
        assert first["body"]["timeline"][0]["detail"]["note"] == "占道经营"
        assert first["body"]["timeline"][0]["source"] == {"event": [duty.units["officer-0"], 1]}
        with duty.connect() as conn:
            event(conn, duty, 2, "lead", "黑气瓶线索", 60)
        assert sweep(duty) == 0, "looked at again after six hours"
        assert sweep(duty, NOW + timedelta(hours=6, minutes=1)) == 1
        second = ok(leader.get(LOG))
        assert second["version"] == 2 and second["changes"][0]["totals"] == {"problems": [1, 2]}
        assert ok(leader.get(f"{LOG}?version=1"))["sha256"] == first["sha256"]
        assert leader.get(LOG.replace("officer-0", "officer-2")).status_code == 404
    with duty.client("admin_b") as stranger:
        assert stranger.get(LOG).status_code == 404
        assert ok(stranger.get(f"/api/v1/patrol/logs?day={DAY}"))["items"] == []
    with duty.client("admin") as client:
        read = ok(client.get("/api/v1/audit?limit=1000"))["items"]
    assert ("squad_a", "duty_log.read") in {(one["actor"], one["action"]) for one in read}


def test_two_sign_the_version_they_read(duty: Site) -> None:
    with duty.client("viewer_a") as officer, duty.client("squad_a") as leader:

        def sign(client: httpx.Client, role: str, version: int) -> httpx.Response:
            return client.post(f"{LOG}/sign", json={"role": role, "version": version})

        assert sign(officer, "officer", 1).json()["code"] == "old_version"
        assert sign(officer, "leader", 2).status_code == 403
        ok(sign(officer, "officer", 2))
        assert sign(officer, "officer", 2).json()["code"] == "already_signed"
        log = ok(sign(leader, "leader", 2))
    assert [(one["role"], one["signed_by"]) for one in log["signatures"]] == [
        ("officer", "viewer_a"), ("leader", "squad_a"),
    ]  # fmt: skip
