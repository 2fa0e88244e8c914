from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import Invalid, NotFound
from dispatch.candidates_io import for_task, near
from dispatch.tasks_io import create_task
from dispatch.units_io import UnitEvaluator
from tests.integration.dispatch.conftest import NOON, Connection, Place, position, readings
from tests.integration.dispatch.test_tasks_io import DRAFT, make

SOON = NOON + timedelta(seconds=30)


def seen(conn: Connection, place: Place) -> None:
    """zhang 955 m away, wang 96 m, the car on the spot, the camera too."""
    rows = [
        position(place.zhang, 1, lon_deg=121.48),
        position(place.wang, 1, lon_deg=121.471),
        position(place.car, 1),
        position(place.camera, 1),
    ]
    UnitEvaluator().evaluate(conn, readings(*rows), NOON)


def test_the_nearest_come_first_and_cameras_not_at_all(conn: Connection, place: Place) -> None:
    seen(conn, place)
    found = near(conn, place.dispatcher, lon=121.47, lat=31.23, limit=5, now=SOON).items
    assert [one["unit"]["id"] for one in found] == ["car", "wang", "zhang"]
    assert [round(one["distance_m"]) for one in found] == [0, 95, 953]
    assert found[0]["fix_age_s"] == 29
    assert {"code", "zh", "en", "cost_m"} == set(found[0]["reasons"][0])
    assert len(near(conn, place.dispatcher, lon=121.47, lat=31.23, limit=1, now=SOON).items) == 1


def test_a_squad_is_offered_its_own_units_only(conn: Connection, place: Place) -> None:
    seen(conn, place)
    found = near(conn, place.squad, lon=121.47, lat=31.23, limit=5, now=SOON).items
    assert [one["unit"]["id"] for one in found] == ["car", "zhang"]


def test_who_has_work_counts_as_further_and_who_has_the_task_is_left_out(
    conn: Connection, place: Place
) -> None:
    seen(conn, place)
    task = make(conn, place, "car")
    make(conn, place, "wang")
    make(conn, place, "wang")
    found = for_task(conn, place.dispatcher, task["id"], limit=5, now=SOON).items
    assert [(one["unit"]["id"], one["open_tasks"]) for one in found] == [("zhang", 0), ("wang", 2)]


def test_a_task_without_a_place_or_of_another_squad(conn: Connection, place: Place) -> None:
    nowhere, _ = create_task(conn, place.dispatcher, replace(DRAFT, place=None), NOON)
    with pytest.raises(Invalid, match="has no place"):
        for_task(conn, place.dispatcher, nowhere["id"], limit=5, now=SOON)
    with pytest.raises(NotFound):
        for_task(conn, place.squad, nowhere["id"], limit=5, now=SOON)


def test_where_nobody_was_seen_there_is_nobody(conn: Connection, place: Place) -> None:
    assert near(conn, place.dispatcher, lon=121.47, lat=31.23, limit=5, now=SOON).items == []
