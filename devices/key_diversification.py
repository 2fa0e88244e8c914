"""Keys of single tags from one master: NXP AN10922, AES-128. Pure.

`D = 0x01 || M`, always padded to 32 bytes with `80 00 …` when shorter, which is where this
differs from plain CMAC: with M up to 15 bytes the two give other keys.
"""

from devices.aes import ZERO, cbc_encrypt, subkeys, xor

_LENGTH = 32


def diversified(master: bytes, m: bytes) -> bytes:
    """The key of the tag that `m` (1 to 31 bytes: UID, application, system) names."""
    assert 1 <= len(m) < _LENGTH, len(m)
    data = b"\x01" + m
    whole, padded = subkeys(master)
    mask = whole if len(data) == _LENGTH else padded
    if len(data) < _LENGTH:
        data = (data + b"\x80").ljust(_LENGTH, b"\x00")
    return cbc_encrypt(master, ZERO, data[:16] + xor(data[16:], mask))[16:]
