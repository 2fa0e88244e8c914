import math
from collections.abc import Callable
from itertools import product
from random import Random
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from core import clock
from core.events_io import append_events
from core.values import TaskId
from dispatch.tasks import Move, MoveTask
from dispatch.tasks_io import move_task
from tests.browser import district as districts
from tests.browser.conftest import Console, WebProcess, until
from tests.browser.district import Conn, District

Open = Callable[..., Console]


def test_log_in_shows_the_map_and_units_move(
    open_console: Open, conn: Conn, district: District
) -> None:
    console = open_console()
    expect(console.page.locator(".basemap-note")).to_have_text("示意底图 · 非真实地图")
    no = district.units[0]
    before = console.probe(f"unitAt({no})")
    drawn = console.probe("drawn()")
    districts.move_all(conn, Random(3), metres=60)
    until(lambda: console.probe(f"unitAt({no})")["lat"] != before["lat"], "the unit stands still")
    until(lambda: console.probe("drawn()") > drawn, "the map was not drawn again")
    console.page.wait_for_timeout(400)
    console.shot("moving")


def test_units_glide_where_a_graphics_card_draws(
    open_console: Open, conn: Conn, district: District
) -> None:
    console = open_console(smooth=True)
    no = district.units[0]
    start = console.probe(f"drawnAt({no})")
    districts.move_all(conn, Random(6), metres=120)
    seen = []
    until(
        lambda: (
            seen.append(console.probe(f"drawnAt({no})"))  # type: ignore[func-returns-value]
            or math.dist(seen[-1], arrival(console, no)) < 1e-7 < math.dist(seen[-1], start)
        ),
        "the unit did not arrive",
    )
    whole = math.dist(start, seen[-1])
    assert any(0.05 * whole < math.dist(start, at) < 0.95 * whole for at in seen)


def arrival(console: Console, no: int) -> tuple[float, float]:
    at = console.probe(f"unitAt({no})")
    return at["lon"], at["lat"]


def test_units_jump_where_the_processor_draws(
    open_console: Open, conn: Conn, district: District
) -> None:
    console = open_console()
    no = district.units[0]
    before = arrival(console, no)
    districts.move_all(conn, Random(7), metres=120)
    until(lambda: arrival(console, no) != before, "the unit stands still")
    assert math.dist(console.probe(f"drawnAt({no})"), arrival(console, no)) < 1e-7


def test_a_wrong_password_is_told(browser: object, web: WebProcess, open_console: Open) -> None:
    page = open_console().page
    page.click(".tool[title=退出]")
    page.fill("input[name=user]", "dispatcher")
    page.fill("input[name=password]", "not-the-password")
    page.keyboard.press("Enter")
    expect(page.locator(".login-wrong")).to_contain_text("账号或密码不对")


def test_a_click_on_the_map_makes_a_task_for_a_unit(
    open_console: Open, conn: Conn, district: District
) -> None:
    console = open_console()
    page = console.page
    districts.move_all(conn, Random(4), metres=1)  # fresh positions: near units have known places
    page.mouse.click(*empty_place(console))
    page.fill("input[name=title]", "路面塌陷围挡")
    first = page.locator(".candidate").first
    expect(first).to_be_visible()
    name = first.locator(".row-title").evaluate("e => e.firstChild.textContent")
    console.shot("new-task")
    page.keyboard.press("Enter")
    detail = page.locator("[data-task-detail]")
    expect(detail).to_be_visible()
    expect(detail.locator("[data-state]")).to_have_attribute("data-state", "dispatched")
    expect(detail).to_contain_text(name)
    row = conn.execute(
        "SELECT task.state, device.name FROM task JOIN assignment ON task_id = task.id"
        " JOIN device ON device.no = device_no WHERE title = '路面塌陷围挡'"
    ).fetchone()
    assert row == ("dispatched", name)
    console.shot("task")


