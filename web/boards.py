"""The boards: duty of now, data of now, squads compared. Every figure says what it is. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from geo.patrol.rates import Shape, figure

DEFINITIONS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    "on_duty": (
        "在岗率", "on duty",
        "在线且在岗的队员终端 ÷ 当前排班的队员终端（不含请假）",
        "officers online and on duty ÷ officers rostered now, leave apart",
    ),
    "served": (
        "今日到位", "served today",
        "今日已计入完成的时间窗 ÷ 今日已到期的时间窗（不含免于考核）",
        "windows of today that count as served ÷ windows of today that are over, excused apart",
    ),
    "observable": (
        "可观测率", "observable share",
        "能作出判断的时间窗 ÷ 已判定的时间窗",
        "windows in which we could tell ÷ windows judged",
    ),
    "online": (
        "在线率", "online",
        "链路正常的设备 ÷ 应在线的设备（不含入坞、下班）",
        "devices whose link is up ÷ devices expected to be, docked and off duty apart",
    ),
    "fresh": (
        "定位新鲜率", "fresh fixes",
        "最近三个上报周期内有定位的设备 ÷ 链路正常的设备",
        "devices with a fix within three of their periods ÷ devices whose link is up",
    ),
    "queued": (
        "补传占比", "late readings",
        "一小时内迟到一分钟以上的读数 ÷ 一小时内的读数",
        "readings of the last hour more than a minute late ÷ readings of the last hour",
    ),
    "refused": (
        "拒收率", "refused",
        "一小时内进入隔离区的消息 ÷ 一小时内收到的消息",
        "messages of the last hour put in quarantine ÷ messages of the last hour",
    ),
    "answered": (
        "及时签收率", "accepted in time",
        "派单后限时内接单的任务 ÷ 已派单的任务",
        "tasks accepted within the time ÷ tasks dispatched",
    ),
    "resolved": (
        "按期解决率", "resolved in time",
        "期限内解决的任务 ÷ 期限已到的任务",
        "tasks resolved within the deadline ÷ tasks whose deadline has come",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Squad:
    """What is counted of one organisation now."""

    org_id: int
    name: str
    officers: int
    rostered: int
    rostered_on: int
    on_duty: int
    silent: int
    due: int
    served: int
    missed: int
    unknown: int
    judged: int
    open_windows: int
    posts: int
    posts_manned: int
    tasks_open: int
    tasks_waiting: int
    tasks_overdue: int
    alarms: int
    alarms_unseen: int


COUNTS: Final = tuple(name for name in Squad.__dataclass_fields__ if name not in ("org_id", "name"))


def duty_board(squads: Sequence[Squad]) -> Shape:
    """{total, items}: counts and figures, each squad and all together."""
    return {
        "total": _duty({name: sum(getattr(s, name) for s in squads) for name in COUNTS}),
        "items": [
            {"org_id": one.org_id, "name": one.name,
             **_duty({name: getattr(one, name) for name in COUNTS})}
            for one in squads
        ],
        "next": None,
    }  # fmt: skip


def _duty(counts: dict[str, int]) -> Shape:
    parts = {
        "on_duty": (counts["rostered_on"], counts["rostered"]),
        "served": (counts["served"], counts["due"]),
        "observable": (counts["judged"] - counts["unknown"], counts["judged"]),
    }
    return {"counts": counts, "figures": figures(parts)}


@dataclass(frozen=True, slots=True)
class Kind:
    """Devices of one kind by how they are heard."""

    kind: str
    all: int
    online: int
    stale: int
    silent: int
    never: int
    resting: int
    fresh: int


def data_board(
    kinds: Sequence[Kind], hour: Mapping[str, Any], history: Iterable[Mapping[str, Any]]
) -> Shape:
    """{total, items by kind, hour, history}. `hour`: readings, late, refused, and lags."""
    sums = {n: sum(getattr(k, n) for k in kinds) for n in Kind.__dataclass_fields__ if n != "kind"}
    received = hour["readings"] + hour["refused"]
    parts = {
        "queued": (hour["late"], hour["readings"]),
        "refused": (hour["refused"], received),
    }
    return {
        "total": {"counts": sums, "figures": _heard(sums) | figures(parts)},
        "items": [
            {"kind": one.kind, "counts": {n: getattr(one, n) for n in sums},
             "figures": _heard({n: getattr(one, n) for n in sums})}
            for one in kinds
        ],
        "hour": dict(hour),
        "history": list(history),
        "next": None,
    }  # fmt: skip


def _heard(counts: Mapping[str, int]) -> Shape:
    expected = counts["all"] - counts["resting"]
    return figures({
        "online": (counts["online"], expected),
        "fresh": (counts["fresh"], counts["online"]),
    })  # fmt: skip


def figures(parts: Mapping[str, tuple[float, float]]) -> Shape:
    return {name: figure(name, *part, definitions=DEFINITIONS) for name, part in parts.items()}


def ranked(items: Sequence[Shape]) -> list[Shape]:
    """Squads by their score, best first; without a score last. Equal scores share a rank.

    >>> [one["rank"] for one in ranked([{"score": 0.5}, {"score": 0.9}, {"score": 0.5}])]
    [1, 2, 2]
    """
    found = sorted(items, key=lambda one: -1.0 if one["score"] is None else one["score"])
    found.reverse()
    scores = [one["score"] for one in found]
    return [{"rank": scores.index(one["score"]) + 1, **one} for one in found]
