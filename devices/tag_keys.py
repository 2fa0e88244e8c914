"""Keys of tags: how they are wrapped in the database, and which one belongs to which tag. Pure.

A key is kept as `nonce || AES-256-GCM(key || suffix)` under a key-encryption key that is not in
the database, bound by the associated data to its purpose, version and tag: a wrapped key moved
to another row does not open. `suffix` follows the UID in the diversification of AN10922.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import AppError, Invalid
from devices.key_diversification import diversified

KEK_BYTES: Final = 32
KEY_BYTES: Final = 16
NONCE_BYTES: Final = 12
SUFFIX_MAX: Final = 24  # with a UID of seven bytes: 31, all that AN10922 takes
SUFFIX_DEFAULT: Final = b"waypost"

Purpose = Literal["meta", "file"]


class NoKek(AppError):
    """No key-encryption key. Name its file with WAYPOST_TAG_KEK_FILE, on every machine the same."""

    code = "no_kek"


@dataclass(frozen=True, slots=True)
class Slot:
    """Which key a row holds. `uid`: of one tag alone, used as it is."""

    purpose: str
    version: int
    uid: str | None = None

    @property
    def bound(self) -> bytes:
        return f"{self.purpose}/{self.version}/{self.uid or ''}".encode()


@dataclass(frozen=True, slots=True)
class TagKey:
    key: bytes
    suffix: bytes = b""

    def __repr__(self) -> str:
        return "TagKey(…)"  # a key that is printed is a key that is lost


@dataclass(frozen=True, slots=True, repr=False)
class KeyRing:
    """Keys that still verify, the newest first. Empty: nothing can be verified."""

    meta: Sequence[bytes] = ()
    masters: Sequence[TagKey] = ()
    own: Mapping[str, Sequence[bytes]] = field(default_factory=dict)

    def file_keys(self, uid: bytes) -> Iterable[bytes]:
        """Those a tag may have: its own, else what each master gives."""
        mine = self.own.get(uid.hex().upper())
        return mine or [diversified(one.key, uid + one.suffix) for one in self.masters]


def ring_of(keys: Iterable[tuple[Slot, TagKey]]) -> KeyRing:
    """By purpose, versions falling."""
    ordered = sorted(keys, key=lambda pair: -pair[0].version)
    own: dict[str, list[bytes]] = {}
    for slot, one in ordered:
        if slot.uid is not None and slot.purpose == "file":
            own.setdefault(slot.uid, []).append(one.key)
    shared = [(slot, one) for slot, one in ordered if slot.uid is None]
    return KeyRing(
        [one.key for slot, one in shared if slot.purpose == "meta"],
        [one for slot, one in shared if slot.purpose == "file"],
        own,
    )


def kek_id(kek: bytes) -> str:
    """Names a key-encryption key without telling anything of it."""
    return hashlib.sha256(b"waypost tag kek" + kek).hexdigest()[:16]


def wrap(kek: bytes, slot: Slot, one: TagKey, nonce: bytes) -> bytes:
    """`nonce` is never used twice with a kek: twelve bytes of chance."""
    assert len(kek) == KEK_BYTES and len(nonce) == NONCE_BYTES
    return nonce + AESGCM(kek).encrypt(nonce, one.key + one.suffix, slot.bound)


def unwrap(kek: bytes, slot: Slot, wrapped: bytes) -> TagKey | None:
    """None: it was wrapped by another key, for another slot, or was changed."""
    nonce, secret = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
    try:
        plain = AESGCM(kek).decrypt(nonce, secret, slot.bound)
    except (InvalidTag, ValueError):
        return None
    return TagKey(plain[:KEY_BYTES], plain[KEY_BYTES:])


def parse_key(text: str) -> bytes:
    """Thirty-two hex digits. Raises Invalid, which never repeats what was said."""
    return _hex(text, "A tag key has 16 bytes in hex.", exactly=KEY_BYTES)


def parse_suffix(text: str) -> bytes:
    suffix = _hex(text, "A suffix is hex.")
    if len(suffix) > SUFFIX_MAX:
        raise Invalid(f"A suffix has at most {SUFFIX_MAX} bytes.")
    return suffix


def parse_keks(text: str) -> list[bytes]:
    """A file of key-encryption keys: one a line in hex; the first wraps, all open."""
    said = "A key-encryption key has 32 bytes in hex, one a line."
    keks = [_hex(line, said, exactly=KEK_BYTES) for line in text.splitlines() if line.strip()]
    if not keks:
        raise Invalid(said)
    return keks


def _hex(text: str, said: str, exactly: int | None = None) -> bytes:
    try:
        found = bytes.fromhex(text)
    except ValueError:
        raise Invalid(said) from None
    if exactly is not None and len(found) != exactly:
        raise Invalid(said)
    return found
