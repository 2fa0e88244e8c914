import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.frames import BrokenStream, Publish, pubacks, split
from tests.table import table


def varint(value: int) -> bytes:
    out = b""
    while True:
        value, byte = value >> 7, value & 127
        out += bytes([byte | (128 if value else 0)])
        if not value:
            return out


def packet(publish: Publish, *, mqtt5: bool, properties: bytes = b"") -> bytes:
    head = 0x30 | (2 if publish.mid else 0) | publish.retain
    body = len(publish.topic).to_bytes(2, "big") + publish.topic
    if publish.mid:
        body += publish.mid.to_bytes(2, "big")
    if mqtt5:
        body += varint(len(properties)) + properties
    body += publish.payload
    return bytes([head]) + varint(len(body)) + body


PUBLISHES = st.builds(
    Publish,
    topic=st.binary(max_size=40),
    payload=st.binary(max_size=400),
    mid=st.integers(0, 65_535),
    retain=st.integers(0, 1),
)
PINGRESP = b"\xd0\x00"


@given(st.lists(PUBLISHES, max_size=8), st.booleans(), st.binary(max_size=200), st.data())
def test_any_cutting_of_the_stream_gives_the_same_packets(
    publishes: list[Publish], mqtt5: bool, properties: bytes, data: st.DataObject
) -> None:
    stream = PINGRESP.join(packet(p, mqtt5=mqtt5, properties=properties) for p in publishes)
    got: list[Publish] = []
    others, rest, at = b"", b"", 0
    while at < len(stream):
        size = data.draw(st.integers(1, len(stream) - at))
        found = split(rest + stream[at : at + size], mqtt5=mqtt5)
        got += found.publishes
        others += found.others
        rest, at = found.rest, at + size
    assert got == publishes
    assert others == PINGRESP * max(len(publishes) - 1, 0)
    assert rest == b""


def test_a_packet_longer_inside_than_outside_is_refused() -> None:
    with pytest.raises(BrokenStream):
        split(b"\x32\x06\x00\x09abcd" + b"\x00" * 20, mqtt5=False)


def test_a_length_over_four_bytes_is_refused() -> None:
    with pytest.raises(BrokenStream):
        split(b"\x30\xff\xff\xff\xff\x01", mqtt5=False)


@table("""
    mid    expected
    1      40020001
    256    40020100
    65535  4002ffff
""")
def test_puback(mid: float, expected: str | float) -> None:
    text = expected if isinstance(expected, str) else f"{int(expected)}"
    assert pubacks([int(mid)]).hex() == text


def test_pubacks_keep_the_order() -> None:
    assert pubacks([3, 1]).hex() == "4002000340020001"
