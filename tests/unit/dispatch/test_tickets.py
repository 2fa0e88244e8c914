from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.values import Point
from dispatch.tickets import Known, Outcome, Ticket, alike, four_rates, masked, ticket_of
from geo.importers_io import converter
from geo.patrol.imports import Refused
from tests.table import table

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROW = {"工单编号": "A-1", "类别": "占道设摊", "受理时间": "2026-03-02 08:00"}


def read(**more: Any) -> Ticket:
    return ticket_of({**ROW, **more}, "12345", converter("wgs84"))


def test_a_row_in_chinese() -> None:
    found = read(诉求内容="请打 13812345678", 联系电话="13812345678", 经度="121.47", 纬度="31.23")
    assert (found.system, found.external_id, found.kind) == ("12345", "A-1", "complaint")
    assert found.received_at.isoformat() == "2026-03-02T08:00:00+08:00"
    assert found.place == Point(31.23, 121.47)
    assert found.wants_contact
    assert "1234" not in (found.caller or "")
    assert "13812345678" not in found.content
    assert read(类型="咨询").kind == "consultation"
    assert not read(联系电话="13812345678", 需联系="否").wants_contact
    assert not read().wants_contact, "nobody to call"


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        ({"工单编号": " "}, "external_id"),
        ({"类别": ""}, "subject"),
        ({"受理时间": ""}, "received_at"),
        ({"受理时间": "gestern"}, "is no time"),
        ({"优先级": 9}, "priority is from 1 to 4"),
        ({"经度": "121.47"}, "lat"),
        ({"经度": "121.47", "纬度": "131"}, "is no latitude"),
    ],
)
def test_a_bad_row_is_refused_in_both_languages(more: dict[str, Any], complaint: str) -> None:
    with pytest.raises(Refused) as refused:
        read(**more)
    assert complaint in refused.value.en
    assert refused.value.zh


@table("""
    said                 kept
    13812345678          138****5678
    021-68541234         021-****1234
    68541234             ****1234
    王女士:13812345678    王女士:138****5678
    编号20260302123456    编号20260302123456   # a number that is none of a telephone
    自20260302起          自20260302起         # nor is a date
    11010119900307123X    1101**********123X   # an identity card
""")
def test_telephones_are_masked(said: str | float, kept: str) -> None:
    text = str(int(said)) if isinstance(said, float) else said
    assert masked(text) == kept


def test_what_is_alike() -> None:
    here = read(联系电话="13812345678", 发生地址="东路 1 号", 经度="121.47", 纬度="31.23")
    same_caller = Known(1, 1, here.caller, None, None)
    same_place = Known(2, 2, None, None, Point(31.2305, 121.47))  # 55 m
    same_address = Known(3, 3, None, "东路 1 号", None)
    far = Known(4, 4, "x", "西路", Point(31.24, 121.47))
    found = alike(here, [same_caller, same_place, same_address, far], 100)
    assert [one.ticket_id for one in found] == [1, 2, 3]
    assert alike(read(), [Known(5, 5, None, None, None)], 100) == [], "nothing said, nothing alike"


def outcome(**more: Any) -> Outcome:
    given: dict[str, Any] = {
        "org_id": 1, "state": "closed", "received_at": AT, "contact_due": None,
        "contacted_at": None, "deadline": AT + timedelta(days=5), "reported_at": None,
        "closed_at": None, "called": False, "answered": False, "solved": None,
        "satisfied": None, "reopened": False, "extended": False, **more,
    }  # fmt: skip
    return Outcome(**given)


def parts(found: dict[str, Any], name: str) -> tuple[float, float]:
    one = found["figures"][name]
    return one["numerator"], one["denominator"]


def test_the_four_rates_by_hand() -> None:
    day = timedelta(days=1)
    outcomes = [
        outcome(contact_due=AT + day, contacted_at=AT + day, reported_at=AT + 5 * day,
                closed_at=AT + 6 * day, called=True, answered=True, solved=True, satisfied=False),
        outcome(contact_due=AT + day, contacted_at=AT + 2 * day, reported_at=AT + 6 * day,
                closed_at=AT + 6 * day, called=True, answered=True, solved=False),
        outcome(contact_due=AT + day, state="acked", called=True),  # nobody answered
        outcome(contact_due=AT + 30 * day, state="acked", deadline=AT + 30 * day),  # not yet due
        outcome(state="deferred", extended=True),
        outcome(state="reopened", reopened=True),
    ]  # fmt: skip
    found = four_rates(outcomes, AT + 10 * day)
    assert parts(found, "contact") == (1, 3)
    assert parts(found, "on_time") == (1, 4)  # due: without the deferred and what is not yet due
    assert parts(found, "solved") == (1, 2)
    assert parts(found, "satisfied") == (0, 1)
    assert parts(found, "answered") == (2, 3)
    assert parts(found, "closure") == (2, 4)
    assert parts(found, "rework") == (1, 3)
    assert parts(found, "extension") == (1, 6)
    assert found["open"] == 4
    assert all(one["definition"]["zh"] for one in found["figures"].values())


def test_without_tickets_there_is_no_rate() -> None:
    assert four_rates([], AT)["figures"]["on_time"]["value"] is None
