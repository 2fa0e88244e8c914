"""Patrol windows and officers for the fault tests, and the promise they are held against."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from core.limits import BATCH_ITEMS_MAX
from devices.topics import subtree
from tests.faults.box import Box, until

LON, LAT = 121.45, 31.22  # of all points; 0.01 degrees of latitude are 1.1 km
AWAY = LAT + 0.02
VERDICT_MAX_S = 5.0


def when(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)


def add_point(box: Box, tag: str) -> int:
    with psycopg.connect(box.url) as conn:
        row = conn.execute(
            """WITH fence AS (
                   INSERT INTO fence (org_id, name, purpose, lat_deg, lon_deg, radius_m)
                   SELECT min(id), %(tag)s, 'point', %(lat)s, %(lon)s, 60 FROM org
                   RETURNING id, org_id)
               INSERT INTO patrol_point (org_id, name, fence_id, tag)
               SELECT org_id, %(tag)s, id, %(tag)s FROM fence RETURNING id""",
            {"tag": tag, "lat": LAT, "lon": LON},
        ).fetchone()
        assert row is not None
        return int(row[0])


def add_window(box: Box, point_id: int, opens_s: float, closes_s: float, grace_s: int) -> int:
    """One that asks for a tap; due in its middle."""
    with psycopg.connect(box.url) as conn:
        row = conn.execute(
            """INSERT INTO patrol_window
                      (org_id, point_id, opens_at, due_at, closes_at, grace_s, min_dwell_s, proof)
               SELECT org_id, id, %s, %s, %s, %s, 0, 'tap' FROM patrol_point WHERE id = %s
               RETURNING id""",
            (when(opens_s), when((opens_s + closes_s) / 2), when(closes_s), grace_s, point_id),
        ).fetchone()
        assert row is not None
        return int(row[0])


def add_shift(box: Box, device_id: str, point_ids: Sequence[int]) -> None:
    """On duty an hour to either side of now, for these points."""
    with psycopg.connect(box.url) as conn:
        conn.execute(
            """INSERT INTO roster_shift
                      (org_id, device_no, starts_at, ends_at, point_ids, created_at, created_by)
               SELECT org_id, no, now() - interval '1 h', now() + interval '1 h', %s, now(), 'test'
                 FROM device WHERE id = %s""",
            (list(point_ids), device_id),
        )


class Officer:
    """A terminal with an outbox: what it saw is kept until `flush`, and counted without gap."""

    def __init__(self, device_id: str, clock_off_s: float = 0.0, *, uptime: bool = False) -> None:
        self.device_id = device_id
        self._off_s = clock_off_s
        self._uptime = uptime
        self._seq = 1_000
        self._kept: list[dict[str, Any]] = []

    def see(self, lat: float = AWAY) -> None:
        self._keep("position", lon=LON, lat=lat, acc=5.0)

    def tap(self, tag: str) -> None:
        self._keep("checkin", method="nfc", tag=tag)

    def flush(self, box: Box) -> None:
        """All that was kept, as batches; returns when the broker has it."""
        if not self._kept:
            return
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        account, _, place = box.gateway_url.removeprefix("mqtt://").rpartition("@")
        user, _, password = account.partition(":")
        host, _, port = place.partition(":")
        client.username_pw_set(user, password)
        client.connect(host, int(port))
        client.loop_start()
        while self._kept:
            items, self._kept = self._kept[:BATCH_ITEMS_MAX], self._kept[BATCH_ITEMS_MAX:]
            if self._uptime:
                items = [{**one, "sent_up": _up_ms()} for one in items]
            body = msgspec.json.encode({"items": items})
            client.publish(f"{subtree(self.device_id, 'officer')}/batch", body, 1).wait_for_publish(
                20
            )
        client.disconnect()
        client.loop_stop()

    def _keep(self, channel: str, **body: Any) -> None:
        self._seq += 1
        at_ms = round((time.time() + self._off_s) * 1000)
        up = {"boot": "b1", "up": _up_ms()} if self._uptime else {}
        self._kept.append({"channel": channel, "at": at_ms, "seq": self._seq, **body, **up})


def _up_ms() -> int:
    return round(time.monotonic() * 1000)


# ── the promise ───────────────────────────────────────────────────────────


def results(box: Box) -> dict[int, str]:
    """Current result by window."""
    return dict(box.rows("SELECT window_id, result FROM patrol_verdict_now"))


def assert_promise(box: Box) -> None:
    """Exactly one current verdict for every window that is over; versions 1 to n."""
    assert (
        box.rows(
            """SELECT w.id, count(v.window_id) FROM patrol_window w
             LEFT JOIN patrol_verdict_now v ON v.window_id = w.id
            WHERE w.closes_at + make_interval(secs => w.late_s + w.grace_s + 5) < now()
              AND w.withdrawn_at IS NULL
            GROUP BY w.id HAVING count(v.window_id) <> 1"""
        )
        == []
    ), "not exactly one current verdict"
    assert (
        box.rows(
            """SELECT window_id FROM patrol_verdict GROUP BY window_id
           HAVING count(*) <> max(version) OR min(version) <> 1"""
        )
        == []
    ), "a version is missing or doubled"
    assert (
        box.rows(
            """SELECT window_id, version FROM (
               SELECT *, lag((result, reasons, evidence)) OVER (PARTITION BY window_id
                             ORDER BY version) AS before FROM patrol_verdict) v
            WHERE (result, reasons, evidence) IS NOT DISTINCT FROM before"""
        )
        == []
    ), "the same verdict was said twice"


def latencies(box: Box) -> list[float]:
    """Seconds from the time absence may be said to the first verdict, ascending."""
    return [
        float(one)
        for (one,) in box.rows(
            """SELECT extract(epoch FROM min(v.known_at)
                      - (w.closes_at + make_interval(secs => w.late_s + w.grace_s))) AS late
                 FROM patrol_window w JOIN patrol_verdict v ON v.window_id = w.id
                GROUP BY w.id ORDER BY late"""
        )
    ]


def await_heard(box: Box, now_s: float) -> None:
    heard = "SELECT max(seen_at) > to_timestamp(%s) FROM alive_span"
    until(lambda: box.one(heard, now_s), 30, "ingest listens")
