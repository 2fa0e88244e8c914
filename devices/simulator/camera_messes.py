"""What goes wrong with the recording of a scene, and what can be proved of it afterwards.

Each mess is a line of MESSES (or of a whole shift, below it): what the camera recorded, and the
status of domain reference D.5 that follows once all that will ever come has come.
"""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

S_MS: Final = 1000


@dataclass(frozen=True, slots=True)
class Take:
    """One recording as it was; true times."""

    start_ms: int
    stop_ms: int
    off: str = "button"
    gaps: tuple[tuple[int, int], ...] = ()


# From arriving and clearing to what the camera recorded.
Takes = Callable[[int, int, Random], list[Take]]


@dataclass(frozen=True, slots=True)
class Mess:
    """`status`: what can be proved, None: no verdict is due. `truth`: where that is another thing,
    and `why` (Chinese, English). `live`: only of cameras that speak, or only of those that do not.
    `last`: the camera is dead for the rest of the shift."""

    name: str
    status: str | None
    takes: Takes
    live: bool | None = None
    last: bool = False
    truth: str | None = None
    why: tuple[str, str] = ("", "")


def _one(from_s: tuple[int, int], to_s: tuple[int, int]) -> Takes:
    """From so long after arriving to so long after clearing; negative: before."""
    return lambda arrive, clear, chance: [
        Take(arrive + S_MS * chance.randint(*from_s), clear + S_MS * chance.randint(*to_s))
    ]


def _two(between_s: tuple[int, int]) -> Takes:
    """So long between them in the middle; negative: they overlap."""

    def takes(arrive: int, clear: int, chance: Random) -> list[Take]:
        middle, half = (arrive + clear) // 2, S_MS * chance.randint(*between_s) // 2
        return [
            Take(arrive - 20 * S_MS, middle - half),
            Take(middle + half, clear + 20 * S_MS),
        ]

    return takes


def _stopped(off: str) -> Takes:
    """By itself, in the middle."""

    def takes(arrive: int, clear: int, chance: Random) -> list[Take]:
        return [Take(arrive - 9 * S_MS, (arrive + clear) // 2, off)]

    return takes


def _holed(arrive: int, clear: int, chance: Random) -> list[Take]:
    middle = (arrive + clear) // 2
    gaps = ((middle, middle + S_MS * chance.randint(45, 120)),)
    return [Take(arrive - 20 * S_MS, clear + 20 * S_MS, gaps=gaps)]


def _none(arrive: int, clear: int, chance: Random) -> list[Take]:
    return []


_WHOLE: Final = _one((-50, -5), (5, 50))
CLEAN: Final = Mess("clean", "OK", _WHOLE)
MESSES: Final = (
    CLEAN,
    Mess("tolerated", "OK", _one((20, 50), (-50, -20))),
    Mess("began_before", "OK", _one((-1500, -300), (5, 50))),
    Mess("over_two", "OK", _WHOLE),
    Mess("overlap", "OK", _two((-120, -40))),
    Mess("one_second", "OK", _two((1, 1))),
    Mess("swap", "OK", _two((2, 8))),
    Mess("day_boundary", "OK", _WHOLE),
    Mess("no_signal", "OK", _WHOLE, live=True),
    Mess("short", None, _none),
    Mess("late", "LATE_START", _one((90, 240), (5, 50))),
    Mess("late_and_early", "LATE_START", _one((90, 130), (-130, -90))),
    Mess("early", "EARLY_STOP", _one((-50, -5), (-240, -90))),
    Mess("gap", "GAP", _two((45, 150))),
    Mess("gap_in_file", "GAP", _holed),
    Mess("forgot", "NO_RECORDING", _none),
    Mess("battery", "DEVICE_EXCUSE", _stopped("battery"), last=True),
    Mess("full_card", "DEVICE_EXCUSE", _stopped("storage"), last=True),
    Mess("fault", "DEVICE_EXCUSE", _none, live=True),
    Mess("fault_in_file", "DEVICE_EXCUSE", _stopped("fault"), live=False),
    Mess(
        "destroyed", "NO_RECORDING", _WHOLE, live=False, truth="OK",
        why=("文件在入坞前损毁，采集站只看到已清空的记录仪。",
             "The file was destroyed before docking; the dock saw an emptied camera."),
    ),
    Mess(
        "destroyed_told", "UPLOAD_OVERDUE", _WHOLE, live=True, truth="OK",
        why=("记录仪报过该文件，但文件在入坞前损毁，不会再来。",
             "The camera told of the file; it was destroyed before docking and never comes."),
    ),
    Mess(
        "flat_before", "NO_RECORDING", _none, live=False, last=True, truth="DEVICE_EXCUSE",
        why=("到场前电池已耗尽，记录仪无法说明，入坞时也没有文件。",
             "The battery was flat before arrival; the camera could not say so, and had no file."),
    ),
    Mess(
        "lens_covered", "OK", _WHOLE, truth="NO_RECORDING",
        why=("镜头被遮挡，时间完整但没有画面；元数据不含画面。",
             "The lens was covered: times are whole, pictures are not told of."),
    ),
    Mess(
        "arrived_earlier", "OK", _one((-9, -2), (5, 50)), truth="LATE_START",
        why=("真正到场比点击到场早，录制与点击同时开始；没有轨迹可查。",
             "The arrival was told late, with the recording; no track says otherwise."),
    ),
)  # fmt: skip
NO_CAMERA: Final = Mess("no_camera", "DEVICE_EXCUSE", _none)
FORGOTTEN_DOCK: Final = Mess("forgotten_dock", "UPLOAD_OVERDUE", _WHOLE)
QUEUED_CLOCK: Final = Mess(
    "queued_clock", "NO_RECORDING", _WHOLE, live=False, truth="OK",
    why=("时钟被拨错，且消息都是补传的，偏差无从得知。",
         "The clock was wrong and every message queued, so nobody knows by how much."),
)  # fmt: skip
LOST: Final = (
    Mess("lost_recorded", "UPLOAD_OVERDUE", _WHOLE, live=False, truth="OK",
         why=("记录仪遗失，文件随之遗失；只知道没有上传。",
              "The camera was lost with its file; all that is known is that nothing came.")),
    Mess("lost_forgot", "UPLOAD_OVERDUE", _none, live=False, truth="NO_RECORDING",
         why=("记录仪遗失，无法证明没有录制；只知道没有上传。",
              "The camera was lost; that it had not recorded cannot be proved.")),
)  # fmt: skip
# Beside the scene's own: the camera's clock was wrong; its files came a shift late.
EVERY_MESS: Final = frozenset(
    {one.name for one in (*MESSES, NO_CAMERA, FORGOTTEN_DOCK, QUEUED_CLOCK, *LOST)}
    | {"clock_wrong", "late_dock"}
)
