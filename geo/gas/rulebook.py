"""What is suspicious about a cylinder, as data: names, severities, delays, thresholds. Pure.

Rules and defaults: domain reference E.5; each may be changed by the bureau, and a version says
by which reading a finding was made.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Final, Literal, TypeVar, get_args

import numpy as np
from numpy.typing import NDArray

from core.errors import Invalid

Severity = Literal["critical", "high", "medium", "low", "info", "data"]
T = TypeVar("T")
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 24 * HOUR_MS
LOCAL_MS: Final = 8 * HOUR_MS  # Shanghai has no summer time


@dataclass(frozen=True, slots=True)
class Rule:
    """`settle_h`: how long after the event was told the missing one may still come."""

    id: str
    zh: str
    en: str
    severity: Severity
    settle_h: float
    version: int = 1


RULES: Final = {
    rule.id: rule
    for rule in (
        Rule("E1", "环节缺失", "stage missing", "high", 24, 2),
        Rule("E2", "充装无检查", "filled without checks", "medium", 24, 2),
        Rule("E3", "流转中断", "silent for too long", "medium", 24),
        Rule("E4", "移动过快", "impossible travel", "high", 0),
        Rule("E5", "一码两地", "two places at once", "high", 0),
        Rule("E6", "未登记气瓶", "unknown code", "high", 24),
        Rule("E7", "非自有或无证充装", "filled by a stranger or without licence", "high", 24, 2),
        Rule("E8", "超期充装", "filled past a due date", "high", 24),
        Rule("E9", "用户处超期", "overdue at a user", "high", 24),
        Rule("E10", "报废瓶再现", "scrapped code seen again", "critical", 0),
        Rule("E11", "久未归还", "not returned", "low", 24),
        Rule("E12", "用户停购", "user gone silent", "info", 24),
        Rule("E13", "囤瓶超标", "hoarding", "high", 24),
        Rule("E14", "异常滞留", "cylinders standing together", "high", 0, 2),
        Rule("E15", "无记录移动", "moved without record", "high", 24, 2),
        Rule("E16", "运瓶车行踪异常", "odd stop or way of a vehicle", "medium", 0, 2),
        Rule("E17", "送气工异常", "odd deliveries of a courier", "medium", 24),
        Rule("E18", "未随瓶安检", "no safety check on delivery", "medium", 24, 2),
        Rule("E19", "重量异常", "odd weight", "medium", 24),
        Rule("E21", "账实不符", "balance with a residual", "data", 24),
        Rule("E22", "数据源静默", "source gone silent", "data", 0),
        Rule("OBS", "检查发现", "seen by an inspector", "high", 0),
        Rule("E20", "标签异常", "odd tag", "high", 24, 2),
    )
}

# What each rule can say: [rule, variant, Chinese, English]. A finding is one of these.
VARIANTS: Final = (
    ("E1", "no_fill", "配送前无充装记录", "delivered without a filling since it was empty"),
    ("E1", "no_return", "未从用户回收即现于他处", "seen elsewhere, never returned by its user"),
    ("E1", "no_deliver", "在用户处出现但无配送", "seen at a user it was never delivered to"),
    ("E2", "no_prefill", "充装前无检查", "no check before filling"),
    ("E2", "no_postfill", "充装后无检查", "no check after filling"),
    ("E3", "full_at_site", "满瓶久置", "full at a site for too long"),
    ("E3", "in_transit", "运输超时", "on a vehicle for too long"),
    ("E3", "with_party", "满瓶在途过久", "full with a courier for too long"),
    ("E4", "travel", "两次扫码间移动不可能", "no vehicle is so fast between two scans"),
    ("E5", "places", "短时间内现于两处", "at two places within minutes"),
    ("E6", "unregistered", "追溯码未建档", "this trace code was never registered"),
    ("E6", "scanned", "现场扫到未建档的追溯码", "a code scanned in the street is not registered"),
    ("E7", "unknown_site", "充装站未登记", "the filling station is not in the register"),
    ("E7", "not_owner", "为非自有气瓶充装", "filled by a company that does not own it"),
    ("E7", "unlicensed", "充装站无有效许可", "the station has no valid licence"),
    ("E8", "inspection", "超过检验期充装", "filled past its inspection date"),
    ("E8", "scrap", "超过报废期充装", "filled past its scrapping date"),
    ("E9", "overdue", "用户处气瓶超期", "past its inspection or scrapping date at a user"),
    ("E9", "soon", "用户处气瓶即将到期", "soon due at a user"),
    ("E10", "seen", "已报废气瓶再次出现", "seen after it was scrapped"),
    ("E11", "unreturned", "在用户处远超其用气周期", "at a user far longer than it takes to use it"),
    ("E12", "silent", "营业用户久未订气", "a business that has not ordered for long"),
    ("E13", "user", "用户处气瓶数超限", "more cylinders at a user than allowed"),
    ("E14", "cluster", "无证地点聚集气瓶", "many cylinders where nobody may keep any"),
    ("E15", "no_load", "卸车前无装车", "unloaded from a vehicle it was not loaded on"),
    ("E15", "holder", "持有方与台账不符", "given away by somebody who did not have it"),
    ("E15", "vehicle", "车辆未登记", "carried by a vehicle that is not registered"),
    ("E16", "stop", "运瓶车在无关地点停留", "a cylinder vehicle stood where it has no business"),
    ("E17", "far", "签收位置远离用户地址", "signed for far from the user's address"),
    ("E17", "fast", "两次配送间移动不可能", "no courier is so fast between two deliveries"),
    ("E17", "address", "同址多户", "several users at one address, served by one courier"),
    ("E18", "no_check", "配送当日无安检", "no safety check on the day of delivery"),
    ("E18", "yearly", "年度安检逾期", "yearly safety check overdue"),
    ("E19", "net", "充装量超差", "net weight outside the tolerance"),
    ("E19", "refilled", "回收时比充装时重", "heavier at return than when it was filled"),
    ("E20", "serial", "钢印号与建档不符", "another serial number than registered"),
    ("E21", "residual", "站点当日有无法解释的进出", "events at a site the ledger cannot explain"),
    ("E22", "silent", "充装站数据骤减", "a station sent far less than it usually does"),
    ("OBS", "damaged", "瓶体损伤、腐蚀或泄漏", "damaged, corroded or leaking"),
    ("OBS", "unreadable", "标签或钢印缺失、不可读", "tag or stamp missing or unreadable"),
    ("OBS", "altered", "翻新、改装或涂改", "refurbished, altered or repainted"),
    ("OBS", "decanted", "倒灌或掺混介质", "decanted, or another gas mixed in"),
    ("E20", "rebound", "追溯码重复建档", "its code was registered for another cylinder"),
    ("E16", "route", "运瓶车偏离许可路线", "a cylinder vehicle left the roads it may use"),
)
# What the number of a finding counts, in Chinese and English; of the others none has one.
UNITS: Final = {
    ("E4", "travel"): ("km/h", "km/h"), ("E5", "places"): ("米", "m"),
    ("E13", "user"): ("瓶", "cylinders"), ("E14", "cluster"): ("瓶", "cylinders"),
    ("E16", "stop"): ("分钟", "min"), ("E16", "route"): ("分钟", "min"),
    ("E17", "far"): ("米", "m"), ("E17", "fast"): ("km/h", "km/h"),
    ("E17", "address"): ("户", "users"), ("E19", "net"): ("千克", "kg"),
    ("E19", "refilled"): ("千克", "kg"), ("E21", "residual"): ("条", "events"),
    ("E22", "silent"): ("条", "events"),
}  # fmt: skip
VARIANT_NO: Final = {(rule, name): no for no, (rule, name, _, _) in enumerate(VARIANTS)}
SEVERITIES: Final = get_args(Severity)
# Defaults by rule, and by `rule/variant` where a variant weighs less than its rule (E.5), or need
# not wait: what a gas centre tells may come before its registration, but an officer who scans an
# unknown code stands before it.
SEVERITY: Final[dict[str, Severity]] = {
    **{rule.id: rule.severity for rule in RULES.values()}, "E9/soon": "info",
}  # fmt: skip
SETTLE_H: Final = {**{rule.id: rule.settle_h for rule in RULES.values()}, "E6/scanned": 0.0}


@dataclass(frozen=True, slots=True)
class Spec:
    """Net mass of a full cylinder and what may differ from it, in grams."""

    net_g: int
    tolerance_g: int


@dataclass(frozen=True)
class Thresholds:
    """Defaults of the domain reference, E.5; times in hours, minutes or days as named."""

    prefill_min: float = 60
    postfill_min: float = 120
    full_at_site_d: float = 30
    in_transit_h: float = 24
    with_party_h: float = 24
    speed_max_kmh: float = 120
    double_min: float = 10
    double_m: float = 1_000
    error_m: float = 200  # of a place told by a scanner or known by its site
    fill_overdue_d: float = 0
    warn_d: float = 90
    refilled_g: int = 300
    unreturned_d: float = 60
    unreturned_times: float = 3  # the user's own median interval
    silent_d: float = 45
    silent_times: float = 3
    household_max: int = 2
    business_max: int = 10  # where the register names no permit
    hoard_min_h: float = 2  # a delivery and the return after it are no hoard
    signed_m: float = 200
    courier_kmh: float = 60
    one_address_users: int = 3
    yearly_check_d: float = 365
    silent_share: float = 0.2
    stagnant_min: int = 5
    stagnant_m: float = 50
    stagnant_h: float = 48
    stop_min: float = 10
    stop_user_m: float = 100
    road_m: float = 200  # from the line of a road: its width, and errors of both
    off_road_min: float = 10
    # Cylinders of the market, by what the register calls them [K].
    specs: dict[str, Spec] = field(default_factory=lambda: {
        "YSP4.7": Spec(1_900, 200), "YSP11.8": Spec(5_000, 300), "YSP23.5": Spec(10_000, 400),
        "YSP35.5": Spec(14_500, 500), "YSP118": Spec(49_500, 1_000),
    })  # fmt: skip
    # By rule or `rule/variant`; what is not named has its default.
    settle_h: dict[str, float] = field(default_factory=SETTLE_H.copy)
    severity: dict[str, Severity] = field(default_factory=SEVERITY.copy)

    @cached_property
    def settle_ms(self) -> NDArray[np.int64]:
        """How long each of VARIANTS waits for what may still be told."""
        hours = [_of_variant(self.settle_h, *names) for names in VARIANT_NO]
        return np.array([hour * HOUR_MS for hour in hours], np.int64)

    def severity_of(self, rule: str, variant: str) -> Severity:
        return _of_variant(self.severity, rule, variant)


def _of_variant(said: Mapping[str, T], rule: str, variant: str) -> T:
    return said.get(f"{rule}/{variant}", said[rule])


def read_limits(body: Mapping[str, Any]) -> Thresholds:
    """What the bureau changed: numbers by name, and by rule `settle_h` and `severity`.

    Raises Invalid.
    """
    default = Thresholds()
    known = {one.name for one in fields(Thresholds)} - {"specs", *_BY_RULE}
    changed: dict[str, Any] = {}
    for name, told in body.items():
        if name in _BY_RULE:
            kept = getattr(default, name)
            if not isinstance(told, Mapping) or not told.keys() <= _NAMES:
                raise Invalid(f"{name} is by rule, such as E3, or by rule/variant; got {told!r}.")
            changed[name] = kept | {rule: _BY_RULE[name](name, one) for rule, one in told.items()}
        elif name in known:
            changed[name] = _amount(name, told)
        else:
            raise Invalid(f"There is no threshold {name!r}.")
    return replace(default, **changed)


def _amount(name: str, told: object) -> float:
    if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told <= 1e6:
        raise Invalid(f"{name} is a number from 0 to 1,000,000; got {told!r}.")
    return told


def _severity(_: str, told: object) -> str:
    if told not in SEVERITIES:
        raise Invalid(f"A severity is one of {', '.join(SEVERITIES)}; got {told!r}.")
    return str(told)


_BY_RULE: Final[dict[str, Callable[[str, object], object]]] = {
    "settle_h": _amount, "severity": _severity,
}  # fmt: skip
_NAMES: Final = set(RULES) | {f"{rule}/{name}" for rule, name in VARIANT_NO}
