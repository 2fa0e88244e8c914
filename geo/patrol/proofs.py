"""What a check-in proves: who the tag is, where the phone was, when it was (levels 0 to 5). Pure.

Levels are those of the domain reference (B.1), places its table B.4. A proof is a function of
the reading, of the point and the keys of its time, and of the other taps of the same tag;
never of when it came. Nothing is rejected: what does not hold has level 0 and says why.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from devices.device_time import Corrected, Trust
from geo.distance import distance_m
from geo.patrol import counters
from geo.patrol.counters import Key
from geo.patrol.rules import ProofRule

IN, OUT, UNCERTAIN, NONE, MOCK = "in", "out", "uncertain", "none", "mock"
_LEVELS: Final = {"qr": 1, "uid": 2, "sun": 4}
_CODE: Final = re.compile(r"\bP-([0-9A-F]{10})\b", re.IGNORECASE)
_ENROL: Final = re.compile(r"enrol[\s:]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """A check-in as it is stored. Places are WGS-84, whatever the device gave."""

    device_no: int
    at: datetime
    seq: int
    org_id: int
    device_id: str
    received_at: datetime
    method: str
    tag: str | None
    lon_deg: float | None
    lat_deg: float | None
    acc_m: float | None
    skew_ms: int | None
    detail: Mapping[str, Any]

    @property
    def key(self) -> Key:
        return self.device_no, self.at, self.seq


@dataclass(frozen=True, slots=True)
class Spot:
    """A patrol point's circle, and the chip that hangs there: uid, sun or none."""

    point_id: int
    lon_deg: float
    lat_deg: float
    radius_m: float
    chip: str | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """What was held against the reader. `counter` only where the MAC holds."""

    auth: str
    uid: str | None = None
    counter: int | None = None
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Place:
    place: str
    distance_m: float | None
    acc_m: float | None
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Proof:
    device_no: int
    at: datetime
    seq: int
    org_id: int
    point_id: int | None
    uid: str | None
    counter: int | None
    corrected_at: datetime
    time_trust: str
    auth: str
    place: str
    distance_m: float | None
    acc_m: float | None
    level: int
    flags: tuple[str, ...]  # sorted
    rule: str

    @property
    def key(self) -> Key:
        return self.device_no, self.at, self.seq

    @property
    def tap(self) -> counters.Tap | None:
        """For the judgement of its tag's counters; None: it has none that holds."""
        if self.counter is None:
            return None
        return counters.Tap(self.key, self.counter, self.corrected_at, Trust(self.time_trust))


def point_code(reading: Reading) -> str | None:
    """The code of a point a QR check-in names: ten hex digits as `tag`, or anything with
    `P-…` in it as `note`, such as the whole address that was scanned."""
    if reading.method != "qr":
        return None
    if reading.tag is not None and len(reading.tag) == 10:
        return f"P-{reading.tag}"
    return code_in(str(reading.detail.get("note", "")))


def code_in(text: str) -> str | None:
    found = _CODE.search(text)
    return None if found is None else f"P-{found[1].upper()}"


def wants_enrolment(reading: Reading) -> str | None:
    """The code of the point a tap asks its tag to be hung at: note `enrol P-…`."""
    note = str(reading.detail.get("note", "")).strip()
    if reading.method not in ("nfc", "sun") or _ENROL.match(note) is None:
        return None
    return code_in(note)


def place_of(reading: Reading, spot: Spot | None, rule: ProofRule) -> Place:
    """Table B.4. The accuracy is the radius of a 68 % circle, so never a hard bound."""
    if reading.lon_deg is None or reading.lat_deg is None:
        return Place(NONE, None, None)
    fix_at_ms = reading.detail.get("fix_at")
    age_s = 0.0
    if isinstance(fix_at_ms, int):  # the same clock gave both
        age_s = abs(reading.at.timestamp() - fix_at_ms / 1000)
    apart_m = None
    if spot is not None:
        apart_m = distance_m(spot.lon_deg, spot.lat_deg, reading.lon_deg, reading.lat_deg)
        apart_m = round(apart_m, 1)
    doubts = {
        "stale_fix": age_s > rule.fix_age_max_s,
        "coarse_fix": _acc_m(reading, 0.0) > rule.acc_max_m,
    }
    flags = frozenset(name for name, doubt in doubts.items() if doubt)
    if flags:
        return Place(NONE, apart_m, reading.acc_m, flags)
    if reading.detail.get("mock"):
        return Place(MOCK, apart_m, reading.acc_m)
    if spot is None or apart_m is None:
        return Place(NONE, None, reading.acc_m)
    return Place(_verdict(apart_m, reading, spot.radius_m, rule), apart_m, reading.acc_m)


