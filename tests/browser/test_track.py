"""A unit's last hour: where it stood, and the speed graph that points at the map."""

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import expect

from core import clock
from tests.browser.conftest import Console
from tests.browser.district import Conn, District

Open = Callable[..., Console]
STEP_E7 = 1_000  # ten metres east, about


def test_stops_and_the_linked_speed_graph(
    open_console: Open, conn: Conn, district: District
) -> None:
    no = district.units[10]
    now = clock.now()
    row = conn.execute(
        "SELECT lon_e7, lat_e7 FROM unit_state WHERE device_no = %s", (no,)
    ).fetchone()
    assert row is not None
    lon, lat = row
    conn.execute("SELECT make_partition(%s)", ((now - timedelta(hours=1)).date(),))
    # Ten minutes here, ten minutes on the way, ten minutes there.
    steps = [max(0, min(i - 60, 60)) for i in range(180)]
    for i, step in enumerate(steps):
        at = now - timedelta(seconds=10 * (180 - i))
        conn.execute(
            "INSERT INTO position (at, received_at, seq, batch_id, device_no, lat_e7, lon_e7,"
            " flags, datum, src) VALUES (%s, %s, %s, 0, %s, %s, %s, 1, 0, 0)",
            (at, at, 9_000_000 + i, no, lat, lon + step * STEP_E7),
        )
    console = open_console()
    page = console.page
    page.goto(f"{console.base}/#/unit/{no}")
    stops = page.locator("[data-stops] li")
    expect(stops).to_have_count(2)
    expect(stops.first).to_contain_text("停留")
    box = page.locator("[data-chart] svg").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.75, box["y"] + 10)
    expect(page.locator("[data-chart] p")).to_contain_text("km/h")
    console.shot("track-stops")
    stops.first.locator("button").click()
    assert console.log == []
