"""Was somebody there, was nobody, or could we not see? (到位 / 未到 / 无法判定)

What is judged, in the order of the domain reference (B.6): authenticity, place, time, order,
dwell, duplicates. Of several check-ins that speak of a window the best one counts. Absence
is only said when every way in which a visit could have escaped us is closed (geo/patrol/sight).
Pure: `now` is an argument, and a verdict is a function of what was observed and of it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from geo.patrol.evidence import STAY, TAP, Evidence, Pardon, Stay, Tap, Verdict, Window
from geo.patrol.reasons import hm, reason
from geo.patrol.results import MEANINGS, Result
from geo.patrol.rules import RULE, Rule
from geo.patrol.sight import Sight, heard_share, seconds, told

UNTAPPED_STAY_MIN_S: Final = 60.0  # a shorter stay without a check-in was a passing


def judge(window: Window, seen: Evidence, now: datetime, rule: Rule = RULE) -> Verdict | None:
    """None while the window may still be kept. The order of a route comes after: `in_order`."""
    share = _share(window, seen)
    best = _best(window, seen, now, rule)
    counts = best is not None and MEANINGS[best.result].counts
    if best is not None and counts and (best.result is Result.ON_TIME or _excused(seen)):
        return replace(best, observed_share=share)
    if seen.pardon is not None:
        return _pardoned(seen.pardon, best, share, rule)
    if best is not None and counts:
        return replace(best, observed_share=share)
    behind = seen.unjudged_since is not None and seen.unjudged_since <= window.settles_at
    if now <= window.settles_at or behind:
        return None
    if best is not None:
        return replace(best, observed_share=share)
    return _absent(window, seen, now, rule, share)


def reopened(window: Window, seen: Evidence, rule: Rule = RULE) -> Verdict:
    """What holds when a proof is gone and absence cannot be said yet."""
    said = (reason("reopened"),)
    return Verdict(Result.UNDETERMINABLE, said, {}, _share(window, seen), rule.version)


# ── check-ins and stays ────────────────────────────────────────────────────

_FAULTS: Final[Sequence[tuple[str, Callable[[Tap, Rule], bool]]]] = (
    ("tap_bad_mac", lambda tap, _: tap.auth == "bad_mac"),
    ("tap_unknown_key", lambda tap, _: tap.auth == "unknown_key"),
    ("tap_replay", lambda tap, _: tap.auth == "replay"),
    ("tap_replay_suspect", lambda tap, _: tap.auth == "replay_suspect"),
    ("tap_clock", lambda tap, _: "clock_unusable" in tap.flags),
    ("tap_mock", lambda tap, _: tap.place == "mock"),
    ("tap_claim", lambda tap, _: tap.method == "manual"),
    ("tap_away", lambda tap, _: tap.place == "out"),
    (
        "tap_unplaced",
        lambda tap, rule: tap.method == "qr" and rule.proof.qr_needs_place and tap.place != "in",
    ),
)


def fault_of(tap: Tap, rule: Rule) -> str | None:
    """Why a check-in does not count by itself: a reason's code, or None. The first one holds."""
    return next((code for code, holds in _FAULTS if holds(tap, rule)), None)


def counts(tap: Tap, rule: Rule) -> bool:
    """Whether it may serve a window, by itself."""
    return "duplicate" not in tap.flags and fault_of(tap, rule) is None


def _best(window: Window, seen: Evidence, now: datetime, rule: Rule) -> Verdict | None:
    """The best that any check-in or stay says, None when there is none."""
    found = [(one, 0.0) for one in _by_stays(window, seen, rule)]
    if window.proof != STAY:
        for tap in seen.taps:
            said = _by_tap(window, seen, tap, now, rule)
            if said is not None:
                found.append((said, abs((tap.corrected_at - window.due_at).total_seconds())))
    if not found:
        return None
    return min(found, key=lambda one: (MEANINGS[one[0].result].rank, one[1], _tie(one[0])))[0]


