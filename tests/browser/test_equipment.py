"""Equipment and recordings in the browser: who lacks a camera, what was not recorded, samples."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from psycopg.types.json import Jsonb

from core import clock
from core.events_io import append_events
from core.values import OrgId, Role, TaskId, Viewer, to_ms
from devices.readings import Readings, Recording, Stamp, Status
from dispatch.equipment import ledger_io
from dispatch.equipment.assets import Move, Step
from dispatch.equipment.ledger_io import NewAsset
from dispatch.recordings import audit_io, metrics_io
from dispatch.recordings.clips_io import RecordingEvaluator
from dispatch.tasks import Move as TaskMove
from dispatch.tasks import MoveTask, NewTask
from dispatch.tasks_io import create_task, move_task, task_by_id
from geo.patrol.windows import LOCAL
from tests.browser.conftest import Console
from tests.browser.district import PASSWORD, Conn, District, connect
from web.accounts_io import create_account

Open = Callable[..., Console]
MINUTE = timedelta(minutes=1)
SQUAD = "squad-desk"


@dataclass
class Field:
    """An officer with a camera, and what both did this day."""

    conn: Conn
    viewer: Viewer
    officer: str  # the officer's device
    person: int
    org: int
    camera: int
    camera_id: str
    seq: int = 0

    def stamp(self, at: datetime) -> Stamp:
        self.seq += 1
        return Stamp(self.camera, self.camera_id, "camera", self.org, to_ms(at), self.seq,
                     to_ms(at))  # fmt: skip

    def scene(self, title: str, begin: datetime, end: datetime) -> int:
        """The officer was at a task."""
        draft = NewTask("street", title, device_id=self.officer)
        task, events = create_task(self.conn, self.viewer, draft, begin - 10 * MINUTE)
        append_events(self.conn, events)
        for move, at in ((TaskMove.ARRIVE, begin), (TaskMove.RESOLVE, end)):
            now = task_by_id(self.conn, self.viewer, task["id"])
            move_task(self.conn, self.viewer,
                      MoveTask(TaskId(task["id"]), move, now["version"]), at)  # fmt: skip
        return int(task["id"])

    def record(self, name: str, start: datetime, stop: datetime) -> None:
        done = stop + MINUTE
        said = {"uploaded_at": to_ms(done), "sha256": "ab" * 32, "size": 90_000_000}
        one = Recording(self.stamp(done), name, to_ms(start), to_ms(stop), said)
        readings = replace(Readings.empty(), recordings=[one])
        RecordingEvaluator().evaluate(self.conn, readings, done)

    def say(self, at: datetime, state: str, **detail: object) -> None:
        one = Status(self.stamp(at), state, 80, detail)
        self.conn.execute(
            """INSERT INTO status (at, received_at, seq, batch_id, device_no, state, bat_pct,
                                   detail)
               VALUES (%s, %s, %s, 1, %s, %s, 80, %s)""",
            (at, at, self.seq, self.camera, state, Jsonb(detail)),
        )
        RecordingEvaluator().evaluate(self.conn, replace(Readings.empty(), statuses=[one]), at)

    def judge(self) -> None:
        with self.conn.transaction():
            append_events(self.conn, audit_io.sweep(self.conn, clock.now()))
        with self.conn.transaction():
            metrics_io.sweep(self.conn, clock.now())


@pytest.fixture(scope="module")
def field(district: District) -> Iterator[Field]:
    """Everybody has a camera but whoever joins; two are in the store."""
    now = clock.now()
    then = now - timedelta(days=2)
    viewer = Viewer("keeper", Role.ADMIN, OrgId(district.bureau), district.viewer.org_ids)
    with connect(district.url) as conn:
        for back in range(2):
            conn.execute("SELECT make_partition(%s)", ((now - timedelta(days=back)).date(),))
        first = conn.execute(
            """SELECT o.id, p.id, p.badge, p.org_id
                 FROM device o JOIN person p ON p.id = o.person_id
                WHERE o.kind = 'officer' ORDER BY o.no DESC LIMIT 1"""
        ).fetchone()
        camera = conn.execute(
            "SELECT no, id FROM device WHERE kind = 'camera' ORDER BY no DESC LIMIT 1"
        ).fetchone()
        assert first is not None
        assert camera is not None
        people = conn.execute("SELECT badge, org_id FROM person ORDER BY id").fetchall()
        for no, (badge, org) in enumerate([*people, (None, district.bureau), (None, people[0][1])]):
            device = camera[1] if badge == first[2] else None
            new = NewAsset(f"JLY-{no:04d}", "camera", "DSJ-K9", device, org_id=org)
            asset, _ = ledger_io.register(conn, viewer, new, then)
            if badge is not None:
                ledger_io.move(conn, viewer, asset["id"], Step(Move.ISSUE, then), now, badge=badge)
        create_account(conn, SQUAD, PASSWORD, Role.SQUAD, first[3])
        yield Field(conn, viewer, first[0], first[1], first[3], camera[0], camera[1])


def log_in_as(console: Console, login: str) -> None:
    """Another person at the same desk."""
    page = console.page
    page.goto(f"{console.base}/#/")
    page.click(".tool[title=退出]")
    page.fill("input[name=user]", login)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    console.ready()


def rate(page: Page, percent: str, parts: str) -> None:
    expect(page.locator("[data-rate]")).to_have_text(percent)
    expect(page.locator("[data-parts]")).to_have_text(parts)


def test_who_joins_lacks_a_camera_until_one_is_issued(open_console: Open, field: Field) -> None:
    row = field.conn.execute("SELECT count(*) FROM person").fetchone()
    assert row is not None
    before: int = row[0]
    console = open_console()
    page = console.page
    page.click("[data-test=to-equipment]")
    rate(page, "100%", f"{before} / {before}")
    page.click("[data-test=join]")
    page.fill("[data-join] [name=name]", "宋雨晴")
    page.fill("[data-join] [name=badge]", "319999")
    page.click("[data-test=save-person]")
    rate(page, f"{100 * before / (before + 1):.1f}%", f"{before} / {before + 1}")
    expect(page.locator("[data-lacking=camera] [data-person]")).to_have_count(1)
    expect(page.locator("[data-lacking=camera] [data-person='319999']")).to_contain_text("宋雨晴")
    console.shot("equipment-short")
    page.click("[data-issue='319999']")
    page.locator("[data-pick] input[type=radio]").first.check()
    page.click("[data-test=issue]")
    rate(page, "100%", f"{before + 1} / {before + 1}")
    expect(page.locator("[data-lacking=camera]")).to_have_count(0)

    page.click("[data-tab=ledger]")
    page.fill("[data-test=find]", "319999")
    page.locator("[data-thing]").first.click()
    expect(page.locator("[data-one]")).to_have_attribute("data-state", "issued")
    page.click("[data-move=report_fault]")
    page.fill("[data-move-form] [name=note]", "镜头进水")
    page.click("[data-test=move]")
    expect(page.locator("[data-one]")).to_have_attribute("data-state", "fault")
    expect(page.locator("[data-history] li").first).to_contain_text("镜头进水")
    console.shot("equipment-ledger")
    page.keyboard.press("Escape")
    expect(page.locator("[data-one]")).to_have_count(0)
    expect(page.locator("[data-page=ledger]")).to_be_visible()
    page.click("[data-tab=summary]")
    expect(page.locator("[data-lacking=camera] [data-person='319999']")).to_contain_text("宋雨晴")
    page.fill(
        "[data-test=at]", (clock.now() - timedelta(days=1)).astimezone(LOCAL).date().isoformat()
    )
    rate(page, "100%", f"{before} / {before}")
    assert console.log == []


def test_a_scene_not_recorded_is_answered_reviewed_and_locked(
    open_console: Open, field: Field
) -> None:
    begin = clock.now() - 150 * MINUTE
    task = field.scene("占道经营未录像", begin, begin + 25 * MINUTE)
    field.say(begin - 3 * MINUTE, "standby")
    field.say(begin + 30 * MINUTE, "standby", pending=0, dock="dock-01")
    field.judge()
    duty = f"[data-duty='{task}:{field.person}']"
    console = open_console()
    page = console.page
    page.goto(f"{console.base}/#/equipment/audit")
    page.click("[data-chip=week]")
    page.click("[data-card=verdicts] button[data-status=NO_RECORDING]")
    expect(page.locator(duty)).to_have_attribute("data-status", "NO_RECORDING")
    expect(page.locator("[data-figure=coverage]")).to_contain_text("0 / 1")
    console.shot("equipment-audit")

    log_in_as(console, SQUAD)
    page.goto(f"{console.base}/#/equipment/audit/{task}:{field.person}")
    expect(page.locator("[data-strip=missing] [data-look=missing]")).to_have_count(1)
    expect(page.locator("[data-reason=NO_RECORDING]")).to_contain_text("25 分")
    page.select_option("[data-clarify] [name=reason]", "emergency")
    page.fill("[data-clarify] [name=note]", "先救助摔倒的老人")
    page.click("[data-test=clarify]")
    expect(page.locator("[data-said]")).to_contain_text("先救助摔倒的老人")
    expect(page.locator("[data-decide]")).to_have_count(0)

    log_in_as(console, "dispatcher")
    page.goto(f"{console.base}/#/equipment/audit")
    page.click("[data-chip=week]")
    page.click("[data-test=to-review]")
    expect(page.locator("[data-verdicts] tbody tr")).to_have_count(1)
    page.locator(duty).locator("[data-row]").click()
    expect(page.locator("[data-decide=refused]")).to_be_disabled()
    page.fill("[data-review] input", "属实")
    page.click("[data-decide=accepted]")
    expect(page.locator("[data-locked]")).to_be_visible()
    expect(page.locator("[data-said]")).to_have_attribute("data-decision", "accepted")
    expect(page.locator("[data-clarify]")).to_have_count(0)
    console.shot("equipment-duty")
    field.judge()
    page.click("[data-tab=audit]")
    expect(page.locator("[data-figure=coverage]")).to_contain_text("0 / 0")
    assert console.log == []


def test_twelve_are_drawn_one_replaced_one_reviewed_and_the_report_exported(
    open_console: Open, field: Field
) -> None:
    for no in range(16):
        start = clock.now() - (140 - 5 * no) * MINUTE
        field.record(f"CY-{no:02d}", start, start + 3 * MINUTE)
    console = open_console()
    page = console.page
    page.goto(f"{console.base}/#/equipment/samples")
    page.fill("[data-draw] [name=count]", "12")
    page.fill("[data-draw] [name=seed]", "browser-1")
    page.click("[data-test=draw]")
    expect(page.locator("[data-sample]")).to_have_count(12)
    expect(page.locator("[data-draw-of]")).to_contain_text("browser-1")

    first = page.locator("[data-sample]").first
    number = first.get_attribute("data-sample")
    first.locator("[data-test=replace]").click()
    page.fill("[data-replace] [name=why]", "文件损坏")
    page.click("[data-test=save-replace]")
    expect(page.locator("[data-sample]")).to_have_count(13)
    expect(page.locator(f"[data-sample='{number}']")).to_have_attribute("data-state", "replaced")
    expect(page.locator("[data-sample]").last).to_contain_text(f"替换 #{number}")

    chosen = page.locator("[data-sample][data-state=open]").first
    chosen.locator("[data-test=review]").click()
    expect(page.locator("[data-test=save-review]")).to_be_disabled()
    for question in page.locator("[data-question]").all():
        question.locator("input[value=yes]").check()
    page.click("[data-test=save-review]")
    expect(page.locator("[data-sample][data-state=reviewed]")).to_have_count(1)
    expect(page.locator("[data-sum=drawn] dd")).to_have_text("12")
    expect(page.locator("[data-sum=reviewed] dd")).to_have_text("1")
    console.shot("equipment-samples")
    with page.expect_download() as download:
        page.click("[data-test=export-samples]")
    lines = Path(download.value.path()).read_text("utf-8-sig").splitlines()
    assert len(lines) == 1 + 13
    assert all("browser-1" in line for line in lines[1:])
    assert sum("文件损坏" in line for line in lines) == 1
    assert sum("yes" in line for line in lines) == 1
    assert console.log == []


def test_a_camera_shows_its_day_as_a_strip(open_console: Open, field: Field) -> None:
    begin = clock.now() - 40 * MINUTE
    task = field.scene("暴露垃圾", begin, begin + 20 * MINUTE)
    for minute in range(-2, 22, 2):
        field.say(begin + minute * MINUTE, "recording")
    field.say(begin + 22 * MINUTE, "standby")
    field.record("ZZ-01", begin - 2 * MINUTE, begin + 21 * MINUTE)
    field.judge()
    console = open_console()
    page = console.page
    page.goto(f"{console.base}/#/equipment/cameras")
    page.fill("[data-test=find]", field.camera_id)
    page.click(f"[data-camera='{field.camera_id}'] button")
    page.fill(".day-pick input", begin.astimezone(LOCAL).date().isoformat())
    strip = page.locator("[data-strip]")
    expect(strip).to_have_count(5)
    expect(page.locator("[data-strip=holder] [data-look=held]")).to_have_count(1)
    expect(page.locator("[data-strip=states] [data-look=recording]").first).to_be_visible()
    expect(page.locator("[data-strip=recordings] rect[aria-label*='ZZ-01']")).to_have_count(1)
    scene = page.locator("[data-strip=scenes] [data-look=v-good]")
    scene.focus()
    expect(page.locator(".gantt-tip")).to_contain_text("20 分")
    expect(page.locator("[data-recordings]")).to_contain_text("ZZ-01")
    console.shot("equipment-camera")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{console.base}/#/equipment/audit/{task}:{field.person}")
    expect(page.locator("[data-page=duty] [data-verdict=OK]").first).to_be_visible()
    assert console.log == []
