"""Findings in the database: raised, withdrawn with the reason, moved by people, listed."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import numpy as np
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.db import execute_all
from core.errors import Forbidden, Invalid, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Viewer, from_ms, to_ms
from geo.gas.classes import counted
from geo.gas.findings import (
    LINES,
    WORDS,
    Difference,
    Move,
    Name,
    Outcome,
    State,
    Stored,
    Wanted,
    after,
    outcome_of,
)
from geo.gas.history import END_OF_TIME, KINDS, History, Ints
from geo.gas.ledger_io import ids_of
from geo.gas.rulebook import RULES, UNITS, VARIANTS, Thresholds
from geo.gas.rules import Book, Found, placed

QUERIES = load_queries("geo.gas", "findings.sql")
Shape = dict[str, Any]
TOLD_MAX: Final = 50  # findings in one event; the others are counted
SYSTEM: Final = "system"
NEWEST: Final = 2**62
_ABOUT: Final = ("site_id", "station", "user_id", "from_user", "courier", "vehicle", "from_party",
                 "to_party", "address", "cylinder_serial")  # fmt: skip


class NoSuchFinding(NotFound):
    """No such finding, or not within your organisation."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Latitude and longitude of an event by its id; why a finding is no longer true; by what
    thresholds it was judged."""

    place: Callable[[str], tuple[float, float] | None]
    why: Callable[[Stored], tuple[str, Shape]]
    limits: Thresholds


def by_the_clock(limits: Thresholds) -> Evidence:
    """Of what says itself where it was: gone when what was missing has come."""
    return Evidence(lambda _: None, lambda _: ("late_event", {}), limits)


def wanted_of(
    told: History, found: Found, subject: str, who: Ints, names: Mapping[int, str]
) -> list[Wanted]:
    """What the rules say, in words and ids; `who` is each event's subject by its number."""
    rows, others = found["row"], found["other"]
    anchors = ids_of(told.events, rows)
    borne_out = ids_of(told.events, np.maximum(others, 0))
    wanted = []
    for one, anchor, other in zip(found, anchors, borne_out, strict=True):
        rule, variant, *_ = VARIANTS[one["variant"]]
        wanted.append(Wanted(
            Name(subject, names[int(who[one["row"]])], rule, variant, str(anchor)),
            from_ms(int(one["since"])),
            None if one["until"] >= END_OF_TIME else from_ms(int(one["until"])),
            None if np.isnan(one["value"]) else round(float(one["value"]), 3),
            None if one["other"] < 0 else str(other),
        ))  # fmt: skip
    return wanted


def evidence_of(told: History, book: Book) -> Evidence:
    """From the history that was judged."""
    lat, lon = placed(told, book)
    ids = ids_of(told.events, told.rows)
    row_of = {str(id_): row for row, id_ in enumerate(ids)}

    def place(anchor: str) -> tuple[float, float] | None:
        row = row_of.get(anchor)
        if row is None or not lat[row]:
            return None
        return float(lat[row]) / 1e7, float(lon[row]) / 1e7

    def why(one: Stored) -> tuple[str, Shape]:
        row = row_of.get(one.name.anchor)
        if row is None:
            return "declared", {"event_id": one.name.anchor}
        of_same = told["cylinder"] == told["cylinder"][row]
        late = np.flatnonzero(of_same & (told["received"] > to_ms(one.raised_at)))
        if not len(late):
            return "register", {}
        return "late_event", {
            "events": [{"event_id": str(ids[n]), "type": KINDS[int(told["kind"][n])],
                        "at": from_ms(int(told["at"][n])).isoformat()} for n in late[:20]]
        }  # fmt: skip

    return Evidence(place, why, book.limits)


def load_stored(conn: Connection[Any], subject: str, keys: Sequence[str] | None) -> list[Stored]:
    """Of these keys all, withdrawn ones as well; of all keys those that stand."""
    query = QUERIES["stored_all"] if keys is None else QUERIES["stored"]
    given = {"subject": subject, "keys": keys}
    return _stored(conn.execute(query, given))


