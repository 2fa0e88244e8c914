"""The life of a task.

Every legal move is a line of MOVES, and nothing else in the system decides whether a
move is legal. docs/tasks.md is drawn from this table and the one of assignments.
Sources: the state machines of the feature list, domain reference G.1 and G.2.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.errors import AppError, Invalid
from core.values import Point, Role, TaskId
from dispatch.assignments import AssignmentMove, IllegalMove
from dispatch.conduct import KindBody


class State(StrEnum):
    DISCOVERED = "discovered"  # 问题发现: somebody reported it, nobody decided
    ACCEPTED = "accepted"  # 受理
    DISPATCHED = "dispatched"  # 派单: offered to a unit
    DELIVERED = "delivered"  # the unit's device has it
    READ = "read"  # a person opened it
    ACKED = "acked"  # 接单
    EN_ROUTE = "en_route"  # 出发
    ON_SCENE = "on_scene"  # 到场
    IN_PROGRESS = "in_progress"  # 处置
    RESOLVED = "resolved"  # 解决
    REPORTED = "reported"  # 反馈
    VERIFYING = "verifying"  # 核查
    CLOSED = "closed"  # 结案
    REJECTED = "rejected"  # 不予受理
    RETURNED = "returned"  # 退回: belongs to nobody, must be dispatched again
    REOPENED = "reopened"  # 返工
    CANCELLED = "cancelled"  # 撤销
    DEFERRED = "deferred"  # 缓办


class Move(StrEnum):
    DISCOVER = "discover"
    CREATE = "create"
    ACCEPT = "accept"
    REJECT = "reject"
    ASSIGN = "assign"
    DELIVER = "deliver"
    READ = "read"
    ACK = "ack"
    DEPART = "depart"
    ARRIVE = "arrive"
    START = "start"
    RESOLVE = "resolve"
    REPORT = "report"
    VERIFY = "verify"
    CLOSE = "close"
    REOPEN = "reopen"
    RETURN = "return"
    LAPSE = "lapse"
    CANCEL = "cancel"
    DEFER = "defer"
    RESUME = "resume"
    EXTEND = "extend"
    RESERVE = "reserve"
    CONTACT = "contact"
    FIRST_REPORT = "first_report"


_S, _M = State, Move
_AM = AssignmentMove

# The states in which a unit has the task, in the order of the work.
OWNED = (
    _S.DISPATCHED,
    _S.DELIVERED,
    _S.READ,
    _S.ACKED,
    _S.EN_ROUTE,
    _S.ON_SCENE,
    _S.IN_PROGRESS,
)
_DONE = (_S.RESOLVED, _S.REPORTED, _S.VERIFYING)
UNOWNED = (_S.DISCOVERED, _S.ACCEPTED, _S.RETURNED, _S.REOPENED)
_RUNNING = (*UNOWNED, *OWNED, *_DONE)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the table: from any state of `before`, `move` leads to `after`."""

    move: Move
    before: tuple[State, ...]  # empty: this is how a task begins
    after: State | None  # None: the state stays, something else about the task changes
    role: Role | None = Role.SQUAD  # the least role of a person who may; None: only the machine
    unit: AssignmentMove | None = None  # what it means for the assignment
    reason: bool = False  # a reason must be given by a person


