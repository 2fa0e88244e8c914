"""When somebody must be at a point: the windows that plans and duty grades want. Pure.

`windows_of` is a function of the book, which holds all that windows rest on, and a local day;
a window belongs to the day on which its shift begins. Times are local in Shanghai.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from msgspec import structs

from core.errors import Invalid
from geo.patrol import plans
from geo.patrol.calendar import Exceptions
from geo.patrol.grades import Grade, GradeRule, Rhythm, minutes_of, rule_for
from geo.patrol.plans import (
    DUTY,
    Body,
    Raise,
    RouteBody,
    Shift,
    Version,
    in_force,
    is_planned,
    raised,
)

LOCAL: Final = plans.LOCAL
GRACE_S: Final = 900  # a phone underground uploads later (B.6)
WINDOW_MAX: Final = timedelta(hours=24)
BACK_MAX: Final = timedelta(days=35)  # older windows that were never judged stay so
AHEAD_MAX: Final = timedelta(days=400)
ONE_DAY: Final = timedelta(days=1)
Key = tuple[int, datetime, datetime]


@dataclass(frozen=True, slots=True)
class Span:
    """A window by hand."""

    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    min_dwell_s: int
    grace_s: int = GRACE_S


@dataclass(frozen=True, slots=True)
class Place:
    """A standing point. `org_path`: its organisations, topmost first."""

    id: int
    org_id: int
    org_path: tuple[int, ...]
    grade: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A window as it ought to be. `plan_id` None: by the rule of the point's grade alone."""

    point_id: int
    opens_at: datetime
    due_at: datetime
    closes_at: datetime
    early_s: int
    late_s: int
    grace_s: int
    min_dwell_s: int
    proof: str
    min_level: int
    grade: int | None
    plan_id: int | None = None
    # Which version issued it says nothing of what it is: an equal window stays as it stands.
    plan_version: int | None = field(default=None, compare=False)
    route_id: int | None = None
    round: str | None = None
    stop_no: int | None = None
    route_order: str = "free"

    @property
    def key(self) -> Key:
        return self.point_id, self.opens_at, self.closes_at

    @property
    def from_at(self) -> datetime:
        """Somebody may come from then on; until then the window may still be withdrawn."""
        return self.opens_at - timedelta(seconds=self.early_s)


@dataclass(frozen=True, slots=True)
class Book:
    """All that windows rest on. `zones`: the points of each plan's zone, by fence."""

    points: Mapping[int, Place]
    grades: Sequence[Grade] = ()
    plans: Sequence[Version] = ()
    routes: Sequence[Version] = ()
    raises: Sequence[Raise] = ()
    exceptions: Exceptions = field(default_factory=dict)
    zones: Mapping[int, frozenset[int]] = field(default_factory=dict)


def windows_of(book: Book, day: date) -> list[Wanted]:
    """All windows of a local day by point and time; of two at one time and place the first.

    A point that no plan in force speaks of follows the rule of its grade in duty hours.
    """
    found: dict[Key, Wanted] = {}
    routes = {one.id: one for one in in_force(book.routes, day)}
    spoken_of: set[int] = set()
    for plan in in_force(book.plans, day):
        walks = [routes[id_] for id_ in plan.body.routes if id_ in routes]
        ids = _points_of(plan, book)
        spoken_of |= ids | {stop.point_id for walk in walks for stop in walk.body.stops}
        if not is_planned(plan.body, day, book.exceptions):
            continue
        for walk in walks:
            for one in _walk(plan, walk, book, day):
                found.setdefault(one.key, one)
        for id_ in sorted(ids):
            for one in _visits(plan, book.points[id_], book, day):
                found.setdefault(one.key, one)
    for id_ in sorted(set(book.points) - spoken_of):
        for one in _by_grade(book.points[id_], book, day):
            found.setdefault(one.key, one)
    return sorted(found.values(), key=lambda one: (one.opens_at, one.point_id, one.closes_at))


def windows_between(book: Book, start: datetime, end: datetime) -> Iterator[Wanted]:
    """Those that open in [start, end), whatever their day."""
    seen: set[Key] = set()
    # A shift may begin a day before, and an offset or a walk carry it a day further.
    day = start.astimezone(LOCAL).date() - 3 * ONE_DAY
    while day <= end.astimezone(LOCAL).date() + ONE_DAY:
        for one in windows_of(book, day):
            if start <= one.opens_at < end and one.key not in seen:
                seen.add(one.key)
                yield one
        day += ONE_DAY