def _tie(verdict: Verdict) -> tuple[str, str]:
    """Among equals the same one, whatever the order they were loaded in."""
    return str(verdict.proved_at), str(verdict.evidence)


def _by_tap(window: Window, seen: Evidence, tap: Tap, now: datetime, rule: Rule) -> Verdict | None:
    at = tap.corrected_at
    if "duplicate" in tap.flags or not window.from_at <= at <= window.to_at:
        return None
    fault = fault_of(tap, rule)
    if fault is not None:
        result = Result.OUT_OF_PLACE if fault == "tap_away" else Result.SUSPECT
        said = reason(fault, hm=hm(at), distance_m=_metres(tap.distance_m))
        return _verdict(result, (said,), tap, None, rule)
    result = _by_time(window, at)
    reasons = [reason("tapped", hm=hm(at)), *_off_by(window, result, at)]
    if window.min_dwell_s and window.proof == TAP:
        short = _dwell(window, seen, tap, now, rule)
        if short is None:
            return None
        if short and short[0]["code"] == "too_short":
            result = Result.TOO_SHORT
        reasons += short
    if tap.level < window.min_level:
        reasons.append(reason("level_low", level=tap.level, min_level=window.min_level))
    return _verdict(result, tuple(reasons), tap, tap.level >= window.min_level, rule)


def _dwell(
    window: Window, seen: Evidence, tap: Tap, now: datetime, rule: Rule
) -> list[dict[str, Any]] | None:
    """[] when long enough; a reason when not, or when nobody can tell; None: wait."""
    near = timedelta(seconds=rule.judge.near_tap_s)
    at = tap.corrected_at
    for stay in seen.stays:
        if (
            stay.device_no == tap.key.device_no
            and stay.entered_at - near <= at <= stay.until + near
            and (stay.until - stay.entered_at).total_seconds() >= window.min_dwell_s
        ):
            return []
    before_s, after_s = seen.around.get(tap.key, (None, None))
    if before_s is not None and after_s is not None and before_s + after_s < window.min_dwell_s:
        possible_s = round(before_s + after_s)
        return [reason("too_short", possible_s=possible_s, min_dwell_s=window.min_dwell_s)]
    return None if now <= window.settles_at else [reason("dwell_unseen")]


def _by_stays(window: Window, seen: Evidence, rule: Rule) -> Iterator[Verdict]:
    """What stays alone prove, where a stay is proof."""
    if window.proof == TAP or not window.min_dwell_s:
        return
    long = timedelta(seconds=window.min_dwell_s)
    for stay in seen.stays:
        for start, end in ((window.opens_at, window.closes_at), (window.from_at, window.to_at)):
            proved_at = max(stay.entered_at, start) + long
            if proved_at > min(stay.until, end):
                continue
            result = _by_time(window, proved_at)
            said = (reason("stayed", hm=hm(proved_at)), *_off_by(window, result, proved_at))
            evidence = {
                "stays": [{"device_no": stay.device_no, "entered_at": _iso(stay.entered_at)}]
            }
            yield Verdict(
                result, said, evidence, 1.0, rule.version, window.min_level == 0, None,
                stay.device_no, proved_at,
            )  # fmt: skip
            break


def _by_time(window: Window, at: datetime) -> Result:
    if at < window.opens_at:
        return Result.EARLY
    return Result.ON_TIME if at <= window.closes_at else Result.LATE


def _off_by(window: Window, result: Result, at: datetime) -> list[dict[str, Any]]:
    if result is Result.EARLY:
        return [reason("early", minutes=_minutes(window.opens_at - at))]
    if result is Result.LATE:
        return [reason("late", minutes=_minutes(at - window.closes_at))]
    return []


# ── absence ────────────────────────────────────────────────────────────────


