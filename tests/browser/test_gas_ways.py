"""Roads a gas truck may use come from a file; the finding that it left them shows where."""

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import expect

from core import clock
from core.events_io import append_events
from geo.gas import vehicles_io
from tests.browser.conftest import Console
from tests.browser.district import Conn, District

Open = Callable[..., Console]
LON, LAT = 121.54, 31.22
ROUTE = f'编号,名称,企业,线\nR-1,环线,澜江燃气,"LINESTRING({LON} {LAT}, {LON + 0.05} {LAT})"\n'


def drive(conn: Conn, no: int) -> None:
    """Half an hour along the road to the east, in its middle a quarter of an hour beside it."""
    now = clock.now()
    for day in (now - timedelta(hours=1), now):
        conn.execute("SELECT make_partition(%s)", (day.date(),))
    for i in range(180):
        at = now - timedelta(seconds=10 * (180 - i))
        off = 0.006 if 45 <= i < 135 else 0.0
        conn.execute(
            "INSERT INTO position (at, received_at, seq, batch_id, device_no, lat_e7, lon_e7,"
            " flags, datum, src) VALUES (%s, %s, %s, 0, %s, %s, %s, 1, 0, 0)",
            (at, at, 8_000_000 + i, no, round((LAT + off) * 1e7),
             round((LON + 0.05 * i / 180) * 1e7)),
        )  # fmt: skip


def take_in(console: Console, kind: str, text: str) -> None:
    page = console.page
    page.click(f"[data-register={kind}]")
    page.click("[data-test=import-register]")
    file = {"name": "a.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.set_input_files("[data-import] input[type=file]", file)
    page.click("[data-test=dry-run]")
    expect(page.locator("[data-report=dry] .count-created b")).to_have_text("1")
    page.click("[data-test=take-in]")


def test_a_truck_off_its_road(open_console: Open, conn: Conn, district: District) -> None:
    no = conn.execute("SELECT no, id FROM device WHERE kind = 'vehicle' LIMIT 1").fetchone()
    assert no is not None
    drive(conn, no[0])
    console = open_console()
    page = console.page
    page.goto(f"{console.base}/#/gas/registers")
    take_in(console, "route", ROUTE)
    page.click("[data-entry=R-1]")
    expect(page.locator("[data-page=entry] .line-road")).to_have_count(1)
    console.shot("gas-route")
    page.goto(f"{console.base}/#/gas/registers")
    take_in(console, "vehicle", f"编号,企业,设备\n沪DW7777,澜江燃气,{no[1]}\n")
    expect(page.locator("[data-entry='沪DW7777']")).to_be_visible()

    with conn.transaction():
        append_events(conn, vehicles_io.sweep(conn, clock.now()))
    page.goto(f"{console.base}/#/gas")
    page.locator("[data-finding]", has_text="偏离许可路线").click()
    expect(page.locator("[data-detail]")).to_contain_text("14.8 分钟")
    for kind in ("road", "track", "off"):
        expect(page.locator(f".gas-map .line-{kind}")).to_have_count(1)
        expect(page.locator(f"[data-test=way-legend] .line-{kind}")).to_be_visible()
    console.shot("gas-off-road")
    assert console.log == []
