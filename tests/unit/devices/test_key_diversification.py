"""NXP AN10922, AES-128."""

import pytest

from devices import aes
from devices.key_diversification import diversified

MASTER = bytes.fromhex("00112233445566778899AABBCCDDEEFF")


def test_the_example_of_the_application_note() -> None:
    """D1."""
    m = bytes.fromhex("04782E21801D80" + "3042F5" + "4E585020416275")
    assert diversified(MASTER, m).hex().upper() == "A8DD63A3B89D54B37CA802473FDA9175"
    assert [key.hex() for key in aes.subkeys(MASTER)] == [
        "fbc9f75c9413c041dfee452d3f0706d1",
        "f793eeb928278083bfdc8a5a7e0e0d25",
    ]


def test_a_short_name_is_padded_to_two_blocks() -> None:
    """Where plain CMAC would take one block, and give another key."""
    m = bytes.fromhex("04782E21801D80")
    first = aes.encrypt_block(MASTER, (b"\x01" + m + b"\x80").ljust(16, b"\x00"))
    _, k2 = aes.subkeys(MASTER)
    assert diversified(MASTER, m) == aes.encrypt_block(MASTER, aes.xor(first, k2))
    assert diversified(MASTER, m) != aes.cmac(MASTER, b"\x01" + m)


@pytest.mark.parametrize("length", [15, 16, 30, 31])
def test_longer_names_are_plain_cmac(length: int) -> None:
    m = bytes(range(length))
    assert (diversified(MASTER, m) == aes.cmac(MASTER, b"\x01" + m)) == (length > 15)


def test_rfc_4493_example_3() -> None:
    """V8: the CMAC beneath."""
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    message = bytes.fromhex(
        "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411"
    )
    assert aes.cmac(key, message).hex() == "dfa66747de9ae63030ca32611497c827"
