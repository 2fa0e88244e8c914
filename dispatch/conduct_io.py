"""How tasks are to be conducted: the newest version of each rule, and new versions."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg import Connection
from psycopg.types.json import Jsonb

from core.events import Event
from core.sql import load_queries
from core.values import Viewer
from dispatch.conduct import KINDS, PLAIN, POLICY, KindBody, Policy, read_kind, read_policy
from geo.patrol.calendar_io import check_keeper

QUERIES = load_queries("dispatch", "conduct.sql")
Shape = dict[str, Any]


def kind_of(conn: Connection[Any], kind: str) -> KindBody:
    """What a kind asks for; nothing, where nobody has said anything of it."""
    row = conn.execute(QUERIES["kind"], {"kind": kind}).fetchone()
    return KINDS.get(kind, PLAIN) if row is None else msgspec.convert(row[0], KindBody)


def list_kinds(conn: Connection[Any]) -> list[Shape]:
    """By name: {kind, body, created_at, created_by}; what was never changed has no author."""
    said = {
        kind: {"kind": kind, "body": body, "created_at": at, "created_by": by}
        for _, kind, body, at, by in conn.execute(QUERIES["kinds"])
    }
    plain = {
        kind: {"kind": kind, "body": msgspec.to_builtins(body), "created_at": None,
               "created_by": None}
        for kind, body in KINDS.items()
    }  # fmt: skip
    return [one for _, one in sorted((plain | said).items())]


def set_kind(
    conn: Connection[Any], viewer: Viewer, kind: str, given: Shape, now: datetime
) -> tuple[Shape, list[Event]]:
    """Tasks that are made from now on are conducted so. Raises Forbidden, Invalid."""
    check_keeper(conn, viewer)
    body = msgspec.to_builtins(read_kind(given))
    added = {"kind": kind, "body": Jsonb(body), "now": now, "login": viewer.login}
    conn.execute(QUERIES["add_kind"], added)
    shape = {"kind": kind, "body": body, "created_at": now.isoformat(), "created_by": viewer.login}
    event = Event("task_kind.changed", now, viewer.org_id, {"kind": shape}, actor=viewer.login)
    return shape, [event]


def load_policy(conn: Connection[Any]) -> Policy:
    row = conn.execute(QUERIES["policy"]).fetchone()
    return POLICY if row is None else msgspec.convert(row[0], Policy)


def get_policy(conn: Connection[Any]) -> Shape:
    """{body, created_at, created_by}; as shipped it has no author."""
    row = conn.execute(QUERIES["policy"]).fetchone()
    at, by = (None, None) if row is None else row[1:]
    return {"body": msgspec.to_builtins(load_policy(conn)), "created_at": at, "created_by": by}


def set_policy(
    conn: Connection[Any], viewer: Viewer, given: Shape, now: datetime
) -> tuple[Shape, list[Event]]:
    """In force from the next sweep on, within seconds. Raises Forbidden, Invalid."""
    check_keeper(conn, viewer)
    body = msgspec.to_builtins(read_policy(given))
    conn.execute(QUERIES["add_policy"], {"body": Jsonb(body), "now": now, "login": viewer.login})
    shape = {"body": body, "created_at": now.isoformat(), "created_by": viewer.login}
    event = Event("task_policy.changed", now, viewer.org_id, {"policy": shape}, actor=viewer.login)
    return shape, [event]
