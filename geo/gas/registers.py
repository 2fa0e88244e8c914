"""Companies, sites, vehicles and their routes, couriers, users: what an entry says. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from core.values import to_ms
from geo.gas.lines import moment, storable
from geo.patrol.imports import Convert, Refused, line_of, place_of, text

KINDS: Final = ("company", "site", "vehicle", "route", "courier", "user")
NAME_MAX: Final = 200
FULL_MAX: Final = 100_000
CORNERS_MAX: Final = 5_000
ROUTES_MAX: Final = 50  # that one vehicle names
SITE_ROLES: Final = ("filling", "depot", "inspection", "warehouse")
USER_KINDS: Final = ("household", "restaurant", "business")
# What an entry of each kind may say beside its key, name and organisation.
FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "company": ("licence_no", "licence_until", "phone"),
    "site": ("company", "role", "licence_no", "licence_until", "lat", "lon", "address", "full_max"),
    "vehicle": ("company", "device_id", "routes"),
    "route": ("company", "line"),
    "courier": ("company", "phone", "full_max", "device_id"),
    "user": ("user_kind", "lat", "lon", "address", "phone", "full_max"),
}  # fmt: skip
_CHOICES: Final = {"role": SITE_ROLES, "user_kind": USER_KINDS}
_COLUMNS: Final = {
    "编号": "key", "名称": "name", "企业": "company", "类别": "role", "用户类别": "user_kind",
    "许可证号": "licence_no", "许可证有效期至": "licence_until", "经度": "lon", "纬度": "lat",
    "地址": "address", "电话": "phone", "满瓶上限": "full_max", "设备": "device_id",
    "停用": "ended", "路线": "routes", "许可路线": "routes", "线": "line", "wkt": "line",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """`key` is what events call it; `body` holds its name and the fields of its kind."""

    kind: str
    key: str
    body: dict[str, Any]
    ended: bool = False


def read_entry(kind: str, row: Mapping[str, Any], convert: Convert) -> Entry:
    """A row of a file, or a request. Raises Refused."""
    said = {}
    for column, cell in row.items():
        given = cell.strip() if isinstance(cell, str) else cell
        if given is not None and given != "":
            said[_COLUMNS.get(str(column).strip(), str(column).strip())] = given
    # First: the reasons below repeat what was told.
    kept = {name: said[name] for name in ("key", "name", *FIELDS[kind]) if name in said}
    storable({name: str(cell) if isinstance(cell, date) else cell for name, cell in kept.items()})
    key = said.get("key")
    if not isinstance(key, str | int) or not 0 < len(str(key)) <= NAME_MAX:
        raise Refused("缺少编号 key", "key is missing: what events call it")
    body: dict[str, Any] = {"name": str(said.get("name", key))[:NAME_MAX]}
    place = place_of({k: said[k] for k in ("lat", "lon") if k in said}, convert)
    if place is not None:
        body["lon"], body["lat"] = place
    if kind == "route" and ("line" in said or isinstance(row.get("geometry"), Mapping)):
        body["line"] = _line({**said, "geometry": row.get("geometry")}, convert)
    for name in FIELDS[kind]:
        if name in ("lat", "lon", "line") or name not in said:
            continue
        body[name] = _value(name, said[name])
    return Entry(kind, str(key), body, str(said.get("ended", "")).lower() in ("1", "true", "是"))


def unknown_columns(kind: str, rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Names of columns that mean nothing for an entry of this kind; at most fifty of them."""
    known = {"key", "name", "ended", "geometry", *FIELDS.get(kind, ())}
    named = dict.fromkeys(str(column).strip() for row in rows for column in row)
    found = [one for one in named if one and _COLUMNS.get(one, one) not in known]
    return [one[:60].encode(errors="replace").decode() for one in found[:50]]


def _line(given: Mapping[str, Any], convert: Convert) -> list[list[float]]:
    """[longitude, latitude] of each corner. Raises Refused."""
    places: list[list[float]] = line_of(dict(given), convert)["coordinates"]
    if not 2 <= len(places) <= CORNERS_MAX:
        raise Refused(f"路线应有 2 至 {CORNERS_MAX} 个点，这里有 {len(places)} 个",
                      f"a route has 2 to {CORNERS_MAX} corners, not {len(places)}")  # fmt: skip
    return places


def _routes(told: Any) -> list[str]:
    """Keys, as a list or parted by the signs people part words by. Raises Refused."""
    parts = told if isinstance(told, list) else re.split(r"[;；、|,，]", text(told))
    keys = [key for part in parts if (key := text(part))]
    if len(keys) > ROUTES_MAX:
        raise Refused(f"一辆车最多 {ROUTES_MAX} 条路线，这里有 {len(keys)} 条",
                      f"a vehicle names at most {ROUTES_MAX} routes, not {len(keys)}")  # fmt: skip
    return keys


def _value(name: str, told: Any) -> Any:
    if name == "routes":
        return _routes(told)
    if name == "licence_until":
        return to_ms(moment(told, name, end=True))
    if name == "full_max":
        said = "" if isinstance(told, bool) else text(told)
        if not said.isdecimal() or len(said) > len(str(FULL_MAX)) or int(said) > FULL_MAX:
            shown = str(told)[:60]
            raise Refused(f"满瓶上限不是数：{shown}", f"full_max is no number: {shown}")
        return int(said)
    if name in _CHOICES and told not in _CHOICES[name]:
        known = "、".join(_CHOICES[name])
        shown = str(told)[:60]
        raise Refused(f"{name} 应为 {known} 之一：{shown}", f"{name} is one of {known}: {shown}")
    return str(told)[:NAME_MAX]
