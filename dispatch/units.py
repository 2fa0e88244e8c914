"""What a unit's newest readings say about it, and whether its silence means something.

Pure. The order in which readings arrive does not matter: a position counts by the
time it was observed, a sign of life by the time it was received.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.values import from_ms
from devices.readings import FIX, POSITION_DTYPE, QUEUED, RETAINED, Positions, Readings, Status

# Who can be sent somewhere.
TAKES_TASKS = frozenset({"officer", "vehicle", "drone"})


class Link(StrEnum):
    """What we know of the connection, apart from the unit's own state."""

    NEVER = "never"
    ONLINE = "online"
    STALE = "stale"  # later than it should be
    SILENT = "silent"  # so late, or said so itself, that nobody should count on it


@dataclass(frozen=True, slots=True)
class LinkRules:
    """When silence begins to mean something."""

    stale_periods: float = 3  # × the device's own reporting period
    silent_periods: float = 10
    silent_min_s: float = 300
    live_late_max_s: float = 60  # a message older than this was kept somewhere on its way


LINK_RULES = LinkRules()

# Why a link is as it is: code → Chinese, English. The console shows these.
LINK_REASONS: dict[str, tuple[str, str]] = {
    "live": ("实时上报", "reporting live"),
    "backfill": ("仅收到补传数据", "only data saved up earlier arrived"),
    "late": ("上报延迟", "later than its reporting period allows"),
    "not_heard": ("长时间无上报", "not heard for a long time"),
    "last_will": ("连接中断(遗嘱消息)", "the connection broke (last will)"),
    "docked": ("已入采集工作站", "in its docking station"),
    "off_duty": ("已下班或关机", "off duty or switched off"),
}
# Silence of these is expected. A docked camera says nothing until it is taken out.
_RESTING = frozenset({"off_duty", "offline", "off"})
_DOCKED = frozenset({"standby", "off", None})


@dataclass(frozen=True, slots=True)
class LinkState:
    link: Link = Link.NEVER
    reason: str | None = None
    since: datetime | None = None
    heard_at: datetime | None = None  # newest receipt of anything the device sent itself


@dataclass(frozen=True, slots=True)
class Receipt:
    """That something of a device arrived: live, saved up earlier, or its last will."""

    at: datetime
    live: bool = True
    will: bool = False


@dataclass(frozen=True, slots=True)
class Silence:
    """What the sweep knows about one unit."""

    state: LinkState
    kind: str
    reported: str | None  # state the unit last reported
    dock: str | None
    period_s: int
    listening_since: datetime  # from here to `until` our own ingest was alive without a gap
    until: datetime


def hear(state: LinkState, receipts: Iterable[Receipt]) -> LinkState:
    """Fold receipts into the link, in order of time; at one instant a will comes first.

    A receipt folded before changes nothing.
    """
    for receipt in sorted(receipts, key=lambda r: (r.at, not r.will)):
        state = _lost(state, receipt.at) if receipt.will else _heard(state, receipt)
    return state


def judge_silence(case: Silence, rules: LinkRules = LINK_RULES) -> LinkState:
    """The link as it is at `until`, counting only silence that we could have heard broken."""
    state = case.state
    if state.heard_at is None:
        return state
    heard_at = state.heard_at
    stale_s = rules.stale_periods * case.period_s
    silent_s = max(rules.silent_periods * case.period_s, rules.silent_min_s)
    if state.link is not Link.ONLINE and _heard_again(state, heard_at, case.until, stale_s):
        state = replace(state, link=Link.ONLINE, reason="backfill", since=heard_at)

    from_at = max(heard_at, case.listening_since)
    quiet_s = (case.until - from_at).total_seconds()
    if quiet_s > silent_s and state.link is not Link.SILENT:
        since = from_at + timedelta(seconds=silent_s)
        return replace(state, link=Link.SILENT, reason=_why_silent(case), since=since)
    if quiet_s > stale_s and state.link is Link.ONLINE:
        since = from_at + timedelta(seconds=stale_s)
        return replace(state, link=Link.STALE, reason="late", since=since)
    return state


def _heard_again(state: LinkState, heard_at: datetime, until: datetime, stale_s: float) -> bool:
    if state.since is None or heard_at > state.since:
        return True
    # Received before we called it late, but known to us only afterwards.
    return state.reason != "last_will" and (until - heard_at).total_seconds() <= stale_s


