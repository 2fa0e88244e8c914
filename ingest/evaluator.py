"""What ingest asks of those who think. It imports none of them: app/bootstrap hands it the list."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from psycopg import Connection

from core.events import Event
from devices.readings import Readings


class Evaluator(Protocol):
    """Load, decide, save, inside the caller's transaction.

    The contract every evaluator passes (tests/integration/evaluators): the same
    readings again change nothing and say nothing; readings cut or joined into other
    batches, or mixed with other devices' in another order, end the same.
    """

    name: str

    def evaluate(
        self, conn: Connection[Any], readings: Readings, now: datetime
    ) -> Sequence[Event]: ...

    def forget(self) -> None:
        """Drop whatever is cached: the transaction that filled it was rolled back."""
        ...


class Reaction(Protocol):
    """Events in, further events out: the dispatch rules, run after all evaluators."""

    def __call__(
        self, conn: Connection[Any], events: Sequence[Event], now: datetime
    ) -> Sequence[Event]: ...