# A unit may skip steps but not go back: an officer may simply appear on scene, also
# after having sent the task back, and the steps between are not invented.
MOVES: tuple[Line, ...] = (
    Line(_M.DISCOVER, (), _S.DISCOVERED),
    Line(_M.CREATE, (), _S.ACCEPTED),
    Line(_M.ACCEPT, (_S.DISCOVERED,), _S.ACCEPTED),
    Line(_M.REJECT, (_S.DISCOVERED,), _S.REJECTED, reason=True),
    Line(_M.ASSIGN, (_S.ACCEPTED, _S.RETURNED, _S.REOPENED, *OWNED), _S.DISPATCHED, unit=_AM.OFFER),
    Line(_M.DELIVER, OWNED[:1], _S.DELIVERED, role=None, unit=_AM.DELIVER),
    Line(_M.READ, OWNED[:2], _S.READ, role=None, unit=_AM.READ),
    Line(_M.ACK, (*OWNED[:3], _S.RETURNED), _S.ACKED, unit=_AM.ACCEPT),
    Line(_M.DEPART, (*OWNED[:4], _S.RETURNED), _S.EN_ROUTE, unit=_AM.DEPART),
    Line(_M.ARRIVE, (*OWNED[:5], _S.RETURNED), _S.ON_SCENE, unit=_AM.ARRIVE),
    Line(_M.START, (_S.ON_SCENE,), _S.IN_PROGRESS),
    Line(_M.RESOLVE, (*OWNED, _S.RETURNED), _S.RESOLVED, unit=_AM.CLEAR),
    Line(_M.REPORT, (_S.RESOLVED,), _S.REPORTED),
    Line(_M.VERIFY, (_S.REPORTED,), _S.VERIFYING),
    Line(_M.CLOSE, (_S.RESOLVED, _S.VERIFYING), _S.CLOSED),
    Line(_M.REOPEN, (_S.VERIFYING,), _S.REOPENED, reason=True),
    Line(_M.RETURN, OWNED[:4], _S.RETURNED, unit=_AM.DECLINE, reason=True),
    Line(_M.LAPSE, OWNED[:3], _S.RETURNED, unit=_AM.EXPIRE),
    Line(_M.CANCEL, (*_RUNNING, _S.DEFERRED), _S.CANCELLED, unit=_AM.CANCEL),
    Line(_M.DEFER, _RUNNING, _S.DEFERRED, role=Role.DISPATCHER, unit=_AM.CANCEL, reason=True),
    Line(_M.RESUME, (_S.DEFERRED,), _S.ACCEPTED),
    Line(_M.EXTEND, (*_RUNNING, _S.DEFERRED), None, role=Role.DISPATCHER, reason=True),
    # Scheduled work: the unit is known, but not busy with it, until it is offered (D4).
    Line(_M.RESERVE, (_S.ACCEPTED, _S.RETURNED, _S.REOPENED), _S.ACCEPTED, unit=_AM.RESERVE),
    Line(_M.CONTACT, (*_RUNNING, _S.DEFERRED), None),  # 先行联系: the citizen has been called
    Line(_M.FIRST_REPORT, (*_RUNNING, _S.DEFERRED), None, reason=True),  # 两次报告, the first
)

LINES: dict[Move, Line] = {line.move: line for line in MOVES}

OPEN: frozenset[State] = frozenset(state for line in MOVES for state in line.before)
# What a device calls its moves (contract, channel `ack`).
ACK_MOVES: dict[str, Move] = {
    "delivered": _M.DELIVER,
    "read": _M.READ,
    "accepted": _M.ACK,
    "declined": _M.RETURN,
    "en_route": _M.DEPART,
    "on_scene": _M.ARRIVE,
    "resolved": _M.RESOLVE,
}
# Every word a caller may use for a move: its own name, the state it leads to, or a device's
# word. Where two mean different things the device's wins: `accepted` is what a unit says.
WORDS: dict[str, Move] = (
    {str(line.after): line.move for line in reversed(MOVES) if line.after is not None}
    | ACK_MOVES
    | {str(move): move for move in Move}
)
# Moves a unit makes itself: from `returned` they need to know which unit it is.
OF_UNITS: frozenset[Move] = frozenset({_M.ACK, _M.DEPART, _M.ARRIVE, _M.RESOLVE})
# Moves that give the task to a unit, and so take it from whoever has it.
TO_UNIT: frozenset[Move] = frozenset({_M.ASSIGN, _M.RESERVE})


class MissingEvidence(AppError):
    """The kind of task asks for evidence that is not there yet."""

    code = "missing_evidence"


class NotVerified(AppError):
    """A task of this kind is closed after verification only. Use 'verify'."""

    code = "not_verified"


class NoFeedback(AppError):
    """A task of this kind is closed with a feedback text. Give it as reason."""

    code = "no_feedback"


class SamePerson(AppError):
    """Who handled a task may not verify it. Ask a colleague to close it."""

    code = "verifier_is_handler"


