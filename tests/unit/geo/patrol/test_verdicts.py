"""One window, judged (domain reference B.4, B.6; features: state machine Window)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.patrol.evidence import Evidence, Key, Pardon, Stay, Tap, Verdict, Window, same
from geo.patrol.reasons import SENTENCES
from geo.patrol.results import MEANINGS, Presence, Result
from geo.patrol.rules import RULE
from geo.patrol.sight import Sight, Span, Spot
from geo.patrol.verdicts import judge, reopened
from tests.table import table

SIX = datetime(2026, 9, 22, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
SPOT = Spot(121.5, 31.2, 50.0)
WINDOW = Window(1, 9, SIX, SIX + HOUR / 2, SIX + HOUR, SPOT, grace_s=900, min_dwell_s=60)
# Due 06:00, 30 minutes around it on time, 40 more early and late (GeoVision's own example).
GEOVISION = Window(
    2, 9, SIX - HOUR / 2, SIX, SIX + HOUR / 2, SPOT,
    early_s=2400, late_s=2400, grace_s=0, proof="tap",
)  # fmt: skip
BEAT = replace(GEOVISION, min_dwell_s=180, min_level=5)


def at(minutes: float) -> datetime:
    return SIX + timedelta(minutes=minutes)


def tap(minutes: float, no: int = 1, seq: int = 0, **more: Any) -> Tap:
    return Tap(Key(no, at(minutes), seq), at(minutes), **more)


def verdict_of(window: Window, seen: Evidence, now_min: float = 80) -> Verdict:
    verdict = judge(window, seen, at(now_min))
    assert verdict is not None
    return verdict


def result(window: Window, seen: Evidence, now_min: float = 80) -> str:
    verdict = judge(window, seen, at(now_min))
    return "none" if verdict is None else verdict.result


def codes(verdict: Verdict) -> list[str]:
    return [said["code"] for said in verdict.reasons]


def sight(**more: Any) -> Sight:
    """Somebody expected, in sight and elsewhere throughout, unless told otherwise."""
    return Sight(1, SIX, SIX + HOUR, **{"observed_share": 1.0, "longest_gap_s": 10.0, "lost": 0,
                                        "hidden": False, "nearest_m": 320.0, **more})  # fmt: skip


# ── time ───────────────────────────────────────────────────────────────────


@table("""
    clock      result
    04:49:59   missed      # absent
    04:50:00   early
    05:29:59   early
    05:30:00   on_time
    06:00:00   on_time
    06:30:00   on_time
    06:30:01   late
    07:10:00   late
    07:10:01   missed      # absent
""")
def test_the_edges_of_geovision_to_the_second(clock: str, result: str) -> None:
    """B.8.4; the manual's example with its buffer and extended buffer."""
    hour, minute, second = map(int, clock.split(":"))
    made_at = SIX.replace(hour=hour, minute=minute, second=second)
    seen = Evidence([Tap(Key(1, made_at, 0), made_at)])
    assert verdict_of(GEOVISION, seen).result == result


@table("""
    tap_min  now_min  result
    30       31       on_time   # tapped
    0        31       on_time   # at the opening: the window is closed on both sides
    60       61       on_time   # at the closing
    -0.01    76       missed    # before
    60.01    76       missed    # after
    -1       75       none      # the grace is not over
    -1       75.1     missed
""")
def test_a_tap_in_time(tap_min: float, now_min: float, result: str) -> None:
    found = judge(WINDOW, Evidence([tap(tap_min)]), at(now_min))
    assert ("none" if found is None else found.result) == result


def test_how_far_off_is_said() -> None:
    verdict = verdict_of(GEOVISION, Evidence([tap(-42)]))
    assert codes(verdict) == ["tapped", "early"] and verdict.reasons[1]["minutes"] == 12
    assert verdict.reasons[0]["zh"] == "13:18 打卡", "local time, as people read it"
    assert verdict.proved_at == at(-42) and verdict.device_no == 1


