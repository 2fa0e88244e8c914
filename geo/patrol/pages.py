"""A page of a list."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """Rows after an id, so many at most; standing ones, or ended ones as well."""

    after: int
    limit: int
    history: bool = False
