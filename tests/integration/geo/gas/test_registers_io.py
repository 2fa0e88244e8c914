"""Files of registers: each bad row is named, whatever it is made of, and loses no good one."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg import Connection

from core.values import Viewer
from geo.gas import registers_io
from tests.integration.geo.gas.test_judgement_io import viewer

__all__ = ["viewer"]
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"key": "half \ud800"}, "half ?"),
        ({"key": "a\0b"}, "a\0b"),
        ({"编号": "S-1", "类别": "casino"}, "S-1"),
        ({"name": "no key"}, ""),
        ({"key": "x" * 999}, "x" * registers_io.NAME_MAX),
    ],
)
def test_a_refused_row_is_named_in_a_report_that_can_be_sent(
    conn: Connection[Any], viewer: Viewer, row: dict[str, Any], named: str
) -> None:
    rows = [{"key": "first"}, row, {"key": "last"}]
    report, _ = registers_io.take_in(
        conn, viewer, "site", rows, datum="wgs84", dry_run=False, now=NOW
    )
    assert [one["action"] for one in report["rows"]] == ["created", "refused", "created"]
    assert report["rows"][1]["name"] == named
    json.dumps(report, ensure_ascii=False).encode()


def test_a_route_needs_its_line_and_strange_columns_are_named(
    conn: Connection[Any], viewer: Viewer
) -> None:
    line = "LINESTRING(121.5 31.2, 121.6 31.2)"
    rows = [{"编号": "A", "线": line, "颜色": "红"}, {"编号": "B"}, {"编号": "A", "名称": "环线"}]
    report, _ = registers_io.take_in(
        conn, viewer, "route", rows, datum="wgs84", dry_run=False, now=NOW
    )
    assert [one["action"] for one in report["rows"]] == ["created", "refused", "changed"]
    assert report["ignored"] == ["颜色"]
    cars = [{"编号": "V", "许可路线": "A;B"}]
    report, _ = registers_io.take_in(
        conn, viewer, "vehicle", cars, datum="wgs84", dry_run=False, now=NOW
    )
    assert report["ignored"] == []
    assert registers_io.entry(conn, viewer, "vehicle", "V")["routes"] == ["A", "B"]
