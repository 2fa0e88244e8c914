"""勤务日志: a duty written down from events, by rule (domain reference G.6).

One log an officer's terminal and local day. The same events give the same bytes, so a version
is named by its hash, and two versions are told apart line by line. Every line says where it
comes from. Pure.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from core.errors import Conflict, NotFound
from geo.patrol.results import MEANINGS, Result
from geo.tracks import Fix, Habits, Trail, clean

SETTLE: Final = timedelta(minutes=30)  # after the end of a shift, before it is written
GAP_MIN_S: Final = 600.0
Shape = dict[str, Any]


class NoLog(NotFound):
    """There is no duty log of this terminal and day within your organisation."""


class OldVersion(Conflict):
    """A newer version of this log has been written. Read it before you sign."""

    code = "old_version"


class Signed(Conflict):
    """This version carries that signature already."""

    code = "already_signed"


def write(
    header: Shape,
    shifts: Sequence[Shape],
    lines: Sequence[Shape],
    *,
    windows: Sequence[Shape],
    fixes: Sequence[Fix],
    habits: Habits,
) -> Shape:
    """{header, timeline, totals, exceptions}. `lines`: {at, kind, detail, source} in any order;
    `windows`: {window_id, point, opens_at, result, mine} of the beat; times as datetimes."""
    ordered = sorted(lines, key=lambda line: (line["at"], line["kind"], canonical(line["source"])))
    walked_m, gaps = _walked(fixes, habits, shifts)
    done = [one for one in windows if one["mine"] and _counts(one["result"])]
    owed = [one for one in windows if one["result"] != Result.EXCUSED]
    kinds = [line["kind"] for line in ordered]
    totals = {
        "duty_min": round(sum(_minutes(s["starts_at"], s["ends_at"]) for s in shifts)),
        "walked_m": round(walked_m),
        "windows_required": len(owed),
        "windows_done": len(done),
        "checkins": kinds.count("checkin"),
        "problems": kinds.count("problem") + kinds.count("lead"),
        "tasks": len({line["detail"].get("task_id") for line in ordered if line["kind"] == "task"}),
        "recording_min": round(
            sum(line["detail"]["minutes"] or 0 for line in ordered if line["kind"] == "recording")
        ),
    }
    exceptions = [
        *({"kind": "window", **_told(one)} for one in windows if not _fine(one["result"])),
        *({"kind": "gap", "from_at": a, "to_at": b} for a, b in gaps),
    ]
    return {
        "header": header,
        "shifts": list(shifts),
        "timeline": ordered,
        "totals": totals,
        "exceptions": sorted(exceptions, key=canonical),
    }


def canonical(body: Any) -> str:
    """JSON that is the same for the same facts, whatever order they were loaded in.

    >>> canonical({"b": 1, "a": [2]})
    '{"a":[2],"b":1}'
    """
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_iso)


def digest(body: Any) -> bytes:
    return hashlib.sha256(canonical(body).encode()).digest()


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Shape:
    """{added, removed} of timeline and exceptions, and the totals that changed."""
    found: Shape = {"added": [], "removed": [], "totals": {}}
    for part in ("timeline", "exceptions"):
        old = {canonical(line): line for line in before[part]}
        new = {canonical(line): line for line in after[part]}
        found["added"] += [new[key] for key in sorted(new.keys() - old.keys())]
        found["removed"] += [old[key] for key in sorted(old.keys() - new.keys())]
    for name, value in after["totals"].items():
        if before["totals"].get(name) != value:
            found["totals"][name] = [before["totals"].get(name), value]
    return found


def _walked(
    fixes: Sequence[Fix], habits: Habits, shifts: Sequence[Shape]
) -> tuple[float, list[tuple[datetime, datetime]]]:
    """Metres over the cleaned track, and silences within the shifts of more than ten minutes."""
    trail, walked_m = Trail(), 0.0
    seen_ms = []
    for fix in sorted(fixes, key=lambda fix: (fix.at_ms, fix.seq)):
        cleaned = clean(trail, fix, habits)
        trail = cleaned.trail
        if cleaned.accepted:
            seen_ms.append(fix.at_ms)
            walked_m += cleaned.hop_m if cleaned.joined else 0.0
    gaps = []
    for shift in shifts:
        start, end = shift["starts_at"], shift["ends_at"]
        marks = [start, *(_at(ms, start) for ms in seen_ms), end]
        marks = [at for at in marks if start <= at <= end]
        gaps += [(a, b) for a, b in pairwise(marks) if (b - a).total_seconds() > GAP_MIN_S]
    return walked_m, gaps


def _at(at_ms: int, like: datetime) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, like.tzinfo)


def _minutes(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds() / 60


def _counts(result: str | None) -> bool:
    return result is not None and MEANINGS[Result(result)].counts


def _fine(result: str | None) -> bool:
    return _counts(result) or result in (Result.EXCUSED, Result.MAKEUP)


def _told(one: Shape) -> Shape:
    return {key: one[key] for key in ("window_id", "point", "opens_at", "result")}


def _iso(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
