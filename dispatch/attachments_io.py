"""Evidence of a task: photos, sounds and documents, each with the SHA-256 of its bytes.

Only added: what was shown when a task was resolved is what is there when it is verified.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import dict_row

from core.errors import Forbidden, Invalid, NotFound
from core.events import Event
from core.sql import load_queries
from core.values import Role, Viewer
from dispatch.tasks_io import NoSuchTask, lock_tasks, shape_of, task_by_id

QUERIES = load_queries("dispatch", "attachments.sql")
Shape = dict[str, Any]
KINDS: Final = {"image": "photo", "audio": "sound"}
SAID: Final = {"photo": "photo", "image": "photo", "picture": "photo", "sound": "sound",
               "audio": "sound", "voice": "sound"}  # fmt: skip
# What may be shown again by a browser of ours without running anything.
MEDIA: Final = frozenset({
    "image/jpeg", "image/png", "image/webp", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav",
    "application/pdf",
})  # fmt: skip
SIZE_MAX: Final = 10 * 1024 * 1024


class NoSuchAttachment(NotFound):
    """No such attachment, or not within your organisation."""


@dataclass(frozen=True, slots=True)
class Download:
    name: str
    media_type: str
    sha256: str
    body: bytes


def attach(
    conn: Connection[Any], viewer: Viewer, task_id: int, *, name: str, media_type: str,
    body: bytes, now: datetime,
) -> tuple[Shape, list[Event]]:  # fmt: skip
    """Keep a file with a task. One that is there already is answered, with no event.

    Raises NotFound, Forbidden, Invalid.
    """
    tasks = lock_tasks(conn, [task_id], viewer)
    if not tasks:
        raise NoSuchTask(task_id=task_id)
    media = media_type.partition(";")[0].strip().lower()
    if media not in MEDIA:
        raise Invalid(f"Attach one of {', '.join(sorted(MEDIA))}; got {media or 'no type'!r}.")
    if not 0 < len(body) <= SIZE_MAX:
        raise Invalid(f"A file has 1 byte to {SIZE_MAX // 1024 // 1024} MB; got {len(body)} bytes.")
    if not viewer.may(Role.SQUAD):
        raise Forbidden("Your role may look at tasks but not add to them.")
    digest = sha256(body).hexdigest()
    row = conn.execute(QUERIES["add"], {
        "task_id": task_id, "kind": KINDS.get(media.partition("/")[0], "document"),
        "name": name[:200] or digest[:12], "media_type": media, "sha256": digest,
        "size": len(body), "body": body, "uri": None, "now": now, "by": viewer.login,
    }).fetchone()  # fmt: skip
    shape = next(one for one in _list(conn, task_id) if one["sha256"] == digest)
    if row is None:
        return shape, []
    said = {**shape, "added_at": now.isoformat()}
    event = Event("task.attached", now, tasks[task_id].org_id,
                  {"task": shape_of(conn, task_id), "attachment": said},
                  task_id=task_id, actor=viewer.login)  # fmt: skip
    return shape, [event]


def refer(
    conn: Connection[Any], task_id: int, media: Sequence[Mapping[str, Any]], *, by: str,
    now: datetime,
) -> None:  # fmt: skip
    """Note evidence that a unit keeps itself or has sent elsewhere, by digest and address."""
    for one in media:
        digest = str(one["sha256"]).lower()
        kind = str(one.get("kind") or "").lower()
        uri = one.get("uri") or f"sha256:{digest}"
        conn.execute(QUERIES["add"], {
            "task_id": task_id, "kind": SAID.get(kind, "document"),
            "name": uri.rpartition("/")[2][:200], "media_type": "application/octet-stream",
            "sha256": digest, "size": 0, "body": None, "uri": uri, "now": now, "by": by,
        })  # fmt: skip


def attachments_of(conn: Connection[Any], viewer: Viewer, task_id: int) -> list[Shape]:
    """In order of adding, without their bytes. Raises NotFound."""
    task_by_id(conn, viewer, task_id)
    return _list(conn, task_id)


def download(conn: Connection[Any], viewer: Viewer, task_id: int, attachment_id: int) -> Download:
    """Raises NotFound, also for one that is kept elsewhere."""
    given = {"id": attachment_id, "task_id": task_id, "org_ids": list(viewer.org_ids)}
    row = conn.execute(QUERIES["body"], given).fetchone()
    if row is None or row[3] is None:
        raise NoSuchAttachment(id=attachment_id)
    return Download(*row)


def _list(conn: Connection[Any], task_id: int) -> list[Shape]:
    with conn.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(QUERIES["list"], {"task_id": task_id}).fetchall()
