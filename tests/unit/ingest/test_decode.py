import json
from typing import Any

import numpy as np
import pytest

from devices.codec import Malformed
from devices.readings import FIX, MOCK, QUEUED, Ack, Checkin, CylinderEvent, DeviceEvent, Status
from devices.registry import Device, Registry
from devices.topics import part_of, part_text
from ingest.decode import Decoded, Decoder, halves, set_aside
from ingest.routes import Message

NOW_MS = 1_793_000_000_000
OFFICER = Device(7, "p-7", "officer", part_of("p-7"), 3, 10, True, False)
CAMERA = Device(8, "c-8", "camera", part_of("c-8"), 3, 60, False, False)
GONE = Device(9, "p-9", "officer", part_of("p-9"), 3, 10, True, True)
REGISTRY: Registry = {one.id: one for one in (OFFICER, CAMERA, GONE)}
GOOD = {"at": NOW_MS - 1_000, "seq": 5, "lon": 121.5, "lat": 31.25}


def topic(channel: str, device: Device = OFFICER) -> str:
    return f"waypost/v1/{part_text(device.part)}/{device.kind}/{device.id}/{channel}"


def decode(*messages: tuple[str, Any], retain: int = 0) -> Decoded:
    decoder = Decoder(REGISTRY)
    bodies = [
        (where, body if isinstance(body, bytes) else json.dumps(body).encode())
        for where, body in messages
    ]
    return decoder.decode([Message(w.encode(), b, retain, NOW_MS) for w, b in bodies])


def test_a_position_becomes_a_column_row() -> None:
    body = GOOD | {"acc": 5.5, "spd": 1.25, "crs": 90, "bat": 80, "mock": True, "queued": True}
    row = decode((topic("position"), body)).positions[0]
    assert (row["device_no"], row["at_ms"], row["seq"]) == (7, GOOD["at"], 5)
    assert (row["lon_deg"], row["lat_deg"], row["acc_m"]) == (121.5, 31.25, 5.5)
    assert row["flags"] == FIX | MOCK | QUEUED
    assert np.isnan(row["alt_m"])


def test_another_datum_is_converted_once_and_named() -> None:
    given = GOOD | {"lon": 121.478224057, "lat": 31.228473742, "datum": "gcj02"}
    row = decode((topic("position"), given)).positions[0]
    # People's Square, domain reference C.2.
    assert row["lon_deg"] == pytest.approx(121.473701, abs=1e-6)
    assert row["lat_deg"] == pytest.approx(31.230416, abs=1e-6)
    assert row["datum"] == 1


def test_the_monotonic_clock_corrects_a_wall_clock_three_hours_fast() -> None:
    fast = GOOD | {"at": NOW_MS + 60_000, "up": 5_000, "sent_up": 9_000}
    row = decode((topic("position"), fast)).positions[0]
    assert row["at_ms"] + row["skew_ms"] == NOW_MS - 4_000


@pytest.mark.parametrize(("sent_ms", "counts_ms"), [(-600_000, -600_000), (5_000, 0)])
def test_a_heartbeat_counts_from_its_sending(sent_ms: int, counts_ms: int) -> None:
    """Behind a backlog of ten minutes we have heard what was sent ten minutes ago."""
    out = decode(("waypost/heartbeat/0", {"at": NOW_MS + sent_ms}))
    assert out.heartbeats_ms == [NOW_MS + counts_ms]


def test_a_heartbeat_that_says_no_time_proves_nothing() -> None:
    out = decode(("waypost/heartbeat/0", {}), ("waypost/heartbeat/0", b"\xff"))
    assert out.heartbeats_ms == [] and len(out.rejected) == 2


def test_a_batch_is_parted_down_to_the_reading_that_is_set_aside() -> None:
    items = [GOOD | {"channel": "position", "seq": seq} for seq in range(5)]
    whole = Message(topic("batch").encode(), json.dumps({"items": items}).encode(), 0, NOW_MS)
    waiting, singles = [whole], []
    while waiting:
        one = waiting.pop()
        waiting += halves(one) or []
        singles += [] if halves(one) else [one]
    assert len(singles) == 5
    stored = Decoder(REGISTRY).decode(singles)
    assert sorted(stored.positions["seq"]) == [0, 1, 2, 3, 4]
    assert (stored.positions["flags"] & QUEUED).all()
    (_, seq_told) = stored.receipts[0]
    aside = set_aside(singles[0], REGISTRY, Malformed("refused_by_database", "no"))
    (kept,) = aside.rejected
    assert (kept.topic, kept.reason) == (topic("position"), "refused_by_database")
    assert json.loads(kept.body)["seq"] == seq_told
    assert aside.receipts == [(OFFICER, seq_told)]


