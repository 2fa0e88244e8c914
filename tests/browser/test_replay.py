"""The time machine: the map as it was, played on, and back to a live picture that lacks nothing."""

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from playwright.sync_api import expect

from core import clock
from tests.browser import district as districts
from tests.browser.conftest import Console, until
from tests.browser.district import Conn, District

Open = Callable[..., Console]
FIX = """
    INSERT INTO position (at, received_at, seq, batch_id, device_no, lat_e7, lon_e7, flags, datum,
                          src) VALUES (%s, %s, %s, 0, %s, %s, %s, 1, 0, 0)"""


def shown(console: Console, no: int) -> Any:
    return console.page.evaluate(
        f"async () => (await import('/console/js/replay.js')).fleetShown().at({no})"
    )


def test_back_in_time_and_back_to_live(open_console: Open, conn: Conn, district: District) -> None:
    no = district.units[20]
    now = clock.now()
    conn.execute("SELECT make_partition(%s)", ((now - timedelta(hours=1)).date(),))
    for i in range(60):  # a minute's walk east each minute of the last hour
        at = now - timedelta(minutes=60 - i)
        conn.execute(FIX, (at, at, 8_000_000 + i, no, 312_200_000, 1_215_000_000 + 10_000 * i))
    console = open_console()
    page = console.page
    live = shown(console, no)
    page.keyboard.press("r")
    expect(page.locator("[data-replay]")).to_contain_text("非实时")
    until(lambda: shown(console, no) and shown(console, no)["lat"] == 31.22, "the past is shown")
    page.fill(
        ".replay input[type=range]", str(int((now - timedelta(minutes=30)).timestamp()) * 1000)
    )
    until(lambda: abs(shown(console, no)["lon"] - 121.529) < 0.0011, "half an hour ago")
    before = shown(console, no)
    districts.move_all(conn, Random(2), metres=80)  # the present goes on meanwhile
    page.wait_for_timeout(1500)
    assert shown(console, no) == before, "the past is not moved by the present"
    console.shot("replay-zh")
    page.click("[data-speed='120']")
    page.keyboard.press("Space")
    until(lambda: shown(console, no)["lon"] > before["lon"] + 0.002, "it plays on")
    page.keyboard.press("Space")
    expect(page.locator("[data-test=replay-play]")).to_have_attribute("aria-label", "播放")
    standing = shown(console, no)
    page.keyboard.press("ArrowLeft")
    until(lambda: shown(console, no) != standing, "a minute back")
    page.click("[data-test=replay-leave]")
    expect(page.locator("[data-replay]")).to_have_count(0)
    until(lambda: shown(console, no)["lat"] != 31.22, "the present is back")
    assert shown(console, no)["lon"] != live["lon"], "and has moved meanwhile"
    until(lambda: console.probe("differences()") == [], "nothing was missed")
    assert console.log == []


def test_a_moment_is_an_address_and_what_is_not_kept_is_told(
    open_console: Open, conn: Conn, district: District
) -> None:
    console = open_console(width=1280, height=720, language="en", theme="dark")
    page = console.page
    then = (clock.now() - timedelta(minutes=20)).strftime("%Y-%m-%dT%H:%M:%SZ")
    page.goto(f"{console.base}/#/at/{then}")
    expect(page.locator("[data-replay]")).to_contain_text("not live")
    until(lambda: "placed" in page.locator("[data-replay]").inner_text(), "the picture comes")
    console.shot("replay-en")
    bar = page.locator("[data-replay]").evaluate("e => [e.scrollWidth, e.clientWidth]")
    assert bar[0] <= bar[1], "nothing overflows"
    page.fill(".replay input[type=datetime-local]", "2020-01-01T08:00")
    expect(page.locator("[data-replay] [role=alert]")).to_contain_text("400 days")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator("[data-replay]")).to_have_count(0)
