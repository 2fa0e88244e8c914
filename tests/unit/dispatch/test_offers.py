from datetime import UTC, datetime, timedelta

import pytest

from dispatch.alarms import RaiseAlarm
from dispatch.assignments import AssignmentState
from dispatch.conduct import Offers
from dispatch.offers import Doing, Offer, Waiting, judge, may_reoffer, wrong
from tests.table import table

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@table("""
    state      priority told waited does
    offered    1        0    29     nothing
    offered    1        0    30     tell_again   # T1
    offered    1        1    59     nothing
    offered    1        1    60     tell_again
    offered    3        3    599    nothing      # told three times: that is all
    delivered  1        0    119    nothing      # the device has it, so T1 is met
    delivered  1        0    120    lapse        # T2 urgent
    read       2        0    120    lapse        # reading is no answer
    delivered  3        0    599    nothing
    delivered  3        0    600    lapse        # T2 normal
""")
def test_what_is_done_about_an_offer(
    state: str, priority: float, told: float, waited: float, does: str
) -> None:
    offer = Offer(1, 1, AssignmentState(state), int(priority), AT, int(told))
    found = judge(offer, Offers(), [], AT + timedelta(seconds=waited))
    assert (found or "nothing") == does


def test_what_we_could_not_hear_does_not_count() -> None:
    """An outage of ours takes no task from anybody."""
    offer = Offer(1, 1, AssignmentState.DELIVERED, 1, AT, 0)
    outage = [(AT + timedelta(seconds=60), AT + timedelta(seconds=400))]
    assert judge(offer, Offers(), outage, AT + timedelta(seconds=459)) is None
    assert judge(offer, Offers(), outage, AT + timedelta(seconds=460)) is Doing.LAPSE


def waiting(**more: int) -> Waiting:
    given = {"lapses": 0, "returns": 0, **more}
    return Waiting(1, 1, "摊位占道", 3, "returned", tried=(7,), **given)


@pytest.mark.parametrize(("lapses", "may"), [(0, False), (1, True), (3, True), (4, False)])
def test_the_machine_offers_anew_a_few_times_only(lapses: int, may: bool) -> None:
    """And never what a person sent back with a reason: the dispatcher decides on that."""
    assert may_reoffer(waiting(lapses=lapses), Offers()) is may
    assert not may_reoffer(waiting(lapses=lapses), Offers(reoffer=False))


def types(alarms: list[RaiseAlarm]) -> list[str]:
    return [one.type for one in alarms]


def test_what_is_said_to_the_dispatcher() -> None:
    assert wrong(waiting(), Offers(), undelivered=False, now=AT) == []
    assert types(wrong(waiting(), Offers(), undelivered=True, now=AT)) == ["offer_undelivered"]
    assert types(wrong(waiting(lapses=2), Offers(), undelivered=False, now=AT)) == [
        "task_unanswered"
    ]
    assert wrong(waiting(returns=2), Offers(), undelivered=False, now=AT) == []
    often = wrong(waiting(returns=3), Offers(), undelivered=False, now=AT)
    assert types(often) == ["task_returned_often"]
    assert often[0].priority == 2
    assert "摊位占道" in often[0].detail["reasons"][0]["zh"]
    assert "3 times" in often[0].detail["reasons"][0]["en"]
