"""A finding's life, and which findings to raise, withdraw or leave. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from core.errors import Conflict
from core.values import Role
from geo.gas.rulebook import VARIANTS


class State(StrEnum):
    NEW = "new"
    VERIFIED = "verified"
    DISPATCHED = "dispatched"
    CLOSED = "closed"


class Outcome(StrEnum):
    CONFIRMED = "confirmed"
    FALSE = "false"
    UNKNOWN = "unknown"


class Move(StrEnum):
    VERIFY = "verify"
    DISPATCH = "dispatch"
    CLOSE = "close"
    REOPEN = "reopen"


@dataclass(frozen=True, slots=True)
class Line:
    """From which states a move leads where, and who may make it."""

    before: frozenset[State]
    after: State
    role: Role


LINES: Final = {
    Move.VERIFY: Line(frozenset({State.NEW}), State.VERIFIED, Role.DISPATCHER),
    # Field work may be asked for at once; a task that failed may be followed by another.
    Move.DISPATCH: Line(
        frozenset({State.NEW, State.VERIFIED, State.DISPATCHED}), State.DISPATCHED, Role.DISPATCHER
    ),
    Move.CLOSE: Line(
        frozenset({State.NEW, State.VERIFIED, State.DISPATCHED}), State.CLOSED, Role.DISPATCHER
    ),
    Move.REOPEN: Line(frozenset({State.CLOSED}), State.VERIFIED, Role.DISPATCHER),
}


class IllegalFindingMove(Conflict):
    """The finding's state does not allow it."""

    code = "illegal_finding_move"


def after(state: State, move: Move, finding_id: int) -> State:
    """Raises IllegalFindingMove."""
    line = LINES[move]
    if state not in line.before:
        raise IllegalFindingMove(
            f"Finding {finding_id} is {state}; {move} needs {' or '.join(sorted(line.before))}."
        )
    return line.after


_SAID: Final = (
    (Outcome.FALSE, ("不属实", "false")),
    (Outcome.CONFIRMED, ("属实", "confirmed")),
    (Outcome.UNKNOWN, ("无法核实", "unknown")),
)


def outcome_of(report: str) -> Outcome | None:
    """What a report from the field begins with; None: it says none of the three.

    >>> [outcome_of(said) for said in ("属实，已扣押", "不属实", "Unknown: nobody home", "去过")]
    [<Outcome.CONFIRMED: 'confirmed'>, <Outcome.FALSE: 'false'>, <Outcome.UNKNOWN: 'unknown'>, None]
    """
    said = report.strip().lower()
    for outcome, words in _SAID:
        if said.startswith(words):
            return outcome
    return None


# ── what the rules say ─────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Name:
    """What makes a finding one and the same."""

    subject: str  # cylinder, user, courier
    key: str
    rule: str
    variant: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """A finding as the rules have it now."""

    name: Name
    since: datetime
    until: datetime | None
    value: float | None
    other: str | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    # Of what hangs on no event: organisation, latitude, longitude.
    about: tuple[int, float | None, float | None] | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """The same as it stands in the database."""

    id: int
    name: Name
    since: datetime
    until: datetime | None
    value: float | None
    withdrawn_at: datetime | None
    raised_at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    raised: list[Wanted]
    again: list[tuple[Stored, Wanted]]  # withdrawn once, and true after all
    changed: list[tuple[Stored, Wanted]]
    withdrawn: list[Stored]

    def __bool__(self) -> bool:
        return bool(self.raised or self.again or self.changed or self.withdrawn)


def same_again(wanted: Iterable[Wanted], stored: Sequence[Stored]) -> list[Wanted]:
    """What lasts and overlaps one of its kind that stands is that one, wherever it now begins.

    So what a person decided on it is not undone by a fix that came late.
    """
    found = {one.name: one for one in wanted}
    known = {one.name for one in stored}
    standing = [one for one in stored if one.withdrawn_at is None and one.name not in found]
    for old in sorted(standing, key=lambda one: one.since):
        heir = next((name for name, new in found.items()
                     if name not in known and _overlap(new, old)), None)  # fmt: skip
        if heir is not None:
            found[old.name] = replace(found.pop(heir), name=old.name)
    return list(found.values())


def _overlap(new: Wanted, old: Stored) -> bool:
    """Of the same subject and kind, and at the same time for a while."""
    same = replace(new.name, anchor=old.name.anchor) == old.name
    return same and new.since <= (old.until or new.since) and old.since <= (new.until or old.since)


def compare(wanted: Iterable[Wanted], stored: Iterable[Stored]) -> Difference:
    """What has to happen so that what is stored says what the rules say."""
    known = {one.name: one for one in stored}
    found = Difference([], [], [], [])
    said = set()
    for one in wanted:
        said.add(one.name)
        before = known.get(one.name)
        if before is None:
            found.raised.append(one)
        elif before.withdrawn_at is not None:
            found.again.append((before, one))
        elif (before.since, before.until, before.value) != (one.since, one.until, one.value):
            found.changed.append((before, one))
    found.withdrawn.extend(
        one for one in known.values() if one.withdrawn_at is None and one.name not in said
    )
    return found


WORDS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    (rule, name): (zh, en) for rule, name, zh, en in VARIANTS
}
