"""Row 14: every kind of message nobody can use. Ingest lives, each is kept once, with a reason."""

import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from core import limits
from devices.topics import subtree
from tests.faults.box import DEVICES, Box, until
from tests.faults.outbox_fleet import compare

NOW = "NOW"  # replaced by the present in milliseconds
UNIT = subtree(DEVICES[0], "officer")
FIX, TAP, GAS, SAVED, STATE = (
    f"{UNIT}/{channel}" for channel in ("position", "checkin", "cylinder", "batch", "status")
)
CYLINDER = (
    b'{"at":NOW,"seq":7,"event_id":"0b7c3a52-9f5e-4c1c-8b9e-1d2f3a4b5c6d","type":"fill",'
    b'"code":"X","kg":%s}'
)


class Poison(NamedTuple):
    name: str
    topic: str
    body: bytes
    reason: str


def position(extra: bytes = b"", at: bytes = b"NOW") -> bytes:
    return b'{"at":%s,"seq":1,"lon":121.4,"lat":31.2%s}' % (at, extra)


POISONS = [
    Poison("empty", FIX, b"", "not_json"),
    Poison("text", FIX, b"hello", "not_json"),
    Poison("cut off", FIX, position()[:30], "not_json"),
    Poison("bad UTF-8", FIX, b'{"at":1,"seq":1,"device_id":"\xff"}', "bad_utf8"),
    Poison("bad UTF-8 in a kept field", GAS, CYLINDER % b'"\xff"', "bad_utf8"),
    Poison("raw NUL", TAP, b'{"at":NOW,"seq":1,"method":"qr","note":"\0"}', "not_json"),
    Poison("escaped NUL", TAP,
           b'{"at":NOW,"seq":1,"method":"qr","note":"\\u0000"}', "nul"),
    Poison("half a pair", TAP,
           b'{"at":NOW,"seq":1,"method":"qr","note":"\\ud800"}', "not_json"),
    Poison("NaN", FIX, position().replace(b"31.2", b"NaN"), "not_json"),
    Poison("Infinity", FIX, position().replace(b"31.2", b"-Infinity"), "not_json"),
    Poison("1e400", FIX, position().replace(b"31.2", b"1e400"), "out_of_range"),
    Poison("1e400 in a kept field", GAS, CYLINDER % b"1e400", "out_of_range"),
    Poison("5,000 digits", GAS, CYLINDER % (b"9" * 5_000), "out_of_range"),
    Poison("deep", FIX, b"[" * 7_000 + b"]" * 7_000, "wrong_type"),
    Poison("deep in a field", FIX,
           position(b',"x":' + b"[" * 7_000 + b"]" * 7_000), "too_deep"),
    Poison("deep in a kept field", GAS,
           CYLINDER % (b"[" * 7_000 + b"]" * 7_000), "too_deep"),
    Poison("over 16 KiB", FIX, position(b" " * limits.BODY_BYTES_MAX), "too_large"),
    Poison("batch over 64 KiB", SAVED,
           b'{"items":[%s]}' % (b" " * limits.BATCH_BODY_BYTES_MAX), "too_large"),
    Poison("batch of 201", SAVED, b'{"items":[%s0]}' % (b"0," * 200), "out_of_range"),
    Poison("batch of none", SAVED, b'{"items":[]}', "out_of_range"),
    Poison("a list", FIX, b"[1,2]", "wrong_type"),
    Poison("text for a number", FIX, position().replace(b"31.2", b'"31"'), "wrong_type"),
    Poison("null for a number", FIX, position().replace(b"31.2", b"null"), "wrong_type"),
    Poison("no lat", FIX, b'{"at":NOW,"seq":1,"lon":121}', "missing_field"),
    Poison("no seq", STATE, b'{"at":NOW,"state":"on_duty"}', "missing_field"),
    Poison("lat 91", FIX, position().replace(b"31.2", b"91"), "out_of_range"),
    Poison("seq -1", FIX, position().replace(b'"seq":1', b'"seq":-1'), "out_of_range"),
    Poison("seq 2^63", FIX,
           position().replace(b'"seq":1', b'"seq":9223372036854775808'), "out_of_range"),
    Poison("unknown state", STATE, b'{"at":NOW,"seq":1,"state":"asleep"}', "bad_value"),
    Poison("unknown datum", FIX, position(b',"datum":"mars"'), "bad_value"),
    Poison("another's id", FIX, position(b',"device_id":"unit-001"'), "wrong_device"),
    Poison("another's id in a check-in", TAP,
           b'{"at":NOW,"seq":1,"method":"qr","device_id":"unit-001"}', "wrong_device"),
    Poison("2 h ahead", FIX, position(at=b"AHEAD"), "clock_ahead"),
    Poison("in 2099", TAP, b'{"at":4070908800000,"seq":1,"method":"qr"}', "clock_ahead"),
    Poison("in 1970", FIX, position(at=b"0"), "clock_behind"),
    Poison("stranger", f"{subtree('stranger', 'officer')}/position", position(), "unknown_device"),
    Poison("wrong kind", f"{subtree(DEVICES[0], 'camera')}/position", position(), "bad_topic"),
    Poison("wrong part", f"waypost/v1/{'00' if '/00/' not in UNIT else '01'}/officer/"
           f"{DEVICES[0]}/position", position(), "bad_topic"),
    Poison("phone of a stranger", "owntracks/nobody/phone",
           b'{"_type":"location","lat":31,"lon":121,"tst":1}', "unknown_device"),
    Poison("phone type", f"owntracks/{DEVICES[0]}/phone", b'{"_type":"card"}', "unsupported"),
    Poison("phone without time", f"owntracks/{DEVICES[0]}/phone",
           b'{"_type":"location","lat":31,"lon":121}', "missing_field"),
]  # fmt: skip
# Two good items around two bad ones: only the bad ones are set aside.
MIXED = (
    b'{"items":[{"channel":"status","at":NOW,"seq":21,"state":"on_duty"},'
    b'{"channel":"status","at":NOW,"seq":22,"state":"dancing"},17,'
    b'{"channel":"status","at":NOW,"seq":23,"state":"break"}]}'
)
QUOTES = """'); DROP TABLE position; -- " \\ $$ %s {} <script>alert(1)</script> 巡哨 🚲"""


