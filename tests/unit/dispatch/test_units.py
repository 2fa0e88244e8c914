from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from devices.readings import FIX, POSITION_DTYPE, QUEUED, RETAINED, Positions, Readings
from dispatch.units import (
    LINK_REASONS,
    Link,
    LinkState,
    Receipt,
    Silence,
    corrected_ms,
    hear,
    judge_silence,
    newest,
    receipts_of,
)
from tests.table import table

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NOON_MS = 1_772_366_400_000


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@table("""
    link    reason    since heard until listening link_then reason_then since_then
    online  live      0     0     30    -99       online    live        0      # three periods
    online  live      0     0     31    -99       stale     late        30
    stale   late      30    0     300   -99       stale     late        30
    stale   late      30    0     301   -99       silent    not_heard   300
    online  live      0     0     301   -99       silent    not_heard   300
    online  live      0     0     500   480       online    live        0      # ours was down
    online  live      0     0     511   480       stale     late        510
    silent  last_will 5     0     9     -99       silent    last_will   5
    silent  last_will 5     8     9     -99       online    backfill    8      # heard since
    silent  last_will 5     8     39    -99       stale     late        38
    silent  not_heard 300   310   320   -99       online    backfill    310
    silent  not_heard 300   0     320   319       silent    not_heard   300    # no false return
    stale   late      30    29    31    -99       online    backfill    29     # known afterwards
    never   -         -     8     9     -99       online    backfill    8
""")
def test_silence(
    link: str,
    reason: str,
    since: float | str,
    heard: float,
    until: float,
    listening: float,
    link_then: str,
    reason_then: str,
    since_then: float,
) -> None:
    """Period 10 s: stale after 30 s, silent after 300 s. Seconds after noon."""
    state = LinkState(
        Link(link),
        None if reason == "-" else reason,
        None if isinstance(since, str) else at(since),
        at(heard),
    )
    case = Silence(state, "officer", "on_duty", None, 10, at(listening), at(until))
    found = judge_silence(case)
    assert (found.link, found.reason, found.since) == (link_then, reason_then, at(since_then))
    assert judge_silence(Silence(found, *_rest(case))) == found, "a second sweep changes nothing"


def _rest(case: Silence) -> tuple[str, str | None, str | None, int, datetime, datetime]:
    return (
        case.kind,
        case.reported,
        case.dock,
        case.period_s,
        case.listening_since,
        case.until,
    )


def test_a_slow_reporter_has_more_time() -> None:
    state = LinkState(Link.ONLINE, "live", at(0), at(0))

    def judged(until_s: float) -> Link:
        case = Silence(state, "vehicle", None, None, 60, at(-1), at(until_s))
        return judge_silence(case).link

    assert [judged(s) for s in (180, 181, 600, 601)] == ["online", "stale", "stale", "silent"]


def test_every_reason_can_be_told() -> None:
    assert set(LINK_REASONS) == {
        "live", "backfill", "late", "not_heard", "last_will", "docked", "off_duty",
    }  # fmt: skip


_receipts = st.lists(
    st.builds(Receipt, st.integers(0, 30).map(at), live=st.booleans(), will=st.booleans()),
    max_size=12,
)


@given(_receipts, st.integers(0, 12))
def test_folding_in_two_steps_is_folding_in_one(receipts: list[Receipt], cut: int) -> None:
    ordered = sorted(receipts, key=lambda r: (r.at, not r.will))
    whole = hear(LinkState(), ordered)
    halved = hear(hear(LinkState(), ordered[:cut]), ordered[cut:])
    assert halved == whole
    assert hear(whole, ordered) == whole, "what was folded before changes nothing"


def rows(fields: list[tuple[int, int, int, int, int]]) -> Positions:
    """(device_no, at_ms, received_ms, flags, battery or -1) around noon."""
    found = np.zeros(len(fields), POSITION_DTYPE)
    found["skew_ms"] = np.nan
    for seq, (row, (device_no, at_ms, received_ms, flags, battery)) in enumerate(
        zip(found, fields, strict=True)
    ):
        row["device_no"], row["seq"], row["flags"] = device_no, seq, flags
        row["at_ms"], row["received_ms"] = NOON_MS + at_ms, NOON_MS + received_ms
        row["bat_pct"] = np.nan if battery < 0 else battery
    return found


_row = st.tuples(
    st.integers(1, 4),
    st.integers(-90_000, 9),
    st.integers(0, 9),
    st.sampled_from([0, FIX, FIX | QUEUED, FIX | RETAINED, RETAINED]),
    st.integers(-5, 100),
)


@given(st.lists(_row, max_size=30))
def test_the_columns_agree_with_a_plain_loop(fields: list[tuple[int, int, int, int, int]]) -> None:
    positions = rows(fields)
    found = newest(positions)
    assert found.device_no.tolist() == sorted({f[0] for f in fields})
    for i, device_no in enumerate(found.device_no.tolist()):
        own = [r for r in range(len(fields)) if fields[r][0] == device_no]
        sent = [r for r in own if not fields[r][3] & RETAINED]
        live = [
            r for r in sent
            if not fields[r][3] & QUEUED and fields[r][2] - fields[r][1] <= 60_000
        ]  # fmt: skip

        assert found.places[i] == _latest(fields, [r for r in own if fields[r][3] & FIX])
        assert found.batteries[i] == _latest(fields, [r for r in own if fields[r][4] >= 0])
        heard = max((NOON_MS + fields[r][2] for r in sent), default=-1)
        assert found.heard_ms[i] == heard
        first = min((NOON_MS + fields[r][2] for r in live), default=-1)
        assert found.live_first_ms[i] == first


def _latest(fields: list[tuple[int, int, int, int, int]], chosen: list[int]) -> int:
    return max(chosen, key=lambda r: (fields[r][1], r), default=-1)


@given(st.lists(_row, min_size=1, max_size=12), st.integers(-5, 9), st.integers(-9, 9))
def test_two_receipts_stand_for_all(
    fields: list[tuple[int, int, int, int, int]], since_ms: int, heard_ms: int
) -> None:
    """The short cut of the hot path folds to the same link as every receipt."""
    positions = rows(fields)
    found = newest(positions)
    states = [
        LinkState(),
        LinkState(Link.SILENT, "last_will", at(since_ms / 1000), at(heard_ms / 1000)),
        LinkState(Link.STALE, "late", at(since_ms / 1000), at(heard_ms / 1000)),
    ]
    for state in states:
        for device_no in found.device_no.tolist():
            own = [f for f in fields if f[0] == device_no and not f[3] & RETAINED]
            every = [
                Receipt(at(f[2] / 1000), live=not f[3] & QUEUED and f[2] - f[1] <= 60_000)
                for f in own
            ]
            short = receipts_of(device_no, state, positions, found, [])
            assert hear(state, short) == hear(state, every)


def test_no_rows_are_no_devices() -> None:
    found = newest(Readings.empty().positions)
    assert len(found.device_no) == len(found.places) == 0
    assert len(corrected_ms(Readings.empty().positions)) == 0
