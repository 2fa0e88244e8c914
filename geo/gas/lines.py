"""Lines of a gas centre's file, or of a request, as cylinder events. Pure.

A line has the fields of the wire (contract, `cylinder`): `event_id`, `type`, `code`, `at`, and
that type's own (domain reference E.3). Chinese column names and event names are taken as well.
What cannot be used is refused with what is wrong, in both languages.
"""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, NoReturn
from uuid import UUID, uuid5

from core.values import from_ms, to_ms
from devices.datum import point_to_wgs84
from devices.readings import DATUMS
from geo.gas.history import KINDS
from geo.patrol.imports import Refused
from geo.patrol.windows import LOCAL

NAME_MAX: Final = 128
DETAIL_MAX: Final = 64  # fields of one event
OLDEST: Final = datetime(1990, 1, 1, tzinfo=UTC)
NEWEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
_DIGITS_MAX: Final = 13  # of milliseconds until the year 2200
_SHOWN_MAX: Final = 60  # of what was told, in a reason
AHEAD_MAX: Final = timedelta(days=1)
_NAMES: Final = UUID("0d3a7f86-6a0e-4f6b-9c1c-3f2f5d0a7e11")  # of records numbered by others

ZH: Final = {
    "register": "建档", "prefill_check": "充装前检查", "fill": "充装",
    "postfill_check": "充装后检查", "stock_in": "入库", "stock_out": "出库",
    "load": "装车", "unload": "卸车", "handover": "交接",
    "deliver": "配送签收", "user_check": "随瓶安检", "return": "空瓶回收", "inspect": "检验",
    "scrap": "报废", "scan": "巡检扫码", "lost": "丢失", "found": "找回", "adjust": "调整",
}  # fmt: skip
_TYPES: Final = {**{name: name for name in KINDS[1:]}, **{zh: name for name, zh in ZH.items()}}
_COLUMNS: Final = {
    "编号": "event_id", "记录编号": "event_id", "事件": "type", "类型": "type", "追溯码": "code",
    "时间": "at", "发生时间": "at", "站点": "site_id", "充装站": "station", "用户": "user_id",
    "车辆": "vehicle", "车牌": "vehicle", "送气工": "courier", "交出方": "from_party",
    "接收方": "to_party", "钢印号": "cylinder_serial", "产权单位": "owner_company",
    "规格": "spec", "净重": "net", "毛重": "gross", "皮重": "tare", "重量": "weight",
    "下次检验": "next_inspection_due", "报废日期": "scrap_due", "运单": "waybill",
    "订单": "order_id", "地址": "address", "经度": "lon", "纬度": "lat", "坐标系": "datum",
}  # fmt: skip
_NUMBERS: Final = {
    "net": 1_000, "gross": 1_000, "tare": 1_000, "weight": 1_000, "residual_kg": 1_000,
    "lat": 90, "lon": 180,
}  # fmt: skip
_DUE: Final = ("next_inspection_due", "next_due", "scrap_due")
_MOMENTS: Final = (*_DUE, "made_on", "start", "end")
# One of these must be there.
_NEEDED: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "register": (("owner_company",),),
    "fill": (("station", "site_id"),),
    "stock_in": (("site_id",),), "stock_out": (("site_id",),),
    "load": (("vehicle",),), "unload": (("vehicle",), ("site_id",)),
    "handover": (("to_party",),),
    "deliver": (("user_id",),), "user_check": (("user_id",),), "return": (("from_user",),),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class GasEvent:
    """One event of a cylinder's life; places are WGS-84, times in `detail` milliseconds."""

    event_id: UUID
    at: datetime
    type: str
    code: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """A line that could be taken apart; `no` counts the lines of the file from 1."""

    no: int
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NoLine:
    """One that could not."""

    no: int
    why: Refused


Line = Row | NoLine