@pytest.mark.parametrize(
    ("channel", "body"), [("position", GOOD), ("batch", {"items": []}), ("batch", "no batch")]
)
def test_what_cannot_be_parted_stays_whole(channel: str, body: Any) -> None:
    message = Message(topic(channel).encode(), json.dumps(body).encode(), 0, NOW_MS)
    assert halves(message) == []
    (kept,) = set_aside(message, REGISTRY, Malformed("refused_by_ingest", "no")).rejected
    assert (kept.topic, kept.body) == (topic(channel), message.payload)


def test_a_bad_item_of_a_batch_can_be_driven_again() -> None:
    """Alone, as it stands in quarantine, it is read as what it is."""
    items = [GOOD | {"channel": "position"}, GOOD | {"channel": "position", "lat": 91}]
    (bad,) = decode((topic("batch"), {"items": items})).rejected
    assert (bad.topic, bad.reason) == (topic("position"), "out_of_range")
    (again,) = decode((bad.topic, bad.body)).rejected
    assert (again.topic, again.body, again.reason) == (bad.topic, bad.body, bad.reason)
    mended = decode((bad.topic, bad.body.replace(b"91", b"31")))
    assert len(mended.positions) == 1 and not mended.rejected


BAD: list[tuple[str, Any, str]] = [
    ("position", b"", "not_json"),
    ("position", b"{", "not_json"),
    ("position", b"\xff\xfe{}", "bad_utf8"),
    ("position", b'{"at":1,"seq":1,"lon":NaN,"lat":1}', "not_json"),
    ("position", b'{"at":1,"seq":1,"lon":1e400,"lat":1}', "out_of_range"),
    ("position", b'{"a":' * 2_000 + b"1" + b"}" * 2_000, "too_deep"),
    ("position", b"[1]", "wrong_type"),
    ("position", {k: v for k, v in GOOD.items() if k != "seq"}, "missing_field"),
    ("position", GOOD | {"lon": "121"}, "wrong_type"),
    ("position", GOOD | {"lon": 181}, "out_of_range"),
    ("position", GOOD | {"lat": -90.1}, "out_of_range"),
    ("position", GOOD | {"bat": 101}, "out_of_range"),
    ("position", GOOD | {"seq": -1}, "out_of_range"),
    ("position", GOOD | {"datum": "shanghai2000"}, "bad_value"),
    ("position", GOOD | {"device_id": "p-8"}, "wrong_device"),
    ("position", GOOD | {"at": NOW_MS + 601_000}, "clock_ahead"),
    ("position", GOOD | {"at": 1_500_000_000_000}, "clock_behind"),
    ("position", json.dumps(GOOD | {"x": "y" * 20_000}).encode(), "too_large"),
    ("checkin", {"at": NOW_MS, "seq": 1, "method": "nfc", "note": "a\x00b"}, "nul"),
    ("checkin", {"at": NOW_MS, "seq": 1, "method": "sniff"}, "bad_value"),
    ("checkin", {"at": NOW_MS, "seq": 1, "method": "nfc", "tag": "no hex"}, "bad_value"),
    ("status", {"at": NOW_MS, "seq": 1, "state": "recording"}, "bad_value"),
    ("cylinder", {"at": NOW_MS, "seq": 1, "type": "fill", "code": "1"}, "missing_field"),
    ("ack", {"at": NOW_MS, "seq": 1, "task_id": "1", "move": "read"}, "wrong_type"),
    ("batch", {"items": []}, "out_of_range"),
    ("batch", {"items": [{}] * 201}, "out_of_range"),
]


@pytest.mark.parametrize(("channel", "body", "reason"), BAD, ids=[f"{c}-{r}" for c, _, r in BAD])
def test_bad_bodies_are_set_aside_with_a_reason(channel: str, body: Any, reason: str) -> None:
    out = decode((topic(channel), body))
    assert [one.reason for one in out.rejected] == [reason]
    assert out.rejected[0].detail
    assert not len(out.positions)
    assert not out.rare


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("waypost/v1/00/officer/nobody/position", "bad_topic"),  # not that device's part
        ("waypost/v1/_/officer/nobody/position", "unknown_device"),
        ("waypost/v1/_/officer/p-9/position", "revoked_device"),
        ("waypost/v1/_/vehicle/p-7/position", "bad_topic"),  # enrolled as an officer
        ("waypost/v1/_/officer/p-7/task", "bad_topic"),  # a channel downwards
        ("waypost/v1/_/officer/p-7", "bad_topic"),
        ("owntracks/nobody/phone", "unknown_device"),
    ],
)
def test_bad_topics_are_set_aside_with_a_reason(where: str, reason: str) -> None:
    assert [one.reason for one in decode((where, GOOD)).rejected] == [reason]


def test_a_good_neighbour_of_a_bad_body_is_kept() -> None:
    out = decode((topic("position"), b"{"), (topic("position"), GOOD))
    assert len(out.positions) == len(out.rejected) == 1


