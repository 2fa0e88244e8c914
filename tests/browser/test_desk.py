"""What a dispatcher does all day beside single tasks: many units, floods, complaints, rules."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from playwright.sync_api import Page, expect

from core import clock
from core.events_io import append_events
from dispatch.supervision_io import sweep
from tests.browser import district as districts
from tests.browser.conftest import Console, until
from tests.browser.district import Conn, District

Open = Callable[..., Console]
FREE = """
    SELECT unit.device_no, unit.lon_e7 / 1e7::float8, unit.lat_e7 / 1e7::float8, device.name
      FROM unit_state unit JOIN device ON device.no = unit.device_no
     WHERE device.kind = 'officer' AND unit.link = 'online'
       AND unit.lon_e7 BETWEEN 1215200000 AND 1215600000
       AND unit.lat_e7 BETWEEN 312050000 AND 312350000
     ORDER BY device_no LIMIT 1"""


def find(page: Page, text: str) -> list[str]:
    """What the search bar lists for a text."""
    page.goto(page.url.split("#")[0] + "#/")
    page.wait_for_timeout(100)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    page.fill(".finder input", text)
    page.wait_for_timeout(150)
    return page.locator(".hit").all_inner_texts()


def test_a_flood_folds_and_a_heap_opens(open_console: Open, conn: Conn, district: District) -> None:
    console = open_console()
    page = console.page
    for no in district.units[20:33]:
        districts.alarm(conn, district, "low_battery", no, 3)
    heap = page.locator("[data-heap=low_battery]")
    expect(heap).to_contain_text("×13")
    assert page.locator("[data-alarm]").count() < 13
    districts.alarm(conn, district, "fall", district.units[34], 1)
    expect(page.locator(".alarms .a1")).to_be_visible()  # the most urgent is never folded away
    console.shot("desk-flood")
    heap.locator("button").click()
    expect(heap).to_have_count(0)
    assert page.locator("[data-alarm]").count() >= 13
    page.click(".fold-back")
    expect(heap).to_be_visible()
    conn.execute("UPDATE alarm SET active = false, acknowledged = true")


def test_a_box_chooses_units_who_are_written_to_and_dragged_onto_a_task(
    open_console: Open, conn: Conn, district: District
) -> None:
    districts.move_all(conn, Random(8), metres=1)
    console = open_console()
    page = console.page
    box = page.locator(".map").bounding_box()
    assert box is not None
    page.keyboard.down("Shift")
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 220, box["y"] + box["height"] - 60, steps=5)
    page.mouse.up()
    page.keyboard.up("Shift")
    chosen = page.locator("[data-selection=box]")
    expect(chosen.locator("[data-unit-row]").first).to_be_visible()
    count = int(chosen.locator(".badge").inner_text())
    assert count == chosen.locator("[data-unit-row]").count() > 5
    page.fill(".selection input[name=text]", "十分钟后集合")
    page.click("[data-test=send-message]")
    expect(page.locator(".toast")).to_contain_text("消息已发往")
    sent = conn.execute(
        "SELECT count(*) FROM device_message WHERE body ->> 'text' = '十分钟后集合'"
    ).fetchone()
    assert sent is not None
    assert 0 < sent[0] <= count
    console.shot("desk-box")
    page.keyboard.press("Escape")
    expect(chosen).to_have_count(0)

    row = conn.execute(FREE).fetchone()
    assert row is not None
    no, _, _, name = row
    at = console.probe(f"unitAt({no})")
    page.evaluate(
        f"async () => (await import('/console/js/map/map.js')).view.flyTo({at['lon']}, {at['lat']})"
    )
    page.wait_for_timeout(900)
    task = page.locator("[data-task]").first
    where = task.bounding_box()
    assert where is not None
    page.mouse.move(*console.probe(f"onPage({at['lon']}, {at['lat']})"))
    page.mouse.down()
    page.mouse.move(where["x"] + 200, where["y"] + 30, steps=6)
    expect(page.locator(".carried")).to_contain_text(name)
    page.mouse.move(where["x"] + 80, where["y"] + 12, steps=3)
    page.mouse.up()
    expect(page.locator(".doing .candidate").first).to_have_attribute("data-unit", str(no))
    console.shot("desk-dragged")
    assert console.log == []


def test_commands_and_initials_in_the_bar(
    open_console: Open, conn: Conn, district: District
) -> None:
    conn.execute(
        "UPDATE person SET name = '欧阳文轩'"
        " WHERE id = (SELECT person_id FROM device WHERE no = %s)",
        (district.units[2],),
    )
    console = open_console()
    page = console.page
    assert any("欧阳文轩" in hit for hit in find(page, "oywx"))
    assert any("欧阳文轩" in hit for hit in find(page, "欧阳"))
    hits = find(page, "/")
    assert len(hits) >= 6
    assert any("/派单" in hit for hit in hits)
    found = find(page, "/状态 oywx")
    assert len(found) == 1
    assert "在线" in found[0] or "延迟" in found[0] or "失联" in found[0]
    find(page, "/派单 oywx")
    page.keyboard.press("Enter")
    expect(page.locator(".new-task .place")).not_to_have_class("place wanted")
    find(page, "/大屏")
    page.keyboard.press("Enter")
    expect(page.locator("[data-page=screen]")).to_be_visible()
    page.keyboard.press("Escape")
    assert console.log == []


TICKETS = """工单编号,类别,受理时间,联系电话,发生地址,诉求内容
HL-1,占道设摊,2026-03-02 08:00,13812345678,东路 1 号,夜间占道
HL-2,占道设摊,2026-03-02 09:00,13812345678,东路 1 号,又来了
HL-3,占道设摊,2026-03-02 10:00,13812345678,东路 1 号,第三次
HL-4,,2026-03-02 10:00,,,缺类别
"""


def test_complaints_come_in_and_overdue_work_is_chased(
    open_console: Open, conn: Conn, district: District
) -> None:
    now = datetime.now(UTC)
    text = TICKETS.replace("2026-03-02", (now - timedelta(days=2)).date().isoformat())
    console = open_console()
    page = console.page
    page.goto(f"{console.base}/#/followup/complaints")
    page.click("[data-test=import-tickets]")
    file = {"name": "t.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.set_input_files("[data-import] input[type=file]", file)
    page.click("[data-test=dry-run]")
    report = page.locator("[data-report=dry]")
    expect(report).to_contain_text("缺少 subject")
    assert conn.execute("SELECT count(*) FROM ticket").fetchone() == (0,)
    page.click("[data-test=take-in]")
    expect(page.locator("[data-ticket]")).to_have_count(3)
    expect(page.locator("[data-page=complaints]")).to_contain_text("重复诉件")
    assert "13812345678" not in page.locator("[data-page=complaints]").inner_text()
    page.locator("[data-ticket=HL-1] [data-test=call-back]").click()
    page.select_option("[data-ticket=HL-1] select[name=satisfied]", "yes")
    page.click("[data-ticket=HL-1] .say .primary")
    expect(page.locator("[data-figure=satisfied]")).to_contain_text("1 / 1")
    console.shot("desk-complaints")

    conn.execute("UPDATE task SET deadline = now() - interval '1 minute' WHERE kind = 'complaint'")
    with conn.transaction():
        append_events(conn, sweep(conn, clock.now()))
    page.goto(f"{console.base}/#/followup")
    expect(page.locator("[data-step=reminder]").first).to_contain_text("催办〔")
    console.shot("desk-supervision")
    page.locator("[data-step=repeat] .link-like").click()
    expect(page.locator("[data-documents]")).to_contain_text("重复诉件督办")
    page.click("[data-test=supervise]")
    page.select_option("select[name=step]", "notice")
    page.fill(".say input[name=reason]", "抽查")
    page.keyboard.press("Enter")
    expect(page.locator("[data-documents]")).to_contain_text("督察告知单〔")
    page.goto(f"{console.base}/#/followup/alarms")
    expect(page.locator("[data-figure=per_hour]")).to_be_visible()
    assert console.log == []
    conn.execute("UPDATE alarm SET active = false, acknowledged = true")


def test_a_kind_of_ones_own_asks_for_its_evidence(
    open_console: Open, conn: Conn, district: District
) -> None:
    console = open_console()
    page = console.page
    page.goto(f"{console.base}/#/followup/conduct")
    page.click("[data-test=new-kind]")
    page.fill("input[name=kind]", "illegal_building")
    page.fill("input[name=name_zh]", "违法建筑")
    page.fill("input[name=name_en]", "Illegal building")
    page.check("input[name=photo]")
    page.fill("input[name=workdays]", "3")
    page.click("[data-test=save-kind]")
    expect(page.locator("[data-kind=illegal_building]")).to_contain_text("照片 · 3 个工作日")
    console.shot("desk-conduct")
    page.goto(f"{console.base}/#/new/121.54,31.22")
    page.click(".new-task [data-kind=illegal_building]")
    page.click(".candidate")
    page.click(".new-task .primary")
    expect(page.locator("[data-wanting]")).to_contain_text("还缺：照片")
    page.click("[data-move=resolve]")
    expect(page.locator(".toast")).to_contain_text("须先附上证据")
    row = conn.execute(
        "SELECT deadline_workdays, state FROM task WHERE kind = 'illegal_building'"
    ).fetchone()
    assert row == (3, "dispatched")
    assert [line for line in console.log if "422" not in line and "409" not in line] == []


def test_a_unit_is_reserved_for_tomorrow(open_console: Open, conn: Conn) -> None:
    console = open_console()
    page = console.page
    page.goto(f"{console.base}/#/new/121.545,31.225")
    page.fill("input[name=title]", "明日集中整治")
    tomorrow = datetime.now(UTC) + timedelta(hours=8 + 24)
    page.fill("input[name=starts]", tomorrow.strftime("%Y-%m-%dT%H:%M"))
    page.click(".candidate")
    page.click(".new-task .primary")
    expect(page.locator(".toast")).to_contain_text("已预约")
    rows = conn.execute(
        """SELECT task.state, a.state FROM task JOIN assignment a ON a.task_id = task.id
            WHERE title = '明日集中整治'"""
    ).fetchall()
    assert rows == [("accepted", "reserved")]
    page.goto(f"{console.base}/#/")
    row = page.locator("[data-task]", has_text="明日集中整治")
    expect(row).to_contain_text("预约")
    until(lambda: "waiting" not in (row.get_attribute("class") or ""), "it looks unassigned")


def test_heat_is_drawn_when_wanted(open_console: Open, conn: Conn) -> None:
    console = open_console()
    page = console.page
    page.locator(".layers label", has_text="热力").click()
    until(
        lambda: int(page.locator("[data-heat]").get_attribute("data-heat") or 0) > 0,
        "no cell of heat",
    )
    page.wait_for_timeout(800)
    console.shot("desk-heat")
    assert console.log == []
