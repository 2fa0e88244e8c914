"""Windows in a real database: issued, issued anew, never touched once open; rosters; points."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from psycopg import Connection

from core.errors import Invalid, NotFound
from core.events import Event
from core.values import OrgId, Role, Viewer
from geo.fence_edits import FenceDraft
from geo.fence_edits_io import create_fence
from geo.patrol import calendar_io, grades_io, plans_io, points_io, rosters_io, windows_io
from geo.patrol.calendar import Day
from geo.patrol.grades_io import GradeExists, RaiseDraft
from geo.patrol.pages import Page
from geo.patrol.plans import LOCAL
from geo.patrol.plans_io import PLAN, ROUTE, Draft, NameTaken
from geo.patrol.points import NoSuchPoint, PointDraft, TagTaken
from geo.patrol.rosters import NoSuchShift, ShiftDraft, ShiftOverlaps
from geo.patrol.rosters_io import Filter
from geo.patrol.windows import Span
from tests.integration.evaluators.road import make_device

NOW = datetime(2026, 3, 1, 16, tzinfo=UTC)  # midnight of Monday the 2nd in Shanghai
DAY = date(2026, 3, 2)
LON, LAT = 121.5, 31.24


class House:
    """A bureau with a squad and another squad, and a point of the first."""

    def __init__(self, conn: Connection[Any]) -> None:
        self.conn = conn
        self.bureau = self.org(None, "局")
        self.squad, self.other = (self.org(self.bureau, name) for name in ("一中队", "二中队"))
        ids = frozenset(OrgId(id_) for id_ in (self.bureau, self.squad, self.other))
        self.boss = Viewer("lin", Role.DISPATCHER, OrgId(self.bureau), ids)
        self.leader = Viewer("wu", Role.SQUAD, OrgId(self.squad), frozenset([OrgId(self.squad)]))
        self.point = self.make_point("桥头", LON)

    def org(self, parent: int | None, name: str) -> int:
        row = self.conn.execute(
            "INSERT INTO org (parent_id, kind, name) VALUES (%s, 'squad', %s) RETURNING id",
            (parent, name),
        ).fetchone()
        assert row is not None
        return int(row[0])

    def make_point(self, name: str, lon: float, org: int | None = None, **more: Any) -> int:
        draft = PointDraft(name, lon, LAT, org_id=org or self.squad, **more)
        return int(points_io.create_point(self.conn, self.boss, draft, NOW)[0]["id"])

    def plan(
        self, name: str = "日常", org: int | None = None, since: date = DAY, **body: Any
    ) -> Any:
        draft = Draft({"points": [self.point], **body}, since)
        return plans_io.create(
            self.conn, self.boss, PLAN, name, draft, org_id=org or self.squad, now=NOW
        )

    def windows(self, point: int | None = None) -> list[Any]:
        return self.conn.execute(
            """SELECT to_char(due_at AT TIME ZONE 'Asia/Shanghai', 'HH24:MI'), withdrawn_at IS NULL
                 FROM patrol_window WHERE point_id = %s ORDER BY id""",
            (point or self.point,),
        ).fetchall()

    def standing(self, point: int | None = None) -> list[str]:
        return sorted(due for due, stands in self.windows(point) if stands)


@pytest.fixture
def house(conn: Connection[Any]) -> House:
    return House(conn)


def kinds(events: list[Event]) -> list[str]:
    return [event.kind for event in events]


def test_the_sweep_issues_a_day_ahead_once(house: House) -> None:
    assert kinds(windows_io.sweep(house.conn, NOW)) == ["window.created"] * 2
    assert windows_io.sweep(house.conn, NOW) == []
    assert kinds(windows_io.sweep(house.conn, NOW + timedelta(hours=11))) == ["window.created"]
    assert house.standing() == ["11:00", "11:00", "17:00"]


def test_a_plan_replaces_what_its_grade_wanted_and_its_end_brings_it_back(house: House) -> None:
    windows_io.sweep(house.conn, NOW)
    plan, events = house.plan(visits={"at": ["09:00"]})
    assert kinds(events) == ["plan.created", *["window.withdrawn"] * 2, "window.created"]
    assert events[1].body["window"]["plan_id"] is None
    assert events[3].body["window"]["plan_id"] == plan["id"] and events[3].actor == "lin"
    assert house.standing() == ["09:00"]
    ended = plans_io.end(house.conn, house.boss, PLAN, plan["id"], NOW)
    assert kinds(ended) == ["plan.ended", "window.withdrawn", *["window.created"] * 2]
    assert house.standing() == ["11:00", "17:00"]
    assert windows_io.sweep(house.conn, NOW) == []


def test_a_new_version_touches_the_future_alone(house: House) -> None:
    plan, _ = house.plan(visits={"at": ["09:00", "14:00"]})
    # The extended buffer of grade 2 makes 09:00 count from 07:50 on.
    noon = NOW + timedelta(hours=7, minutes=51)
    draft = Draft({"points": [house.point], "visits": {"at": ["10:00"]}}, DAY, note="提早")
    changed, events = plans_io.add_version(
        house.conn, house.boss, PLAN, plan["id"], draft, now=noon
    )
    assert [v["version"] for v in changed["versions"]] == [1, 2] and changed["in_force"] == 2
    assert kinds(events) == ["plan.changed", "window.withdrawn", "window.created"]
    assert house.standing() == ["09:00", "10:00"]


def test_what_was_made_by_hand_stays(house: House) -> None:
    noon = NOW + timedelta(hours=12)
    span = Span(noon, noon, noon + timedelta(hours=1), 0)
    windows_io.create_window(house.conn, house.boss, house.point, span, NOW)
    house.plan(visits={"at": ["09:00"]})
    assert house.standing() == ["09:00", "12:00"]


def test_a_judged_window_is_never_withdrawn(house: House) -> None:
    house.plan(visits={"at": ["09:00"]})
    house.conn.execute("UPDATE patrol_window SET opens_at = %s, early_s = 0", (NOW,))
    _, events = house.plan("另一", visits={"at": ["10:00"]})
    assert kinds(events) == ["plan.created", "window.created", "window.created"]


def test_walks_share_a_round_and_say_their_order(house: House) -> None:
    second = house.make_point("桥尾", LON + 0.001)
    stops = [{"point_id": house.point}, {"point_id": second, "travel_s": 600}]
    draft = Draft({"order": "ordered_strict", "stops": stops}, DAY)
    route, _ = plans_io.create(
        house.conn, house.boss, ROUTE, "沿江", draft, org_id=house.squad, now=NOW
    )
    house.plan(points=[], routes=[route["id"]], visits={"at": ["23:55"]})
    rows = house.conn.execute(
        """SELECT point_id, stop_no, round, route_order, route_id FROM patrol_window
            WHERE withdrawn_at IS NULL ORDER BY stop_no"""
    ).fetchall()
    assert [row[:2] for row in rows] == [(house.point, 1), (second, 2)]
    assert {row[2:] for row in rows} == {
        (f"{route['id']}/2026-03-02T23:55+08:00", "ordered_strict", route["id"])
    }


def test_a_raise_for_a_zone_and_its_end(house: House) -> None:
    far = house.make_point("郊外", LON + 0.1)
    theirs = house.make_point("二队", LON, house.other)
    zone = FenceDraft("会场", {"type": "Point", "coordinates": [LON, LAT]}, radius_m=500,
                      org_id=house.bureau)  # fmt: skip
    fence, _ = create_fence(house.conn, house.boss, zone, NOW)
    draft = RaiseDraft("进博会", 1, DAY, DAY, fence_id=fence["id"])
    lifted, events = grades_io.create_raise(house.conn, house.boss, draft, NOW)
    assert events[0].kind == "raise.set" and len(house.standing()) == 6
    assert house.standing(far) == ["11:00", "17:00"]
    grades_io.end(house.conn, house.boss, "raise", lifted["id"], NOW)
    assert house.standing() == ["11:00", "17:00"]
    zone = FenceDraft("半场", {"type": "Point", "coordinates": [LON, LAT]}, radius_m=500,
                      org_id=house.squad)  # fmt: skip
    fence, _ = create_fence(house.conn, house.boss, zone, NOW)
    own = RaiseDraft("一中队", 1, DAY, DAY, fence_id=fence["id"], org_id=house.squad)
    grades_io.create_raise(house.conn, house.boss, own, NOW)
    assert len(house.standing()) == 6 and house.standing(theirs) == ["11:00", "17:00"]
    with pytest.raises(NotFound):
        grades_io.end(house.conn, house.boss, "raise", lifted["id"], NOW)


def test_the_rule_of_a_grade_holds_below_and_the_nearest_wins(house: House) -> None:
    def rule(at: str) -> dict[str, Any]:
        return {"rhythm": {"at": [at]}, "before_s": 600, "after_s": 600}

    there = house.make_point("二队", LON, house.other)
    grades_io.create_grade(house.conn, house.boss, 2, rule("09:00"), valid_from=DAY,
                           org_id=house.bureau, now=NOW)  # fmt: skip
    own, _ = grades_io.create_grade(house.conn, house.boss, 2, rule("10:00"), valid_from=DAY,
                                    org_id=house.squad, now=NOW)  # fmt: skip
    assert (house.standing(), house.standing(there)) == (["10:00"], ["09:00"])
    with pytest.raises(GradeExists):
        grades_io.create_grade(house.conn, house.boss, 2, rule("10:00"), valid_from=DAY,
                               org_id=house.squad, now=NOW)  # fmt: skip
    listed = grades_io.list_grades(house.conn, house.leader, Page(0, 10))
    assert [one["org_id"] for one in listed["items"]] == [house.bureau, house.squad]
    assert listed["builtin"]["1"]["rhythm"] == {"every_s": 7200}
    grades_io.end(house.conn, house.boss, "grade", own["id"], NOW)
    assert house.standing() == ["09:00"]


def test_a_holiday_is_data(house: House) -> None:
    house.plan(days="workdays", visits={"at": ["09:00"]})
    assert house.standing() == ["09:00"]
    day, _ = calendar_io.add_day(
        house.conn, house.boss, Day(DAY, "restday", "暴雪停工", "市政府通告"), NOW
    )
    windows_io.issue(house.conn, NOW)
    assert house.standing() == []
    calendar_io.end_day(house.conn, house.boss, day["id"], NOW)
    windows_io.issue(house.conn, NOW)
    assert house.standing() == ["09:00"]


def test_the_calendar_is_filled_once_and_what_was_taken_out_stays_out(house: House) -> None:
    assert calendar_io.seed(house.conn, NOW) == 98
    assert calendar_io.seed(house.conn, NOW) == 0
    found = calendar_io.standing(house.conn, date(2026, 10, 1))
    assert found is not None and found[1].name == "国庆节"
    calendar_io.end_day(house.conn, house.boss, found[0], NOW)
    assert calendar_io.seed(house.conn, NOW) == 0
    assert calendar_io.standing(house.conn, date(2026, 10, 1)) is None


def test_plans_name_only_what_stands_within_their_organisation(house: House) -> None:
    there = house.make_point("二队", LON, house.other)
    with pytest.raises(Invalid, match=f"point {there}"):
        house.plan(points=[there])
    with pytest.raises(Invalid, match="route 99, segment 98"):
        house.plan(routes=[99], segments=[98])
    with pytest.raises(Invalid, match="fence 97"):
        house.plan(zone=97)
    house.plan(points=[there], org=house.bureau)
    with pytest.raises(NameTaken):
        house.plan(org=house.bureau)


def test_a_preview_shows_what_would_come_and_go_and_writes_nothing(house: House) -> None:
    windows_io.sweep(house.conn, NOW)
    before = house.windows()
    draft = Draft({"points": [house.point], "days": "workdays", "visits": {"at": ["09:00"]}}, DAY)
    said = plans_io.preview(
        house.conn, house.boss, draft, plan_id=None, org_id=house.squad, days=7, now=NOW
    )
    assert said["appear"]["count"] == 5 and said["vanish"]["count"] == 14
    assert "2026-03-07" not in said["appear"]["by_day"]
    assert said["appear"]["windows"][0]["point"] == "桥头"
    assert said["appear"]["windows"][0]["plan_id"] is None
    assert house.windows() == before
    assert plans_io.list_heads(house.conn, house.boss, PLAN, Page(0, 9), NOW)["items"] == []


# ── points ─────────────────────────────────────────────────────────────────


def test_a_point_that_moves_leaves_its_past_where_it_stood(house: House) -> None:
    house.plan(visits={"at": ["09:00", "14:00"]})
    old = house.conn.execute("SELECT fence_id FROM patrol_point").fetchone()
    later = NOW + timedelta(hours=8)
    moved, events = points_io.edit_point(
        house.conn, house.boss, house.point, {"lon": LON + 0.01, "name": "新桥"}, later
    )
    assert kinds(events) == ["fence.ended", "fence.created", "point.updated"]
    assert (moved["lon"], moved["name"]) == (LON + 0.01, "新桥")
    assert (moved["fence_id"],) != old
    places = house.conn.execute(
        """SELECT to_char(due_at AT TIME ZONE 'Asia/Shanghai', 'HH24:MI'), fence_id
             FROM patrol_window WHERE withdrawn_at IS NULL ORDER BY due_at"""
    ).fetchall()
    assert old is not None and places == [("09:00", old[0]), ("14:00", None)]
    assert house.conn.execute("SELECT fence_id, until_at FROM point_place").fetchall() == [
        (old[0], later)
    ]
    back, _ = points_io.edit_point(house.conn, house.boss, house.point, {"lon": LON}, later
                                   + timedelta(minutes=1))  # fmt: skip
    assert back["lon"] == LON and back["fence_id"] not in {old[0], moved["fence_id"]}


def test_a_new_name_ends_nobodys_stay(house: House) -> None:
    windows_io.sweep(house.conn, NOW)
    before = house.conn.execute("SELECT id FROM fence").fetchall()
    _, events = points_io.edit_point(house.conn, house.boss, house.point, {"name": "东桥"}, NOW)
    assert kinds(events) == ["fence.updated", "point.updated"]
    assert events[0].body["fence"]["name"] == "东桥"
    assert house.conn.execute("SELECT id FROM fence").fetchall() == before


def test_another_grade_is_another_rhythm(house: House) -> None:
    windows_io.sweep(house.conn, NOW)
    _, events = points_io.edit_point(house.conn, house.boss, house.point, {"grade": 1}, NOW)
    assert kinds(events).count("window.created") == 6 and len(house.standing()) == 6


def test_tags_are_hung_and_taken_down_on_record(house: House) -> None:
    tagged = house.make_point("塔", LON, tag="04A1B2C3")
    with pytest.raises(TagTaken):
        points_io.edit_point(house.conn, house.boss, house.point, {"tag": "04a1b2c3"}, NOW)
    for changes in ({"tag": "04A1B2C4"}, {"tag": None}, {"tag": "04A1B2C3"}):
        points_io.edit_point(house.conn, house.boss, tagged, changes, NOW + timedelta(hours=1))
    rows = house.conn.execute(
        "SELECT uid, enrolled_at, ended_at IS NULL FROM tag_enrolment ORDER BY id"
    ).fetchall()
    at = NOW + timedelta(hours=1)
    assert rows == [("04A1B2C3", NOW, False), ("04A1B2C4", at, False), ("04A1B2C3", at, True)]
    points_io.end_point(house.conn, house.boss, tagged, at)
    points_io.edit_point(house.conn, house.boss, house.point, {"tag": "04A1B2C3"}, at)


def test_an_ended_point_wants_nobody_any_more(house: House) -> None:
    house.plan(visits={"at": ["09:00", "14:00"]})
    later = NOW + timedelta(hours=8)
    events = points_io.end_point(house.conn, house.boss, house.point, later)
    assert kinds(events) == ["window.withdrawn", "point.ended", "fence.ended"]
    assert house.standing() == ["09:00"], "what was open is judged"
    with pytest.raises(NoSuchPoint):
        points_io.end_point(house.conn, house.boss, house.point, later)
    assert windows_io.sweep(house.conn, later) == []


def test_a_squad_edits_no_point_of_another(house: House) -> None:
    ids = frozenset([OrgId(house.other)])
    stranger = Viewer("x", Role.ADMIN, OrgId(house.other), ids)
    with pytest.raises(NoSuchPoint):
        points_io.edit_point(house.conn, stranger, house.point, {"name": "x"}, NOW)


# ── rosters ────────────────────────────────────────────────────────────────


def shift(house: House, no: int, start_h: float, end_h: float, **more: Any) -> ShiftDraft:
    hour = timedelta(hours=1)
    return ShiftDraft(no, NOW + start_h * hour, NOW + end_h * hour, **more)


def dirty(house: House) -> list[int]:
    rows = house.conn.execute("SELECT window_id FROM patrol_dirty ORDER BY 1").fetchall()
    house.conn.execute("DELETE FROM patrol_dirty")
    return [id_ for (id_,) in rows]


def test_a_shift_touches_the_windows_that_have_opened(house: House) -> None:
    second = house.make_point("桥尾", LON + 0.001)
    house.plan(points=[house.point, second], visits={"at": ["09:00", "14:00"]})
    rows = house.conn.execute(
        """SELECT to_char(due_at AT TIME ZONE 'Asia/Shanghai', 'HH24:MI'), id FROM patrol_window
            WHERE point_id = %s AND withdrawn_at IS NULL""",
        (house.point,),
    )
    ids = dict(rows.fetchall())
    no = make_device(house.conn, house.squad, "a")
    noon = NOW + timedelta(hours=12)
    draft = shift(house, no, 8, 16, point_ids=[house.point])
    made, events = rosters_io.add_shift(house.conn, house.leader, draft, noon)
    assert kinds(events) == ["roster.added"] and made["device_id"] == "a"
    assert dirty(house) == [ids["09:00"]], "14:00 opens at 12:50"
    leave, _ = rosters_io.add_shift(
        house.conn, house.leader, shift(house, no, 0, 9, kind="leave"), noon
    )
    assert dirty(house) == [ids["09:00"]]
    rosters_io.end_shift(house.conn, house.leader, leave["id"], noon)
    assert dirty(house) == [ids["09:00"]]
    rosters_io.end_shift(house.conn, house.leader, made["id"], noon)
    assert dirty(house) == [ids["09:00"]]


def test_a_shift_for_the_whole_squad(house: House) -> None:
    house.plan(visits={"at": ["09:00"]})
    no = make_device(house.conn, house.squad, "a")
    rosters_io.add_shift(house.conn, house.leader, shift(house, no, 8, 16), NOW
                         + timedelta(hours=12))  # fmt: skip
    assert len(dirty(house)) == 1
    other = make_device(house.conn, house.other, "b")
    rosters_io.add_shift(house.conn, house.boss, shift(house, other, 8, 16), NOW
                         + timedelta(hours=12))  # fmt: skip
    assert dirty(house) == []


def test_superseding_ends_and_adds(house: House) -> None:
    no = make_device(house.conn, house.squad, "a")
    first, _ = rosters_io.add_shift(house.conn, house.leader, shift(house, no, 8, 16), NOW)
    with pytest.raises(ShiftOverlaps):
        rosters_io.add_shift(house.conn, house.leader, shift(house, no, 15, 20), NOW)
    second, events = rosters_io.add_shift(
        house.conn, house.leader, shift(house, no, 9, 17), NOW, supersedes=first["id"]
    )
    assert kinds(events) == ["roster.ended", "roster.added"]
    with pytest.raises(NoSuchShift):
        rosters_io.end_shift(house.conn, house.leader, first["id"], NOW)
    page = Page(0, 10)
    standing = rosters_io.list_shifts(house.conn, house.leader, Filter(), page)["items"]
    assert [one["id"] for one in standing] == [second["id"]]
    every = rosters_io.list_shifts(house.conn, house.leader, Filter(), Page(0, 10, history=True))
    assert len(every["items"]) == 2


def test_shifts_nobody_could_keep_or_of_strangers(house: House) -> None:
    no, stranger = (make_device(house.conn, org, str(org)) for org in (house.squad, house.other))
    for draft in (
        shift(house, no, 8, 8),
        shift(house, no, 0, 25),
        shift(house, no, 0, 8, kind="post"),
        shift(house, no, 0, 8, kind="leave", point_ids=[house.point]),
        shift(house, no, 0, 8, point_ids=[99]),
    ):
        with pytest.raises(Invalid):
            rosters_io.add_shift(house.conn, house.leader, draft, NOW)
    with pytest.raises(NotFound):
        rosters_io.add_shift(house.conn, house.leader, shift(house, stranger, 0, 8), NOW)


def test_windows_are_local_days(house: House) -> None:
    night = [{"start": "22:00", "end": "06:00"}]
    house.plan(shifts=night, visits={"at": ["23:30", "02:00"]}, since=date(2026, 3, 1))
    rows = house.conn.execute("SELECT due_at FROM patrol_window ORDER BY 1").fetchall()
    assert [at.astimezone(LOCAL).strftime("%d %H:%M") for (at,) in rows] == ["02 02:00", "02 23:30"]
