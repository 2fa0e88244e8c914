"""Keys stay where they were put, and open for nobody else."""

import pytest

from core.errors import Invalid
from devices.key_diversification import diversified
from devices.tag_keys import (
    KeyRing,
    Slot,
    TagKey,
    kek_id,
    parse_keks,
    parse_key,
    parse_suffix,
    ring_of,
    unwrap,
    wrap,
)

KEK, OTHER = bytes(range(32)), bytes(32)
NONCE = bytes(12)
SLOT = Slot("file", 1)
KEY = TagKey(bytes(range(16)), b"waypost")


def test_what_was_wrapped_opens_again() -> None:
    wrapped = wrap(KEK, SLOT, KEY, NONCE)
    assert unwrap(KEK, SLOT, wrapped) == KEY
    assert KEY.key not in wrapped and repr(KEY.key)[2:-1] not in repr(KEY)


@pytest.mark.parametrize(
    "slot",
    [Slot("meta", 1), Slot("file", 2), Slot("file", 1, "04AABBCC")],
    ids=["another purpose", "another version", "another tag"],
)
def test_moved_to_another_row_it_stays_shut(slot: Slot) -> None:
    assert unwrap(KEK, slot, wrap(KEK, SLOT, KEY, NONCE)) is None


def test_changed_or_under_another_kek_it_stays_shut() -> None:
    wrapped = wrap(KEK, SLOT, KEY, NONCE)
    assert unwrap(OTHER, SLOT, wrapped) is None
    assert unwrap(KEK, SLOT, wrapped[:-1] + bytes([wrapped[-1] ^ 1])) is None
    assert unwrap(KEK, SLOT, b"") is None


def test_the_newest_key_comes_first_and_a_tags_own_alone() -> None:
    uid = bytes.fromhex("04782E21801D80")
    old, new = TagKey(b"o" * 16, b"x"), TagKey(b"n" * 16, b"y")
    own = TagKey(b"w" * 16)
    pairs = [
        (Slot("file", 1), old),
        (Slot("file", 2), new),
        (Slot("meta", 1), old),
        (Slot("meta", 2), new),
        (Slot("file", 1, "04AA"), own),
    ]
    ring = ring_of(pairs)
    assert list(ring.meta) == [new.key, old.key]
    assert list(ring.file_keys(uid)) == [
        diversified(new.key, uid + b"y"),
        diversified(old.key, uid + b"x"),
    ]
    assert list(ring.file_keys(bytes.fromhex("04AA"))) == [own.key], "used as it is"
    assert list(KeyRing().file_keys(uid)) == []


def test_a_kek_is_named_without_being_told() -> None:
    assert kek_id(KEK) != kek_id(OTHER) and kek_id(KEK) not in KEK.hex()


def test_the_file_of_keks() -> None:
    assert parse_keks(f"{KEK.hex()}\n\n{OTHER.hex()}\n") == [KEK, OTHER]
    for text in ("", "\n", KEK.hex()[:-2], "zz" * 32):
        with pytest.raises(Invalid):
            parse_keks(text)


@pytest.mark.parametrize("text", ["", "00" * 15, "00" * 17, "zz" * 16, "SECRET"])
def test_a_wrong_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_key(text)
    assert not text or text not in str(refused.value)


def test_suffixes_fit_the_diversification() -> None:
    assert parse_suffix("00" * 24) == bytes(24)
    with pytest.raises(Invalid):
        parse_suffix("00" * 25)
