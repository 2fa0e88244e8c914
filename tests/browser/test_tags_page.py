"""Tags on their page: a proposal is confirmed, a tag is hung and taken down, a page is written."""

from collections.abc import Callable

from playwright.sync_api import expect

from core import clock
from tests.browser.conftest import Console
from tests.browser.district import Conn, District

Open = Callable[..., Console]
PROPOSE = """
    INSERT INTO tag_proposal (uid, chip, point_id, org_id, device_no, at, seq, proposed_at)
    SELECT '04A1B2C3D4E5F6', 'uid', point.id, point.org_id, %(no)s, %(now)s, 1, %(now)s
      FROM patrol_point point WHERE point.id = %(point)s RETURNING id"""


def test_tags_are_confirmed_hung_and_taken_down(
    open_console: Open, conn: Conn, district: District
) -> None:
    first, second = district.points[:2]
    given = {"no": district.units[0], "now": clock.now(), "point": first}
    conn.execute(PROPOSE, given)
    console = open_console()
    page = console.page
    page.goto(f"{console.base}/#/patrol/tags")
    waiting = page.locator("[data-proposal]")
    expect(waiting).to_have_count(1)
    console.shot("tags-zh")
    waiting.locator("[data-decide=confirm]").click()
    expect(page.locator("[data-tag='04A1B2C3D4E5F6']")).to_be_visible()
    expect(waiting).to_have_count(0)
    row = conn.execute("SELECT name FROM patrol_point WHERE id = %s", (second,)).fetchone()
    assert row is not None
    page.fill("[data-hang] input[name=uid]", "04:11:22:33:44:55:66")
    page.fill("[data-hang] input[name=point]", "没有这个点")
    page.click("[data-hang] .primary")
    expect(page.locator("[data-hang] .wrong")).to_contain_text("从列表中选择")
    page.fill("[data-hang] input[name=point]", row[0])
    page.click("[data-hang] .primary")
    hung = page.locator("[data-tag='04112233445566']")
    expect(hung).to_contain_text(row[0])
    hung.locator("[data-test=take-down]").click()
    hung.locator("[data-test=take-down]").click()
    expect(hung).to_have_count(0)
    page.check(".check input")
    expect(hung).to_have_count(1)
    page.fill("[data-page] input[name=point]", row[0])
    page.fill("[data-page] textarea[name=zh]", "请勿占道")
    page.click("[data-page] .primary")
    expect(page.locator(".toast")).to_contain_text("已保存")
    assert page.locator("[data-keys]").count() == 0, "keys are the topmost administrators'"
    assert console.log == []
