"""说明: somebody says why a scene was not recorded, somebody else reviews it, then it is locked.

What the camera is to blame for goes to the equipment manager, not to the officer.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import dict_row

from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Role, Viewer
from dispatch.recordings.audit_io import NoSuchDuty, duty
from dispatch.recordings.metrics_io import mark

QUERIES = load_queries("dispatch.recordings", "clarify.sql")
Shape = dict[str, Any]
DEVICE_REASONS: Final = ("device_fault", "battery", "storage", "clock")
# Domain reference D.3: what excuses, and what does not but is said all the same.
REASONS: Final = (*DEVICE_REASONS, "secret", "privacy", "emergency", "weather", "objective",
                  "recorded_elsewhere", "not_on_scene", "forgot", "other")  # fmt: skip
_ANSWERABLE: Final = ("NO_RECORDING", "LATE_START", "EARLY_STOP", "GAP", "UPLOAD_OVERDUE",
                      "DEVICE_EXCUSE")  # fmt: skip
FAULTS_BACK: Final = timedelta(days=30)


class Locked(Conflict):
    """This was reviewed and is locked. A new verdict on the scene would open it again."""

    code = "clarification_locked"


class OwnWords(Forbidden):
    """Somebody else reviews what you wrote."""

    code = "same_person"


def clarify(
    conn: Connection[Any], viewer: Viewer, task_id: int, person_id: int, *, reason: str, note: str,
    now: datetime,
) -> tuple[Shape, list[Event]]:  # fmt: skip
    """Say why. The last word counts until it is reviewed. Raises Forbidden, NoSuchDuty, Invalid,
    Locked."""
    if not viewer.may(Role.SQUAD):
        raise Forbidden("Your role may look at verdicts but not answer them.")
    if reason not in REASONS:
        raise Invalid(f"A reason is one of {', '.join(REASONS)}; got {reason!r}.")
    if not note.strip():
        raise Invalid("Say in a sentence what happened.")
    given: Shape = {"task_id": task_id, "person_id": person_id, "org_ids": list(viewer.org_ids)}
    conn.execute(QUERIES["lock"], given)
    stands = _one(conn, "duty", given)
    if stands is None:
        raise NoSuchDuty(task_id=task_id, person_id=person_id)
    if stands["status"] not in _ANSWERABLE:
        raise Invalid(f"There is nothing to answer: the verdict is {stands['status']}.")
    if stands["decision"] is not None and stands["said_version"] == stands["version"]:
        raise Locked(task_id=task_id, person_id=person_id)
    row = conn.execute(QUERIES["add"], {
        **given, "version": stands["version"], "org_id": stands["org_id"], "reason": reason,
        "note": note.strip(), "now": now, "by": viewer.login,
    }).fetchone()  # fmt: skip
    assert row is not None
    body = {"id": row[0], "task_id": task_id, "person_id": person_id, "reason": reason}
    event = Event("recording.clarified", now, stands["org_id"], body, None, task_id, viewer.login)
    return with_answers(conn, viewer, task_id, person_id), [event]


def review(
    conn: Connection[Any], viewer: Viewer, clarification_id: int, *, decision: str, note: str,
    now: datetime,
) -> tuple[Shape, list[Event]]:  # fmt: skip
    """Accept or refuse what another said. Raises Forbidden, NotFound, Invalid, Locked."""
    if not viewer.may(Role.DISPATCHER):
        raise Forbidden("Only dispatchers and administrators review.")
    if decision not in ("accepted", "refused"):
        raise Invalid(f"A decision is accepted or refused; got {decision!r}.")
    if decision == "refused" and not note.strip():
        raise Invalid("Say why it is refused.")
    said = _one(conn, "about", {"id": clarification_id, "org_ids": list(viewer.org_ids)})
    if said is None:
        raise NotFound("No such clarification, or not within your organisation.")
    if said["created_by"] == viewer.login:
        raise OwnWords
    given = {"id": clarification_id, "decision": decision, "note": note.strip(), "now": now,
             "by": viewer.login}  # fmt: skip
    if conn.execute(QUERIES["review"], given).fetchone() is None:
        raise Locked(id=clarification_id)
    scene = conn.execute(QUERIES["scene"], said).fetchone()
    assert scene is not None
    mark(conn, [scene[0]], [said["person_id"]])
    body = {"id": clarification_id, "task_id": said["task_id"], "person_id": said["person_id"],
            "decision": decision, "reason": said["reason"],
            "device": decision == "accepted" and said["reason"] in DEVICE_REASONS}  # fmt: skip
    event = Event("recording.reviewed", now, said["org_id"], body, None, said["task_id"],
                  viewer.login)  # fmt: skip
    return with_answers(conn, viewer, said["task_id"], said["person_id"]), [event]


def with_answers(conn: Connection[Any], viewer: Viewer, task_id: int, person_id: int) -> Shape:
    """The duty with its versions, and what was said of it, the newest first. Raises NoSuchDuty."""
    given = {"task_id": task_id, "person_id": person_id, "org_ids": list(viewer.org_ids)}
    with conn.cursor(row_factory=dict_row) as cursor:
        said = cursor.execute(QUERIES["of_duty"], given).fetchall()
    return {**duty(conn, viewer, task_id, person_id), "clarifications": said}


def faults(conn: Connection[Any], viewer: Viewer, now: datetime) -> list[Shape]:
    """What waits for the equipment manager."""
    given = {"org_ids": list(viewer.org_ids), "since": now - FAULTS_BACK,
             "device_reasons": list(DEVICE_REASONS)}  # fmt: skip
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(QUERIES["faults"], given).fetchall()


def _one(conn: Connection[Any], query: str, given: Shape) -> Shape | None:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(QUERIES[query], given).fetchone()
