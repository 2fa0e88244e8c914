"""Check-ins and what they prove, through the evaluator: B.8 items 2, 3, 5, 6, 7, in any order."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from core.events import Event
from core.values import OrgId, Role, Viewer, from_ms
from devices import aes, sun
from devices.key_diversification import diversified
from devices.readings import Checkin, Readings, Stamp, Status
from devices.tag_keys import TagKey
from devices.tag_keys_io import KeyLoader, add_key, list_keys, retire_key, rewrap
from geo.distance import metres_per_degree
from geo.patrol.points import PointDraft
from geo.patrol.points_io import create_point
from geo.patrol.proofs_io import ProofEvaluator, prove_keyless
from tests.integration.evaluators.road import START_MS, Road, make_device, make_org, positions

LON, LAT = 121.4998, 31.2397
EAST, _ = metres_per_degree(LAT)
KEK = bytes(range(32))
META, MASTER = bytes(range(16)), bytes.fromhex("00112233445566778899AABBCCDDEEFF")
SUFFIX = bytes.fromhex("3042F5") + b"NXP Abu"  # of the example in AN10922
UID = "04782E21801D80"
MADE = from_ms(START_MS - 86_400_000)

# Messages 1 and 2 of that tag, published with the domain reference (B.2.4).
S1 = {"picc_data": "E901C03E0CD911AA0F3E547AF4AF328C", "cmac": "3823829FFF15CD85"}
S2 = {"picc_data": "F2A5A887D86EABFB248D2C8F645D6E17", "cmac": "C7CC45A954AACC1D"}

PROOFS = """
    SELECT device_no, at, seq, point_id, uid, counter, corrected_at, time_trust, auth, place,
           distance_m, level, flags
      FROM checkin_proof_now ORDER BY device_no, at, seq"""


def message(counter: int, uid: str = UID) -> dict[str, str]:
    """What the tag would say at its reading number `counter`."""
    raw, ctr = bytes.fromhex(uid), counter.to_bytes(3, "little")
    picc = aes.cbc_encrypt(META, aes.ZERO, bytes([sun.PICC_TAG]) + raw + ctr + bytes(5))
    session = sun.session_aes(diversified(MASTER, raw + SUFFIX), raw, ctr)
    return {"picc_data": picc.hex(), "cmac": sun.short_mac(session.mac(b"")).hex()}


class Gate:
    """A point with a SUN tag, two officers, and the keys."""

    def __init__(self, conn: Connection[Any]) -> None:
        self.conn = conn
        self.org = make_org(conn)
        self.viewer = Viewer("lin", Role.ADMIN, OrgId(self.org), frozenset([OrgId(self.org)]))
        self.point, _ = create_point(conn, self.viewer, PointDraft("南门", LON, LAT, tag=UID), MADE)
        self.nos = [make_device(conn, self.org, name) for name in ("a", "b")]
        self.key("meta", TagKey(META))
        self.key("file", TagKey(MASTER, SUFFIX))
        self.road = Road(conn, [ProofEvaluator(KeyLoader(lambda: [KEK]))])

    def key(self, purpose: str, one: TagKey) -> int:
        return add_key(self.conn, [KEK], purpose, one, login="lin", now=MADE)[0]

    def tap(self, at_min: float, *, who: int = 0, seq: int = 0, late_min: float = 0.0,
            skew_ms: int | None = None, method: str = "sun", tag: str | None = None,
            away_m: float | None = 0.0, **detail: Any) -> Checkin:  # fmt: skip
        at_ms = START_MS + round(at_min * 60_000)
        stamp = Stamp(
            self.nos[who], "ab"[who], "officer", self.org, at_ms, seq,
            at_ms + round(late_min * 60_000),
        )  # fmt: skip
        lon, lat = (None, None) if away_m is None else (round(LON + away_m / EAST, 7), LAT)
        return Checkin(stamp, method, tag, lon, lat, 5.0, skew_ms, detail)

    def send(self, *taps: Checkin) -> list[Event]:
        return self.road.send(taps=taps)

    def proofs(self) -> list[dict[str, Any]]:
        cursor = self.conn.execute("SELECT * FROM checkin_proof_now ORDER BY corrected_at, seq")
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def auths(self) -> list[str]:
        return [one["auth"] for one in self.proofs()]


@pytest.fixture
def gate(conn: Connection[Any]) -> Gate:
    return Gate(conn)


def minute(at_min: float) -> datetime:
    return from_ms(START_MS) + timedelta(minutes=at_min)


def test_a_tap_at_its_point_is_level_five(gate: Gate) -> None:
    (event,) = gate.send(gate.tap(0, sun=S1))
    (proof,) = gate.proofs()
    assert (proof["auth"], proof["counter"], proof["uid"]) == ("sun", 1, UID)
    assert (proof["point_id"], proof["place"], proof["level"]) == (gate.point["id"], "in", 5)
    assert event.kind == "checkin.recorded"
    said = event.body["checkin"]
    assert said["point_id"] == gate.point["id"] and said["level"] == 5 and said["auth"] == "sun"
    assert said["tag"] == UID and said["method"] == "sun" and said["flags"] == []


def test_the_same_message_again_is_a_replay(gate: Gate) -> None:
    """B.8, 2."""
    gate.send(gate.tap(0, sun=S1))
    gate.send(gate.tap(30, who=1, sun=S1))
    first, second = gate.proofs()
    assert (first["auth"], first["level"]) == ("sun", 5)
    assert (second["auth"], second["level"]) == ("replay", 0)


def test_an_upload_from_offline_is_bracketed(gate: Gate) -> None:
    """B.8, 3: counter 2 online at five past, then counter 1 comes an hour later."""
    gate.send(gate.tap(5, sun=S2))
    gate.send(gate.tap(0, who=1, sun=S1, late_min=60))
    first, second = gate.proofs()
    assert (first["auth"], first["flags"]) == ("sun", ["late_upload"])
    assert (second["auth"], second["version"]) == ("sun", 1)


def test_a_harvested_message_is_suspect(gate: Gate) -> None:
    """B.8, 3: the same upload with half past as its time."""
    gate.send(gate.tap(5, sun=S2))
    events = gate.send(gate.tap(30, who=1, sun=S1, late_min=30))
    higher, lower = gate.proofs()
    assert (lower["auth"], lower["level"]) == ("replay_suspect", 0)
    assert (higher["auth"], higher["flags"], higher["version"]) == ("sun", ["counter_clock"], 2)
    assert [event.kind for event in events] == ["checkin.recorded", "checkin.proved_again"]


def test_delivered_twice_is_one_check_in(gate: Gate) -> None:
    """B.8, 7: and with another sequence number it is the same tap, said twice."""
    one = gate.tap(0, sun=S1)
    assert len(gate.send(one)) == 1
    assert gate.send(one) == [] and gate.road.judge(Readings.empty()) == []
    gate.send(gate.tap(0.5, seq=1, sun=S1))
    assert [(p["auth"], p["flags"]) for p in gate.proofs()] == [("sun", []), ("sun", ["duplicate"])]


def test_three_hours_ahead_in_one_boot_is_put_right(gate: Gate) -> None:
    """B.8, 6."""
    up = {"boot": 1, "up": 1_000, "sent_up": 2_000}
    gate.send(gate.tap(180, sun=S1, skew_ms=-180 * 60_000, late_min=-180, **up))
    (proof,) = gate.proofs()
    assert proof["corrected_at"] == minute(0) and proof["flags"] == ["clock_skew"]
    assert (proof["time_trust"], proof["level"]) == ("monotonic", 5)


def test_of_another_boot_the_clock_is_that_of_its_fresh_messages(gate: Gate) -> None:
    """Eleven minutes slow; the check-in was made before the phone was started again."""
    fresh = positions(gate.nos[0], [(3600.0 + 10 * i, LON, LAT) for i in range(5)])
    fresh["received_ms"] += 11 * 60_000
    started = Status(
        Stamp(gate.nos[0], "a", "officer", gate.org, START_MS, 9, START_MS + 72 * 60_000),
        "online", detail={"boot": 2},
    )  # fmt: skip
    tap = gate.tap(
        0, sun=S1, late_min=75, skew_ms=0, boot=1, up=50_000, sent_up=60_000, queued=True
    )
    gate.send(tap)
    assert gate.proofs()[0]["time_trust"] == "monotonic", "nothing speaks against it yet"
    gate.conn.execute(
        """INSERT INTO status (at, received_at, seq, batch_id, device_no, state, detail)
           VALUES (%s, %s, 9, 0, %s, 'online', '{"boot": 2}')""",
        (minute(0), from_ms(started.stamp.received_ms), gate.nos[0]),
    )
    gate.road.judge(Readings(positions(0, []), statuses=[started]))
    assert gate.proofs()[0]["time_trust"] == "low"
    gate.road.send(fresh)
    (proof,) = gate.proofs()
    assert proof["corrected_at"] == minute(11)
    assert set(proof["flags"]) >= {"clock_skew", "clock_unusable"} and proof["auth"] == "sun"


def test_a_clock_put_right_clears_whom_it_had_accused(gate: Gate) -> None:
    """A guessed time contradicted an honest tap; a message received before tells better."""
    slow = {"boot": 2, "up": 50_000, "sent_up": 1_000, "queued": True}
    gate.send(gate.tap(90, who=1, sun=S1, skew_ms=0, **slow))
    gate.send(gate.tap(0, sun=S2, late_min=120, skew_ms=0, **slow))
    assert gate.auths() == ["sun", "replay_suspect"], "of two guesses the lower counter"
    fresh = positions(gate.nos[0], [(10.0 * i, LON, LAT) for i in range(3)])
    fresh["received_ms"] += 100 * 60_000
    gate.road.send(fresh)
    assert gate.auths() == ["sun", "sun"]


@pytest.mark.parametrize(
    ("detail", "auth", "level"),
    [
        ({"sun": S1 | {"cmac": "00" * 8}}, "bad_mac", 0),
        ({"sun": {"cmac": "00" * 8}}, "bad_mac", 0),
        ({"sun": S1, "method": "nfc"}, "sun", 5),
        ({"tag": UID, "method": "nfc"}, "uid", 3),
        ({"tag": UID, "method": "nfc", "away_m": None}, "uid", 2),
        ({"tag": UID, "method": "nfc", "away_m": 500}, "uid", 2),
        ({"tag": UID, "method": "qr"}, "qr", 3),
        ({"method": "manual"}, "none", 0),
        ({"method": "nfc"}, "none", 0),
    ],
)
def test_what_else_people_hold_against_it(
    gate: Gate, detail: dict[str, Any], auth: str, level: int
) -> None:
    gate.send(gate.tap(0, **detail))
    (proof,) = gate.proofs()
    assert (proof["auth"], proof["level"]) == (auth, level)


def test_without_a_key_it_is_unknown_and_nothing_breaks(gate: Gate) -> None:
    for row in list_keys(gate.conn):
        retire_key(gate.conn, row["id"], MADE)
    gate.send(gate.tap(0, sun=S1))
    gate.send(gate.tap(1, seq=1, sun=S2, tag=UID))
    first, second = gate.proofs()
    assert (first["auth"], first["level"], first["point_id"]) == ("unknown_key", 0, None)
    assert (second["auth"], second["level"]) == ("unknown_key", 3), "worth its UID"


def test_a_key_that_comes_later_proves_what_was_tapped_before(gate: Gate) -> None:
    kept = gate.conn.execute("DELETE FROM tag_key RETURNING *").fetchall()
    assert len(kept) == 2
    gate.send(gate.tap(0, sun=S1))
    gate.send(gate.tap(1, seq=1, sun=S2))
    assert prove_keyless(gate.conn, [KEK], MADE) == [], "nothing opens them yet"
    for row in kept:
        places = ", ".join(["%s"] * len(row))
        gate.conn.execute(f"INSERT INTO tag_key OVERRIDING SYSTEM VALUE VALUES ({places})", row)
    said = prove_keyless(gate.conn, [KEK], MADE)
    assert [one.kind for one in said] == ["checkin.proved_again"] * 2
    assert [(one["auth"], one["level"], one["version"]) for one in gate.proofs()] == [
        ("sun", 5, 2), ("sun", 5, 2)]  # fmt: skip
    assert prove_keyless(gate.conn, [KEK], MADE) == []


def test_without_the_kek_it_is_unknown(gate: Gate) -> None:
    gate.road.evaluators = [ProofEvaluator(KeyLoader(lambda: []))]
    gate.send(gate.tap(0, sun=S1))
    gate.road.evaluators = [ProofEvaluator(KeyLoader(lambda: [bytes(32)]))]
    gate.send(gate.tap(1, seq=1, sun=S2))
    assert gate.auths() == ["unknown_key"] * 2


def test_while_keys_are_rotated_both_verify(gate: Gate) -> None:
    old = [row["id"] for row in list_keys(gate.conn)]
    gate.key("meta", TagKey(b"m" * 16))
    gate.key("file", TagKey(b"f" * 16, SUFFIX))
    gate.send(gate.tap(0, sun=S1))
    for id_ in old:
        retire_key(gate.conn, id_, MADE)
    gate.send(gate.tap(1, seq=1, sun=S2))
    assert gate.auths() == ["sun", "bad_mac"]


def test_under_another_kek_everything_still_opens(gate: Gate) -> None:
    fresh = bytes(reversed(KEK))
    before = gate.conn.execute("SELECT wrapped FROM tag_key").fetchall()
    assert rewrap(gate.conn, [fresh, KEK]) == 2
    assert not set(before) & set(gate.conn.execute("SELECT wrapped FROM tag_key").fetchall())
    gate.road.evaluators = [ProofEvaluator(KeyLoader(lambda: [fresh]))]
    gate.send(gate.tap(0, sun=S1))
    assert gate.auths() == ["sun"]


def test_a_code_leads_to_the_point_and_counters_stay_out_of_it(gate: Gate) -> None:
    row = gate.conn.execute("SELECT code FROM patrol_point").fetchone()
    assert row is not None
    code = str(row[0])
    gate.send(gate.tap(0, method="qr", note=f"https://example.org/p/{code}"))
    gate.send(gate.tap(1, seq=1, method="qr", tag=code.removeprefix("P-"), away_m=None))
    assert [(p["auth"], p["level"], p["counter"], p["uid"]) for p in gate.proofs()] == [
        ("qr", 3, None, None),
        ("qr", 1, None, None),
    ]
    assert {p["point_id"] for p in gate.proofs()} == {gate.point["id"]}


def test_three_qr_check_ins_in_a_week_hint_at_a_broken_tag_once(gate: Gate) -> None:
    kinds = []
    for i in range(5):
        events = gate.send(gate.tap(60 * i, seq=i, method="qr", tag=UID))
        kinds.append([event.kind for event in events if event.kind.startswith("tag.")])
    assert kinds == [[], [], ["tag.damaged_suspected"], [], []]


def test_a_tag_counts_where_it_hung_at_the_time(gate: Gate) -> None:
    draft = PointDraft("北门", LON + 500 / EAST, LAT)
    other, _ = create_point(gate.conn, gate.viewer, draft, MADE)
    gate.conn.execute(
        """INSERT INTO tag_enrolment (uid, point_id, chip, enrolled_at, enrolled_by, ended_at)
           VALUES (%(uid)s, %(here)s, 'sun', %(made)s, 'lin', %(moved)s),
                  (%(uid)s, %(there)s, 'sun', %(moved)s, 'lin', NULL)""",
        {"uid": UID, "here": gate.point["id"], "there": other["id"], "made": MADE,
         "moved": minute(10)},
    )  # fmt: skip
    gate.send(gate.tap(0, sun=S1), gate.tap(10, seq=1, sun=S2))
    before, after = gate.proofs()
    assert before["point_id"] == gate.point["id"] and before["place"] == "in"
    assert after["point_id"] == other["id"] and after["place"] == "out"


def test_windows_about_a_check_in_that_was_proved_anew_are_judged_again(gate: Gate) -> None:
    gate.conn.execute(
        """INSERT INTO patrol_window (org_id, point_id, opens_at, due_at, closes_at)
           VALUES (%s, %s, %s, %s, %s)""",
        (gate.org, gate.point["id"], minute(0), minute(20), minute(40)),
    )
    gate.send(gate.tap(30, who=1, sun=S1))
    assert gate.conn.execute("SELECT FROM patrol_dirty").fetchall() == []
    gate.send(gate.tap(5, sun=S2))
    assert gate.auths() == ["sun", "replay_suspect"]
    assert gate.conn.execute("SELECT why FROM patrol_dirty").fetchall() == [("proof",)]


def test_a_tap_may_ask_for_an_enrolment_and_gets_none_by_itself(gate: Gate) -> None:
    row = gate.conn.execute("SELECT code FROM patrol_point").fetchone()
    assert row is not None
    note = f"enrol {row[0]}"
    events = gate.send(gate.tap(0, method="nfc", tag="04AABBCCDDEE80", note=note))
    assert [event.kind for event in events] == ["checkin.recorded", "tag.proposed"]
    assert gate.proofs()[0]["point_id"] is None
    again = gate.send(gate.tap(1, seq=1, sun=S1, note=note))
    assert [event.kind for event in again] == ["checkin.recorded"], "it hangs there already"


DAY = st.lists(
    st.tuples(
        st.integers(1, 9),  # counter
        st.integers(0, 90),  # minute
        st.integers(0, 1),  # who
        st.sampled_from([None, 0, 200_000, 900_000]),  # skew
        st.booleans(),  # another tag
    ),
    min_size=1,
    max_size=14,
    unique_by=lambda one: (one[1], one[2]),
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(DAY, st.randoms(use_true_random=False))
def test_any_order_of_a_day_ends_the_same(
    gate: Gate, day: list[tuple[int, int, int, int | None, bool]], chance: Random
) -> None:
    """Shuffled, cut, delivered twice, restarted in between."""
    taps = [
        gate.tap(
            at_min, who=who, seq=i, skew_ms=skew_ms, late_min=5,
            sun=message(counter, "04782E21801D81" if strange else UID),
        )
        for i, (counter, at_min, who, skew_ms, strange) in enumerate(day)
    ]  # fmt: skip
    in_order = sorted(taps, key=lambda one: one.stamp.at_ms)
    mixed = taps + chance.choices(taps, k=3)
    chance.shuffle(mixed)
    parts: list[list[Checkin]] = []
    while mixed:
        cut = chance.randint(1, 4)
        parts.append(mixed[:cut])
        mixed = mixed[cut:]
    assert run(gate, parts) == run(gate, [[one] for one in in_order]) == run(gate, [in_order])


def run(gate: Gate, parts: list[list[Checkin]]) -> list[Any]:
    with gate.conn.transaction(force_rollback=True):
        road = Road(gate.conn, [ProofEvaluator(KeyLoader(lambda: [KEK]))])
        for i, part in enumerate(parts):
            road.send(taps=part)
            assert road.judge(Readings(positions(0, []), checkins=part)) == [], "said twice"
            if i % 3 == 1:
                road.forget()
        return gate.conn.execute(PROOFS).fetchall()
