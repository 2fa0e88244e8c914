"""Proofs of check-ins: load the readings and what they rest on, prove, keep what changed.

Runs after the fence evaluator and before the patrol evaluator, which reads
`checkin_proof_now`. A check-in is read from its table, never from the message in hand, so both
roads judge alike. Another tap of the same tag may change what an older one proves: such a
check-in gets a new version, and the windows about it are judged again.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

from core.db import execute_all
from core.events import Event
from core.sql import load_queries
from core.values import from_ms
from devices import sun
from devices.device_time import Corrected, Trust, corrected, trust_of
from devices.readings import Checkin, Readings, Status
from devices.sun import NotSun, Outcome
from devices.tag_keys import KeyRing
from devices.tag_keys_io import KeyLoader, load_ring, no_keks
from geo.patrol.counters import Key
from geo.patrol.proofs import (
    Proof,
    Reading,
    Spot,
    Token,
    judge_tags,
    point_code,
    prove,
    same,
    shape_of,
    wants_enrolment,
)
from geo.patrol.rules import ProofRule
from geo.patrol.rules_io import Rules, load_rules

QUERIES = load_queries("geo.patrol", "proofs.sql")
AGAIN_BATCH = 500
AGAIN_DAYS = 31  # older windows are in last month's report already
Versions = dict[Key, tuple[int, Proof]]


class ProofEvaluator:
    """Proves check-ins; `keys` opens SUN messages."""

    name = "proofs"

    def __init__(self, keys: KeyLoader | None = None) -> None:
        self._keys = keys or KeyLoader(no_keks)

    def evaluate(self, conn: Connection[Any], readings: Readings, now: datetime) -> Sequence[Event]:
        keys = {
            (one.stamp.device_no, from_ms(one.stamp.at_ms), one.stamp.seq)
            for one in readings.checkins
        }
        keys |= _shaken(conn, readings)
        return prove_again(conn, keys, self._keys.ring(conn), now) if keys else []

    def forget(self) -> None:
        self._keys.forget()


def prove_again(
    conn: Connection[Any], keys: Iterable[Key], ring: KeyRing, now: datetime
) -> list[Event]:
    """Prove these check-ins, and whatever their tags' counters tell of others."""
    rules = load_rules(conn)
    readings = _readings(conn, keys)
    tokens = {one.key: _token(one, ring) for one in readings}
    uids = sorted(
        {token.uid for token in tokens.values() if token.counter is not None and token.uid}
    )
    conn.execute(QUERIES["hold_tags"], {"uids": uids})
    standing = _standing(conn, [one.key for one in readings])
    drafts = _drafts(conn, readings, tokens, rules)
    others = _neighbours(conn, drafts, standing, rules)
    standing |= others
    proofs = [*drafts, *(proof for _, proof in others.values())]
    latest = max((proof.at for proof in proofs), default=now)
    judged = judge_tags(proofs, rules.at(latest).proof)
    changed = [
        proof
        for proof in judged
        if proof.key not in standing or not same(standing[proof.key][1], proof)
    ]
    _save(conn, changed, standing)
    _touch(conn, changed, standing)
    said = {
        one.key: one for one in readings + _readings(conn, {p.key for p in changed} & set(others))
    }
    events = [_event(said[proof.key], proof, again=proof.key in standing) for proof in changed]
    fresh = [proof for proof in changed if proof.key not in standing]
    return events + _worn(conn, fresh, rules, now) + _proposals(conn, fresh, said, now)


def prove_keyless(conn: Connection[Any], keks: Sequence[bytes], now: datetime) -> list[Event]:
    """Prove again what came before its key did: called when a key comes, so that a verdict does
    not depend on which of the two was first."""
    events: list[Event] = []
    since = now - timedelta(days=AGAIN_DAYS)
    ring = load_ring(conn, keks)
    keys = [(no, at, seq) for no, at, seq in conn.execute(QUERIES["keyless"], {"since": since})]
    for start in range(0, len(keys), AGAIN_BATCH):
        events += prove_again(conn, keys[start : start + AGAIN_BATCH], ring, now)
    return events


# ── loading ──────────────────────────────────────────────────────────────────


