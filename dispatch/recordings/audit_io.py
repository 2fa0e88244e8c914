"""Verdicts on scenes that had to be recorded: each change of mind is a new version."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from core.errors import NotFound
from core.events import Event
from core.values import Viewer, from_ms, to_ms
from dispatch.equipment.ledger_io import load_policy
from dispatch.equipment.policy import Policy
from dispatch.recordings.audit import RULE, Status, Verdict, judge
from dispatch.recordings.duties_io import QUERIES, Duty, Known, load_duties, load_known
from dispatch.recordings.metrics_io import mark
from dispatch.recordings.scenes import stays_near
from dispatch.recordings.watch_io import look_again
from geo.patrol.fixes_io import Reach, load_tracks

Shape = dict[str, Any]
AT_ONCE: Final = 200
NIGHTLY: Final = timedelta(days=7)
EARLIEST: Final = datetime(2000, 1, 1).astimezone()
EVERYTHING: Final = 2**62
SHOWN: Final = 20  # verdicts in the events of one sweep, each its own


class NoSuchDuty(NotFound):
    """Nobody's recording of this task was asked for, or it is not within your organisation."""


def sweep(conn: Connection[Any], now: datetime) -> list[Event]:
    """A bounded number of tasks that moved, got evidence, or whose upload is due."""
    given = {"now": now, "limit": AT_ONCE}
    due = sorted(id_ for (id_,) in conn.execute(QUERIES["take_due"], given))
    return judge_tasks(conn, due, now) if due else []


def nightly(conn: Connection[Any], now: datetime) -> list[Event]:
    """Everything of the last days is looked at once more by the sweeps that follow."""
    conn.execute(QUERIES["watch_days"], {"since": now - NIGHTLY, "now": now})
    return []


def judge_tasks(conn: Connection[Any], task_ids: Sequence[int], now: datetime) -> list[Event]:
    """recording.judged for every verdict that is new or another than before."""
    policy, number = load_policy(conn)
    duties = load_duties(conn, task_ids, policy.audit)
    known = load_known(conn, duties, policy.audit)
    with conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(QUERIES["standing"], {"ids": list(task_ids)})
        stands = {(row["task_id"], row["person_id"]): row for row in cursor}
    changed = []
    for duty in duties:
        verdict = _verdict(duty, known[duty.no], policy, now)
        before = stands.get((duty.task_id, duty.person_id))
        if verdict.status is Status.PENDING_UPLOAD:
            look_again(conn, duty.task_id, _due(known[duty.no], policy) + timedelta(seconds=1))
        if before is None and verdict.status is Status.NOT_REQUIRED:
            continue
        if before is None or not _same(before, duty, verdict):
            changed.append((duty, verdict, 1 if before is None else before["version"] + 1))
    present = _also_present(conn, [duty for duty, *_ in changed], policy)
    mark(conn, [from_ms(duty.scene.from_ms) for duty, *_ in changed],
         [duty.person_id for duty, *_ in changed])  # fmt: skip
    events = _withdraw(conn, stands, duties, f"{RULE}#{number}", now)
    for duty, verdict, version in changed:
        events.append(_write(
            conn, duty, verdict, known[duty.no], version=version, now=now,
            rule=f"{RULE}#{number}", present=present.get(duty.no, []),
        ))  # fmt: skip
    return events


def _withdraw(
    conn: Connection[Any], stands: Mapping[tuple[int, int], Shape], duties: Sequence[Duty],
    rule: str, now: datetime,
) -> list[Event]:  # fmt: skip
    """Verdicts on people who, by what is known now, were not on that scene."""
    there = {(one.task_id, one.person_id) for one in duties}
    events = []
    for key, before in stands.items():
        if key in there or before["status"] == Status.NOT_REQUIRED:
            continue
        mark(conn, [before["scene_from"]], [key[1]])
        span = {"from": before["scene_from"].isoformat(), "to": before["scene_to"].isoformat()}
        row: Shape = {
            "task_id": key[0], "person_id": key[1], "version": before["version"] + 1,
            "org_id": before["org_id"], "device_no": before["device_no"],
            "status": Status.NOT_REQUIRED, "scene_from": before["scene_from"],
            "scene_to": before["scene_to"], "covered_s": 0.0, "scene_s": 0.0, "rule": rule,
        }  # fmt: skip
        reasons = [{"code": "not_on_scene", **span}]
        events.append(_store(conn, row, reasons, {"clips": []}, now))
    return events


def _verdict(duty: Duty, known: Known, policy: Policy, now: datetime) -> Verdict:
    scene = (duty.scene.from_ms, duty.scene.to_ms)
    if not duty.required:
        return Verdict(Status.NOT_REQUIRED, 0, scene[1] - scene[0])
    return judge(scene, known.clips, known.seen, upload_due_ms=to_ms(_due(known, policy)),
                 now_ms=to_ms(now), limits=policy.audit)  # fmt: skip


def _due(known: Known, policy: Policy) -> datetime:
    return known.shift_end + timedelta(hours=policy.audit.upload_h)


def _same(before: Shape, duty: Duty, verdict: Verdict) -> bool:
    return bool(
        before["status"] == verdict.status
        and to_ms(before["scene_from"]) == duty.scene.from_ms
        and to_ms(before["scene_to"]) == duty.scene.to_ms
        and round(before["covered_s"] * 1000) == verdict.covered_ms
        and before["reasons"] == _reasons(verdict)
        and before["clips"] == list(verdict.clips)
    )