def test_of_several_check_ins_the_best_one_counts() -> None:
    seen = Evidence([tap(-45, 1), tap(20, 2), tap(50, 3), tap(5, 4, place="out", distance_m=200.0)])
    verdict = verdict_of(GEOVISION, seen)
    assert (verdict.result, verdict.device_no) == (Result.ON_TIME, 2)
    assert verdict_of(GEOVISION, Evidence(seen.taps[:1] + seen.taps[2:])).result == Result.EARLY


# ── authenticity and place ─────────────────────────────────────────────────


@table("""
    field   value           result        code
    auth    uid             on_time       tapped
    auth    sun             on_time       tapped
    auth    bad_mac         suspect       tap_bad_mac
    auth    unknown_key     suspect       tap_unknown_key
    auth    replay          suspect       tap_replay
    auth    replay_suspect  suspect       tap_replay_suspect
    place   in              on_time       tapped
    place   none            on_time       tapped           # no evidence either way
    place   uncertain       on_time       tapped
    place   out             out_of_place  tap_away
    place   mock            suspect       tap_mock
    method  manual          suspect       tap_claim        # only a human statement
    method  qr              suspect       tap_unplaced     # a QR code proves nothing alone
    flag    clock_skew      on_time       tapped
    flag    late_upload     on_time       tapped
    flag    clock_unusable  suspect       tap_clock
""")
def test_what_a_check_in_is_worth(field: str, value: str, result: str, code: str) -> None:
    more: dict[str, Any] = {"flags": (value,)} if field == "flag" else {field: value}
    verdict = verdict_of(GEOVISION, Evidence([tap(0, distance_m=77.0, **more)]))
    assert (verdict.result, codes(verdict)[0]) == (result, code)
    assert MEANINGS[verdict.result].counts is (result == "on_time")


def test_a_qr_code_with_a_position_inside_counts() -> None:
    seen = Evidence([tap(0, method="qr", auth="qr", place="in", level=3)])
    assert result(GEOVISION, seen) == "on_time"


def test_a_duplicate_counts_for_nothing() -> None:
    assert result(GEOVISION, Evidence([tap(0, flags=("duplicate",))])) == "missed"


def test_what_does_not_count_is_not_said_before_the_window_is_over() -> None:
    seen = Evidence([tap(0, place="out")])
    assert (result(GEOVISION, seen, 70), result(GEOVISION, seen, 70.1)) == ("none", "out_of_place")


@table("""
    level  verified
    4      no
    5      yes
""")
def test_the_level_decides_whether_it_is_verified_not_whether_it_counts(
    level: float, verified: str
) -> None:
    window = replace(GEOVISION, min_level=5)
    verdict = verdict_of(window, Evidence([tap(0, level=int(level))]))
    assert verdict.result == Result.ON_TIME and verdict.verified is (verified == "yes")
    assert ("level_low" in codes(verdict)) is (verified == "no")


# ── dwell ──────────────────────────────────────────────────────────────────


@table("""
    stay_min  before_s  after_s  result     verified_by
    3         none      none     on_time    -             # three minutes inside, seen
    2.9       100       70       too_short  too_short     # at most 170 s, and that was seen
    2.9       100       80       on_time    dwell_unseen  # 180 s are possible
    0         none      20       on_time    dwell_unseen  # nothing seen before
    0         20        none     on_time    dwell_unseen
""")
def test_the_stay_around_a_check_in(
    stay_min: float, before_s: float | str, after_s: float | str, result: str, verified_by: str
) -> None:
    one = tap(0, level=5)
    sides = tuple(None if side == "none" else float(side) for side in (before_s, after_s))
    seen = Evidence(
        [one],
        [Stay(1, at(-1), at(-1 + stay_min)), Stay(2, at(-30), at(30))],  # another's is no help
        {one.key: (sides[0], sides[1])},
    )
    verdict = verdict_of(BEAT, seen)
    assert verdict.result == result
    assert (verified_by == "-") or (verified_by in codes(verdict))


def test_a_stay_still_lasting_is_waited_for() -> None:
    one = tap(0, level=5)
    seen = Evidence([one], [Stay(1, at(-1), at(1))], {one.key: (60.0, None)})
    assert result(BEAT, seen, 1) == "none"
    assert result(BEAT, replace(seen, stays=[Stay(1, at(-1), at(2))]), 2) == "on_time"