@dataclass(frozen=True, slots=True)
class NewTask:
    """What a person says when making a task. Lengths are the edge's to check.

    `device_id`: assign to this unit in the same transaction. `discovered`: only
    reported so far, somebody must still accept it. `exempt_window_ids`: patrol windows that
    need not be served because this unit is sent. `starts_at`: scheduled work, for which a unit
    is reserved and to which it is offered when the time has come.
    """

    kind: str
    title: str
    instructions: str = ""
    priority: int = 3  # 1 is the most urgent
    place: Point | None = None
    deadline: datetime | None = None
    org_id: int | None = None  # else the unit's organisation, or the viewer's own
    device_id: str | None = None
    source: dict[str, object] | None = None
    discovered: bool = False
    exempt_window_ids: tuple[int, ...] = ()
    starts_at: datetime | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class MoveTask:
    """A command to move a task.

    `version` is the one the person looked at. `device_id` names the unit for `assign`
    or `reserve` (and for a unit's own move on a task that was sent back). `until` is the new
    deadline of `extend`, the day a deferred task comes back, or when reserved work begins.
    `exempt_window_ids`: of `assign`, patrol windows that need not be served because this unit
    is sent.
    """

    task_id: TaskId
    move: Move
    version: int
    idempotency_key: str | None = None
    reason: str | None = None
    device_id: str | None = None
    at: datetime | None = None
    place: Point | None = None
    until: datetime | None = None
    exempt_window_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """A task as its row has it."""

    id: int
    org_id: int
    kind: str
    title: str
    instructions: str
    priority: int
    lat_deg: float | None
    lon_deg: float | None
    deadline: datetime | None
    state: str
    version: int
    deadline_workdays: int | None = None
    deferred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One move about to be made, by whomever."""

    move: Move
    actor: str  # login, or device:<id>
    at: datetime
    reason: str | None = None
    place: Point | None = None
    idempotency_key: str | None = None
    unit_no: int | None = None  # who is to have the task, where nobody has it yet
    until: datetime | None = None
    by_unit: bool = False  # the device said so itself and need not be told


def after(state: State | None, move: Move, task_id: int | None = None) -> State:
    """Where `move` leads from `state` (None: the task does not exist yet).

    Raises IllegalMove naming what would be legal.
    """
    line = LINES[move]
    legal = state in line.before if state is not None else not line.before
    if not legal:
        raise IllegalMove(
            _refusal(state, move, task_id), state=state, move=move, legal=legal_moves(state)
        )
    if line.after is None:
        assert state is not None
        return state
    return line.after


def legal_moves(state: State | None) -> list[Move]:
    """What may be done from `state`, in the order of the table."""
    if state is None:
        return [line.move for line in MOVES if not line.before]
    return [line.move for line in MOVES if state in line.before]


def rank(state: State) -> int:
    """How far the work is, 0 for just dispatched; -1 where no unit is at work.

    >>> rank(State.ON_SCENE) > rank(State.EN_ROUTE)
    True
    """
    order = (*OWNED, *_DONE, State.CLOSED)
    return order.index(state) if state in order else -1


def require_sense(command: MoveTask, now: datetime) -> None:
    """Raise Invalid for a command that says too little, whatever the task's state."""
    line = LINES[command.move]
    if not line.before:
        raise Invalid("A task begins by being made, not by a move. Use the task list.")
    if line.reason and not (command.reason or "").strip():
        raise Invalid(f"Say why: the move '{command.move}' needs a reason.")
    if command.move in TO_UNIT and command.device_id is None:
        raise Invalid("Say which unit is to have the task: device_id is missing.")
    if command.exempt_window_ids and command.move is not Move.ASSIGN:
        raise Invalid("Windows are exempted when a unit is sent: with the move 'assign'.")
    if command.move in (Move.EXTEND, Move.DEFER, Move.RESERVE):
        if command.until is None:
            raise Invalid(f"Say until when: the move '{command.move}' needs a time.")
        if command.until <= now:
            raise Invalid(f"The time given for '{command.move}' is already past.")
    if command.at is not None and command.at > now:
        raise Invalid("A move cannot have happened in the future. Check the time given.")


def require_complete(
    move: Move, before: State, asks: KindBody, *, has: Collection[str], text: str | None
) -> None:
    """Raise MissingEvidence, NotVerified, NoFeedback where the kind asks for more. `has`: kinds
    of attachments there are.

    What a device says is a fact and never refused, so that a task without its evidence may be
    resolved; but nobody can close it.
    """
    missing = [one for one in asks.evidence if one not in has]
    if move in (Move.RESOLVE, Move.REPORT, Move.CLOSE) and missing:
        raise MissingEvidence(
            f"A task of this kind needs evidence ({', '.join(missing)}) before '{move}'. "
            "Attach it, then try again.",
            missing=missing,
        )
    if move is not Move.CLOSE:
        return
    if asks.verify and before is not State.VERIFYING:
        raise NotVerified()
    if asks.feedback and not (text or "").strip():
        raise NoFeedback()


def handlers(moves: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Who handled the task: the actors among (move, actor) who said it was resolved."""
    return frozenset(actor for move, actor in moves if move == Move.RESOLVE)


def _refusal(state: State | None, move: Move, task_id: int | None) -> str:
    what = "The task" if task_id is None else f"Task {task_id}"
    where = "does not exist yet" if state is None else f"is {state}"
    legal = legal_moves(state)
    instead = f"Possible now: {', '.join(legal)}." if legal else "Nothing more can be done with it."
    return f"{what} {where}, so '{move}' is not possible. {instead}"
