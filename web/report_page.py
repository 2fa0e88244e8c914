"""The monthly report as a page to print: one document, no script, its definitions beside it."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from geo.patrol.monthly import DUTY, FIGURES, Table, percent, tables
from geo.patrol.results import MEANINGS, Result
from geo.patrol.windows import LOCAL

WIDTH: Final = 220
ROWS_MAX: Final = 400  # of a list; the spreadsheet has them all


def page(report: Mapping[str, Any], language: str) -> str:
    """HTML of the whole report, in one language."""
    zh = language == "zh"
    title = f"{report['org']} {report['month']} " + ("勤务巡查月报" if zh else "patrol report")
    sheets = tables(report, language)
    parts = [
        _head(report, zh),
        _cards(report["total"], language),
        _strip(report["total"]["counts"], language),
        _squads(report["by_squad"], language),
        *(_table(table, zh) for table in sheets[2:]),
    ]
    return f"""<!doctype html>
<html lang="{"zh-CN" if zh else "en"}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{escape(title)}</title>
<link rel="stylesheet" href="/console/css/report.css"></head>
<body><main data-month="{report["month"]}"><h1>{escape(title)}</h1>{"".join(parts)}</main></body>
</html>
"""


def _head(report: Mapping[str, Any], zh: bool) -> str:
    known = escape(f"{report['as_of'].astimezone(LOCAL):%Y-%m-%d %H:%M}")
    said = f"截至 {known} 所知" if zh else f"as known at {known}"
    frozen = report["frozen"]
    if not frozen:
        return f"<p class='known'>{said}</p>"
    moved = len(frozen["moved"])
    version = frozen["version"]
    note = (
        f"已冻结第 {version} 版（{escape(frozen['frozen_by'])}）；此后有 {moved} 项指标变化"
        if zh
        else f"frozen as version {version} by {escape(frozen['frozen_by'])}; "
        f"{moved} figures have moved since"
    )
    return f"<p class='known'>{said} · {note}</p>"


def _cards(total: Mapping[str, Any], language: str) -> str:
    figures = {**total["figures"], **total["duty"]}
    cards = "".join(_card(figures[name], name, language) for name in (*FIGURES, *DUTY, "problems"))
    return f"<section class='cards'>{cards}</section>"


def _card(one: Mapping[str, Any], name: str, language: str) -> str:
    value = one["value"] if name == "problems" else percent(one)
    shown = "–" if value is None else f"{value:g}" + ("" if name == "problems" else " %")
    parts = f"{one['numerator']:g} / {one['denominator']:g}"
    return (
        f"<div class='card' data-figure='{name}'><h3>{escape(one['title'][language])}</h3>"
        f"<b>{shown}</b><i>{parts}</i><p>{escape(one['definition'][language])}</p></div>"
    )


def _strip(counts: Mapping[str, int], language: str) -> str:
    """All results of the month as one bar, with its legend."""
    whole = sum(counts.values()) or 1
    x, bars, legend = 0.0, [], []
    for result in Result:
        count = counts[str(result)]
        if not count:
            continue
        width = 1000 * count / whole
        bars.append(f"<rect class='r-{result}' x='{x:.1f}' width='{width:.1f}' height='22'/>")
        x += width
        words = escape(str(getattr(MEANINGS[result], language)))
        legend.append(f"<li class='r-{result}' data-count='{result}'>{words} <b>{count}</b></li>")
    chart = f"<svg viewBox='0 0 1000 22' preserveAspectRatio='none'>{''.join(bars)}</svg>"
    return f"<section class='strip'>{chart}<ul>{''.join(legend)}</ul></section>"


def _squads(items: Sequence[Mapping[str, Any]], language: str) -> str:
    zh = language == "zh"
    rows = []
    for one in items:
        done, seen = (percent(one["figures"][name]) for name in ("completion", "observable"))
        width = WIDTH * (done or 0) / 100
        rows.append(
            f"<tr><th>{escape(one['name'])}</th><td>{one['required']}</td>"
            f"<td><svg width='{WIDTH}' height='12'>"
            f"<rect class='track' width='{WIDTH}' height='12'/>"
            f"<rect class='done' width='{width:.1f}' height='12'/></svg></td>"
            f"<td>{_percent(done)}</td><td>{_percent(seen)}</td>"
            f"<td>{one['counts']['missed']}</td><td>{one['counts']['undeterminable']}</td></tr>"
        )
    heads = (
        ("中队", "应到", "", "完成率", "可观测率", "漏巡", "无法判定")
        if zh
        else ("squad", "required", "", "done", "observable", "missed", "undeterminable")
    )
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    title = "各中队" if zh else "Squads"
    return (
        f"<section><h2>{title}</h2><table class='squads'><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></section>"
    )


def _table(table: Table, zh: bool) -> str:
    if not table.rows:
        nothing = "无" if zh else "none"
        return f"<section><h2>{escape(table.title)}</h2><p class='none'>{nothing}</p></section>"
    head = "".join(f"<th>{escape(str(name))}</th>" for name in table.header)
    rows = "".join(
        "<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>"
        for row in table.rows[:ROWS_MAX]
    )
    left = len(table.rows) - ROWS_MAX
    more = (
        (f"另有 {left} 行，见表格文件" if zh else f"{left} more in the spreadsheet")
        if left > 0
        else ""
    )
    return (
        f"<section data-table='{table.name}'><h2>{escape(table.title)}</h2>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"<p class='none'>{more if left > 0 else ''}</p></section>"
    )


def _cell(cell: Any) -> str:
    return "–" if cell is None else escape(f"{cell:g}" if isinstance(cell, float) else str(cell))


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:g} %"
