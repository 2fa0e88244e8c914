"""What a unit's newest readings say about it, and whether its silence means something.

Pure. The order in which readings arrive does not matter: a position counts by the
time it was observed, a sign of life by the time it was received.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from devices.readings import FIX, QUEUED, RETAINED, Positions

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
    stale_s = rules.stale_periods * case.period_s
    silent_s = max(rules.silent_periods * case.period_s, rules.silent_min_s)
    if state.link is not Link.ONLINE and _heard_again(state, state.heard_at, case.until, stale_s):
        state = replace(state, link=Link.ONLINE, reason="backfill", since=state.heard_at)

    from_at = max(state.heard_at, case.listening_since)
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


# ── the hot path ──────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Newest:
    """Positions of one batch, one row a device in order of device_no; times in ms.

    `places` and `batteries` index into `positions`: the newest row with a fix and the
    newest that names the battery, -1 where there is none.
    """

    device_no: NDArray[np.int64]
    heard_ms: NDArray[np.int64]  # newest receipt; -1 where everything was retained
    live_first_ms: NDArray[np.int64]  # oldest and newest live receipt; -1 without
    live_last_ms: NDArray[np.int64]
    places: NDArray[np.int64]
    batteries: NDArray[np.int64]


def corrected_ms(positions: Positions) -> NDArray[np.int64]:
    """Observed time by the best clock known: the device's, corrected where it can be."""
    skew_ms = np.nan_to_num(positions["skew_ms"], nan=0.0)
    at_ms: NDArray[np.int64] = positions["at_ms"] + np.rint(skew_ms).astype(np.int64)
    return at_ms


def newest(positions: Positions, rules: LinkRules = LINK_RULES) -> Newest:
    """Reduce many positions to what each device's newest say. One sort, no loop."""
    at_ms = corrected_ms(positions)
    order = np.lexsort((positions["seq"], at_ms, positions["device_no"]))
    device = positions["device_no"][order]
    starts = np.flatnonzero(np.r_[True, device[1:] != device[:-1]]) if len(device) else order
    flags = positions["flags"][order]
    received_ms = positions["received_ms"][order]

    own = (flags & RETAINED) == 0
    late_ms = received_ms - at_ms[order]
    live = own & ((flags & QUEUED) == 0) & (late_ms <= rules.live_late_max_s * 1000)
    fix = (flags & FIX) != 0
    battery = ~np.isnan(positions["bat_pct"][order])

    rows = np.arange(len(order))
    far = np.iinfo(np.int64).max
    live_first = (
        np.minimum.reduceat(np.where(live, received_ms, far), starts) if len(order) else rows
    )
    return Newest(
        device_no=device[starts].astype(np.int64),
        heard_ms=_last(np.where(own, received_ms, -1), starts),
        live_first_ms=np.where(live_first == far, -1, live_first),
        live_last_ms=_last(np.where(live, received_ms, -1), starts),
        places=_pick(order, _last(np.where(fix, rows, -1), starts)),
        batteries=_pick(order, _last(np.where(battery, rows, -1), starts)),
    )


def _last(values: NDArray[np.int64], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.maximum.reduceat(values, starts) if len(values) else values


def _pick(order: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Back from places in the sorted order to rows of the batch, keeping -1."""
    if not len(order):
        return rows
    return np.where(rows >= 0, order[rows], -1)
