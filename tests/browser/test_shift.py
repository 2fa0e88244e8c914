"""A whole shift before 2,000 units, from the log-in to the report, as a dispatcher lives it."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import psycopg
import pytest
from playwright.sync_api import Page, expect

from core import clock
from core.events_io import append_events
from core.migrate import migrate
from core.values import Role, to_ms
from devices.readings import Ack, DeviceEvent, Readings, Stamp
from dispatch.acks_io import AckEvaluator
from dispatch.field_events_io import DeviceEventEvaluator
from dispatch.rules_io import react
from tests.browser import district as districts
from tests.browser.conftest import Console, WebProcess, until
from tests.browser.district import Conn, District
from tests.servers import servers
from web.accounts_io import create_account

Open = Callable[..., Console]
OFFICERS, VEHICLES = 1_600, 384  # and 16 cameras and drones: 2,000
COUNT_NOTES = """() => {
  window.notes = 0;
  const make = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () {
    window.notes += 1;
    return make.call(this);
  };
}"""
STORE = "(await import('/console/js/store.js'))"
LOOKED_AT = (
    ("", "desk"), ("followup", "followup"), ("followup/conduct", "conduct"), ("board", "board"),
    ("board/data", "data"), ("screen", "screen"),
)  # fmt: skip


@pytest.fixture(scope="module")
def district() -> District:
    """A city with 2,000 units, of its own: what a shift leaves behind is nobody else's."""
    server = servers()[0]
    url = server.create_database(f"waypost_shift_{os.getpid()}")
    with psycopg.connect(url, autocommit=True) as conn:
        migrate(conn, storage=server.storage)
    here = districts.build(url, officers=OFFICERS, vehicles=VEHICLES)
    with districts.connect(url) as conn:
        create_account(conn, "colleague", districts.PASSWORD, Role.DISPATCHER, here.bureau)
        create_account(conn, "leader", districts.PASSWORD, Role.SQUAD, here.squads[0])
    return here


@pytest.fixture(scope="module")
def web(district: District) -> Iterator[WebProcess]:
    process = WebProcess(district.url)
    process.start()
    yield process
    process.stop()


def stamp(conn: Conn, no: int, at: datetime, seq: int) -> Stamp:
    row = conn.execute("SELECT id, kind, org_id FROM device WHERE no = %s", (no,)).fetchone()
    assert row is not None
    id_, kind, org = row
    return Stamp(no, id_, kind, org, to_ms(at), seq, to_ms(at))


def hear(conn: Conn, evaluator: object, reading: Ack | DeviceEvent) -> None:
    """As the follower does it: judge, react, append, in one transaction."""
    import numpy as np

    from devices.readings import POSITION_DTYPE

    readings = Readings(np.empty(0, POSITION_DTYPE))
    readings.add(reading)
    with conn.transaction():
        now = clock.now()
        events = list(evaluator.evaluate(conn, readings, now))  # type: ignore[attr-defined]
        append_events(conn, [*events, *react(conn, events, now)])


def state_of(page: Page) -> str:
    return page.locator("[data-task-detail] [data-state]").get_attribute("data-state") or ""


