"""NXP AN12304, as published with the domain reference (L3), and the laws of the primitive."""

from hypothesis import given
from hypothesis import strategies as st

from devices import aes
from devices.lrp import Lrp


def test_cmac_lrp_of_the_application_note() -> None:
    made = Lrp(bytes.fromhex("8195088CE6C393708EBBE6C7914ECB0B")).cmac(
        bytes.fromhex("BBD5B85772C7")
    )
    assert made.hex().upper() == "AD8595E0B49C5C0DB18E77355F5AAFF6"


@given(st.binary(min_size=32, max_size=32), st.integers(0, 2**24 - 2))
def test_blocks_are_opened_each_under_its_own_counter(plain: bytes, start: int) -> None:
    lrp = Lrp(bytes(16), 1)
    counters = [(start + i).to_bytes(3, "big") for i in range(2)]
    secret = b"".join(
        aes.encrypt_block(lrp.evaluate(counter), plain[i * 16 : i * 16 + 16])
        for i, counter in enumerate(counters)
    )
    assert lrp.decrypt(counters[0], secret) == plain


def test_the_last_counter_is_followed_by_the_first() -> None:
    lrp = Lrp(bytes(16))
    secret = aes.encrypt_block(lrp.evaluate(b"\xff"), bytes(16))
    secret += aes.encrypt_block(lrp.evaluate(b"\x00"), bytes(16))
    assert lrp.decrypt(b"\xff", secret) == bytes(32)


@given(st.binary(max_size=40))
def test_whole_and_padded_blocks_differ(message: bytes) -> None:
    """The two subkeys keep a message apart from itself with the padding written out."""
    padded = (message + b"\x80").ljust(-(-(len(message) + 1) // 16) * 16, b"\x00")
    assert Lrp(bytes(16)).cmac(message) != Lrp(bytes(16)).cmac(padded)
