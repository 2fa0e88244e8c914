"""Rosters: who is on duty when, with which terminal, for which points, route or post. Pure.

A shift is never edited: one that supersedes it is added and the old one gets its end. A change
touches the windows that were rostered before and those that are now.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.errors import Conflict, Invalid, NotFound

KINDS: Final = ("patrol", "post", "leave")
DUTY_MAX: Final = timedelta(hours=24)
LEAVE_MAX: Final = timedelta(days=200)


class NoSuchShift(NotFound):
    """No such standing shift, or not within your organisation."""

    code = "no_such_shift"


class ShiftOverlaps(Conflict):
    """The terminal is on duty in this time already. End that shift, or supersede it."""

    code = "shift_overlaps"


@dataclass(frozen=True, slots=True)
class ShiftDraft:
    """With neither route nor points a patrol is for every point of the squad."""

    device_no: int
    starts_at: datetime
    ends_at: datetime
    kind: str = "patrol"
    person_id: int | None = None  # whom the terminal is issued to, without it
    route_id: int | None = None
    point_ids: Sequence[int] = ()
    post_id: int | None = None
    org_id: int | None = None  # the terminal's


def check_shift(draft: ShiftDraft) -> None:
    """Raises Invalid for what nobody could keep."""
    if draft.kind not in KINDS:
        raise Invalid(f"A shift is one of {', '.join(KINDS)}; got {draft.kind!r}.")
    longest = LEAVE_MAX if draft.kind == "leave" else DUTY_MAX
    if not draft.starts_at < draft.ends_at <= draft.starts_at + longest:
        raise Invalid(
            "A shift starts before it ends, and lasts 24 hours at most (a leave 200 days)."
        )
    if (draft.kind == "post") != (draft.post_id is not None):
        raise Invalid("A shift at a post names the post, and no other does.")
    if draft.kind != "patrol" and (draft.route_id is not None or draft.point_ids):
        raise Invalid("Only a patrol has a route or points.")
