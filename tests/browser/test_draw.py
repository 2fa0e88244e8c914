"""Points, fences and segments are drawn, changed and ended on the map itself."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.conftest import Console, until
from tests.browser.district import Conn, District

Open = Callable[..., Console]


def click_at(console: Console, lon: float, lat: float) -> None:
    console.page.mouse.click(*console.probe(f"onPage({lon}, {lat})"))


def drag(console: Console, start: tuple[float, float], end: tuple[float, float]) -> None:
    mouse = console.page.mouse
    mouse.move(*console.probe(f"onPage({start[0]}, {start[1]})"))
    mouse.down()
    mouse.move(*console.probe(f"onPage({end[0]}, {end[1]})"), steps=6)
    mouse.up()


def middle(console: Console) -> tuple[float, float]:
    lon, lat = console.page.evaluate(
        "async () => (await import('/console/js/map/map.js')).view.centre()"
    )
    return lon, lat


def test_a_point_is_set_moved_and_ended(open_console: Open, conn: Conn, district: District) -> None:
    console = open_console()
    page = console.page
    page.keyboard.press("d")
    page.click("[data-list=point]")
    page.click("[data-test=draw-new]")
    lon, lat = middle(console)
    page.fill("input[name=name]", "滨江步道入口")
    page.click("[data-test=draw-save]")
    expect(page.locator(".wrong")).to_contain_text("在地图上点击它的位置")
    click_at(console, lon, lat)
    page.fill("input[name=radius_m]", "80")
    console.shot("draw-point")
    page.click("[data-test=draw-save]")
    expect(page.locator("[data-point-panel] h2")).to_have_text("滨江步道入口")
    kept = """SELECT p.id, f.lon_deg, f.lat_deg, f.radius_m FROM patrol_point p
                JOIN fence f ON f.id = p.fence_id
               WHERE p.name = '滨江步道入口' AND p.ended_at IS NULL"""
    ((id, lon_kept, lat_kept, radius_m),) = conn.execute(kept).fetchall()
    assert (abs(lon_kept - lon) < 2e-4, abs(lat_kept - lat) < 2e-4, radius_m) == (True, True, 80)

    page.click("[data-test=edit-point]")
    drag(console, (lon, lat), (lon + 0.004, lat - 0.002))
    page.keyboard.press("Escape")
    expect(page.locator(".toast")).to_contain_text("再按一次 Esc")
    page.click("[data-test=draw-undo]")
    drag(console, (lon, lat), (lon + 0.003, lat - 0.002))
    page.click("[data-test=draw-save]")
    page.wait_for_selector("[data-point-panel]")
    ((same, lon_now, _, _),) = conn.execute(kept).fetchall()
    assert same == id
    assert abs(lon_now - lon - 0.003) < 2e-4
    until(lambda: console.probe(f"pointLook({id})") is not None, "its windows follow its grade")

    page.click("[data-test=edit-point]")
    page.click("[data-test=draw-end]")
    page.click("[data-test=draw-end]")
    expect(page.locator(".toast")).to_contain_text("已停用")
    assert conn.execute(kept).fetchall() == []
    assert console.log == []


def test_a_fence_is_drawn_corner_by_corner_and_drawn_anew(
    open_console: Open, conn: Conn, district: District
) -> None:
    console = open_console(language="en", theme="dark")
    page = console.page
    page.click("[data-test=draw]")
    page.click("[data-list=fence]")
    page.click("[data-test=draw-new]")
    lon, lat = middle(console)
    corners = [(-0.01, -0.006), (0.01, -0.006), (0.01, 0.006), (-0.01, 0.006)]
    for x, y in corners[:2]:
        click_at(console, lon + x, lat + y)
    page.fill("input[name=name]", "Night market")
    page.keyboard.press("Enter")
    expect(page.locator(".wrong")).to_contain_text("at least three")
    for x, y in corners[2:]:
        click_at(console, lon + x, lat + y)
    drag(console, (lon + 0.01, lat), (lon + 0.016, lat))  # a middle becomes a corner
    expect(page.locator("[data-measure]")).to_contain_text("km²")
    console.shot("draw-fence")
    page.click("[data-test=draw-save]")
    expect(page.locator("[data-draw-list=fence]")).to_contain_text("Night market")
    fence = "SELECT id, polygon, radius_m FROM fence WHERE name = %s AND ended_at IS NULL"
    ((id, polygon, _),) = conn.execute(fence, ("Night market",)).fetchall()
    assert len(polygon["coordinates"][0]) == 6

    page.click(f"[data-thing='{id}']")
    page.click("[data-form=circle]")
    page.fill("input[name=radius_m]", "300")
    page.click("[data-test=draw-save]")
    page.wait_for_selector("[data-draw-list=fence]")
    ((successor, _, radius_m),) = conn.execute(fence, ("Night market",)).fetchall()
    assert (successor > id, radius_m) == (True, 300)
    ended = conn.execute("SELECT polygon FROM fence WHERE id = %s", (id,)).fetchone()
    assert ended == (polygon,), "what was judged by the old shape keeps it"
    until(lambda: console.probe("differences()") == [], "the console lags behind")
    assert console.log == []


def test_a_segment_is_drawn_along_a_road(
    open_console: Open, conn: Conn, district: District
) -> None:
    console = open_console()
    page = console.page
    page.click("[data-test=draw]")
    page.click("[data-list=segment]")
    page.click("[data-test=draw-new]")
    lon, lat = middle(console)
    page.keyboard.press("Escape")  # out of the field, so that keys are the map's
    for x in (0.0, 0.004, 0.008, 0.012):
        click_at(console, lon + x, lat)
    page.keyboard.press("Backspace")
    page.fill("input[name=name]", "沿江大道")
    page.keyboard.press("Enter")
    expect(page.locator("[data-draw-list=segment]")).to_contain_text("沿江大道")
    lines = "SELECT line FROM patrol_segment WHERE name = '沿江大道' AND ended_at IS NULL"
    ((line,),) = conn.execute(lines).fetchall()
    assert len(line["coordinates"]) == 3
    console.shot("draw-segment")
    page.click("[data-draw-list] [data-test=draw-end]")
    page.click("[data-draw-list] [data-test=draw-end]")
    expect(page.locator("[data-draw-list=segment]")).not_to_contain_text("沿江大道")
    assert conn.execute(lines).fetchall() == []


def test_what_is_exported_is_taken_in_again(
    open_console: Open, conn: Conn, district: District, tmp_path: Path
) -> None:
    console = open_console(language="en")
    page = console.page
    page.click("[data-test=draw]")
    page.click("[data-list=fence]")
    page.click(".export summary")
    with page.expect_download() as given:
        page.click("[data-export=shp]")
    file = tmp_path / given.value.suggested_filename
    given.value.save_as(file)
    page.click("[data-test=draw-import]")
    page.set_input_files("input[type=file]", file)
    page.click("[data-test=dry-run]")
    expect(page.locator("[data-report=dry]")).to_contain_text("unchanged")
    console.shot("draw-import")
    assert page.locator("[data-report] .count-unchanged td").count() > 0
    expect(page.locator("[data-test=take-in]")).to_be_disabled()
    assert console.log == []


def test_a_route_is_drawn_by_clicking_points(
    open_console: Open, conn: Conn, district: District
) -> None:
    console = open_console()
    page = console.page
    page.keyboard.press("d")
    page.click("[data-list=route]")
    page.click("[data-test=draw-new]")
    page.fill("input[name=name]", "早班一线")
    lon, lat = middle(console)
    rows = conn.execute(
        """SELECT p.id, f.lon_deg, f.lat_deg FROM patrol_point p JOIN fence f ON f.id = p.fence_id
            WHERE p.ended_at IS NULL AND p.org_id = (SELECT org_id FROM patrol_point
                  WHERE ended_at IS NULL GROUP BY org_id ORDER BY count(*) DESC, org_id LIMIT 1)
            ORDER BY abs(f.lon_deg - %s) + abs(f.lat_deg - %s) LIMIT 3""",
        (lon, lat),
    ).fetchall()
    assert len(rows) >= 2
    org = conn.execute("SELECT org_id FROM patrol_point WHERE id = %s", (rows[0][0],)).fetchone()
    assert org is not None
    page.select_option("select[name=org_id]", str(org[0]))
    page.mouse.click(*console.probe("onPage(121.44, 31.3)"))  # nothing is there: a word, no stop
    for _, x, y in rows:
        page.evaluate(f"async () => (await import('/console/js/map/map.js')).view.flyTo({x}, {y})")
        page.wait_for_timeout(300)
        click_at(console, x, y)
    console.shot("draw-route")
    page.click("[data-test=draw-save]")
    expect(page.locator("[data-draw-list=route]")).to_contain_text("早班一线")
    stops = conn.execute(
        """SELECT v.body -> 'stops' FROM patrol_route_version v JOIN patrol_route r
              ON r.id = v.route_id WHERE r.name = '早班一线'"""
    ).fetchone()
    assert stops is not None
    assert [stop["point_id"] for stop in stops[0]] == [id_ for id_, _, _ in rows]
    assert console.log == []
