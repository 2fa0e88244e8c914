"""When an officer was on the scene of a task: as reported, else by the track. Pure (D.5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dispatch.recordings.spans import Span
from dispatch.tasks import Move
from geo.distance import distance_m

ARRIVING = (Move.ARRIVE, Move.START)
CLEARING = (Move.RESOLVE,)
CLOCK_MS = 60_000
TRACK_GAP_MS = 120_000  # fixes further apart say nothing of the time between


@dataclass(frozen=True, slots=True)
class Told:
    """A move of the task: when it happened, and when we learned it."""

    move: Move
    at_ms: int
    known_ms: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A unit was given the task from then until then; `to_ms` None: it still has it."""

    device_no: int
    from_ms: int
    to_ms: int | None

    def has(self, at_ms: int) -> bool:
        """Whether a moment lies in it; a clock may be a little wrong."""
        return self.from_ms - CLOCK_MS <= at_ms and (
            self.to_ms is None or at_ms <= self.to_ms + CLOCK_MS
        )


@dataclass(frozen=True, slots=True)
class Scene:
    from_ms: int
    to_ms: int
    begun_by: str  # reported, track
    ended_by: str  # reported, track, task


def scene_of(sent: Sent, moves: Iterable[Told], stays: Sequence[Span]) -> Scene | None:
    """First arrival to last clear of one unit; None: it was never there, or still is.

    `stays`: when its track stood at the place. A unit that reported no arrival but stood there has
    a scene all the same, and one that did not report its leaving has left when its track did.
    """
    mine = [one for one in moves if sent.has(one.at_ms) or sent.has(one.known_ms)]
    arrived = [one.at_ms for one in mine if one.move in ARRIVING]
    cleared = [one.at_ms for one in mine if one.move in CLEARING]
    if not arrived and not stays:
        return None
    begin = min(arrived) if arrived else stays[0][0]
    if cleared:
        end, ended_by = max(cleared), "reported"
    elif sent.to_ms is None:
        return None
    elif stays and begin <= stays[-1][1] <= sent.to_ms:
        end, ended_by = stays[-1][1], "track"
    else:
        end, ended_by = sent.to_ms, "task"
    return Scene(begin, max(begin, end), "reported" if arrived else "track", ended_by)


def joined(scenes: Iterable[Scene]) -> Scene:
    """Several of one officer at one task: first arrival and last clear."""
    ordered = sorted(scenes, key=lambda one: one.from_ms)
    last = max(ordered, key=lambda one: one.to_ms)
    return Scene(ordered[0].from_ms, last.to_ms, ordered[0].begun_by, last.ended_by)


def stays_near(
    track: Iterable[tuple[int, float, float]], place: tuple[float, float], *, radius_m: float,
    least_s: float,
) -> list[Span]:  # fmt: skip
    """Spans in which a track of (ms, longitude, latitude) lay within a circle for so long."""
    found: list[list[int]] = []
    inside = False
    last_ms = 0
    for at_ms, lon, lat in track:
        here = distance_m(lon, lat, *place) <= radius_m
        if here and inside and at_ms - last_ms <= TRACK_GAP_MS:
            found[-1][1] = at_ms
        elif here:
            found.append([at_ms, at_ms])
        inside, last_ms = here, at_ms
    return [(begin, end) for begin, end in found if end - begin >= least_s * 1000]
