"""Where a test makes this very process die or freeze. Off unless WAYPOST_FAILPOINT is set.

The value is `point:signal:times`: at the given passing of the point the process sends
itself the signal, so that a fault can strike between two lines. Points: `received`
(before a batch is written), `writing` (inside the transaction, all rows written),
`committed` (before the acknowledgement), `acknowledged` (before the receipts).
"""

import os
import signal
import threading
import time
from typing import Final

_POINT, _, _REST = os.environ.get("WAYPOST_FAILPOINT", "").partition(":")
_SIGNAL, _, _TIMES = _REST.partition(":")
_passings = 0
_counting: Final = threading.Lock()


def failpoint(name: str) -> None:
    """Nothing, except in a fault test."""
    global _passings  # noqa: PLW0603  a process has one failpoint
    if name != _POINT:
        return
    with _counting:
        _passings += 1
        if _passings == int(_TIMES or 1):
            os.kill(os.getpid(), signal.Signals[_SIGNAL or "SIGKILL"])
            time.sleep(0.5)  # another thread may take the signal; this one must not go on
