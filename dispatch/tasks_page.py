"""docs/tasks.md, drawn from the tables of dispatch/tasks.py.

Write it anew with `python -m dispatch.tasks_page > docs/tasks.md` after changing them.
"""

from collections.abc import Iterable

from dispatch.assignments import ASSIGNMENT_MOVES, ENDED
from dispatch.tasks import (
    ACK_MOVES,
    LINES,
    MOVES,
    OPEN,
    Line,
    Move,
    State,
)

_HEAD = """\
# The life of a task 任务状态机

This page is made from the tables in `dispatch/tasks.py` and `dispatch/assignments.py`
and compared with them by a test. A unit may skip steps but never goes back: an officer
may simply appear on scene, and the steps between are not invented.
`extend` moves the deadline and leaves the state as it is.
Who said a task was resolved may not close it out of `verifying`.
"""


def page() -> str:
    """The whole page, ending in a newline."""
    parts = [
        _HEAD,
        "## Task\n",
        _diagram(_task_arrows()),
        _task_table(),
        "## Assignment\n",
        _diagram(_assignment_arrows()),
        "## What a device says\n",
        _ack_table(),
    ]
    return "\n".join(parts)


def _diagram(arrows: Iterable[str]) -> str:
    return "```mermaid\nstateDiagram-v2\n" + "".join(f"    {a}\n" for a in arrows) + "```\n"


def _task_arrows() -> Iterable[str]:
    for line in MOVES:
        if _is_for_any(line):
            continue  # in the table; as arrows they would hide everything else
        for before in line.before or ("[*]",):
            yield f"{before} --> {line.after or before}: {line.move}"
    for state in State:
        if state not in OPEN:
            yield f"{state} --> [*]"


def _is_for_any(line: Line) -> bool:
    return line.move in (Move.CANCEL, Move.DEFER, Move.EXTEND)


def _task_table() -> str:
    rows = ["| move | from | to | the assignment | who | reason |", "|---|---|---|---|---|---|"]
    for line in MOVES:
        before = "any open" if _is_for_any(line) else ", ".join(line.before) or "–"
        rows.append(
            f"| `{line.move}` | {before} | {line.after or 'the same'} | {line.unit or '–'} "
            f"| {line.role or 'the device'} | {'required' if line.reason else '–'} |"
        )
    return "\n".join(rows) + "\n"


def _assignment_arrows() -> Iterable[str]:
    for line in ASSIGNMENT_MOVES:
        for before in line.before:
            yield f"{before or '[*]'} --> {line.after}: {line.move}"
    for state in sorted(ENDED):
        yield f"{state} --> [*]"


def _ack_table() -> str:
    rows = ["| ack `move` | task move | leads to |", "|---|---|---|"]
    rows += [f"| `{ack}` | `{move}` | {LINES[move].after} |" for ack, move in ACK_MOVES.items()]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(page(), end="")
