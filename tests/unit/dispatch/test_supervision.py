from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from dispatch.conduct import Supervision
from dispatch.supervision import Overdue, alarm, document_no, notices_wanted, require_step, rungs
from geo.patrol.plans import LOCAL
from tests.table import table

RULE = Supervision()


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LOCAL)


DEADLINE = local("2026-03-06T17:30")  # a Friday


def task(**more: object) -> Overdue:
    given: dict[str, object] = {"deadline": DEADLINE, "first_report_due": None,
                                "taken": frozenset(), **more}  # fmt: skip
    return Overdue(1, 1, "投诉", 3, **given)  # type: ignore[arg-type]


@table("""
    now               steps
    2026-03-06T17:30  none
    2026-03-06T17:31  reminder
    2026-03-09T17:30  reminder                              # the rung is reached after it
    2026-03-09T17:31  reminder,letter                       # a working day later
    2026-03-11T17:31  reminder,letter,interview             # three
    2026-03-31T23:59  reminder,letter,interview
    2026-04-01T00:01  reminder,letter,interview,circular    # with the end of the month
""")
def test_the_ladder(now: str, steps: str) -> None:
    found = [one.step for one in rungs(task(), RULE, {}, local(now))]
    assert (",".join(found) or "none") == steps


def test_a_rung_is_taken_once_for_one_deadline() -> None:
    taken = frozenset({("reminder", DEADLINE)})
    assert rungs(task(taken=taken), RULE, {}, local("2026-03-06T18:00")) == []
    later = task(taken=taken, deadline=local("2026-03-10T17:30"))  # extended, and late again
    assert [one.step for one in rungs(later, RULE, {}, local("2026-03-10T18:00"))] == ["reminder"]


def test_a_first_report_that_is_late_is_reminded_of_alone() -> None:
    due = local("2026-03-02T12:00")
    late = task(first_report_due=due, deadline=local("2026-03-20T00:00"))
    found = rungs(late, RULE, {}, local("2026-03-05T12:00"))
    assert [(one.step, one.due_since) for one in found] == [("reminder", due)]
    told = task(first_report_due=due, deadline=None, taken=frozenset({("reminder", due)}))
    assert not rungs(told, RULE, {}, local("2026-03-05T12:00"))


def test_from_the_letter_on_it_is_urgent() -> None:
    assert alarm(task(), "reminder", DEADLINE).priority == 3
    assert alarm(task(), "letter", DEADLINE).priority == 2
    assert "督办通知单" in alarm(task(), "letter", DEADLINE).detail["reasons"][0]["zh"]


@given(st.integers(0, 100_000))
def test_a_twentieth_of_the_complaints_and_never_less(complaints: int) -> None:
    wanted = notices_wanted(complaints, RULE)
    assert wanted * 20 >= complaints
    assert (wanted - 1) * 20 < complaints


def test_documents_are_numbered_by_kind_and_year() -> None:
    assert document_no("reminder", 2026, 12) == "催办〔2026〕12号"
    assert document_no("own step", 2026, 1) == "own step〔2026〕1号"


def test_a_step_by_hand_needs_a_name_and_a_reason() -> None:
    require_step("notice", "as planned", RULE)
    with pytest.raises(Invalid, match="one of reminder, letter"):
        require_step("shout", "x", RULE)
    with pytest.raises(Invalid, match="Say why"):
        require_step("notice", "  ", RULE)