def load_stored_since(conn: Connection[Any], rule: str, since: datetime) -> list[Stored]:
    """Of a rule all that began from a moment on, withdrawn ones as well."""
    return _stored(conn.execute(QUERIES["stored_since"], {"rule": rule, "since": since}))


def _stored(rows: Iterable[Sequence[Any]]) -> list[Stored]:
    return [Stored(row[0], Name(*row[1:6]), *row[6:]) for row in rows]


def save(
    conn: Connection[Any], found: Difference, evidence: Evidence, now: datetime
) -> list[Event]:
    """Write the difference down; one event for each organisation says what became of it."""
    if not found:
        return []
    raised = _raise(conn, found.raised, evidence, now)
    moves = [{"id": id_, "move": "raised", "reason": "", "body": Jsonb({})} for id_ in raised]
    moves += [
        {"id": one.id, "move": "raised_again", "reason": "", "body": Jsonb({})}
        for one, _ in found.again
    ]
    rows = [_changed(one.id, want) for one, want in (*found.again, *found.changed)]
    execute_all(conn, QUERIES["change"], rows)
    gone = []
    for one in found.withdrawn:
        why, body = evidence.why(one)
        gone.append({"id": one.id, "now": now, "why": why})
        moves.append({"id": one.id, "move": "withdrawn", "reason": why, "body": Jsonb(body)})
    execute_all(conn, QUERIES["withdraw"], gone)
    execute_all(conn, QUERIES["add_move"], [{**one, "now": now, "by": SYSTEM} for one in moves])
    return _told(conn, [*raised, *(one.id for one, _ in found.again)],
                 [one.id for one in found.withdrawn], now)  # fmt: skip


def _raise(
    conn: Connection[Any], wanted: Sequence[Wanted], evidence: Evidence, now: datetime
) -> list[int]:
    if not wanted:
        return []
    told = [one for one in wanted if one.about is None]
    ids = {UUID(id_) for one in told for id_ in (one.name.anchor, one.other) if id_}
    with conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(QUERIES["evidence"], {"event_ids": list(ids)})
        events = {str(row["event_id"]): row for row in cursor}
    rows = []
    for one in wanted:
        detail = one.detail
        if one.about is None:
            event = events[one.name.anchor]
            named = {name: event["detail"][name] for name in _ABOUT if name in event["detail"]}
            detail = {"type": event["type"], "at": event["at"].isoformat(), **named, **detail}
            org_id, (lat, lon) = event["org_id"], evidence.place(one.name.anchor) or (None, None)
        else:
            org_id, lat, lon = one.about
        rows.append({
            **asdict(one.name), "version": RULES[one.name.rule].version, "other": one.other,
            "severity": evidence.limits.severity_of(one.name.rule, one.name.variant),
            "org_id": org_id, "since": one.since, "until": one.until,
            "value": one.value, "detail": Jsonb(detail), "lat": lat, "lon": lon, "now": now,
        })  # fmt: skip
    return [int(row[0]) for row in execute_all(conn, QUERIES["raise"], rows) if row is not None]


def _changed(id_: int, want: Wanted) -> Shape:
    return {"id": id_, "since": want.since, "until": want.until, "value": want.value,
            "other": want.other}  # fmt: skip


def _told(
    conn: Connection[Any], raised: Sequence[int], withdrawn: Sequence[int], now: datetime
) -> list[Event]:
    ids = [*raised, *withdrawn]
    if not ids:
        return []
    shapes = {shape["id"]: shape for shape in _shapes(conn, None, ids=ids, limit=len(ids))}
    events = []
    for org_id in sorted({shape["org_id"] for shape in shapes.values()}):
        mine = {id_ for id_, shape in shapes.items() if shape["org_id"] == org_id}
        up, down = ([id_ for id_ in part if id_ in mine] for part in (raised, withdrawn))
        body = {
            "raised": [shapes[id_] for id_ in up[:TOLD_MAX]],
            "withdrawn": [shapes[id_] for id_ in down[:TOLD_MAX]],
            "counts": {"raised": len(up), "withdrawn": len(down)},
        }
        events.append(Event("gas.findings", now, org_id, body))
    return events


