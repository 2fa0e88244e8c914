from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.acks import ACK_REASONS, DECISIONS, Decision, decide
from dispatch.assignments import ENDED, Assignment, AssignmentMove, assignment_after
from dispatch.tasks import ACK_MOVES, LINES, State, after
from tests.table import table

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
UNIT, OTHER = 7, 8


def minute(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def assignment(device_no: int, state: str, *, ended_at: float = 0) -> Assignment:
    ended = state in ENDED
    return Assignment(1, 1, device_no, state, ended, NOON, minute(ended_at))


@table("""
    state       assignment ack        last  move     ignored
    dispatched  offered    delivered  none  deliver  -
    read        read       accepted   none  ack      -
    dispatched  offered    on_scene   none  arrive   -              # simply appears
    acked       accepted   declined   1     return   -
    on_scene    on_scene   en_route   1     -        already_there  # implied by a later step
    on_scene    on_scene   accepted   9     -        already_there  # late, out of order
    en_route    en_route   declined   1     -        task_over      # on its way: cannot send back
    acked       accepted   declined   9     -        superseded     # said before it accepted
    returned    declined   accepted   1     ack      -              # changed its mind
    returned    declined   accepted   9     -        superseded     # said before it declined
    returned    declined   on_scene   9     arrive   -              # was there all the same
    returned    expired    accepted   none  ack      -              # answers late, still free
    resolved    cleared    on_scene   1     -        already_there
    cancelled   cancelled  on_scene   none  -        task_over
    closed      cleared    resolved   9     -        already_there
""")
def test_what_an_ack_means(
    state: str, assignment: str, ack: str, last: float | str, move: str, ignored: str
) -> None:
    """The ack is of minute 5."""
    decision = decide(
        State(state),
        ack,
        at=minute(5),
        device_no=UNIT,
        assignments=[_assignment(UNIT, assignment)],
        last_ack_at=None if isinstance(last, str) else minute(last),
    )
    wanted = Decision(ignored=ignored) if move == "-" else Decision(move=_move(move))
    assert decision == wanted


_assignment = assignment


def _move(name: str):  # type: ignore[no-untyped-def]
    return next(line.move for line in LINES.values() if line.move == name)


def test_only_who_has_or_had_the_task_may_speak() -> None:
    theirs = [assignment(OTHER, "offered")]
    decision = decide(
        State.DISPATCHED, "accepted", at=NOON, device_no=UNIT, assignments=theirs, last_ack_at=None
    )
    assert decision == Decision(ignored="not_its_task")

    had = [assignment(UNIT, "reassigned", ended_at=3), assignment(OTHER, "offered")]
    decision = decide(
        State.DISPATCHED, "accepted", at=NOON, device_no=UNIT, assignments=had, last_ack_at=None
    )
    assert decision == Decision(ignored="no_longer_owner")


def test_an_ack_of_the_time_before_it_was_taken_away_does_not_count_for_the_second_time() -> None:
    again = [
        assignment(UNIT, "reassigned", ended_at=3),
        assignment(OTHER, "reassigned", ended_at=4),
        assignment(UNIT, "offered"),
    ]

    def at(when: datetime) -> Decision:
        return decide(
            State.DISPATCHED,
            "on_scene",
            at=when,
            device_no=UNIT,
            assignments=again,
            last_ack_at=None,
        )

    assert at(minute(2)) == Decision(ignored="no_longer_owner")
    assert at(minute(5)).move == "arrive"


@dataclass
class Story:
    """A task and its one unit, moved by acks in order of arrival."""

    state: State = State.DISPATCHED
    assignments: list[Assignment] = field(default_factory=lambda: [assignment(UNIT, "offered")])
    last: datetime | None = None

    def hear(self, ack: str, at: datetime) -> None:
        decision = decide(
            self.state,
            ack,
            at=at,
            device_no=UNIT,
            assignments=self.assignments,
            last_ack_at=self.last,
        )
        if decision.move is None:
            assert decision.ignored in ACK_REASONS
            return
        self.state = after(self.state, decision.move)
        if decision.move in DECISIONS:
            self.last = at if self.last is None else max(self.last, at)
        newest = self.assignments[-1]
        if newest.ended:
            self.assignments.append(assignment(UNIT, "offered"))
            newest = self.assignments[-1]
        said = LINES[decision.move].unit
        assert isinstance(said, AssignmentMove)
        state = assignment_after(newest.state, said)  # type: ignore[arg-type]
        self.assignments[-1] = replace(newest, state=state, ended=state in ENDED)


@settings(max_examples=400)
@given(st.data())
def test_any_order_of_arrival_ends_in_the_same_state(data: st.DataObject) -> None:
    acks = data.draw(st.lists(st.sampled_from(sorted(ACK_MOVES)), unique=True, min_size=1))
    minutes = data.draw(
        st.lists(st.integers(0, 60), min_size=len(acks), max_size=len(acks), unique=True)
    )
    said = list(zip(acks, minutes, strict=True))
    ends = set()
    for order in (sorted(said, key=lambda s: s[1]), data.draw(st.permutations(said))):
        story = Story()
        for ack, when in order:
            story.hear(ack, minute(when))
        ends.add((story.state, story.assignments[-1].state))
    assert len(ends) == 1, ends
