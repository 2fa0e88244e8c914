"""Bytes nobody thought of: the parsers raise what they declare, or nothing."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from devices import owntracks
from devices.codec import Malformed, decode
from devices.readings import Rare
from devices.registry import Device
from devices.topics import subtree
from ingest.decode import Decoder, Message, resolve
from ingest.frames import BrokenStream, Publish, pubacks, split

NOW_MS = 1_790_000_000_000
KINDS = ("officer", "vehicle", "camera", "dock", "scanner", "drone")
CHANNELS = ("position", "status", "checkin", "cylinder", "recording", "event", "batch", "ack")
REGISTRY = {
    f"{kind}-1": Device(number, f"{kind}-1", kind, 0, 1, 10, True, False)
    for number, kind in enumerate(KINDS)
}
often = settings(
    max_examples=400, deadline=None, database=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip

# ── the stream ─────────────────────────────────────────────────────────────


def varint(number: int) -> bytes:
    out = bytearray()
    while True:
        number, low = divmod(number, 128)
        out.append(low | (128 if number else 0))
        if not number:
            return bytes(out)


def publish_packet(one: Publish, *, mqtt5: bool, properties: bytes = b"") -> bytes:
    """Built from the standard, not from the code under test."""
    body = len(one.topic).to_bytes(2, "big") + one.topic
    if one.mid:
        body += one.mid.to_bytes(2, "big")
    if mqtt5:
        body += varint(len(properties)) + properties
    body += one.payload
    return bytes([0x30 | (2 if one.mid else 0) | one.retain]) + varint(len(body)) + body


publishes = st.builds(
    Publish,
    topic=st.binary(min_size=1, max_size=40),
    payload=st.binary(max_size=400),
    mid=st.integers(0, 65_535),
    retain=st.integers(0, 1),
)
others = st.builds(
    lambda kind, body: bytes([kind << 4]) + varint(len(body)) + body,
    st.sampled_from([2, 4, 9, 11, 13, 14]),
    st.binary(max_size=200),
)


@often
@given(
    st.lists(st.one_of(publishes, others), max_size=12),
    st.lists(st.integers(1, 60), min_size=1, max_size=40),
    st.binary(max_size=150),
    st.booleans(),
)
def test_any_chunking_gives_the_same_packets(
    packets: list[Publish | bytes], sizes: list[int], properties: bytes, mqtt5: bool
) -> None:
    stream = b"".join(
        one if isinstance(one, bytes) else publish_packet(one, mqtt5=mqtt5, properties=properties)
        for one in packets
    )
    found: list[Publish] = []
    rest, passed = b"", b""
    for chunk in chunks(stream, sizes):
        cut = split(rest + chunk, mqtt5=mqtt5)
        found += cut.publishes
        passed += cut.others
        rest = cut.rest
    assert rest == b""
    assert found == [one for one in packets if isinstance(one, Publish)]
    assert passed == b"".join(one for one in packets if isinstance(one, bytes))


def chunks(stream: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = turn = 0
    while at < len(stream):
        size = sizes[turn % len(sizes)]
        yield stream[at : at + size]
        at, turn = at + size, turn + 1


@often
@given(st.binary(max_size=400), st.booleans())
@example(b"\x30\x00", True)  # a PUBLISH without anything in it, the last of the data
@example(b"\x30\x02\x00\x00", True)  # no room for the length of the properties
@example(b"\x30\x03\x00\x00\xff", True)  # that length begins, and the data end
@example(b"\x32\x04\x00\x02ab", False)  # no room for the packet identifier
@example(b"\xff" * 8, False)
def test_split_raises_only_what_it_declares(data: bytes, mqtt5: bool) -> None:
    try:
        cut = split(data, mqtt5=mqtt5)
    except BrokenStream:
        return
    assert len(cut.rest) <= len(data)
    assert sum(len(one.payload) + len(one.topic) for one in cut.publishes) <= len(data)


@often
@given(st.lists(st.integers(1, 65_535), max_size=50))
def test_acknowledgements_name_their_messages(mids: list[int]) -> None:
    data = pubacks(mids)
    packets = [data[at : at + 4] for at in range(0, len(data), 4)]
    assert [int.from_bytes(one[2:], "big") for one in packets] == mids
    assert all(one[:2] == b"\x40\x02" for one in packets)


# ── the bodies ─────────────────────────────────────────────────────────────

GOOD: dict[str, dict[str, Any]] = {
    "position": {"lon": 121.4, "lat": 31.2, "acc": 5, "spd": 1, "datum": "gcj02", "src": "gnss"},
    "status": {"state": "lost", "bat": 50, "lon": 121.4, "lat": 31.2},
    "checkin": {"method": "nfc", "tag": "04:a2:b3", "media": [{"sha256": "0" * 64}], "fix_at": 1},
    "cylinder": {"event_id": "0b7c3a52-9f5e-4c1c-8b9e-1d2f3a4b5c6d", "type": "fill", "code": "X"},
    "recording": {"recording_id": "r", "start": 1, "stop": 2, "gaps": [[1, 2]], "reason": ["x"]},
    "event": {"type": "sos", "lon": 121.4, "lat": 31.2},
    "ack": {"task_id": 1, "move": "accepted"},
}
PHONE = {
    "_type": "location", "lat": 31.2, "lon": 121.4, "tst": 1_789_999_999, "vel": 3,
    "event": "enter", "acc": 1, "desc": "d", "waypoints": [{}],
}  # fmt: skip
odd = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=20),
    st.sampled_from([-1, 2**63, 2**64, -(2**63) - 1, 1e308, -0.0, "", "\0", "\ud800", "巡哨"]),
    st.recursive(st.integers(), lambda x: st.lists(x, max_size=3), max_leaves=5),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=3),
)  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn, channel: str) -> bytes:
    """A good body, some fields of it replaced, left out or added; then perhaps bytes changed."""
    good = PHONE if channel == "owntracks" else {"at": NOW_MS, "seq": 1} | GOOD[channel]
    body = dict(good)
    for name in draw(st.lists(st.sampled_from([*good, "up", "sent_up", "boot", "x"]), max_size=3)):
        if draw(st.booleans()):
            body[name] = draw(odd)
        else:
            body.pop(name, None)
    if channel == "owntracks" and draw(st.booleans()):
        body["_type"] = draw(
            st.sampled_from(["transition", "waypoint", "waypoints", "lwt", "status"])
        )
    return scrambled(draw, json.dumps(body, ensure_ascii=draw(st.booleans())))


def scrambled(draw: st.DrawFn, text: str) -> bytes:
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(data) - 1))
        data[at : at + draw(st.integers(0, 3))] = draw(
            st.one_of(st.binary(max_size=3), st.sampled_from([b"1e400", b"9" * 40, b"[[[["]))
        )
    return bytes(data) or b" "


@pytest.mark.parametrize("channel", sorted(GOOD))
@often
@given(st.data())
def test_codec_raises_only_malformed(channel: str, data: st.DataObject) -> None:
    body = data.draw(st.one_of(bodies(channel), st.binary(max_size=300)))
    kind = data.draw(st.sampled_from(KINDS))
    try:
        decode(channel, kind, body)
    except Malformed as problem:
        assert problem.reason
        assert problem.detail


@often
@given(st.one_of(bodies("owntracks"), st.binary(max_size=300)))
def test_owntracks_raises_only_malformed(body: bytes) -> None:
    try:
        owntracks.decode(body, NOW_MS)
    except Malformed as problem:
        assert problem.reason
        assert problem.detail


@st.composite
def messages(draw: st.DrawFn) -> Message:
    kind, other = draw(st.sampled_from(KINDS)), draw(st.sampled_from(KINDS))
    channel = draw(st.sampled_from(CHANNELS))
    if draw(st.integers(0, 7)) == 0:
        phone = f"owntracks/{kind}-1/p".encode()
        return Message(phone, draw(bodies("owntracks")), draw(st.integers(0, 1)), NOW_MS)
    topic = f"{subtree(f'{kind}-1', draw(st.sampled_from([kind, kind, other])))}/{channel}".encode()
    if channel == "batch":
        inner = draw(st.lists(st.sampled_from(sorted(GOOD)), max_size=4))
        items = [b'{"channel":"%s",' % one.encode() + draw(bodies(one))[1:] for one in inner]
        body = b'{"items":[' + b",".join(items) + b"]}"
    else:
        body = draw(bodies(channel))
    if draw(st.integers(0, 9)) == 0:
        topic, body = draw(st.binary(max_size=60)), draw(st.binary(max_size=200))
    return Message(topic, body, draw(st.integers(0, 1)), NOW_MS)


@settings(often, max_examples=1_500)
@given(st.lists(messages(), max_size=8))
def test_a_batch_is_decoded_or_set_aside(batch: list[Message]) -> None:
    """Nothing is raised, and no message disappears."""
    out = Decoder(REGISTRY).decode(batch)
    told = len(out.positions) + len(out.rare) + len(out.rejected) + len(out.heartbeats_ms)
    plain = [one for one in batch if b"batch" not in one.topic]
    # A retained will is the copy of one that came before, and the only thing let go.
    wills = [one for one in batch if one.retain and is_quiet(one)]
    assert told >= len(plain) - len(wills)
    for one in out.rejected:
        assert one.reason
        assert one.detail
    for value in out.rare:
        check_keepable(value)


def is_quiet(message: Message) -> bool:
    alone = Decoder(REGISTRY).decode([message])
    return not (len(alone.positions) or alone.rare or alone.rejected or alone.heartbeats_ms)


def check_keepable(value: Rare) -> None:
    """What goes to the database as jsonb is JSON without NUL."""
    detail = getattr(value, "detail", {})
    text = json.dumps(detail, allow_nan=False)
    assert "\\u0000" not in text
    assert msgspec.json.decode(text) is not None


@often
@given(st.one_of(st.binary(max_size=120), st.text(max_size=60).map(lambda s: s.encode())))
def test_a_topic_means_something_or_is_refused(topic: bytes) -> None:
    route = resolve(topic, REGISTRY)
    assert route.channel or (route.problem[0] and route.problem[1])
