"""The SUN message of an NTAG 424 DNA (secure unique NFC): who the tag is, and its counter. Pure.

Follows NXP AN12196 and the domain reference (B.2). A message comes in one of three forms:
`picc_data` of 16 bytes (AES) or 24 bytes (LRP), or `uid` and `ctr` in plain; all with `cmac`,
the first two possibly with `enc`, encrypted file data. Numbers of the tag are least
significant byte first, but a plain counter is written most significant first.
"""

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from core.errors import AppError
from devices import aes
from devices.lrp import Lrp
from devices.tags import normal_uid

PICC_TAG: Final = 0xC7  # UID and counter both mirrored, the UID of seven bytes
COUNTER_MAX: Final = 0xFFFFFF
ENC_BYTES_MAX: Final = 256
_DUMMY_KEY: Final = bytes(16)

FileKeys = Callable[[bytes], Iterable[bytes]]  # by UID; several while keys are rotated


class NotSun(AppError):
    """This is no SUN message: it needs picc_data (16 or 24 bytes) or uid and ctr, and a cmac."""

    code = "not_sun"


@dataclass(frozen=True, slots=True)
class Message:
    """What the reader handed over, as bytes. `picc` or else `uid` and `counter` is given."""

    cmac: bytes
    picc: bytes | None = None
    uid: bytes | None = None
    counter: bytes | None = None  # as the tag keeps it: least significant first
    enc: bytes | None = None

    @property
    def is_lrp(self) -> bool:
        return self.picc is not None and len(self.picc) == 24

    @property
    def mac_input(self) -> bytes:
        """The text of the NDEF file between the MAC's input offset and the MAC."""
        return b"" if self.enc is None else self.enc.hex().upper().encode() + b"&cmac="


class Outcome(StrEnum):
    """`UNKNOWN_KEY`: nobody can tell, because we hold no key for it."""

    SUN = "sun"
    BAD_MAC = "bad_mac"
    UNKNOWN_KEY = "unknown_key"


@dataclass(frozen=True, slots=True)
class Read:
    """What a message proves. The UID of a bad MAC is only claimed; its counter is none."""

    outcome: Outcome
    uid: str | None = None
    counter: int | None = None
    file_data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """The keys of one reading of one tag."""

    uid: bytes
    counter: bytes
    mac: Callable[[bytes], bytes]
    decrypt: Callable[[bytes], bytes]


def parse(said: Mapping[str, Any]) -> Message:
    """The fields of a check-in's `sun`. Raises NotSun, and nothing else."""
    cmac, enc = _hex(said, "cmac"), _hex(said, "enc")
    if cmac is None or len(cmac) != 8:
        raise NotSun("The cmac of a SUN message has 8 bytes.")
    if enc is not None and (len(enc) % 16 or len(enc) > ENC_BYTES_MAX):
        raise NotSun(f"Encrypted file data comes in blocks of 16, at most {ENC_BYTES_MAX} bytes.")
    picc = _hex(said, "picc_data")
    if picc is not None:
        if len(picc) not in (16, 24):
            raise NotSun("picc_data has 16 bytes (AES) or 24 (LRP).")
        return Message(cmac, picc=picc, enc=enc)
    uid = _hex(said, "uid")
    if uid is None or len(uid) != 7:
        raise NotSun("Without picc_data there is a uid of 7 bytes.")
    return Message(cmac, uid=uid, counter=_plain_counter(said.get("ctr")), enc=enc)


def picc_aes(meta_key: bytes, picc: bytes) -> bytes:
    """The plain PICC data: tag, UID, counter, padding."""
    return aes.cbc_decrypt(meta_key, aes.ZERO, picc)


def picc_lrp(meta_key: bytes, picc: bytes) -> bytes:
    return Lrp(meta_key).decrypt(picc[:8], picc[8:])


def encrypting_vector(uid: bytes, counter: bytes) -> bytes:
    """SV1 of AN12196."""
    return b"\xc3\x3c\x00\x01\x00\x80" + uid + counter