def _absent(window: Window, seen: Evidence, now: datetime, rule: Rule, share: float) -> Verdict:
    doubts = [*_doubts(window, seen, rule)]
    evidence = {"sights": [told(sight) for sight in seen.sights]} if seen.sights else {}
    if not doubts:
        said = (reason("nobody"), _why_absent(seen.sights))
        return Verdict(Result.MISSED, said, evidence, share, rule.version)
    until = window.settles_at + timedelta(seconds=rule.judge.offline_wait_s)
    if seen.offline and now <= until:
        waits = (reason("offline", until=_iso(until)), *doubts)
        return Verdict(Result.PENDING_OFFLINE, waits, evidence, share, rule.version)
    return Verdict(Result.UNDETERMINABLE, tuple(doubts), evidence, share, rule.version)


def _doubts(window: Window, seen: Evidence, rule: Rule) -> Iterator[dict[str, Any]]:
    """Each way in which a visit could have escaped us."""
    lost_s = seconds(seen.outages)
    longest_s = max((seconds([one]) for one in seen.outages), default=0.0)
    long_enough = window.min_dwell_s and window.proof != TAP and lost_s >= window.min_dwell_s
    if longest_s > rule.judge.outage_max_s or long_enough:
        yield reason("blind", unheard_s=round(lost_s, 1))
    hidden = [sight.longest_gap_s for sight in seen.sights if sight.hidden]
    if hidden:
        yield reason("gap", seconds=round(max(hidden)))
    lost = sum(sight.lost or 0 for sight in seen.sights)
    if lost:
        yield reason("lost", messages=lost)
    if any(sight.lost is None for sight in seen.sights):
        yield reason("unbounded")
    stayed = [_within_s(window, stay) for stay in seen.stays]
    wanted_s = max(window.min_dwell_s, UNTAPPED_STAY_MIN_S)
    if window.proof == TAP and max(stayed, default=0.0) >= wanted_s:
        yield reason("stayed_untapped", stayed_s=round(max(stayed)))


def _why_absent(sights: Sequence[Sight]) -> dict[str, Any]:
    if not sights:
        return reason("unrostered")
    near = [sight.nearest_m for sight in sights if sight.nearest_m is not None]
    return reason("elsewhere", devices=len(sights), nearest_m=round(min(near, default=0.0)))


def _within_s(window: Window, stay: Stay) -> float:
    return (min(stay.until, window.to_at) - max(stay.entered_at, window.from_at)).total_seconds()


# ── pardons ────────────────────────────────────────────────────────────────


def _excused(seen: Evidence) -> bool:
    """An excuse takes nothing away from who came all the same."""
    return seen.pardon is not None and seen.pardon.kind == "excused"


def _pardoned(pardon: Pardon, best: Verdict | None, share: float, rule: Rule) -> Verdict:
    result = Result.MAKEUP if pardon.kind == "makeup" else Result.EXCUSED
    rests = {} if best is None else best.evidence
    evidence = {**rests, "pardon": {"kind": pardon.kind, "id": pardon.id}}
    return Verdict(result, (reason(pardon.kind, why=pardon.why),), evidence, share, rule.version)


# ── small things ───────────────────────────────────────────────────────────


def _verdict(
    result: Result, said: tuple[dict[str, Any], ...], tap: Tap, verified: bool | None, rule: Rule
) -> Verdict:
    key = {"device_no": tap.key.device_no, "at": _iso(tap.key.at), "seq": tap.key.seq}
    return Verdict(
        result, said, {"checkins": [key]}, 1.0, rule.version,
        verified if MEANINGS[result].counts else None, tap.level, tap.key.device_no,
        tap.corrected_at,
    )  # fmt: skip


def _share(window: Window, seen: Evidence) -> float:
    heard = heard_share(window.from_at, window.to_at, seen.outages)
    if not seen.sights:
        return heard
    mean = sum(sight.observed_share for sight in seen.sights) / len(seen.sights)
    return round(min(heard, mean), 6)


def _minutes(span: timedelta) -> int:
    return max(1, round(span.total_seconds() / 60))


def _metres(distance_m: float | None) -> int | None:
    return None if distance_m is None else round(distance_m)


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")
