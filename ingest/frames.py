"""Whole MQTT packets out of a byte stream: PUBLISH in bulk, everything else passed on.

Pure. Follows MQTT 3.1.1 section 2 and 3.3, MQTT 5 section 3.3 (properties are skipped;
we offer no topic aliases, so a topic is always there).
"""

from typing import NamedTuple

from core.errors import AppError


class BrokenStream(AppError):
    """The broker sent bytes that are not MQTT."""

    code = "broken_stream"


class Publish(NamedTuple):
    topic: bytes
    payload: bytes
    mid: int  # 0 at QoS 0: nothing to acknowledge
    retain: int


class Split(NamedTuple):
    publishes: list[Publish]
    others: bytes  # whole packets of every other kind, in order
    rest: bytes  # the beginning of a packet still under way


def split(data: bytes, *, mqtt5: bool) -> Split:
    """Cut `data` into packets. Raises BrokenStream."""
    try:
        return _split(data, mqtt5=mqtt5)
    except IndexError:
        raise BrokenStream("a PUBLISH ends before its own fields") from None


def _split(data: bytes, *, mqtt5: bool) -> Split:
    publishes: list[Publish] = []
    others: list[bytes] = []
    append, make = publishes.append, Publish
    at, size = 0, len(data)
    while size - at >= 2:
        first = data[at]
        length = data[at + 1]
        start = at + 2
        if length & 0x80:
            length, start = _varint(data, at + 1)
            if start == 0:
                break
        end = start + length
        if end > size:
            break
        if first & 0xF0 == 0x30:
            cut = start + 2 + (data[start] << 8 | data[start + 1])
            mid = 0
            body = cut
            if first & 0x06:
                mid = data[cut] << 8 | data[cut + 1]
                body = cut + 2
            if mqtt5:
                skip = data[body]
                body += 1
                if skip & 0x80:
                    skip, body = _varint(data, body - 1)
                    if body == 0:
                        raise BrokenStream("a PUBLISH ends inside the length of its properties")
                body += skip
            if body > end:
                raise BrokenStream("a PUBLISH is longer inside than outside")
            append(make(data[start + 2 : cut], data[body:end], mid, first & 1))
        else:
            others.append(data[at:end])
        at = end
    return Split(publishes, b"".join(others), data[at:])


def pubacks(mids: list[int]) -> bytes:
    """PUBACK packets in the given order; the short form is legal in MQTT 3.1.1 and 5."""
    out = bytearray(4 * len(mids))
    out[0::4] = b"\x40" * len(mids)
    out[1::4] = b"\x02" * len(mids)
    out[2::4] = bytes([mid >> 8 for mid in mids])
    out[3::4] = bytes([mid & 0xFF for mid in mids])
    return bytes(out)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A variable byte integer and where it ends; (0, 0) when it is not all there yet."""
    value = shift = 0
    for offset in range(4):
        if at + offset >= len(data):
            return 0, 0
        byte = data[at + offset]
        value |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return value, at + offset + 1
        shift += 7
    raise BrokenStream("a length runs over four bytes")
