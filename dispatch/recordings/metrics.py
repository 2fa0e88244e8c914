"""Rates of domain reference D.4: numerator, denominator, and what they are of. Pure.

A rate of nothing is none, not zero and not a hundred per cent.
"""

from collections.abc import Mapping
from typing import Any, Final

# Each: name, numerator, denominator, by the names of what is summed.
RATES: Final = (
    ("power_on", "on_met", "on_due"),  # 开机率
    ("in_time", "in_time", "due"),  # 上传及时率
    ("linked", "linked", "linkable"),  # 关联率
    ("coverage", "sufficient", "answerable"),  # 覆盖率
    ("completeness", "covered_s", "scene_s"),  # 完整率
)


def rates_of(sums: Mapping[str, Any]) -> dict[str, Any]:
    """Rates with both their parts, and the recorded time, also for an hour on duty.

    Scenes that wait for an upload, and those the camera or an accepted reason excuses, are in no
    denominator: they say nothing of whether somebody recorded.
    """
    given = {name: value or 0 for name, value in sums.items()}
    given["answerable"] = given["required"] - given["waiting"] - given["excused"]
    found: dict[str, Any] = {name: rate(given[top], given[bottom]) for name, top, bottom in RATES}
    # More recorded than on duty: then rosters are known of a part of the time only.
    is_known = 0 < given["duty_s"] >= given["recorded_s"]
    found["recorded"] = {
        "seconds": given["recorded_s"], "clips": given["clips"],
        "per_duty_hour_s": (
            given["recorded_s"] / given["duty_s"] * 3600 if is_known else None
        ),
    }  # fmt: skip
    found["scenes"] = {
        name: given[name] for name in ("required", "sufficient", "excused", "waiting")
    }
    return found


def rate(numerator: float, denominator: float) -> dict[str, float | None]:
    """
    >>> rate(3, 4), rate(0, 0)["rate"]
    ({'numerator': 3, 'denominator': 4, 'rate': 0.75}, None)
    """
    share = numerator / denominator if denominator else None
    return {"numerator": numerator, "denominator": denominator, "rate": share}


def added(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The sums of several groups as those of one."""
    names = (
        "on_due", "on_met", "clips", "recorded_s", "duty_s", "due", "in_time", "linkable", "linked",
        "required", "sufficient", "excused", "waiting", "scene_s", "covered_s",
    )  # fmt: skip
    return {name: sum(row[name] or 0 for row in rows) for name in names}
