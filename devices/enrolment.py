"""Who may become a device, and how its password is kept.

The password is stored as Mosquitto's dynamic-security plugin stores it (PBKDF2-SHA512),
so that the broker's file of accounts can be made again from the database.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from core.errors import Conflict, Invalid
from core.values import Kind
from devices.topics import is_device_id

# The passwords are 144 random bits, so guessing gains nothing from a slow hash, and the
# broker checks them one after the other. 101 is the plugin's own figure.
ITERATIONS: Final = 101
SALT_BYTES: Final = 12  # the plugin accepts no other length
RESERVED_PREFIX: Final = "waypost-"  # our own services at the broker

CSV_COLUMNS: Final = ("kind", "id", "org", "name", "label")


class AlreadyEnrolled(Conflict):
    """A device of this id is enrolled already. Rotate its password, or choose another id."""

    code = "already_enrolled"


class Revoked(Conflict):
    """This device was revoked, and its id is not given out again. Choose another id."""

    code = "revoked"


@dataclass(frozen=True, slots=True)
class Credential:
    """What is kept of a password."""

    salt: bytes
    hash: bytes
    iterations: int


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A device that has just been given a password; the password is shown this once."""

    no: int
    id: str
    kind: str
    part: str
    topic: str
    org_id: int
    password: str


def credential(password: str, salt: bytes) -> Credential:
    assert len(salt) == SALT_BYTES
    derived = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS)
    return Credential(salt, derived, ITERATIONS)


def check(kind: str, device_id: str) -> None:
    """Raises Invalid with a sentence that says what would do."""
    if kind not in set(Kind):
        raise Invalid(f"There is no kind of device {kind!r}. Kinds are: {', '.join(Kind)}.")
    if not is_device_id(device_id):
        raise Invalid(f"{device_id!r} cannot be a device id. Use 1 to 64 letters, digits, - and _.")
    if device_id.startswith(RESERVED_PREFIX):
        raise Invalid(f"Ids beginning with {RESERVED_PREFIX} are kept for Waypost's own services.")


def csv_rows(lines: Sequence[dict[str, str | None]]) -> list[dict[str, str]]:
    """Rows of an import file, stripped. Raises Invalid naming the first bad line."""
    rows = []
    for number, line in enumerate(lines, 2):  # line 1 is the header
        row = {name: (line.get(name) or "").strip() for name in CSV_COLUMNS}
        if not row["kind"] or not row["id"]:
            raise Invalid(
                f"Line {number} needs a kind and an id. Columns: {', '.join(CSV_COLUMNS)}."
            )
        try:
            check(row["kind"], row["id"])
        except Invalid as error:
            raise Invalid(f"Line {number}: {error}") from None
        rows.append(row)
    return rows
