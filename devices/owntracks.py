"""OwnTracks JSON, natively (domain reference F.2): a phone needs no program of ours.

Topics are owntracks/{user}/{device}[/event|/waypoint|/waypoints|/status]; the user is
our device id. Speeds come in km/h. `acc`, `alt`, `cog`, `vel` are left out when zero,
so a missing one is unknown, not zero. A ping's `tst` is the present, not the fix time.
There is no counter, so `seq` is made from the body: a redelivery meets the same key.
"""

from typing import Annotated, Any, Literal
from zlib import crc32

import msgspec
from msgspec import Meta, Struct

from devices.codec import (
    Lat,
    Lon,
    Malformed,
    Metres,
    PositionBody,
    StatusBody,
    malformed,
)
from devices.topics import OWNTRACKS_ROOT, is_device_id

SUFFIXES = ("event", "waypoint", "waypoints", "status")
FILTERS = (f"{OWNTRACKS_ROOT}/+/+", *(f"{OWNTRACKS_ROOT}/+/+/{word}" for word in SUFFIXES))

Seconds = Annotated[float, Meta(ge=0, le=4_102_444_800)]
Number = Annotated[float, Meta(ge=-1e9, le=1e9)]


class Phone(Struct, tag_field="_type"):
    """Whatever a phone publishes; the tag says which."""


class Location(Phone, tag="location", kw_only=True):
    lat: Lat
    lon: Lon
    tst: Seconds
    acc: Metres | None = None
    alt: Annotated[float, Meta(ge=-1_000, le=20_000)] | None = None
    vel: Annotated[float, Meta(ge=-1, le=1_080)] | None = None
    cog: Annotated[float, Meta(ge=-1, le=360)] | None = None
    batt: Annotated[float, Meta(ge=-1, le=100)] | None = None
    t: str | None = None


class Transition(Phone, tag="transition", kw_only=True):
    tst: Seconds
    acc: Metres
    event: Literal["enter", "leave"]
    wtst: Seconds | None = None
    desc: str | None = None
    rid: str | None = None
    t: str | None = None
    lat: Lat | None = None
    lon: Lon | None = None


class Waypoint(Phone, tag="waypoint", kw_only=True):
    desc: str
    tst: Seconds
    lat: Lat | None = None
    lon: Lon | None = None
    rad: Number | None = None
    rid: str | None = None


class Waypoints(Phone, tag="waypoints", kw_only=True):
    waypoints: list[dict[str, Any]]


class Lwt(Phone, tag="lwt", kw_only=True):
    tst: Seconds | None = None


class PhoneStatus(Phone, tag="status", kw_only=True):
    pass


_DECODER = msgspec.json.Decoder(Location | Transition | Waypoint | Waypoints | Lwt | PhoneStatus)
_OBJECT = msgspec.json.Decoder(dict[str, Any])


class PhoneEvent(Struct):
    """A transition, waypoint or status, to be kept as a device event of that type."""

    type: str
    at: int
    seq: int
    lon: float | None
    lat: float | None
    detail: dict[str, Any]


def user_of(topic: str) -> str | None:
    """The device id of an OwnTracks topic; None when it is no such topic."""
    levels = topic.split("/")
    shaped = len(levels) == 3 or (len(levels) == 4 and levels[3] in SUFFIXES)
    if levels[0] != OWNTRACKS_ROOT or not shaped or not is_device_id(levels[1]):
        return None
    return levels[1]


def decode(payload: bytes, received_ms: int) -> PositionBody | StatusBody | PhoneEvent:
    """One body; an `lwt` becomes `lost` at the time of receipt. Raises Malformed."""
    try:
        body = _DECODER.decode(payload)
        said: dict[str, Any] = _OBJECT.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        problem = malformed(error, payload)
        if "Invalid value" in problem.detail:
            raise Malformed("unsupported", "this OwnTracks type is not understood") from None
        raise problem from None
    seq = crc32(payload)
    if isinstance(body, Location):
        return _position(body, seq)
    if isinstance(body, Lwt):
        # Its `tst` is when the app first connected, not when it was lost.
        return StatusBody(at=received_ms, seq=seq, state="lost")
    at = round(body.tst * 1000) if isinstance(body, Transition | Waypoint) else received_ms
    lon, lat = getattr(body, "lon", None), getattr(body, "lat", None)
    said.pop("_type")
    name = said_type(body)
    return PhoneEvent(name, at, seq, lon, lat, said)


def said_type(body: Phone) -> str:
    """transition, waypoint, waypoints or phone_status: what the event is called here."""
    return {
        "Transition": "transition",
        "Waypoint": "waypoint",
        "Waypoints": "waypoints",
        "PhoneStatus": "phone_status",
    }[type(body).__name__]


def _position(body: Location, seq: int) -> PositionBody:
    return PositionBody(
        at=round(body.tst * 1000),
        seq=seq,
        lon=body.lon,
        lat=body.lat,
        acc=body.acc,
        alt=body.alt,
        spd=None if body.vel is None or body.vel < 0 else body.vel / 3.6,
        crs=None if body.cog is None or body.cog < 0 else body.cog,
        bat=None if body.batt is None or body.batt < 0 else body.batt,
    )