# ── for people ─────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Filter:
    """Which findings; None asks nothing."""

    states: Sequence[str] | None = None
    rules: Sequence[str] | None = None
    severities: Sequence[str] | None = None
    key: str | None = None
    about: Sequence[str] | None = None  # whoever it names: sites, people, vehicles
    withdrawn: bool | None = False


def list_findings(
    conn: Connection[Any], viewer: Viewer, filter_: Filter, *, before: int = NEWEST, limit: int
) -> Shape:
    """{items, next}: the newest first; `next` goes back into `before`."""
    asked = asdict(filter_)
    key = asked.pop("key")
    ids = None
    if key is not None:
        ids = [id_ for (id_,) in conn.execute(QUERIES["about"], {"key": key})]
    items = _shapes(conn, viewer, before=before, limit=limit + 1, ids=ids, **asked)
    more = items[limit - 1]["id"] if len(items) > limit else None
    return {"items": items[:limit], "next": more}


def finding(conn: Connection[Any], viewer: Viewer, id_: int) -> Shape:
    """With its moves. Raises NotFound."""
    found = _shapes(conn, viewer, ids=[id_], limit=1)
    if not found:
        raise NoSuchFinding(id=id_)
    with conn.cursor(row_factory=dict_row) as cursor:
        moves = cursor.execute(QUERIES["moves"], {"id": id_}).fetchall()
    return {**found[0], "moves": moves}


def _shapes(
    conn: Connection[Any], viewer: Viewer | None, *, limit: int, before: int = NEWEST,
    ids: Sequence[int] | None = None, **asked: Any,
) -> list[Shape]:  # fmt: skip
    given: Shape = dict.fromkeys(("states", "rules", "severities", "about", "withdrawn"))
    org_ids = None if viewer is None else list(viewer.org_ids)
    given |= {**asked, "org_ids": org_ids, "ids": ids, "before": before, "limit": limit}
    return [worded(shape) for _, _, shape in conn.execute(QUERIES["shapes"], given)]


def worded(shape: Shape) -> Shape:
    """With what its rule and variant say, and the unit of its value, in both languages."""
    rule = RULES[shape["rule"]]
    zh, en = WORDS[shape["rule"], shape["variant"]]
    unit_zh, unit_en = UNITS.get((shape["rule"], shape["variant"]), ("", ""))
    return {**shape, "rule_zh": rule.zh, "rule_en": rule.en, "zh": zh, "en": en,
            "unit_zh": unit_zh, "unit_en": unit_en}  # fmt: skip


def move_finding(
    conn: Connection[Any], viewer: Viewer, id_: int, move: Move, *, now: datetime,
    outcome: Outcome | None = None, reason: str = "", task_id: int | None = None,
) -> tuple[Shape, list[Event]]:  # fmt: skip
    """A person's move. Raises NotFound, Forbidden, Invalid, Conflict."""
    row = conn.execute(
        QUERIES["lock_finding"], {"id": id_, "org_ids": list(viewer.org_ids)}
    ).fetchone()
    if row is None:
        raise NoSuchFinding(id=id_)
    if not viewer.may(LINES[move].role):
        raise Forbidden("Only dispatchers and administrators decide on findings.")
    if (move is Move.CLOSE) != (outcome is not None):
        raise Invalid("Closing, and only closing, says confirmed, false or unknown.")
    shape = _move(conn, row[0], State(row[1]), move, now=now, by=viewer.login, outcome=outcome,
                  reason=reason, task_id=task_id)  # fmt: skip
    return shape, [moved(shape, now, viewer.login)]


