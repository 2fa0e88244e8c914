"""Patrol plans: what is to be visited, on which days, in which shifts. Values, and their checks.

A plan is a head with versions. On a local day the newest version whose span of validity holds
the day counts; when a short one is over, the one before it counts again. A raise lifts the
grade of a zone or of named points for a span of days (the Expo of 2018).
"""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from core.errors import Invalid
from geo.patrol.calendar import Exceptions, is_workday
from geo.patrol.grades import Proof, Rhythm, check_grade, check_rhythm, minutes_of

LOCAL: Final = ZoneInfo("Asia/Shanghai")
Order = Literal["free", "ordered", "ordered_strict"]


class Shift(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Local times. One that ends at or before its start ends on the next day."""

    start: str
    end: str
    name: str = ""

    def on(self, day: date) -> tuple[datetime, datetime]:
        midnight = datetime.combine(day, time(), LOCAL)
        start, end = minutes_of(self.start), minutes_of(self.end)
        end += 1_440 if end <= start else 0
        return midnight + timedelta(minutes=start), midnight + timedelta(minutes=end)


DUTY: Final = (Shift("08:00", "20:00", "白班"),)  # duty hours where a plan names no shift


class Dates(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Days that are planned although `days` leaves them out, and the other way round."""

    extra: tuple[date, ...] = ()
    excluded: tuple[date, ...] = ()


class Body(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """Points, routes and zone make windows; segments, areas and posts are to be covered.

    `visits` replaces the rhythm of the grade, unless a raise is in force: then the raised
    grade's rhythm counts. `offsets_s` shifts the due times of single points, by point id.
    """

    points: tuple[int, ...] = ()
    zone: int | None = None  # a fence: every point of the organisation that stands in it
    routes: tuple[int, ...] = ()
    segments: tuple[int, ...] = ()
    areas: tuple[int, ...] = ()
    posts: tuple[int, ...] = ()
    days: Literal["all", "workdays", "restdays"] | tuple[int, ...] = "all"
    dates: Dates = Dates()
    shifts: tuple[Shift, ...] = ()
    grade: int | None = None
    visits: Rhythm | None = None
    offsets_s: dict[str, int] = {}
    proof: Proof | None = None
    min_level: int | None = None


class Stop(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`travel_s` from the stop before; `tolerance_s` to either side, else the grade's."""

    point_id: int
    travel_s: int = 0
    tolerance_s: int | None = None


class RouteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    stops: tuple[Stop, ...]
    order: Order = "free"


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a plan or, with a RouteBody, of a route. `valid_to` None: until further."""

    id: int  # of the head
    org_id: int
    version: int
    valid_from: date
    valid_to: date | None
    body: Any

    def holds(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class Raise:
    grade: int
    point_ids: frozenset[int]
    valid_from: date
    valid_to: date

    def holds(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_to


def in_force(versions: Iterable[Version], day: date) -> list[Version]:
    """Of each head the newest version whose span holds the day."""
    found: dict[int, Version] = {}
    for one in versions:
        known = found.get(one.id)
        if one.holds(day) and (known is None or known.version < one.version):
            found[one.id] = one
    return [found[id_] for id_ in sorted(found)]


def is_planned(body: Body, day: date, exceptions: Exceptions) -> bool:
    """Whether the plan wants anything on this local day."""
    if day in body.dates.excluded:
        return False
    if day in body.dates.extra or body.days == "all":
        return True
    if isinstance(body.days, tuple):
        return day.isoweekday() in body.days
    return is_workday(day, exceptions) == (body.days == "workdays")


def raised(grade: int, point_id: int, raises: Iterable[Raise], day: date) -> int:
    """The grade of a point on a day: a raise counts where it is the higher duty."""
    lifted = [one.grade for one in raises if one.holds(day) and point_id in one.point_ids]
    return min([grade, *lifted])


def read_body(given: Mapping[str, Any]) -> Body:
    """Raises Invalid, naming what is wrong."""
    try:
        body = msgspec.convert(given, Body)
    except msgspec.ValidationError as error:
        raise Invalid(f"This is no plan: {error}") from None
    if not any((body.points, body.zone, body.routes, body.segments, body.areas, body.posts)):
        raise Invalid("A plan names points, a zone, routes, segments, areas or posts.")
    if isinstance(body.days, tuple) and not set(body.days) <= set(range(1, 8)):
        raise Invalid("Days of the week are 1 (Monday) to 7.")
    if isinstance(body.days, tuple) and not body.days:
        raise Invalid('Name days of the week, or say "all", "workdays" or "restdays".')
    if body.grade is not None:
        check_grade(body.grade)
    if body.visits is not None:
        check_rhythm(body.visits)
    if body.min_level is not None and not 0 <= body.min_level <= 5:
        raise Invalid(f"A level of proof is from 0 to 5; got {body.min_level}.")
    for id_, offset_s in body.offsets_s.items():
        if not id_.isdigit() or not 0 <= offset_s <= 86_400:
            raise Invalid("offsets_s is from point id to 0 … 86400 seconds.")
    _check_shifts(body.shifts)
    return body


def _check_shifts(shifts: tuple[Shift, ...]) -> None:
    day = date(2026, 1, 1)
    spans = sorted(shift.on(day) for shift in shifts)
    for before, after in itertools.pairwise(spans):
        if after[0] < before[1]:
            raise Invalid("Two shifts of a plan overlap.")
    if spans and spans[-1][1] - timedelta(days=1) > spans[0][0]:
        raise Invalid("The last shift of a day reaches into the first of the next.")


def read_route(given: Mapping[str, Any]) -> RouteBody:
    """Raises Invalid, naming what is wrong."""
    try:
        body = msgspec.convert(given, RouteBody)
    except msgspec.ValidationError as error:
        raise Invalid(f"This is no route: {error}") from None
    if not 1 <= len(body.stops) <= 200:
        raise Invalid("A route has 1 to 200 stops.")
    for stop in body.stops:
        if not 0 <= stop.travel_s <= 43_200:
            raise Invalid(f"travel_s is from 0 to 43200; got {stop.travel_s}.")
        if stop.tolerance_s is not None and not 1 <= stop.tolerance_s <= 43_200:
            raise Invalid(f"tolerance_s is from 1 to 43200; got {stop.tolerance_s}.")
    if sum(stop.travel_s for stop in body.stops) > 86_400:
        raise Invalid("A walk along a route takes 24 hours at most.")
    return body


def check_span(valid_from: date, valid_to: date | None) -> None:
    if valid_to is not None and valid_to < valid_from:
        raise Invalid("valid_to is not before valid_from.")