def test_a_shift(open_console: Open, conn: Conn, district: District) -> None:
    console = open_console()
    page = console.page
    page.evaluate(COUNT_NOTES)
    assert console.probe("ready()")
    assert page.evaluate(f"async () => {STORE}.units.value.size") == 2000
    console.shot("shift-1-map")

    # An officer calls for help: a tone, a banner; a click flies there.
    officer = district.units[3]
    districts.move_all(conn, Random(1), metres=1)
    conn.execute("UPDATE unit_state SET state = 'on_duty' WHERE device_no = %s", (officer,))
    lon, lat = 121.5, 31.2
    call = DeviceEvent(
        stamp(conn, officer, datetime.now(UTC), 1), "sos", lon, lat, {"note": "被围"}
    )
    hear(conn, DeviceEventEvaluator(), call)
    expect(page.locator(".banner")).to_contain_text("紧急求救")
    until(lambda: page.evaluate("window.notes") >= 2, "no tone is heard")
    console.shot("shift-2-sos")
    page.click(".banner-main")
    expect(page.locator(f"[data-unit-panel='{officer}']")).to_be_visible()
    page.keyboard.press("a")
    page.click("[data-do=ack]")
    page.fill(".say input[name=note]", "已通话，增援在途")
    page.keyboard.press("Enter")
    expect(page.locator(".banner")).to_have_count(0)
    quiet = page.evaluate("window.notes")
    page.wait_for_timeout(4500)
    assert page.evaluate("window.notes") == quiet, "acknowledged, it is silent"

    # A task beside an officer who is rostered for a window: sent with that duty lifted.
    unit, at, window = rostered(conn, district)
    page.goto(f"{console.base}/#/new/{at[0]},{at[1]}")
    row = page.locator(f".candidate[data-unit='{unit}']")
    expect(row.locator("[data-breaks]")).to_contain_text("个必到点时间窗")
    row.click()
    page.locator(f"[data-exempt='{window}']").check()
    page.fill("input[name=title]", "暴露垃圾清理")
    console.shot("shift-3-recommendation")
    page.click(".new-task .primary")
    page.wait_for_selector("[data-task-detail]")
    until(lambda: state_of(page) == "dispatched", "not dispatched")
    task = int(page.locator("[data-task-detail]").get_attribute("data-task-detail") or 0)
    excused = conn.execute("SELECT kind FROM patrol_excuse WHERE window_id = %s", (window,))
    assert excused.fetchall() == [("dispatch",)]

    # What the device answers, one after the other, without a reload.
    for seq, (said, state) in enumerate(
        [("delivered", "delivered"), ("read", "read"), ("accepted", "acked"),
         ("en_route", "en_route"), ("on_scene", "on_scene"), ("resolved", "resolved")], 10,
    ):  # fmt: skip
        hear(conn, AckEvaluator(), Ack(stamp(conn, unit, datetime.now(UTC), seq), task, said))
        until(lambda state=state: state_of(page) == state, f"not {state}")  # type: ignore[misc]
    page.set_input_files("[data-attachments] input", {
        "name": "after.png", "mimeType": "image/png", "buffer": PNG})  # fmt: skip
    expect(page.locator("[data-attachments] img")).to_be_visible()
    for move, state in (("report", "reported"), ("verify", "verifying"), ("close", "closed")):
        page.click(f"[data-move={move}]")
        if move == "report":  # a word about it may be said, and need not
            page.click(".doing .primary")
        until(lambda state=state: state_of(page) == state, f"not {state}")  # type: ignore[misc]
    console.shot("shift-4-closed")

    # The hour again at ×60, from ticks to lists.
    page.goto(f"{console.base}/#/")
    page.keyboard.press("r")
    until(lambda: page.locator("[data-then]").count() == 2, "the lists are not those of then")
    until(lambda: int(page.locator("[data-ticks]").get_attribute("data-ticks") or 0) > 0, "no tick")
    page.click("[data-speed='60']")
    before = page.locator(".replay-at").inner_text()
    page.keyboard.press("Space")
    until(lambda: page.locator(".replay-at").inner_text() != before, "it does not play")
    page.wait_for_timeout(2500)
    console.shot("shift-5-replay")
    page.keyboard.press("Space")
    page.keyboard.press("Escape")

    # The month's report, as a page and as a spreadsheet.
    page.goto(f"{console.base}/#/patrol/rates")
    with page.expect_popup() as opened:
        page.click("[data-test=report-page]")
    report = opened.value
    report.wait_for_load_state()
    expect(report.locator("body")).to_contain_text("完成率")
    report.close()
    with page.expect_download() as download:
        page.click("text=XLSX")
    assert download.value.suggested_filename.endswith(".xlsx")
    page.goto(f"{console.base}/#/board")
    expect(page.locator("[data-page=duty-board] [data-squad]").first).to_be_visible()
    console.shot("shift-6-board")
    assert console.log == []


