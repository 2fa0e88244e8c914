"""Published vectors of NXP AN12196 and the domain reference (B.2), and what must be refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import aes, sun
from devices.lrp import Lrp
from devices.sun import NotSun, Outcome
from tests.table import table

ZERO_KEY = "00" * 16
FLEET = "000102030405060708090a0b0c0d0e0f"  # meta key of the fixture made for replay tests
OWN = "a8dd63a3b89d54b37ca802473fda9175"  # file key of 04782E21801D80, see AN10922


def read(said: dict[str, Any], meta: list[str], file: list[str]) -> sun.Read:
    keys = [bytes.fromhex(key) for key in file]
    return sun.verify(sun.parse(said), [bytes.fromhex(key) for key in meta], lambda _uid: keys)


def one(said: dict[str, Any], meta: str = ZERO_KEY, file: str = ZERO_KEY) -> sun.Read:
    return read(said, [meta], [file])


V1 = {"picc_data": "EF963FF7828658A599F3041510671E88", "cmac": "94EED9EE65337086"}
V2 = {
    "picc_data": "FD91EC264309878BE6345CBE53BADF40",
    "enc": "CEE9A53E3E463EF1F459635736738962",
    "cmac": "ECC1E7F6C6C73BF6",
}
V4 = {"uid": "041E3C8A2D6B80", "ctr": "000006", "cmac": "4B00064004B0B3D3"}
L2 = {
    "picc_data": "1FCBE61B3E4CAD980CBFDD333E7A4AC4A579569BAFD22C5F",
    "cmac": "4231608BA7B02BA9",
}
S1 = {"picc_data": "E901C03E0CD911AA0F3E547AF4AF328C", "cmac": "3823829FFF15CD85"}
S2 = {"picc_data": "F2A5A887D86EABFB248D2C8F645D6E17", "cmac": "C7CC45A954AACC1D"}


@pytest.mark.parametrize(
    ("said", "meta", "file", "uid", "counter", "data"),
    [
        pytest.param(V1, ZERO_KEY, ZERO_KEY, "04DE5F1EACC040", 61, None, id="V1"),
        pytest.param(V2, ZERO_KEY, ZERO_KEY, "04958CAA5C5E80", 8, b"x" * 16, id="V2"),
        pytest.param(V4, ZERO_KEY, ZERO_KEY, "041E3C8A2D6B80", 6, None, id="V4"),
        pytest.param(L2, ZERO_KEY, ZERO_KEY, "04940E2A2F7080", 3, None, id="L2"),
        pytest.param(S1, FLEET, OWN, "04782E21801D80", 1, None, id="S1"),
        pytest.param(S2, FLEET, OWN, "04782E21801D80", 2, None, id="S2"),
    ],
)
def test_published_messages_hold(
    said: dict[str, Any], meta: str, file: str, uid: str, counter: int, data: bytes | None
) -> None:
    assert one(said, meta, file) == sun.Read(Outcome.SUN, uid, counter, data)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(V2 | {"cmac": "3CC1E7F6C6C33B33"}, id="V6"),
        pytest.param(V4 | {"cmac": "AB00064004B0B3AB"}, id="V7"),
        pytest.param(V4 | {"ctr": "000007"}, id="another counter"),
        pytest.param(V4 | {"ctr": "060000"}, id="a counter in the tag's own order"),
        pytest.param(V2 | {"enc": "00" * 16}, id="other file data"),
        pytest.param({**V2, "enc": None}, id="file data left out"),
        pytest.param(L2 | {"cmac": "4231608BA7B02BA8"}, id="LRP, last bit"),
        pytest.param(V1 | {"picc_data": "00" * 16}, id="PICC data that open to nonsense"),
    ],
)
def test_what_was_altered_is_a_bad_mac(said: dict[str, Any]) -> None:
    found = one(said)
    assert found.outcome is Outcome.BAD_MAC and found.counter is None


@table("""
    vector  expected
    C33C0001008004C767F2066180010000  66DA61797E23DECA5D8ECA13BBADF7A9
    3CC30001008004C767F2066180010000  3A3E8110E05311F7A3FCF0D969BF2B48
