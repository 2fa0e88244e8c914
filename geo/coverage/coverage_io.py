"""Coverage asked for, and kept: every local day once it is over, again when later data came.

A day that was measured is read; any other span is measured on the spot. Both say which.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.types.json import Jsonb

from core.db import execute_all
from core.errors import Invalid, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Viewer, to_ms
from devices.readings import Readings
from geo.coverage.answers import Item, answer
from geo.coverage.definitions import definition
from geo.coverage.figures import KINDS, Figure, Sampling
from geo.coverage.measuring_io import Measured, Span, measure, movers_of, owners, weigh
from geo.patrol.rules_io import load_rules
from geo.patrol.windows import LOCAL

QUERIES = load_queries("geo.coverage", "coverage.sql")
LIVE_MAX: Final = timedelta(days=31)
LIVE_FIXES_MAX: Final = 1_000_000  # what can be measured while somebody waits
SETTLE: Final = timedelta(hours=1)  # after midnight: outboxes are still being delivered
BACK_DAYS: Final = 7
DAYS_AT_ONCE: Final = 1  # of one organisation: later data that comes meanwhile has to wait
_MOMENT: Final = timedelta(milliseconds=1)
DAY_MS: Final = 86_400_000
_UTC_AHEAD_MS: Final = 8 * 3_600_000  # Shanghai has had no other offset since 1991


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about coverage. `org_id`: it and what is below; None: all the viewer sees."""

    kind: str
    span: Span
    org_id: int | None = None


class TooMuch(Invalid):
    """Too many positions to be measured while you wait. Ask for fewer days or one squad."""

    code = "too_much"