@table("""
    from_min  to_min  result
    10        11      on_time  # just long enough
    10        10.9    missed
    -30       1       on_time  # only the part within the window counts
    -30       0.9     missed
    59        90      on_time
    59.1      90      missed
""")
def test_a_stay_alone(from_min: float, to_min: float, result: str) -> None:
    seen = Evidence(stays=[Stay(1, at(from_min), at(to_min))])
    assert verdict_of(WINDOW, seen).result == result


@table("""
    from_min  to_min  result
    -80       -36     early    # long enough before it counts as on time
    -31.5     -30.6   missed
    -31.5     -30.4   early
    -30.5     -29.4   on_time  # reached within
    29.5      31      late     # half a minute within, the rest after
    69        70      late
    69.1      71      missed
""")
def test_a_stay_early_and_late(from_min: float, to_min: float, result: str) -> None:
    window = replace(GEOVISION, proof="stay", min_dwell_s=60)
    assert verdict_of(window, Evidence(stays=[Stay(1, at(from_min), at(to_min))])).result == result


def test_where_a_tap_is_asked_for_a_stay_is_none() -> None:
    seen = Evidence(stays=[Stay(1, at(0), at(5))])
    verdict = verdict_of(GEOVISION, seen)
    assert (verdict.result, codes(verdict)) == ("undeterminable", ["stayed_untapped"])
    assert result(GEOVISION, Evidence(stays=[Stay(1, at(0), at(0.9))])) == "missed"  # a passing
    assert result(replace(GEOVISION, proof="stay"), Evidence([tap(0)])) == "missed"


# ── absence ────────────────────────────────────────────────────────────────


@table("""
    first second result
    0     0      missed
    59    0      missed          # one outage of a minute at most ...
    61    0      undeterminable
    30    29     missed
    30    30     undeterminable  # ... or as much as the dwell that is missing
""")
def test_absence_is_told_only_when_we_were_listening(
    first: float, second: float, result: str
) -> None:
    outages: list[Span] = [
        (start, start + timedelta(seconds=length))
        for start, length in ((at(10), first), (at(40), second))
        if length
    ]
    assert verdict_of(WINDOW, Evidence(outages=outages)).result == result


@table("""
    hidden  lost   offline  result           code
    no      0      no       missed           nobody
    yes     0      no       undeterminable   gap
    no      1      no       undeterminable   lost
    no      none   no       undeterminable   unbounded
    yes     0      yes      pending_offline  offline
    no      0      yes      missed           nobody     # seen all the time, then switched off
""")
def test_absence_is_told_only_of_those_in_sight(
    hidden: str, lost: float | str, offline: str, result: str, code: str
) -> None:
    one = sight(hidden=hidden == "yes", lost=None if lost == "none" else int(lost))
    seen = Evidence(sights=[sight(), one], offline=offline == "yes")
    verdict = verdict_of(GEOVISION, seen)
    assert (verdict.result, codes(verdict)[0]) == (result, code)
    assert len(verdict.evidence["sights"]) == 2


def test_an_offline_terminal_is_waited_for_a_day() -> None:
    seen = Evidence(sights=[sight(hidden=True)], offline=True)
    assert result(GEOVISION, seen, 70 + 24 * 60) == "pending_offline"
    assert result(GEOVISION, seen, 70 + 24 * 60 + 1) == "undeterminable"


def test_why_it_is_missed() -> None:
    verdict = verdict_of(GEOVISION, Evidence(sights=[sight(), sight(nearest_m=81.4)]))
    assert codes(verdict) == ["nobody", "elsewhere"] and verdict.reasons[1]["nearest_m"] == 81
    assert codes(verdict_of(GEOVISION, Evidence())) == ["nobody", "unrostered"]


def test_an_outage_takes_nothing_from_a_proof() -> None:
    outages = [(at(0), at(60))]
    verdict = verdict_of(WINDOW, Evidence([tap(30)], outages=outages))
    assert (verdict.result, verdict.observed_share) == ("on_time", 0.0)
    assert result(WINDOW, Evidence(outages=outages)) == "undeterminable"


