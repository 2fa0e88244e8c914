"""What the field reports beyond positions, as events: help calls, recordings, cylinders.

Nothing is decided here. The readings are stored as they came; these events put them
into the one record that consoles follow and rules react to.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from core.events import Event
from core.values import from_ms
from devices.readings import CylinderEvent, DeviceEvent, Readings, Recording, Stamp
from dispatch.told_io import key_of, told

_KINDS = ("device.event", "recording.added", "cylinder.recorded")


class DeviceEventEvaluator:
    """device.event, recording.added and cylinder.recorded: one for each reading, once."""

    name = "field events"

    def evaluate(
        self,
        conn: Connection[Any],
        readings: Readings,
        now: datetime,
    ) -> Sequence[Event]:
        """Silent for readings the record speaks of already. Ordered by device and time."""
        fresh: list[DeviceEvent | Recording | CylinderEvent] = [
            *readings.device_events,
            *readings.recordings,
            *readings.cylinder_events,
        ]
        known = told(conn, _KINDS, [reading.stamp for reading in fresh])
        events = {}
        for reading in fresh:
            kind, body = _line(reading)
            key = key_of(kind, reading.stamp)
            if key not in known:
                events[key] = _event(kind, reading.stamp, body)
        return [events[key] for key in sorted(events, key=lambda key: (key[1:], key[0]))]

    def forget(self) -> None:
        """Nothing is kept between calls."""


def _line(reading: DeviceEvent | Recording | CylinderEvent) -> tuple[str, dict[str, Any]]:
    if isinstance(reading, DeviceEvent):
        place = {"lon": _e7(reading.lon_deg), "lat": _e7(reading.lat_deg)}
        note = reading.detail.get("note")
        body = {"type": reading.type, **place, "note": note, "detail": reading.detail}
        return "device.event", body
    if isinstance(reading, Recording):
        return "recording.added", {
            "recording_id": reading.recording_id,
            "start_at": from_ms(reading.start_ms).isoformat(),
            "stop_at": None if reading.stop_ms is None else from_ms(reading.stop_ms).isoformat(),
            "detail": reading.detail,
        }
    return "cylinder.recorded", {
        "code": reading.code,
        "type": reading.type,
        "event_id": str(reading.event_id),
    }


def _event(kind: str, stamp: Stamp, body: dict[str, Any]) -> Event:
    return Event(
        kind,
        from_ms(stamp.at_ms),
        stamp.org_id,
        {**body, "device_id": stamp.device_id, "seq": stamp.seq},
        stamp.device_no,
        actor=f"device:{stamp.device_id}",
    )


def _e7(degrees: float | None) -> float | None:
    """As precise as it is stored, so that readings taken back say the same."""
    return None if degrees is None else round(degrees, 7)