def lines_of(
    body: bytes, *, csv_heading: Sequence[str] | None = None, first: int = 1
) -> list[Line]:
    """NDJSON, or CSV by the names of its heading; `first` is the number of the first line.

    Empty lines count and say nothing. A line that is no UTF-8 is taken for GB 18030.
    """
    found: list[Line] = []
    for no, raw in enumerate(body.splitlines(), first):
        if not raw.strip():
            continue
        try:
            text = _decoded(raw)
            said = _object(text) if csv_heading is None else _cells(text, csv_heading)
            found.append(Row(no, said))
        except Refused as why:
            found.append(NoLine(no, why))
    return found


def heading_of(body: bytes) -> list[str]:
    """The names in a CSV's first line. Raises Refused."""
    text = _decoded(body.partition(b"\n")[0].rstrip(b"\r")).removeprefix("\ufeff")
    return [cell.strip() for cell in next(csv.reader([text]), [])]


def _decoded(raw: bytes) -> str:
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("编码无法识别", "neither UTF-8 nor GB 18030")


def _object(text: str) -> Mapping[str, Any]:
    try:
        said = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refused("不是 JSON", "no JSON") from None
    if not isinstance(said, dict):
        raise Refused("不是 JSON 对象", "no JSON object")
    return said


def _no_number(told: str) -> NoReturn:
    """Python's JSON takes NaN and Infinity; nobody else's does."""
    raise Refused(f"{told} 不是 JSON 的数", f"{told} is no number of JSON")


def storable(said: Mapping[str, Any]) -> None:
    """Whatever is said here, PostgreSQL can keep as jsonb. Raises Refused.

    One line it cannot keep would lose every other line of its transaction, and nobody would
    learn which it was.
    """
    try:
        text = json.dumps(said, ensure_ascii=False, allow_nan=False)
        text.encode()
    except UnicodeEncodeError:
        raise Refused("含有不完整的字符", "half a character: this text cannot be stored") from None
    except (ValueError, TypeError, RecursionError):
        raise Refused("含有无法存储的值：数须有限，嵌套不可过深",
                      "it cannot be stored: numbers are finite, nesting is not too deep"
                      ) from None  # fmt: skip
    # A zero is always written as an escape; an escaped backslash before it begins none.
    if "\\u0000" in text.replace("\\\\", ""):
        raise Refused("含有空字符", "it holds a character zero")


def _cells(text: str, heading: Sequence[str]) -> Mapping[str, Any]:
    try:
        cells = next(csv.reader([text], strict=True), [])
    except csv.Error as error:
        raise Refused("不是 CSV 行", f"no line of CSV: {error}") from None
    if len(cells) != len(heading):
        raise Refused(
            f"应有 {len(heading)} 列，实有 {len(cells)} 列",
            f"it has {len(cells)} columns where the heading has {len(heading)}",
        )
    return dict(zip(heading, cells, strict=True))


def read_line(line: Mapping[str, Any], *, system: str, datum: str, now: datetime) -> GasEvent:
    """Raises Refused."""
    storable(line)  # first: the reasons below repeat what was told
    said = _said(line)
    type_ = _TYPES.get(_text(said, "type"))
    if type_ is None:
        raise Refused(f"未知事件类型：{said['type']}", f"unknown type of event: {said['type']}")
    code = _text(said, "code")
    event_id = id_of(_text(said, "event_id"), system)
    at = moment(said["at"], "at")
    if not OLDEST <= at <= now + AHEAD_MAX:
        raise Refused(f"时间不可信：{at.isoformat()}", f"nobody can have seen this at {at}")
    if len(said) > DETAIL_MAX:
        raise Refused(f"字段超过 {DETAIL_MAX} 个", f"more than {DETAIL_MAX} fields")
    detail = {k: v for k, v in said.items() if k not in ("event_id", "type", "code", "at", "seq")}
    if type_ == "return" and "from_user" not in detail and "user_id" in detail:
        detail["from_user"] = detail.pop("user_id")
    for names in _NEEDED.get(type_, ()):
        if not any(str(detail.get(name, "")).strip() for name in names):
            raise Refused(f"{ZH[type_]}缺少 {names[0]}", f"{type_} needs {names[0]}")
    for name, most in _NUMBERS.items():
        if name in detail:
            detail[name] = _number(detail, name, most)
    for name in _MOMENTS:
        if name in detail:
            detail[name] = to_ms(moment(detail[name], name, end=name in _DUE))
    _place(detail, datum)
    return GasEvent(event_id, at, type_, code, detail)


