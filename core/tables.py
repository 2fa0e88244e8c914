"""Tables that a spreadsheet opens. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def harmless(cell: Any) -> Any:
    """A name is a name, whatever a spreadsheet would make of its first letter.

    >>> harmless("=1+1"), harmless("张三"), harmless(-1)
    ("'=1+1", '张三', -1)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def as_csv(rows: Iterable[Sequence[Any]]) -> str:
    """The heading is the first row. With the mark by which Excel knows UTF-8."""
    text = io.StringIO()
    text.write("\ufeff")
    csv.writer(text).writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue()
