"""A bureau with two squads, a few devices, and people who may look at them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import psycopg
import pytest

from core.values import OrgId, Role, Viewer, to_ms
from devices.readings import FIX, POSITION_DTYPE, Ack, DeviceEvent, Readings, Stamp, Status

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NOON_MS = to_ms(NOON)

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Place:
    """The seeded rows, by name."""

    bureau: int
    north: int
    south: int
    zhang: int  # officer of the north squad
    wang: int  # officer of the south squad
    car: int  # vehicle of the north squad
    camera: int  # of the north squad
    dispatcher: Viewer
    squad: Viewer  # leader of the north squad
    onlooker: Viewer

    @property
    def ids(self) -> dict[int, str]:
        return {self.zhang: "zhang", self.wang: "wang", self.car: "car", self.camera: "camera"}


def seed(conn: Connection) -> Place:
    def org(kind: str, name: str, parent: int | None) -> int:
        row = conn.execute(
            "INSERT INTO org (parent_id, kind, name) VALUES (%s, %s, %s) RETURNING id",
            (parent, kind, name),
        ).fetchone()
        assert row is not None
        return int(row[0])

    def device(id_: str, kind: str, org_id: int) -> int:
        row = conn.execute(
            """INSERT INTO device (id, kind, part, org_id, name, period_s)
               VALUES (%s, %s, 5, %s, %s, 10) RETURNING no""",
            (id_, kind, org_id, f"Unit {id_}"),
        ).fetchone()
        assert row is not None
        return int(row[0])

    bureau = org("bureau", "Bureau of dispatch tests", None)
    north, south = org("squad", "North", bureau), org("squad", "South", bureau)
    everything = frozenset(map(OrgId, (bureau, north, south)))
    return Place(
        bureau,
        north,
        south,
        device("zhang", "officer", north),
        device("wang", "officer", south),
        device("car", "vehicle", north),
        device("camera", "camera", north),
        Viewer("desk", Role.DISPATCHER, OrgId(bureau), everything),
        Viewer("leader", Role.SQUAD, OrgId(north), frozenset({OrgId(north)})),
        Viewer("guest", Role.VIEWER, OrgId(bureau), everything),
    )


@pytest.fixture
def place(conn: Connection) -> Iterator[Place]:
    yield seed(conn)


def position(device_no: int, at_s: float, *, late_s: float = 0.1, **fields: float) -> np.void:
    """One row, observed `at_s` seconds after noon and received `late_s` later."""
    row = np.zeros(1, POSITION_DTYPE)
    for name in ("acc_m", "spd_mps", "crs_deg", "alt_m", "sat", "bat_pct", "skew_ms"):
        row[name] = np.nan
    row["device_no"], row["lon_deg"], row["lat_deg"], row["flags"] = device_no, 121.47, 31.23, FIX
    row["at_ms"] = NOON_MS + round(at_s * 1000)
    row["seq"] = round(at_s * 10)
    row["received_ms"] = row["at_ms"] + round(late_s * 1000)
    for name, value in fields.items():
        row[name] = value
    return row[0]


def stamp(
    place: Place, device_no: int, at_s: float, *, late_s: float = 0.1, seq: int | None = None
) -> Stamp:
    org_id = place.south if device_no == place.wang else place.north
    kind = {place.car: "vehicle", place.camera: "camera"}.get(device_no, "officer")
    at_ms = NOON_MS + round(at_s * 1000)
    number = round(at_s * 10) if seq is None else seq
    received_ms = at_ms + round(late_s * 1000)
    return Stamp(device_no, place.ids[device_no], kind, org_id, at_ms, number, received_ms)


def readings(*those: Any) -> Readings:
    """Put together whatever is given, each where it belongs."""
    rows = [one for one in those if isinstance(one, np.void)]
    found = Readings(np.array(rows, POSITION_DTYPE) if rows else np.empty(0, POSITION_DTYPE))
    homes: dict[type, list[Any]] = {
        Status: found.statuses,
        Ack: found.acks,
        DeviceEvent: found.device_events,
    }
    for one in those:
        if not isinstance(one, np.void):
            homes[type(one)].append(one)
    return found


def will(place: Place, device_no: int, at_s: float) -> Status:
    return Status(stamp(place, device_no, at_s, late_s=0, seq=0), "lost", will=True)
