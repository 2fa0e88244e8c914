"""Things in and out of the ledger: registered, moved, looked up; one move after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row, dict_row
from psycopg.types.json import Jsonb

from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Role, Viewer
from dispatch.equipment.assets import After, Move, Standing, Step, after
from dispatch.equipment.policy import Policy, read_policy
from dispatch.recordings.holders_io import follow_holder

QUERIES = load_queries("dispatch.equipment", "ledger.sql")
Shape = dict[str, Any]
AHEAD: Final = timedelta(minutes=5)  # a clock that is a little fast
KINDS: Final = ("camera", "terminal", "radio", "dock", "vehicle", "drone", "vest", "other")
# What the devices of a registered thing are called.
_SPEAKS: Final = {"officer": "terminal"}


class NoSuchAsset(NotFound):
    """No such thing in the ledger, or not within your organisation."""


class NoSuchPerson(NotFound):
    """Nobody of this badge, or not within your organisation at that time."""

    code = "no_such_person"


class SerialTaken(Conflict):
    """This serial, or its device, is in the ledger already."""

    code = "serial_taken"


@dataclass(frozen=True, slots=True)
class NewAsset:
    serial: str
    kind: str
    model: str = ""
    device_id: str | None = None
    live: bool = True
    org_id: int | None = None


@dataclass(frozen=True, slots=True)
class Which:
    """Assets by kind, state, or a piece of serial, device, name or badge."""

    kind: str | None = None
    state: str | None = None
    search: str = ""
    id: int | None = None


# ── policy ─────────────────────────────────────────────────────────────────


def load_policy(conn: Connection[Any]) -> tuple[Policy, int]:
    """What counts now, and its number; 0: the defaults."""
    row = conn.execute(QUERIES["policy"]).fetchone()
    return (Policy(), 0) if row is None else (read_policy(row[1]), int(row[0]))


def set_policy(conn: Connection[Any], viewer: Viewer, body: Shape, now: datetime) -> list[Event]:
    """Raises Forbidden, Invalid."""
    if not viewer.may(Role.ADMIN):
        raise Forbidden("Only administrators change the equipment policy.")
    read_policy(body)
    conn.execute(QUERIES["add_policy"], {"body": Jsonb(body), "now": now, "by": viewer.login})
    return [Event("equipment.policy", now, viewer.org_id, body, actor=viewer.login)]


# ── in ─────────────────────────────────────────────────────────────────────


def register(
    conn: Connection[Any], viewer: Viewer, new: NewAsset, now: datetime
) -> tuple[Shape, list[Event]]:
    """Into the store; a thing whose device is enrolled for somebody is that person's at once.

    Raises Forbidden, Invalid, Conflict, NotFound.
    """
    _may(viewer)
    if new.kind not in KINDS:
        raise Invalid(f"A thing is one of {', '.join(KINDS)}; got {new.kind!r}.")
    if not new.serial.strip():
        raise Invalid("A thing needs the serial number that stands on it.")
    org_id = viewer.org_id if new.org_id is None else new.org_id
    if not viewer.sees(org_id):
        raise NotFound("No such organisation, or not within yours.")
    device_no, whose = None, None
    if new.device_id:
        device_no, whose = _device(conn, viewer, new.device_id, new.kind)
    given = {"serial": new.serial.strip(), "kind": new.kind, "model": new.model.strip(),
             "device_no": device_no, "live": new.live, "enrolled_for": whose, "now": now,
             "by": viewer.login}  # fmt: skip
    row = conn.execute(QUERIES["add_asset"], given).fetchone()
    if row is None:
        raise SerialTaken(f"Serial {new.serial!r} or its device is in the ledger already.")
    first = Standing(row[0], 0, None, org_id, None, now)
    then = after(first, Step(Move.REGISTER, now))
    shape, events = _write(conn, viewer, first, Step(Move.REGISTER, now), then, now=now)
    if whose is not None and _is_here(conn, viewer, whose, now):
        shape, more = move(conn, viewer, row[0], Step(Move.ISSUE, now, whose), now)
        events += more
    return shape, events


def _is_here(conn: Connection[Any], viewer: Viewer, person_id: int, at: datetime) -> bool:
    try:
        return bool(person_at(conn, viewer, at, person_id=person_id)["duty"] != "left")
    except NoSuchPerson:
        return False


def _device(
    conn: Connection[Any], viewer: Viewer, device_id: str, kind: str
) -> tuple[int, int | None]:
    """Its number, and whom it is enrolled for."""
    given = {"id": device_id, "org_ids": list(viewer.org_ids)}
    found = conn.execute(QUERIES["device"], given).fetchone()
    if found is None:
        raise NotFound(f"No device {device_id!r}, or not within your organisation.")
    if _SPEAKS.get(found[1], found[1]) != kind:
        raise Invalid(f"Device {device_id!r} is a {found[1]}, not a {kind}.")
    return int(found[0]), found[2]


def move(
    conn: Connection[Any], viewer: Viewer, asset_id: int, step: Step, now: datetime,
    *, badge: str | None = None,
) -> tuple[Shape, list[Event]]:  # fmt: skip
    """One move of a thing. `badge`: whom it goes to, instead of the step's person.

    Raises Forbidden, NotFound, Invalid, IllegalAssetMove.
    """
    _may(viewer)
    if step.at > now + AHEAD:
        raise Invalid("A move is of now or of the past.")
    scope = {"id": asset_id, "org_ids": list(viewer.org_ids)}
    if conn.execute(QUERIES["lock"], scope).fetchone() is None:
        raise NoSuchAsset(id=asset_id)
    if step.org_id is not None and not viewer.sees(step.org_id):
        raise NotFound("No such organisation, or not within yours.")
    home = None
    if step.person_id is not None or badge is not None:
        person = person_at(conn, viewer, step.at, person_id=step.person_id, badge=badge)
        if person["duty"] == "left":
            raise Invalid(f"{person['name']} has left.")
        home = person["org_id"]
        step = Step(step.move, step.at, person["id"], step.org_id, step.due_at, step.note)
    with conn.cursor(row_factory=class_row(Standing)) as cursor:
        standing = cursor.execute(QUERIES["standing"], {"id": asset_id}).fetchone()
    assert standing is not None
    return _write(conn, viewer, standing, step, after(standing, step), now=now, home=home)


def swap(
    conn: Connection[Any], viewer: Viewer, old_id: int, new_id: int, *, at: datetime, note: str,
    now: datetime,
) -> tuple[list[Shape], list[Event]]:  # fmt: skip
    """In the middle of a shift: the old one is broken and goes back, the new one goes out.

    Both in one moment, so that no minute belongs to both or to neither. Raises as `move`.
    """
    scope = {"id": old_id, "org_ids": list(viewer.org_ids)}
    for id_ in sorted((old_id, new_id)):
        conn.execute(QUERIES["lock"], {**scope, "id": id_})
    with conn.cursor(row_factory=class_row(Standing)) as cursor:
        old = cursor.execute(QUERIES["standing"], {"id": old_id}).fetchone()
    if old is None or old.person_id is None:
        raise NotFound("Nobody has this thing, or it is not within your organisation.")
    back = Step(Move.REPORT_FAULT, at, note=note) if note.strip() else Step(Move.GIVE_BACK, at)
    first, events = move(conn, viewer, old_id, back, now)
    if back.move is Move.REPORT_FAULT:
        first, more = move(conn, viewer, old_id, Step(Move.SEND_REPAIR, at, note=note), now)
        events += more
    second, more = move(conn, viewer, new_id, Step(Move.ISSUE, at, old.person_id), now)
    return [first, second], [*events, *more]


def _may(viewer: Viewer) -> None:
    if not viewer.may(Role.SQUAD):
        raise Forbidden("Your role may look at equipment but not move it.")


def _write(
    conn: Connection[Any], viewer: Viewer, before: Standing, step: Step, then: After, *,
    now: datetime, home: int | None = None,
) -> tuple[Shape, list[Event]]:  # fmt: skip
    conn.execute(QUERIES["add_move"], {
        "asset_id": before.id, "version": before.version + 1, "move": step.move,
        "state": then.state,
        "at": step.at, "org_id": then.org_id, "person_id": then.person_id, "due_at": then.due_at,
        "note": step.note.strip(), "now": now, "by": viewer.login,
    })  # fmt: skip
    conn.execute(QUERIES["carry"], {"asset_id": before.id, "person_id": then.person_id,
                                    "org_id": home or then.org_id})  # fmt: skip
    speaks = conn.execute(QUERIES["device_of"], {"id": before.id}).fetchone()
    if speaks is not None:
        people = {one for one in (before.person_id, then.person_id) if one is not None}
        follow_holder(conn, speaks[0], people, step.at, now)
    shape = _asset(conn, viewer, before.id)
    told = {name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in shape.items()}  # fmt: skip
    body = {"asset": told, "move": step.move, "before": before.state}
    return shape, [Event("equipment.moved", now, then.org_id, body, actor=viewer.login)]


# ── out ────────────────────────────────────────────────────────────────────


def list_assets(
    conn: Connection[Any], viewer: Viewer, which: Which, *, after: int, limit: int
) -> Shape:
    given = {"org_ids": list(viewer.org_ids), "kind": which.kind, "state": which.state,
             "search": which.search, "like": f"%{which.search}%", "id": which.id, "after": after,
             "limit": limit}  # fmt: skip
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(QUERIES["assets"], given).fetchall()
    return {"items": rows, "next": rows[-1]["id"] if len(rows) == limit else None}


def asset(conn: Connection[Any], viewer: Viewer, asset_id: int) -> Shape:
    """With its whole history, the newest move first. Raises NoSuchAsset."""
    with conn.cursor(row_factory=dict_row) as cursor:
        shape = _asset(conn, viewer, asset_id)
        return {**shape, "moves": cursor.execute(QUERIES["moves"], {"id": asset_id}).fetchall()}


def _asset(conn: Connection[Any], viewer: Viewer, asset_id: int) -> Shape:
    found: Sequence[Shape] = list_assets(conn, viewer, Which(id=asset_id), after=0, limit=1)[
        "items"
    ]
    if not found:
        raise NoSuchAsset(id=asset_id)
    return found[0]


def person_at(
    conn: Connection[Any], viewer: Viewer, at: datetime, *, person_id: int | None = None,
    badge: str | None = None,
) -> Shape:  # fmt: skip
    """Where somebody was at a moment. Raises NoSuchPerson."""
    given = {"at": at, "id": person_id, "badge": badge, "org_ids": list(viewer.org_ids)}
    with conn.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(QUERIES["person"], given).fetchone()
    if found is None:
        raise NoSuchPerson(badge=badge, id=person_id)
    return found


def checks(conn: Connection[Any], viewer: Viewer, now: datetime) -> list[Shape]:
    """Records that contradict each other or were left lying."""
    with conn.cursor(row_factory=dict_row) as cursor:
        given = {"org_ids": list(viewer.org_ids), "now": now}
        return cursor.execute(QUERIES["checks"], given).fetchall()
