"""What equipment is due to whom, and the figures of the recording audit: data, with defaults. Pure.

Defaults are those of domain reference D ([K], [D]); every one may be changed, and a change is a
new version, never an edit of the old. A verdict names the version it was made by.
"""

from typing import Any, Final, Literal

import msgspec

from core.errors import Invalid

Duty = Literal["front_line", "office", "left"]


class Standard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Each person of `duty` has `least` of `kind`; with `unit` each organisation of that kind
    (squad, brigade, bureau) has, and one more for every `people` front-line officers begun."""

    kind: str
    least: int = 1
    duty: Literal["front_line", "office"] | None = "front_line"
    unit: Literal["squad", "brigade", "bureau"] | None = None
    people: int | None = None


class Audit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Figures of domain reference D.5, and how long a file may take to the archive (D.3)."""

    late_s: float = 60
    early_s: float = 60
    gap_s: float = 30
    scene_least_s: float = 60
    around_s: float = 300  # before and after the scene, where a recording may begin or end
    upload_h: float = 24  # after the end of the shift
    scene_m: float = 100  # of the task's place: who stands there is on its scene
    clock_s: float = 30  # a clock less wrong than this is right: it may be the network's delay


class Status(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    battery_low_pct: float = 20
    storage_low_pct: float = 10
    live_silent_s: float = 600  # of a camera that speaks, in the hands of somebody on duty
    on_share: float = 0.8  # of a shift, for it to count as powered on


class Retention(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`permanent`: classes that are kept for good (domain reference D.3, art. 13)."""

    days: int = 180
    permanent: tuple[str, ...] = ("evidence", "obstruction", "major_incident")
    holding: tuple[str, ...] = ("complaint", "open_task")


class Sampling(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    a_year: int = 100
    questions: tuple[str, ...] = ("playable", "complete", "identity_shown", "rights_told",
                                  "conduct_proper", "tagged_right")  # fmt: skip


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    standards: tuple[Standard, ...] = (
        Standard("camera"),
        Standard("terminal"),
        Standard("dock", duty=None, unit="squad", people=30),
    )
    audit: Audit = Audit()
    status: Status = Status()
    retention: Retention = Retention()
    sampling: Sampling = Sampling()


DEFAULT: Final = Policy()


def read_policy(body: dict[str, Any]) -> Policy:
    """What is left out has its default. Raises Invalid.

    >>> read_policy({"audit": {"gap_s": 10}}).audit.gap_s
    10.0
    """
    try:
        found = msgspec.convert(body, Policy)
    except msgspec.ValidationError as error:
        raise Invalid(f"This is no equipment policy: {error}.") from None
    figures = [
        *(getattr(found.audit, name) for name in Audit.__struct_fields__),
        *(getattr(found.status, name) for name in Status.__struct_fields__),
        found.retention.days, found.sampling.a_year,
        *(one.least for one in found.standards), *(one.people or 1 for one in found.standards),
    ]  # fmt: skip
    if not all(0 <= one <= 1e6 for one in figures) or any(o.people == 0 for o in found.standards):
        raise Invalid("Figures of the equipment policy are numbers from 0 to 1,000,000.")
    if any((one.duty is None) == (one.unit is None) for one in found.standards):
        raise Invalid("A standard is of a duty or of a kind of unit, not of both and not of none.")
    return found
