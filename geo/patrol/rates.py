"""Rates of patrol work: every figure with its numerator, denominator and definition.

Completion and punctuality follow the domain reference (B.6). 出勤率, 到岗率 and 管事率 are named
by the bureau's own reports and defined nowhere, so their formulas are ours (C.5), carry a
version, and stand beside the number. What could not be told is never hidden in a rate: the
undeterminable are counted beside it, and the observable share says how much could be seen.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from geo.patrol.results import MEANINGS, Presence, Result
from geo.patrol.rules import RULE, ScoreRule

DEFINITIONS_VERSION: Final = "2026-1"
Shape = dict[str, Any]

DEFINITIONS: Final[Mapping[str, tuple[str, str, str, str]]] = {
    # name: title zh, title en, definition zh, definition en
    "completion": (
        "完成率", "completion",
        "（准时＋早到＋迟到）÷（应到－免于考核）",
        "(on time + early + late) ÷ (required − excused)",
    ),
    "punctuality": (
        "准时率", "punctuality",
        "准时 ÷（应到－免于考核）",
        "on time ÷ (required − excused)",
    ),
    "verified": (
        "核实率", "verified share",
        "达到点位所要求证明等级的到访 ÷ 计入完成的到访",
        "visits proved at the level the point asks for ÷ visits counted",
    ),
    "observable": (
        "可观测率", "observable share",
        "能作出判断的时间窗 ÷ 已判定的时间窗（其余为无法判定、等待上传、存疑）",
        "windows in which we could tell ÷ windows judged; the rest is undeterminable or suspect",
    ),
    "score": (
        "得分", "score",
        "按结果加权（准时 1，早到 0.8，迟到 0.6，补签 0.5，其余 0）÷（应到－免于考核）",
        "results weighted (on time 1, early 0.8, late 0.6, made up 0.5) ÷ (required − excused)",
    ),
    "attendance": (
        "出勤率", "attendance",
        "班次内有至少一项在岗证据（签到、定位、打卡）的人次 ÷ 排班人次（不含请假）",
        "shifts with a sign of duty (status, position, check-in) ÷ shifts rostered, leave apart",
    ),
    "on_post": (
        "到岗率", "on post",
        "在容许时间内进入岗位范围的岗次 ÷ 应到岗次",
        "posts entered by their officer within the tolerance ÷ posts to be manned",
    ),
    "handled": (
        "管事率", "matters handled",
        "至少上报一个问题或线索、或办结一项任务的巡查人次 ÷ 巡查人次",
        "patrol shifts with a problem or lead reported or a task resolved ÷ patrol shifts",
    ),
    "problems": (
        "每百次打卡发现问题", "problems per 100 check-ins",
        "上报问题数 ÷ 打卡次数 × 100（2018 年为 7.3）",
        "problems reported ÷ check-ins × 100 (7.3 in 2018)",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """One window that was due, as far as it is known. `result` None: not judged yet."""

    window_id: int
    org_id: int
    point_id: int
    device_no: int | None
    day: str
    result: Result | None
    verified: bool | None
    observed_share: float | None


@dataclass(frozen=True, slots=True)
class Duty:
    """One rostered shift and what came of it."""

    org_id: int
    device_no: int
    day: str
    kind: str  # patrol or post
    attended: bool
    on_post: bool
    handled: bool


def figure(
    name: str,
    numerator: float,
    denominator: float,
    factor: float = 1.0,
    *,
    definitions: Mapping[str, tuple[str, str, str, str]] = DEFINITIONS,
) -> Shape:
    """A rate with its parts and what it means; without a denominator it has no value.

    >>> figure("completion", 3, 4)["value"], figure("completion", 0, 0)["value"]
    (0.75, None)
    """
    zh, en, how_zh, how_en = definitions[name]
    return {
        "name": name,
        "value": None if not denominator else round(numerator / denominator * factor, 6),
        "numerator": round(numerator, 6),
        "denominator": round(denominator, 6),
        "title": {"zh": zh, "en": en},
        "definition": {"zh": how_zh, "en": how_en},
        "definition_version": DEFINITIONS_VERSION,
    }


def window_figures(outcomes: Iterable[Outcome], rule: ScoreRule = RULE.score) -> Shape:
    """{counts, figures} of some windows. Counts by result, and what they sum to."""
    found = list(outcomes)
    results = Counter(one.result for one in found)
    counts = {str(result): results[result] for result in Result}
    judged = sum(results[result] for result in Result)
    owed = len(found) - results[Result.EXCUSED]
    kept = sum(results[result] for result in Result if MEANINGS[result].counts)
    unknown = sum(results[r] for r in Result if MEANINGS[r].presence is Presence.UNKNOWN)
    verified = sum(1 for one in found if one.verified)
    weights = _weights(rule)
    shares = [one.observed_share for one in found if one.observed_share is not None]
    return {
        "required": len(found),
        "unjudged": len(found) - judged,
        "counts": counts,
        "mean_observed_share": round(sum(shares) / len(shares), 6) if shares else None,
        "figures": {
            "completion": figure("completion", kept, owed),
            "punctuality": figure("punctuality", results[Result.ON_TIME], owed),
            "verified": figure("verified", verified, kept),
            "observable": figure("observable", judged - unknown, judged),
            "score": figure("score", sum(weights[r] * results[r] for r in Result), owed),
        },
    }


def duty_figures(duties: Iterable[Duty]) -> Shape:
    """出勤率, 到岗率, 管事率 of some shifts."""
    found = list(duties)
    posts = [one for one in found if one.kind == "post"]
    patrols = [one for one in found if one.kind == "patrol"]
    return {
        "attendance": figure("attendance", sum(one.attended for one in found), len(found)),
        "on_post": figure("on_post", sum(one.on_post for one in posts), len(posts)),
        "handled": figure("handled", sum(one.handled for one in patrols), len(patrols)),
    }


def grouped(
    outcomes: Sequence[Outcome], by: str, *, squads: Mapping[int, Sequence[int]]
) -> dict[Any, list[Outcome]]:
    """Outcomes by `point`, `officer`, `day`, or `org` (a window counts for every organisation
    above it as well; `squads` gives them, the own one included)."""
    found: dict[Any, list[Outcome]] = {}
    for one in outcomes:
        for key in _keys(one, by, squads):
            found.setdefault(key, []).append(one)
    return found


def _keys(one: Outcome, by: str, squads: Mapping[int, Sequence[int]]) -> Sequence[Any]:
    if by == "org":
        return squads.get(one.org_id, [one.org_id])
    if by == "officer":
        return [] if one.device_no is None else [one.device_no]
    return [{"squad": one.org_id, "point": one.point_id, "day": one.day}[by]]


def _weights(rule: ScoreRule) -> dict[Result, float]:
    weights = {result: meaning.weight for result, meaning in MEANINGS.items()}
    return weights | {
        Result.EARLY: rule.early_weight,
        Result.LATE: rule.late_weight,
        Result.MAKEUP: rule.makeup_weight,
    }