def _said(line: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column, cell in line.items():
        name = _COLUMNS.get(str(column).strip(), str(column).strip())
        given = cell.strip() if isinstance(cell, str) else cell
        if given is not None and given != "":
            found[name] = given
    for name in ("event_id", "type", "code", "at"):
        if name not in found:
            raise Refused(f"缺少 {name}", f"{name} is missing")
    return found


def _text(said: Mapping[str, Any], name: str) -> str:
    found = said[name]
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    if not isinstance(found, str | int) or not 0 < len(str(found)) <= NAME_MAX:
        raise Refused(f"{name} 应为 1–{NAME_MAX} 字的文本", f"{name} is a text of 1–{NAME_MAX}")
    return str(found)


def id_of(told: str, system: str) -> UUID:
    """A UUID as it is; another number is that of the system's own record. Raises Refused."""
    try:
        return UUID(told)
    except ValueError:
        if not system:
            raise Refused(
                f"编号不是 UUID：{told}（请填写来源系统）",
                f"{told} is no UUID; name the system whose record it is",
            ) from None
        return uuid5(_NAMES, f"{system}/{told}")


def moment(told: Any, name: str, *, end: bool = False) -> datetime:
    """A day (2026-03-01, 20260301), RFC 3339, or milliseconds; what has no offset is Shanghai's.

    Of a bare day its beginning, or its end: what is due on a day is not late on it.
    Raises Refused.
    """
    try:
        found = _day_or_time(told)
        if not isinstance(found, datetime):
            found = datetime.combine(found, time(23, 59, 59) if end else time())
        if found.tzinfo is None:
            found = found.replace(tzinfo=LOCAL)
        if OLDEST <= found < NEWEST:
            return found
    except (ValueError, OverflowError):
        pass
    shown = str(told)[:_SHOWN_MAX] if isinstance(told, str | float) else repr(told)[:_SHOWN_MAX]
    raise Refused(f"{name} 不是时间：{shown}", f"{name} is no time: {shown}")


def _day_or_time(told: Any) -> date | datetime:
    """Raises ValueError, OverflowError."""
    if isinstance(told, datetime):  # of a spreadsheet, which writes a day as its midnight
        is_day = told.tzinfo is None and told == datetime.combine(told, time())
        return told.date() if is_day else told
    if isinstance(told, date):
        return told
    if isinstance(told, int | float) and not isinstance(told, bool):
        told = str(int(told)) if abs(told) < 10**_DIGITS_MAX else ""
    if not isinstance(told, str):
        raise ValueError(told)
    if told.isdecimal() and len(told) == 8:
        # GB/T 7408, basic form; as milliseconds it would be a morning of 1970.
        return date(int(told[:4]), int(told[4:6]), int(told[6:]))
    if told.isdecimal() and len(told) <= _DIGITS_MAX:
        return from_ms(int(told))
    try:
        return date.fromisoformat(told)
    except ValueError:
        return datetime.fromisoformat(told)


def _number(detail: Mapping[str, Any], name: str, most: float) -> float:
    try:
        found = float(detail[name])
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if isinstance(detail[name], bool) or not abs(found) <= most:
        told = str(detail[name])[:_SHOWN_MAX]
        raise Refused(f"{name} 不可用：{told}", f"{name} is out of range: {told}")
    return found


def _place(detail: dict[str, Any], datum: str) -> None:
    told = str(detail.get("datum", datum))[:_SHOWN_MAX]
    if told not in DATUMS:
        raise Refused(f"未知坐标系：{told}", f"unknown datum: {told}")
    if ("lat" in detail) != ("lon" in detail):
        raise Refused("经纬度须成对", "a place needs both lat and lon")
    if "lat" in detail:
        lon, lat = point_to_wgs84(detail["lon"], detail["lat"], DATUMS.index(told))
        detail["lon"], detail["lat"] = round(lon, 7), round(lat, 7)
        if told != "wgs84":
            detail["datum"] = told
