"""Windows turn green, missed, or undeterminable: with alive spans, taps, stays and late ones."""

from datetime import timedelta
from typing import Any

import pytest
from psycopg import Connection

from core.events import Event
from core.values import OrgId, Role, Viewer, from_ms
from geo.distance import metres_per_degree
from geo.fences_io import FenceEvaluator
from geo.patrol import verdicts_io, windows_io
from geo.patrol.points import PointDraft
from geo.patrol.points_io import create_point
from geo.patrol.proofs_io import ProofEvaluator
from geo.patrol.verdicts_io import PatrolEvaluator
from geo.patrol.windows import Span
from geo.patrol.windows_io import WindowExists, create_window, list_windows
from tests.integration.evaluators.road import START_MS, Road, make_device, make_org, positions, tap

LON, LAT = 121.4998, 31.2397
EAST, NORTH = metres_per_degree(LAT)
TAG = "04A1B2C3"
OPENS = from_ms(START_MS + 600_000)
CLOSES = OPENS + timedelta(minutes=30)
AFTER = CLOSES + timedelta(minutes=16)


class Post:
    """A point with one window of half an hour, and an officer."""

    def __init__(self, conn: Connection[Any]) -> None:
        self.conn = conn
        self.org = make_org(conn)
        self.viewer = Viewer("lin", Role.DISPATCHER, OrgId(self.org), frozenset([OrgId(self.org)]))
        draft = PointDraft("码头", LON, LAT, tag=TAG)
        self.point, _ = create_point(conn, self.viewer, draft, OPENS)
        span = Span(OPENS, OPENS + timedelta(minutes=15), CLOSES, min_dwell_s=60)
        self.window, _ = create_window(conn, self.viewer, self.point["id"], span, OPENS)
        self.no = make_device(conn, self.org, "a")
        self.road = Road(conn, [FenceEvaluator(), ProofEvaluator(), PatrolEvaluator()])
        self.road.now = CLOSES

    def alive(self, *spans_min: tuple[float, float], session_no: int = 0) -> None:
        """Ingest heard from minute to minute, counted from the opening."""
        for start, end in spans_min:
            self.conn.execute(
                "INSERT INTO alive_span VALUES (%s, %s, %s)",
                (session_no, OPENS + timedelta(minutes=start), OPENS + timedelta(minutes=end)),
            )

    def sweep(self) -> list[Event]:
        return verdicts_io.sweep(self.conn, AFTER)

    def results(self) -> list[str]:
        versions = verdicts_io.verdicts(self.conn, self.viewer, self.window["id"])
        assert [one["version"] for one in versions] == list(range(1, len(versions) + 1))
        return [one["result"] for one in versions]


@pytest.fixture
def post(conn: Connection[Any]) -> Post:
    return Post(conn)


def test_left_alone_it_is_missed_after_its_grace(post: Post) -> None:
    post.alive((-30, 60))
    assert verdicts_io.sweep(post.conn, CLOSES + timedelta(minutes=14)) == []
    (event,) = post.sweep()
    assert event.kind == "window.judged" and event.body["window"]["result"] == "missed"
    assert event.body["window"]["reasons"][0]["code"] == "nobody"
    assert event.body["window"]["observed_share"] == 1.0
    assert post.sweep() == [] and post.results() == ["missed"]


def test_with_ingest_down_over_it_it_is_undeterminable(post: Post) -> None:
    post.alive((-30, 10), (13, 60))
    (event,) = post.sweep()
    window = event.body["window"]
    assert window["result"] == "undeterminable" and window["observed_share"] == 0.9
    assert window["reasons"][0]["code"] == "blind" and window["reasons"][0]["unheard_s"] == 180.0
    assert window["reasons"][0]["zh"] and window["reasons"][0]["en"]


def test_without_any_ingest_it_is_undeterminable(post: Post) -> None:
    post.sweep()
    assert post.results() == ["undeterminable"]


def test_one_of_two_sessions_down_is_enough(post: Post) -> None:
    post.alive((-30, 60))
    post.alive((-30, 5), session_no=1)
    post.sweep()
    assert post.results() == ["undeterminable"]


def test_a_short_hiccup_hides_nothing(post: Post) -> None:
    """Ten seconds between two spans are within the heartbeat's own slack."""
    post.alive((-30, 10), (10 + 1 / 6, 60))
    post.sweep()
    assert post.results() == ["missed"]


def test_a_tap_turns_it_green_at_once(post: Post) -> None:
    events = post.road.send(taps=[tap(post.no, post.org, 900, TAG)])
    assert [event.kind for event in events] == ["checkin.recorded", "window.judged"]
    assert events[0].body["checkin"]["point_id"] == post.point["id"]
    window = events[1].body["window"]
    assert window["result"] == "on_time" and window["reasons"][0]["code"] == "tapped"
    assert window["evidence"]["checkins"][0]["device_no"] == post.no
    assert post.sweep() == []


