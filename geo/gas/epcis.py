"""Cylinder events as EPCIS 2.0 documents in JSON-LD, and back. Pure.

GS1 EPCIS 2.0 and CBV 2.0; the mapping is the domain reference's, E.4. Everything our ledger
knows goes along under our own prefix, so that a document of ours, captured again, changes
nothing; a document of somebody else is read by its business steps.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeVar, get_args
from urllib.parse import quote, unquote
from uuid import UUID

from geo.gas.lines import Line, NoLine, Row, storable
from geo.patrol.imports import Refused
from geo.patrol.windows import LOCAL

Shape = dict[str, Any]
Reason = Literal["did_not_occur", "incorrect_data"]
T = TypeVar("T")
CONTEXT: Final = [
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"gas": "https://waypost.example/gas/"},
]
OFFSET: Final = "+08:00"
_CODE: Final = "urn:waypost:cylinder:"
_SITE: Final = "urn:waypost:site:"
_VEHICLE: Final = "urn:waypost:vehicle:"
_PARTY: Final = "urn:waypost:party:"
_FILLING: Final = "https://waypost.example/gas/bizstep/filling"
# Of each type: event, action, business step, disposition (E.4).
_STEPS: Final[dict[str, tuple[str, str, str, str | None]]] = {
    "register": ("ObjectEvent", "ADD", "commissioning", "active"),
    "prefill_check": ("ObjectEvent", "OBSERVE", "inspecting", "conformant"),
    "fill": ("ObjectEvent", "OBSERVE", _FILLING, "container_closed"),
    "postfill_check": ("ObjectEvent", "OBSERVE", "inspecting", "conformant"),
    "stock_in": ("ObjectEvent", "OBSERVE", "storing", "in_progress"),
    "stock_out": ("ObjectEvent", "OBSERVE", "picking", "in_progress"),
    "load": ("AggregationEvent", "ADD", "loading", "in_transit"),
    "unload": ("AggregationEvent", "DELETE", "unloading", "in_progress"),
    "handover": ("ObjectEvent", "OBSERVE", "receiving", "in_progress"),
    "deliver": ("TransactionEvent", "ADD", "retail_selling", "retail_sold"),
    "user_check": ("ObjectEvent", "OBSERVE", "inspecting", "conformant"),
    "return": ("ObjectEvent", "OBSERVE", "collecting", "returned"),
    "inspect": ("ObjectEvent", "OBSERVE", "inspecting", "conformant"),
    "scrap": ("ObjectEvent", "DELETE", "decommissioning", "disposed"),
    "scan": ("ObjectEvent", "OBSERVE", "other", None),
    "lost": ("ObjectEvent", "OBSERVE", "other", "unknown"),
    "found": ("ObjectEvent", "OBSERVE", "other", None),
    "adjust": ("ObjectEvent", "OBSERVE", "other", None),
}
_REASONS: Final[dict[str, Reason]] = {one: one for one in get_args(Reason)}
# What another's document means by its step; inspecting is said by no step alone.
_MEANT: Final = {
    "commissioning": "register", "storing": "stock_in", "stocking": "stock_in",
    "picking": "stock_out", "loading": "load", "unloading": "unload", "receiving": "handover",
    "retail_selling": "deliver", "dispensing": "deliver", "collecting": "return",
    "inspecting": "inspect", "decommissioning": "scrap", "destroying": "scrap",
    _FILLING: "fill",
}  # fmt: skip


def document(events: Iterable[Mapping[str, Any]], now: datetime) -> Shape:
    """Of rows of the ledger: {event_id, at, received_at, type, code, detail, declared …}."""
    return {
        "@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0",
        "creationDate": _time(now), "epcisBody": {"eventList": [_event(row) for row in events]},
    }  # fmt: skip


def _time(at: datetime) -> str:
    """To the millisecond, as everybody writes it; microseconds that were told are told on."""
    spec = "microseconds" if at.microsecond % 1000 else "milliseconds"
    return at.astimezone(LOCAL).isoformat(timespec=spec)


def _event(row: Mapping[str, Any]) -> Shape:
    kind, action, step, disposition = _STEPS[row["type"]]
    detail: Mapping[str, Any] = row["detail"]
    code = _CODE + quote(row["code"], safe="")
    found: Shape = {
        "type": kind, "eventID": f"urn:uuid:{row['event_id']}", "eventTime": _time(row["at"]),
        "eventTimeZoneOffset": OFFSET, "action": action, "bizStep": step,
    }  # fmt: skip
    if row.get("received_at") is not None:
        found["recordTime"] = _time(row["received_at"])
    if disposition is not None:
        found["disposition"] = disposition
    if kind == "AggregationEvent":
        found["parentID"] = _VEHICLE + quote(str(detail.get("vehicle", "?")), safe="")
        found["childEPCs"] = [code]
    else:
        found["epcList"] = [code]
    site = detail.get("site_id") or detail.get("station")
    if site:
        found["readPoint"] = {"id": _SITE + quote(str(site), safe="")}
    _more(found, row["type"], detail)
    if row.get("declared"):
        found["errorDeclaration"] = {
            "declarationTime": _time(row["declared_at"]), "reason": row["declared"],
            "correctiveEventIDs": [f"urn:uuid:{one}" for one in row.get("corrected_by") or ()],
        }  # fmt: skip
    # Ours, whole: what EPCIS has no word for, and what a reader of ours takes again.
    found["gas:type"] = row["type"]
    # Its place is WGS-84 by now, whatever it was told in.
    found["gas:detail"] = {name: value for name, value in detail.items() if name != "datum"}
    return found


def _more(found: Shape, type_: str, detail: Mapping[str, Any]) -> None:
    if type_ == "deliver":
        order = quote(str(detail.get("order_id", "none")), safe="")
        found["bizTransactionList"] = [
            {"type": "po", "bizTransaction": f"urn:waypost:order:{order}"}
        ]
    elif detail.get("waybill"):
        bill = quote(str(detail["waybill"]), safe="")
        found["bizTransactionList"] = [
            {"type": "bol", "bizTransaction": f"urn:waypost:waybill:{bill}"}
        ]
    for field, name, party in (
        ("sourceList", "source", detail.get("from_party") or detail.get("from_user")),
        ("destinationList", "destination", detail.get("to_party") or detail.get("user_id")),
    ):
        if party and found["type"] != "AggregationEvent":
            found[field] = [{"type": "possessing_party", name: _PARTY + quote(str(party), safe="")}]
    if type_ == "fill" and isinstance(detail.get("net"), int | float):
        found["sensorElementList"] = [
            {"sensorReport": [{"type": "Mass", "value": detail["net"], "uom": "KGM"}]}
        ]
    if type_ == "register":
        found["ilmd"] = {
            f"gas:{name}": detail[name]
            for name in ("cylinder_serial", "spec", "made_on", "next_inspection_due", "scrap_due")
            if name in detail
        }


# ── capture ────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Wrong:
    """A declaration of error, of the event in place `no`; ids as they were told."""

    no: int
    event_id: str
    reason: Reason
    corrected_by: list[str]


def lines_of_document(said: Mapping[str, Any]) -> tuple[list[Line], list[Wrong]]:
    """Lines as `read_line` takes them, and the declarations of error. Raises Refused."""
    if said.get("type") != "EPCISDocument":
        raise Refused("不是 EPCIS 文档", "this is no EPCISDocument")
    body = said.get("epcisBody")
    listed = body.get("eventList") if isinstance(body, Mapping) else None
    if not isinstance(listed, list):
        raise Refused("缺少 epcisBody.eventList", "it has no epcisBody.eventList")
    lines: list[Line] = []
    wrong = []
    for no, event in enumerate(listed, 1):
        try:
            if not isinstance(event, Mapping):
                raise Refused("不是 EPCIS 事件", "this is no event")
            line = _line(event)
            wrong += _declared(event, no, line)
            lines.append(Row(no, line))
        except Refused as why:
            lines.append(NoLine(no, why))
    return lines, wrong


def _one(of: Mapping[str, Any], name: str, kind: type[T]) -> T | None:
    """What is said there, if anything is. Raises Refused when it is of another kind."""
    found = of.get(name)
    if found is None or isinstance(found, kind):
        return found
    raise Refused(f"{name} 的类型不对", f"{name} is of the wrong kind")


def _many(of: Mapping[str, Any], name: str, kind: type[T]) -> list[T]:
    """The same of a list."""
    found = _one(of, name, list) or []
    if all(isinstance(each, kind) for each in found):
        return found
    raise Refused(f"{name} 的类型不对", f"{name} is of the wrong kind")


def _declared(event: Mapping[str, Any], no: int, line: Shape) -> list[Wrong]:
    said = _one(event, "errorDeclaration", dict)
    if said is None:
        return []
    reason = _REASONS.get(_one(said, "reason", str) or "")
    if reason is None:
        known = "、".join(_REASONS)
        raise Refused(f"errorDeclaration.reason 应为 {known} 之一",
                      f"the reason of an errorDeclaration is one of {known}")  # fmt: skip
    others = [_uuid(one) for one in _many(said, "correctiveEventIDs", str)]
    storable({"correctiveEventIDs": others})  # of the line itself its reader sees to that
    return [Wrong(no, str(line.get("event_id", "")), reason, others)]


def _line(event: Mapping[str, Any]) -> Shape:
    codes = _many(event, "epcList", str) or _many(event, "childEPCs", str)
    if len(codes) != 1:
        raise Refused("每个事件须有一只气瓶", "an event is of one cylinder")
    step = _one(event, "bizStep", str)
    type_ = _one(event, "gas:type", str) or _MEANT.get(step or "")
    if type_ is None:
        shown = repr(step)[:60]
        raise Refused(f"未知业务步骤：{shown}", f"unknown business step: {shown}")
    detail = _one(event, "gas:detail", dict)
    found: Shape = _theirs(event) if detail is None else dict(detail)
    id_ = _one(event, "eventID", str)
    return {
        **found, **({} if id_ is None else {"event_id": _uuid(id_)}), "type": type_,
        "code": unquote(codes[0].removeprefix(_CODE)), "at": event.get("eventTime"),
    }  # fmt: skip


def _theirs(event: Mapping[str, Any]) -> Shape:
    """What another's document says in EPCIS's own words."""
    found: Shape = {}
    place = _one(event, "readPoint", dict) or _one(event, "bizLocation", dict) or {}
    site, vehicle = _one(place, "id", str), _one(event, "parentID", str)
    if site is not None:
        found["site_id"] = unquote(site.removeprefix(_SITE))
    if vehicle is not None:
        found["vehicle"] = unquote(vehicle.removeprefix(_VEHICLE))
    for field, name, key in (("sourceList", "source", "from_party"),
                             ("destinationList", "destination", "to_party")):  # fmt: skip
        for party in _many(event, field, dict)[:1]:
            found[key] = unquote((_one(party, name, str) or "").removeprefix(_PARTY))
    step = _MEANT.get(str(event.get("bizStep")))
    if step == "deliver" and "to_party" in found:
        found["user_id"] = found.pop("to_party")
    if step == "return" and "from_party" in found:
        found["from_user"] = found.pop("from_party")
    for element in _many(event, "sensorElementList", dict):
        for one in _many(element, "sensorReport", dict):
            if _one(one, "uom", str) == "KGM" and "value" in one:
                found["net"] = one["value"]
    return found


def _uuid(told: str) -> str:
    try:
        return str(UUID(told.removeprefix("urn:uuid:")))
    except ValueError:
        return told  # another's number: named with its system
