"""Our own JSON, as the contract's field table has it: bytes in, typed bodies out.

Unknown fields are ignored here (and counted by a sample, see ingest/decode). A missing
required field, a wrong type, NaN, an infinite or out-of-range number is `Malformed`
with a reason a person understands. Ranges are those of the contract; speeds above
300 m/s and altitudes outside -1,000..20,000 m are no field equipment.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct

from core.errors import AppError
from core.limits import BATCH_ITEMS_MAX

Ms = Annotated[int, Meta(ge=0, le=4_102_444_800_000)]  # to the year 2100
Seq = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Uptime = Annotated[int, Meta(ge=0, le=2**53)]
Lon = Annotated[float, Meta(ge=-180, le=180)]
Lat = Annotated[float, Meta(ge=-90, le=90)]
Metres = Annotated[float, Meta(ge=0, le=1e7)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=4_000)]
Source = Literal["gnss", "network", "manual"]
DatumName = Literal["wgs84", "gcj02", "bd09", "cgcs2000"]


class Malformed(AppError):
    """The message does not follow the contract."""

    code = "malformed"

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Common(Struct, kw_only=True):
    at: Ms
    seq: Seq
    boot: str | int | None = None
    up: Uptime | None = None
    sent_up: Uptime | None = None
    queued: bool = False
    device_id: str | None = None


class PositionBody(Common, kw_only=True, gc=False):
    lon: Lon
    lat: Lat
    acc: Metres | None = None
    spd: Annotated[float, Meta(ge=0, le=300)] | None = None
    crs: Annotated[float, Meta(ge=0, le=360)] | None = None
    alt: Annotated[float, Meta(ge=-1_000, le=20_000)] | None = None
    sat: Annotated[int, Meta(ge=0, le=200)] | None = None
    bat: Percent | None = None
    src: Source = "gnss"
    datum: DatumName = "wgs84"
    fix: bool = True
    mock: bool = False
    ign: bool | None = None


class CameraStatusBody(Common, kw_only=True):
    state: Literal["off", "standby", "recording", "prebuffer", "fault", "lost"]
    bat: Percent | None = None
    charging: bool | None = None
    free_mb: Metres | None = None
    total_mb: Metres | None = None
    pending: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    dock: Name | None = None
    sos: bool | None = None
    tamper: bool | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    acc: Metres | None = None
    datum: DatumName = "wgs84"
    fw: Text | None = None


class StatusBody(Common, kw_only=True):
    state: Literal["online", "offline", "on_duty", "off_duty", "break", "lost"]
    bat: Percent | None = None
    fw: Text | None = None


class WillBody(Struct):
    state: Literal["lost"]


class Media(Struct):
    sha256: Annotated[str, Meta(pattern="^[0-9a-fA-F]{64}$")]
    uri: Text | None = None
    kind: Text | None = None


class SunBody(Struct):
    cmac: Annotated[str, Meta(pattern="^[0-9a-fA-F]{16}$")]
    picc_data: Text | None = None
    enc: Text | None = None
    uid: Text | None = None
    ctr: int | str | None = None


class CheckinBody(Common, kw_only=True):
    method: Literal["nfc", "sun", "qr", "manual"]
    tag: Annotated[str, Meta(pattern="^[0-9A-Fa-f: -]{2,40}$")] | None = None
    sun: SunBody | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    acc: Metres | None = None
    datum: DatumName = "wgs84"
    fix_at: Ms | None = None
    mock: bool | None = None
    media: Annotated[list[Media], Meta(max_length=50)] | None = None
    note: Text | None = None


# Domain reference E.3, in the order of a cylinder's life: geo/gas numbers them by it.
CylinderType = Literal[
    "register", "prefill_check", "fill", "postfill_check", "stock_in", "stock_out", "load",
    "unload", "handover", "deliver", "user_check", "return", "inspect", "scrap", "scan",
    "lost", "found", "adjust",
]  # fmt: skip


class CylinderBody(Common, kw_only=True):
    event_id: UUID
    type: CylinderType
    code: Name
    lon: Lon | None = None
    lat: Lat | None = None
    datum: DatumName = "wgs84"


class RecordingBody(Common, kw_only=True):
    recording_id: Name
    start: Ms
    stop: Ms | None = None
    trigger_on: Ms | Text | None = None
    trigger_off: Ms | Text | None = None
    reason: Text | list[Text] | None = None
    size: Annotated[int, Meta(ge=0, le=2**62)] | None = None
    sha256: Annotated[str, Meta(pattern="^[0-9a-fA-F]{64}$")] | None = None
    sm3: Annotated[str, Meta(pattern="^[0-9a-fA-F]{64}$")] | None = None
    uri: Text | None = None  # where the archive has it; never the video itself
    gaps: list[Annotated[list[Ms], Meta(min_length=2, max_length=2)]] | None = None
    tags: list[Text] | None = None
    task_id: Annotated[int, Meta(ge=1, le=2**62)] | None = None
    uploaded_at: Ms | None = None
    dock: Name | None = None


class EventBody(Common, kw_only=True):
    type: Literal["sos", "fall", "problem", "lead"]
    lon: Lon | None = None
    lat: Lat | None = None
    datum: DatumName = "wgs84"
    note: Text | None = None
    media: Annotated[list[Media], Meta(max_length=50)] | None = None


class AckBody(Common, kw_only=True):
    task_id: Annotated[int, Meta(ge=1, le=2**62)]
    move: Literal["delivered", "read", "accepted", "declined", "en_route", "on_scene", "resolved"]
    reason: Text | None = None
    media: Annotated[list[Media], Meta(max_length=50)] | None = None


class BatchBody(Struct):
    items: Annotated[list[msgspec.Raw], Meta(min_length=1, max_length=BATCH_ITEMS_MAX)]


class BatchItem(Struct):
    channel: Literal["position", "status", "checkin", "cylinder", "recording", "event", "ack"]


class _Seq(Struct):
    seq: Seq


Body = (
    PositionBody | CameraStatusBody | StatusBody | CheckinBody | CylinderBody | RecordingBody
    | EventBody | AckBody
)  # fmt: skip
DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    "position": msgspec.json.Decoder(PositionBody),
    "checkin": msgspec.json.Decoder(CheckinBody),
    "cylinder": msgspec.json.Decoder(CylinderBody),
    "recording": msgspec.json.Decoder(RecordingBody),
    "event": msgspec.json.Decoder(EventBody),
    "ack": msgspec.json.Decoder(AckBody),
    "batch": msgspec.json.Decoder(BatchBody),
}
_STATUS = msgspec.json.Decoder(StatusBody)
_CAMERA_STATUS = msgspec.json.Decoder(CameraStatusBody)
_WILL = msgspec.json.Decoder(WillBody)
_ITEM = msgspec.json.Decoder(BatchItem)
_OBJECT = msgspec.json.Decoder(dict[str, Any])
_JUST_SEQ = msgspec.json.Decoder(_Seq)
_KNOWN: dict[str, frozenset[str]] = {
    "position": frozenset(PositionBody.__struct_fields__),
    "status": frozenset(StatusBody.__struct_fields__ + CameraStatusBody.__struct_fields__),
    "checkin": frozenset(CheckinBody.__struct_fields__),
    "recording": frozenset(RecordingBody.__struct_fields__),
    "event": frozenset(EventBody.__struct_fields__),
    "ack": frozenset(AckBody.__struct_fields__),
    "batch": frozenset(BatchBody.__struct_fields__),
}
_COMMON = frozenset(Common.__struct_fields__) | {"channel"}


def decode(channel: str, kind: str, payload: bytes) -> Any:
    """One body of `channel` from a device of `kind`. Raises Malformed."""
    try:
        if channel == "status":
            return (_CAMERA_STATUS if kind == "camera" else _STATUS).decode(payload)
        return DECODERS[channel].decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(error, payload) from None


def is_will(payload: bytes) -> bool:
    """A Last Will says only that the device is lost, and carries no time of its own."""
    try:
        _WILL.decode(payload)
        return b'"at"' not in payload
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def item_channel(payload: bytes) -> str:
    """The channel an item of a `batch` belongs to. Raises Malformed."""
    try:
        return _ITEM.decode(payload).channel
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(error, payload) from None


def extras(body: Common, payload: bytes, columns: frozenset[str]) -> dict[str, Any]:
    """What a body says beyond its own columns, for the `detail` of its row. Raises Malformed."""
    # Every type of cylinder event has fields of its own, so all of them are kept.
    whole = isinstance(body, CylinderBody)
    said: dict[str, Any] = _whole(payload) if whole else msgspec.to_builtins(body)
    skip = columns | _COMMON - {"boot", "up", "sent_up"}
    return {k: v for k, v in said.items() if k not in skip and v is not None}


def _whole(payload: bytes) -> dict[str, Any]:
    """Every field, also those the typed decoder skipped over without a look."""
    try:
        said: dict[str, Any] = _OBJECT.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise malformed(error, payload) from None
    return said


def unknown_fields(channel: str, payload: bytes) -> int:
    """How many fields of a well-formed body the contract does not know."""
    known = _KNOWN.get(channel)
    if known is None:
        return 0  # cylinder events keep every field
    return sum(name not in known and name not in _COMMON for name in _OBJECT.decode(payload))


def seq_of(payload: bytes) -> int | None:
    """The counter of a body that is otherwise refused, so that its sender may stop resending."""
    try:
        return _JUST_SEQ.decode(payload).seq
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def malformed(error: Exception, payload: bytes) -> Malformed:
    """Put a decoder's complaint into a reason (a fixed word) and a detail (a sentence)."""
    text = str(error)
    try:
        payload.decode()
    except UnicodeDecodeError as bad:
        return Malformed("bad_utf8", f"byte {bad.start} is not UTF-8")
    if isinstance(error, RecursionError):
        return Malformed("too_deep", "objects are nested too deeply")
    if "missing required field" in text:
        return Malformed("missing_field", text)
    if isinstance(error, msgspec.ValidationError):
        ranged = ("Expected `int` ", "Expected `float` ", "out of range", "length ")
        reason = "out_of_range" if any(word in text for word in ranged) else "wrong_type"
        named = "enum value" in text or "regex" in text
        return Malformed("bad_value" if named else reason, text)
    if "out of range" in text:
        return Malformed("out_of_range", text)
    foreign = b"NaN" in payload or b"Infinity" in payload
    hint = "; JSON knows neither NaN nor Infinity" if foreign else ""
    return Malformed("not_json", text + hint)
