"""A month of officers with body cameras as records: their shifts, scenes, and all that goes wrong.

Everything is a function of the seed. Each scene carries what was the matter, and the status that
what is told can prove by the end of the month (domain reference D.5), so that a judge can be held
against it. Some truths nobody can prove from what was told: `unprovable` names them, and what can
be said instead. Times are milliseconds since 1970.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from random import Random
from typing import Any, Final

from devices.simulator.camera_facts import (
    AssetMoved,
    Camera,
    Fact,
    RecordingTold,
    Scene,
    Shift,
    StatusSaid,
    Swapped,
    Unprovable,
    Visit,
)
from devices.simulator.camera_messes import (
    CLEAN,
    FORGOTTEN_DOCK,
    LOST,
    MESSES,
    NO_CAMERA,
    QUEUED_CLOCK,
    S_MS,
    Mess,
    Take,
)

MINUTE_MS: Final = 60 * S_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
SHIFT_MS: Final = 8 * HOUR_MS
SLOT_MS: Final = 150 * MINUTE_MS  # a scene lies within one, so that two are half an hour apart
AROUND_MS: Final = 5 * MINUTE_MS  # before and after a scene a live camera's statuses are told
UPLOAD_MS: Final = DAY_MS  # after the end of the shift
BEGINS_H: Final = (6, 14, 22)
# Set to UTC for Shanghai's time, and simply wrong: each by so much that no other scene is met.
SKEWS_MS: Final = {4: -8 * HOUR_MS, 5: 11 * HOUR_MS + 7 * MINUTE_MS}
LAST_SHIFTS: Final = 4  # what is left alone, so that whatever can be known is known


@dataclass(frozen=True)
class CameraMonth:
    """`begin_ms`: local midnight of the first day. Officers are numbers from 0; the odd ones'
    cameras are heard only at docks."""

    seed: int
    officers: int
    days: int
    begin_ms: int

    @property
    def end_ms(self) -> int:
        return self.begin_ms + self.days * DAY_MS

    def cameras(self) -> list[Camera]:
        """Two for each officer; the second is a spare."""
        return [
            Camera(f"C-{no:03d}{which}", no, live=no % 2 == 0)
            for no in range(self.officers) for which in "AB"
        ]  # fmt: skip

    def shifts(self, officer: int) -> list[Shift]:
        """Five days of seven, always at the same hour; the last is over by the end."""
        begin_h = BEGINS_H[officer % 3]
        begins = [
            self.begin_ms + day * DAY_MS + begin_h * HOUR_MS
            for day in range(self.days) if (day + officer) % 7 < 5
        ]  # fmt: skip
        found = [Shift(officer, begin, begin + SHIFT_MS) for begin in begins]
        return [one for one in found if one.to_ms < self.end_ms]

    def scenes(self) -> list[Scene]:
        return self._written.scenes

    def facts(self) -> list[Fact]:
        """In the order of receipt."""
        return self._written.facts

    def unprovable(self) -> list[Unprovable]:
        """Scenes whose truth nobody can prove from the facts."""
        why = {one.name: one.why for one in (*MESSES, QUEUED_CLOCK, *LOST)}
        return [
            Unprovable(one, one.truth, one.status, *why[one.mess[0]])
            for one in self.scenes() if one.truth is not None
        ]  # fmt: skip

    @cached_property
    def _written(self) -> "_Written":
        return _Written(self)


# ── how it is written ──────────────────────────────────────────────────────


@dataclass(slots=True)
class _Body:
    """A camera as the month goes on. `files`: its recordings that are not on the archive, and the
    scene they say they are of."""

    name: str
    live: bool
    skew_ms: int
    files: list[tuple[str, Take, int | None]] = field(default_factory=list)
    used: bool = False
    named: int = 0


@dataclass(slots=True)
class _Officer:
    no: int
    hand: _Body
    spare: _Body | None
    is_skewed: bool

    @property
    def may_swap(self) -> bool:
        """The spare is in the store, and not this shift's broken one."""
        return self.spare is not None and not self.spare.used and not self.is_skewed


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where in a shift a scene is to be, and what may be done to it. `theme`: of the shift."""

    shift: Shift
    begin_ms: int
    theme: str
    n: int
    is_last: bool
    may_double: bool
    may_be_unprovable: bool


class _Written:
    def __init__(self, month: CameraMonth) -> None:
        self.month = month
        self.chance = Random(f"cameras/{month.seed}")  # noqa: S311
        self.scenes: list[Scene] = []
        self.facts: list[Fact] = []
        self.decks: dict[bool, list[Mess]] = {True: [], False: []}
        bodies = [
            _Body(one.name, one.live, _skew_ms(one))
            for one in month.cameras()
        ]  # fmt: skip
        for no in range(month.officers):
            hand, spare = bodies[2 * no : 2 * no + 2]
            self._move(month.begin_ms - HOUR_MS, hand, "issue", no)
            self._tell_officer(_Officer(no, hand, spare, bool(hand.skew_ms)))
        self.facts = _in_order(one for one in self.facts if one.received_ms < month.end_ms)

    def _tell_officer(self, who: _Officer) -> None:
        shifts = self.month.shifts(who.no)
        whole = range(2, len(shifts) - LAST_SHIFTS, 3)
        themes = ["late_dock", "no_camera"]
        if not who.hand.live and not who.is_skewed:
            themes += ["queued_clock"] if who.no % 4 == 1 else ["lost", "queued_clock"]
        themes = themes[: len(whole)]
        placed = dict(zip(self.chance.sample(whole, len(themes)), themes, strict=True))
        if who.no % 4 in (0, 1):
            placed |= dict.fromkeys(range(len(shifts) - 2, len(shifts)), "forgotten_dock")
        for k, shift in enumerate(shifts):
            self._tell_shift(who, shift, placed.get(k, ""), k < len(shifts) - LAST_SHIFTS)

    def _tell_shift(self, who: _Officer, shift: Shift, theme: str, is_early: bool) -> None:
        count = self.chance.randint(2, 3) if theme else self.chance.randrange(4)
        if theme == "no_camera":
            self._take_away(who, shift)
        if theme == "queued_clock":
            who.hand.skew_ms = self.chance.choice((-10, 10)) * HOUR_MS
        for n, at in enumerate(sorted(self.chance.sample(range(3), count))):
            slot = _Slot(shift, shift.from_ms + at * SLOT_MS, theme, n, n + 1 == count,
                         count < 3, is_early)  # fmt: skip
            self._tell_scene(who, slot, self._mess(who, slot))
        if theme == "lost":
            self._lose(who, shift)
        elif theme in ("", "queued_clock"):
            at_ms = shift.to_ms + self.chance.randrange(5 * MINUTE_MS, 25 * MINUTE_MS)
            late_ms = self.chance.randrange(3, 8) * HOUR_MS if theme else 0
            for body in (who.hand, who.spare):
                if body is not None and (body is who.hand or body.used):
                    self._dock(body, at_ms, late_ms)
        if theme == "queued_clock":
            who.hand.skew_ms = 0

    def _mess(self, who: _Officer, slot: _Slot) -> Mess:
        named = {"no_camera": NO_CAMERA, "forgotten_dock": FORGOTTEN_DOCK,
                 "queued_clock": QUEUED_CLOCK, "lost": LOST[slot.n % 2]}  # fmt: skip
        return named.get(slot.theme) or self._draw(who, slot)

    def _draw(self, who: _Officer, slot: _Slot) -> Mess:
        """From a shuffled deck, so that everything comes round; what does not fit waits."""
        deck = self.decks[who.hand.live]
        while not any(_fits(one, who, slot) for one in deck):
            fresh = [one for one in MESSES if one.live in (None, who.hand.live) and one not in deck]
            fresh += [CLEAN] * 4
            self.chance.shuffle(fresh)
            deck += fresh
        one = next(one for one in deck if _fits(one, who, slot))
        deck.remove(one)
        return one

    def _tell_scene(self, who: _Officer, slot: _Slot, mess: Mess) -> None:
        times = list(self._times(slot, mess))
        mine = [self._scene(who, slot, mess, one) for one in times]
        arrive_ms, clear_ms = times[0][0], times[-1][1]
        takes = mess.takes(arrive_ms, clear_ms, self.chance)
        bodies = [who.hand]
        middle_ms = (arrive_ms + clear_ms) // 2
        if mess.name == "swap":
            bodies.append(self._swap(who, middle_ms))
        for n, take in enumerate(takes):
            body = bodies[min(n, len(bodies) - 1)]
            body.named += 1
            linked = mine[0].no if self.chance.random() < 0.3 and mess.truth is None else None
            body.files.append((f"{body.name}-{body.named}", take, linked))
        if mess.name != "no_camera":
            late_ms = self.chance.randrange(70, 110) * MINUTE_MS if mess.name == "no_signal" else 0
            window = (arrive_ms - AROUND_MS, clear_ms + AROUND_MS)
            for body, span in (
                [(bodies[0], window)] if len(bodies) == 1
                else [(bodies[0], (window[0], middle_ms)), (bodies[1], (middle_ms, window[1]))]
            ):  # fmt: skip
                if body.live:
                    self._speak(body, span, mess, late_ms)
        if mess.name in ("destroyed", "destroyed_told"):
            del who.hand.files[-len(takes) :]

    def _times(self, slot: _Slot, mess: Mess) -> Iterator[tuple[int, int]]:
        """Arrival and clearing: one scene, or two for a recording that is over both."""
        pick = self.chance.randint
        arrive_ms = slot.begin_ms + S_MS * pick(30 * 60, 55 * 60)
        clear_ms = arrive_ms + S_MS * pick(5 * 60, 45 * 60)
        if mess.name == "short":
            clear_ms = arrive_ms + S_MS * pick(20, 50)
        if mess.name == "day_boundary":
            arrive_ms = slot.begin_ms + S_MS * pick(100 * 60, 110 * 60)
            clear_ms = arrive_ms + S_MS * pick(25 * 60, 35 * 60)
        if mess.name == "over_two":
            clear_ms = arrive_ms + S_MS * pick(5 * 60, 20 * 60)
        yield arrive_ms, clear_ms
        if mess.name == "over_two":
            again_ms = clear_ms + S_MS * pick(3 * 60, 8 * 60)
            yield again_ms, again_ms + S_MS * pick(5 * 60, 15 * 60)

    def _scene(self, who: _Officer, slot: _Slot, mess: Mess, times: tuple[int, int]) -> Scene:
        status = mess.status
        if mess is FORGOTTEN_DOCK and slot.shift.to_ms + UPLOAD_MS >= self.month.end_ms:
            status = "PENDING_UPLOAD"
        names = (mess.name, *(("clock_wrong",) if who.is_skewed else ()),
                 *(("late_dock",) if slot.theme == "late_dock" else ()))  # fmt: skip
        one = Scene(len(self.scenes), who.no, *times, names, status, mess.truth)
        self.scenes.append(one)
        for step, at_ms in (
            ("create", times[0] - S_MS * self.chance.randint(60, 170)),
            ("arrive", times[0]),
            ("clear", times[1]),
        ):
            self.facts.append(Visit(at_ms, one.no, who.no, step))
        return one

    # ── the ledger ─────────────────────────────────────────────────────────

    def _move(self, at_ms: int, body: _Body, move: str, officer: int | None = None,
              note: str = "") -> None:  # fmt: skip
        self.facts.append(AssetMoved(at_ms, body.name, move, officer, note))

    def _swap(self, who: _Officer, at_ms: int) -> _Body:
        """With a note the old one is broken and is mended by the next day."""
        old, new = who.hand, who.spare
        assert new is not None
        note = self.chance.choice(("", "按键失灵 button stuck"))
        self.facts.append(Swapped(at_ms, old.name, new.name, note))
        if note:
            self._move(at_ms + 10 * HOUR_MS, old, "repaired")
        old.used = True
        who.hand, who.spare = new, old
        return new

    def _take_away(self, who: _Officer, shift: Shift) -> None:
        """For a shift: handed in, or out of order in the officer's pocket."""
        is_broken = self.chance.random() < 0.5
        begin_ms, end_ms = shift.from_ms - 20 * MINUTE_MS, shift.to_ms + 40 * MINUTE_MS
        if is_broken:
            self._move(begin_ms, who.hand, "report_fault", note="无法开机 does not start")
            self._move(end_ms, who.hand, "repaired")
        else:
            self._move(begin_ms, who.hand, "give_back")
        self._move(end_ms, who.hand, "issue", who.no)

    def _lose(self, who: _Officer, shift: Shift) -> None:
        assert who.spare is not None
        self._move(shift.to_ms + 10 * MINUTE_MS, who.hand, "lose", note="遗失 lost")
        self._move(shift.to_ms + 20 * MINUTE_MS, who.spare, "issue", who.no)
        who.hand, who.spare = who.spare, None

    # ── what cameras say ───────────────────────────────────────────────────

    def _speak(self, body: _Body, span: tuple[int, int], mess: Mess, late_ms: int) -> None:
        """Live: a status every minute, and of each recording that it is over."""
        takes = [take for _, take, _ in body.files if span[0] <= take.stop_ms < span[1]]
        dead_ms = min((one.stop_ms for one in takes if one.off == "battery"), default=span[1])
        more = {"queued": True} if late_ms else {}
        begin_ms = span[0] + self.chance.randrange(MINUTE_MS)
        for at_ms in range(begin_ms, min(span[1], dead_ms), MINUTE_MS):
            is_on = any(one.start_ms <= at_ms < one.stop_ms for one in takes)
            state = "fault" if mess.name == "fault" else "recording" if is_on else "standby"
            left_pct = 80 if dead_ms == span[1] else min(80, 2 + (dead_ms - at_ms) // MINUTE_MS)
            pending = sum(take.stop_ms <= at_ms for _, take, _ in body.files)
            self._say(body, at_ms, state, left_pct, late_ms, pending=pending, **more)
        for name, take, scene in body.files:
            if take in takes and take.off != "battery":
                self._tell(body, take.stop_ms + S_MS, (name, take, scene), late_ms, **more)

    def _dock(self, body: _Body, at_ms: int, late_ms: int) -> None:
        """File after file goes to the archive, and then it says that it is empty."""
        more: dict[str, Any] = {"queued": True} if late_ms else {}
        dock = {"dock": f"D-{body.name[2:5]}", "charging": True}
        if body.files:
            self._say(body, at_ms, "standby", 30, late_ms, pending=len(body.files), **dock, **more)
        for one in body.files:
            at_ms += self.chance.randrange(25 * S_MS, 70 * S_MS)
            digest = sha256(f"{self.month.seed}/{one[0]}".encode()).hexdigest()
            self._tell(body, at_ms, one, late_ms, uploaded_at=at_ms + body.skew_ms, sha256=digest,
                       **more)  # fmt: skip
        self._say(body, at_ms + 5 * S_MS, "standby", 40, late_ms, pending=0, **dock, **more)
        body.files, body.used = [], False

    def _say(self, body: _Body, at_ms: int, state: str, bat_pct: int, late_ms: int,
             **detail: Any) -> None:  # fmt: skip
        received_ms = at_ms + late_ms + self.chance.randrange(100, 2500)
        self.facts.append(
            StatusSaid(received_ms, body.name, at_ms + body.skew_ms, state, bat_pct, detail)
        )

    def _tell(self, body: _Body, at_ms: int, file: tuple[str, Take, int | None], late_ms: int,
              **detail: Any) -> None:  # fmt: skip
        name, take, scene = file
        received_ms = at_ms + late_ms + self.chance.randrange(100, 2500)
        skew_ms = body.skew_ms
        detail |= {"trigger_off": take.off}
        if take.gaps:
            detail["gaps"] = [[begin + skew_ms, end + skew_ms] for begin, end in take.gaps]
        self.facts.append(RecordingTold(
            received_ms, body.name, at_ms + skew_ms, name, take.start_ms + skew_ms,
            take.stop_ms + skew_ms, scene, detail,
        ))  # fmt: skip


def _fits(one: Mess, who: _Officer, slot: _Slot) -> bool:
    return (
        (slot.is_last or not one.last)
        and (slot.may_be_unprovable or one.truth is None)
        and (one.name != "swap" or who.may_swap)
        and (one.name != "over_two" or slot.may_double)
        and (one.name != "day_boundary" or (who.no % 3 == 2 and slot.n == 0
             and slot.begin_ms == slot.shift.from_ms))
    )  # fmt: skip


def _skew_ms(one: Camera) -> int:
    """Of the first camera of some officers, all month."""
    return 0 if one.name[-1] == "B" else SKEWS_MS.get(one.officer % 6, 0)


def _in_order(told: Iterable[Fact]) -> list[Fact]:
    """By receipt; each camera's messages counted as it said them."""
    facts = list(told)
    counts: dict[str, int] = {}
    found: list[Fact] = [one for one in facts if not isinstance(one, StatusSaid | RecordingTold)]
    said = [one for one in facts if isinstance(one, StatusSaid | RecordingTold)]
    for one in sorted(said, key=lambda one: one.at_ms):
        counts[one.camera] = counts.get(one.camera, 0) + 1
        found.append(replace(one, seq=counts[one.camera]))
    return sorted(found, key=lambda one: one.received_ms)
