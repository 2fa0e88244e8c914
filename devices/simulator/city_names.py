"""Invented names, Chinese with pinyin. None of them is meant to exist."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Name:
    zh: str
    en: str


RIVER = Name("澜江", "Lan River")
CREEKS = (
    Name("白鹭浜", "Bailu Creek"),
    Name("横芦港", "Henglu Creek"),
    Name("柳叶泾", "Liuye Creek"),
    Name("竹影河", "Zhuying Canal"),
    Name("西鹤浜", "Xihe Creek"),
    Name("枕溪河", "Zhenxi Canal"),
)
LAKES = (
    Name("照影湖", "Zhaoying Lake"),
    Name("半月塘", "Banyue Pond"),
    Name("听雨湖", "Tingyu Lake"),
)
CENTRAL_PARK = Name("千屿公园", "Qianyu Park")
RING = Name("环城高架路", "Ring Expressway")

# Squads' areas: enough for a district, and each also names a neighbourhood.
AREAS = (
    Name("澄湾", "Chengwan"),
    Name("望澜", "Wanglan"),
    Name("桐浦", "Tongpu"),
    Name("鹤汀", "Heting"),
    Name("芦渚", "Luzhu"),
    Name("银沙", "Yinsha"),
    Name("星港", "Xinggang"),
    Name("禾塘", "Hetang"),
    Name("柳荫", "Liuyin"),
    Name("锦庐", "Jinlu"),
    Name("云圃", "Yunpu"),
    Name("石榆", "Shiyu"),
    Name("汀兰", "Tinglan"),
    Name("晚枫", "Wanfeng"),
)

_FIRST = (
    ("澄", "Cheng"), ("望", "Wang"), ("桐", "Tong"), ("鹤", "He"), ("芦", "Lu"), ("银", "Yin"),
    ("星", "Xing"), ("禾", "He"), ("柳", "Liu"), ("锦", "Jin"), ("云", "Yun"), ("榆", "Yu"),
    ("兰", "Lan"), ("枫", "Feng"), ("松", "Song"), ("竹", "Zhu"), ("梅", "Mei"), ("雁", "Yan"),
    ("晴", "Qing"), ("岚", "Lan"), ("棠", "Tang"), ("荷", "He"), ("菱", "Ling"), ("苇", "Wei"),
    ("泽", "Ze"), ("镜", "Jing"), ("霁", "Ji"), ("砚", "Yan"), ("墨", "Mo"), ("琴", "Qin"),
)  # fmt: skip
_SECOND = (
    ("川", "chuan"), ("岭", "ling"), ("溪", "xi"), ("桥", "qiao"), ("安", "an"), ("宁", "ning"),
    ("和", "he"), ("平", "ping"), ("丰", "feng"), ("泉", "quan"), ("洲", "zhou"), ("原", "yuan"),
    ("台", "tai"), ("亭", "ting"), ("田", "tian"), ("林", "lin"), ("泊", "bo"), ("湾", "wan"),
    ("屏", "ping"), ("堤", "di"), ("园", "yuan"), ("麓", "lu"), ("坞", "wu"), ("渡", "du"),
)  # fmt: skip


class Names:
    """Hands out names, never one twice."""

    def __init__(self, rng: Random) -> None:
        pairs = [
            (a + b, pinyin + end)
            for a, pinyin in _FIRST
            for b, end in _SECOND
            if pinyin.lower() != end
        ]
        rng.shuffle(pairs)
        self._pairs = pairs

    def of(self, zh: str, en: str) -> Name:
        """A name ending in `zh`, for instance 路, and `en`, for instance Road."""
        stem, pinyin = self._pairs.pop()
        return Name(stem + zh, f"{pinyin} {en}".strip())
