"""What follows from what happened: events in, commands to the alarms out.

Pure. Nothing here reads a clock: `now` is an argument, and what is stale is data.
An alarm calls a person to act now; a fact that became known too late is kept in the
record, but calls nobody.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from core.events import Event
from dispatch.alarms import ClearAlarm, Command, RaiseAlarm

# How old a fact may be and still raise an alarm, in seconds. A call for help counts
# longer: better a stale one than a missed one.
STALE_S_DEFAULT = 900
STALE_S: dict[str, float] = {"sos": 3600, "fall": 3600}

# Calls for help from a person in the field: latched, most urgent.
HELP = frozenset({"sos", "fall"})
PRIORITY: dict[str, int] = {
    "sos": 1,
    "fall": 1,
    "ingest_session_lost": 1,
    "silent": 2,
    "forbidden_area": 2,
    "datum_fault": 2,
    "missed_point": 3,
    "camera_fault": 3,
    "camera_battery": 4,
    "camera_storage": 4,
    "camera_tamper": 2,
    "equipment_short": 3,
    "upload_overdue": 3,
    "recording_altered": 1,
}
# Verdicts that say somebody was there after all, or need not have been.
_SETTLED = frozenset({"on_time", "early", "late", "excused"})


def judge(events: Iterable[Event], forbidden: Mapping[int, str], now: datetime) -> list[Command]:
    """Commands in the order of the events. `forbidden`: names of forbidden fences by id."""
    return [
        command
        for event in events
        for command in _of(event, forbidden)
        if isinstance(command, ClearAlarm) or not _is_stale(command, now)
    ]


def _of(event: Event, forbidden: Mapping[int, str]) -> Iterator[Command]:
    if event.kind == "device.event":
        yield from _help(event)
    elif event.kind == "window.judged":
        yield from _window(event)
    elif event.kind in ("unit.silent", "unit.online"):
        yield from _link(event)
    elif event.kind == "camera.condition":
        yield from _camera(event)
    elif event.kind in ("equipment.short", "equipment.full"):
        yield from _equipment(event)
    elif event.kind in ("recording.judged", "recording.altered"):
        yield from _recording(event)
    elif event.kind == "ingest.session_lost":
        yield from _session(event)
    elif event.kind in ("patrol.datum_fault", "patrol.datum_right"):
        yield from _datum(event)
    elif event.kind.startswith("crossing."):
        yield from _crossing(event, forbidden)


def _help(event: Event) -> Iterator[Command]:
    kind = event.body.get("type")
    if kind not in HELP or event.device_no is None:
        return
    yield RaiseAlarm(
        kind,
        f"device:{event.device_no}",
        event.org_id,
        PRIORITY[kind],
        event.at,
        event.device_no,
        latched=True,
        lon_deg=event.body.get("lon"),
        lat_deg=event.body.get("lat"),
        detail={"device_id": event.body.get("device_id"), "note": event.body.get("note")},
    )


def _window(event: Event) -> Iterator[Command]:
    window = event.body["window"]
    source = f"point:{window['point_id']}"
    about = datetime.fromisoformat(window["opens_at"])
    result = window["result"]
    if result == "missed":
        # The moment from which it could be said, however late we came to say it.
        due_at = datetime.fromisoformat(window["closes_at"]) + timedelta(seconds=window["grace_s"])
        yield RaiseAlarm(
            "missed_point",
            source,
            event.org_id,
            PRIORITY["missed_point"],
            due_at,
            detail={
                "point_id": window["point_id"],
                "window_id": window["id"],
                "about": window["opens_at"],
                "reasons": window.get("reasons"),
            },
        )
    elif result in _SETTLED:
        yield ClearAlarm("missed_point", source, event.at, about)
    else:
        # Undeterminable takes back what was said of this window, and of no other.
        yield ClearAlarm("missed_point", source, event.at, about, exactly=True)


def _link(event: Event) -> Iterator[Command]:
    unit = event.body["unit"]
    source = f"device:{unit['no']}"
    if event.kind == "unit.online":
        yield ClearAlarm("silent", source, event.at)
    elif unit["kind"] == "officer" and unit["state"] == "on_duty":
        yield RaiseAlarm(
            "silent",
            source,
            event.org_id,
            PRIORITY["silent"],
            event.at,
            unit["no"],
            lon_deg=unit["lon"],
            lat_deg=unit["lat"],
            detail={"device_id": unit["id"], "reason": unit["link_reason"]},
        )


def _session(event: Event) -> Iterator[Command]:
    yield RaiseAlarm(
        "ingest_session_lost",
        f"ingest:{event.body['session_no']}",
        event.org_id,
        PRIORITY["ingest_session_lost"],
        event.at,
        detail=dict(event.body),
    )


def _datum(event: Event) -> Iterator[Command]:
    """One alarm for a source whose positions are all off alike, not one for each point."""
    mark = event.body["mark"]
    source = f"device:{mark['device_no']}"
    if event.kind == "patrol.datum_right":
        yield ClearAlarm("datum_fault", source, event.at)
        return
    yield RaiseAlarm(
        "datum_fault",
        source,
        event.org_id,
        PRIORITY["datum_fault"],
        event.at,
        mark["device_no"],
        detail={"device_id": mark["device_id"], "mark_id": mark["id"], **mark["evidence"]},
    )


def _crossing(event: Event, forbidden: Mapping[int, str]) -> Iterator[Command]:
    crossing = event.body["crossing"]
    fence_id = crossing["fence_id"]
    if fence_id not in forbidden or event.device_no is None:
        return
    # One alarm a unit and area: it may be inside two at once.
    source = f"device:{event.device_no}/fence:{fence_id}"
    if event.kind == "crossing.entered":
        yield RaiseAlarm(
            "forbidden_area",
            source,
            event.org_id,
            PRIORITY["forbidden_area"],
            event.at,
            event.device_no,
            detail={
                "fence_id": fence_id,
                "fence": forbidden[fence_id],
                "about": event.at.isoformat(),
            },
        )
    elif event.kind == "crossing.left":
        yield ClearAlarm("forbidden_area", source, event.at, event.at)
    elif event.kind == "crossing.retracted" and crossing.get("kind") == "entered":
        yield ClearAlarm("forbidden_area", source, event.at, event.at, exactly=True)


def _is_stale(command: RaiseAlarm, now: datetime) -> bool:
    limit_s = STALE_S.get(command.type, STALE_S_DEFAULT)
    return (now - command.at).total_seconds() > limit_s


def _camera(event: Event) -> Iterator[Command]:
    """What a camera says of itself. A call for help is latched, as one from a terminal."""
    source = f"device:{event.device_no}"
    said = {"lon_deg": event.body.get("lon"), "lat_deg": event.body.get("lat")}
    detail = {"device_id": event.body["device_id"], "bat_pct": event.body.get("bat_pct")}
    for name in event.body["raised"]:
        kind = "sos" if name == "sos" else f"camera_{name}"
        yield RaiseAlarm(kind, source, event.org_id, PRIORITY[kind], event.at, event.device_no,
                         latched=name in ("sos", "tamper"), detail=detail, **said)  # fmt: skip
    for name in event.body["cleared"]:
        if name not in ("sos", "tamper"):
            yield ClearAlarm(f"camera_{name}", source, event.at)


def _equipment(event: Event) -> Iterator[Command]:
    """配备率 below a hundred per cent, with the names of those who lack a camera."""
    source = f"equipment:{event.org_id}"
    if event.kind == "equipment.full":
        yield ClearAlarm("equipment_short", source, event.at)
        return
    detail = {"badges": event.body["badges"], "names": event.body["names"]}
    yield RaiseAlarm("equipment_short", source, event.org_id, PRIORITY["equipment_short"], event.at,
                     detail=detail)  # fmt: skip


def _recording(event: Event) -> Iterator[Command]:
    if event.kind == "recording.altered":
        source = f"recording:{event.body['device_id']}/{event.body['recording_id']}"
        yield RaiseAlarm("recording_altered", source, event.org_id, PRIORITY["recording_altered"],
                         event.at, event.device_no, latched=True, detail=event.body)  # fmt: skip
        return
    source = f"recording:{event.body['task_id']}/{event.body['person_id']}"
    if event.body["status"] == "UPLOAD_OVERDUE":
        detail = {"task_id": event.body["task_id"], "person_id": event.body["person_id"]}
        yield RaiseAlarm("upload_overdue", source, event.org_id, PRIORITY["upload_overdue"],
                         event.at, event.device_no, detail=detail)  # fmt: skip
    else:
        yield ClearAlarm("upload_overdue", source, event.at)
