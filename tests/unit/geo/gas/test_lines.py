"""Lines of a file: what no database can keep is refused by its number, and days are days."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from core.values import from_ms, to_ms
from geo.gas.lines import NoLine, Row, lines_of, moment, read_line
from geo.patrol.imports import Refused

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SHANGHAI = timedelta(hours=8)


def line(**more: Any) -> dict[str, Any]:
    return {"event_id": str(uuid4()), "type": "scan", "code": "x", "at": to_ms(NOW), **more}


def read(said: Mapping[str, Any]) -> Any:
    return read_line(said, system="centre", datum="wgs84", now=NOW)


@pytest.mark.parametrize(
    "more",
    [
        r'"code":"\ud800"', r'"note":"\ud800"', r'"\udfff":1', '"extra":NaN', '"extra":-Infinity',
        '"extra":1e999', r'"extra":{"a":"\u0000"}', r'"extra":[{"\u0000":1}]', r'"note":"a\u0000"',
        r'"type":"\ud800"', r'"event_id":"\ud800"', '"net":' + "9" * 400,
        '"extra":' + "[" * 4_000 + "]" * 4_000,
    ],
)  # fmt: skip
def test_what_cannot_be_stored_is_refused_by_its_number(more: str) -> None:
    good = json.dumps(line())
    found = lines_of(f"{good}\n{good[:-1]},{more}}}\n{good}".encode())
    assert [one.no for one in found] == [1, 2, 3]
    for one in found:
        if one.no == 2:
            with pytest.raises(Refused) as why:
                refuse(one)
            assert why.value.zh
            (why.value.zh + why.value.en).encode()
        else:
            refuse(one)


def refuse(one: Row | NoLine) -> None:
    if isinstance(one, NoLine):
        raise one.why
    read(one.said)


def test_a_backslash_before_u0000_is_text_like_any_other() -> None:
    said = line(note="\\u0000", other='\\"\\\\u0000', face="😀")
    (found,) = lines_of(json.dumps(said).encode())
    assert isinstance(found, Row)
    assert read(found.said).detail == {name: said[name] for name in ("note", "other", "face")}


DAY = datetime(2030, 3, 1, tzinfo=UTC) - SHANGHAI
LAST = timedelta(hours=23, minutes=59, seconds=59)


@pytest.mark.parametrize(
    "told", ["20300301", 20300301, 20300301.0, "2030-03-01", "２０３００３０１",
             datetime(2030, 3, 1)]  # noqa: DTZ001 - a cell of a spreadsheet has no zone
)  # fmt: skip
def test_a_bare_day_is_a_day_however_it_is_written(told: Any) -> None:
    assert moment(told, "at") == DAY
    assert moment(told, "scrap_due", end=True) == DAY + LAST


@pytest.mark.parametrize(
    ("told", "at"),
    [
        (1_900_000_000_000, from_ms(1_900_000_000_000)),
        ("1900000000000", from_ms(1_900_000_000_000)),
        ("2030-03-01T08:00:00Z", DAY + timedelta(hours=16)),
        ("2030-03-01 08:00", DAY + timedelta(hours=8)),
        ("20300301T080000", DAY + timedelta(hours=8)),
        (datetime(2030, 3, 1, 8), DAY + timedelta(hours=8)),  # noqa: DTZ001
    ],
)
def test_a_time_of_day_is_kept(told: Any, at: datetime) -> None:
    assert moment(told, "x") == moment(told, "x", end=True) == at


@pytest.mark.parametrize(
    "told",
    [
        "310115202600012345678", 310115202600012345678, "20301301", 20300230, "²", "1" * 5_000,
        "2030", 1_780_000_000, "20260301081500", "1989-12-31", "2200-01-01", "0001-01-01", True,
        float("nan"), float("inf"), None, {}, ["2030-03-01"], "", -5, "soon", 7_258_118_400_000,
    ],
)  # fmt: skip
def test_what_is_no_moment_between_1990_and_2200_is_refused(told: Any) -> None:
    with pytest.raises(Refused) as why:
        moment(told, "scrap_due", end=True)
    assert "scrap_due" in why.value.zh
    assert "scrap_due" in why.value.en
    assert len(why.value.en) < 200


def test_due_dates_of_a_line_last_to_the_end_of_their_day() -> None:
    due = {"next_inspection_due": "20300301", "next_due": "2030-03-01", "scrap_due": 20300301}
    found = read(line(made_on="20300301", **due)).detail
    assert found.pop("made_on") == to_ms(DAY)
    assert set(found.values()) == {to_ms(DAY + LAST)}
    assert read(line(at="20260301")).at == datetime(2026, 2, 28, 16, tzinfo=UTC)
