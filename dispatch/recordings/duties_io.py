"""Who was on the scene of which task, and everything known of their cameras about that time."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import Connection
from psycopg.rows import class_row

from core.sql import load_queries
from core.values import from_ms, to_ms
from dispatch.conduct_io import kind_of
from dispatch.equipment.policy import Audit
from dispatch.recordings.audit import Clip, Seen
from dispatch.recordings.scenes import Scene, Sent, Told, joined, scene_of, stays_near
from dispatch.recordings.spans import Span, within, without
from dispatch.tasks import Move
from dispatch.tasks import State as TaskState
from geo.patrol.fixes_io import Reach, Tracks, load_tracks

QUERIES = load_queries("dispatch.recordings", "audit.sql")
RECORDING: Final = ("recording", "prebuffer")
HELD: Final = ("issued", "loaned")
HEARD_MS: Final = 150_000  # a state told holds so long, unless another is told
DEAD_PCT: Final = 1
FOREVER: Final = 2**62


@dataclass(frozen=True, slots=True)
class _Task:
    id: int
    org_id: int
    kind: str
    state: str
    lat_deg: float | None
    lon_deg: float | None
    test: bool | None

    @property
    def place(self) -> tuple[float, float] | None:
        """Longitude and latitude."""
        if self.lon_deg is None or self.lat_deg is None:
            return None
        return self.lon_deg, self.lat_deg


@dataclass(frozen=True, slots=True)
class Duty:
    """One officer at one task. `required`: the kind of task asks for it, and it was not called
    off."""

    no: int
    task_id: int
    org_id: int
    person_id: int
    device_no: int
    scene: Scene
    required: bool
    place: tuple[float, float] | None


State = tuple[int, str, int | None, bool]  # ms, what it said, battery per cent, in a dock


@dataclass(frozen=True, slots=True)
class Known:
    clips: list[Clip]
    seen: Seen
    shift_end: datetime
    offset_ms: int  # the largest that was applied


def load_duties(conn: Connection[Any], task_ids: Sequence[int], limits: Audit) -> list[Duty]:
    """Of scenes that are over. A task nobody was at has none."""
    ids = {"ids": list(task_ids)}
    with conn.cursor(row_factory=class_row(_Task)) as cursor:
        tasks = {row.id: row for row in cursor.execute(QUERIES["tasks"], ids)}
    moves: dict[int, list[Told]] = defaultdict(list)
    for task_id, move, at, known_at in conn.execute(QUERIES["moves"], ids):
        moves[task_id].append(Told(Move(move), to_ms(at), to_ms(known_at)))
    sent: list[tuple[int, Sent]] = [
        (task_id, Sent(no, to_ms(begin), None if end is None else to_ms(end)))
        for task_id, no, begin, end in conn.execute(QUERIES["sent"], ids)
    ]
    tracks = _tracks(conn, tasks, sent)
    found: list[tuple[int, int, Scene]] = []
    for task_id, one in sent:
        near = _stays(tracks, tasks[task_id].place, one, limits)
        scene = scene_of(one, moves[task_id], near)
        if scene is not None:
            found.append((task_id, one.device_no, scene))
    crews = _crews(conn, found)
    kinds = {kind: kind_of(conn, kind).recording for kind in {row.kind for row in tasks.values()}}
    by_officer: dict[tuple[int, int], list[tuple[int, Scene]]] = defaultdict(list)
    for no, (task_id, device_no, scene) in enumerate(found):
        for person_id in crews.get(no, ()):
            by_officer[task_id, person_id].append((device_no, scene))
    duties = []
    for no, ((task_id, person_id), parts) in enumerate(sorted(by_officer.items())):
        task = tasks[task_id]
        required = kinds[task.kind] and not task.test and task.state != TaskState.CANCELLED
        scene = joined(part for _, part in parts)
        duties.append(Duty(no, task_id, task.org_id, person_id, parts[-1][0], scene, required,
                           task.place))  # fmt: skip
    return duties


def _tracks(
    conn: Connection[Any], tasks: Mapping[int, _Task], sent: Sequence[tuple[int, Sent]]
) -> Tracks:
    """Of whoever was sent to a place and is no more."""
    reaches = [
        Reach(one.device_no, from_ms(one.from_ms), from_ms(one.to_ms))
        for task_id, one in sent if one.to_ms is not None and tasks[task_id].place is not None
    ]  # fmt: skip
    return load_tracks(conn, reaches)


def _stays(
    tracks: Tracks, place: tuple[float, float] | None, one: Sent, limits: Audit
) -> list[Span]:
    if place is None or one.to_ms is None:
        return []
    fixes = tracks.within(Reach(one.device_no, from_ms(one.from_ms), from_ms(one.to_ms)))
    track = zip(fixes["at_ms"].tolist(), (fixes["lon_e7"] / 1e7).tolist(),
                (fixes["lat_e7"] / 1e7).tolist(), strict=True)  # fmt: skip
    return stays_near(track, place, radius_m=limits.scene_m, least_s=limits.scene_least_s)


def _crews(conn: Connection[Any], found: Sequence[tuple[int, int, Scene]]) -> dict[int, set[int]]:
    given = {
        "nos": list(range(len(found))), "device_nos": [no for _, no, _ in found],
        "ats": [from_ms(scene.from_ms) for *_, scene in found],
    }  # fmt: skip
    crews: dict[int, set[int]] = defaultdict(set)
    for no, person_id in conn.execute(QUERIES["crews"], given):
        crews[no].add(person_id)
    return crews


# ── what is known of their cameras ─────────────────────────────────────────


def load_known(conn: Connection[Any], duties: Sequence[Duty], limits: Audit) -> dict[int, Known]:
    """By the duty's number."""
    around = timedelta(seconds=limits.around_s)
    scenes: dict[str, Any] = {
        "nos": [one.no for one in duties], "task_ids": [one.task_id for one in duties],
        "people": [one.person_id for one in duties],
        "froms": [from_ms(one.scene.from_ms) for one in duties],
        "tos": [from_ms(one.scene.to_ms) for one in duties],
    }  # fmt: skip
    officers = Counter(one.task_id for one in duties)
    near = scenes | {
        "tos": [to + around for to in scenes["tos"]],
        "org_ids": [one.org_id for one in duties],
        "alone": [officers[one.task_id] == 1 for one in duties],
    }  # fmt: skip
    clips: dict[int, list[Clip]] = defaultdict(list)
    offsets: dict[int, int] = defaultdict(int)
    for no, device, name, start, stop, done, gaps, why, linked, offset in conn.execute(
        QUERIES["clips"], near
    ):
        spans = tuple((begin, end) for begin, end in gaps)
        clips[no].append(
            Clip(f"{device}/{name}", to_ms(start), to_ms(stop), done, spans, why, linked)
        )
        offsets[no] = max(offsets[no], offset, key=abs)
    held, broken = _cameras(conn, scenes)
    states = _states(conn, held)
    stopped = _stopped(conn, held)
    emptied = _emptied(conn, held)
    ends = dict(conn.execute(QUERIES["due"], scenes).fetchall())
    found = {}
    for duty in duties:
        mine, names = held[duty.no], {device for device, _ in held[duty.no]}
        scene = (duty.scene.from_ms, duty.scene.to_ms)
        said = {
            device: _said(
                states[duty.no, device], stopped.get((duty.no, device)), scene,
                sorted(one.start_ms for one in clips[duty.no]
                       if one.id.startswith(f"{device}/")),
            )
            for device in names
        }  # fmt: skip
        seen = Seen(
            tuple(span for one in said.values() for span in one.recording),
            tuple(span for one in said.values() for span in one.idle),
            bool(mine) and emptied[duty.no] >= names,
            tuple(_unfit(scene, mine, broken[duty.no], said)),
        )
        found[duty.no] = Known(clips[duty.no], seen, ends[duty.no], offsets[duty.no])
    return found


