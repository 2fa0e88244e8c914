"""Named queries, read from the .sql file that lies beside the module using them.

A file is a list of blocks. Each opens with `-- name --`; comment lines that
follow say why; the rest is the query.
"""

import re
from importlib import resources
from typing import LiteralString, cast

_HEADING = re.compile(r"^-- (\w+) --\n(?:--.*\n)*", re.MULTILINE)


def load_queries(package: str, filename: str) -> dict[str, LiteralString]:
    """The queries of one file by name; a name given twice is a bug."""
    text = resources.files(package).joinpath(filename).read_text("utf-8")
    _preamble, *pairs = _HEADING.split(text)
    names, bodies = pairs[0::2], pairs[1::2]
    assert len(names) == len(set(names)), f"{filename} names a query twice"
    # The files ship with the code, so they are as trusted as a literal in it.
    return {
        name: cast(LiteralString, body.strip().rstrip(";"))
        for name, body in zip(names, bodies, strict=True)
    }