def test_poison(box: Box, report: Callable[[str], None]) -> None:
    ingest = box.service("ingest")
    fleet = box.fleet(200)
    box.await_stored(300)
    pid = ingest.process.pid
    now_ms = time.time_ns() // 1_000_000
    quotes = {"at": now_ms, "seq": 31, "method": "manual", "note": QUOTES}
    messages = [(one.topic, fill(one.body, now_ms)) for one in POISONS]
    messages += [(f"{UNIT}/batch", fill(MIXED, now_ms))]
    messages += [(f"{UNIT}/checkin", msgspec.json.encode(quotes))]
    for _ in range(3):
        publish(box, messages)
    wanted = len(POISONS) + 2
    until(lambda: box.one("SELECT count(*) FILTER (WHERE seen >= 3) FROM quarantine") >= wanted,
          30, "everything is in quarantine, three times seen")  # fmt: skip
    before = box.stored()
    box.await_stored(before + 300)
    tally = fleet.stop(30)
    assert ingest.alive
    assert ingest.process.pid == pid
    assert ingest.said("stopped by a fault of ours") == 0, ingest.tail()
    kept = box.rows("SELECT topic, body, reason, detail, seen FROM quarantine")
    check_kept({(topic, body): rest for topic, body, *rest in kept}, messages)
    assert len(kept) == wanted
    assert box.rows("SELECT seq, state FROM status ORDER BY seq") == [
        (21, "on_duty"),
        (23, "break"),
    ]
    assert box.rows("SELECT detail->>'note' FROM checkin") == [(QUOTES,)]
    found = compare(box.url, fleet.sent)
    assert (found.missing, found.doubled, tally.unreceipted) == (0, 0, 0)
    doctor = json.loads(box.run("doctor", "--json"))["findings"]
    (told,) = [one["en"] for one in doctor if one["name"] == "quarantine"]
    assert told.startswith(f"{wanted} messages went to quarantine")
    for one in POISONS:
        assert one.reason in told
    report(
        f"row 14 poison {'':<24} sent {found.sent:>6}  receipted {tally.receipted:>6}  "
        f"stored {found.stored:>6}  doubled {found.doubled}  missing {found.missing}  "
        f"({wanted} kinds x 3, each in quarantine once)"
    )


def check_kept(kept: dict[tuple[str, bytes], list[Any]], messages: list[Any]) -> None:
    for poison, key in zip(POISONS, messages, strict=False):
        reason, detail, seen = kept[key]
        assert (poison.name, reason, seen) == (poison.name, poison.reason, 3)
        assert len(detail) > 10 and " " in detail, poison.name


def fill(body: bytes, now_ms: int) -> bytes:
    return body.replace(b"NOW", b"%d" % now_ms).replace(b"AHEAD", b"%d" % (now_ms + 7_200_000))


def publish(box: Box, messages: list[tuple[str, bytes]]) -> None:
    """One after the other over the gateway's account, until the broker has each."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    account, _, place = box.gateway_url.removeprefix("mqtt://").rpartition("@")
    user, _, password = account.partition(":")
    host, _, port = place.partition(":")
    client.username_pw_set(user, password)
    client.connect(host, int(port))
    client.loop_start()
    for topic, body in messages:
        client.publish(topic, body, 1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def test_the_database_refuses_one_of_many(box: Box) -> None:
    """A row that only the database can refuse is found among the good ones and set aside alone,
    also within a batch that an outbox sent."""
    with psycopg.connect(box.url, autocommit=True) as conn:
        conn.execute("ALTER TABLE position ADD CONSTRAINT odd CHECK (seq % 1000 <> 7) NOT VALID")
    ingest = box.service("ingest")
    fleet = box.fleet(300)
    box.await_stored(3_000)
    now_ms = time.time_ns() // 1_000_000
    items = [{"channel": "position", "at": now_ms - 60_000 + seq, "seq": seq, "lon": 121.5,
              "lat": 31.2} for seq in range(100_003, 100_010)]  # fmt: skip
    publish(box, [(f"{UNIT}/batch", msgspec.json.encode({"items": items}))])
    tally = fleet.stop(30)
    odd = [one for one in fleet.sent if one.seq % 1000 == 7]
    assert odd
    assert (ingest.alive, tally.unreceipted) == (True, 0)
    until(lambda: box.one("SELECT count(*) FROM quarantine") >= len(odd) + 1, 10, "set aside")
    assert box.stored() == len(fleet.sent) + len(items) - len(odd) - 1
    assert box.rows("SELECT count(*), min(reason), max(reason) FROM quarantine") == [
        (len(odd) + 1, "refused_by_database", "refused_by_database")
    ]
    ((topic, body),) = box.rows(
        "SELECT topic, body FROM quarantine WHERE topic LIKE %s", f"{UNIT}/%"
    )
    assert (topic, msgspec.json.decode(body)["seq"]) == (f"{UNIT}/position", 100_007)