def due_times(rhythm: Rhythm, shifts: Sequence[Shift], day: date) -> list[datetime]:
    """When somebody is due: in the middle of each equal part of the duty.

    Times named outright are taken as they are; one before the first shift's start belongs to
    a shift that crosses midnight, and is of the next day.
    """
    spans = [shift.on(day) for shift in shifts]
    if rhythm.at:
        first = min(start for start, _ in spans)
        midnight = datetime.combine(day, time(), LOCAL)
        wanted = [midnight + timedelta(minutes=minutes_of(text)) for text in rhythm.at]
        crosses = max(end for _, end in spans) > midnight + ONE_DAY
        return sorted(at + ONE_DAY if crosses and at < first else at for at in wanted)
    if rhythm.per_day is not None:
        return _spread(spans, rhythm.per_day)
    found = []
    for start, end in spans:
        if rhythm.every_s is not None:
            step = timedelta(seconds=rhythm.every_s)
            count = max(1, (end - start) // step)
            found += [start + step * k + min(step, end - start) / 2 for k in range(count)]
        else:
            found += _spread([(start, end)], rhythm.per_shift or 1)
    return found


def _spread(spans: Sequence[tuple[datetime, datetime]], count: int) -> list[datetime]:
    """The middles of `count` equal parts of the time within the spans."""
    total = sum((end - start for start, end in spans), timedelta())
    found = []
    for k in range(count):
        left = total * (2 * k + 1) / (2 * count)
        for start, end in spans:
            if left < end - start:
                found.append(start + left)
                break
            left -= end - start
    return [at.replace(microsecond=0) for at in found]


def _points_of(plan: Version, book: Book) -> set[int]:
    """Standing points within the plan's organisation, whatever its body names."""
    body: Body = plan.body
    named = set(body.points) | (book.zones.get(body.zone, frozenset()) if body.zone else set())
    return {
        id_ for id_ in named
        if id_ in book.points and plan.org_id in book.points[id_].org_path
    }  # fmt: skip


def _by_grade(place: Place, book: Book, day: date) -> Iterator[Wanted]:
    grade = raised(place.grade, place.id, book.raises, day)
    rule = rule_for(book.grades, place.org_path, grade, day)
    if rule is not None:
        for due_at in due_times(rule.rhythm, DUTY, day):
            yield _window(place.id, due_at, rule, grade)


def _visits(plan: Version, place: Place, book: Book, day: date) -> Iterator[Wanted]:
    body: Body = plan.body
    own = body.grade or place.grade
    grade = raised(own, place.id, book.raises, day)
    rule = rule_for(book.grades, place.org_path, grade, day)
    if rule is None:
        return
    offset = timedelta(seconds=body.offsets_s.get(str(place.id), 0))
    for due_at in due_times(_rhythm(body, rule, lifted=grade < own), body.shifts or DUTY, day):
        yield _of_plan(_window(place.id, due_at + offset, rule, grade), plan)


def _walk(plan: Version, route: Version, book: Book, day: date) -> Iterator[Wanted]:
    """Windows of every walk along a route. Its grade: the plan's, or the highest of its stops."""
    body: Body = plan.body
    stops: RouteBody = route.body
    standing = [
        (no, stop) for no, stop in enumerate(stops.stops, 1) if stop.point_id in book.points
    ]
    if not standing:
        return
    own = body.grade or min(book.points[stop.point_id].grade for _, stop in standing)
    grade = min(raised(own, stop.point_id, book.raises, day) for _, stop in standing)
    rule = rule_for(book.grades, book.points[standing[0][1].point_id].org_path, grade, day)
    if rule is None:
        return
    for start_at in due_times(_rhythm(body, rule, lifted=grade < own), body.shifts or DUTY, day):
        way_s = 0
        for no, stop in enumerate(stops.stops, 1):
            way_s += stop.travel_s
            if (no, stop) not in standing:
                continue
            its = rule
            if stop.tolerance_s is not None:
                aside_s = stop.tolerance_s
                its = structs.replace(rule, before_s=aside_s, after_s=aside_s)
            one = _window(stop.point_id, start_at + timedelta(seconds=way_s), its, grade)
            yield replace(
                _of_plan(one, plan),
                route_id=route.id,
                round=f"{route.id}/{start_at.isoformat(timespec='minutes')}",
                stop_no=no,
                route_order=stops.order,
            )


def _rhythm(body: Body, rule: GradeRule, *, lifted: bool) -> Rhythm:
    return rule.rhythm if body.visits is None or lifted else body.visits


def _window(point_id: int, due_at: datetime, rule: GradeRule, grade: int) -> Wanted:
    return Wanted(
        point_id,
        due_at - timedelta(seconds=rule.before_s),
        due_at,
        due_at + timedelta(seconds=rule.after_s),
        rule.early_s,
        rule.late_s,
        rule.grace_s,
        rule.min_dwell_s,
        rule.proof,
        rule.min_level,
        grade,
    )


def _of_plan(one: Wanted, plan: Version) -> Wanted:
    body: Body = plan.body
    return replace(
        one,
        plan_id=plan.id,
        plan_version=plan.version,
        proof=body.proof or one.proof,
        min_level=one.min_level if body.min_level is None else body.min_level,
    )


@dataclass(frozen=True, slots=True)
class Change:
    """What to do to the windows that nobody could keep yet."""

    add: Sequence[Wanted]
    withdraw: Sequence[int]  # ids


def reissue(wanted: Sequence[Wanted], known: Mapping[int, Wanted], now: datetime) -> Change:
    """What makes of `known`, the standing windows that plans issued by id, what is `wanted`.

    Only those not yet open, early time included, are touched: what somebody may have kept is
    judged as it was asked for.
    """
    future = {one for one in wanted if one.from_at > now}
    missing = future - {one for one in known.values() if one.from_at > now}
    gone = [id_ for id_, one in known.items() if one.from_at > now and one not in future]
    fresh = [one for one in wanted if one in missing]
    return Change(fresh, sorted(gone))


def check_span(span: Span, now: datetime) -> None:
    """Raise Invalid for a window nobody could keep, or the sweep would never judge."""
    if not now - BACK_MAX <= span.opens_at <= now + AHEAD_MAX:
        raise Invalid("A window opens at most 35 days ago and 400 days from now.")
    if not span.opens_at <= span.due_at <= span.closes_at or span.opens_at == span.closes_at:
        raise Invalid("A window opens before it closes, and is due in between.")
    if span.closes_at - span.opens_at > WINDOW_MAX:
        raise Invalid("A window lasts 24 hours at most.")
    if not 0 <= span.grace_s <= 86_400 or not 0 <= span.min_dwell_s <= 86_400:
        raise Invalid("Grace and dwell are from 0 to 86400 seconds.")
