"""Whatever the air does to messages and receipts, everything arrives, and memory is bounded."""

import itertools
import json
from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from core.limits import BATCH_BODY_BYTES_MAX, BATCH_ITEMS_MAX
from devices.codec import decode
from devices.simulator.carrier import Carrier, Packet, batches
from devices.simulator.faults import Air, Faults, parse
from devices.simulator.outbox import FIRST_S, LAST_S, Outbox
from devices.simulator.voice import Message
from tests.table import table

NOW_S = 1_772_323_200.0


def message(
    seq: int, channel: str = "position", at_s: float = NOW_S, device: str = "officer-1"
) -> Message:
    payload = {"at": round(at_s * 1000), "seq": seq, "lon": 121.4, "lat": 31.2}
    if channel == "cylinder":
        payload["event_id"] = f"id-{seq}"
    return Message(f"waypost/v1/00/officer/{device}/{channel}", payload, device, channel, seq)


def items(packet: Packet) -> list[dict[str, object]]:
    body = json.loads(packet.body)
    return list(body["items"]) if packet.topic.endswith("/batch") else [body]


@given(
    seed=st.integers(0, 2**32),
    lost=st.floats(0, 0.7),
    receipts_lost=st.floats(0, 0.7),
    faults=st.builds(
        Faults,
        drop=st.floats(0, 0.6),
        duplicate=st.floats(0, 0.5),
        reorder=st.floats(0, 0.5),
        delay=st.floats(0, 5),
        deadzones=st.sampled_from([0.0, 30.0]),
        restart=st.sampled_from([0.0, 60.0]),
    ),
)
@settings(max_examples=60, deadline=None)
def test_everything_arrives_in_the_end(
    seed: int, lost: float, receipts_lost: float, faults: Faults
) -> None:
    """Some 120 messages of three devices over a road that loses on both ways."""
    rng = Random(seed)
    carrier = Carrier(faults, seed)
    stored: set[tuple[str, int]] = set()
    wanted = set()
    seq = 0
    for tick in range(20_000):
        now_s = NOW_S + tick
        fresh = []
        if tick < 40:
            for device in ("a", "b", "c"):
                seq += 1
                wanted.add((device, seq))
                fresh.append(message(seq, at_s=now_s, device=device))
        for packet in carrier.carry(fresh, now_s):
            if rng.random() < lost:
                continue
            device = packet.topic.split("/")[4]
            named = [int(str(item["seq"])) for item in items(packet)]
            stored |= {(device, one) for one in named}
            if rng.random() >= receipts_lost:
                carrier.receipt(device, {"stored": [[one, one] for one in named]})
        if tick > 40 and not carrier.waiting:
            break
    assert stored == wanted
    assert carrier.waiting == 0
    assert carrier.tally.sent == carrier.tally.receipted == len(wanted)


def test_kept_until_named_and_no_longer() -> None:
    box = Outbox()
    for seq in (5, 6, 7, 9):
        box.put(message(seq), 0)
    assert box.receipt({"stored": [[5, 6]]}) == 2
    assert box.receipt({"stored": [[5, 6]]}) == 0, "told twice"
    assert [m.seq for m in box.kept()] == [7, 9]
    assert box.receipt({"stored": [[0, 10**15]]}) == 2
    assert len(box) == 0


def test_a_cylinder_event_is_named_by_its_id() -> None:
    box = Outbox()
    box.put(message(1, "cylinder"), 0)
    box.put(message(2, "cylinder"), 0)
    assert box.receipt({"events": ["id-2", "id-9"]}) == 1
    assert [m.seq for m in box.kept()] == [1]


def test_pauses_grow_up_to_their_limit() -> None:
    box = Outbox()
    box.put(message(1), 0)
    sent = [now for now in range(600) if box.due(now)]
    pauses = [b - a for a, b in itertools.pairwise(sent)]
    assert sent[0] == FIRST_S
    assert pauses == sorted(pauses)
    assert pauses[0] == 2 * FIRST_S
    assert pauses[-1] == LAST_S


