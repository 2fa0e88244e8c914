"""What somebody who is sent away would leave behind: windows nobody else may serve in time, and
areas with nobody left in them. Pure.

A window is broken when it closes before the one sent could be back at its point: the way to the
task, the work there and the way from there to the point. Whether another could serve it is said
beside it, not assumed: that is for a person to judge.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from core.values import Point
from geo.distance import distance_m

HORIZON: Final = timedelta(hours=4)  # nothing later is looked at


@dataclass(frozen=True, slots=True)
class Assumptions:
    """How long an errand takes: defaults, until a customer's own figures are known."""

    handling_s: float = 2_700
    foot_mps: float = 3.0  # officers, on foot and on electric bicycles
    wheels_mps: float = 8.0
    manning_min: int = 1


ASSUMPTIONS: Final = Assumptions()


@dataclass(frozen=True, slots=True)
class Duty:
    """A window that is not served yet. `ends_at` has its late buffer in it; `device_nos` are the
    terminals rostered for it."""

    window_id: int
    point_id: int
    point: str
    opens_at: datetime
    ends_at: datetime
    place: Point
    device_nos: frozenset[int]


@dataclass(frozen=True, slots=True)
class Manned:
    """An area and who of those on duty is in it by their last crossing."""

    fence_id: int
    name: str
    device_nos: frozenset[int]


@dataclass(frozen=True, slots=True)
class Break:
    """A window one would miss. `others`: how many more are rostered for it and could go."""

    duty: Duty
    back_at: datetime
    others: int


@dataclass(frozen=True, slots=True)
class Void:
    """An area one would leave with fewer than it needs: `left` of them."""

    area: Manned
    left: int


def speed_mps(kind: str, assumed: Assumptions = ASSUMPTIONS) -> float:
    return assumed.foot_mps if kind == "officer" else assumed.wheels_mps


def breaks(
    device_no: int,
    duties: Iterable[Duty],
    *,
    travel_m: float,
    kind: str,
    task: Point,
    free: Set[int],
    now: datetime,
    assumed: Assumptions = ASSUMPTIONS,
) -> list[Break]:
    """Windows this unit would miss if it were sent now, the first to close first.

    `travel_m`: to the task. `free`: who else could go at all, by device number.
    """
    speed = speed_mps(kind, assumed)
    away_s = travel_m / speed + assumed.handling_s
    found = []
    for duty in duties:
        if device_no not in duty.device_nos or duty.ends_at <= now:
            continue
        back_s = away_s + _metres(task, duty.place) / speed
        back_at = now + timedelta(seconds=back_s)
        if back_at > duty.ends_at:
            others = len((duty.device_nos & free) - {device_no})
            found.append(Break(duty, back_at, others))
    return sorted(found, key=lambda one: (one.duty.ends_at, one.duty.window_id))


def voids(
    device_no: int, areas: Sequence[Manned], assumed: Assumptions = ASSUMPTIONS
) -> list[Void]:
    """Areas this unit would leave with fewer than `manning_min`."""
    return [
        Void(area, len(area.device_nos) - 1)
        for area in areas
        if device_no in area.device_nos and len(area.device_nos) - 1 < assumed.manning_min
    ]


def _metres(a: Point, b: Point) -> float:
    return distance_m(a.lon_deg, a.lat_deg, b.lon_deg, b.lat_deg)
