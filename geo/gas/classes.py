"""Twelve classes of problem cylinders: eight the rules compute, four an inspector sees. Pure.

The design asks for twelve and names none; these follow what field checks report (domain
reference E.5, [R-52, R-61]) and docs/decisions/0024. A cylinder may be in several.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class ProblemClass:
    """`variants`: the findings that put a cylinder here."""

    id: str
    zh: str
    en: str
    variants: tuple[tuple[str, str], ...]
    observed: bool = False


CLASSES: Final = (
    ProblemClass("overdue", "超期瓶", "past its inspection date",
                 (("E8", "inspection"), ("E9", "overdue"))),
    ProblemClass("scrapped", "报废瓶", "scrapped or past its scrapping date",
                 (("E8", "scrap"), ("E10", "seen"))),
    ProblemClass("stranger", "非自有或无证充装瓶", "filled by a stranger or without licence",
                 (("E7", "not_owner"), ("E7", "unlicensed"), ("E7", "unknown_site"))),
    ProblemClass("unregistered", "未建档瓶", "not registered",
                 (("E6", "unregistered"), ("E6", "scanned"))),
    ProblemClass("unfilled", "无充装记录瓶", "in use without a filling on record",
                 (("E1", "no_fill"),)),
    ProblemClass("unchecked", "无检查瓶", "filled or delivered without its checks",
                 (("E2", "no_prefill"), ("E2", "no_postfill"), ("E18", "no_check"))),
    ProblemClass("weight", "充装量异常瓶", "odd weight", (("E19", "net"), ("E19", "refilled"))),
    ProblemClass("cloned", "套码瓶", "cloned or rebound code",
                 (("E4", "travel"), ("E5", "places"), ("E20", "serial"), ("E20", "rebound"))),
    ProblemClass("damaged", "损伤瓶", "damaged, corroded or leaking", (("OBS", "damaged"),), True),
    ProblemClass("unreadable", "无码瓶", "tag or stamp missing or unreadable",
                 (("OBS", "unreadable"),), True),
    ProblemClass("altered", "翻新改装瓶", "refurbished or altered", (("OBS", "altered"),), True),
    ProblemClass("decanted", "倒灌掺混瓶", "decanted or mixed", (("OBS", "decanted"),), True),
)  # fmt: skip
CLASS_OF: Final = {variant: one.id for one in CLASSES for variant in one.variants}


def counted(cylinders: Iterable[tuple[str, str, str]]) -> list[dict[str, object]]:
    """From (code, rule, variant) of standing findings: cylinders in each class."""
    found: dict[str, set[str]] = {one.id: set() for one in CLASSES}
    for code, rule, variant in cylinders:
        if (rule, variant) in CLASS_OF:
            found[CLASS_OF[rule, variant]].add(code)
    return [
        {"id": one.id, "zh": one.zh, "en": one.en, "observed": one.observed,
         "cylinders": len(found[one.id])}
        for one in CLASSES
    ]  # fmt: skip