def rostered(conn: Conn, district: District) -> tuple[int, tuple[float, float], int]:
    """A free officer with a mandatory window in twenty minutes, and where he stands."""
    row = conn.execute(
        """SELECT unit.device_no, unit.lon_e7 / 1e7::float8, unit.lat_e7 / 1e7::float8, unit.org_id
             FROM unit_state unit JOIN device ON device.no = unit.device_no
            WHERE device.kind = 'officer' AND unit.link = 'online' AND device.no > 100
            ORDER BY device_no LIMIT 1"""
    ).fetchone()
    assert row is not None
    no, lon, lat, org = row
    conn.execute(
        "UPDATE unit_state SET state = 'on_duty', position_at = now() WHERE device_no = %s", (no,)
    )
    # Everybody near is on a break, so that he is among the five.
    conn.execute(
        """UPDATE unit_state SET state = 'break' WHERE device_no <> %s
              AND abs(lon_e7 - %s * 1e7) < 300000 AND abs(lat_e7 - %s * 1e7) < 300000""",
        (no, lon, lat),
    )
    point = district.points[0]
    now = datetime.now(UTC)
    conn.execute(
        """INSERT INTO roster_shift (org_id, device_no, starts_at, ends_at, point_ids, created_at,
                                     created_by) VALUES (%s, %s, %s, %s, %s, %s, 'test')""",
        (org, no, now - timedelta(hours=1), now + timedelta(hours=4), [point], now),
    )
    made = conn.execute(
        """INSERT INTO patrol_window (org_id, point_id, opens_at, due_at, closes_at)
           SELECT org_id, id, %s, %s, %s FROM patrol_point WHERE id = %s RETURNING id""",
        (now, now + timedelta(minutes=9), now + timedelta(minutes=17), point),
    ).fetchone()
    assert made is not None
    return no, (lon, lat), made[0]


@pytest.mark.parametrize(
    ("language", "theme"), [("zh", "light"), ("zh", "dark"), ("en", "light"), ("en", "dark")]
)
def test_how_it_looks(open_console: Open, language: str, theme: str) -> None:
    """For a person to look at; nothing may be cut off in either language."""
    console = open_console(language=language, theme=theme)
    page = console.page
    for path, name in LOOKED_AT:
        page.goto(f"{console.base}/#/{path}")
        page.wait_for_timeout(700)
        console.shot(f"look-{name}-{language}-{theme}")
        wide = "document.documentElement.scrollWidth > innerWidth"
        assert not page.evaluate(wide), f"{path} is wider than the window"
    assert console.log == []


def test_a_squad_leader_sees_his_squad_alone(open_console: Open, district: District) -> None:
    """And no control that the server would refuse."""
    console = open_console()
    page = console.page
    page.click(".tool[title=退出]")
    page.fill("input[name=user]", "leader")
    page.fill("input[name=password]", districts.PASSWORD)
    page.keyboard.press("Enter")
    console.ready()
    orgs = page.evaluate(
        f"async () => [...new Set([...{STORE}.units.value.values()].map((u) => u.org_id))]"
    )
    assert orgs == [district.squads[0]]
    page.goto(f"{console.base}/#/board")
    expect(page.locator("[data-page=duty-board] [data-squad]")).to_have_count(1)
    page.goto(f"{console.base}/#/patrol")
    expect(page.locator("[data-tab=rules]")).to_have_count(0)
    page.goto(f"{console.base}/#/followup/conduct")
    page.wait_for_selector("[data-policy]")
    expect(page.locator("[data-test=save-policy]")).to_have_count(0)
    assert console.log == []


PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154"
    "08d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)
