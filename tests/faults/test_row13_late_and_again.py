"""Row 13: everything three times, ten minutes out of order, a three-day-old outbox flushed.

The same day is told twice: once as it happened, once like that. What is known at the end
must be the same, and nobody may be called out of bed for what happened three days ago.
"""

import random
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from core import limits
from core.limits import BATCH_BODY_BYTES_MAX, BATCH_ITEMS_MAX
from devices.topics import subtree
from tests.faults.box import DEVICES, Box, until
from tests.faults.conftest import MakeBox

WALKER, LATECOMER = DEVICES[0], DEVICES[1]
PERIOD_S = 10
DAY_S = 86_400
SLICE = 60  # messages told at once
LON, LAT = 121.45, 31.22  # of the fence; 0.001 degrees of latitude are 111 m
Said = tuple[str, str, dict[str, Any]]  # device, channel, body


def walk(device: str, begin_s: float, minutes: int, seq: int) -> list[Said]:
    """To and fro over the fence, five minutes each way, a tap at every turn within."""
    said: list[Said] = []
    for number in range(minutes * 60 // PERIOD_S):
        phase = number * PERIOD_S % 600 / 300
        north = (phase if phase <= 1 else 2 - phase) * 0.006 - 0.003
        at = round((begin_s + number * PERIOD_S) * 1000)
        seq += 1
        body = {"at": at, "seq": seq, "lon": LON, "lat": round(LAT + north, 7), "acc": 5.0}
        said.append((device, "position", body))
        if number % 60 == 15:
            seq += 1
            tap = {"at": at + 1, "seq": seq, "method": "nfc", "tag": "04A1B2C3"}
            said.append((device, "checkin", tap))
    return said


def history(now_s: float) -> tuple[list[Said], list[Said]]:
    """(what was told live in the last forty minutes, what an outbox kept for three days)."""
    live = walk(WALKER, now_s - 2_400, 39, 1_000)
    live.append((WALKER, "event", {"at": round((now_s - 60) * 1000), "seq": 9_000, "type": "fall"}))
    old_s = now_s - 3 * DAY_S
    kept = walk(LATECOMER, old_s, 40, 5_000)
    kept.append((LATECOMER, "event", {"at": round(old_s * 1000), "seq": 9_001, "type": "sos"}))
    return live, kept


def prepare(box: Box, now_s: float) -> None:
    """A forbidden area, and a point in it with windows of both days."""
    with psycopg.connect(box.url) as conn:
        for purpose, radius_m in (("forbidden", 150), ("point", 60)):
            conn.execute(
                """INSERT INTO fence (org_id, name, purpose, lat_deg, lon_deg, radius_m, dwell_s)
                   SELECT min(id), %s, %s, %s, %s, %s, 20 FROM org""",
                (purpose, purpose, LAT, LON, radius_m),
            )
        conn.execute(
            """INSERT INTO patrol_point (org_id, name, fence_id, tag)
               SELECT org_id, '岗亭', id, '04A1B2C3' FROM fence WHERE purpose = 'point'"""
        )
        # We were there all the time, so that who was not seen was not there.
        conn.execute(
            "INSERT INTO alive_span VALUES (0, to_timestamp(%s), to_timestamp(%s))",
            (now_s - 4 * DAY_S, now_s),
        )
        for begin_s in (now_s - 3 * DAY_S, now_s - 3 * DAY_S + 4_000, now_s - 2_400):
            conn.execute(
                """INSERT INTO patrol_window
                          (org_id, point_id, opens_at, due_at, closes_at, grace_s)
                   SELECT org_id, id, to_timestamp(%(at)s), to_timestamp(%(at)s + 900),
                          to_timestamp(%(at)s + 1800), 60 FROM patrol_point""",
                {"at": begin_s},
            )


def tell(box: Box, packets: Sequence[tuple[str, bytes]]) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    account, _, place = box.gateway_url.removeprefix("mqtt://").rpartition("@")
    user, _, password = account.partition(":")
    host, _, port = place.partition(":")
    client.username_pw_set(user, password)
    client.connect(host, int(port))
    client.loop_start()
    for start in range(0, len(packets), SLICE):
        # A pause between them: what came is judged before what belongs before it comes.
        for info in [client.publish(*one, 1) for one in packets[start : start + SLICE]]:
            info.wait_for_publish(20)
        time.sleep(2 * limits.FOLLOWER_PERIOD_S)
    client.disconnect()
    client.loop_stop()


def single(said: Sequence[Said]) -> list[tuple[str, bytes]]:
    return [(f"{subtree(d, 'officer')}/{c}", msgspec.json.encode(body)) for d, c, body in said]


def batches(said: Sequence[Said]) -> list[tuple[str, bytes]]:
    """As an outbox flushes: batch messages as large as the contract takes."""
    found = []
    for start in range(0, len(said), BATCH_ITEMS_MAX):
        part = said[start : start + BATCH_ITEMS_MAX]
        items = [{"channel": c, "queued": True, **body} for _, c, body in part]
        body = msgspec.json.encode({"items": items})
        assert len(body) < BATCH_BODY_BYTES_MAX
        found.append((f"{subtree(said[0][0], 'officer')}/batch", body))
    return found


def scrambled(said: Sequence[Said], rng: random.Random) -> list[Said]:
    """Everything three times, each telling up to ten minutes late."""
    late = [(s[2]["at"] + rng.uniform(0, 600_000), n, s) for n, s in enumerate([*said] * 3)]
    return [one for _, _, one in sorted(late)]


def known(box: Box) -> dict[str, list[Any]]:
    """What is known now, apart from when and in which order we learned it."""
    queries = {
        "positions": "SELECT device_no, at, seq, lat_e7 FROM position ORDER BY 1, 2, 3",
        "taps": "SELECT device_no, at, seq, tag FROM checkin ORDER BY 1, 2, 3",
        "crossings": """SELECT device_no, fence_id, kind, at, by FROM crossing_now
                         ORDER BY 1, 2, 4, 3""",
        "verdicts": "SELECT window_id, result, evidence FROM patrol_verdict_now ORDER BY 1",
        "units": "SELECT device_no, position_at, position_seq, lat_e7 FROM unit_state ORDER BY 1",
        "help": """SELECT type, source, first_at, active FROM alarm
                    WHERE type IN ('fall', 'sos') ORDER BY 1""",
        "quarantine": "SELECT reason FROM quarantine",
    }
    return {name: box.rows(query) for name, query in queries.items()}


def judged(box: Box, items: int) -> bool:
    """So many messages, resent ones included, have come, been stored and been judged."""
    return bool(
        box.one("SELECT coalesce(sum(stored + duplicate + rejected), 0) FROM batch") >= items
        and box.one("SELECT (SELECT max(no) FROM batch) = max(batch_no) FROM follower_cursor")
        and box.one("SELECT count(*) = 3 FROM patrol_verdict_now")
    )


def test_late_and_again(make_box: MakeBox, report: Callable[[str], None]) -> None:
    now_s = float(int(time.time()))
    live, kept = history(now_s)
    told: list[dict[str, list[Any]]] = []
    wanted = len({(d, b["at"], b["seq"]) for d, c, b in live + kept if c == "position"})
    roads = {
        "in order": [single(live), single(kept)],
        "late and again": [
            single(scrambled(live, random.Random(13))),
            batches(kept)[::-1] * 3 + single(live),
        ],
    }
    counts = {
        "in order": [len(live), len(kept)],
        "late and again": [3 * len(live), 3 * len(kept) + len(live)],
    }
    heard = "SELECT max(seen_at) > to_timestamp(%s) FROM alive_span"
    boxes = []
    for road, parts in roads.items():
        box = make_box()
        boxes.append(box)
        prepare(box, now_s)
        ingest = box.service("ingest")
        box.service("schedule")
        # In two parts: what comes first has been judged when the rest comes.
        until(lambda b=box: b.one(heard, now_s), 20, "ingest listens")
        items = 0
        for part, count in zip(parts, counts[road], strict=True):
            tell(box, part)
            items += count
            until(lambda b=box, n=items: judged(b, n), 60, "all is judged")
        assert ingest.alive
        told.append(known(box))
        for service in box.services:
            service.stop()
    in_order, late = told
    assert len(in_order["positions"]) == wanted
    assert len([one for one in in_order["crossings"] if one[2] == "entered"]) >= 12
    assert {one[1] for one in in_order["verdicts"]} >= {"on_time", "missed"}
    for name, rows in in_order.items():
        assert late[name] == rows, name
    duplicates = boxes[1].one("SELECT sum(duplicate) FROM batch")
    assert duplicates >= 2 * wanted
    # The cry for help of today is heard, that of three days ago is on record and calls nobody.
    assert [one[0] for one in late["help"]] == ["fall"]
    assert boxes[1].one("SELECT count(*) FROM device_event WHERE type = 'sos'") == 1
    stale = "SELECT type, last_at FROM alarm WHERE last_at < to_timestamp(%s)"
    assert boxes[1].rows(stale, now_s - DAY_S) == []
    report(
        f"row 13 three times, late, old outbox   sent {3 * wanted:>6}  stored {wanted:>6}  "
        f"doubled 0  missing 0  ({duplicates} duplicates fell away; "
        f"{len(late['crossings'])} crossings, {len(late['verdicts'])} verdicts alike)"
    )
