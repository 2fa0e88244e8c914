import base64

import pytest

from core.errors import Invalid
from devices.enrolment import SALT_BYTES, check, credential, csv_rows
from tests.table import table


def test_a_password_is_kept_as_the_plugin_keeps_it() -> None:
    # What `mosquitto_ctrl dynsec init` of Mosquitto 2.0.11 wrote for this password.
    kept = credential("example-password", base64.b64decode("E0gCXLkdQMkJXgba"))
    assert kept.iterations == 101
    assert base64.b64encode(kept.hash).decode() == (
        "8yP2A86g4PGZ8eFaXDHmJp0C2kPVvs+dSZsDFf6/iI58eeUKJinDpIaZcrnW0JhoMX4uh9yzBY0OEt4dUon/Tg=="
    )


@table("""
    kind     id              says
    officer  officer-1       ok
    officer  A_b-9           ok
    tank     x               kind      # not a kind
    officer  a.b             device    # a dot is no level character
    officer  waypost-admin   kept      # one of ours
""")
def test_what_may_be_enrolled(kind: str, id: str, says: str) -> None:
    if says == "ok":
        check(kind, id)
        return
    with pytest.raises(Invalid, match=says):
        check(kind, id)


@pytest.mark.parametrize("device_id", ["", "x" * 65, "中队", "a/b", "+"])
def test_an_id_that_would_break_a_topic_is_refused(device_id: str) -> None:
    with pytest.raises(Invalid):
        check("officer", device_id)


def test_an_import_names_its_first_bad_line() -> None:
    good = {"kind": "officer", "id": " o1 ", "org": None, "name": "张三"}
    assert csv_rows([good]) == [
        {"kind": "officer", "id": "o1", "org": "", "name": "张三", "label": ""}
    ]
    with pytest.raises(Invalid, match="Line 3"):
        csv_rows([good, {"kind": "officer", "id": "a b"}])
    with pytest.raises(Invalid, match="Line 2 needs a kind and an id"):
        csv_rows([{"kind": "", "id": "x"}])


def test_the_salt_has_the_length_the_plugin_demands() -> None:
    with pytest.raises(AssertionError):
        credential("x", b"s" * (SALT_BYTES + 1))
