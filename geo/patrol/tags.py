"""Which tag hangs where: what people hand over, as values. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from core.errors import Conflict, Invalid, NotFound
from devices.tags import check_uid

CHIPS: Final = ("uid", "sun")
Cursor = tuple[datetime, int, int]
FIRST: Final[Cursor] = (datetime(1970, 1, 1, tzinfo=UTC), 0, 0)


class NoSuchTag(NotFound):
    """No such tag hangs at a point of yours."""

    code = "no_such_tag"


class AlreadyDecided(Conflict):
    """There is no such proposal, or somebody has decided it already. Load the list again."""

    code = "already_decided"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a CSV: `point` is a number, a code or a name."""

    uid: str
    point: str
    chip: str


def csv_rows(lines: Sequence[Mapping[str, str | None]]) -> list[Row]:
    """Columns uid, point and possibly chip (uid or sun). Raises Invalid with the line."""
    rows: list[Row] = []
    for number, line in enumerate(lines, 2):
        given = {name: (line.get(name) or "").strip() for name in ("uid", "point", "chip")}
        try:
            uid = check_uid(given["uid"])
        except Invalid as error:
            raise Invalid(f"Line {number}: {error}") from None
        chip = given["chip"].lower() or "uid"
        if chip not in CHIPS or not given["point"]:
            raise Invalid(f"Line {number}: it needs a point, and as chip uid or sun.")
        if uid in {row.uid for row in rows}:
            raise Invalid(f"Line {number}: {uid} stands in the file twice.")
        rows.append(Row(uid, given["point"], chip))
    return rows


def cursor_text(row: Mapping[str, Any]) -> str:
    """Where a page of proofs ends."""
    return f"{row['corrected_at'].isoformat()}~{row['device_no']}~{row['seq']}"


def cursor_of(text: str) -> Cursor:
    """Raises Invalid."""
    if not text:
        return FIRST
    try:
        at, no, seq = text.split("~")
        return datetime.fromisoformat(at), int(no), int(seq)
    except ValueError:
        raise Invalid("`after` is the `next` of the page before, as it was given.") from None
