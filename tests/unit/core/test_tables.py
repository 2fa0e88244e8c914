"""Tables for spreadsheets: readable in Excel, and never a formula."""

import csv
import io

import pytest

from core.tables import as_csv, harmless


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_no_text_is_a_formula(first: str) -> None:
    assert harmless(f"{first}HYPERLINK()") == f"'{first}HYPERLINK()"


@pytest.mark.parametrize("cell", ["张三", "a=b", "", -1.5, None, 0])
def test_what_is_none_stays_as_it_is(cell: object) -> None:
    assert harmless(cell) == cell


def test_a_table_is_read_back_as_it_was_but_for_formulas() -> None:
    text = as_csv([("名称", "值"), ("一, “二”\n三", None), ("=1+1", -2)])
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows == [["名称", "值"], ["一, “二”\n三", ""], ["'=1+1", "-2"]]
