"""Every threshold of patrol verification, as data with a version.

The defaults are those of the domain reference (sections B and C, marked [D] there). A row of
`patrol_rule` holds what differs from them: `{"judge": {"late_upload_s": 1200}}`; unknown
names and wrong types are refused. `./waypost judge --rules FILE` tries one before it counts.
Times in seconds, lengths in metres, speeds in metres per second.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from core.errors import Invalid


@dataclass(frozen=True, slots=True)
class ProofRule:
    """What a check-in proves (B.1–B.5, B.7)."""

    fix_age_max_s: float = 60.0
    acc_max_m: float = 100.0
    strict_place: bool = False  # "in" only when the whole error circle is inside
    same_officer_s: float = 60.0  # the same counter again by the same device within it: one tap
    bracket_tol_s: float = 120.0  # of counter order against time order
    bracket_reach_s: float = 2_678_400.0  # taps of one tag farther apart say nothing of each other
    counter_warn: int = 16_000_000  # of 16,777,215 readings in the life of a tag
    offset_reach_s: float = 3_600.0  # online messages so far back tell the offset of a clock
    skew_flag_s: float = 120.0
    skew_unusable_s: float = 600.0  # without a monotonic clock: not usable without review
    late_upload_s: float = 900.0
    stale_upload_s: float = 86_400.0
    qr_worn_count: int = 3  # so many QR check-ins at a point with a tag …
    qr_worn_s: float = 604_800.0  # … within this time: the tag may be broken
    qr_needs_place: bool = True  # a QR check-in counts only with a position inside (B.7)


@dataclass(frozen=True, slots=True)
class JudgeRule:
    """When a window is kept, and when absence may be said (B.6)."""

    outage_max_s: float = 60.0  # one outage of ours longer than this could hide a tap
    gap_periods: float = 3.0  # silence of a terminal: so many of its reporting periods …
    gap_min_s: float = 60.0  # … but at least this long
    sparse_step: int = 1000  # counters that grow by so much at the median do not count messages
    offline_wait_s: float = 86_400.0  # a silent terminal may still deliver so long
    near_tap_s: float = 300.0  # a stay belongs to a tap within this time of it
    fix_acc_max_m: float = 100.0


@dataclass(frozen=True, slots=True)
class FraudRule:
    """Thresholds of the cheat detectors (P7, B.4). Decision 14 says how they were tuned."""

    acc_max_m: float = 100.0  # a coarser fix says nothing of where somebody was
    monotonic_error_s: float = 5.0  # the network's delay
    device_error_s: float = 60.0  # honest clocks run off so far between two settings
    low_error_s: float = 600.0
    foot_speed_max_mps: float = 12.0
    riding_speed_max_mps: float = 45.0
    travel_reach_s: float = 21_600.0  # check-ins farther apart in time are not compared
    travel_min_m: float = 200.0  # beyond both errors: less is what walls do to a fix
    way_gap_max_s: float = 90.0  # fixes so close together show the way that was ridden …
    way_end_m: float = 200.0  # … when they begin and end so near the two places
    jump_min_m: float = 500.0  # between two fixes, beyond both errors
    jump_fixes: int = 3  # so many before and after agree: no outlier
    jump_hold_s: float = 180.0  # nor was it there and back so soon: walls throw for a minute
    taps_still_s: float = 600.0  # several tags tapped within it …
    taps_still_m: float = 30.0  # … while the position moves no further than this …
    taps_still_apart_m: float = 120.0  # … though the points lie at least so far apart
    taps_still_fixes: int = 3  # positions that must say so
    tag_away_m: float = 150.0  # beyond the radius and the error circle …
    tag_near_s: float = 120.0  # … and every position so soon before and after it as well: walls
    # throw a single fix 300 m away, but nobody taps without standing there for a moment
    tag_alone_m: float = 400.0  # instead of it, where no other position speaks for the fix
    one_tag_two_places_s: float = 120.0
    one_tag_apart_m: float = 250.0  # beyond both error circles
    shared_period_s: float = 60.0  # two tracks are compared once in so many seconds
    shared_device_s: float = 9_000.0  # the least time both were seen on one day
    shared_apart_m: float = 25.0  # together: so close, beyond neither error circle
    shared_share_min: float = 0.94  # of the time both were seen; walls part phones in one pocket
    shared_moved_m: float = 1_000.0  # phones on one desk are together as well
    repeat_match_m: float = 3.0  # two tracks of different days, point by point
    repeat_fixes_min: int = 60
    repeat_share_min: float = 0.95
    repeat_moved_m: float = 300.0  # a phone at rest repeats itself
    repeat_days: int = 14  # compared with so many days before
    skew_s: float = 120.0
    constant_fixes_min: int = 30  # accuracy and speed that never vary
    constant_jitter_m: float = 0.3  # real steps vary by metres at each fix
    constant_moved_m: float = 150.0


@dataclass(frozen=True, slots=True)
class DatumRule:
    """A source that sends another datum: the robust offset of its taps (P10)."""

    window_taps: int = 40  # the newest of a source
    taps_min: int = 6
    points_min: int = 3
    offset_min_m: float = 150.0
    spread_max_m: float = 60.0  # median deviation from the median offset


@dataclass(frozen=True, slots=True)
class CoverageRule:
    """Points, segments and areas (C.3–C.5)."""

    width_foot_m: float = 20.0
    width_vehicle_m: float = 15.0  # and the accuracy of the fixes …
    width_max_m: float = 30.0  # … up to this: a coarse fix must not cover the next street
    heading_max_deg: float = 45.0
    segment_share_min: float = 0.6  # of a segment, counts without the heading
    course_m: float = 15.0  # the heading is that of the way so far before and behind
    course_min_m: float = 10.0  # and known when that led so far, and beyond both error circles
    course_share_min: float = 0.6  # of the way walked: a standing phone wanders to and fro
    rival_m: float = 10.0  # of parallel roads the nearest is walked, and those hardly farther
    piece_m: float = 5.0
    cell_m: float = 50.0
    cell_dwell_s: float = 0.0
    separate_visits_s: float = 900.0
    low_confidence_period_s: float = 60.0


@dataclass(frozen=True, slots=True)
class ScoreRule:
    """Weights of results in a score, and how the three rates of the seeds are defined (C.5)."""

    arrival_tolerance_s: float = 900.0  # 到岗率: somebody at the post so soon after its start
    makeup_weight: float = 0.5
    early_weight: float = 0.8
    late_weight: float = 0.6


@dataclass(frozen=True, slots=True)
class Rule:
    version: str = "v2"
    proof: ProofRule = field(default_factory=ProofRule)
    judge: JudgeRule = field(default_factory=JudgeRule)
    fraud: FraudRule = field(default_factory=FraudRule)
    datum: DatumRule = field(default_factory=DatumRule)
    coverage: CoverageRule = field(default_factory=CoverageRule)
    score: ScoreRule = field(default_factory=ScoreRule)


RULE: Final = Rule()
_SECTIONS: Final = frozenset(RULE.__slots__) - {"version"}


def rule_of(version: str, body: Mapping[str, Any]) -> Rule:
    """The built-in rule with `body` on top. Raises Invalid, naming what is wrong."""
    strange = set(body) - _SECTIONS
    if strange:
        raise Invalid(f"A rule has the parts {sorted(_SECTIONS)}; {sorted(strange)} is none.")
    parts: dict[str, Any] = {}
    for name, given in body.items():
        kind = type(getattr(RULE, name))
        unknown = set(given) - set(kind.__slots__) if isinstance(given, Mapping) else {"?"}
        if unknown:
            raise Invalid(f"{name} knows {list(kind.__slots__)}; {sorted(unknown)} is none.")
        try:
            parts[name] = msgspec.convert(given, kind)
        except msgspec.ValidationError as error:
            raise Invalid(f"{name}: {error}") from None
    return Rule(version, **parts)