def _heard(state: LinkState, receipt: Receipt) -> LinkState:
    newer = state.heard_at is None or receipt.at > state.heard_at
    heard = replace(state, heard_at=receipt.at) if newer else state
    if not receipt.live or state.link is Link.ONLINE:
        return heard
    after_change = state.since is None or receipt.at >= state.since
    if (newer and state.reason != "last_will") or (
        after_change and (newer or receipt.at == state.heard_at)
    ):
        return replace(heard, link=Link.ONLINE, reason="live", since=receipt.at)
    return heard


def _lost(state: LinkState, at: datetime) -> LinkState:
    if state.heard_at is not None and at <= state.heard_at:
        return state
    if state.link is Link.SILENT and state.reason == "last_will":
        assert state.since is not None
        return replace(state, since=max(state.since, at))
    return replace(state, link=Link.SILENT, reason="last_will", since=at)


def _why_silent(case: Silence) -> str:
    if case.kind == "camera" and case.dock is not None and case.reported in _DOCKED:
        return "docked"
    if case.reported in _RESTING:
        return "off_duty"
    return "not_heard"


# ── the hot path: columns in, columns out ─────────────────────────────────


@dataclass(frozen=True, slots=True)
class Newest:
    """Positions of one batch, one row a device in order of device_no; times in ms.

    `places` and `batteries` index into `positions`: the newest row with a fix and the
    newest that names the battery, -1 where there is none.
    """

    device_no: NDArray[np.int64]
    heard_ms: NDArray[np.int64]  # newest receipt; -1 where everything was retained
    live_first_ms: NDArray[np.int64]  # oldest live receipt; -1 without
    places: NDArray[np.int64]
    batteries: NDArray[np.int64]


def corrected_ms(positions: Positions) -> NDArray[np.int64]:
    """Observed time by the best clock known: the device's, corrected where it can be."""
    skew_ms = np.nan_to_num(positions["skew_ms"], nan=0.0)
    at_ms: NDArray[np.int64] = positions["at_ms"] + np.rint(skew_ms).astype(np.int64)
    return at_ms


def newest(positions: Positions, rules: LinkRules = LINK_RULES) -> Newest:
    """Reduce many rows to what each device's newest say. One sort, no loop."""
    if not len(positions):
        none = np.empty(0, np.int64)
        return Newest(none, none, none, none, none)
    order = np.lexsort((positions["seq"], corrected_ms(positions), positions["device_no"]))
    ordered = positions[order]
    device_no = ordered["device_no"].astype(np.int64)
    starts = np.flatnonzero(np.r_[True, device_no[1:] != device_no[:-1]])

    received_ms = ordered["received_ms"]
    live = _is_live(ordered, rules)
    own = (ordered["flags"] & RETAINED) == 0
    far = np.iinfo(np.int64).max
    first_live = np.minimum.reduceat(np.where(live, received_ms, far), starts)
    fix = (ordered["flags"] & FIX) != 0
    battery = ~np.isnan(ordered["bat_pct"])
    return Newest(
        device_no=device_no[starts],
        heard_ms=np.maximum.reduceat(np.where(own, received_ms, -1), starts),
        live_first_ms=np.where(first_live == far, -1, first_live),
        places=_newest_where(fix, order, starts),
        batteries=_newest_where(battery, order, starts),
    )


