"""What a verdict says, in words a squad leader understands, Chinese and English.

Each reason is kept with the verdict as `{code, zh, en, …numbers}`: the sentence as it was
said then, and the numbers behind it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from geo.patrol.windows import LOCAL

SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "tapped": ("{hm} 打卡", "Checked in at {hm}."),
    "stayed": (
        "在点位范围内停留达到要求时长（{hm} 达到）",
        "Somebody stayed within the circle long enough (reached at {hm}).",
    ),
    "early": (
        "比准时区间早 {minutes} 分钟",
        "{minutes} min before the time that counts as on time.",
    ),
    "late": ("比准时区间晚 {minutes} 分钟", "{minutes} min after the time that counts as on time."),
    "level_low": (
        "到位证明等级 {level}，低于点位要求的 {min_level}；计入完成，但不计入核实率",
        "Proof of presence is of level {level}; the point asks for {min_level}. "
        "It counts as done, not as verified.",
    ),
    "dwell_unseen": (
        "打卡前后定位不足，停留时长无法核实",
        "Too few positions around the check-in to tell how long the stay was.",
    ),
    "too_short": (
        "停留不足：最多 {possible_s} 秒，要求 {min_dwell_s} 秒",
        "The stay was too short: {possible_s} s at most, {min_dwell_s} s are asked for.",
    ),
    "out_of_order": (
        "未按路线次序：第 {stop_no} 站在第 {before} 站之前到访",
        "Not in the order of the route: stop {stop_no} was visited before stop {before}.",
    ),
    "stop_skipped": (
        "未按路线次序：前面的第 {before} 站没有到访",
        "Not in the order of the route: stop {before} before it was not visited.",
    ),
    "nobody": (
        "时间窗内无打卡，也无足够停留",
        "No check-in and no long enough stay within the window.",
    ),
    "elsewhere": (
        "排班人员（{devices} 台终端）全程可见且均在别处，最近时距点位 {nearest_m} 米",
        "Everybody rostered ({devices} terminals) was in sight and elsewhere throughout, "
        "at the nearest {nearest_m} m away.",
    ),
    "unrostered": (
        "此时间窗没有排班，缺席仅依据本系统接收正常判断",
        "Nobody is rostered for this window; absence rests on our own reception alone.",
    ),
    "tap_away": (
        "{hm} 有打卡，但定位明确在点位范围之外（相距 {distance_m} 米）",
        "A check-in at {hm} was surely made outside the circle ({distance_m} m away).",
    ),
    "tap_mock": (
        "{hm} 有打卡，但手机使用了模拟定位，需人工复核",
        "A check-in at {hm} came with a mocked position; a person has to look at it.",
    ),
    "tap_bad_mac": (
        "{hm} 有打卡，但标签的加密校验不通过",
        "A check-in at {hm} failed the tag's cryptographic check.",
    ),
    "tap_unknown_key": (
        "{hm} 有打卡，但系统没有该标签的密钥，无法校验",
        "A check-in at {hm} could not be verified: the key of its tag is not known here.",
    ),
    "tap_replay": (
        "{hm} 的打卡重复使用了已用过的标签计数，疑似重放",
        "The check-in at {hm} used a counter of the tag again that was used before: a replay.",
    ),
    "tap_replay_suspect": (
        "{hm} 的打卡，其标签计数与时间先后矛盾，需人工复核",
        "The counter of the check-in at {hm} contradicts its time; a person has to look at it.",
    ),
    "tap_clock": (
        "{hm} 有打卡，但终端时钟偏差过大且无法校正，需人工复核",
        "The clock of the terminal that checked in at {hm} is too wrong to be used.",
    ),
    "tap_unplaced": (
        "{hm} 扫码打卡没有可用定位，不能单独作为到位证明",
        "The QR check-in at {hm} has no usable position and proves nothing alone.",
    ),
    "tap_claim": (
        "{hm} 为手工填报，需补签审批后才计入",
        "The entry at {hm} was typed by hand; it counts once a make-up is approved.",
    ),
    "blind": (
        "时间窗内本系统接收中断（{unheard_s} 秒），无法判定",
        "Our own ingest was down within the window ({unheard_s} s), so absence cannot be told.",
    ),
    "gap": (
        "排班终端有 {seconds} 秒没有可用定位，足以到访而不被看见",
        "An expected terminal sent no usable position for {seconds} s, long enough for a visit.",
    ),
    "lost": (
        "排班终端有 {messages} 条消息未收到，其中可能有打卡",
        "{messages} messages of an expected terminal never came; a check-in may be among them.",
    ),
    "unbounded": (
        "排班终端在时间窗前后没有消息，无法确认没有遗漏",
        "Nothing from an expected terminal bounds the window, so something may be missing unseen.",
    ),
    "stayed_untapped": (
        "有人在点位停留 {stayed_s} 秒但没有打卡记录；可能忘打或标签损坏",
        "Somebody stayed {stayed_s} s at the point, but no check-in came; it may have been "
        "forgotten, or the tag may be broken.",
    ),
    "offline": (
        "排班终端离线，等待其上传；最迟 {until} 作出判定",
        "An expected terminal is offline; waiting for its upload, until {until} at the latest.",
    ),
    "reopened": (
        "原判定的依据已不成立，时间窗结束后重新判定",
        "What the verdict rested on no longer holds; judged again when the window is over.",
    ),
    "excused": ("免于考核：{why}", "Excused: {why}"),
    "makeup": ("补签获批：{why}", "A make-up was approved: {why}"),
    "appeal": ("申诉获批：{why}", "An appeal was approved: {why}"),
}


def reason(code: str, **more: Any) -> dict[str, Any]:
    """The sentence with its numbers. A missing number is a KeyError, in a test."""
    zh, en = SENTENCES[code]
    return {"code": code, "zh": zh.format(**more), "en": en.format(**more), **more}


def hm(at: datetime) -> str:
    """
    >>> from datetime import UTC
    >>> hm(datetime(2026, 3, 1, 1, 5, tzinfo=UTC))
    '09:05'
    """
    return at.astimezone(LOCAL).strftime("%H:%M")