def empty_place(console: Console) -> tuple[float, float]:
    """A place on the map with nothing near it."""
    box = console.page.locator(".map").bounding_box()
    assert box is not None
    for x, y in product(
        range(80, int(box["width"]) - 200, 45), range(80, int(box["height"]) - 300, 45)
    ):
        at = box["x"] + x, box["y"] + y
        console.page.mouse.move(*at)
        console.page.wait_for_timeout(130)
        if console.page.locator(".map canvas").evaluate("e => e.style.cursor") == "":
            return at
    raise AssertionError("no empty place on the map")


def test_acks_move_the_task_without_reload(
    open_console: Open, conn: Conn, district: District
) -> None:
    console = open_console()
    row = conn.execute(
        "SELECT id, version FROM task WHERE state = 'dispatched' ORDER BY id LIMIT 1"
    ).fetchone()
    assert row is not None
    task_id, version = row
    page = console.page
    page.click(f"[data-task='{task_id}']")
    page.evaluate("() => { window.notReloaded = true }")
    state = page.locator("[data-state]")
    for move, after in ((Move.ACK, "acked"), (Move.DEPART, "en_route"), (Move.ARRIVE, "on_scene")):
        with conn.transaction():
            command = MoveTask(TaskId(task_id), move, version)
            shape, events = move_task(conn, district.viewer, command, clock.now())
            append_events(conn, events)
        version = shape["version"]
        expect(state).to_have_attribute("data-state", after)
    expect(page.locator(".timeline li")).to_have_count(5)
    assert page.evaluate("() => window.notReloaded")
    console.shot("task-on-scene")


def test_a_point_turns_green_when_its_window_is_judged(
    open_console: Open, conn: Conn, district: District
) -> None:
    console = open_console()
    window, point = conn.execute(
        "SELECT id, point_id FROM patrol_window WHERE opens_at < now() AND closes_at > now()"
        " AND NOT EXISTS (SELECT FROM patrol_verdict WHERE window_id = id) ORDER BY id LIMIT 1"
    ).fetchone() or (0, 0)
    assert console.probe(f"pointLook({point})") == "open"
    console.page.evaluate(f"() => {{ location.hash = '#/point/{point}' }}")
    look = console.page.locator("[data-look]")
    expect(look).to_have_attribute("data-look", "open")
    districts.judge(conn, district, window, "on_time")
    expect(look).to_have_attribute("data-look", "on_time")
    until(lambda: console.probe(f"pointLook({point})") == "on_time", "not judged")
    console.page.click("[data-point-panel] .quick button")  # brings it into view
    until(lambda: console.probe("signs('points')").get(str(point)) == "look-on_time", "no sign")
    console.shot("point")


def test_an_alarm_is_acknowledged_with_a_note(
    open_console: Open, conn: Conn, district: District
) -> None:
    console = open_console()
    page = console.page
    no = district.units[1]
    districts.alarm(conn, district, "sos", no, 1)
    expect(page.locator(".banner")).to_contain_text("紧急求救")
    console.shot("alarm")
    page.click(".banner-main")
    expect(page.locator(f"[data-unit-panel='{no}']")).to_be_visible()
    page.click("[data-do=ack]")
    page.fill(".say input[name=note]", "已电话联系，正在核实")
    page.keyboard.press("Enter")
    expect(page.locator(".banner")).to_have_count(0)
    row = conn.execute(
        "SELECT ack_by, ack_note, active FROM alarm WHERE device_no = %s AND type = 'sos'", (no,)
    ).fetchone()
    assert row == ("dispatcher", "已电话联系，正在核实", True)


def test_after_a_restart_the_console_equals_a_fresh_snapshot(
    open_console: Open, conn: Conn, district: District, web: WebProcess
) -> None:
    console = open_console()
    web.stop()
    expect(console.page.locator(".link.down")).to_be_visible()
    districts.alarm(conn, district, "silent", district.units[12], 2)  # while nobody listens
    command = conn.execute(
        "SELECT id, version FROM task WHERE state = 'accepted' ORDER BY id LIMIT 1"
    ).fetchone()
    assert command is not None
    with conn.transaction():
        cancel = MoveTask(TaskId(command[0]), Move.CANCEL, command[1], reason="重复")
        append_events(conn, move_task(conn, district.viewer, cancel, clock.now())[1])
    console.page.wait_for_timeout(1500)
    console.shot("offline")
    web.start()
    expect(console.page.locator(".link.live")).to_be_visible(timeout=20_000)
    (newest,) = conn.execute("SELECT max(id) FROM event").fetchone() or (0,)
    until(lambda: console.probe("knownEvent()") == newest, "events were not resumed", 15)
    assert console.probe("differences()") == []