class CoverageEvaluator:
    """Notes the days that later data came for; the sweep measures them again."""

    name = "coverage"

    def evaluate(self, conn: Connection[Any], readings: Readings, now: datetime) -> Sequence[Event]:
        today_ms = to_ms(day_span(now.astimezone(LOCAL).date()).from_at)
        positions = readings.positions
        old = positions[positions["at_ms"] < today_ms]
        late = {
            (no, day)
            for no, day in zip(
                old["device_no"].tolist(),
                ((old["at_ms"] + _UTC_AHEAD_MS) // DAY_MS).tolist(),
                strict=True,
            )
        }
        late |= {
            (one.stamp.device_no, (one.stamp.at_ms + _UTC_AHEAD_MS) // DAY_MS)
            for one in readings.checkins
            if one.stamp.at_ms < today_ms
        }
        if late:
            given = sorted(late)
            days = [date.fromordinal(date(1970, 1, 1).toordinal() + day) for _, day in given]
            conn.execute(QUERIES["stale"], {"nos": [no for no, _ in given], "days": days})
        return ()

    def forget(self) -> None:
        """Nothing is remembered between calls."""


def day_span(day: date) -> Span:
    """A local day."""
    start = datetime.combine(day, time(), LOCAL)
    return Span(start, datetime.combine(day + timedelta(days=1), time(), LOCAL))


def span_of(since: datetime | None, until: datetime | None, now: datetime) -> Span:
    """What was asked for, as far as it is past; without a beginning, the local day of its end."""
    to_at = min(until or now, now)
    return Span(since or day_span((to_at - _MOMENT).astimezone(LOCAL).date()).from_at, to_at)


def coverage(conn: Connection[Any], viewer: Viewer, asked: Asked, now: datetime) -> dict[str, Any]:
    """The figures of one kind over a span: what was kept of a day that is over, else measured.

    Raises NotFound, Invalid, TooMuch.
    """
    org_ids = _scope(conn, viewer, asked.org_id)
    kind, span = asked.kind, asked.span
    day = span.from_at.astimezone(LOCAL).date()
    if span == day_span(day) and span.to_at <= now:
        given = {"org_ids": owners(conn, org_ids, KINDS, span), "day": day}
        if conn.execute(QUERIES["unmeasured"], given).fetchone() is None:
            return answer(kind, span, "stored", _stored(conn, kind, org_ids, span))
    rule = load_rules(conn).at(span.from_at)
    words = definition(kind, rule.coverage)
    found = measured(conn, viewer, asked)
    items = [Item(one.org_id, one.name, one.figure, rule.version, words) for one in found]
    return answer(kind, span, "live", items)


def measured(conn: Connection[Any], viewer: Viewer, asked: Asked) -> list[Measured]:
    """Measured on the spot, with what a map shows of it. Raises NotFound, Invalid, TooMuch."""
    span = asked.span
    if not span.from_at < span.to_at <= span.from_at + LIVE_MAX:
        raise Invalid("Coverage needs `since` before `until`, at most 31 days apart.")
    having = owners(conn, _scope(conn, viewer, asked.org_id), [asked.kind], span)
    fixes = 0
    for owner in having:
        nos = movers_of(conn, owner, span)
        fixes += weigh(conn, nos, span, LIVE_FIXES_MAX + 1)
        if fixes > LIVE_FIXES_MAX:
            raise TooMuch(kind=asked.kind)
    rule = load_rules(conn).at(span.from_at).coverage
    return [one for owner in having for one in measure(conn, owner, [asked.kind], span, rule)]


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """Measure days that are over and were not yet, or no more hold; one at a time.

    Idempotent: what says nothing new adds no version. Call it every few seconds.
    """
    rules = load_rules(conn)
    last = (now - SETTLE).astimezone(LOCAL).date() - timedelta(days=1)
    days = [last - timedelta(days=back) for back in range(BACK_DAYS)]
    spans = {day: day_span(day) for day in days}
    due = conn.execute(
        QUERIES["due"],
        {
            "days": days,
            "froms": [spans[day].from_at for day in days],
            "tos": [spans[day].to_at for day in days],
            "rules": [rules.at(spans[day].from_at).version for day in days],
            "limit": DAYS_AT_ONCE,
        },
    ).fetchall()
    for org_id, day in due:
        conn.execute(QUERIES["take_run"], {"org_id": org_id, "day": day})
        rule = rules.at(spans[day].from_at)
        found = measure(conn, org_id, KINDS, spans[day], rule.coverage)
        _keep(conn, found, spans[day], rule.version)
        given = {"org_id": org_id, "day": day, "rule": rule.version, "now": now}
        conn.execute(QUERIES["end_run"], given)
    return []


def _keep(conn: Connection[Any], found: Sequence[Measured], span: Span, rule: str) -> None:
    rows = [
        {
            "org_id": one.org_id,
            "kind": one.figure.kind,
            "object_id": one.figure.object_id,
            **span._asdict(),
            "covered": one.figure.covered,
            "required": one.figure.required,
            "unit": one.figure.unit,
            "period_s": one.figure.sampling.period_s,
            "unknown_s": one.figure.sampling.unknown_s,
            "confidence": one.figure.sampling.confidence,
            "detail": Jsonb(dict(one.figure.detail)),
            "rule": rule,
        }
        for one in found
    ]
    execute_all(conn, QUERIES["add"], rows)


def _stored(conn: Connection[Any], kind: str, org_ids: Collection[int], span: Span) -> list[Item]:
    rules = load_rules(conn)
    words = definition(kind, rules.at(span.from_at).coverage)
    given = {"kind": kind, "org_ids": list(org_ids), **span._asdict()}
    return [
        Item(
            owner,
            name,
            Figure(kind, id_, covered, required, Sampling(period_s, unknown_s, sure), detail),
            rule,
            words,
            version,
            known_at,
        )
        for (
            id_, owner, covered, required, period_s, unknown_s, sure, detail, rule, version,
            known_at, name,
        ) in conn.execute(QUERIES["stored"], given)
    ]  # fmt: skip


def _scope(conn: Connection[Any], viewer: Viewer, org_id: int | None) -> list[int]:
    """The organisations asked about: the viewer's, or one of them and what is below it."""
    if org_id is None:
        return list(viewer.org_ids)
    if not viewer.sees(org_id):
        raise NotFound("No such organisation, or not within yours.", org_id=org_id)
    given = {"org_id": org_id, "org_ids": list(viewer.org_ids)}
    return [id_ for (id_,) in conn.execute(QUERIES["below"], given)]