def _shaken(conn: Connection[Any], readings: Readings) -> set[Key]:
    """Check-ins whose clock is known by messages like these, and were judged without them."""
    said: list[Status | Checkin] = [*readings.statuses, *readings.checkins]
    heard = [(one.stamp.device_no, one.stamp.received_ms) for one in said if "boot" in one.detail]
    nos = {no for no, _ in heard}
    since_ms = [received_ms for _, received_ms in heard]
    if len(readings.positions):
        nos |= set(readings.positions["device_no"].tolist())
        since_ms.append(int(readings.positions["received_ms"].min()))
    if not nos:
        return set()
    given = {"nos": list(nos), "since": from_ms(min(since_ms))}
    return {(no, at, seq) for no, at, seq in conn.execute(QUERIES["shaken"], given)}


def _readings(conn: Connection[Any], keys: Iterable[Key]) -> list[Reading]:
    given = _columns(keys)
    if not given["nos"]:
        return []
    return [Reading(*row) for row in conn.execute(QUERIES["readings"], given)]


def _standing(conn: Connection[Any], keys: Iterable[Key]) -> Versions:
    given = _columns(keys)
    found: Versions = {}
    for version, *columns in conn.execute(QUERIES["standing"], given):
        columns[14] = tuple(columns[14])
        proof = Proof(*columns)
        found[proof.key] = version, proof
    return found


def _columns(keys: Iterable[Key]) -> dict[str, Any]:
    ordered = sorted(keys)
    return {
        "nos": [no for no, _, _ in ordered],
        "ats": [at for _, at, _ in ordered],
        "seqs": [seq for _, _, seq in ordered],
    }


def _token(reading: Reading, ring: KeyRing) -> Token:
    """What was held against the reader, with every key there is."""
    said = reading.detail.get("sun")
    if reading.method in ("sun", "nfc") and said:
        try:
            message = sun.parse(said)
        except NotSun:
            return Token("bad_mac", reading.tag, flags=frozenset({"not_sun"}))
        read = sun.verify(message, ring.meta, ring.file_keys)
        strange = read.uid is not None and reading.tag is not None and read.uid != reading.tag
        flags = frozenset({"uid_mismatch"} if strange else ())
        uid = read.uid if read.outcome is Outcome.SUN else read.uid or reading.tag
        return Token(read.outcome.value, uid, read.counter, flags)
    if reading.method in ("sun", "nfc") and reading.tag is not None:
        return Token("uid", reading.tag)
    if reading.method == "qr" and (reading.tag is not None or point_code(reading)):
        return Token("qr", reading.tag if point_code(reading) is None else None)
    return Token("none")


def _drafts(
    conn: Connection[Any], readings: Sequence[Reading], tokens: Mapping[Key, Token], rules: Rules
) -> list[Proof]:
    times = [_time(conn, one, rules.at(one.at).proof) for one in readings]
    spots = _spots(conn, readings, tokens, times)
    return [
        prove(
            one, tokens[one.key], time, spots.get(i), rules.at(one.at).proof,
            version=rules.at(one.at).version,
        )
        for i, (one, time) in enumerate(zip(readings, times, strict=True))
    ]  # fmt: skip


def _time(conn: Connection[Any], reading: Reading, rule: ProofRule) -> Corrected:
    given = {
        "device_no": reading.device_no,
        "received_at": reading.received_at,
        "reach_s": rule.offset_reach_s,
    }
    boot = None
    if reading.detail.get("queued") and reading.detail.get("boot") is not None:
        row = conn.execute(QUERIES["sender_boot"], given).fetchone()
        boot = row[0] if row is not None else None
    trust = trust_of(reading.skew_ms, reading.detail, boot)
    offsets: list[float] = []
    if trust is Trust.LOW:
        offsets = [offset for (offset,) in conn.execute(QUERIES["online_offsets"], given)]
    return corrected(reading.at, reading.received_at, reading.skew_ms, trust, offsets)


def _spots(
    conn: Connection[Any],
    readings: Sequence[Reading],
    tokens: Mapping[Key, Token],
    times: Sequence[Corrected],
) -> dict[int, Spot]:
    """By place in `readings`: the point whose tag or code it was, at the time of the tap."""
    given = {
        "uids": [tokens[one.key].uid for one in readings],
        "codes": [point_code(one) for one in readings],
        "ats": [time.at for time in times],
    }
    return {i: Spot(*columns) for i, *columns in conn.execute(QUERIES["spots"], given)}


