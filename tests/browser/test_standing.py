"""A standing rule made on its page, and its alarm raised by silence on the map."""

from collections.abc import Callable

from playwright.sync_api import expect

from core import clock
from core.events_io import append_events
from dispatch.standing_io import sweep
from tests.browser.conftest import Console, until
from tests.browser.district import Conn, District

Open = Callable[..., Console]


def test_an_area_void_is_wanted_and_raised(
    open_console: Open, conn: Conn, district: District
) -> None:
    console = open_console(language="en")
    page = console.page
    page.goto(f"{console.base}/#/patrol/standing")
    page.fill("[data-standing-form] input[name=name]", "Market is manned")
    page.click("[data-test=standing-add]")
    assert page.locator("select[name=fence_id]").evaluate("e => e.validity.valueMissing")
    page.select_option("select[name=fence_id]", index=1)
    page.fill("input[name=minutes]", "0.5")
    page.fill("input[name=shifts]", "25:00-26:00")
    page.click("[data-test=standing-add]")
    expect(page.locator("[data-standing-form] .wrong")).to_contain_text("HH:MM")
    page.fill("input[name=shifts]", "00:00-00:00")
    page.click("[data-test=standing-add]")
    expect(page.locator("[data-rule]")).to_contain_text("Market is manned")
    console.shot("standing-en")
    with conn.transaction():
        now = clock.now()
        conn.execute(
            "INSERT INTO alive_span VALUES (0, %s - interval '3 days', %s + interval '1 h')"
            " ON CONFLICT (session_no, started_at) DO NOTHING", (now, now),
        )  # fmt: skip
        append_events(conn, sweep(conn, now))
    page.click(".back")
    until(lambda: "area void" in page.locator(".alarms").inner_text(), "the alarm does not come")
    console.shot("standing-alarm")
    page.goto(f"{console.base}/#/patrol/standing")
    page.click("[data-rule] .link-like")
    expect(page.locator("[data-rule]")).to_have_count(0)
    assert [line for line in console.log if "422" not in line] == []
