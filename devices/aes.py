"""AES-128 on single blocks, and CMAC (RFC 4493): what tags are made of. Pure."""

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB
from cryptography.hazmat.primitives.cmac import CMAC

BLOCK = 16
ZERO = bytes(BLOCK)


def encrypt_block(key: bytes, block: bytes) -> bytes:
    """One block; the tag's own formulas chain them, so no mode of operation applies."""
    encryptor = Cipher(AES(key), ECB()).encryptor()  # noqa: S305  a block, not a message
    return encryptor.update(block) + encryptor.finalize()


def decrypt_block(key: bytes, block: bytes) -> bytes:
    decryptor = Cipher(AES(key), ECB()).decryptor()  # noqa: S305  a block, not a message
    return decryptor.update(block) + decryptor.finalize()


def cbc_encrypt(key: bytes, iv: bytes, plain: bytes) -> bytes:
    encryptor = Cipher(AES(key), CBC(iv)).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def cbc_decrypt(key: bytes, iv: bytes, secret: bytes) -> bytes:
    decryptor = Cipher(AES(key), CBC(iv)).decryptor()
    return decryptor.update(secret) + decryptor.finalize()


def cmac(key: bytes, message: bytes) -> bytes:
    """The full 16 bytes."""
    mac = CMAC(AES(key))
    mac.update(message)
    return mac.finalize()


def doubled(block: bytes) -> bytes:
    """Times x in GF(2^128), as CMAC makes its subkeys (RFC 4493, 2.3)."""
    value = int.from_bytes(block, "big") << 1
    if value >> 128:
        value = (value & (1 << 128) - 1) ^ 0x87
    return value.to_bytes(BLOCK, "big")


def subkeys(key: bytes) -> tuple[bytes, bytes]:
    """K1 and K2 of CMAC."""
    first = doubled(encrypt_block(key, ZERO))
    return first, doubled(first)


def xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))
