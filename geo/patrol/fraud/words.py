"""The sentence of each mark, Chinese and English: what was seen, never that somebody cheated."""

from collections.abc import Mapping
from typing import Any, Final

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "impossible_travel": (
        "{dt_s:.0f} 秒内移动了至少 {apart_m:.0f} 米，折合 {speed_mps:.0f} 米/秒，超过上限 "
        "{limit_mps:.0f} 米/秒。",
        "At least {apart_m:.0f} m in {dt_s:.0f} s: {speed_mps:.0f} m/s, more than the limit of "
        "{limit_mps:.0f} m/s.",
    ),
    "taps_standing_still": (
        "{span_s:.0f} 秒内在相距 {apart_m:.0f} 米的 {points} 个点位签到，但定位只移动了 "
        "{moved_m:.0f} 米。",
        "{points} points {apart_m:.0f} m apart were checked in within {span_s:.0f} s, while the "
        "position moved only {moved_m:.0f} m.",
    ),
    "tag_away": (
        "签到时定位距点位 {distance_m:.0f} 米（定位精度 {acc_m:.0f} 米）。",
        "At the check-in the position was {distance_m:.0f} m from the point (accuracy "
        "{acc_m:.0f} m).",
    ),
    "counter_regress": (
        "标签的计数不符：本次读数已用过，或与时间先后矛盾。",
        "The tag's counter does not fit: this reading was used before, or contradicts the order "
        "of time.",
    ),
    "one_tag_two_places": (
        "同一标签 {uid} 在 {dt_s:.0f} 秒内出现在相距 {apart_m:.0f} 米的两处。",
        "One tag, {uid}, at two places {apart_m:.0f} m apart within {dt_s:.0f} s.",
    ),
    "shared_device": (
        "两台终端同行 {together_s:.0f} 秒，占共同可见时间的 {share:.0%}，"
        "中位间距 {apart_m:.0f} 米。",
        "Two terminals moved as one for {together_s:.0f} s, {share:.0%} of the time both were "
        "seen, {apart_m:.0f} m apart at the median.",
    ),
    "repeated_track": (
        "这段轨迹与 {days} 天前的轨迹逐点重合:{fixes} 个定位中 {share:.0%} 相差不超过 "
        "{match_m:.0f} 米。",
        "The track repeats one of {days} days before: {share:.0%} of {fixes} positions within "
        "{match_m:.0f} m, at the same pace.",
    ),
    "clock_skew": (
        "终端时钟与单调时钟最多相差 {worst_s:.0f} 秒，涉及 {count} 次签到;已按校正时间判定。",
        "The terminal's clock was off by up to {worst_s:.0f} s at {count} check-ins; they were "
        "judged by the corrected time.",
    ),
    "mock_fix": (
        "{fixes} 个定位带有模拟位置标志。",
        "{fixes} positions carry the flag of a mocked location.",
    ),
    "datum_fault": (
        "该终端最近 {taps} 次签到（{points} 个点位）的定位整体偏移约 {offset_m:.0f} 米，疑似坐标系"
        "标错（可能为 {likely}）。",
        "The newest {taps} check-ins of this terminal at {points} points all lie about "
        "{offset_m:.0f} m off in one direction: another datum, it seems ({likely}).",
    ),
    "mock_fix.pattern": (
        "{fixes} 个定位的精度和速度一成不变（步长变化 {jitter_m:.2f} 米),真实定位不会如此。",
        "{fixes} positions whose accuracy and speed never vary (steps differ by {jitter_m:.2f} m); "
        "real ones do.",
    ),
}


def words(detector: str, facts: Mapping[str, Any]) -> dict[str, str]:
    """Raises KeyError for a fact that a sentence needs and was not given."""
    name = f"{detector}.{facts['kind']}" if facts.get("kind") else detector
    zh, en = _WORDS.get(name) or _WORDS[detector]
    return {"zh": zh.format_map(facts), "en": en.format_map(facts)}
