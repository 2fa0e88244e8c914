"""Was the whole of a scene recorded? One officer, one task. Pure (domain reference D.5).

What is told only later must not be missed now: a file that was promised, or a camera nobody has
heard since, leaves the question open until the upload is due. Then it is late, which is another
reproach than not having recorded. What the camera could not do is its manager's, not the officer's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Final

from dispatch.equipment.policy import Audit
from dispatch.recordings.spans import Span, total_ms, within, without

RULE: Final = "D.5/1"
# A recording that ends for one of these was not ended by the officer.
DEVICE_REASONS: Final = ("battery", "storage", "fault")


class Status(StrEnum):
    OK = "OK"
    NO_RECORDING = "NO_RECORDING"
    LATE_START = "LATE_START"
    EARLY_STOP = "EARLY_STOP"
    GAP = "GAP"
    PENDING_UPLOAD = "PENDING_UPLOAD"
    UPLOAD_OVERDUE = "UPLOAD_OVERDUE"
    DEVICE_EXCUSE = "DEVICE_EXCUSE"
    NOT_REQUIRED = "NOT_REQUIRED"


LACKING: Final = (Status.NO_RECORDING, Status.LATE_START, Status.EARLY_STOP, Status.GAP)


@dataclass(frozen=True, slots=True)
class Clip:
    """Corrected times. `uploaded`: the archive has the file; else it was only told of."""

    id: str
    start_ms: int
    stop_ms: int
    uploaded: bool = True
    gaps: tuple[Span, ...] = ()
    off_reason: str = ""
    linked: bool = False  # says that it is of this task

    def spans(self) -> list[Span]:
        return without([(self.start_ms, self.stop_ms)], self.gaps)


@dataclass(frozen=True, slots=True)
class Seen:
    """What else is known of the officer's cameras about the time of the scene.

    `recording`: spans for which a live camera said that it records; `idle`: spans for which one
    said that it does not. `emptied`: since the end of the scene one said that nothing is left to
    upload, so what did not come was never recorded. `unfit`: spans in which the officer had no
    camera that could record, and why.
    """

    recording: tuple[Span, ...] = ()
    idle: tuple[Span, ...] = ()
    emptied: bool = False
    unfit: tuple[tuple[Span, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    code: str
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Verdict:
    status: Status
    covered_ms: int  # by files on the archive
    scene_ms: int
    reasons: tuple[Reason, ...] = ()
    clips: tuple[str, ...] = field(default=())


def judge(
    scene: Span,
    clips: Sequence[Clip],
    seen: Seen,
    *,
    upload_due_ms: int,
    now_ms: int,
    limits: Audit,
) -> Verdict:
    """Of a scene that is over. `clips`: recordings of the officer near it, or linked to the task.

    The first that holds: OK; PENDING_UPLOAD or UPLOAD_OVERDUE while more may come; DEVICE_EXCUSE
    where the camera is to blame for all that is missing; NO_RECORDING, LATE_START, EARLY_STOP, GAP.
    """
    scene_ms = scene[1] - scene[0]
    near = [one for one in clips if one.linked or _near(one, scene, limits)]
    ids = tuple(sorted(one.id for one in near))
    if scene_ms < limits.scene_least_s * 1000:
        return Verdict(Status.NOT_REQUIRED, 0, scene_ms, clips=ids)
    files = [one for one in near if one.uploaded]
    covered_ms = total_ms(within(_spans(files), scene))
    sure = lacks(scene, files, limits)
    if not sure:
        return Verdict(Status.OK, covered_ms, scene_ms, clips=ids)
    promised = [*near, *(Clip("", *span) for span in seen.recording)]
    hoped = lacks(scene, promised, limits)
    open_ = _open(scene, near, hoped, seen, limits)
    if open_:
        late = now_ms > upload_due_ms
        status = Status.UPLOAD_OVERDUE if late else Status.PENDING_UPLOAD
        return Verdict(status, covered_ms, scene_ms, tuple(open_), ids)
    unfit = [*seen.unfit, *_stopped(files, scene[1])]
    blamed = [one for one in sure if not _excused(one, unfit, limits)]
    if not blamed:
        why = tuple(
            Reason(code, begin, end)
            for span, code in unfit
            for lack in sure
            for begin, end in within([span], (lack.from_ms, lack.to_ms))
        )
        return Verdict(Status.DEVICE_EXCUSE, covered_ms, scene_ms, (*sure, *why), ids)
    worst = min((Status(one.code) for one in blamed), key=LACKING.index)
    # It said that it recorded, and nothing came: for a person to look into.
    gone = without(within(seen.recording, scene), _spans(files))
    said = (Reason("seen_recording", *span) for span in gone)
    return Verdict(worst, covered_ms, scene_ms, (*sure, *said), ids)


def lacks(scene: Span, clips: Iterable[Clip], limits: Audit) -> list[Reason]:
    """What these recordings leave out of the scene, beyond what is tolerated."""
    clips = list(clips)
    covered = within(_spans(clips), scene)
    if not covered:
        linked = [one for one in clips if one.linked]
        if not linked:
            return [Reason(Status.NO_RECORDING, *scene)]
        before = all(one.stop_ms <= scene[0] for one in linked)
        return [Reason(Status.EARLY_STOP if before else Status.LATE_START, *scene)]
    found = []
    if covered[0][0] - scene[0] > limits.late_s * 1000:
        found.append(Reason(Status.LATE_START, scene[0], covered[0][0]))
    if scene[1] - covered[-1][1] > limits.early_s * 1000:
        found.append(Reason(Status.EARLY_STOP, covered[-1][1], scene[1]))
    for (_, end), (begin, _) in pairwise(covered):
        if begin - end > limits.gap_s * 1000:
            found.append(Reason(Status.GAP, end, begin))
    return found


def _spans(clips: Iterable[Clip]) -> list[Span]:
    return [span for one in clips for span in one.spans()]


def _near(clip: Clip, scene: Span, limits: Audit) -> bool:
    around_ms = limits.around_s * 1000
    return clip.start_ms < scene[1] + around_ms and clip.stop_ms > scene[0] - around_ms


def _open(
    scene: Span, clips: Sequence[Clip], hoped: Sequence[Reason], seen: Seen, limits: Audit
) -> list[Reason]:
    """Why more may still come; nothing when all is known."""
    files = _spans(one for one in clips if one.uploaded)
    to_come = without(_spans(clips), files)
    found = [Reason("file_told", *span) for span in within(to_come, scene)]
    if not seen.emptied:
        live = without(seen.recording, _spans(clips))
        found += [Reason("seen_recording", *span) for span in within(live, scene)]
    if found or seen.emptied:
        return found
    # Where nobody said that it was not recording, it may have been.
    told = [*seen.idle, *(span for span, _ in seen.unfit)]
    for lack in hoped:
        unheard = without([(lack.from_ms, lack.to_ms)], told)
        if total_ms(unheard) > limits.gap_s * 1000:
            found += [Reason("not_heard", *span) for span in unheard]
    return found


def _stopped(files: Iterable[Clip], end_ms: int) -> list[tuple[Span, str]]:
    """From where a camera stopped by itself until it recorded again."""
    files = list(files)
    starts = sorted(one.start_ms for one in files)
    found = []
    for one in files:
        if one.off_reason in DEVICE_REASONS:
            again = next((at for at in starts if at >= one.stop_ms), end_ms)
            found.append(((one.stop_ms, again), one.off_reason))
    return found


def _excused(lack: Reason, unfit: Iterable[tuple[Span, str]], limits: Audit) -> bool:
    """Whether the camera could not but for what is tolerated anyway."""
    left_ms = total_ms(without([(lack.from_ms, lack.to_ms)], [span for span, _ in unfit]))
    tolerated = {Status.LATE_START: limits.late_s, Status.EARLY_STOP: limits.early_s,
                 Status.GAP: limits.gap_s}  # fmt: skip
    allowed_s = tolerated.get(Status(lack.code), limits.late_s)
    return left_ms < lack.to_ms - lack.from_ms and left_ms <= 1000 * allowed_s
