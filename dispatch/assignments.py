"""The life of an assignment: who has a task. Apart from the unit's own state (D4).

Every legal move is a line of ASSIGNMENT_MOVES. A task's move says in its own table
(dispatch/tasks.py) which of these it means.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.errors import AppError


class AssignmentState(StrEnum):
    RESERVED = "reserved"  # for scheduled work; the unit is not busy with it
    OFFERED = "offered"
    DELIVERED = "delivered"
    READ = "read"
    ACCEPTED = "accepted"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    CLEARED = "cleared"
    DECLINED = "declined"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REASSIGNED = "reassigned"


class AssignmentMove(StrEnum):
    RESERVE = "reserve"
    OFFER = "offer"
    DELIVER = "deliver"
    READ = "read"
    ACCEPT = "accept"
    DEPART = "depart"
    ARRIVE = "arrive"
    CLEAR = "clear"
    DECLINE = "decline"
    EXPIRE = "expire"
    CANCEL = "cancel"
    REASSIGN = "reassign"


_A, _AM = AssignmentState, AssignmentMove
_ENGAGED = (_A.OFFERED, _A.DELIVERED, _A.READ, _A.ACCEPTED, _A.EN_ROUTE, _A.ON_SCENE)
_CURRENT = (_A.RESERVED, *_ENGAGED)


@dataclass(frozen=True, slots=True)
class AssignmentLine:
    """From any state of `before` (None: it begins), `move` leads to `after`."""

    move: AssignmentMove
    before: tuple[AssignmentState | None, ...]
    after: AssignmentState


ASSIGNMENT_MOVES: tuple[AssignmentLine, ...] = (
    AssignmentLine(_AM.RESERVE, (None,), _A.RESERVED),
    AssignmentLine(_AM.OFFER, (None, _A.RESERVED), _A.OFFERED),
    AssignmentLine(_AM.DELIVER, _ENGAGED[:1], _A.DELIVERED),
    AssignmentLine(_AM.READ, _ENGAGED[:2], _A.READ),
    AssignmentLine(_AM.ACCEPT, _ENGAGED[:3], _A.ACCEPTED),
    AssignmentLine(_AM.DEPART, _ENGAGED[:4], _A.EN_ROUTE),
    AssignmentLine(_AM.ARRIVE, _ENGAGED[:5], _A.ON_SCENE),
    AssignmentLine(_AM.CLEAR, _ENGAGED, _A.CLEARED),
    AssignmentLine(_AM.DECLINE, _ENGAGED[:4], _A.DECLINED),
    AssignmentLine(_AM.EXPIRE, (_A.RESERVED, *_ENGAGED[:3]), _A.EXPIRED),
    AssignmentLine(_AM.CANCEL, _CURRENT, _A.CANCELLED),
    AssignmentLine(_AM.REASSIGN, _CURRENT, _A.REASSIGNED),
)

ENDED: frozenset[AssignmentState] = frozenset(AssignmentState) - {
    state for line in ASSIGNMENT_MOVES for state in line.before if state is not None
}


class IllegalMove(AppError):
    """The task cannot make that move from where it stands."""

    code = "illegal_move"


@dataclass(frozen=True, slots=True)
class Owner:
    """The assignment that holds a task now."""

    id: int
    state: str
    device_no: int
    device_id: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """One assignment of a task's history; `changed_at` of an ended one is its end."""

    id: int
    task_id: int
    device_no: int
    state: str
    ended: bool
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class UnitForTask:
    no: int
    id: str
    org_id: int
    kind: str


def assignment_after(state: AssignmentState | None, move: AssignmentMove) -> AssignmentState:
    """Where `move` leads an assignment (None: it begins). Raises IllegalMove.

    >>> str(assignment_after(AssignmentState.READ, AssignmentMove.ARRIVE))
    'on_scene'
    """
    for line in ASSIGNMENT_MOVES:
        if line.move is move and state in line.before:
            return line.after
    raise IllegalMove(
        f"An assignment that is {state or 'not made yet'} cannot '{move}'.", state=state, move=move
    )
