"""All detectors over the evidence of a span: what is marked, and what has to be loaded. Pure.

Check-ins are looked at by device and local day, with the day before and after as context, so
that a mark is a function of stored evidence and never of when it came. Positions are looked at
by device and hour.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from geo.distance import distance_m
from geo.patrol.fraud import marks, taps, tracks
from geo.patrol.fraud.marks import Mark, Tap, local_day
from geo.patrol.rules import Rule
from geo.patrol.sight import Fixes

CONTEXT: Final = timedelta(days=1)
OF_TAPS: Final = (
    marks.IMPOSSIBLE_TRAVEL, marks.STANDING_STILL, marks.TAG_AWAY, marks.COUNTER_REGRESS,
    marks.TWO_PLACES, marks.CLOCK_SKEW, marks.MOCK_FIX,
)  # fmt: skip


class DeviceDay(NamedTuple):
    device_no: int
    day: date  # local, of the corrected time


class Way(NamedTuple):
    """A device and the time whose positions a detector wants to see."""

    device_no: int
    from_at: datetime
    to_at: datetime


@dataclass(frozen=True, slots=True)
class Checkins:
    """The check-ins of several devices in a span, and those of their tags by others."""

    by_day: Mapping[DeviceDay, Sequence[Tap]]
    by_tag: Mapping[str, Sequence[Tap]]

    @classmethod
    def of(cls, some: Iterable[Tap]) -> "Checkins":
        days: dict[DeviceDay, list[Tap]] = {}
        tags: dict[str, list[Tap]] = {}
        for tap in sorted(some, key=lambda tap: tap.order):
            days.setdefault(DeviceDay(tap.key.device_no, local_day(tap.at)), []).append(tap)
            if tap.uid is not None:
                tags.setdefault(tap.uid, []).append(tap)
        return cls(days, tags)

    def about(self, one: DeviceDay) -> list[Tap]:
        """Of the day and the days around it, in the order of time."""
        days = [one._replace(day=one.day + i * CONTEXT) for i in (-1, 0, 1)]
        return [tap for day in days for tap in self.by_day.get(day, ())]

    def of_one_tag(self, one: DeviceDay, reach_s: float) -> Iterator[tuple[Tap, Tap]]:
        """Placed check-ins of the day with those other devices made of the same tag."""
        reach = timedelta(seconds=reach_s)
        for tap in self.about(one):
            if tap.uid is None or not tap.is_placed:
                continue
            same = self.by_tag[tap.uid]
            first = bisect_left(same, tap.at - reach, key=_at)
            for other in same[first : bisect_right(same, tap.at + reach, key=_at)]:
                if other.key.device_no != one.device_no:
                    yield tap, other

    def days(self, device_nos: Iterable[int]) -> list[DeviceDay]:
        wanted = set(device_nos)
        return sorted(one for one in self.by_day if one.device_no in wanted)


def _at(tap: Tap) -> datetime:
    return tap.at


def ways(checkins: Checkins, wanted: Iterable[DeviceDay], rule: Rule) -> Iterator[Way]:
    """Positions worth loading: between check-ins that follow each other at points far apart,
    and about those that are far from their point or that others made of the same tag."""
    fraud = rule.fraud
    slack = timedelta(seconds=fraud.device_error_s)
    about = timedelta(seconds=fraud.tag_near_s)
    for one in wanted:
        for tap in checkins.about(one):
            if taps.is_away(tap, fraud):
                yield Way(one.device_no, tap.key.at - about, tap.key.at + about)
        for tap, other in checkins.of_one_tag(one, fraud.one_tag_two_places_s):
            for it in (tap, other):
                yield Way(it.key.device_no, it.key.at - about, it.key.at + about)
        for first, second in pairwise(checkins.about(one)):
            a, b = first.spot, second.spot
            dt_s = (second.at - first.at).total_seconds()
            if a is None or b is None or first.point_id == second.point_id:
                continue
            apart_m = distance_m(a.lon_deg, a.lat_deg, b.lon_deg, b.lat_deg)
            hasty = dt_s <= fraud.travel_reach_s and apart_m > fraud.foot_speed_max_mps * dt_s
            if dt_s <= fraud.taps_still_s or hasty:
                yield Way(one.device_no, first.at - slack, second.at + slack)


def of_checkins(
    checkins: Checkins, wanted: Iterable[DeviceDay], fixes: Mapping[int, Fixes], rule: Rule
) -> list[Mark]:
    """Marks of the wanted devices' days. `fixes`: sorted, at least those of `ways`."""
    found: dict[tuple[str, str], Mark] = {}
    fraud = rule.fraud
    for one in wanted:
        mine, track = checkins.about(one), fixes.get(one.device_no, taps.NOTHING)
        of_day = [
            *taps.impossible_travel(mine, track, fraud),
            *taps.taps_standing_still(mine, track, fraud),
            *taps.tag_away(mine, track, fraud, rule.datum),
            *taps.counter_regress(mine),
            *_of_tags(checkins, one, fixes, rule),
            *taps.clock_skew(mine, fraud),
            *taps.mocked_taps(mine),
        ]
        found.update(
            ((mark.detector, mark.key), mark) for mark in of_day if local_day(mark.at) == one.day
        )
    return sorted(found.values(), key=lambda mark: (mark.at, mark.detector, mark.key))


def _of_tags(
    checkins: Checkins, one: DeviceDay, fixes: Mapping[int, Fixes], rule: Rule
) -> Iterator[Mark]:
    """Tags this device read and others as well."""
    faulty: dict[int, bool] = {}
    for pair in checkins.of_one_tag(one, rule.fraud.one_tag_two_places_s):
        for no in {tap.key.device_no for tap in pair} - set(faulty):
            context = checkins.about(DeviceDay(no, one.day))
            faulty[no] = taps.has_datum_fault(context, rule.datum)
        yield from taps.one_tag_two_places(
            pair, fixes, frozenset(no for no, is_so in faulty.items() if is_so), rule.fraud
        )


def of_hour(track: Fixes, hour_no: int, rule: Rule) -> list[Mark]:
    """Marks of one device's hour; `track` reaches ten minutes to either side."""
    inside = track[track["at_ms"] // 3_600_000 == hour_no]
    found = tracks.mock_fixes(inside, tracks.hour_name(hour_no), rule.fraud)
    for mark in tracks.jumps(track, rule.fraud):
        if int(mark.at.timestamp()) // 3_600 == hour_no:
            found.append(mark)
    return found
