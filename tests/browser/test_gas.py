"""A bad filling is recalled in the browser: households, map, file, tasks, and what comes back."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import expect

from app import district_gas
from core import clock
from core.events_io import append_events
from core.values import from_ms
from dispatch.tasks import Move, Step
from dispatch.tasks_io import advance, lock_tasks
from geo.gas import judgement_io
from tests.browser.conftest import Console, until
from tests.browser.district import Conn, District

Open = Callable[..., Console]


def office(conn: Conn) -> None:
    """The registers and two months of records of the demonstration, judged."""
    with conn.transaction():
        append_events(conn, district_gas.seed(conn, 1, (121.54, 31.22), 4, clock.now()))
    with conn.transaction():
        append_events(conn, judgement_io.sweep(conn, clock.now()))


WALK = (("assign", "x"), ("deliver", "x"), ("ack", "device:a"), ("arrive", "device:a"),
        ("resolve", "device:a"), ("close", "b"))  # fmt: skip


def close(conn: Conn, task_id: int, report: str) -> None:
    """As a unit and a second person would, one move after the other."""
    row = conn.execute("SELECT min(no) FROM device WHERE kind = 'officer'").fetchone()
    assert row is not None
    now = clock.now()
    with conn.transaction():
        for move, who in WALK:
            task = lock_tasks(conn, [task_id], None)[task_id]
            reason = report if move == "resolve" else None
            unit = row[0] if move == "assign" else None
            _, events = advance(conn, task, Step(Move(move), who, now, reason, unit_no=unit), now)
            append_events(conn, events)


def test_a_bad_filling_is_recalled(open_console: Open, conn: Conn, district: District) -> None:
    office(conn)
    console = open_console()
    page = console.page
    page.goto(f"{console.base}/#/gas/trace")
    page.select_option("[name=kind]", "site")
    page.fill("[name=key]", "LJ-01")
    page.check("[name=fills]")
    (first,) = conn.execute(
        "SELECT max(at) FROM cylinder_event WHERE type = 'fill'"
    ).fetchone() or (from_ms(0),)
    for name, at in (("since", first - timedelta(hours=30)), ("until", first + timedelta(hours=1))):
        page.fill(f"[name={name}]", (at + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M"))
    page.click("[data-test=trace]")
    expect(page.locator("[data-sum]")).to_contain_text("仍在用户处")
    expect(page.locator("[data-home]").nth(2)).to_be_visible()
    expect(page.locator(".gas-map .spot-user").nth(2)).to_be_visible()
    expect(page.locator("[data-node='site:LJ-01']")).to_be_visible()
    with page.expect_download() as download:
        page.click("[data-csv]")
    listed = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert len(listed) == 1 + page.locator("[data-home]").count()
    console.shot("gas-trace")

    # What was asked is in the address: it is there again after a reload.
    asked = page.locator("[data-sum]").inner_text()
    page.reload()
    expect(page.locator("[data-sum]")).to_have_text(asked)
    expect(page.locator("[name=fills]")).to_be_checked()

    still = page.locator("[data-home]", has_text="至今").count()
    assert still > 3
    page.click("[data-test=choose-still]")
    expect(page.locator("[data-home] input:checked")).to_have_count(still)
    expect(page.locator("[data-test=recall]")).to_contain_text(f"召回 {still} 只")
    page.locator("[data-home] input:checked").evaluate_all("all => all.forEach(one => one.click())")
    for no in range(3):
        page.locator("[data-home] input").nth(no).check()
    page.fill(".gas-recall input", "3 号秤失准")
    page.click("[data-test=recall]")
    expect(page.locator(".gas-homes td:last-child .link-like")).to_have_count(3)
    rows = conn.execute(
        "SELECT id, source ->> 'code' FROM task WHERE source ? 'recall' ORDER BY id"
    )
    tasks = rows.fetchall()
    assert len(tasks) == 3
    expect(page.locator("[data-skipped]")).to_have_count(0)
    expect(page.locator("[data-recalls]")).to_contain_text("召回任务 3 个")
    expect(page.locator("[data-test=choose-still]")).to_contain_text(f"{still - 3} 只")
    page.locator("[data-home] input").nth(0).check()
    page.click("[data-test=recall]")
    expect(page.locator("[data-skipped]")).to_contain_text("已有召回任务在办")
    expect(page.locator("[data-skipped] .link-like")).to_have_count(1)
    close(conn, tasks[0][0], "属实，已收回换瓶")
    page.goto(f"{console.base}/#/gas/cylinder/{tasks[0][1]}")
    expect(page.locator("[data-result]")).to_have_text("属实，已收回换瓶")
    console.shot("gas-cylinder")
    assert console.log == []


def test_a_finding_is_sent_and_its_result_comes_back(
    open_console: Open, conn: Conn, district: District
) -> None:
    office(conn)
    console = open_console()
    page = console.page
    page.goto(f"{console.base}/#/gas")
    row = page.locator("[data-finding]", has_text="E1").first
    number = int(row.get_attribute("data-finding") or 0)
    row.click()
    expect(page.locator(f"[data-detail='{number}']")).to_be_visible()
    console.shot("gas-findings")
    page.click("[data-test=dispatch]")
    expect(page.locator("[data-detail]")).to_contain_text("已派单")
    (task_id,) = conn.execute(
        "SELECT task_id FROM gas_finding WHERE id = %s", (number,)
    ).fetchone() or (0,)
    close(conn, task_id, "属实，黑窝点")
    until(lambda: conn.execute("SELECT 1 FROM gas_finding WHERE id = %s AND outcome = 'confirmed'",
                               (number,)).fetchone(), "the result closes the finding")  # fmt: skip
    page.goto(f"{console.base}/#/gas/figures")
    expect(page.locator("[data-funnel=confirmed]")).to_contain_text("1")
    expect(page.locator("[data-class]")).to_have_count(12)
    console.shot("gas-figures")
    page.goto(f"{console.base}/#/gas/registers")
    page.click("[data-entry=LJ-01]")
    expect(page.locator("[data-page=entry]")).to_contain_text("澜江充装站")
    expect(page.locator("[data-page=entry] .gas-list .sev").first).to_be_visible()
    console.shot("gas-station")
    page.click("[data-page=entry] .gas-facts .link-like")
    expect(page.locator("[data-page=entry]")).to_contain_text("澜江供应站")
    page.goto(f"{console.base}/#/gas/registers")
    page.click("[data-test=import-events]")
    page.fill("[name=system]", "乙充装站")
    text = "编号,事件,追溯码,时间,充装站\n1,充装,7700,2026-03-01 08:00,LJ-01\n2,爆炸,7700,x,\n"
    file = {"name": "a.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.set_input_files("[data-events] input[type=file]", file)
    page.click("[data-test=send-events]")
    report = page.locator("[data-report=events]")
    expect(report).to_contain_text("未知事件类型")
    expect(report.locator(".count-created b")).to_have_text("1")
    assert console.log == []