def test_language_and_theme_switch_and_stay(open_console: Open) -> None:
    console = open_console()
    page = console.page
    page.click("[data-test=language]")
    expect(page.locator(".basemap-note")).to_have_text("Illustrative base map · not a real map")
    page.click("[data-test=theme]")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    until(lambda: console.probe("ready()"), "the map did not come back in the other theme")
    page.reload()
    console.ready()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_keys(open_console: Open, district: District) -> None:
    page = open_console().page
    page.keyboard.press("?")
    expect(page.locator(".keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".keys")).to_have_count(0)
    page.keyboard.press("/")
    page.keyboard.type("officer-0002")
    page.keyboard.press("Enter")
    expect(page.locator(f"[data-unit-panel='{district.units[2]}']")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("[data-task-detail]")).to_be_visible()
    page.keyboard.press("n")
    expect(page.locator(".new-task")).to_be_visible()


def test_nothing_leaves_the_host_and_the_log_stays_empty(open_console: Open) -> None:
    console = open_console()
    page = console.page
    for view in ("#/unit/1", "#/task/1", "#/point/1", "#/new/121.540000,31.221000", "#/"):
        page.evaluate("(view) => { location.hash = view }", view)
        page.wait_for_timeout(300)
    page.click("[data-test=theme]")
    page.click("[data-test=language]")
    page.wait_for_timeout(800)
    own = urlsplit(console.base).netloc
    elsewhere = [url for url in console.requests if urlsplit(url).netloc not in (own, "")]
    assert elsewhere == []
    assert len(console.requests) > 30
    assert console.log == []


OVERFLOWING = """() => [...document.querySelectorAll('body *')].filter((e) => {
  const box = e.getBoundingClientRect();
  if (!box.width || e.closest('.map, svg')) return false;
  const cut = e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 &&
    getComputedStyle(e).overflowX !== 'visible' && getComputedStyle(e).textOverflow !== 'ellipsis' &&
    !/auto|scroll/.test(getComputedStyle(e).overflowX) && !['INPUT', 'SELECT', 'TEXTAREA'].includes(e.tagName);
  return cut || box.right > innerWidth + 1 || box.bottom > innerHeight + 1 && !e.closest('.rows, .scroll, .doing');
}).map((e) => `${e.tagName}.${e.className} ${e.textContent.slice(0, 40)}`)"""  # noqa: E501


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("size", [(1280, 720), (1440, 900)], ids=str)
def test_nothing_overflows(open_console: Open, size: tuple[int, int], language: str) -> None:
    console = open_console(*size, language=language, theme="dark" if language == "en" else "light")
    for view in ("#/", "#/unit/1", "#/task/1", "#/point/1", "#/new/121.540000,31.221000"):
        console.page.evaluate("(view) => { location.hash = view }", view)
        console.page.wait_for_timeout(500)
        assert console.page.evaluate(OVERFLOWING) == [], view


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_looks_as_it_should(open_console: Open, conn: Conn, language: str, theme: str) -> None:
    """A screenshot for a person to judge; here only that the map has many colours on it."""
    console = open_console(language=language, theme=theme)
    console.page.evaluate("() => { location.hash = '#/unit/1' }")
    console.page.wait_for_selector(".chart svg")
    for step in range(2):
        districts.move_all(conn, Random(step))
        console.page.wait_for_timeout(1100)
    console.shot(f"console-{language}-{theme}")
    colours = console.page.locator(".map").screenshot()
    assert len(colours) > 60_000  # a blank map compresses to a few kilobytes