@dataclass(frozen=True, slots=True)
class _Said:
    """Spans a camera said it recorded, said it did not, could not, and why."""

    recording: list[Span]
    idle: list[Span]
    dead: list[tuple[Span, str]]


def _unfit(
    scene: Span, mine: Sequence[tuple[int, Span]], broken: Sequence[Span],
    said: Mapping[int, _Said],
) -> Iterator[tuple[Span, str]]:  # fmt: skip
    """When the officer had no camera that could record: none at all, or only dead ones."""
    none = without([scene], [span for _, span in mine])
    for span in none:
        yield from ((part, "fault") for part in within(broken, span))
        yield from ((part, "not_assigned") for part in without([span], broken))
    for device, _ in mine:
        others = [
            part for other, span in mine if other != device
            for part in without([span], [dead for dead, _ in said[other].dead])
        ]  # fmt: skip
        for span, why in said[device].dead:
            yield from ((part, why) for part in without([span], others))


def _cameras(
    conn: Connection[Any], scenes: Mapping[str, Any]
) -> tuple[dict[int, list[tuple[int, Span]]], dict[int, list[Span]]]:
    """Cameras in hand in each scene, and spans in which one was known to be out of order."""
    held: dict[int, list[tuple[int, Span]]] = defaultdict(list)
    broken: dict[int, list[Span]] = defaultdict(list)
    for no, device_no, state, begin, end in conn.execute(QUERIES["cameras"], scenes):
        span = (to_ms(begin), to_ms(end))
        if state in HELD:
            held[no].append((device_no, span))
        else:
            broken[no].append(span)
    return held, broken


