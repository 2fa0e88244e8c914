"""What a device's ack means for a task, whenever it arrives.

Pure. Acks come late and out of order: what a later step already implies is noted and
moves nothing. The state reached is the same for every order of arrival.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dispatch.assignments import Assignment, AssignmentState
from dispatch.tasks import ACK_MOVES, LINES, OF_UNITS, Move, State, legal_moves, rank

# Why an ack moved nothing: code → Chinese, English.
ACK_REASONS: dict[str, tuple[str, str]] = {
    # One answer for both, so that nobody learns which tasks others have.
    "not_its_task": ("没有这个任务,或任务从未派给该设备", "no such task, or never this unit's"),
    "no_longer_owner": ("任务已不归该单位", "the task is no longer this unit's"),
    "already_there": ("后续步骤已记录", "a later step is known already"),
    "superseded": ("之后已有更新的回执", "the unit has said something else since"),
    "task_over": ("任务当前状态不接受此回执", "the task does not take this from where it stands"),
}

# What a person decided, unlike what the device reports by itself.
DECISIONS: frozenset[Move] = OF_UNITS | {Move.RETURN}

_TAKEN_AWAY = frozenset({AssignmentState.REASSIGNED, AssignmentState.CANCELLED})
_LET_GO = frozenset({AssignmentState.DECLINED, AssignmentState.EXPIRED})


@dataclass(frozen=True, slots=True)
class Decision:
    """A move to make, or why there is none."""

    move: Move | None = None
    ignored: str | None = None  # a code of ACK_REASONS


def decide(
    state: State,
    ack: str,
    *,
    at: datetime,
    device_no: int,
    assignments: Sequence[Assignment],
    last_ack_at: datetime | None,
) -> Decision:
    """One ack against the task as it stands.

    `assignments`: all of the task's, oldest first. `last_ack_at`: the newest observed time
    of this device's own DECISIONS that moved the task.
    """
    mine = [one for one in assignments if one.device_no == device_no]
    if not mine:
        return Decision(ignored="not_its_task")
    move = ACK_MOVES[ack]
    if assignments[-1].device_no != device_no or _is_about_earlier(at, mine):
        return Decision(ignored="no_longer_owner")
    if not _may_speak(mine[-1], state) or move not in legal_moves(state):
        return Decision(ignored=_over(state, move))
    late = last_ack_at is not None and at < last_ack_at
    if late and (move is Move.RETURN or (move is Move.ACK and state is State.RETURNED)):
        return Decision(ignored="superseded")
    return Decision(move=move)


def _is_about_earlier(at: datetime, mine: Sequence[Assignment]) -> bool:
    """Said of an earlier assignment that was taken away before the unit got the task again."""
    taken = [one.changed_at for one in mine[:-1] if one.state in _TAKEN_AWAY]
    return bool(taken) and at <= max(taken)


def _may_speak(assignment: Assignment, state: State) -> bool:
    """Its own task, or one it let go itself and nobody has been given since."""
    return not assignment.ended or (assignment.state in _LET_GO and state is State.RETURNED)


def _over(state: State, move: Move) -> str:
    after = LINES[move].after
    assert after is not None
    return "already_there" if rank(state) >= rank(after) > -1 else "task_over"
