"""The leakage-resilient primitive of NXP AN12304 on AES-128: LRP, CMAC_LRP, LRICB. Pure.

Every AES call uses a key that is used for few blocks, so that a tag leaks little by its
power. A key has sixteen plaintexts and a row of updated keys; evaluating walks the nibbles
of the input from one key to the next.
"""

from devices.aes import BLOCK, ZERO, decrypt_block, doubled, encrypt_block, xor

_FIVES = b"\x55" * BLOCK
_TENS = b"\xaa" * BLOCK


class Lrp:
    """One key with one of its updated keys, as AN12304 numbers them."""

    def __init__(self, key: bytes, update: int = 0) -> None:
        self._plaintexts = _plaintexts(key)
        self._updated = _updated_key(key, update)

    def evaluate(self, x: bytes) -> bytes:
        """LRP of the nibbles of `x`, most significant first, with the final step."""
        y = self._updated
        for byte in x:
            y = encrypt_block(y, self._plaintexts[byte >> 4])
            y = encrypt_block(y, self._plaintexts[byte & 15])
        return encrypt_block(y, ZERO)

    def cmac(self, message: bytes) -> bytes:
        """CMAC_LRP: CMAC (RFC 4493) with LRP in the place of the block cipher."""
        first = doubled(self.evaluate(ZERO))
        blocks = [message[i : i + BLOCK] for i in range(0, len(message), BLOCK)] or [b""]
        last = blocks.pop()
        if len(last) == BLOCK:
            last = xor(last, first)
        else:
            last = xor((last + b"\x80").ljust(BLOCK, b"\x00"), doubled(first))
        y = ZERO
        for block in blocks:
            y = self.evaluate(xor(y, block))
        return self.evaluate(xor(y, last))

    def decrypt(self, counter: bytes, secret: bytes) -> bytes:
        """LRICB without padding: each block under the LRP of the counter, which goes up."""
        number, plain = int.from_bytes(counter, "big"), b""
        for i in range(0, len(secret), BLOCK):
            key = self.evaluate(number.to_bytes(len(counter), "big"))
            plain += decrypt_block(key, secret[i : i + BLOCK])
            number = (number + 1) % (1 << 8 * len(counter))
        return plain


def _plaintexts(key: bytes) -> list[bytes]:
    h, found = encrypt_block(key, _FIVES), []
    for _ in range(16):
        found.append(encrypt_block(h, _TENS))
        h = encrypt_block(h, _FIVES)
    return found


def _updated_key(key: bytes, number: int) -> bytes:
    h = encrypt_block(key, _TENS)
    for _ in range(number):
        h = encrypt_block(h, _FIVES)
    return encrypt_block(h, _TENS)
