import pytest

from core.errors import Invalid
from devices.tags import check_uid, normal_uid
from tests.table import table


@pytest.mark.parametrize("text", ["04a1b2c3", "04:A1:b2:C3", "04 a1 b2 c3", " 04-A1-B2-C3 "])
def test_one_spelling(text: str) -> None:
    assert normal_uid(text) == check_uid(text) == "04A1B2C3"


@table("""
    text
    04A1B2      # three bytes
    04A1B2C     # half a byte
    04A1B2CG    # no hex
    04A1B2C304A1B2C304A1B2  # eleven bytes
""")
def test_what_is_no_uid(text: str) -> None:
    with pytest.raises(Invalid):
        check_uid(text)