def _verdict(apart_m: float, reading: Reading, radius_m: float, rule: ProofRule) -> str:
    """Nobody is called outside for a fix whose accuracy is not known, unless it is far."""
    inside_m = apart_m + _acc_m(reading, 0.0) if rule.strict_place else apart_m
    if inside_m <= radius_m:
        return IN
    return OUT if apart_m - _acc_m(reading, rule.acc_max_m) > radius_m else UNCERTAIN


def _acc_m(reading: Reading, unknown_m: float) -> float:
    return unknown_m if reading.acc_m is None else reading.acc_m


def level_of(auth: str, place: str, *, uid_known: bool = False) -> int:
    """B.1. Whose key we lack is still known by its UID, which anybody can copy."""
    base = _LEVELS.get("uid" if auth == "unknown_key" and uid_known else auth, 0)
    if place != IN or not base:
        return base
    return 5 if base == 4 else 3


def time_flags(reading: Reading, time: Corrected, rule: ProofRule) -> set[str]:
    """Of a clock that is off, and of a late delivery; neither changes what was proved."""
    off_s = abs(time.offset_s)
    waited_s = (reading.received_at - time.at).total_seconds()
    said = {
        "clock_skew": off_s > rule.skew_flag_s,
        "clock_unusable": time.trust is not Trust.MONOTONIC and off_s > rule.skew_unusable_s,
        "late_upload": waited_s > rule.late_upload_s,
        "stale_upload": waited_s > rule.stale_upload_s,
    }
    return {name for name, holds in said.items() if holds}


def prove(
    reading: Reading,
    token: Token,
    time: Corrected,
    spot: Spot | None,
    rule: ProofRule,
    *,
    version: str,
) -> Proof:
    """Everything but what the tag's other taps say of it (`judge_tags`)."""
    place = place_of(reading, spot, rule)
    flags = time_flags(reading, time, rule) | token.flags | place.flags
    if spot is None and (token.uid is not None or token.auth == "qr"):
        flags.add("unknown_tag")
    if spot is not None and spot.chip == "sun" and token.auth == "uid":
        flags.add("sun_expected")
    return Proof(
        *reading.key, reading.org_id, spot.point_id if spot else None, token.uid, token.counter,
        time.at, time.trust, token.auth, place.place, place.distance_m, place.acc_m,
        level_of(token.auth, place.place, uid_known=token.uid is not None),
        tuple(sorted(flags)), version,
    )  # fmt: skip


def judge_tags(proofs: Sequence[Proof], rule: ProofRule) -> list[Proof]:
    """The same proofs with what the counters of each tag say, taken as a set."""
    taps: dict[str, list[counters.Tap]] = {}
    for proof in proofs:
        if proof.tap is not None and proof.uid is not None:
            taps.setdefault(proof.uid, []).append(proof.tap)
    verdicts = {uid: counters.judge(some, rule) for uid, some in taps.items()}
    return [
        proof if proof.tap is None or proof.uid is None
        else _with(proof, verdicts[proof.uid][proof.key])
        for proof in proofs
    ]  # fmt: skip


def _with(proof: Proof, verdict: counters.Verdict) -> Proof:
    flags = (set(proof.flags) - counters.FLAGS) | verdict.flags
    level = level_of(verdict.auth, proof.place)
    return replace(proof, auth=verdict.auth, level=level, flags=tuple(sorted(flags)))


def same(a: Proof, b: Proof) -> bool:
    """Nothing a person would see differently: no new version. A rule that changed nothing
    is no reason either."""
    return replace(a, rule="") == replace(b, rule="")


def shape_of(reading: Reading, proof: Proof) -> dict[str, Any]:
    """The body of check-in events."""
    return {
        "device_no": reading.device_no,
        "at": reading.at.isoformat(),
        "seq": reading.seq,
        "method": reading.method,
        "tag": proof.uid or reading.tag,
        "point_id": proof.point_id,
        "level": proof.level,
        "auth": proof.auth,
        "place": proof.place,
        "flags": list(proof.flags),
        "corrected_at": proof.corrected_at.isoformat(),
    }