def _asked(held: Mapping[int, Sequence[tuple[int, Span]]]) -> dict[str, Any]:
    """Cameras and when they were in hand, as the queries want them."""
    asked = [(no, device, span) for no, cameras in held.items() for device, span in cameras]
    return {
        "nos": [no for no, *_ in asked], "device_nos": [device for _, device, _ in asked],
        "froms": [from_ms(span[0]) for *_, span in asked],
        "tos": [from_ms(span[1]) for *_, span in asked],
    }  # fmt: skip


def _states(
    conn: Connection[Any], held: Mapping[int, Sequence[tuple[int, Span]]]
) -> dict[tuple[int, int], list[State]]:
    """By scene and camera, in order."""
    found: dict[tuple[int, int], list[State]] = defaultdict(list)
    for no, device, at, state, bat, docked in conn.execute(QUERIES["statuses"], _asked(held)):
        found[no, device].append((to_ms(at), state, bat, docked))
    return found


def _stopped(
    conn: Connection[Any], held: Mapping[int, Sequence[tuple[int, Span]]]
) -> dict[tuple[int, int], tuple[Span, str]]:
    """By scene and camera: since it had stopped by itself before it, until it recorded again."""
    return {
        (no, device): ((to_ms(at), FOREVER if again is None else to_ms(again)), why)
        for no, device, at, why, again in conn.execute(QUERIES["stopped"], _asked(held))
    }


def _emptied(
    conn: Connection[Any], held: Mapping[int, Sequence[tuple[int, Span]]]
) -> dict[int, set[int]]:
    """Cameras that were emptied after the officer had them in the scene."""
    found: dict[int, set[int]] = defaultdict(set)
    for no, device in conn.execute(QUERIES["emptied"], _asked(held)):
        found[no].add(device)
    return found


def _said(
    states: Sequence[State], stopped: tuple[Span, str] | None, scene: Span, starts: Sequence[int]
) -> _Said:
    """`stopped`: from where it had ended a recording by itself until it began another, and why;
    `starts`: when its recordings began."""
    found = _Said([], [], [])
    for n, (at, state, bat, docked) in enumerate(states):
        end = states[n + 1][0] if n + 1 < len(states) else scene[1]
        flat = bat is not None and bat <= DEAD_PCT and not docked
        if state in RECORDING:
            found.recording.extend(within([(at, min(end, at + HEARD_MS))], scene))
        elif (state == "fault" and not docked) or flat:
            why = "fault" if state == "fault" else "battery"
            # Out of order until it says otherwise, or records again.
            again = next((start for start in starts if start > at), end)
            found.dead.extend((span, why) for span in within([(at, min(end, again))], scene))
        else:
            # Also of one in a dock: it may be taken out without a word.
            found.idle.extend(within([(at, min(end, at + HEARD_MS))], scene))
    if stopped is not None:
        (since, again), why = stopped
        alive = [at for at, *_ in states if at > since]
        found.dead.extend((part, why) for part in within([(since, min([*alive, again]))], scene))
    return found