def _neighbours(
    conn: Connection[Any], drafts: Sequence[Proof], standing: Versions, rules: Rules
) -> Versions:
    """Taps that contradict these, those that contradict them, and so on: usually none.

    Also what contradicted the old version of a draft: it may be cleared now.
    """
    before = [standing[one.key][1] for one in drafts if one.key in standing]
    frontier = [one for one in [*drafts, *before] if one.counter is not None]
    seen = {one.key for one in drafts}
    found: Versions = {}
    while frontier:
        rule = rules.at(max(one.at for one in frontier)).proof
        given = {
            "uids": [one.uid for one in frontier],
            "counters": [one.counter for one in frontier],
            "ats": [one.corrected_at for one in frontier],
            "tol_s": rule.bracket_tol_s,
            "reach_s": rule.bracket_reach_s,
        }
        keys = {(no, at, seq) for no, at, seq in conn.execute(QUERIES["contradicting"], given)}
        more = _standing(conn, keys - seen)
        seen |= keys
        found |= more
        frontier = [proof for _, proof in more.values()]
    return found


# ── saving ───────────────────────────────────────────────────────────────────


def _save(conn: Connection[Any], changed: Sequence[Proof], standing: Versions) -> None:
    rows = []
    for proof in changed:
        version = standing[proof.key][0] + 1 if proof.key in standing else 1
        row = {name: getattr(proof, name) for name in Proof.__slots__}
        rows.append(row | {"version": version, "flags": list(proof.flags)})
    execute_all(conn, QUERIES["add"], rows)


def _touch(conn: Connection[Any], changed: Sequence[Proof], standing: Versions) -> None:
    """Windows about a check-in that was proved otherwise before."""
    pairs = [
        (proof.point_id, proof.corrected_at)
        for now in changed
        if now.key in standing
        for proof in (now, standing[now.key][1])
        if proof.point_id is not None
    ]
    if pairs:
        given = {"point_ids": [id_ for id_, _ in pairs], "ats": [at for _, at in pairs]}
        conn.execute(QUERIES["touch_windows"], given)


def _event(reading: Reading, proof: Proof, *, again: bool) -> Event:
    return Event(
        "checkin.proved_again" if again else "checkin.recorded",
        reading.at,
        reading.org_id,
        {"checkin": shape_of(reading, proof)},
        device_no=reading.device_no,
        actor=f"device:{reading.device_id}",
    )


def _worn(
    conn: Connection[Any], fresh: Sequence[Proof], rules: Rules, now: datetime
) -> list[Event]:
    """QR stood in for the tag too often: somebody should look at it. Once a week and point."""
    by_code = [one for one in fresh if one.auth == "qr" and one.point_id is not None]
    if not by_code:
        return []
    rule = rules.at(now).proof
    given = {
        "point_ids": [one.point_id for one in by_code],
        "ats": [one.corrected_at for one in by_code],
        "within_s": rule.qr_worn_s,
        "count": rule.qr_worn_count,
    }
    events = []
    for point_id, org_id, name, tag, count in conn.execute(QUERIES["worn"], given).fetchall():
        told = {"point_id": point_id, "at": now, "now": now}
        if conn.execute(QUERIES["hint"], told).fetchone() is not None:
            body = {"point_id": point_id, "name": name, "uid": tag, "qr_checkins": count}
            events.append(Event("tag.damaged_suspected", now, org_id, {"tag": body}))
    return events


def _proposals(
    conn: Connection[Any], fresh: Sequence[Proof], said: Mapping[Key, Reading], now: datetime
) -> list[Event]:
    """Taps with the note `enrol P-…`: kept for a person to decide, and nothing else."""
    events = []
    for proof in fresh:
        code = wants_enrolment(said[proof.key])
        if code is None or proof.uid is None or proof.auth not in ("uid", "sun"):
            continue
        given = {
            "code": code, "uid": proof.uid, "chip": proof.auth, "device_no": proof.device_no,
            "at": proof.at, "seq": proof.seq, "now": now,
        }  # fmt: skip
        row = conn.execute(QUERIES["propose"], given).fetchone()
        if row is not None:
            names = ("id", "org_id", "point_id", "uid", "chip")
            body = dict(zip(names, row, strict=True))
            events.append(
                Event("tag.proposed", now, row[1], {"proposal": body}, device_no=proof.device_no)
            )
    return events
