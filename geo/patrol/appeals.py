"""补签 and 申诉: somebody says the verdict is wrong, somebody else decides (domain reference B.1).

A make-up says "I was there"; an appeal says "I need not have been, or could not". Neither
changes anything until another person than the one who filed it has approved it; then the
window gets a new verdict, and the one appealed against stays on record.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from core.errors import Conflict, Forbidden, Invalid
from core.values import Role, Viewer
from geo.patrol.results import Result

FILED_WITHIN: Final = timedelta(days=35)
REASON_MAX: Final = 1_000


class Kind(StrEnum):
    MAKEUP = "makeup"
    APPEAL = "appeal"


class Decision(StrEnum):
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class SamePerson(Conflict):
    """Whoever filed an appeal cannot decide it. Ask somebody else to."""

    code = "same_person"


class NotYours(Forbidden):
    """Only the one who filed an appeal can withdraw it."""

    code = "not_yours"


class Decided(Conflict):
    """This appeal has been decided already. Load it again to see how."""

    code = "already_decided"


class AppealOpen(Conflict):
    """There is an open appeal for this window already. Wait for its decision, or withdraw it."""

    code = "appeal_open"


class NothingToAppeal(Conflict):
    """There is nothing to appeal against: no verdict yet, or the visit counts as on time."""

    code = "nothing_to_appeal"


@dataclass(frozen=True, slots=True)
class Draft:
    window_id: int
    kind: Kind
    reason: str
    evidence: tuple[dict[str, Any], ...] = ()


def check_draft(
    draft: Draft, result: str | None, closes_at: datetime, now: datetime, *, has_open: bool
) -> None:
    """`result` of the window's current verdict. Raises what is wrong."""
    if not draft.reason.strip() or len(draft.reason) > REASON_MAX:
        raise Invalid(f"Say why, in at most {REASON_MAX} characters.")
    if result in (None, Result.ON_TIME):
        raise NothingToAppeal(window_id=draft.window_id)
    if closes_at < now - FILED_WITHIN:
        raise Invalid("An appeal is filed within 35 days of the window.")
    if has_open:
        raise AppealOpen(window_id=draft.window_id)


def check_decision(
    viewer: Viewer, decision: Decision, filed_by: str, *, decided: bool, note: str
) -> None:
    """Who may say what. Raises Decided, NotYours, SamePerson, Forbidden, Invalid."""
    if decided:
        raise Decided()
    if decision is Decision.WITHDRAWN:
        if viewer.login != filed_by:
            raise NotYours()
        return
    if viewer.login == filed_by:
        raise SamePerson()
    if not viewer.may(Role.SQUAD):
        raise Forbidden("Deciding appeals needs the role squad.")
    if decision is Decision.REFUSED and not note.strip():
        raise Invalid("Say why it is refused; the one who filed it will read it.")