@pytest.mark.parametrize(
    ("at_s", "away_m", "result"),
    [
        (600, 0, "on_time"),  # at the very opening
        (2400, 0, "on_time"),  # at the very closing
        (599.999, 0, "missed"),
        (2400.001, 0, "missed"),
        (900, 54, "on_time"),  # 54 - 5 <= 50: not surely outside
        (900, 56, "out_of_place"),
    ],
)
def test_which_taps_count(post: Post, at_s: float, away_m: float, result: str) -> None:
    post.alive((-30, 60))
    place = {"lon_deg": LON + away_m / EAST, "lat_deg": LAT, "acc_m": 5.0}
    post.road.send(taps=[tap(post.no, post.org, at_s, TAG, **place)])
    post.sweep()
    assert post.results() == [result]


def test_a_late_tap_adds_a_version(post: Post) -> None:
    post.alive((-30, 60))
    post.sweep()
    events = post.road.send(taps=[tap(post.no, post.org, 900, TAG)])
    assert [event.kind for event in events] == ["checkin.recorded", "window.judged"]
    assert post.results() == ["missed", "on_time"]
    then = verdicts_io.verdicts(post.conn, post.viewer, post.window["id"], as_of=OPENS)
    assert then == [], "nothing was known before the window was judged"


def test_a_stay_counts_and_a_passing_does_not(post: Post) -> None:
    post.alive((-30, 60))
    passing = [(700.0 + 10 * i, LON + (-150 + 30 * i) / EAST, LAT) for i in range(11)]
    post.road.send(positions(post.no, passing))
    assert post.results() == []
    stay = [(1000.0 + 10 * i, LON + (100 if i < 2 or i > 12 else 0) / EAST, LAT) for i in range(17)]
    rows = positions(post.no, stay)
    rows["seq"] += 50
    post.road.send(rows)
    assert post.results() == ["on_time"]
    (version,) = verdicts_io.verdicts(post.conn, post.viewer, post.window["id"])
    assert version["reasons"][0]["code"] == "stayed" and version["rule"] == "v2"


def test_who_stood_there_before_and_after_is_seen_by_the_sweep(post: Post) -> None:
    """No crossing falls into the window at all."""
    post.alive((-30, 60))
    rows = [(10.0 * i, LON, LAT) for i in range(300)]
    post.road.send(positions(post.no, rows))
    post.sweep()
    assert post.results() == ["on_time"]


def test_what_followers_have_not_judged_yet_is_not_called_missed(post: Post) -> None:
    """A follower that stumbled, or judges elsewhere and is behind: stored is not yet known."""
    post.alive((-30, 60))
    post.conn.execute(
        """INSERT INTO batch (session_no, no, received_at, stored, duplicate, rejected)
           VALUES (0, 1, %s, 1, 0, 0)""",
        (CLOSES,),
    )
    post.conn.execute(
        """INSERT INTO ingest_lease (session_no, sessions, owner, epoch, until_at)
           VALUES (0, 1, 'here', 1, now()), (1, 2, 'retired', 1, '-infinity')"""
    )
    assert post.sweep() == []
    post.road.batch_no = 1
    post.road.send()
    post.sweep()
    assert post.results() == ["missed"]


def test_ingest_down_as_the_grace_ends_is_undeterminable(post: Post) -> None:
    """A tap made in time may wait at the broker; what it did hear, it heard whole."""
    post.alive((-30, 31))
    post.sweep()
    (version,) = verdicts_io.verdicts(post.conn, post.viewer, post.window["id"])
    assert version["result"] == "undeterminable" and version["observed_share"] == 1.0


def test_an_outage_within_the_grace_hides_nothing_once_it_is_over(post: Post) -> None:
    post.alive((-30, 31), (40, 60))
    post.sweep()
    assert post.results() == ["missed"]


def test_a_proof_that_late_fixes_take_away_is_judged_again(post: Post) -> None:
    """Every order of arrival ends alike: here it was nobody in the end."""
    post.alive((-30, 60))
    post.road.now = OPENS + timedelta(minutes=10)
    stay = [(1000.0 + 10 * i, LON + (0 if 2 <= i <= 11 else 200) / EAST, LAT) for i in range(15)]
    post.road.send(positions(post.no, stay))
    assert post.results() == ["on_time"]
    away = positions(post.no, [(1005.0 + 10 * i, LON + 200 / EAST, LAT) for i in range(14)])
    away["seq"] += 100
    post.road.send(away)
    assert post.results() == ["on_time", "undeterminable"], "the window is not over"
    said, again = post.sweep(), post.sweep()
    assert [one.body["window"]["result"] for one in said] == ["missed"] and again == []


def test_windows_are_made_once(post: Post) -> None:
    first = windows_io.sweep(post.conn, OPENS)
    assert [event.kind for event in first] == ["window.created"] * 2  # grade 2: two a day
    assert windows_io.sweep(post.conn, OPENS) == []
    assert len(list_windows(post.conn, post.viewer, OPENS, OPENS + timedelta(days=2))) == 3
    with pytest.raises(WindowExists):
        span = Span(OPENS, OPENS, CLOSES, 60)
        create_window(post.conn, post.viewer, post.point["id"], span, OPENS)
