"""Position bodies on their way into columns: one pass, no object a row beyond the body. Pure."""

import numpy as np

from core import limits
from devices.codec import Malformed, PositionBody
from devices.datum import to_wgs84
from devices.readings import (
    DATUMS,
    FIX,
    IGNITION_KNOWN,
    IGNITION_ON,
    MOCK,
    POSITION_DTYPE,
    QUEUED,
    RETAINED,
    SOURCES,
    Positions,
)
from devices.registry import Device
from ingest.routes import Message

DATUM_CODE = {name: code for code, name in enumerate(DATUMS)}
_SRC_CODE = {name: code for code, name in enumerate(SOURCES)}

Refused = tuple[Message, Device, Malformed]


def clock_problem(at_ms: int, received_ms: int) -> Malformed | None:
    """An absurd device clock would open partitions in 2099."""
    if at_ms > received_ms + limits.CLOCK_AHEAD_MAX_S * 1000:
        ahead_s = (at_ms - received_ms) // 1000
        return Malformed("clock_ahead", f"observed {ahead_s} s after we received it")
    if at_ms < limits.OLDEST_AT_MS:
        return Malformed("clock_behind", "observed before 2020")
    return None


class PositionColumns:
    """Position bodies on their way into columns."""

    def __init__(self) -> None:
        self._bodies: list[PositionBody] = []
        self._devices: list[Device] = []
        self._messages: list[Message] = []
        self._queued: list[bool] = []

    def add(
        self, body: PositionBody, device: Device | None, message: Message, *, queued: bool = False
    ) -> None:
        assert device is not None
        self._bodies.append(body)
        self._devices.append(device)
        self._messages.append(message)
        self._queued.append(queued)

    def columns(self) -> tuple[Positions, list[Refused]]:
        """All as POSITION_DTYPE in WGS-84, and those that are refused on second sight."""
        bodies, devices, messages = self._bodies, self._devices, self._messages
        rows = np.empty(len(bodies), POSITION_DTYPE)
        if not bodies:
            return rows, []
        rows["device_no"] = [device.no for device in devices]
        rows["at_ms"] = [body.at for body in bodies]
        rows["seq"] = [body.seq for body in bodies]
        rows["received_ms"] = [message.received_ms for message in messages]
        rows["lon_deg"] = [body.lon for body in bodies]
        rows["lat_deg"] = [body.lat for body in bodies]
        rows["acc_m"] = [body.acc for body in bodies]
        rows["spd_mps"] = [body.spd for body in bodies]
        rows["crs_deg"] = [body.crs for body in bodies]
        rows["alt_m"] = [body.alt for body in bodies]
        rows["sat"] = [body.sat for body in bodies]
        rows["bat_pct"] = [body.bat for body in bodies]
        rows["src"] = [_SRC_CODE[body.src] for body in bodies]
        rows["datum"] = [DATUM_CODE[body.datum] for body in bodies]
        rows["flags"] = self._flags()
        up = np.array([body.up for body in bodies], np.float64)
        sent_up = np.array([body.sent_up for body in bodies], np.float64)
        rows["skew_ms"] = rows["received_ms"] - (sent_up - up) - rows["at_ms"]
        if rows["datum"].any():
            rows["lon_deg"], rows["lat_deg"] = to_wgs84(
                rows["lon_deg"], rows["lat_deg"], rows["datum"]
            )
        refused = self._refused(rows)
        if refused:
            rows = np.delete(rows, list(refused))
        return rows, list(refused.values())

    def _flags(self) -> list[int]:
        return [
            (FIX if body.fix else 0)
            | (MOCK if body.mock else 0)
            | (0 if body.ign is None else IGNITION_KNOWN | (IGNITION_ON if body.ign else 0))
            | (QUEUED if queued or body.queued else 0)
            | (RETAINED if message.retain else 0)
            for body, message, queued in zip(
                self._bodies, self._messages, self._queued, strict=True
            )
        ]

    def _refused(self, rows: Positions) -> dict[int, Refused]:
        at, received = rows["at_ms"], rows["received_ms"]
        absurd = (at > received + limits.CLOCK_AHEAD_MAX_S * 1000) | (at < limits.OLDEST_AT_MS)
        found: dict[int, Refused] = {}
        for index in map(int, np.flatnonzero(absurd)):
            problem = clock_problem(int(at[index]), int(received[index]))
            assert problem is not None
            found[index] = (self._messages[index], self._devices[index], problem)
        for index, body in enumerate(self._bodies):
            if body.device_id is not None and body.device_id != self._devices[index].id:
                device = self._devices[index]
                said = f"the body says {body.device_id}, the topic {device.id}"
                found[index] = (self._messages[index], device, Malformed("wrong_device", said))
        return found
