from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from core.values import TaskId
from dispatch.assignments import (
    ASSIGNMENT_MOVES,
    ENDED,
    AssignmentMove,
    AssignmentState,
    IllegalMove,
    assignment_after,
)
from dispatch.tasks import (
    ACK_MOVES,
    LINES,
    MOVES,
    OF_UNITS,
    OPEN,
    OWNED,
    WORDS,
    Move,
    MoveTask,
    State,
    after,
    legal_moves,
    rank,
    require_sense,
)
from dispatch.tasks_page import page
from tests.table import table

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("move", Move)
@pytest.mark.parametrize("state", State)
def test_every_state_answers_every_move(state: State, move: Move) -> None:
    if state in LINES[move].before:
        assert after(state, move) is (LINES[move].after or state)
    else:
        with pytest.raises(IllegalMove, match=f"is {state}, so '{move}' is not possible"):
            after(state, move)


@table("""
    before       move     leads_to
    none         create   accepted
    none         discover discovered
    discovered   accept   accepted
    discovered   reject   rejected
    accepted     assign   dispatched
    dispatched   deliver  delivered
    delivered    read     read
    read         ack      acked
    acked        depart   en_route
    en_route     arrive   on_scene
    on_scene     start    in_progress
    in_progress  resolve  resolved
    resolved     report   reported
    reported     verify   verifying
    verifying    close    closed
    resolved     close    closed      # v1: closed without a verification of its own
    acked        return   returned
    dispatched   lapse    returned    # nobody answered
    returned     assign   dispatched
    verifying    reopen   reopened
    reopened     assign   dispatched
    dispatched   arrive   on_scene    # simply appears on scene
    delivered    arrive   on_scene
    read         arrive   on_scene
    acked        arrive   on_scene
    returned     arrive   on_scene    # appears although it sent the task back
    en_route     assign   dispatched  # another unit takes over
    on_scene     cancel   cancelled
    verifying    defer    deferred
    deferred     resume   accepted
    deferred     extend   deferred    # an extension moves the deadline only
    in_progress  extend   in_progress
""")
def test_the_line_of_work(before: str, move: str, leads_to: str) -> None:
    start = None if before == "none" else State(before)
    assert after(start, Move(move)) is State(leads_to)


def _reached() -> set[State]:
    reached: set[State] = set()
    frontier = {State.ACCEPTED, State.DISCOVERED}
    while frontier:
        reached |= frontier
        frontier = {after(s, m) for s in frontier for m in legal_moves(s)} - reached
    return reached


def test_every_state_can_be_reached() -> None:
    assert _reached() == set(State)


def test_only_endings_have_no_exit() -> None:
    assert set(State) - OPEN == {State.CLOSED, State.REJECTED, State.CANCELLED}


def test_from_anywhere_open_a_task_can_be_cancelled_deferred_and_extended() -> None:
    for state in OPEN:
        assert Move.CANCEL in legal_moves(state)
        assert Move.EXTEND in legal_moves(state)
        assert Move.DEFER in legal_moves(state) or state is State.DEFERRED


def test_every_ending_of_an_assignment_can_be_reached() -> None:
    assert {line.after for line in ASSIGNMENT_MOVES} == set(AssignmentState)
    assert {
        AssignmentState.CLEARED,
        AssignmentState.DECLINED,
        AssignmentState.EXPIRED,
        AssignmentState.CANCELLED,
        AssignmentState.REASSIGNED,
    } == ENDED


def test_acks_never_lead_back() -> None:
    """What a device says moves the work forward or ends the assignment."""
    for ack, move in ACK_MOVES.items():
        for state in LINES[move].before:
            if ack != "declined" and state is not State.RETURNED:
                assert rank(after(state, move)) > rank(state)


@given(st.lists(st.integers(0, 30), max_size=40))
def test_a_random_walk_keeps_task_and_assignment_together(choices: list[int]) -> None:
    """A unit has the task exactly in the states of OWNED, and neither table is left."""
    state, unit = State.ACCEPTED, None
    for choice in choices:
        legal = legal_moves(state)
        if not legal:
            assert unit is None
            return
        move = legal[choice % len(legal)]
        state = after(state, move)
        if move is Move.ASSIGN:
            if unit is not None:
                assert assignment_after(unit, AssignmentMove.REASSIGN) in ENDED
            unit = assignment_after(None, AssignmentMove.OFFER)
        else:
            if unit is None and move in OF_UNITS:
                unit = assignment_after(None, AssignmentMove.OFFER)
            said = LINES[move].unit
            if unit is not None and said is not None:
                unit = assignment_after(unit, said)
        if unit in ENDED:
            unit = None
        assert (unit is not None) == (state in OWNED), (move, state, unit)


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (MoveTask(TaskId(1), Move.CREATE, 1), "begins by being made"),
        (MoveTask(TaskId(1), Move.REJECT, 1), "Say why"),
        (MoveTask(TaskId(1), Move.REJECT, 1, reason="  "), "Say why"),
        (MoveTask(TaskId(1), Move.ASSIGN, 1), "device_id is missing"),
        (MoveTask(TaskId(1), Move.EXTEND, 1, reason="rain"), "Say until when"),
        (MoveTask(TaskId(1), Move.DEFER, 1, reason="rain", until=NOW), "already past"),
        (MoveTask(TaskId(1), Move.ARRIVE, 1, at=NOW + timedelta(seconds=1)), "in the future"),
    ],
)
def test_a_command_that_says_too_little_is_refused(command: MoveTask, complaint: str) -> None:
    with pytest.raises(Invalid, match=complaint):
        require_sense(command, NOW)


def test_the_page_is_drawn_from_the_tables() -> None:
    written = (Path(__file__).parents[3] / "docs" / "tasks.md").read_text("utf-8")
    assert written == page(), "run `python -m dispatch.tasks_page > docs/tasks.md`"


def test_the_page_names_every_line() -> None:
    for line in MOVES:
        assert f"| `{line.move}` |" in page()


@table("""
    word       move
    depart     depart
    en_route   depart
    accepted   ack      # what a unit says when it takes the task
    accept     accept   # what a desk does with a report
    resolved   resolve
    closed     close
    dispatched assign
""")
def test_a_move_may_be_named_by_where_it_leads(word: str, move: str) -> None:
    assert WORDS[word] is Move(move)


def test_every_move_keeps_its_own_name() -> None:
    assert all(WORDS[move] is move for move in Move)
