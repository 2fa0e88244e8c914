"""What a month of body cameras consists of: shifts, scenes with their labels, and what is told.

Times are milliseconds since 1970; `received_ms` by our clock, the rest of what a camera says by
its own, which may be wrong.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Camera:
    name: str
    officer: int
    live: bool


@dataclass(frozen=True, slots=True)
class Shift:
    officer: int
    from_ms: int
    to_ms: int


@dataclass(frozen=True, slots=True)
class Scene:
    """`status`: what can be said by the end of the month; `truth`: None where it is that."""

    no: int
    officer: int
    arrive_ms: int
    clear_ms: int
    mess: tuple[str, ...]
    status: str | None
    truth: str | None = None


@dataclass(frozen=True, slots=True)
class Unprovable:
    scene: Scene
    truth: str
    said: str | None
    why_zh: str
    why_en: str


@dataclass(frozen=True, slots=True)
class Visit:
    """`step`: create, arrive, clear."""

    received_ms: int
    scene: int
    officer: int
    step: str


@dataclass(frozen=True, slots=True)
class AssetMoved:
    """`move`: as the ledger calls it; `officer`: to whom it is issued."""

    received_ms: int
    camera: str
    move: str
    officer: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Swapped:
    received_ms: int
    old: str
    new: str
    note: str


@dataclass(frozen=True, slots=True)
class StatusSaid:
    received_ms: int
    camera: str
    at_ms: int
    state: str
    bat_pct: int
    detail: dict[str, Any]
    seq: int = 0


@dataclass(frozen=True, slots=True)
class RecordingTold:
    """`scene`: of which task the recording says that it is."""

    received_ms: int
    camera: str
    at_ms: int
    recording_id: str
    start_ms: int
    stop_ms: int
    scene: int | None
    detail: dict[str, Any]
    seq: int = 0


Fact = Visit | AssetMoved | Swapped | StatusSaid | RecordingTold
