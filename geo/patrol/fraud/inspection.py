"""All detectors over the evidence of a span: what is marked, and what has to be loaded. Pure.

Check-ins are looked at by device and local day, with the day before and after as context, so
that a mark is a function of stored evidence and never of when it came. Positions are looked at
by device and hour.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from geo.distance import distance_m
from geo.patrol.fraud import marks, taps, tracks
from geo.patrol.fraud.marks import Mark, Tap, local_day
from geo.patrol.rules import Rule
from geo.patrol.sight import FIX_DTYPE, Fixes

CONTEXT: Final = timedelta(days=1)
NOTHING: Final = np.empty(0, FIX_DTYPE)
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

    by_device: Mapping[int, Sequence[Tap]]

    @classmethod
    def of(cls, some: Iterable[Tap]) -> "Checkins":
        found: dict[int, list[Tap]] = {}
        for tap in sorted(some, key=lambda tap: tap.order):
            found.setdefault(tap.key.device_no, []).append(tap)
        return cls(found)

    def about(self, one: DeviceDay) -> list[Tap]:
        """Of the day and the days around it."""
        return [
            tap
            for tap in self.by_device.get(one.device_no, ())
            if abs(local_day(tap.at) - one.day) <= CONTEXT
        ]

    def days(self, device_nos: Iterable[int]) -> list[DeviceDay]:
        return sorted(
            {
                DeviceDay(no, local_day(tap.at))
                for no in device_nos
                for tap in self.by_device.get(no, ())
            }
        )


def ways(checkins: Checkins, wanted: Iterable[DeviceDay], rule: Rule) -> Iterator[Way]:
    """Positions worth loading: between check-ins that follow each other at points far apart."""
    fraud = rule.fraud
    slack = timedelta(seconds=fraud.device_error_s)
    for one in wanted:
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
        mine, track = checkins.about(one), fixes.get(one.device_no, NOTHING)
        of_day = [
            *taps.impossible_travel(mine, track, fraud),
            *taps.taps_standing_still(mine, track, fraud),
            *taps.tag_away(mine, fraud, rule.datum),
            *taps.counter_regress(mine),
            *_of_tags(checkins, one, rule),
            *taps.clock_skew(mine, fraud),
            *taps.mocked_taps(mine),
        ]
        found.update(
            ((mark.detector, mark.key), mark) for mark in of_day if local_day(mark.at) == one.day
        )
    return sorted(found.values(), key=lambda mark: (mark.at, mark.detector, mark.key))


def _of_tags(checkins: Checkins, one: DeviceDay, rule: Rule) -> Iterator[Mark]:
    """Tags this device read and others as well."""
    reach = timedelta(seconds=rule.fraud.one_tag_two_places_s)
    mine = [tap for tap in checkins.about(one) if tap.uid is not None and tap.is_placed]
    faulty: dict[int, bool] = {}
    for tap in mine:
        pair = [tap] + [
            other
            for no, theirs in checkins.by_device.items()
            if no != one.device_no
            for other in theirs
            if other.uid == tap.uid and abs(other.at - tap.at) <= reach
        ]
        for no in {other.key.device_no for other in pair} - set(faulty) if len(pair) > 1 else ():
            context = checkins.about(DeviceDay(no, one.day))
            faulty[no] = taps.has_datum_fault(context, rule.datum)
        for mark in taps.one_tag_two_places(
            pair, frozenset(no for no, is_so in faulty.items() if is_so), rule.fraud
        ):
            if one.device_no in (mark.device_no, mark.other_no):
                yield mark


def of_hour(track: Fixes, hour_no: int, rule: Rule) -> list[Mark]:
    """Marks of one device's hour; `track` reaches ten minutes to either side."""
    inside = track[track["at_ms"] // 3_600_000 == hour_no]
    found = tracks.mock_fixes(inside, tracks.hour_name(hour_no), rule.fraud)
    for mark in tracks.jumps(track, rule.fraud):
        if int(mark.at.timestamp()) // 3_600 == hour_no:
            found.append(mark)
    return found