def _move(
    conn: Connection[Any], id_: int, state: State, move: Move, *, now: datetime, by: str,
    outcome: Outcome | None, reason: str, task_id: int | None,
    body: Mapping[str, Any] | None = None,
) -> Shape:  # fmt: skip
    to = after(state, move, id_)
    conn.execute(QUERIES["move"], {"id": id_, "state": to, "outcome": outcome, "task_id": task_id})
    said = {**(body or {}), **({"outcome": outcome} if outcome else {}),
            **({"task_id": task_id} if task_id else {})}  # fmt: skip
    conn.execute(QUERIES["add_move"], {"id": id_, "move": move, "now": now, "by": by,
                                       "reason": reason, "body": Jsonb(said)})  # fmt: skip
    return _shapes(conn, None, ids=[id_], limit=1)[0]


def moved(shape: Shape, now: datetime, actor: str) -> Event:
    return Event("gas.finding_moved", now, shape["org_id"], {"finding": shape},
                 task_id=shape["task_id"], actor=actor)  # fmt: skip


def follow_task(
    conn: Connection[Any], task_id: int, state: str, reports: Sequence[str], now: datetime
) -> list[Event]:
    """A task came to its end: what the field reported goes into its finding.

    Where a report says confirmed, false or unknown, it closes the finding; else the report is
    kept beside it, and a person decides.
    """
    events = []
    outcome = next((said for said in map(outcome_of, reversed(reports)) if said), None)
    report = next((one for one in reversed(reports) if one.strip()), "")
    for id_, before in conn.execute(QUERIES["by_task"], {"task_ids": [task_id]}).fetchall():
        if before != State.DISPATCHED:
            continue
        body = {"from_task": task_id, "task_state": state}
        if outcome is None:
            conn.execute(QUERIES["add_move"], {"id": id_, "move": "result", "now": now,
                         "by": SYSTEM, "reason": report, "body": Jsonb(body)})  # fmt: skip
            shape = _shapes(conn, None, ids=[id_], limit=1)[0]
        else:
            shape = _move(conn, id_, State(before), Move.CLOSE, now=now, by=SYSTEM,
                          outcome=outcome, reason=report, task_id=None, body=body)  # fmt: skip
        events.append(moved(shape, now, SYSTEM))
    return events


def funnel(conn: Connection[Any], viewer: Viewer, since: datetime, until: datetime) -> Shape:
    given = {"org_ids": list(viewer.org_ids), "since": since, "until": until}
    with conn.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(QUERIES["funnel"], given).fetchone()
    assert found is not None
    return found


def missing_rate(conn: Connection[Any]) -> Shape:
    """溯源缺失率 with its parts, as the sweep last counted it; None before it ever did."""
    rows = conn.execute(QUERIES["counted"]).fetchall()
    at_users, missing = sum(row[2] for row in rows), sum(row[3] for row in rows)
    stages: Counter[str] = Counter()
    for *_, body in rows:
        stages.update(body["stages"])
    return {
        "value": missing / at_users if at_users else None, "numerator": missing,
        "denominator": at_users, "stages": dict(stages),
        "since": min((row[0] for row in rows), default=None), "events": sum(r[1] for r in rows),
        "zh": "用户处气瓶中，本轮缺少必经环节记录的气瓶数 ÷ 用户处气瓶数",
        "en": "cylinders at users with a stage of their round never told ÷ cylinders at users",
    }  # fmt: skip


def problem_classes(conn: Connection[Any], viewer: Viewer) -> list[Shape]:
    """How many cylinders are in each of the twelve."""
    return counted(conn.execute(QUERIES["standing"], {"org_ids": list(viewer.org_ids)}))


def open_counts(conn: Connection[Any], viewer: Viewer) -> list[Shape]:
    rows: Iterable[Any] = conn.execute(QUERIES["counts"], {"org_ids": list(viewer.org_ids)})
    return [
        worded({"rule": rule, "variant": variant, "severity": severity, "count": count})
        for rule, variant, severity, count in rows
    ]
