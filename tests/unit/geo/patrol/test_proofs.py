"""Places by table B.4, levels by B.1, clocks by B.5, codes of points by B.7."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.values import to_ms
from devices.device_time import Trust, corrected
from geo.distance import metres_per_degree
from geo.patrol.proofs import (
    Reading,
    Spot,
    Token,
    level_of,
    place_of,
    point_code,
    prove,
    wants_enrolment,
)
from geo.patrol.rules import ProofRule
from tests.table import table

LON, LAT = 121.4998, 31.2397
EAST, _ = metres_per_degree(LAT)
AT = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
RULE = ProofRule()
SPOT = Spot(7, LON, LAT, 50.0, "sun")


def reading(
    method: str = "sun",
    *,
    tag: str | None = None,
    away_m: float | None = 0.0,
    acc_m: float | None = 5.0,
    late_s: float = 0.0,
    **detail: Any,
) -> Reading:
    lon = None if away_m is None else LON + away_m / EAST
    lat = None if away_m is None else LAT
    received_at = AT + timedelta(seconds=late_s)
    return Reading(1, AT, 0, 1, "a", received_at, method, tag, lon, lat, acc_m, None, detail)


def proved(one: Reading, auth: str = "sun", **token: Any) -> Any:
    time = corrected(one.at, one.received_at, None, Trust.DEVICE)
    given = Token(auth, "04AABBCC", **token)
    return prove(one, given, time, SPOT, RULE, version="t")


@table("""
    away_m  acc_m  place
    20      10     in
    45      10     in
    50      5      in          # at the very edge
    60      5      out
    60      15     uncertain
    80      40     uncertain
    120     30     out
    30      100    in          # the coarsest that counts
    30      150    none
""")
def test_places(away_m: float, acc_m: float, place: str) -> None:
    assert place_of(reading(away_m=away_m, acc_m=acc_m), SPOT, RULE).place == place


def test_strict_wants_the_whole_circle_inside() -> None:
    strict = ProofRule(strict_place=True)
    assert place_of(reading(away_m=45, acc_m=10), SPOT, strict).place == "uncertain"
    assert place_of(reading(away_m=40, acc_m=9), SPOT, strict).place == "in"


def test_nobody_is_called_outside_for_an_accuracy_not_told() -> None:
    assert place_of(reading(away_m=40, acc_m=None), SPOT, RULE).place == "in"
    assert place_of(reading(away_m=140, acc_m=None), SPOT, RULE).place == "uncertain"
    assert place_of(reading(away_m=160, acc_m=None), SPOT, RULE).place == "out"


@table("""
    age_s  place
    0      in
    60     in
    61     none
    -61    none      # a fix made a minute after the tap
""")
def test_old_fixes_are_no_evidence(age_s: float, place: str) -> None:
    fix_at = to_ms(AT) - int(age_s * 1000)
    assert place_of(reading(fix_at=fix_at), SPOT, RULE).place == place


def test_a_mock_fix_is_called_so_wherever_it_is() -> None:
    assert place_of(reading(mock=True), SPOT, RULE).place == "mock"
    assert place_of(reading(mock=True, away_m=None), SPOT, RULE).place == "none"


def test_without_a_point_or_a_fix_there_is_no_place() -> None:
    assert place_of(reading(), None, RULE).place == "none"
    assert place_of(reading(away_m=None), SPOT, RULE).place == "none"


@table("""
    auth            place      level
    none            in         0         # manual entry
    qr              none       1
    qr              in         3
    uid             uncertain  2
    uid             out        2
    uid             in         3
    sun             none       4
    sun             mock       4
    sun             in         5
    bad_mac         in         0
    replay          in         0
    replay_suspect  in         0
    unknown_key     in         0
""")
def test_levels(auth: str, place: str, level: float) -> None:
    assert level_of(auth, place) == level


def test_a_tag_whose_key_we_lack_is_worth_its_uid() -> None:
    assert level_of("unknown_key", "none", uid_known=True) == 2
    assert level_of("unknown_key", "in", uid_known=True) == 3
    assert level_of("bad_mac", "in", uid_known=True) == 0, "that one we could tell, and it is false"


@given(st.floats(0, 30 * 86_400))
def test_a_late_delivery_is_flagged_and_changes_nothing_else(late_s: float) -> None:
    prompt, late = proved(reading()), proved(reading(late_s=late_s))
    assert (late.auth, late.place, late.level) == (prompt.auth, prompt.place, prompt.level)
    assert late.corrected_at == prompt.corrected_at
    assert ("late_upload" in late.flags) == (late_s > RULE.late_upload_s)
    assert ("stale_upload" in late.flags) == (late_s > RULE.stale_upload_s)


@table("""
    offset_s  trust      flags
    120       monotonic  -
    121       monotonic  clock_skew
    10800     monotonic  clock_skew
    600       low        clock_skew
    601       low        clock_skew,clock_unusable
    -601      low        clock_skew,clock_unusable
""")
def test_clocks(offset_s: float, trust: str, flags: str) -> None:
    one = reading(late_s=0)
    time = corrected(AT, AT, round(offset_s * 1000), Trust(trust), [offset_s])
    found = prove(one, Token("sun", "04AABBCC"), time, SPOT, RULE, version="t").flags
    clock = [flag for flag in found if flag.startswith("clock")]
    assert ",".join(clock) == flags.strip("-"), found


def test_what_is_strange_is_said() -> None:
    assert "sun_expected" in proved(reading("nfc"), "uid").flags
    time = corrected(AT, AT, None, Trust.DEVICE)
    nowhere = prove(reading("nfc"), Token("uid", "04AABBCC"), time, None, RULE, version="t")
    assert nowhere.flags == ("unknown_tag",) and nowhere.point_id is None


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (reading("qr", tag="3F2A9C01B7"), "P-3F2A9C01B7"),
        (reading("qr", note="P-3f2a9c01b7"), "P-3F2A9C01B7"),
        (reading("qr", note="https://waypost.example.org/p/P-3F2A9C01B7?x=1"), "P-3F2A9C01B7"),
        (reading("qr", note="P-3F2A9C01B77"), None),
        (reading("qr", tag="04A1B2C3"), None),
        (reading("nfc", note="P-3F2A9C01B7"), None),
    ],
)
def test_codes_of_points(one: Reading, code: str | None) -> None:
    assert point_code(one) == code


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (reading("nfc", note="enrol P-3F2A9C01B7"), "P-3F2A9C01B7"),
        (reading("sun", note=" Enrol: p-3f2a9c01b7 "), "P-3F2A9C01B7"),
        (reading("nfc", note="enrol"), None),
        (reading("nfc", note="enrolled P-3F2A9C01B7"), None),
        (reading("nfc", note="please enrol P-3F2A9C01B7"), None),
        (reading("qr", note="enrol P-3F2A9C01B7"), None),
    ],
)
def test_who_asks_for_an_enrolment(one: Reading, code: str | None) -> None:
    assert wants_enrolment(one) == code