""")
def test_session_keys_of_table_1(vector: str, expected: str) -> None:
    """V5: and the vectors are built from the UID and the counter alone."""
    uid, counter = bytes.fromhex("04C767F2066180"), bytes.fromhex("010000")
    made = {
        sun.encrypting_vector(uid, counter).hex().upper(),
        sun.signing_vector(uid, counter).hex().upper(),
    }
    assert vector in made
    key = bytes.fromhex("5ACE7E50AB65D5D51FD5BF5A16B8205B")
    assert aes.cmac(key, bytes.fromhex(vector)).hex().upper() == expected


def test_every_step_of_v1() -> None:
    plain = sun.picc_aes(bytes(16), bytes.fromhex(V1["picc_data"]))
    assert plain.hex() == "c704de5f1eacc0403d0000da5cf60941"
    vector = sun.signing_vector(plain[1:8], plain[8:11])
    assert vector.hex() == "3cc30001008004de5f1eacc0403d0000"
    key = aes.cmac(bytes(16), vector)
    assert key.hex() == "3fb5f6e3a807a03d5e3570ace393776f"
    full = aes.cmac(key, b"")
    assert full.hex() == "e194c7ee12d9f7ee8a65c8331b704386"
    assert sun.short_mac(full).hex().upper() == V1["cmac"]


def test_every_step_of_v2() -> None:
    message = sun.parse(V2)
    assert message.mac_input == b"CEE9A53E3E463EF1F459635736738962&cmac="
    assert message.picc is not None
    plain = sun.picc_aes(bytes(16), message.picc)
    assert plain.hex() == "c704958caa5c5e80080000a243c86dfc"
    uid, counter = plain[1:8], plain[8:11]
    signing = aes.cmac(bytes(16), sun.signing_vector(uid, counter))
    assert signing.hex() == "3ed0920e5e6a0320d823d5987feafbb1"
    assert aes.cmac(signing, message.mac_input).hex() == "81ec45c175e72ff6fac61bc7ab3baef6"
    vector = sun.encrypting_vector(uid, counter)
    assert vector.hex() == "c33c0001008004958caa5c5e80080000"
    encrypting = aes.cmac(bytes(16), vector)
    assert encrypting.hex() == "42132d669442ad43e072c8c0c9828a72"
    iv = aes.encrypt_block(encrypting, counter.ljust(16, b"\x00"))
    assert iv.hex() == "0ad3eb2717a58332cbc8899bbecbd411"


def test_the_signing_key_of_v4() -> None:
    vector = sun.signing_vector(bytes.fromhex("041E3C8A2D6B80"), bytes.fromhex("060000"))
    assert aes.cmac(bytes(16), vector).hex() == "c16f8eaa1a08e2736e718f1f1fdef0a2"


def test_the_master_of_l2() -> None:
    plain = sun.picc_lrp(bytes(16), bytes.fromhex(L2["picc_data"]))
    assert plain[1:8].hex().upper() == "04940E2A2F7080" and plain[8:11] == b"\x03\x00\x00"
    vector = b"\x00\x01\x00\x80" + plain[1:8] + plain[8:11] + b"\x1e\xe1"
    assert Lrp(bytes(16)).cmac(vector).hex() == "0cd246b5e15c7d793b8a03f16ee090f2"


def test_while_keys_are_rotated_either_holds() -> None:
    assert read(S1, [ZERO_KEY, FLEET], [ZERO_KEY, OWN]).counter == 1
    assert read(S1, [FLEET, ZERO_KEY], [OWN, ZERO_KEY]).counter == 1


def test_without_a_key_nobody_can_tell() -> None:
    assert read(V1, [], []).outcome is Outcome.UNKNOWN_KEY
    assert read(V4, [], []) == sun.Read(Outcome.UNKNOWN_KEY, "041E3C8A2D6B80")
    assert read(V1, [ZERO_KEY], []) == sun.Read(Outcome.UNKNOWN_KEY, "04DE5F1EACC040")


def test_nonsense_under_the_dummy_key_is_never_accepted() -> None:
    """Who signs what another meta key opens, with the key of zeros, gains nothing."""
    plain = b"\x00" + bytes.fromhex("04DE5F1EACC040") + b"\x01\x00\x00" + bytes(5)
    picc = aes.cbc_encrypt(bytes(16), aes.ZERO, plain)
    session = sun.session_aes(bytes(16), plain[1:8], plain[8:11])
    said = {"picc_data": picc.hex(), "cmac": sun.short_mac(session.mac(b"")).hex()}
    assert one(said).outcome is Outcome.BAD_MAC


def test_spelling_does_not_matter() -> None:
    assert one({name: text.lower() for name, text in V2.items()}) == one(V2)
    assert one(V4 | {"uid": "04:1e:3c:8a:2d:6b:80", "ctr": 6}).counter == 6


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"cmac": "00" * 8},
        {"cmac": "00" * 7, "picc_data": "00" * 16},
        {"cmac": "00" * 8, "picc_data": "00" * 17},
        {"cmac": "00" * 8, "picc_data": "zz" * 16},
        {"cmac": "00" * 8, "uid": "04AABB", "ctr": 1},
        {"cmac": "00" * 8, "uid": "04" * 7},
        {"cmac": "00" * 8, "uid": "04" * 7, "ctr": 1 << 24},
        {"cmac": "00" * 8, "uid": "04" * 7, "ctr": -1},
        {"cmac": "00" * 8, "uid": "04" * 7, "ctr": True},
        {"cmac": "00" * 8, "picc_data": "00" * 16, "enc": "00" * 15},
        {"cmac": "00" * 8, "picc_data": "00" * 16, "enc": "00" * 4096},
        {"cmac": "٠٠" * 8, "picc_data": "00" * 16},
    ],
)
def test_what_is_no_sun_message_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(NotSun):
        sun.parse(said)


LENGTHS = st.sampled_from([3, 7, 8, 16, 24, 32]) | st.integers(0, 40)
BYTES = LENGTHS.flatmap(lambda n: st.binary(min_size=n, max_size=n)).map(bytes.hex)
LETTERS = st.text("0123456789abcdefABCDEF:- xé٠\x00\ud800", max_size=40)
ANY = BYTES | LETTERS | st.none() | st.integers()
SAID = st.fixed_dictionaries(
    {"cmac": st.binary(min_size=8, max_size=8).map(bytes.hex) | ANY},
    optional=dict.fromkeys(("picc_data", "enc", "uid", "ctr"), ANY),
)


@given(SAID)
def test_whatever_comes_it_is_judged_or_refused(said: dict[str, Any]) -> None:
    try:
        message = sun.parse(said)
    except NotSun:
        return
    assert sun.verify(message, [bytes(16)], lambda _uid: [bytes(16)]).outcome in Outcome


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=8, max_size=8))
def test_forged_messages_never_hold(picc: bytes, cmac: bytes) -> None:
    said = {"picc_data": picc.hex(), "cmac": cmac.hex()}
    assert one(said, FLEET, OWN).outcome is Outcome.BAD_MAC
