"""The monthly report of patrol work: what is in it, as sheets of rows and as a page of numbers.

Pure: the figures come from `rates`; here they are ordered, worst first, and made into tables
that CSV, XLSX and the printed page share, so that all three agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from core.errors import Invalid
from geo.patrol.results import MEANINGS, Result
from geo.patrol.windows import LOCAL

Shape = dict[str, Any]
WORST: Final = 20
FIGURES: Final = ("completion", "punctuality", "verified", "observable", "score")
DUTY: Final = ("attendance", "on_post", "handled")


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet: a title, a header, rows of numbers and texts."""

    name: str
    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def span_of(month: str) -> tuple[datetime, datetime]:
    """From its first moment to the next month's, in Shanghai. Raises Invalid.

    >>> [at.isoformat() for at in span_of("2026-12")]
    ['2026-12-01T00:00:00+08:00', '2027-01-01T00:00:00+08:00']
    """
    try:
        year, number = (int(word) for word in month.split("-"))
        start = date(year, number, 1)
    except ValueError:
        raise Invalid(f"{month!r} is no month such as 2026-11.") from None
    following = date(year + number // 12, number % 12 + 1, 1)
    return tuple(datetime.combine(day, time(), LOCAL) for day in (start, following))  # type: ignore[return-value]


def percent(one: Mapping[str, Any]) -> float | None:
    """A share as a number of hundredths; None where nothing was owed."""
    return None if one["value"] is None else round(one["value"] * 100, 1)


def tables(report: Mapping[str, Any], language: str = "zh") -> list[Table]:
    """Everything of a report as sheets, in one language."""
    zh = language == "zh"
    words = _ZH if zh else _EN
    total = report["total"]
    headline = Table(
        "summary",
        words["summary"],
        (words["figure"], words["value"], words["numerator"], words["denominator"], words["how"]),
        tuple(
            (
                one["title"][language],
                one["value"] if name == "problems" else percent(one),
                one["numerator"],
                one["denominator"],
                one["definition"][language],
            )
            for name, one in _headline(total)
        ),
    )
    parts = [
        _grouped(key, words[key], report[key], words, language)
        for key in ("by_squad", "worst_points", "by_officer")
    ]
    return [headline, *parts, *_lists(report, words, language)]


def _headline(total: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    figures = {**total["figures"], **total["duty"]}
    return [(name, figures[name]) for name in (*FIGURES, *DUTY, "problems") if name in figures]


def _grouped(
    name: str,
    title: str,
    items: Sequence[Mapping[str, Any]],
    words: Mapping[str, str],
    language: str,
) -> Table:
    results = [str(result) for result in Result]
    header = (
        words["name"],
        words["required"],
        *(items[0]["figures"][f]["title"][language] + " %" for f in FIGURES if items),
        *(getattr(MEANINGS[Result(result)], language) for result in results),
    )
    rows = tuple(
        (
            one["name"],
            one["required"],
            *(percent(one["figures"][f]) for f in FIGURES),
            *(one["counts"][result] for result in results),
        )
        for one in items
    )
    return Table(name, title, header, rows)


def _lists(report: Mapping[str, Any], words: Mapping[str, str], language: str) -> list[Table]:
    where = (words["squad"], words["point"], words["window"])
    windows = [
        Table(
            key,
            words[key],
            (*where, words["result"], words["why"]),
            tuple(
                (one["squad"], one["point"], _span(one), _result(one["result"], language),
                 one["why"][language])
                for one in report[key]
            ),
        )
        for key in ("missed", "unknown")
    ]  # fmt: skip
    appeals = Table(
        "appeals",
        words["appeals"],
        (*where, words["before"], words["after"], words["kind"], words["state"], words["why"],
         words["filed_by"], words["decided_by"]),
        tuple(
            (one["squad"], one["point"], _span(one), _result(one["before"], language),
             _result(one["after"], language), one["kind"], one["state"], one["reason"],
             one["created_by"], one["decided_by"] or "")
            for one in report["appeals"]
        ),
    )  # fmt: skip
    marks = Table(
        "marks",
        words["marks"],
        (words["detector"], words["found"], words["confirmed"], words["harmless"], words["open"]),
        tuple(
            (one["detector"], one["found"], one["confirmed"], one["harmless"], one["open"])
            for one in report["marks"]
        ),
    )
    return [*windows, appeals, marks]


def _span(one: Mapping[str, Any]) -> str:
    opens, closes = (one[name].astimezone(LOCAL) for name in ("opens_at", "closes_at"))
    return f"{opens:%m-%d %H:%M}–{closes:%H:%M}"


def _result(result: str | None, language: str) -> str:
    return "" if result is None else str(getattr(MEANINGS[Result(result)], language))


_ZH: Final = {
    "summary": "总览", "figure": "指标", "value": "值（%）", "numerator": "分子",
    "denominator": "分母", "how": "口径", "by_squad": "各中队", "worst_points": "末位点位",
    "by_officer": "各队员", "name": "名称", "required": "应到", "missed": "漏巡清单",
    "unknown": "无法判定清单", "appeals": "补签与申诉", "marks": "可疑标记", "squad": "中队",
    "point": "点位", "window": "时间窗", "result": "结果", "why": "原因", "before": "原判定",
    "after": "现判定", "kind": "类别", "state": "状态", "filed_by": "提交人",
    "decided_by": "审批人", "detector": "检测项", "found": "发现", "confirmed": "属实",
    "harmless": "无碍", "open": "待核",
}  # fmt: skip
_EN: Final = {
    "summary": "Summary", "figure": "figure", "value": "value (%)", "numerator": "numerator",
    "denominator": "denominator", "how": "definition", "by_squad": "Squads",
    "worst_points": "Points, worst first", "by_officer": "Officers", "name": "name",
    "required": "required", "missed": "Missed", "unknown": "Undeterminable",
    "appeals": "Make-ups and appeals", "marks": "Marks", "squad": "squad", "point": "point",
    "window": "window", "result": "result", "why": "reason", "before": "verdict before",
    "after": "verdict now", "kind": "kind", "state": "state", "filed_by": "filed by",
    "decided_by": "decided by", "detector": "detector", "found": "found",
    "confirmed": "confirmed", "harmless": "harmless", "open": "open",
}  # fmt: skip
assert set(_ZH) == set(_EN)
