"""Standing rules: kept, listed, and judged by a sweep that catches up from the data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.errors import Forbidden, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Role, Viewer
from dispatch.alarms import ClearAlarm
from dispatch.alarms_io import carry_out
from dispatch.standing import Fact, Kind, Rule, RuleBody, judge, on_since, read_body, source_of
from dispatch.tasks import UNOWNED
from geo.fence_edits import owner_of
from geo.patrol.calendar_io import load_exceptions
from geo.patrol.plans import LOCAL, raised
from geo.patrol.sight import Span, unheard
from geo.patrol.windows import Book
from geo.patrol.windows_io import load_book, with_zone

QUERIES = load_queries("dispatch", "standing.sql")
Shape = dict[str, Any]
BACK: Final = timedelta(days=2)  # an outage or a presence older than this changes nothing
FRESH: Final = timedelta(minutes=5)  # a fix younger than this says that somebody is there


class NoSuchRule(NotFound):
    """No such standing rule, or not within your organisation."""

    code = "no_such_rule"


@dataclass(frozen=True, slots=True)
class RuleDraft:
    kind: str
    name: str
    body: dict[str, Any]
    priority: int = 2
    org_id: int | None = None


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """Judge every rule as of `now`. Idempotent: an alarm that stands is not raised again."""
    rules = _rules(conn)
    active = {source: type_ for type_, source in conn.execute(QUERIES["active"])}
    if not rules and not active:
        return []
    outages = outages_before(conn, now)
    book = load_book(conn) if any(rule.kind is Kind.AREA_VOID for rule in rules) else None
    exceptions = load_exceptions(conn)
    commands = []
    known: set[str] = set()
    for rule in rules:
        since = on_since(rule.body, exceptions, _grades(conn, rule, book, now),
                         now)  # fmt: skip
        for fact in _FACTS[rule.kind](conn, rule, now):
            source = source_of(rule.id, fact.subject)
            known.add(source)
            command = judge(rule, fact, on_since=since, outages=outages,
                            is_active=source in active, now=now)  # fmt: skip
            if command is not None:
                commands.append(command)
    # Of rules and subjects that are no more.
    commands += [ClearAlarm(t, s, now) for s, t in sorted(active.items()) if s not in known]
    return carry_out(conn, commands)


def outages_before(conn: Connection[Any], now: datetime) -> list[Span]:
    """When we could not hear, of late."""
    given = {"from_at": now - BACK, "to_at": now}
    spans: dict[int, list[Span]] = {}
    for session_no, started_at, seen_at in conn.execute(QUERIES["alive"], given):
        spans.setdefault(session_no, []).append((started_at, seen_at))
    return list(unheard(now - BACK, now, now, spans))


def list_rules(conn: Connection[Any], viewer: Viewer, after: int, limit: int) -> list[Shape]:
    """By id: {id, org_id, kind, name, priority, body, created_at, created_by}."""
    given = {"org_ids": list(viewer.org_ids), "after": after, "limit": limit}
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(QUERIES["list"], given).fetchall()


def add_rule(
    conn: Connection[Any], viewer: Viewer, draft: RuleDraft, now: datetime
) -> tuple[Shape, list[Event]]:
    """Raises Forbidden, NotFound, Invalid."""
    org_id = owner_of(viewer, draft.org_id)
    body = read_body(draft.kind, draft.body)
    scope = {"fence_id": body.fence_id, "org_ids": list(viewer.org_ids)}
    if body.fence_id is not None and conn.execute(QUERIES["fence_in_scope"], scope).fetchone() != (
        True,
    ):
        raise NotFound("No such area or post, or not within your organisation.")
    said = {
        "org_id": org_id, "kind": draft.kind, "name": draft.name, "priority": draft.priority,
        "body": msgspec.to_builtins(body),
    }  # fmt: skip
    row = conn.execute(
        QUERIES["add"], {**said, "body": Jsonb(said["body"]), "now": now, "login": viewer.login}
    ).fetchone()
    assert row is not None
    shape = {"id": row[0], **said, "created_at": now, "created_by": viewer.login}
    told = {**shape, "created_at": now.isoformat()}
    return shape, [Event("standing_rule.made", now, org_id, {"rule": told}, actor=viewer.login)]


def end_rule(conn: Connection[Any], viewer: Viewer, rule_id: int, now: datetime) -> list[Event]:
    """Its alarms are cleared by the next sweep. Raises Forbidden, NoSuchRule."""
    if not viewer.may(Role.DISPATCHER):
        raise Forbidden("Only dispatchers and administrators end standing rules.")
    given = {"id": rule_id, "org_ids": list(viewer.org_ids), "now": now}
    row = conn.execute(QUERIES["end"], given).fetchone()
    if row is None:
        raise NoSuchRule(id=rule_id)
    org_id, kind, name = row
    body = {"rule": {"id": rule_id, "kind": kind, "name": name}}
    return [Event("standing_rule.ended", now, org_id, body, actor=viewer.login)]


# ── facts ──────────────────────────────────────────────────────────────────


def _area_void(conn: Connection[Any], rule: Rule, now: datetime) -> Iterator[Fact]:
    body = rule.body
    area = conn.execute(QUERIES["area"], {"fence_id": body.fence_id}).fetchone()
    assert area is not None
    _, name, lon, lat, polygon = area
    if lon is None:
        lon, lat = polygon["coordinates"][0][0]
    given = {"fence_id": body.fence_id, "kinds": list(body.device_kinds), "now": now,
             "since": now - BACK}  # fmt: skip
    rows = conn.execute(QUERIES["presence"], given).fetchall()
    there = [entered for _, inside, entered, until in rows if inside and until > now - FRESH]
    last = max((until for _, _, _, until in rows), default=None)
    detail = {"fence_id": body.fence_id, "name": name,
              "last_inside_at": last.isoformat() if last else None}  # fmt: skip
    ill = None if there else last or now - BACK
    well = min(there) if there else None
    yield Fact(f"fence:{body.fence_id}", rule.org_id, ill, well, None, lon, lat, detail)


def _post_left(conn: Connection[Any], rule: Rule, now: datetime) -> Iterator[Fact]:
    for shift_id, org_id, no, name, starts_at, kind, at, lon, lat in conn.execute(
        QUERIES["posts"], {"org_id": rule.org_id, "now": now}
    ):
        inside = kind == "entered"
        since = max(at, starts_at) if at is not None else starts_at
        yield Fact(
            f"shift:{shift_id}", org_id, None if inside else since, since if inside else None,
            no, lon, lat, {"shift_id": shift_id, "name": name},
        )  # fmt: skip


def _task_ageing(conn: Connection[Any], rule: Rule, now: datetime) -> Iterator[Fact]:
    """A task that has been taken, or is over, is no subject any more: its alarm is cleared."""
    given = {"org_id": rule.org_id, "states": [str(state) for state in UNOWNED],
             "priority_to": rule.body.priority_to}  # fmt: skip
    for id_, org_id, title, changed_at, lon, lat in conn.execute(QUERIES["waiting_tasks"], given):
        detail = {"task_id": id_, "name": title}
        yield Fact(f"task:{id_}", org_id, changed_at, None, None, lon, lat, detail)


def _welfare(conn: Connection[Any], rule: Rule, now: datetime) -> Iterator[Fact]:
    for task_id, org_id, no, name, changed_at, lon, lat in conn.execute(
        QUERIES["on_scene"], {"org_id": rule.org_id}
    ):
        detail = {"task_id": task_id, "name": name}
        yield Fact(f"task:{task_id}", org_id, changed_at, None, no, lon, lat, detail)


def _no_movement(conn: Connection[Any], rule: Rule, now: datetime) -> Iterator[Fact]:
    """Somebody who moved within the time of clearing is well; else still since the last move."""
    body = rule.body
    given = {"org_id": rule.org_id, "now": now, "fresh": now - FRESH, "radius_m": body.radius_m,
             "since": now - timedelta(seconds=body.threshold_s + 300)}  # fmt: skip
    recent = timedelta(seconds=max(body.clear_after_s, 120))  # two fixes of a slow terminal
    for no, org_id, name, lon, lat, moved_at, first_at in conn.execute(QUERIES["still"], given):
        moves = moved_at is not None and now - moved_at < recent
        ill = None if moves else moved_at or first_at
        well = now - recent if moves else None
        yield Fact(f"device:{no}", org_id, ill, well, no, lon, lat, {"name": name})


_FACTS: Final = {
    Kind.AREA_VOID: _area_void,
    Kind.POST_LEFT: _post_left,
    Kind.TASK_AGEING: _task_ageing,
    Kind.WELFARE: _welfare,
    Kind.NO_MOVEMENT: _no_movement,
}


def _rules(conn: Connection[Any]) -> Sequence[Rule]:
    return [
        Rule(id_, org_id, Kind(kind), name, priority, msgspec.convert(body, RuleBody))
        for id_, org_id, kind, name, priority, body in conn.execute(QUERIES["rules"])
    ]


def _grades(
    conn: Connection[Any], rule: Rule, book: Book | None, now: datetime
) -> dict[str, int | None]:
    """The duty grade of the rule's area, by local day: that of its most urgent point."""
    if book is None or rule.body.only_grade is None:
        return {}
    whole = with_zone(conn, book, rule.body.fence_id)
    within = whole.zones.get(rule.body.fence_id or 0, frozenset())
    found: dict[str, int | None] = {}
    for back in range(8):
        day = now.astimezone(LOCAL).date() - timedelta(days=back)
        grades = [raised(whole.points[p].grade, p, whole.raises, day)
                  for p in within if p in whole.points]  # fmt: skip
        found[day.isoformat()] = min(grades, default=None)
    return found
