"""The newest events in memory, each encoded once. Pure.

Everything with an id above `floor` is here; older ones are read from the database.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Line:
    """One event: its id, whose it is, and its JSON text."""

    id: int
    org_id: int
    text: str


@dataclass(slots=True)
class Ring:
    floor: int
    lines_max: int
    _ids: list[int] = field(default_factory=list)
    _lines: list[Line] = field(default_factory=list)

    @property
    def newest(self) -> int:
        return self._ids[-1] if self._ids else self.floor

    def __len__(self) -> int:
        return len(self._lines)

    def extend(self, lines: Sequence[Line]) -> None:
        """Add newer lines; the oldest fall out when there are too many."""
        for line in lines:
            assert line.id > self.newest, "event ids only grow"
            self._ids.append(line.id)
            self._lines.append(line)
        over = len(self._lines) - self.lines_max
        if over > 0:
            self.floor = self._ids[over - 1]
            del self._ids[:over], self._lines[:over]

    def after(self, cursor: int) -> Sequence[Line] | None:
        """Lines above `cursor`; None when some of them are here no longer."""
        if cursor < self.floor:
            return None
        return self._lines[bisect_right(self._ids, cursor) :]
