"""Duty grades (勤务等级): the rule of a grade as data, effective-dated, the nearest organisation's.

The built-in rules are the table of the domain reference G.3, which calls itself only a default
for users to edit. A row of `patrol_grade` replaces the rule of one grade from a day on, for an
organisation and everything below it. Times in seconds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import msgspec

from core.errors import Invalid

GRADE_MAX: Final = 9
Proof = Literal["tap", "stay", "either"]


class Rhythm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How often somebody is due: exactly one of the four."""

    every_s: int | None = None  # once in each so many seconds of a shift
    per_shift: int | None = None
    per_day: int | None = None
    at: tuple[str, ...] = ()  # local times, "08:30"


class GradeRule(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """`before_s` and `after_s` of the due time are on time; beyond them early and late (B.6)."""

    rhythm: Rhythm
    before_s: int
    after_s: int
    early_s: int = 0
    late_s: int = 0
    grace_s: int = 900  # a phone underground uploads later (B.6)
    min_level: int = 0
    min_dwell_s: int = 0
    gps_period_s: int = 60
    proof: Proof = "tap"


def _rule(rhythm: Rhythm, b_s: int, e_s: int, *, level: int, gps_s: int, dwell_s: int) -> GradeRule:
    return GradeRule(
        rhythm=rhythm, before_s=b_s, after_s=b_s, early_s=e_s, late_s=e_s, min_level=level,
        gps_period_s=gps_s, min_dwell_s=dwell_s,
    )  # fmt: skip


BUILTIN: Final[Mapping[int, GradeRule]] = {
    1: _rule(Rhythm(every_s=7_200), 900, 900, level=5, gps_s=10, dwell_s=180),
    2: _rule(Rhythm(per_shift=2), 1_800, 2_400, level=4, gps_s=30, dwell_s=60),
    3: _rule(Rhythm(per_day=1), 3_600, 3_600, level=3, gps_s=60, dwell_s=0),
}


@dataclass(frozen=True, slots=True)
class Grade:
    """A rule of an organisation: from `valid_from` on until the next of the same grade."""

    org_id: int
    grade: int
    valid_from: date
    rule: GradeRule


def rule_for(
    grades: Iterable[Grade], org_path: Sequence[int], grade: int, day: date
) -> GradeRule | None:
    """The rule of a grade on a day, for an organisation by its path (topmost first).

    The nearest organisation that has a rule in force wins; of its rules the newest. None for a
    grade nobody gave a rule.
    """
    depth = {org_id: place for place, org_id in enumerate(org_path)}
    found = [
        one
        for one in grades
        if one.grade == grade and one.valid_from <= day and one.org_id in depth
    ]
    if not found:
        return BUILTIN.get(grade)
    return max(found, key=lambda one: (depth[one.org_id], one.valid_from)).rule


def read_rule(given: Mapping[str, Any]) -> GradeRule:
    """Raises Invalid, naming what is wrong."""
    try:
        rule = msgspec.convert(given, GradeRule)
    except msgspec.ValidationError as error:
        raise Invalid(f"This is no rule of a grade: {error}") from None
    check_rhythm(rule.rhythm)
    for name in ("before_s", "after_s", "early_s", "late_s", "grace_s", "min_dwell_s"):
        if not 0 <= getattr(rule, name) <= 43_200:
            raise Invalid(f"{name} is from 0 to 43200 seconds; got {getattr(rule, name)}.")
    if rule.before_s + rule.after_s == 0:
        raise Invalid("A window needs some time before or after the due time.")
    if not 0 <= rule.min_level <= 5:
        raise Invalid(f"A level of proof is from 0 to 5; got {rule.min_level}.")
    if not 1 <= rule.gps_period_s <= 3_600:
        raise Invalid(f"A reporting period is from 1 to 3600 seconds; got {rule.gps_period_s}.")
    return rule


def check_rhythm(rhythm: Rhythm) -> None:
    """Raises Invalid unless it says exactly one thing that can be kept."""
    said = [v for v in (rhythm.every_s, rhythm.per_shift, rhythm.per_day) if v is not None]
    if len(said) + bool(rhythm.at) != 1:
        raise Invalid("Say how often in one way: every_s, per_shift, per_day or at.")
    if rhythm.every_s is not None and not 300 <= rhythm.every_s <= 86_400:
        raise Invalid(f"every_s is from 300 to 86400; got {rhythm.every_s}.")
    for count in (rhythm.per_shift, rhythm.per_day):
        if count is not None and not 1 <= count <= 96:
            raise Invalid(f"A number of visits is from 1 to 96; got {count}.")
    for text in rhythm.at:
        minutes_of(text)


def minutes_of(text: str) -> int:
    """Minutes since local midnight.

    >>> minutes_of("22:30")
    1350
    """
    hour, colon, minute = text.partition(":")
    digits = len(hour) == 2 and len(minute) == 2 and (hour + minute).isascii()
    if colon and digits and (hour + minute).isdigit():
        found = int(hour) * 60 + int(minute)
        if found <= 1_440 and int(minute) < 60:
            return found
    raise Invalid(f"A time of day is HH:MM from 00:00 to 24:00; got {text!r}.")


def check_grade(grade: int) -> None:
    if not 1 <= grade <= GRADE_MAX:
        raise Invalid(f"A duty grade is from 1 to {GRADE_MAX}; got {grade}.")
