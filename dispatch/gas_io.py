"""From a finding, or from households of a recall, to tasks of the squad whose area it is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from psycopg import Connection

from core.errors import Conflict, Forbidden, Invalid
from core.events import Event
from core.sql import load_queries
from core.values import OrgId, Point, Role, Viewer
from dispatch.tasks import NewTask
from dispatch.tasks_io import create_task
from geo.gas.findings import Move
from geo.gas.findings_io import finding, move_finding
from geo.gas.ledger_io import lock

QUERIES = load_queries("dispatch", "gas.sql")
Shape = dict[str, Any]
KIND: Final = "gas"
HOUSEHOLDS_MAX: Final = 200  # in one request
NAMED_MAX: Final = 20  # in one refusal
PRIORITY: Final = {"critical": 1, "high": 2, "medium": 3}


class FindingHasTask(Conflict):
    """A squad was sent already, and has not reported yet."""

    code = "finding_has_task"


@dataclass(frozen=True, slots=True)
class Household:
    user: str
    code: str


@dataclass(frozen=True, slots=True)
class Recalled:
    """Tasks made; and who was passed over: {user, code, reason, task_id}."""

    tasks: list[Shape]
    skipped: list[Shape]


def squad_of(conn: Connection[Any], viewer: Viewer, place: Point | None) -> Shape | None:
    """{id, name}: whose area it is, else whose patrol point is nearest within two kilometres."""
    if place is None:
        return None
    given = {"lat": place.lat_deg, "lon": place.lon_deg, "org_ids": list(viewer.org_ids)}
    row = conn.execute(QUERIES["squad_of"], given).fetchone()
    return None if row is None else {"id": row[0], "name": row[1]}


def task_of_finding(
    conn: Connection[Any], viewer: Viewer, finding_id: int, *, note: str, now: datetime
) -> tuple[Shape, list[Event]]:
    """Make the task and move the finding on; returns {task, finding}.

    Raises NotFound, Forbidden, Invalid, Conflict.
    """
    given = {"id": finding_id, "org_ids": list(viewer.org_ids)}
    conn.execute(QUERIES["lock_finding"], given)
    found = finding(conn, viewer, finding_id)
    given = {"key": found["key"], "finding": str(finding_id)}
    task_id = conn.execute(QUERIES["open_task"], given).fetchone()
    if task_id is not None:
        raise FindingHasTask(f"Task {task_id[0]} of finding {finding_id} is still open.")
    if found["withdrawn_at"] is not None:
        raise Invalid(f"Finding {finding_id} was withdrawn; there is nothing to check.")
    place = None if found["lat"] is None else Point(found["lat"], found["lon"])
    squad = squad_of(conn, viewer, place)
    where = found["detail"].get("address") or found["detail"].get("site_id") or ""
    draft = NewTask(
        kind=KIND, title=f"{found['zh']}：{found['key']}"[:200],
        instructions=_instructions(found, where, note), place=place,
        priority=PRIORITY.get(found["severity"], 4),
        org_id=OrgId(squad["id"]) if squad else viewer.org_id,
        source={"kind": KIND, "finding": finding_id, "code": found["key"],
                "user": found["detail"].get("user_id")},
    )  # fmt: skip
    task, events = create_task(conn, viewer, draft, now)
    shape, moved = move_finding(conn, viewer, finding_id, Move.DISPATCH, now=now, reason=note,
                                task_id=task["id"])  # fmt: skip
    return {"task": task, "finding": shape, "squad": squad}, [*events, *moved]


def _instructions(found: Shape, where: str, note: str) -> str:
    lines = [f"{found['rule']} {found['rule_zh']} · {found['rule_en']}", found["en"]]
    lines += [f"地点 {where}"] if where else []
    lines.append("回报请以“属实”“不属实”或“无法核实”开头 / begin with confirmed, false or unknown")
    return "\n".join([*lines, note] if note else lines)


def tasks_of_recall(
    conn: Connection[Any], viewer: Viewer, homes: Sequence[Household], *, reason: str,
    now: datetime,
) -> tuple[Recalled, list[Event]]:  # fmt: skip
    """A task for each household and cylinder that is not being recalled already.

    Raises Forbidden, Invalid.
    """
    if not viewer.may(Role.DISPATCHER):
        raise Forbidden("Only dispatchers and administrators recall cylinders.")
    if not 0 < len(homes) <= HOUSEHOLDS_MAX:
        raise Invalid(f"A recall names 1 to {HOUSEHOLDS_MAX} households; got {len(homes)}.")
    given: Shape = {"codes": [one.code for one in homes], "users": [one.user for one in homes],
             "keys": [one.user for one in homes], "org_ids": list(viewer.org_ids)}  # fmt: skip
    lock(conn, given["codes"])  # two who recall at once: the second sees the first one's tasks
    _require_delivered(conn, homes, given)
    known: Mapping[str, Shape] = dict(conn.execute(QUERIES["users"], given).fetchall())
    running = {Household(user, code): id_
               for code, user, id_ in conn.execute(QUERIES["running"], given)}  # fmt: skip
    found = Recalled([], [])
    events: list[Event] = []
    for one in homes:
        if one in running:
            found.skipped.append({**asdict(one), "reason": "running", "task_id": running[one]})
            continue
        task, made = _recall(conn, viewer, one, known.get(one.user, {}), reason=reason, now=now)
        running[one] = task["id"]
        found.tasks.append(task)
        events += made
    return found, events


def _require_delivered(conn: Connection[Any], homes: Sequence[Household], given: Shape) -> None:
    """Whoever is named must be known to have the cylinder: a slip of the pen calls on nobody."""
    delivered = {Household(user, code) for code, user in conn.execute(QUERIES["delivered"], given)}
    strange = [one for one in dict.fromkeys(homes) if one not in delivered]
    if strange:
        named = "; ".join(f"{one.code} to {one.user}" for one in strange[:NAMED_MAX])
        more = f" and {len(strange) - NAMED_MAX} more" if len(strange) > NAMED_MAX else ""
        raise Invalid(f"No such delivery, or not within your organisation: {named}{more}.")


def _recall(
    conn: Connection[Any], viewer: Viewer, one: Household, entry: Shape, *, reason: str,
    now: datetime,
) -> tuple[Shape, list[Event]]:  # fmt: skip
    place = Point(entry["lat"], entry["lon"]) if "lat" in entry else None
    squad = squad_of(conn, viewer, place)
    address = entry.get("address", "")
    draft = NewTask(
        kind=KIND, title=f"召回气瓶 {one.code}：{address or one.user}"[:200],
        instructions=f"{reason}\n用户 {one.user} {entry.get('name', '')} {address}".strip(),
        place=place, priority=1, org_id=OrgId(squad["id"]) if squad else viewer.org_id,
        source={"kind": KIND, "recall": True, "code": one.code, "user": one.user},
    )  # fmt: skip
    return create_task(conn, viewer, draft, now)
