"""Traces and recalls: from a filling, a batch, a site, vehicle, courier, user or cylinder."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from core.errors import Invalid
from core.sql import load_queries
from core.tables import as_csv
from core.values import Viewer
from geo.gas.findings_io import Filter, list_findings
from geo.gas.ledger_io import life
from geo.gas.trace import DIRECTIONS, Round, Step, graph_of, households, rounds, touching

QUERIES = load_queries("geo.gas", "trace.sql")
Shape = dict[str, Any]
KINDS: Final = ("fill", "cylinder", "site", "vehicle", "courier", "user")
SEEDS_MAX: Final = 5_000
EVER: Final = (datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True)
class Question:
    """`kind` and `key` say where a trace begins; `type` and `scale` narrow the events."""

    kind: str
    key: str
    since: datetime = EVER[0]
    until: datetime = EVER[1]
    direction: str = "both"
    type: str | None = None
    scale: str | None = None


def trace(conn: Connection[Any], viewer: Viewer, asked: Question) -> Shape:
    """{cylinders, nodes, edges, households, truncated}. Raises Invalid."""
    seeds, truncated = _seeds(conn, viewer, asked)
    found = touching(rounds(_lives(conn, viewer, list(seeds))), seeds, asked.direction)
    shape = _shape(conn, viewer, found)
    return {**shape, "truncated": truncated}


def cylinder(conn: Connection[Any], viewer: Viewer, code: str) -> Shape:
    """One cylinder's whole life: its events as told, the same graph, findings and tasks.

    Raises NotFound.
    """
    events = life(conn, viewer, code)
    found = rounds(_lives(conn, viewer, [code]))
    findings = list_findings(conn, viewer, Filter(key=code, withdrawn=None), limit=200)["items"]
    tasks = _tasks(conn, viewer, [code])
    return {"code": code, "events": events, **_shape(conn, viewer, found),
            "findings": findings, "tasks": tasks}  # fmt: skip


def _seeds(
    conn: Connection[Any], viewer: Viewer, asked: Question
) -> tuple[dict[str, list[datetime]], bool]:
    if asked.kind not in KINDS or asked.direction not in DIRECTIONS:
        raise Invalid(
            f"A trace begins at one of {', '.join(KINDS)} and goes {', '.join(DIRECTIONS)}."
        )
    given = {"kind": asked.kind, "key": asked.key, "since": asked.since, "until": asked.until,
             "type": asked.type, "scale": asked.scale, "org_ids": list(viewer.org_ids),
             "limit": SEEDS_MAX + 1, "event_id": None}  # fmt: skip
    if asked.kind == "fill":
        try:
            given["event_id"] = UUID(asked.key)
        except ValueError:
            raise Invalid("A filling is named by the UUID of its event.") from None
    rows = conn.execute(QUERIES["seeds"], given).fetchall()
    seeds: dict[str, list[datetime]] = {}
    for code, at in rows[:SEEDS_MAX]:
        seeds.setdefault(code, []).append(at)
    return seeds, len(rows) > SEEDS_MAX


def _lives(conn: Connection[Any], viewer: Viewer, codes: Sequence[str]) -> list[Step]:
    with conn.cursor(row_factory=class_row(Step)) as cursor:
        given = {"codes": list(codes), "org_ids": list(viewer.org_ids)}
        return cursor.execute(QUERIES["lives"], given).fetchall()


def _shape(conn: Connection[Any], viewer: Viewer, found: Sequence[Round]) -> Shape:
    names = _named(found)
    known = _entries(conn, viewer, names)
    sites = frozenset(key for kind, key in known if kind == "site")
    sites |= {step.site for one in found for step in one.steps if step.site}
    graph = graph_of(found, sites)
    tasks: dict[tuple[str, str], Shape] = {}
    for task in _tasks(conn, viewer, sorted({one.code for one in found})):
        tasks[task["code"], task["user"] or ""] = task
    homes = []
    rows = households(found)
    # A task is about where the cylinder was brought last; earlier visits have none.
    newest = {(row["code"], row["user"]): row["delivered_at"]
              for row in sorted(rows, key=lambda row: row["delivered_at"])}  # fmt: skip
    for row in rows:
        pair = row["code"], row["user"]
        entry = known.get(("user", row["user"]), {})
        place = {name: entry.get(name) for name in ("name", "lat", "lon", "phone")}
        homes.append({**row, **place, "address": row["address"] or entry.get("address"),
                      "task": tasks.get(pair) if row["delivered_at"] == newest[pair] else None,
                      })  # fmt: skip
    return {
        "cylinders": [
            {"code": one.code, "fill_id": one.fill and one.fill.event_id,
             "filled_at": one.fill and one.fill.at, "station": one.fill and one.fill.site,
             "scale": one.fill and one.fill.scale, "last_at": one.steps[-1].at,
             "last": one.steps[-1].type}
            for one in found
        ],
        "nodes": [_node(name, count, known) for name, count in graph.nodes.most_common()],
        "edges": [{"from": a, "to": b, "count": n} for (a, b), n in graph.edges.most_common()],
        "households": homes,
    }  # fmt: skip


def _node(name: str, count: int, known: dict[tuple[str, str], Shape]) -> Shape:
    kind, _, key = name.partition(":")
    entry = known.get((kind, key), {})
    return {"id": name, "kind": kind, "key": key, "name": entry.get("name", key),
            "lat": entry.get("lat"), "lon": entry.get("lon"), "known": bool(entry),
            "count": count}  # fmt: skip


def _named(found: Iterable[Round]) -> set[str]:
    return {
        name
        for one in found
        for step in one.steps
        for name in (step.site, step.user, step.vehicle, step.courier, step.giver, step.taker)
        if name
    }


def _entries(
    conn: Connection[Any], viewer: Viewer, names: set[str]
) -> dict[tuple[str, str], Shape]:
    given = {"kinds": ["site", "vehicle", "courier", "user"], "keys": sorted(names),
             "org_ids": list(viewer.org_ids)}  # fmt: skip
    return {(kind, key): body for kind, key, body in conn.execute(QUERIES["entries"], given)}


def _tasks(conn: Connection[Any], viewer: Viewer, codes: Sequence[str]) -> list[Shape]:
    given = {"codes": list(codes), "org_ids": list(viewer.org_ids)}
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(QUERIES["tasks"], given).fetchall()


def households_csv(found: Shape) -> str:
    """A row for each delivery, as the console lists them."""
    columns = ("user", "name", "phone", "address", "code", "station", "filled_at", "delivered_at",
               "returned_at", "courier", "lat", "lon")  # fmt: skip
    rows: list[list[Any]] = [[*columns, "task_id", "task_state", "result"]]
    for row in found["households"]:
        task = row["task"] or {}
        cells = [row[name] for name in columns]
        rows.append([*cells, task.get("id"), task.get("state"), task.get("result")])
    return as_csv(rows)
