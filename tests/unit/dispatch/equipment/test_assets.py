"""The life of a thing: every legal move, no other, and what standards ask for."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from core.errors import Invalid
from dispatch.equipment.assets import (
    LINES,
    IllegalAssetMove,
    Move,
    Person,
    Standing,
    State,
    Step,
    after,
    per_person,
    per_unit,
)
from dispatch.equipment.policy import Standard, read_policy

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def standing(state: State | None, person: int | None = None) -> Standing:
    return Standing(1, 3, state, 10, person, NOON)


def step(move: Move, **more: object) -> Step:
    """With what this move needs."""
    line = LINES[move]
    given: dict[str, object] = {"person_id": 7} if line.holder else {}
    if move is Move.LEND:
        given["due_at"] = NOON + timedelta(days=3)
    if move is Move.TRANSFER:
        given["org_id"] = 11
    if line.note:
        given["note"] = "why"
    return Step(move, NOON, **{**given, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(("state", "move"), list(product([None, *State], Move)))
def test_a_move_is_legal_where_its_line_says_and_nowhere_else(
    state: State | None, move: Move
) -> None:
    legal = state in (LINES[move].before or (None,))
    try:
        found = after(standing(state), step(move))
    except IllegalAssetMove:
        assert not legal
    else:
        assert legal
        assert found.state is LINES[move].after


def test_nothing_comes_back_from_the_scrap_heap() -> None:
    assert all(State.RETIRED not in line.before for line in LINES.values())


def test_who_has_it_stays_responsible_until_it_is_given_back() -> None:
    held = standing(State.ISSUED, 7)
    assert after(held, step(Move.REPORT_FAULT)).person_id == 7
    assert after(held, step(Move.LOSE)).person_id == 7
    assert after(held, step(Move.GIVE_BACK)).person_id is None
    assert after(held, step(Move.SEND_REPAIR)).person_id is None
    assert after(standing(State.IN_STORE), step(Move.TRANSFER)).org_id == 11


@pytest.mark.parametrize(
    ("move", "more", "said"),
    [
        (Move.ISSUE, {"person_id": None}, "needs a person"),
        (Move.RETIRE, {"note": " "}, "why"),
        (Move.LEND, {"due_at": None}, "due back"),
        (Move.LEND, {"due_at": NOON}, "after it begins"),
        (Move.ISSUE, {"due_at": NOON}, "due back"),
        (Move.TRANSFER, {"org_id": None}, "organisation"),
        (Move.RETIRE, {"person_id": 7}, "nobody"),
        (Move.RETIRE, {"at": NOON - timedelta(seconds=1)}, "cannot be before"),
    ],
)
def test_what_a_move_lacks_is_said(move: Move, more: dict[str, object], said: str) -> None:
    asked = step(move)
    values = {name: getattr(asked, name) for name in Step.__slots__} | more
    with pytest.raises(Invalid, match=said):
        after(standing(State.IN_STORE), Step(**values))


PEOPLE = [
    Person(1, "张三", "B1", 10, "front_line"), Person(2, "李四", "B2", 10, "front_line"),
    Person(3, "王五", "B3", 11, "front_line"), Person(4, "赵六", "B4", 11, "office"),
]  # fmt: skip


def test_a_rate_names_who_is_short_and_the_office_needs_none() -> None:
    (found,) = per_person(PEOPLE, {(1, "camera"): 1, (4, "camera"): 1}, [Standard("camera")])
    assert (found["numerator"], found["denominator"]) == (1, 3)
    assert [(who["name"], who["has"]) for who in found["lacking"]] == [("李四", 0), ("王五", 0)]
    (none,) = per_person([], {}, [Standard("camera")])
    assert none["rate"] is None, "of nobody there is no rate"


def test_a_unit_needs_one_more_for_every_so_many_people_begun() -> None:
    units = [
        {"id": 10, "name": "一中队", "kind": "squad"},
        {"id": 9, "name": "大队", "kind": "brigade"},
    ]
    standard = Standard("dock", least=1, duty=None, unit="squad", people=1)
    (found,) = per_unit(units, PEOPLE, {(10, "dock"): 1}, [standard])
    assert found["lacking"] == [{"org_id": 10, "name": "一中队", "has": 1, "wanted": 2}]
    (well,) = per_unit(units, PEOPLE, {(10, "dock"): 2}, [standard])
    assert (well["numerator"], well["denominator"], well["rate"]) == (1, 1, 1.0)


@pytest.mark.parametrize(
    "body",
    [
        {"tempo": 1},
        {"audit": {"gap_s": -1}},
        {"audit": {"gap_s": "long"}},
        {"standards": [{"kind": "camera", "duty": None}]},
        {"standards": [{"kind": "dock", "duty": None, "unit": "squad", "people": 0}]},
        {"standards": [{"kind": "dock", "unit": "squad"}]},
        {"retention": {"days": 1e9}},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        read_policy(body)
