"""Marks of the cheat detectors on record: added, withdrawn, listed, reviewed by a person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from core.errors import Conflict, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Viewer
from geo.patrol.fraud.marks import Mark
from geo.patrol.rules_io import Rules

QUERIES = load_queries("geo.patrol", "marks.sql")


class SamePerson(Conflict):
    """The officer a mark is about cannot review it. Ask somebody else."""

    code = "same_person"


class MarkWithdrawn(Conflict):
    """Later evidence has taken this mark away; there is nothing to review."""

    code = "mark_withdrawn"


@dataclass(frozen=True, slots=True)
class Scope:
    """Which marks on record would have been found again: of these detectors and devices, with
    `at` in the span (its end not included), and `belongs(key, device_no, other_no, at)`."""

    detectors: Sequence[str]
    device_nos: Sequence[int]
    from_at: datetime
    to_at: datetime
    belongs: Callable[[str, int, int | None, datetime], bool]


@dataclass(frozen=True, slots=True)
class Ledger:
    conn: Connection[Any]
    rules: Rules
    now: datetime

    def hold(self, device_nos: Sequence[int]) -> None:
        """One judge a device at a time, until the end of the transaction."""
        self.conn.execute(QUERIES["hold_marks"], {"nos": list(device_nos)})

    def standing(self, scope: Scope) -> dict[tuple[str, str], tuple[Any, ...]]:
        """Open marks of a scope: (id, evidence, until, device_no, other_no, at)."""
        given = {
            "detectors": list(scope.detectors),
            "nos": list(scope.device_nos),
            "from_at": scope.from_at,
            "to_at": scope.to_at,
        }
        return {
            (detector, key): (id_, *more)
            for id_, detector, key, *more in self.conn.execute(QUERIES["open_marks"], given)
            if scope.belongs(key, *more[2:])
        }

    def settle(self, found: Sequence[Mark], scope: Scope) -> list[Event]:
        """Bring the record to what is found now: add what is new, withdraw what is no longer so.

        A mark found again stays the same mark; its evidence may have grown.
        """
        standing = self.standing(scope)
        added = []
        for mark in found:
            before = standing.pop((mark.detector, mark.key), None)
            if before is None:
                row = self.conn.execute(QUERIES["add"], self._row(mark)).fetchone()
                added += [row[0]] if row is not None else []
            elif before[1:3] != (mark.evidence, mark.until):
                self.conn.execute(QUERIES["change"], {**self._row(mark), "id": before[0]})
        gone = [row[0] for row in standing.values()]
        if gone:
            self.conn.execute(QUERIES["withdraw"], {"ids": gone, "now": self.now})
        return [
            *told(self.conn, "mark.found", added, self.now),
            *told(self.conn, "mark.withdrawn", gone, self.now),
        ]

    def _row(self, mark: Mark) -> dict[str, Any]:
        return {
            "detector": mark.detector,
            "rule": self.rules.at(mark.at).version,
            "key": mark.key,
            "device_no": mark.device_no,
            "other_no": mark.other_no,
            "point_id": mark.point_id,
            "at": mark.at,
            "until_at": mark.until,
            "evidence": Jsonb(mark.evidence),
        }


def told(
    conn: Connection[Any], kind: str, ids: Sequence[int], now: datetime, actor: str | None = None
) -> list[Event]:
    if not ids:
        return []
    return [
        Event(kind, now, org_id, {"mark": shape}, device_no=device_no, actor=actor)
        for org_id, device_no, shape in conn.execute(QUERIES["shapes"], {"ids": list(ids)})
    ]


def list_marks(
    conn: Connection[Any], viewer: Viewer, before: int, limit: int, **wanted: Any
) -> dict[str, Any]:
    """A page, newest first. `wanted`: since, until, detector, device_no, state; None: all."""
    given = {**wanted, "org_ids": list(viewer.org_ids), "before": before or 2**62, "limit": limit}
    rows = conn.execute(QUERIES["page"], given).fetchall()
    following = rows[-1][0] if len(rows) == limit else None
    return {"items": [shape for _, shape in rows], "next": following}


def review_mark(
    conn: Connection[Any], viewer: Viewer, mark_id: int, review: str, *, note: str, now: datetime
) -> tuple[dict[str, Any], list[Event]]:
    """A person has looked. Raises NotFound, SamePerson, MarkWithdrawn."""
    given = {"id": mark_id, "org_ids": list(viewer.org_ids)}
    row = conn.execute(QUERIES["hold"], given).fetchone()
    if row is None:
        raise NotFound("There is no such mark, or it is not within your organisation.")
    is_withdrawn, concerned = row
    if viewer.login in concerned:
        raise SamePerson(mark_id=mark_id)
    if is_withdrawn:
        raise MarkWithdrawn(mark_id=mark_id)
    said = {"id": mark_id, "review": review, "note": note, "login": viewer.login, "now": now}
    conn.execute(QUERIES["review"], said)
    events = told(conn, "mark.reviewed", [mark_id], now, viewer.login)
    return events[0].body["mark"], events
