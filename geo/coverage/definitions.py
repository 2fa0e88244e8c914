"""What a figure of coverage means, in words, with the thresholds it was counted by."""

from collections.abc import Mapping
from typing import Final

from geo.patrol.rules import CoverageRule

_ZH: Final[Mapping[str, str]] = {
    "point": (
        "点位覆盖：一次到访在点位范围内的停留秒数（取最长的一次）／要求的停留秒数；"
        "停留达到要求或有有效打卡即为到访。间隔不足 {apart_min:g} 分钟的到访算作一次。"
        "信号中断期间不计停留。"
    ),
    "segment": (
        "路段覆盖：轨迹两侧 {foot:g} 米以内的路段长度／路段总长"
        "（车辆为 {vehicle:g} 米加定位误差，最多 {most:g} 米）；"
        "须沿路段方向行进（夹角 {heading:g}° 以内），或一次走过路段的 {share:g}% 以上。"
        "信号中断期间不连线。"
    ),
    "area": "区域覆盖：到过{stay_zh}的网格数／区域内 {cell:g} 米网格总数。信号中断期间不计。",
}
_EN: Final[Mapping[str, str]] = {
    "point": (
        "Point coverage: seconds inside the circle during the longest visit, over the seconds "
        "asked for; visited when that is reached or by a valid check-in. Visits less than "
        "{apart_min:g} minutes apart are one. No stay is counted across a gap in the track."
    ),
    "segment": (
        "Segment coverage: metres of the segment within {foot:g} m of a track (vehicles: "
        "{vehicle:g} m and the accuracy, up to {most:g} m), over its length; where the way ran "
        "along it (within {heading:g}°), or one pass took in {share:g}% of it. Nothing is drawn "
        "across a gap in the track."
    ),
    "area": (
        "Area coverage: cells of a {cell:g} m grid that were visited{stay_en}, over all cells of "
        "the area. Nothing is counted across a gap in the track."
    ),
}


def definition(kind: str, rule: CoverageRule) -> dict[str, str]:
    """In Chinese and English."""
    stay_s = rule.cell_dwell_s
    words = {
        "apart_min": rule.separate_visits_s / 60,
        "foot": rule.width_foot_m,
        "vehicle": rule.width_vehicle_m,
        "most": rule.width_max_m,
        "heading": rule.heading_max_deg,
        "share": rule.segment_share_min * 100,
        "cell": rule.cell_m,
        "stay_zh": f"且停留不少于 {stay_s:g} 秒" if stay_s else "",
        "stay_en": f" for at least {stay_s:g} s" if stay_s else "",
    }
    return {"zh": _ZH[kind].format(**words), "en": _EN[kind].format(**words)}
