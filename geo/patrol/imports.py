"""Files of points, fences, routes, rosters, calendar days and segments: rows to drafts. Pure.

A row is what a reader made of a line: column names as they stand in the file, English or
Chinese, and cells as text, numbers or times. An empty cell says nothing: what stands, stays.
What a row names is compared with what stands, so that a file read twice changes nothing.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal

import numpy as np
import shapely
from shapely.errors import ShapelyError

from core.errors import AppError, Invalid
from geo.patrol.plans import LOCAL

KINDS: Final = ("points", "fences", "routes", "rosters", "calendar", "segments")
ROWS_MAX: Final = 2_000
Action = Literal["created", "changed", "unchanged", "ended", "refused"]
Row = Mapping[str, Any]
Fields = dict[str, Any]

_NAMES: Final = {
    "id": "id point_id 序号",
    "code": "code 编码 点位编码",
    "name": "name 名称 点位 点位名称 路段 路线 路线名称 节日 围栏 围栏名称",
    "org": "org org_id 单位 所属单位 中队",
    "lon": "lon lng longitude 经度",
    "lat": "lat latitude 纬度",
    "radius_m": "radius_m radius 半径",
    "tag": "tag uid nfc 标签 标签号",
    "grade": "grade 等级 勤务等级",
    "ended": "ended 停用 撤销",
    "plane": "x y easting northing 东坐标 北坐标 横坐标 纵坐标",
    "geometry": "geometry",
    "line": "line wkt 线",
    "purpose": "purpose 用途",
    "dwell_s": "dwell_s 停留秒",
    "width_m": "width_m width 宽度",
    "stop_no": "stop stop_no 站序",
    "point": "point 停靠点 必到点",
    "travel_s": "travel_s 行程秒",
    "tolerance_s": "tolerance_s 允许误差秒",
    "order": "order 次序",
    "device": "device device_id 终端 设备",
    "badge": "badge 工号 警号",
    "starts_at": "starts_at start 开始 上班",
    "ends_at": "ends_at end 结束 下班",
    "kind": "kind 类别 类型",
    "points": "points 巡查点位",
    "route": "route 所走路线",
    "post": "post 岗点",
    "day": "day date 日期",
    "source": "source 来源 依据",
}
COLUMNS: Final = {alias: name for name, words in _NAMES.items() for alias in words.split()}
_GRADES: Final = {"一级": 1, "二级": 2, "三级": 3}
_KINDS: Final = {
    "工作日": "workday", "上班": "workday", "休息日": "restday", "休息": "restday",
    "放假": "restday", "巡逻": "patrol", "巡查": "patrol", "岗点": "post", "值守": "post",
    "休假": "leave", "请假": "leave",
}  # fmt: skip
_PURPOSES: Final = {"区域": "area", "岗位": "post", "岗点": "post", "禁入区": "forbidden"}
_ORDERS: Final = {"任意": "free", "顺序": "ordered", "严格顺序": "ordered_strict"}
_YES: Final = frozenset({"1", "true", "yes", "y", "是", "停用", "撤销"})


class Refused(Exception):
    """This row is not taken, and why, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a row does. `row` counts from 1, the heading left out. `changes`: [before, after]."""

    row: int
    action: Action
    name: str = ""
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    zh: str = ""
    en: str = ""


def refused(row: int, name: str, error: Exception) -> Outcome:
    """By this reader, or by the rules everybody has to keep."""
    if isinstance(error, Refused):
        return Outcome(row, "refused", name, zh=error.zh, en=error.en)
    assert isinstance(error, AppError)
    return Outcome(row, "refused", name, zh=f"未通过校验：{error}", en=str(error))


def summary(outcomes: Sequence[Outcome]) -> dict[str, int]:
    counts = dict.fromkeys(("created", "changed", "unchanged", "ended", "refused"), 0)
    for one in outcomes:
        counts[one.action] += 1
    return counts


# ── cells ──────────────────────────────────────────────────────────────────


def fields_of(row: Row) -> Fields:
    """The cells that say something, by our names. Raises Refused for plane coordinates.

    >>> fields_of({"名称": " 桥头 ", "Lon": 121.5, "备注": "x", "tag": ""})
    {'name': '桥头', 'lon': 121.5}
    """
    found: Fields = {}
    for column, cell in row.items():
        name = COLUMNS.get(str(column).strip().lower())
        given = _plain(cell) if isinstance(cell, str) else cell
        if name is not None and given is not None and given != "":
            found[name] = given
    if "plane" in found:
        raise plane()
    return found


def _plain(cell: str) -> str:
    """Without the mark by which we keep a spreadsheet from taking a name for a formula."""
    said = cell.strip()
    return said[1:] if said[:1] == "'" and said[1:2] in ("=", "+", "-", "@") else said


def plane() -> Refused:
    return Refused(
        "这是平面坐标，不是经纬度。请先换算为 WGS-84、GCJ-02、BD-09 或 CGCS2000 经纬度。",
        "These are plane coordinates, not degrees. Convert them to longitude and latitude in "
        "WGS-84, GCJ-02, BD-09 or CGCS2000 first.",
    )


def text(cell: Any) -> str:
    """A number read from a spreadsheet is the text somebody typed.

    >>> text(3.0)
    '3'
    """
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def number(given: Fields, name: str, *, whole: bool = False) -> float | None:
    if name not in given:
        return None
    try:
        found = float(text(given[name]))
    except ValueError:
        found = float("nan")
    if not math.isfinite(found) or (whole and found % 1):
        raise Refused(f"{name} 不是数字：{given[name]}", f"{name} is no number: {given[name]}")
    return int(found) if whole else found


def grade_of(given: Fields) -> int | None:
    if text(given.get("grade", "")) in _GRADES:
        return _GRADES[text(given["grade"])]
    found = number(given, "grade", whole=True)
    return None if found is None else int(found)


def moment(given: Fields, name: str) -> datetime:
    """With an offset as it is, without one in Shanghai."""
    cell = given.get(name)
    try:
        found = cell if isinstance(cell, datetime) else datetime.fromisoformat(text(cell))
    except ValueError:
        raise Refused(
            f"{name} 不是时间：{cell}（例 2026-03-02 08:00）",
            f"{name} is no time: {cell} (as in 2026-03-02 08:00)",
        ) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=LOCAL)


def day_of(given: Fields) -> date:
    cell = given.get("day")
    if isinstance(cell, datetime):
        return cell.date()
    try:
        return cell if isinstance(cell, date) else date.fromisoformat(text(cell))
    except ValueError:
        raise Refused(f"日期不对：{cell}", f"This is no day: {cell}") from None


def word(given: Fields, name: str, usual: str) -> str:
    """A kind or an order, in English or Chinese."""
    said = text(given.get(name, usual))
    return {**_KINDS, **_ORDERS}.get(said, said.lower())


def purpose_of(given: Fields) -> str | None:
    if "purpose" not in given:
        return None
    said = text(given["purpose"])
    return _PURPOSES.get(said, said.lower())


def is_ended(given: Fields) -> bool:
    return text(given.get("ended", "")).lower() in _YES


def needed(given: Fields, name: str) -> str:
    if name not in given:
        raise Refused(f"缺少 {name}", f"{name} is missing")
    return text(given[name])


# ── places ─────────────────────────────────────────────────────────────────

Convert = Callable[[float, float], tuple[float, float]]


def place_of(given: Fields, convert: Convert) -> tuple[float, float] | None:
    """Longitude and latitude in WGS-84, to a centimetre; None when the row has none."""
    geometry = given.get("geometry")
    if isinstance(geometry, Mapping):
        if geometry.get("type") != "Point":
            raise Refused("需要点（Point）", f"It needs a Point, not {geometry.get('type')}.")
        lon, lat = _pair(geometry.get("coordinates"))
    elif "lon" in given or "lat" in given:
        needed(given, "lon"), needed(given, "lat")
        lon, lat = (float(number(given, name) or 0.0) for name in ("lon", "lat"))
    else:
        return None
    return _converted(lon, lat, convert)


def line_of(given: Fields, convert: Convert) -> dict[str, Any]:
    """A GeoJSON LineString in WGS-84, from a geometry or from WKT."""
    geometry = given.get("geometry")
    if isinstance(geometry, Mapping):
        if geometry.get("type") != "LineString":
            raise Refused("需要折线（LineString）",
                          f"It needs a LineString, not {geometry.get('type')}.")  # fmt: skip
        corners = geometry.get("coordinates")
        if not isinstance(corners, list | tuple):
            raise Refused("折线没有坐标", "The line has no coordinates.")
        places = [_pair(one) for one in corners]
    else:
        try:
            with np.errstate(invalid="ignore"):  # no number is refused below, corner by corner
                shape = shapely.from_wkt(needed(given, "line"))
        except ShapelyError:
            shape = None
        if shape is None or shape.geom_type != "LineString":
            raise Refused("线应写作 LINESTRING(经度 纬度, …)",
                          "A line is written LINESTRING(lon lat, …).")  # fmt: skip
        places = [_pair(one) for one in shape.coords]
    return {
        "type": "LineString",
        "coordinates": [list(_converted(lon, lat, convert)) for lon, lat in places],
    }


def area_of(given: Fields, convert: Convert) -> dict[str, Any] | None:
    """A GeoJSON Polygon or Point in WGS-84: from a geometry, from WKT, or from lon and lat.

    None when the row has none.
    """
    geometry = given.get("geometry")
    if geometry is None and "line" in given:
        try:
            geometry = shapely.geometry.mapping(shapely.from_wkt(text(given["line"])))
        except ShapelyError:
            raise Refused("面应写作 POLYGON((经度 纬度, …))",
                          "An area is written POLYGON((lon lat, …)).") from None  # fmt: skip
    if isinstance(geometry, Mapping) and geometry.get("type") == "Polygon":
        rings = geometry.get("coordinates")
        if not isinstance(rings, list | tuple):
            raise Refused("多边形没有坐标", "The polygon has no coordinates.")
        return {
            "type": "Polygon",
            "coordinates": [
                [list(_converted(*_pair(one), convert)) for one in ring] for ring in rings
            ],
        }
    if isinstance(geometry, Mapping) and str(geometry.get("type")).startswith("Multi"):
        parts = len(geometry.get("coordinates") or geometry.get("geometries") or ())
        raise Refused(f"由 {parts} 部分组成，请每部分画一个围栏",
                      f"It has {parts} parts. Draw one fence for each.")  # fmt: skip
    if isinstance(geometry, Mapping) and geometry.get("type") != "Point":
        raise Refused(
            "围栏需要面（Polygon）或点加半径",
            f"A fence is a Polygon, or a Point with radius_m, not {geometry.get('type')}.",
        )
    place = place_of(given, convert)
    return None if place is None else {"type": "Point", "coordinates": list(place)}


def same_area(a: Any, b: Any) -> bool:
    """Whether two polygons are one, wherever their rings begin and whichever way they run."""
    if not all(isinstance(one, Mapping) and one.get("type") == "Polygon" for one in (a, b)):
        return False
    one, other = (shapely.normalize(shapely.geometry.shape(each)) for each in (a, b))
    return bool(shapely.equals_exact(one, other, 5e-8))


def _pair(position: Any) -> tuple[float, float]:
    try:
        lon, lat = position[0], position[1]
        return float(lon), float(lat)
    except (TypeError, ValueError, IndexError, KeyError):
        raise Refused("坐标应为 [经度, 纬度]", "A position is [longitude, latitude].") from None


def _converted(lon: float, lat: float, convert: Convert) -> tuple[float, float]:
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise Refused("坐标不是数字", "A coordinate is no number.")
    if abs(lon) > 180 or abs(lat) > 180:
        raise plane()
    if abs(lat) > 90:
        raise Refused(
            f"纬度 {lat} 超出范围，经度与纬度可能颠倒", f"{lat} is no latitude. Exchange the two?"
        )
    lon, lat = convert(lon, lat)
    return round(float(lon), 7), round(float(lat), 7)


# ── what stands, and what a row makes of it ────────────────────────────────


@dataclass(frozen=True, slots=True)
class Named:
    """Something that stands and can be named: by number, code, or name within an organisation."""

    id: int
    name: str
    org_id: int
    code: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


def find(said: str, among: Sequence[Named], what: tuple[str, str]) -> Named:
    """By code, number or name. Raises Refused when it is none or several."""
    found = [one for one in among if one.code is not None and one.code == said]
    found = found or [one for one in among if one.name == said]
    found = found or [one for one in among if said.isdecimal() and one.id == int(said)]
    if len(found) == 1:
        return found[0]
    zh, en = what
    if found:
        raise Refused(f"有多个{zh}叫“{said}”，请用编号",
                      f"Several {en}s are called {said!r}. Give the number.")  # fmt: skip
    raise Refused(f"没有{zh}“{said}”", f"There is no {en} {said!r}.")


def standing_of(given: Fields, among: Sequence[Named], org_id: int | None) -> Named | None:
    """The thing a row is about: by its number or code, which must exist, or by its name."""
    if "code" in given:
        return find(text(given["code"]), among, ("点位", "point"))
    if "id" in given:
        by_id = [one for one in among if str(one.id) == text(given["id"])]
        return find(text(given["id"]), by_id, ("点位", "point"))
    same = [one for one in among if one.name == text(given.get("name", ""))]
    same = [one for one in same if org_id in (None, one.org_id)]
    if len(same) > 1:
        raise Refused(
            f"有多个“{same[0].name}”，请写明单位或编号",
            f"Several are called {same[0].name!r}. Give the organisation or the number.",
        )
    return same[0] if same else None


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What `after` says differently; what it leaves out stays."""
    return {
        name: (before.get(name), value)
        for name, value in after.items()
        if _differs(before.get(name), value)
    }


def _differs(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, int | float):
        return abs(a - b) > 5e-8  # half of what a stored degree is rounded to
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return any(_differs(a.get(key), b.get(key)) for key in {*a, *b})
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) != len(b) or any(_differs(x, y) for x, y in zip(a, b, strict=True))
    return bool(a != b)


def check_rows(kind: str, rows: Sequence[Row]) -> None:
    if kind not in KINDS:
        raise Invalid(f"What is imported is one of {', '.join(KINDS)}; got {kind!r}.")
    if not 0 < len(rows) <= ROWS_MAX:
        raise Invalid(
            f"A file has 1 to {ROWS_MAX} rows; got {len(rows)}. Split it where it has more."
        )
