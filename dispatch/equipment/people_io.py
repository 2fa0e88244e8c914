"""Joiners, transfers and leavers by date; who lacks what; the alarm below a hundred per cent."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import Event
from core.values import Role, Viewer
from dispatch.equipment.assets import Person, per_person, per_unit
from dispatch.equipment.ledger_io import QUERIES, load_policy, person_at

Shape = dict[str, Any]


class BadgeTaken(Conflict):
    """This badge is somebody's already."""

    code = "badge_taken"


DUTIES = ("front_line", "office", "left")


def join(
    conn: Connection[Any], viewer: Viewer, *, badge: str, name: str, org_id: int, duty: str,
    from_at: datetime, now: datetime,
) -> tuple[Shape, list[Event]]:  # fmt: skip
    """Somebody new. Raises Forbidden, Invalid, Conflict, NotFound."""
    _may(viewer, org_id)
    if not badge.strip() or not name.strip():
        raise Invalid("Somebody new needs a name and a badge.")
    given = {"org_id": org_id, "badge": badge.strip(), "name": name.strip()}
    row = conn.execute(QUERIES["add_person"], given).fetchone()
    if row is None:
        raise BadgeTaken(f"Badge {badge!r} is somebody's already.")
    return _post(conn, viewer, row[0], org_id=org_id, duty=duty, from_at=from_at, note="", now=now)


def post(
    conn: Connection[Any], viewer: Viewer, person_id: int, *, org_id: int | None, duty: str,
    from_at: datetime, note: str, now: datetime,
) -> tuple[Shape, list[Event]]:  # fmt: skip
    """From a date on somebody is elsewhere, does other duty, or has left. Raises as `join`."""
    person = person_at(conn, viewer, now, person_id=person_id)
    org_id = person["org_id"] if org_id is None else org_id
    _may(viewer, org_id)
    return _post(
        conn, viewer, person_id, org_id=org_id, duty=duty, from_at=from_at, note=note, now=now
    )


def _may(viewer: Viewer, org_id: int) -> None:
    if not viewer.may(Role.DISPATCHER):
        raise Forbidden("Only dispatchers and administrators change who is where.")
    if not viewer.sees(org_id):
        raise NotFound("No such organisation, or not within yours.")


def _post(
    conn: Connection[Any], viewer: Viewer, person_id: int, *, org_id: int, duty: str,
    from_at: datetime, note: str, now: datetime,
) -> tuple[Shape, list[Event]]:  # fmt: skip
    if duty not in DUTIES:
        raise Invalid(f"A duty is one of {', '.join(DUTIES)}; got {duty!r}.")
    conn.execute(QUERIES["add_posting"], {
        "person_id": person_id, "org_id": org_id, "duty": duty, "from_at": from_at, "note": note,
        "now": now, "by": viewer.login,
    })  # fmt: skip
    conn.execute(QUERIES["settle_people"], {"now": now})
    body = {"person_id": person_id, "org_id": org_id, "duty": duty, "from_at": from_at.isoformat()}
    shape = person(conn, viewer, person_id)
    return shape, [Event("person.posted", now, org_id, body, actor=viewer.login)]


def person(conn: Connection[Any], viewer: Viewer, person_id: int) -> Shape:
    """Postings, the newest first, and what the person has. Raises NotFound."""
    with conn.cursor(row_factory=dict_row) as cursor:
        given = {"id": person_id, "org_ids": list(viewer.org_ids)}
        who = cursor.execute(QUERIES["who"], given).fetchone()
        if who is None:
            raise NotFound("Nobody of this number, or not within your organisation.")
        postings = cursor.execute(QUERIES["postings"], given).fetchall()
        things = cursor.execute(QUERIES["things_of"], given).fetchall()
    return {**who, "postings": postings, "things": things}


# ── who lacks what ─────────────────────────────────────────────────────────


def rates(
    conn: Connection[Any], org_ids: Sequence[int], now: datetime, *, at: datetime | None = None
) -> Shape:
    """For each standard its rate and who is short of it; `at`: as it was then, by the ledger."""
    policy, _ = load_policy(conn)
    people = _people(conn, org_ids, at or now)
    kinds = {"kinds": sorted({one.kind for one in policy.standards})}
    if at is None:
        rows = conn.execute(QUERIES["held_by_people"], kinds)
    else:
        rows = conn.execute(QUERIES["held_by_people_then"], {**kinds, "at": at})
    held = {(who, kind): count for who, kind, count in rows}
    found: Shape = {"people": per_person(people, held, policy.standards)}
    if at is None:
        rows = conn.execute(QUERIES["held_by_units"], {**kinds, "org_ids": list(org_ids)})
        stock = {(org, kind): count for org, kind, count in rows}
        with conn.cursor(row_factory=dict_row) as cursor:
            units = cursor.execute(QUERIES["units"], {"org_ids": list(org_ids)}).fetchall()
        found["units"] = per_unit(units, people, stock, policy.standards)
    return found


def _people(conn: Connection[Any], org_ids: Sequence[int], at: datetime) -> list[Person]:
    with conn.cursor(row_factory=class_row(Person)) as cursor:
        return cursor.execute(QUERIES["people"], {"org_ids": list(org_ids), "at": at}).fetchall()


def board(conn: Connection[Any], viewer: Viewer, now: datetime, at: datetime | None) -> Shape:
    """Rates, who lacks what, and how many things of each kind stand how."""
    org_ids = sorted(viewer.org_ids)
    states: dict[str, dict[str, int]] = defaultdict(dict)
    for kind, state, count in conn.execute(QUERIES["states"], {"org_ids": list(org_ids)}):
        states[kind][state] = count
    return {"at": at or now, **rates(conn, org_ids, now, at=at), "states": states}


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """equipment.short for every unit below a hundred per cent of its cameras, with the names;
    equipment.full where it was and is no more. Only what changed is told. Run it every minute.
    """
    conn.execute(QUERIES["settle_people"], {"now": now})
    org_ids = [id_ for (id_,) in conn.execute(QUERIES["all_units"])]
    lacking: dict[int, dict[str, str]] = defaultdict(dict)
    for one in rates(conn, org_ids, now)["people"]:
        if one["kind"] == "camera":
            for who in one["lacking"]:
                lacking[who["org_id"]][who["badge"]] = who["name"]
    stands = dict(conn.execute(QUERIES["short_alarms"]).fetchall())
    events = []
    for org_id, who in sorted(lacking.items()):
        badges = sorted(who)
        if stands.get(org_id) != badges:
            body = {"kind": "camera", "badges": badges, "names": [who[one] for one in badges]}
            events.append(Event("equipment.short", now, org_id, body))
    gone = sorted(stands.keys() - lacking.keys())
    return events + [Event("equipment.full", now, org_id, {"kind": "camera"}) for org_id in gone]
