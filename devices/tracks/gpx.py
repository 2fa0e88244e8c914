"""GPX 1.0 and 1.1: the points of all tracks, in the order of their times."""

from __future__ import annotations

import math
from collections.abc import Callable
from xml.etree import ElementTree as Xml

from devices.tracks.track import BadTrack, Fix, in_order, place, when_ms


def read(data: bytes) -> list[Fix]:
    """Every `trkpt` with a time. Raises BadTrack with the place of the fault.

    Speed, course and accuracy are taken wherever a program put them: as GPX 1.0 elements
    or in `extensions` of any namespace.
    """
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise BadTrack("This GPX file has a document type with entities, which are not read.")
    try:
        root = Xml.fromstring(data)  # noqa: S314  entities are refused above
    except Xml.ParseError as error:
        raise BadTrack(f"This is no well-formed XML: {error}.") from None
    if _bare(root.tag) != "gpx":
        raise BadTrack(f"The file begins with <{_bare(root.tag)}>, not with <gpx>.")
    fixes = []
    for number, point in enumerate((e for e in root.iter() if _bare(e.tag) == "trkpt"), 1):
        fix = _fix(point, f"trkpt {number}")
        if fix is not None:
            fixes.append(fix)
    return in_order(fixes)


def _fix(point: Xml.Element, where: str) -> Fix | None:
    said = {_bare(e.tag): (e.text or "").strip() for e in point.iter() if e is not point}
    if not said.get("time"):
        return None
    try:
        lon, lat = float(point.attrib["lon"]), float(point.attrib["lat"])
        at_ms = when_ms(said["time"])
    except (KeyError, ValueError) as error:
        raise BadTrack(f"{where}: lon, lat or time is missing or unreadable ({error}).") from None
    lon, lat = place(lon, lat, where)
    return Fix(
        at_ms, lon, lat,
        spd_mps=_number(said, "speed"),
        crs_deg=_number(said, "course", "bearing", "heading"),
        acc_m=_number(said, "accuracy", "acc", "hacc"),
        alt_m=_number(said, "ele"),
        sat=_count(said),
    )  # fmt: skip


def _number(said: dict[str, str], *names: str) -> float | None:
    for name in names:
        if said.get(name):
            try:
                number = float(said[name])
            except ValueError:
                continue
            if math.isfinite(number):
                return number
    return None


def _count(said: dict[str, str]) -> int | None:
    number = _number(said, "sat")
    return None if number is None else int(number)


def _bare(tag: str | Callable[..., object]) -> str:
    """A tag without its namespace; comments have a function for a tag."""
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""
