"""Recordings for people: looked up, held, and deleted by two of them; never the video itself."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Role, Viewer
from dispatch.equipment.ledger_io import load_policy
from dispatch.recordings.retention import TAGS, keeping, tombstone

QUERIES = load_queries("dispatch.recordings", "retention.sql")
Shape = dict[str, Any]
_KNOWN: Final = ("device_id", "recording_id", "person_id", "person", "start_at", "stop_at",
                 "offset_ms", "gaps", "task_id", "tags", "size_bytes", "sha256", "sm3", "uri",
                 "uploaded_at")  # fmt: skip
_EVER: Final = (datetime(2000, 1, 1).astimezone(), datetime(2200, 1, 1).astimezone())


class NoSuchRecording(NotFound):
    """No such recording, or not within your organisation."""


class Kept(Conflict):
    """This recording is not to be deleted yet."""

    code = "recording_kept"


class Gone(Conflict):
    """This recording is deleted already."""

    code = "recording_deleted"


class WrongStep(Conflict):
    """Its deletion is asked for once, and then agreed to or refused."""

    code = "deletion_step"


class OneAlone(Forbidden):
    """Deletion takes two people: another than who asked for it."""

    code = "same_person"


def list_recordings(
    conn: Connection[Any], viewer: Viewer, *, since: datetime, until: datetime, now: datetime,
    limit: int, device_no: int | None = None, person_id: int | None = None,
    task_id: int | None = None, recording_id: str | None = None, asked: bool = False,
) -> list[Shape]:  # fmt: skip
    """The newest first; each with how long it is kept and why."""
    policy, _ = load_policy(conn)
    given = {
        "org_ids": list(viewer.org_ids), "since": since, "until": until, "device_no": device_no,
        "person_id": person_id, "task_id": task_id, "recording_id": recording_id, "asked": asked,
        "limit": limit,
    }  # fmt: skip
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(QUERIES["clips"], given).fetchall()
    found = []
    for row in rows:
        holds, is_open = row.pop("holds"), row.pop("open_task")
        kept = keeping(max(row["start_at"], row["told_at"]), row["tags"], holds, open_task=is_open,
                       policy=policy.retention)  # fmt: skip
        found.append({**row, "classes": kept.classes, "delete_after": kept.until,
                      "due": kept.is_due(now) and row["deletion"] != "deleted"})  # fmt: skip
    return found


def recording(
    conn: Connection[Any], viewer: Viewer, device_id: str, recording_id: str, now: datetime
) -> Shape:
    """With every hold and every step of its deletion. Raises NoSuchRecording."""
    scope = {"id": device_id, "org_ids": list(viewer.org_ids)}
    device = conn.execute(QUERIES["device"], scope).fetchone()
    if device is None:
        raise NoSuchRecording(device_id=device_id)
    found = list_recordings(conn, viewer, since=_EVER[0], until=_EVER[1], now=now, limit=1,
                            device_no=device[0], recording_id=recording_id)  # fmt: skip
    if not found:
        raise NoSuchRecording(device_id=device_id, recording_id=recording_id)
    key = {"device_no": device[0], "recording_id": recording_id}
    with conn.cursor(row_factory=dict_row) as cursor:
        holds = cursor.execute(QUERIES["history"], key).fetchall()
        steps = cursor.execute(QUERIES["steps"], key).fetchall()
    return {**found[0], "holds": holds, "steps": steps}


def due(conn: Connection[Any], viewer: Viewer, now: datetime, limit: int) -> list[Shape]:
    """Recordings nothing keeps any more, the oldest first."""
    policy, _ = load_policy(conn)
    before = now - timedelta(days=policy.retention.days)
    known = (*policy.retention.permanent, *policy.retention.holding)
    tags = [tag for tag, name in TAGS.items() if name in known]
    given = {"org_ids": list(viewer.org_ids), "before": before, "limit": limit, "tags": tags}
    keys = conn.execute(QUERIES["due"], given).fetchall()
    found = [
        one for device_no, name in keys
        for one in list_recordings(conn, viewer, since=_EVER[0], until=_EVER[1], now=now, limit=1,
                                   device_no=device_no, recording_id=name)
    ]  # fmt: skip
    return [one for one in found if one["due"]]


def hold(
    conn: Connection[Any], viewer: Viewer, device_id: str, recording_id: str, *, class_: str,
    holds: bool, note: str, now: datetime,
) -> tuple[Shape, list[Event]]:  # fmt: skip
    """Place a class that keeps it, or take it back. Raises Forbidden, NotFound, Invalid."""
    if not viewer.may(Role.DISPATCHER):
        raise Forbidden("Only dispatchers and administrators say how long a recording is kept.")
    policy, _ = load_policy(conn)
    known = (*policy.retention.permanent, *policy.retention.holding)
    if class_ not in known or class_ == "open_task":
        raise Invalid(f"A class is one of {', '.join(known)}; got {class_!r}.")
    if not note.strip():
        raise Invalid("Say in a note why.")
    one = _locked(conn, viewer, device_id, recording_id, now)
    if one["deletion"] == "deleted":
        raise Gone("This recording is deleted; nothing can hold it any more.")
    conn.execute(QUERIES["hold"], {
        "device_no": one["device_no"], "recording_id": recording_id, "class": class_,
        "holds": holds, "note": note.strip(), "now": now, "by": viewer.login,
    })  # fmt: skip
    body = {"device_id": device_id, "recording_id": recording_id, "class": class_, "holds": holds}
    event = Event("recording.held", now, one["org_id"], body, one["device_no"], actor=viewer.login)
    return recording(conn, viewer, device_id, recording_id, now), [event]


def delete(
    conn: Connection[Any], viewer: Viewer, device_id: str, recording_id: str, *, step: str,
    reason: str, now: datetime,
) -> tuple[Shape, list[Event]]:  # fmt: skip
    """`asked` by one, `deleted` or `refused` by another; what stays is a tombstone with its hash.

    Raises Forbidden, NotFound, Invalid, Kept, Conflict.
    """
    if not viewer.may(Role.DISPATCHER):
        raise Forbidden("Only dispatchers and administrators delete recordings.")
    if not reason.strip():
        raise Invalid("Say why.")
    one = _locked(conn, viewer, device_id, recording_id, now)
    if one["deletion"] == "deleted":
        raise Gone
    if step != "refused" and not one["due"]:
        until = one["delete_after"]
        kept = ", ".join(one["classes"])
        raise Kept(f"It is kept until {until:%Y-%m-%d}." if until else f"It is kept: {kept}.")
    if (step == "asked") == (one["deletion"] == "asked"):
        raise WrongStep(
            f"Its deletion is {one['deletion'] or 'not asked for'}; {step} does not follow."
        )
    if step != "asked" and one["deletion_by"] == viewer.login:
        raise OneAlone
    given: Shape = {"device_no": one["device_no"], "recording_id": recording_id, "step": step,
                    "reason": reason.strip(), "now": now, "by": viewer.login,
                    "tombstone": Jsonb({}), "sha256": None}  # fmt: skip
    if step == "deleted":
        stone, digest = _stone(one, [*one["steps"], {**given, "at": now}])
        given |= {"tombstone": Jsonb(stone), "sha256": digest}
    conn.execute(QUERIES["step"], given)
    body = {"device_id": device_id, "recording_id": recording_id, "step": step,
            "sha256": given["sha256"]}  # fmt: skip
    event = Event("recording.deletion", now, one["org_id"], body, one["device_no"],
                  actor=viewer.login)  # fmt: skip
    return recording(conn, viewer, device_id, recording_id, now), [event]


def _stone(one: Mapping[str, Any], steps: list[Shape]) -> tuple[Any, str]:
    told = ({name: step[name] for name in ("step", "reason", "at", "by")} for step in steps)
    return tombstone({name: one[name] for name in _KNOWN}, told)


def _locked(
    conn: Connection[Any], viewer: Viewer, device_id: str, recording_id: str, now: datetime
) -> Shape:
    one = recording(conn, viewer, device_id, recording_id, now)
    conn.execute(QUERIES["lock"], {"device_no": one["device_no"], "recording_id": recording_id})
    return recording(conn, viewer, device_id, recording_id, now)
