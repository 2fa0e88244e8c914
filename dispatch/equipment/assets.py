"""The life of a thing: every legal move is a line of MOVES. Pure.

Sources: the state machines of the feature list (camera), domain reference D.1.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from core.errors import Conflict, Invalid


class State(StrEnum):
    IN_STORE = "in_store"  # 在库
    ISSUED = "issued"  # 在用: somebody has it for good
    LOANED = "loaned"  # 借用: somebody has it until a day
    FAULT = "fault"  # 故障
    REPAIR = "repair"  # 送修
    LOST = "lost"  # 遗失
    RETIRED = "retired"  # 报废


class Move(StrEnum):
    REGISTER = "register"
    ISSUE = "issue"
    LEND = "lend"
    GIVE_BACK = "give_back"
    REPORT_FAULT = "report_fault"
    SEND_REPAIR = "send_repair"
    REPAIRED = "repaired"
    LOSE = "lose"
    FIND = "find"
    TRANSFER = "transfer"
    RETIRE = "retire"


_S, _M = State, Move
_HELD = (_S.ISSUED, _S.LOANED)
# A thing in these states does its work; what else is assigned does not count for a standard.
SERVICEABLE: Final = frozenset({_S.IN_STORE, *_HELD})


@dataclass(frozen=True, slots=True)
class Line:
    """`holder`: whether somebody must be named (True), nobody may (False), or who has it stays
    responsible (None)."""

    move: Move
    before: tuple[State, ...]
    after: State
    holder: bool | None = False
    note: bool = False  # a reason must be given


MOVES: Final = (
    Line(_M.REGISTER, (), _S.IN_STORE),
    Line(_M.ISSUE, (_S.IN_STORE,), _S.ISSUED, holder=True),
    Line(_M.LEND, (_S.IN_STORE,), _S.LOANED, holder=True),
    Line(_M.GIVE_BACK, (*_HELD, _S.FAULT), _S.IN_STORE),
    Line(_M.REPORT_FAULT, (_S.IN_STORE, *_HELD), _S.FAULT, holder=None, note=True),
    Line(_M.SEND_REPAIR, (_S.IN_STORE, *_HELD, _S.FAULT), _S.REPAIR),
    Line(_M.REPAIRED, (_S.REPAIR, _S.FAULT), _S.IN_STORE),
    Line(_M.LOSE, (_S.IN_STORE, *_HELD, _S.FAULT, _S.REPAIR), _S.LOST, holder=None, note=True),
    Line(_M.FIND, (_S.LOST,), _S.IN_STORE),
    Line(_M.TRANSFER, (_S.IN_STORE,), _S.IN_STORE),
    Line(_M.RETIRE, (_S.IN_STORE, _S.FAULT, _S.REPAIR, _S.LOST), _S.RETIRED, note=True),
)
LINES: Final[Mapping[Move, Line]] = {line.move: line for line in MOVES}


class IllegalAssetMove(Conflict):
    """This thing cannot do that from where it is."""

    code = "illegal_asset_move"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a thing stands."""

    id: int
    version: int
    state: State | None  # None: not registered yet
    org_id: int
    person_id: int | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """What is asked: a move, of when, to whom, until when, why."""

    move: Move
    at: datetime
    person_id: int | None = None
    org_id: int | None = None
    due_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class After:
    state: State
    org_id: int
    person_id: int | None
    due_at: datetime | None


def after(now: Standing, step: Step) -> After:
    """Raises IllegalAssetMove, Invalid."""
    line = LINES[step.move]
    if now.state not in (line.before or (None,)):
        raise IllegalAssetMove(
            f"It is {now.state}; {step.move} needs {' or '.join(line.before) or 'nothing before'}."
        )
    if step.at < now.at:
        raise Invalid(f"Its last move was at {now.at.isoformat()}; this one cannot be before it.")
    if line.holder and step.person_id is None:
        raise Invalid(f"Say to whom: {step.move} needs a person.")
    if not line.holder and step.person_id is not None:
        raise Invalid(f"{step.move} names nobody.")
    if (step.due_at is not None) != (step.move is Move.LEND):
        raise Invalid("A loan has a day on which it is due back, and nothing else has.")
    if step.due_at is not None and step.due_at <= step.at:
        raise Invalid("A loan is due back after it begins.")
    if line.note and not step.note.strip():
        raise Invalid(f"Say in a note why: {step.move}.")
    if (step.org_id is None) == (step.move is Move.TRANSFER):
        raise Invalid("A transfer names the organisation, and only a transfer does.")
    person = step.person_id if line.holder else now.person_id if line.holder is None else None
    return After(line.after, step.org_id or now.org_id, person, step.due_at)


# ── what standards ask for ─────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    name: str
    badge: str
    org_id: int
    duty: str


@dataclass(frozen=True, slots=True)
class Held:
    """So many serviceable things of a kind a person, or an organisation, has."""

    kind: str
    count: int


def per_person(
    people: Iterable[Person], held: Mapping[tuple[int, str], int], standards: Iterable[Any]
) -> list[dict[str, Any]]:
    """For each standard of people: numerator, denominator, and who lacks how many.

    `held`: serviceable things by (person, kind). 配备率 of domain reference D.4 where the kind is
    camera and the duty front_line.
    """
    people = list(people)
    found = []
    for one in standards:
        if one.duty is None:
            continue
        due = [person for person in people if person.duty == one.duty]
        lacking = [
            {"person_id": person.id, "name": person.name, "badge": person.badge,
             "org_id": person.org_id, "has": held.get((person.id, one.kind), 0)}
            for person in due if held.get((person.id, one.kind), 0) < one.least
        ]  # fmt: skip
        found.append({
            "kind": one.kind, "duty": one.duty, "least": one.least,
            "numerator": len(due) - len(lacking), "denominator": len(due),
            "rate": (len(due) - len(lacking)) / len(due) if due else None, "lacking": lacking,
        })  # fmt: skip
    return found


def per_unit(
    units: Iterable[Mapping[str, Any]], people: Iterable[Person],
    held: Mapping[tuple[int, str], int], standards: Iterable[Any],
) -> list[dict[str, Any]]:  # fmt: skip
    """For each standard of organisations: which has fewer than are due to it.

    `units`: {id, name, kind}; `held`: serviceable things by (organisation, kind).
    """
    front: dict[int, int] = {}
    for person in people:
        if person.duty == "front_line":
            front[person.org_id] = front.get(person.org_id, 0) + 1
    found = []
    for one in standards:
        if one.unit is None:
            continue
        lacking, due = [], 0
        for unit in units:
            if unit["kind"] != one.unit:
                continue
            more = -(-front.get(unit["id"], 0) // one.people) if one.people else 0
            wanted = max(one.least, more)
            due += 1
            has = held.get((unit["id"], one.kind), 0)
            if has < wanted:
                lacking.append({"org_id": unit["id"], "name": unit["name"], "has": has,
                                "wanted": wanted})  # fmt: skip
        found.append({
            "kind": one.kind, "unit": one.unit, "least": one.least, "people": one.people,
            "numerator": due - len(lacking), "denominator": due,
            "rate": (due - len(lacking)) / due if due else None, "lacking": lacking,
        })  # fmt: skip
    return found
