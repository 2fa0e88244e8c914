"""A task on the map: who would miss a window says so, and may be sent with that duty lifted."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import Console, until
from tests.browser.district import Conn, District

Open = Callable[..., Console]
PLACE = """
    SELECT unit.device_no, unit.lon_e7 / 1e7, unit.lat_e7 / 1e7, device.org_id
      FROM unit_state unit JOIN device ON device.no = unit.device_no
     WHERE device.kind = 'officer' AND unit.link = 'online' AND unit.state = 'on_duty'
       AND NOT EXISTS (SELECT FROM assignment a WHERE a.device_no = device.no AND NOT ended)
     ORDER BY device_no LIMIT 1"""
MAKE_WINDOW = """
    WITH point AS (SELECT id, org_id FROM patrol_point WHERE ended_at IS NULL ORDER BY id LIMIT 1),
         shift AS (INSERT INTO roster_shift (org_id, device_no, starts_at, ends_at, point_ids,
                                             created_at, created_by)
                   SELECT org_id, %(no)s, now() - interval '1 h', now() + interval '4 h',
                          ARRAY[id], now(), 'test' FROM point)
    INSERT INTO patrol_window (org_id, point_id, opens_at, due_at, closes_at)
    SELECT org_id, id, now(), now() + interval '9 min', now() + interval '17 min' FROM point
    RETURNING id"""


def test_who_would_miss_a_window_is_sent_with_that_duty_lifted(
    open_console: Open, conn: Conn, district: District
) -> None:
    row = conn.execute(PLACE).fetchone()
    assert row is not None
    no, lon, lat, _ = row
    made = conn.execute(MAKE_WINDOW, {"no": no}).fetchone()
    assert made is not None
    (window,) = made
    console = open_console()
    page = console.page
    page.goto(f"{console.base}/#/new/{lon},{lat}")
    row_of = page.locator(f".candidate[data-unit='{no}']")
    expect(row_of.locator("[data-breaks]")).to_contain_text("个必到点时间窗")
    assert page.locator(".candidate").first.get_attribute("data-unit") != str(no), "it costs"
    row_of.click()
    box = page.locator(f"[data-exempt='{window}']")
    expect(box).not_to_be_checked()
    box.check()
    console.shot("recommend-zh")
    page.fill("input[name=title]", "占道经营")
    page.click(".new-task .primary")
    page.wait_for_selector("[data-task-detail]")
    excuse = "SELECT kind, task_id IS NOT NULL FROM patrol_excuse WHERE window_id = %s"
    until(lambda: conn.execute(excuse, (window,)).fetchall() == [("dispatch", True)], "excused")
    look = "SELECT result FROM patrol_verdict_now WHERE window_id = %s"
    assert conn.execute(look, (window,)).fetchone() == ("excused",)
    assert console.log == []


def test_the_panel_in_english_and_dark_with_the_keyboard(
    open_console: Open, conn: Conn, district: District
) -> None:
    console = open_console(width=1280, height=720, language="en", theme="dark")
    page = console.page
    lon, lat = page.evaluate("async () => (await import('/console/js/map/map.js')).view.centre()")
    page.goto(f"{console.base}/#/new/{lon},{lat}")
    page.wait_for_selector(".candidate")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".candidate").nth(1)).to_have_attribute("aria-pressed", "true")
    wide = "[...document.querySelectorAll('.new-task *')].filter(e => e.scrollWidth > 318).length"
    assert page.evaluate(wide) == 0
    console.shot("recommend-en")
    assert console.log == []