def _reasons(verdict: Verdict) -> list[Shape]:
    return [
        {"code": str(one.code), "from": from_ms(one.from_ms).isoformat(),
         "to": from_ms(one.to_ms).isoformat()}
        for one in verdict.reasons
    ]  # fmt: skip


def _write(
    conn: Connection[Any], duty: Duty, verdict: Verdict, known: Known, *, version: int, rule: str,
    present: list[int], now: datetime,
) -> Event:  # fmt: skip
    evidence = {
        "clips": list(verdict.clips), "begun_by": duty.scene.begun_by,
        "ended_by": duty.scene.ended_by, "clock_offset_ms": known.offset_ms,
        "also_present": present,
    }  # fmt: skip
    row: Shape = {
        "task_id": duty.task_id, "person_id": duty.person_id, "version": version,
        "org_id": duty.org_id, "device_no": duty.device_no, "status": verdict.status,
        "scene_from": from_ms(duty.scene.from_ms), "scene_to": from_ms(duty.scene.to_ms),
        "covered_s": verdict.covered_ms / 1000, "scene_s": verdict.scene_ms / 1000, "rule": rule,
    }  # fmt: skip
    return _store(conn, row, _reasons(verdict), evidence, now)


def _store(
    conn: Connection[Any], row: Shape, reasons: list[Shape], evidence: Shape, now: datetime
) -> Event:
    """A version more, and what is told of it."""
    conn.execute(QUERIES["add"], {**row, "reasons": Jsonb(reasons), "evidence": Jsonb(evidence),
                                  "now": now})  # fmt: skip
    span = {name: row[name].isoformat() for name in ("scene_from", "scene_to")}
    body = {**row, **span, "reasons": reasons, "evidence": evidence}
    return Event("recording.judged", now, row["org_id"], body, row["device_no"], row["task_id"])


def _also_present(
    conn: Connection[Any], duties: Sequence[Duty], policy: Policy
) -> dict[int, list[int]]:
    """People of the same unit who stood there for a minute without being sent (D.5)."""
    placed = {one.no: one for one in duties if one.place is not None}
    given = {"nos": list(placed), "org_ids": [one.org_id for one in placed.values()]}
    asked = []
    for no, device_no, person_id in conn.execute(QUERIES["colleagues"], given):
        scene = placed[no].scene
        if device_no != placed[no].device_no and person_id is not None:
            reach = Reach(device_no, from_ms(scene.from_ms), from_ms(scene.to_ms))
            asked.append((no, person_id, reach))
    tracks = load_tracks(conn, [reach for *_, reach in asked])
    found: dict[int, list[int]] = {}
    for no, person_id, reach in asked:
        place = placed[no].place
        assert place is not None
        fixes = tracks.within(reach)
        track = zip(fixes["at_ms"].tolist(), (fixes["lon_e7"] / 1e7).tolist(),
                    (fixes["lat_e7"] / 1e7).tolist(), strict=True)  # fmt: skip
        if stays_near(track, place, radius_m=policy.audit.scene_m,
                      least_s=policy.audit.scene_least_s):  # fmt: skip
            found.setdefault(no, []).append(person_id)
    return {no: sorted(people) for no, people in found.items()}


# ── for people ─────────────────────────────────────────────────────────────


def list_verdicts(
    conn: Connection[Any], viewer: Viewer, *, since: datetime, until: datetime,
    statuses: Sequence[str] | None = None, task_id: int | None = None,
    person_id: int | None = None, to_review: bool = False, after: str = "", limit: int,
) -> Shape:  # fmt: skip
    """{items, next} by the beginning of the scene, the newest first. `to_review`: answered, and
    nobody has decided on the answer."""
    at, task, person = _cursor(after, until)
    given = {
        "org_ids": list(viewer.org_ids), "since": since, "until": until, "task_id": task_id,
        "person_id": person_id, "statuses": None if statuses is None else list(statuses),
        "to_review": to_review, "before": at, "before_task": task, "before_person": person,
        "limit": limit,
    }  # fmt: skip
    items = [shape for *_, shape in conn.execute(QUERIES["shapes"], given)]
    more = None
    if len(items) == limit:
        last = items[-1]
        more = f"{last['scene_from']}/{last['task_id']}/{last['person_id']}"
    return {"items": items, "next": more}


def _cursor(after: str, until: datetime) -> tuple[datetime, int, int]:
    at, _, rest = after.partition("/")
    task, _, person = rest.partition("/")
    try:
        return datetime.fromisoformat(at), int(task), int(person)
    except ValueError:
        return until, EVERYTHING, EVERYTHING


def duty(conn: Connection[Any], viewer: Viewer, task_id: int, person_id: int) -> Shape:
    """The verdict as it stands, with every version of it. Raises NoSuchDuty."""
    found = list_verdicts(conn, viewer, since=EARLIEST, until=EARLIEST + timedelta(days=36_500),
                          task_id=task_id, person_id=person_id, limit=1)["items"]  # fmt: skip
    if not found:
        raise NoSuchDuty(task_id=task_id, person_id=person_id)
    given = {"task_id": task_id, "person_id": person_id, "org_ids": list(viewer.org_ids)}
    with conn.cursor(row_factory=dict_row) as cursor:
        versions = cursor.execute(QUERIES["versions"], given).fetchall()
    return {**found[0], "versions": versions}
