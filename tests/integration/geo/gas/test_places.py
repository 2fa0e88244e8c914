"""E14: what stands together, since when, and what a wrong record hides."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg import Connection

from core.values import Viewer, to_ms
from geo.gas import ledger_io, sources_io
from geo.gas.findings_io import Filter, finding, list_findings
from tests.integration.geo.gas.test_judgement_io import NOW, office, send, viewer

__all__ = ["office", "viewer"]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def told(type_: str, no: int, at: datetime, **said: Any) -> dict[str, Any]:
    return {"event_id": str(uuid4()), "type": type_, "code": f"c{no}", "at": to_ms(at), **said}


def scans(
    numbers: Sequence[int], at: datetime, *, lon: float = 121.7, lat: float = 31.4
) -> list[dict[str, Any]]:
    """One a ten metres."""
    return [told("scan", no, at, lon=lon, lat=lat + no * 1e-4) for no in numbers]


def clusters(conn: Connection[Any], office: Viewer, withdrawn: bool = False) -> list[Any]:
    found = Filter(rules=["E14"], withdrawn=withdrawn)
    items: list[Any] = list_findings(conn, office, found, limit=99)["items"]
    return items


def test_a_cluster_that_ended_and_holds_again_is_the_same_finding(
    conn: Connection[Any], office: Viewer
) -> None:
    send(conn, office, scans(range(4), NOW - 51 * HOUR))
    send(conn, office, scans([4], NOW - 50 * HOUR))
    sources_io.sweep_places(conn, NOW)
    (first,) = clusters(conn, office)
    send(conn, office, [told("load", 4, NOW, vehicle="沪DW1208")])
    sources_io.sweep_places(conn, NOW)
    assert clusters(conn, office) == []
    back = NOW + HOUR
    send(conn, office, scans([4], back), back)
    sources_io.sweep_places(conn, back + 49 * HOUR)
    (again,) = clusters(conn, office)
    assert again["id"] == first["id"]
    moves = [move["move"] for move in finding(conn, office, again["id"])["moves"]]
    assert moves == ["raised", "withdrawn", "raised_again"]
    sources_io.sweep_places(conn, back + 50 * HOUR)
    assert [one["id"] for one in clusters(conn, office)] == [first["id"]]


def test_scanned_every_day_it_has_stood_since_the_first(
    conn: Connection[Any], office: Viewer
) -> None:
    for back in range(10, 0, -1):
        at = NOW - back * DAY
        # A scanner says something else each day, within some metres.
        send(conn, office, scans(range(6), at, lon=121.7 + back % 3 * 1e-4), at)
        sources_io.sweep_places(conn, at)
    sources_io.sweep_places(conn, NOW)
    (one,) = clusters(conn, office)
    assert one["since"] == (NOW - 10 * DAY).isoformat()
    assert clusters(conn, office, withdrawn=True) == []


@pytest.mark.parametrize("between", [
    told("load", 0, NOW - 30 * HOUR, vehicle="沪DW1208"),
    told("handover", 0, NOW - 30 * HOUR, from_party="a", to_party="b"),
    told("deliver", 0, NOW - 30 * HOUR, user_id="U600", courier="c"),
    told("return", 0, NOW - 30 * HOUR, from_user="U600", courier="c"),
    told("unload", 0, NOW - 30 * HOUR, vehicle="沪DW1208", site_id="DEPOT-1"),
    told("stock_in", 0, NOW - 30 * HOUR, site_id="ST-1"),
    told("scan", 0, NOW - 30 * HOUR, lon=121.7, lat=31.401),
], ids=lambda line: line["type"])  # fmt: skip
def test_what_was_moved_in_between_has_stood_since_then(
    conn: Connection[Any], office: Viewer, between: dict[str, Any]
) -> None:
    send(conn, office, scans(range(5), NOW - 60 * HOUR))
    send(conn, office, [{**between, "event_id": str(uuid4())}])
    send(conn, office, scans(range(5), NOW - 20 * HOUR))
    sources_io.sweep_places(conn, NOW)
    assert clusters(conn, office) == []
    sources_io.sweep_places(conn, NOW + 29 * HOUR)
    (one,) = clusters(conn, office)
    assert one["since"] == (NOW - 20 * HOUR).isoformat()


def test_what_says_no_place_moves_nothing(conn: Connection[Any], office: Viewer) -> None:
    send(conn, office, scans(range(5), NOW - 60 * HOUR))
    send(conn, office, [told("scan", 0, NOW - 30 * HOUR), told("scan", 1, NOW - HOUR)])
    send(conn, office, scans(range(5), NOW - 20 * HOUR))
    sources_io.sweep_places(conn, NOW)
    assert [one["since"] for one in clusters(conn, office)] == [(NOW - 60 * HOUR).isoformat()]


def test_a_record_declared_wrong_hides_nothing(conn: Connection[Any], office: Viewer) -> None:
    send(conn, office, scans(range(5), NOW - 60 * HOUR))
    between = told("deliver", 3, NOW - 30 * HOUR, user_id="U600", courier="c")
    after = told("load", 4, NOW - HOUR, vehicle="沪DW1208")
    send(conn, office, [between, *scans([3], NOW - 20 * HOUR), after])
    sources_io.sweep_places(conn, NOW)
    assert clusters(conn, office) == []
    for wrong in (between, after):
        ledger_io.declare(conn, office, UUID(wrong["event_id"]), reason="did_not_occur",
                          corrected_by=[], note="forged", now=NOW)  # fmt: skip
    sources_io.sweep_places(conn, NOW)
    assert [one["since"] for one in clusters(conn, office)] == [(NOW - 60 * HOUR).isoformat()]


def test_two_scans_at_one_instant_are_one_cylinder(conn: Connection[Any], office: Viewer) -> None:
    four = scans(range(4), NOW - 60 * HOUR)
    send(conn, office, [*four, *({**one, "event_id": str(uuid4())} for one in four)])
    sources_io.sweep_places(conn, NOW)
    assert clusters(conn, office) == [], "four are not five"