def test_a_full_box_gives_up_the_oldest_position_first_and_counts_it() -> None:
    box = Outbox(limit=4)
    box.put(message(1, "checkin"), 0)
    for seq in (2, 3, 4, 5, 6):
        box.put(message(seq), 0)
    assert [m.seq for m in box.kept()] == [1, 4, 5, 6]
    assert box.lost == 2
    for seq in (7, 8, 9, 10, 11):
        box.put(message(seq, "checkin"), 0)
    assert len(box) == 4
    assert [m.seq for m in box.kept()] == [8, 9, 10, 11], "no position left: the oldest goes"


def test_batches_keep_the_contracts_bounds_and_lose_nothing() -> None:
    many = [message(seq) for seq in range(1, 451)]
    for one in many:
        one.payload["note"] = "超" * 100
    packets = list(batches(many))
    told = [item["seq"] for packet in packets for item in items(packet)]
    assert told == list(range(1, 451))
    for packet in packets:
        assert len(packet.body) <= BATCH_BODY_BYTES_MAX
        assert len(items(packet)) <= BATCH_ITEMS_MAX
        decode("batch", "officer", packet.body)
    small = list(batches(message(seq) for seq in range(1, 451)))
    assert [len(items(packet)) for packet in small] == [200, 200, 50]


def test_a_dead_zone_keeps_silent_and_flushes_as_batches() -> None:
    carrier = Carrier(Faults(deadzones=120), 4)
    silent, back = 0, []
    for tick in range(600):
        now_s = NOW_S + tick
        packets = carrier.carry([message(tick + 1, at_s=now_s)], now_s)
        silent += not packets
        back += [p for p in packets if p.topic.endswith("/batch")]
        for packet in packets:
            carrier.receipt("officer-1", {"stored": [[i["seq"], i["seq"]] for i in items(packet)]})
    assert carrier.tally.labels["dead_zone"] >= 1
    assert silent >= 20
    assert back
    assert all(item["queued"] is True for packet in back for item in items(packet))
    assert sum(len(items(p)) for p in back) > 15


def test_faults_are_labelled() -> None:
    carrier = Carrier(Faults(drop=0.3, duplicate=0.3), 1)
    arrived: Counter[int] = Counter()
    for seq in range(1, 401):
        for packet in carrier.carry([message(seq)], NOW_S):
            arrived.update(int(str(item["seq"])) for item in items(packet))
    for packet in carrier.carry([], NOW_S + 4):  # the late copies
        arrived.update(int(str(item["seq"])) for item in items(packet))
    for seq in range(1, 401):
        labels = carrier.labelled.get(("officer-1", seq), [])
        expected = 0 if "drop" in labels else 2 if "duplicate" in labels else 1
        assert arrived[seq] == expected, (seq, labels)
    assert carrier.tally.labels["drop"] == pytest.approx(120, abs=35)


def test_skew_moves_the_told_time_but_not_the_monotonic_one() -> None:
    """What ingest computes from boot, up and sent_up is the true time of observation."""
    carrier = Carrier(Faults(skew=3600), 1)
    (packet,) = carrier.carry([message(1, at_s=NOW_S - 30)], NOW_S)
    body = json.loads(packet.body)
    assert abs(body["at"] - (NOW_S - 30) * 1000) > 1000
    assert NOW_S * 1000 - (body["sent_up"] - body["up"]) == (NOW_S - 30) * 1000


def test_what_was_seen_before_the_last_start_has_no_monotonic_time() -> None:
    carrier = Carrier(Faults(), 1)
    (packet,) = carrier.carry([message(1, at_s=NOW_S - 40 * 86400)], NOW_S)
    assert not {"boot", "up", "sent_up"} & set(json.loads(packet.body))


def test_a_restart_changes_the_boot_and_drops_the_old_clock() -> None:
    air = Air(Faults(restart=3600), Random(1), NOW_S)
    before = air.boots
    labels = [label for tick in range(60) for label in air.move_on(NOW_S + tick)]
    assert labels.count("restart") >= 1
    assert air.boots == before + labels.count("restart")


@table("""
    text                  said
    drop=2                between
    delay=-1              between
    drop=nan              between
    colour=1              Unknown
    drop=much             number
""")
def test_words_that_are_no_faults(text: str, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        parse(text)
