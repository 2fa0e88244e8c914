"""E16: a registered vehicle stands away from sites and users; late fixes take it back."""

from datetime import timedelta
from typing import Any

from psycopg import Connection

from core.values import Viewer, from_ms
from geo.gas import registers_io, sources_io
from geo.gas.findings_io import Filter, list_findings
from tests.integration.evaluators.road import START_MS, Road, make_device, positions
from tests.integration.geo.gas.test_judgement_io import office, viewer

__all__ = ["office", "viewer"]
NOW = from_ms(START_MS) + timedelta(hours=3)


def found(conn: Connection[Any], office: Viewer) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = list_findings(conn, office, Filter(rules=["E16"]), limit=9)[
        "items"
    ]
    return items


def standing(
    begin_s: int, minutes: int, lon: float, lat: float
) -> list[tuple[float, float, float]]:
    return [(begin_s + s, lon, lat) for s in range(0, minutes * 60 + 1, 60)]


def test_an_unplanned_stop_is_named_with_how_long(conn: Connection[Any], office: Viewer) -> None:
    no = make_device(conn, office.org_id, "truck-1", "vehicle")
    registers_io.take_in(conn, office, "vehicle", [{"key": "\u6caaDW1208", "device_id": "truck-1"}],
                         datum="wgs84", dry_run=False, now=NOW)  # fmt: skip
    road = Road(conn, [])
    way = [
        *standing(1_000, 15, 121.5, 31.2),  # at the filling station
        *standing(2_500, 9, 121.6, 31.3),  # too short
        *standing(3_600, 12, 121.7, 31.3),
        *standing(5_000, 15, 121.51, 31.21),  # at a user's door
    ]
    road.send(positions(no, way))
    sources_io.sweep_stops(conn, NOW)
    (one,) = found(conn, office)
    assert (one["subject"], one["value"], one["lon"]) == ("vehicle", 12.0, 121.7)
    sources_io.sweep_stops(conn, NOW + timedelta(minutes=5))
    assert len(found(conn, office)) == 1

    # An outbox brings what was in between: it drove on.
    road.send(positions(no, [(3_600 + s + 30, 121.7 + s / 1e5, 31.3) for s in range(60, 700, 60)]))
    sources_io.sweep_stops(conn, NOW + timedelta(minutes=10))
    assert found(conn, office) == []
