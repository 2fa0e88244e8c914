"""A missed window of yesterday: found, read, seen on the map, appealed by one, approved by another.

The verdicts come from the real judge over real readings put into the database.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core.events_io import append_events
from core.values import OrgId, Role, Viewer
from devices.readings import FIX, POSITION_DTYPE, Checkin, Positions, Stamp
from geo.distance import metres_per_degree
from geo.fences_io import FenceEvaluator
from geo.patrol import verdicts_io
from geo.patrol.points import PointDraft
from geo.patrol.points_io import create_point
from geo.patrol.proofs_io import ProofEvaluator
from geo.patrol.verdicts_io import PatrolEvaluator
from geo.patrol.windows import Span
from geo.patrol.windows_io import create_window
from tests.browser.conftest import SHOTS, Console
from tests.browser.district import PASSWORD, Conn, District
from tests.integration.evaluators.road import Road
from web.accounts_io import create_account

Open = Callable[..., Console]
SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass
class Yesterday:
    """What happened yesterday morning at two points of a squad."""

    missed: int
    kept: int
    squad: int
    name: str


def to_yesterday(hour: int, minute: int = 0) -> datetime:
    day = datetime.now(SHANGHAI).date() - timedelta(days=1)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


@pytest.fixture(scope="package")
def yesterday(district: District) -> Yesterday:
    from tests.browser.district import connect

    with connect(district.url) as conn:
        return happen(conn, district)


def happen(conn: Conn, district: District) -> Yesterday:
    squad = district.squads[0]
    viewer = Viewer("dispatcher", Role.DISPATCHER, OrgId(squad), frozenset([OrgId(squad)]))
    nine = to_yesterday(9)
    conn.execute("DELETE FROM alive_span")
    conn.execute("INSERT INTO alive_span VALUES (0, %s, %s)",
                 (nine - timedelta(days=1), nine + timedelta(days=3)))  # fmt: skip
    lon, lat = 121.541, 31.222
    east, _ = metres_per_degree(lat)
    points = [
        create_point(conn, viewer, PointDraft(name, lon + off / east, lat, tag=tag), nine)[0]
        for name, off, tag in (
            ("滨江步道入口", 0.0, "04AA00000001"),
            ("轮渡站", 700.0, "04AA00000002"),
            ("文化广场", -600.0, "04AA00000003"),
        )
    ]
    spans = Span(nine, nine + timedelta(minutes=30), nine + timedelta(hours=1), 0, 900)
    now = datetime.now(UTC)
    made = [create_window(conn, viewer, one["id"], spans, now)[0] for one in points]
    conn.execute("UPDATE patrol_window SET proof = 'tap', min_level = 3, min_dwell_s = 60"
                 " WHERE id = ANY(%s)", ([one["id"] for one in made],))  # fmt: skip
    officer = conn.execute(
        "SELECT no FROM device WHERE kind = 'officer' AND org_id = %s ORDER BY no", (squad,)
    ).fetchone()
    assert officer is not None
    conn.execute(
        """INSERT INTO roster_shift (org_id, device_no, starts_at, ends_at, point_ids, created_at,
                                     created_by)
           VALUES (%s, %s, %s, %s, %s, now(), 'x')""",
        (squad, officer[0], nine - timedelta(hours=1), nine + timedelta(hours=7),
         [one["id"] for one in points]),
    )  # fmt: skip
    road = Road(conn, [FenceEvaluator(), ProofEvaluator(), PatrolEvaluator()])
    road.now = now
    conn.execute("SELECT make_partition(%s::date + i) FROM generate_series(-1, 1) i",
                 (nine.date(),))  # fmt: skip
    track = walk(int(officer[0]), nine, lon, lat)
    at_ms = round((nine + timedelta(minutes=21)).timestamp() * 1000)
    stamp = Stamp(int(officer[0]), "o", "officer", squad, at_ms, 10_000, at_ms)
    place = (lon + 700 / east, lat)
    road.send(track, taps=[Checkin(stamp, "nfc", "04AA00000002", *place, 6.0)])
    for _ in range(3):
        append_events(conn, verdicts_io.sweep(conn, now))
    create_account(conn, "officer", PASSWORD, Role.VIEWER, squad)
    create_account(conn, "leader", PASSWORD, Role.SQUAD, squad)
    return Yesterday(made[0]["id"], made[1]["id"], squad, "滨江步道入口")


def walk(no: int, nine: datetime, lon: float, lat: float) -> Positions:
    """Past the ferry, where a check-in is made, and never nearer than 180 m to the other point."""
    east, north = metres_per_degree(lat)
    steps = np.arange(-30, 210)
    rows = np.zeros(len(steps), POSITION_DTYPE)
    for column in ("spd_mps", "crs_deg", "alt_m", "sat", "bat_pct", "skew_ms"):
        rows[column] = np.nan
    at = np.clip(steps / 60, 0, 1) * 700
    back = np.clip((steps - 80) / 60, 0, 1) * 500
    rows["device_no"], rows["acc_m"], rows["flags"] = no, 6, FIX
    rows["at_ms"] = rows["received_ms"] = round(nine.timestamp() * 1000) + steps * 20_000
    rows["seq"] = 9_936 + steps + (steps > 63)
    rows["lon_deg"] = np.round(lon + (at - back) / east, 7)
    rows["lat_deg"] = np.round(lat + np.where(steps < 60, 190, 20 + back / 2) / north, 7)
    return rows


def log_in_as(page: Page, login: str) -> None:
    page.click(".top .tools .tool:last-child")
    page.fill("input[name=user]", login)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(".link.live")


def report(page: Page, result: str) -> str:
    """How many windows of yesterday's month have this result, by the report's own page."""
    page.click("[data-tab=rates]")
    page.fill("input[type=month]", f"{to_yesterday(9).astimezone(SHANGHAI):%Y-%m}")
    with page.context.expect_page() as opened:
        page.click("[data-test=report-page]")
    paper = opened.value
    paper.wait_for_selector("main")
    found = paper.locator(f"[data-count={result}] b")
    count = found.inner_text() if found.count() else "0"
    paper.set_viewport_size({"width": 1100, "height": 1500})
    SHOTS.mkdir(parents=True, exist_ok=True)
    paper.screenshot(path=SHOTS / f"patrol-report-{result}.png")
    paper.close()
    return count


def test_a_missed_window_of_yesterday_is_appealed_and_made_up(
    open_console: Open, yesterday: Yesterday, conn: Conn
) -> None:
    console = open_console()
    page = console.page
    log_in_as(page, "officer")
    page.click("[data-test=to-patrol]")
    missed, made_up = report(page, "missed"), report(page, "makeup")
    page.click("[data-tab=windows]")
    page.click("[data-test=yesterday]")
    expect(page.locator(".day")).to_have_attribute("data-done", "yes")
    page.click("[data-look=missed]")
    console.shot("patrol-day")
    page.click(".line.head .line-name")
    bar = page.locator(f"[data-window='{yesterday.missed}']").last
    bar.click()
    evidence = page.locator(f"[data-evidence='{yesterday.missed}']")
    expect(evidence).to_have_attribute("data-result", "missed")
    expect(page.locator(".headline")).to_contain_text("均在别处")
    expect(page.locator(".evidence-right")).to_contain_text("可排除到访")
    expect(page.locator(".track-legend .hue")).to_have_count(1)
    page.wait_for_timeout(2500)
    console.shot("patrol-evidence")
    page.click("[data-do=makeup]")
    page.fill("[data-form=makeup] textarea", "标签损坏，已拍照上报")
    page.click("[data-form=makeup] .primary")
    expect(page.locator("[data-appeal]")).to_have_attribute("data-state", "open")
    expect(page.locator("[data-decide=approved]")).to_have_count(0)
    log_in_as(page, "leader")
    page.click("[data-tab=appeals]")
    expect(page.locator("[data-tab=appeals] .badge")).to_have_text("1")
    console.shot("patrol-appeals")
    page.fill("[data-appeal] input", "照片属实")
    page.click("[data-decide=approved]")
    expect(page.locator("[data-appeals=open] .empty")).to_be_visible()
    page.click(".inbox .tabs button:last-child")
    page.click("[data-appeal] .link-like")
    expect(page.locator(f"[data-evidence='{yesterday.missed}']")).to_have_attribute(
        "data-result", "makeup"
    )
    versions = page.locator(".versions [data-version]")
    expect(versions).to_have_count(2)
    versions.last.click()
    expect(page.locator(".then")).to_be_visible()
    expect(page.locator(".headline b")).to_have_text("漏巡")
    console.shot("patrol-both-verdicts")
    assert int(report(page, "missed")) == int(missed) - 1
    assert int(report(page, "makeup")) == int(made_up) + 1
    hosts = {url.split("/")[2] for url in console.requests if "//" in url}
    assert hosts == {console.base.removeprefix("http://")}
    assert console.log == []


@pytest.mark.parametrize(("language", "theme"), [("zh", "dark"), ("en", "light"), ("en", "dark")])
def test_the_patrol_pages_in_both_languages_and_themes(
    open_console: Open, yesterday: Yesterday, language: str, theme: str
) -> None:
    console = open_console(language=language, theme=theme)
    page = console.page
    page.goto(f"{console.base}/#/patrol/window/{yesterday.kept}")
    expect(page.locator("[data-evidence]")).to_have_attribute("data-result", "on_time")
    expect(page.locator(".proofs .served")).to_have_count(1)
    page.wait_for_timeout(1500)
    console.shot(f"patrol-evidence-{language}-{theme}")
    page.goto(f"{console.base}/#/patrol")
    expect(page.locator(".day")).to_have_attribute("data-done", "yes")
    console.shot(f"patrol-day-{language}-{theme}")
    page.goto(f"{console.base}/#/patrol/rates")
    drill = page.locator("[data-drill=on_time]").first
    drill.click()
    expect(page.locator("[data-behind] li")).not_to_have_count(0)
    console.shot(f"patrol-rates-{language}-{theme}")
    page.goto(f"{console.base}/#/patrol/coverage")
    expect(page.locator("[data-coverage] .actions")).to_be_visible()
    page.click("[data-coverage] .tabs button:nth-child(3)")
    expect(page.locator(".cover-row").first).to_be_visible()
    console.shot(f"patrol-coverage-{language}-{theme}")
    wide = page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    assert not wide and console.log == []


def test_a_plan_is_previewed_and_saved_and_a_rule_is_tried(
    open_console: Open, yesterday: Yesterday
) -> None:
    console = open_console()
    page = console.page
    page.goto(f"{console.base}/#/patrol/plans")
    page.click("[data-test=new-plan]")
    page.fill("input[name=name]", "滨江巡查")
    page.select_option(".plan-form .pair select", str(yesterday.squad))
    page.click(".plan-form .field .link-like")
    page.fill("input[name=shifts]", "08:00-20:00, 20:00-02:00")
    page.select_option(".plan-form label select >> nth=-1", "per_shift")
    page.click("[data-test=preview]")
    expect(page.locator("[data-preview] .good")).not_to_have_text("＋0")
    console.shot("patrol-plan")
    page.click(".plan-form .primary")
    expect(page.locator("[data-plan]")).to_contain_text("滨江巡查")
    rows = "名称,经度,纬度\n导入点,121.54,31.22\n坏点,351234,3456789\n"
    page.click("[data-test=import]")
    page.set_input_files(
        "[data-import] input[type=file]",
        {"name": "points.csv", "mimeType": "text/csv", "buffer": rows.encode()},
    )
    page.click("[data-test=dry-run]")
    expect(page.locator("[data-report=dry] tr.count-created")).to_have_count(1)
    expect(page.locator("[data-report=dry] tr.count-refused .reasons")).not_to_be_empty()
    console.shot("patrol-import")
    page.click("[data-test=take-in]")
    expect(page.locator("[data-report=done]")).to_be_visible()
    page.goto(f"{console.base}/#/patrol/rules")
    page.fill("[aria-label='judge.fix_acc_max_m']", "1")  # then no fix is good enough
    page.click("[data-test=backtest]")
    expect(page.locator("[data-backtest]")).to_contain_text("漏巡 → 无法判定")
    console.shot("patrol-backtest")
    page.goto(f"{console.base}/#/patrol/marks")
    expect(page.locator("[data-marks=open]")).to_be_visible()
    page.wait_for_timeout(500)
    assert console.log == []
