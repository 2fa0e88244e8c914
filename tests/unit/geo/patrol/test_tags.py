"""What people hand over of tags: files and cursors."""

from datetime import UTC, datetime

import pytest

from core.errors import Invalid
from geo.patrol.tags import FIRST, Row, csv_rows, cursor_of, cursor_text


def test_lines_of_a_file() -> None:
    lines = [
        {"uid": "04:a1:b2:c3", "point": " 南门 ", "chip": "SUN"},
        {"uid": "04A1B2C4", "point": "7", "chip": None},
    ]
    assert csv_rows(lines) == [Row("04A1B2C3", "南门", "sun"), Row("04A1B2C4", "7", "uid")]


@pytest.mark.parametrize(
    "line",
    [
        {"uid": "04A1", "point": "7"},
        {"uid": "04A1B2C4"},
        {"uid": "04A1B2C4", "point": "7", "chip": "gold"},
        {"uid": "04a1b2c3", "point": "8"},
    ],
    ids=["no UID", "no point", "no chip", "the same tag again"],
)
def test_a_wrong_line_is_named(line: dict[str, str | None]) -> None:
    with pytest.raises(Invalid, match="Line 3"):
        csv_rows([{"uid": "04A1B2C3", "point": "7"}, line])


def test_a_page_goes_on_where_it_ended() -> None:
    at = datetime(2026, 5, 4, 10, 0, 0, 1000, tzinfo=UTC)
    row = {"corrected_at": at, "device_no": 7, "seq": 9}
    assert cursor_of(cursor_text(row)) == (at, 7, 9) and cursor_of("") == FIRST
    for text in ("x", "~~", "2026-05-04~1"):
        with pytest.raises(Invalid):
            cursor_of(text)
