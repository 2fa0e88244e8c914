"""PostgreSQL's binary arrays as NumPy columns, without an object a value."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

EPOCH_2000_MS: Final = 946_684_800_000  # binary times are microseconds since then
# An array on the wire: dimensions, flags and type, then length and lower bound of the one
# dimension there is, then each value after its length.
_HEAD_BYTES: Final = 20


def column(raw: bytes | None, kind: str) -> NDArray[Any]:
    """The values of a one-dimensional array without nulls; `kind` as NumPy names it, `>i4`.

    >>> raw = bytes(16) + b"\\0\\0\\0\\1" + b"\\0\\0\\0\\2\\0\\7" + b"\\0\\0\\0\\2\\0\\x09"
    >>> column(raw, ">i2").tolist()
    [7, 9]
    """
    assert raw is not None
    wire = np.dtype([("bytes", ">i4"), ("value", kind)])
    return np.frombuffer(raw, wire, offset=_HEAD_BYTES)["value"]