def test_followers_that_are_behind_are_waited_for() -> None:
    assert result(WINDOW, Evidence(unjudged_since=at(75))) == "none"
    assert result(WINDOW, Evidence(unjudged_since=at(75.1))) == "missed"


# ── pardons ────────────────────────────────────────────────────────────────


@table("""
    kind     tap_min  result
    excused  none     excused
    excused  -40      early     # an excuse takes nothing from who came all the same
    excused  0        on_time
    makeup   none     makeup
    makeup   -40      makeup
    makeup   0        on_time
    appeal   none     excused
    appeal   -40      excused
""")
def test_pardons(kind: str, tap_min: float | str, result: str) -> None:
    taps = [] if tap_min == "none" else [tap(float(tap_min))]
    verdict = verdict_of(GEOVISION, Evidence(taps, pardon=Pardon(kind, "支援", 7)), -20)
    assert verdict.result == result
    if result in ("excused", "makeup"):
        assert verdict.evidence["pardon"] == {"kind": kind, "id": 7}
        assert "支援" in verdict.reasons[0]["zh"]


# ── versions ───────────────────────────────────────────────────────────────


def test_the_order_of_evidence_does_not_matter() -> None:
    taps = [tap(30, 2, 1), tap(20, 1, 5), tap(20, 1, 4)]
    forward, backward = (verdict_of(WINDOW, Evidence(t)) for t in (taps, taps[::-1]))
    assert forward == backward and forward.evidence["checkins"][0]["device_no"] == 2


def test_a_rule_of_another_version_that_says_the_same_adds_none() -> None:
    before = verdict_of(WINDOW, Evidence([tap(30)]))
    assert same(before, replace(before, rule="v9"))
    assert not same(before, replace(before, verified=False))
    assert not same(before, reopened(WINDOW, Evidence()))


def test_the_rule_is_data() -> None:
    strict = replace(RULE, version="v3", judge=replace(RULE.judge, offline_wait_s=60.0))
    seen = Evidence(sights=[sight(hidden=True)], offline=True)
    verdict = judge(GEOVISION, seen, at(72), strict)
    assert verdict is not None and (verdict.result, verdict.rule) == ("undeterminable", "v3")


@given(
    st.lists(st.tuples(
        st.integers(-90, 90), st.sampled_from(["in", "out", "none", "mock", "uncertain"]),
        st.sampled_from(["uid", "sun", "replay", "bad_mac"]), st.integers(1, 3),
    ), max_size=6),
    st.randoms(),
)  # fmt: skip
def test_any_evidence_has_one_verdict_with_words(made: list[Any], random: Any) -> None:
    taps = [tap(m, no, i, place=place, auth=auth) for i, (m, place, auth, no) in enumerate(made)]
    verdict = verdict_of(GEOVISION, Evidence(taps, sights=[sight()]))
    shuffled = taps[:]
    random.shuffle(shuffled)
    assert verdict_of(GEOVISION, Evidence(shuffled, sights=[sight()])) == verdict
    assert all(said["zh"] and said["en"] and "{" not in said["zh"] for said in verdict.reasons)
    if any(MEANINGS[verdict_of(GEOVISION, Evidence([one])).result].counts for one in taps):
        assert MEANINGS[verdict.result].presence is Presence.THERE


def test_every_sentence_is_in_both_languages_with_the_same_numbers() -> None:
    for code, (zh, en) in SENTENCES.items():
        fields = [sorted(f for _, f, _, _ in __import__("string").Formatter().parse(text) if f)
                  for text in (zh, en)]  # fmt: skip
        assert fields[0] == fields[1], code


@pytest.mark.parametrize("one", list(Result))
def test_what_is_absent_never_counts(one: Result) -> None:
    if MEANINGS[one].presence in (Presence.ABSENT, Presence.UNKNOWN, Presence.EXCUSED):
        assert not MEANINGS[one].counts and MEANINGS[one].weight == 0
