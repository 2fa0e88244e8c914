"""The UID of an NFC tag, in the one spelling that is stored and compared. Pure."""

import re
from typing import Final

from core.errors import Invalid

_BETWEEN: Final = re.compile(r"[\s:.-]")
_UID: Final = re.compile(r"[0-9A-F]{8,20}")


def normal_uid(text: str) -> str:
    """Upper-case hex without what people and readers put between the bytes."""
    return _BETWEEN.sub("", text).upper()


def check_uid(text: str) -> str:
    """The UID as it is stored. Raises Invalid: a UID has 4 to 10 bytes (ISO/IEC 14443-3)."""
    uid = normal_uid(text)
    if _UID.fullmatch(uid) is None or len(uid) % 2:
        raise Invalid(f"A tag is a UID of 4 to 10 bytes in hex; got {text!r}.")
    return uid