def test_a_batch_gives_up_only_its_bad_items() -> None:
    items = [
        GOOD | {"channel": "position"},
        GOOD | {"channel": "position", "lon": 999, "seq": 6},
        {"channel": "checkin", "at": NOW_MS, "seq": 7, "method": "nfc", "tag": "04:a1:B2"},
        {"channel": "dance", "at": NOW_MS, "seq": 8},
    ]
    out = decode((topic("batch"), {"items": items}))
    assert len(out.positions) == 1
    assert out.positions[0]["flags"] & QUEUED
    checkin = out.rare[0]
    assert isinstance(checkin, Checkin)
    assert checkin.tag == "04A1B2"
    assert {one.reason for one in out.rejected} == {"out_of_range", "bad_value"}


def test_what_waited_in_an_outbox_says_so() -> None:
    """Its boot and clock may be others than those of its sending (B.5)."""
    tap = {"at": NOW_MS, "seq": 7, "method": "nfc", "tag": "04-a1 b2:C3", "boot": 1}
    told = {"at": NOW_MS, "seq": 8, "state": "online", "boot": 1}
    items = [tap | {"channel": "checkin"}, told | {"channel": "status"}]
    out = decode(
        (topic("checkin"), tap),
        (topic("checkin"), tap | {"queued": True}),
        (topic("status"), told),
        (topic("batch"), {"items": items}),
    )
    details = [one.detail for one in out.rare if isinstance(one, Checkin | Status)]
    assert [one.get("queued", False) for one in details] == [False, True, False, True, True]
    assert all(one["boot"] == 1 for one in details)
    assert [one.tag for one in out.rare if isinstance(one, Checkin)] == ["04A1B2C3"] * 3


def test_a_last_will_counts_from_its_receipt_and_only_when_fresh() -> None:
    fresh = decode((topic("status", CAMERA), {"state": "lost"}))
    will = fresh.rare[0]
    assert isinstance(will, Status)
    assert will.will
    assert will.stamp.at_ms == NOW_MS
    kept = decode((topic("status", CAMERA), {"state": "lost"}), retain=1)
    assert not kept.rare
    assert not kept.rejected


def test_receipts_name_what_an_outbox_waits_for() -> None:
    fill = {"at": NOW_MS, "seq": 9, "type": "fill", "code": "C1", "net": 14.5,
            "event_id": "0f8fad5b-d9cb-469f-a165-70867728950e"}  # fmt: skip
    out = decode(
        (topic("position"), GOOD),
        (topic("position"), GOOD | {"seq": 6, "lon": 999}),  # quarantined: kept, so receipted
        (topic("cylinder"), fill),
        (topic("status", CAMERA), {"state": "off", "at": NOW_MS, "seq": 1}),  # has no outbox
    )
    assert sorted(seq for _, seq in out.receipts) == [5, 6, 9]
    assert [event_id for _, event_id in out.event_receipts] == [fill["event_id"]]
    event = next(one for one in out.rare if isinstance(one, CylinderEvent))
    assert event.detail == {"net": 14.5}


def test_acks_events_and_phones() -> None:
    out = decode(
        (topic("ack"), {"at": NOW_MS, "seq": 1, "task_id": 4, "move": "accepted"}),
        (topic("event"), {"at": NOW_MS, "seq": 2, "type": "sos", "lon": 121, "lat": 31}),
        ("owntracks/p-7/phone", {"_type": "location", "lat": 31, "lon": 121, "tst": NOW_MS / 1e3,
                                 "vel": 36, "acc": 9}),
        ("owntracks/p-7/phone/event", {"_type": "transition", "tst": NOW_MS / 1e3, "acc": 5,
                                       "event": "enter", "wtst": 1, "desc": "post"}),
        ("owntracks/p-7/phone", {"_type": "lwt", "tst": 1}),
        ("owntracks/p-7/phone", {"_type": "card"}),
    )  # fmt: skip
    kinds = [type(one) for one in out.rare]
    assert kinds == [Ack, DeviceEvent, DeviceEvent, Status]
    assert out.positions[0]["spd_mps"] == 10  # 36 km/h
    assert [one.reason for one in out.rejected] == ["unsupported"]


def test_a_backslash_before_u0000_is_only_text() -> None:
    out = decode((topic("event"), {"at": NOW_MS, "seq": 2, "type": "lead", "note": "C:\\u0000"}))
    assert not out.rejected
    assert out.rare[0].detail["note"] == "C:\\u0000"


def test_a_stranger_is_asked_for_again_once_enrolled() -> None:
    decoder = Decoder({})
    message = Message(topic("position").encode(), json.dumps(GOOD).encode(), 0, NOW_MS)
    assert decoder.decode([message]).rejected[0].reason == "unknown_device"
    assert decoder.saw_stranger
    decoder.use(REGISTRY)
    assert len(decoder.decode([message]).positions) == 1