def signing_vector(uid: bytes, counter: bytes) -> bytes:
    """SV2 of AN12196."""
    return b"\x3c\xc3\x00\x01\x00\x80" + uid + counter


def session_aes(file_key: bytes, uid: bytes, counter: bytes) -> Session:
    encrypting = aes.cmac(file_key, encrypting_vector(uid, counter))
    signing = aes.cmac(file_key, signing_vector(uid, counter))

    def decrypt(secret: bytes) -> bytes:
        iv = aes.encrypt_block(encrypting, counter.ljust(16, b"\x00"))
        return aes.cbc_decrypt(encrypting, iv, secret)

    return Session(uid, counter, lambda text: aes.cmac(signing, text), decrypt)


def session_lrp(file_key: bytes, uid: bytes, counter: bytes) -> Session:
    """One vector, one master; its updated keys 0 and 1 sign and encrypt."""
    master = Lrp(file_key).cmac(b"\x00\x01\x00\x80" + uid + counter + b"\x1e\xe1")

    def decrypt(secret: bytes) -> bytes:
        return Lrp(master, 1).decrypt(counter + b"\x00\x00\x00", secret)

    return Session(uid, counter, Lrp(master).cmac, decrypt)


def short_mac(full: bytes) -> bytes:
    """SDMMAC: every second byte, from the second on."""
    return full[1::2]


def verify(message: Message, meta_keys: Iterable[bytes], file_keys: FileKeys) -> Read:
    """Try every key there is, in a time that does not tell which step failed.

    PICC data that open to nonsense cost a MAC like any other: from outside nobody learns
    whether they or the MAC were wrong.
    """
    make = session_lrp if message.is_lrp else session_aes
    found: Session | None = None
    claimed: str | None = None
    keyless = True
    for uid, counter, real in _named(message, meta_keys):
        keys = list(file_keys(uid)) if real else []
        keyless = keyless and real and not keys
        claimed = uid.hex().upper() if real and claimed is None else claimed
        for key in keys or [_DUMMY_KEY]:
            session = make(key, uid, counter)
            same = hmac.compare_digest(short_mac(session.mac(message.mac_input)), message.cmac)
            if same and keys and found is None:
                found = session
    if found is None:
        return Read(Outcome.UNKNOWN_KEY if keyless else Outcome.BAD_MAC, claimed)
    data = None if message.enc is None else found.decrypt(message.enc)
    number = int.from_bytes(found.counter, "little")
    return Read(Outcome.SUN, found.uid.hex().upper(), number, data)


def _named(message: Message, meta_keys: Iterable[bytes]) -> Iterable[tuple[bytes, bytes, bool]]:
    """UID and counter under each meta key; False: they are nonsense, and only cost time."""
    if message.picc is None:
        assert message.uid is not None and message.counter is not None
        yield message.uid, message.counter, True
        return
    opened = picc_lrp if message.is_lrp else picc_aes
    for key in meta_keys:
        plain = opened(key, message.picc)
        yield plain[1:8], plain[8:11], plain[0] == PICC_TAG


def _hex(said: Mapping[str, Any], name: str) -> bytes | None:
    text = said.get(name)
    if text is None:
        return None
    if not isinstance(text, str) or not text.isascii():
        raise NotSun(f"{name} is hex.")
    try:
        return bytes.fromhex(normal_uid(text))
    except ValueError:
        raise NotSun(f"{name} is hex.") from None


def _plain_counter(ctr: object) -> bytes:
    """From `000006`, or the number 6, to the tag's order."""
    if isinstance(ctr, int) and not isinstance(ctr, bool):
        if not 0 <= ctr <= COUNTER_MAX:
            raise NotSun("A counter has 24 bits.")
        return ctr.to_bytes(3, "little")
    counter = _hex({"ctr": ctr}, "ctr")
    if counter is None or len(counter) != 3:
        raise NotSun("Without picc_data there is a ctr of 3 bytes.")
    return counter[::-1]