def _newest_where(
    wanted: NDArray[np.bool_], order: NDArray[np.int64], starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """For each device the row of the batch that is its last wanted one, -1 without."""
    last = np.maximum.reduceat(np.where(wanted, np.arange(len(order)), -1), starts)
    return np.where(last >= 0, order[last], -1)


def rare_rows(readings: Readings) -> Positions:
    """Signs of life that are no positions, as rows without a fix, so one reduction serves all.

    A camera has no position channel: its status names the place. Whether a rare reading
    was queued is not stored with it, so only its lateness tells (the same by every road).
    A will is here too, as something the device did not send itself.
    """
    stamps = [
        (reading.stamp, reading if isinstance(reading, Status) else None)
        for readings_of_kind in readings.rare()
        for reading in readings_of_kind
    ]
    rows = np.zeros(len(stamps), POSITION_DTYPE)
    for column in ("lon_deg", "lat_deg", "acc_m", "spd_mps", "crs_deg", "bat_pct", "skew_ms"):
        rows[column] = np.nan
    for row, (stamp, status) in zip(rows, stamps, strict=True):
        row["device_no"], row["at_ms"], row["seq"] = stamp.device_no, stamp.at_ms, stamp.seq
        row["received_ms"] = stamp.received_ms
        if status is None:
            continue
        if status.will:
            row["flags"] = RETAINED
            continue
        if status.bat_pct is not None:
            row["bat_pct"] = status.bat_pct
        if stamp.kind == "camera" and status.detail.get("lon") is not None:
            acc_m = status.detail.get("acc")
            row["lon_deg"], row["lat_deg"] = status.detail["lon"], status.detail["lat"]
            row["acc_m"] = np.nan if acc_m is None else acc_m
            row["flags"] = FIX
    return rows


def receipts_of(
    device_no: int, state: LinkState, rows: Positions, found: Newest, wills: list[Receipt]
) -> list[Receipt]:
    """What to fold into one device's link.

    Its first live receipt and its newest are enough, unless a will lies between or the
    first is not news: then every receipt counts, each in its place.
    """
    at = int(np.searchsorted(found.device_no, device_no))
    if at == len(found.device_no) or found.device_no[at] != device_no:
        return wills
    first_ms = int(found.live_first_ms[at])
    known = [moment for moment in (state.since, state.heard_at) if moment is not None]
    if wills or (first_ms >= 0 and any(from_ms(first_ms) <= moment for moment in known)):
        own = rows[(rows["device_no"] == device_no) & ((rows["flags"] & RETAINED) == 0)]
        arrived = zip(own["received_ms"].tolist(), _is_live(own).tolist(), strict=True)
        return [*wills, *(Receipt(from_ms(at_ms), live=live) for at_ms, live in arrived)]
    folded = [Receipt(from_ms(first_ms))] if first_ms >= 0 else []
    heard_ms = int(found.heard_ms[at])
    return folded if heard_ms < 0 else [*folded, Receipt(from_ms(heard_ms), live=False)]


def columns(rows: Positions, found: Newest) -> dict[str, str]:
    """The newest of each device as array literals of integers for one statement; -1 is absent.

    Literals because binding eleven lists number by number costs more than the statement.
    """
    place = rows[found.places]
    at_ms = np.where(found.places >= 0, corrected_ms(place), -1)
    fix = found.places >= 0
    battery = rows[found.batteries]
    charged = found.batteries >= 0
    values = {
        "device_no": found.device_no,
        "heard_ms": found.heard_ms,
        "at_ms": at_ms,
        "seq": np.where(fix, place["seq"], -1),
        "lat_e7": np.where(fix, _whole(place["lat_deg"], 1e7), 0),
        "lon_e7": np.where(fix, _whole(place["lon_deg"], 1e7), 0),
        "acc_dm": np.where(fix, _whole(place["acc_m"], 10), -1),
        "spd_cms": np.where(fix, _whole(place["spd_mps"], 100), -1),
        "crs_ddeg": np.where(fix, _whole(place["crs_deg"], 10), -1),
        "bat_ms": np.where(charged, corrected_ms(battery), -1),
        "bat_pct": np.where(charged, _whole(battery["bat_pct"], 1), -1),
    }
    return {name: "{" + str(column.tolist())[1:-1] + "}" for name, column in values.items()}


def _whole(column: NDArray[Any], scale: float) -> NDArray[np.int64]:
    """Scaled and rounded; NaN becomes -1, and what a smallint cannot hold its greatest value."""
    scaled = np.rint(np.nan_to_num(column.astype(np.float64) * scale, nan=-1.0))
    if scale < 1e6:
        scaled = np.minimum(scaled, 32_767)
    return scaled.astype(np.int64)


def _is_live(rows: Positions, rules: LinkRules = LINK_RULES) -> NDArray[np.bool_]:
    late_ms = rows["received_ms"] - corrected_ms(rows)
    kept: NDArray[np.bool_] = (rows["flags"] & (RETAINED | QUEUED)) == 0
    return kept & (late_ms <= rules.live_late_max_s * 1000)
