from app.restarts import BACK_OFF_S, STEADY_S, Record, due, fell, started
from tests.table import table


@table("""
    falls  ran_s  wait_s
    0      1      0.2     # the first fall: nearly at once
    1      1      0.5
    2      1      1
    3      1      2
    4      1      5
    5      1      10
    50     1      10      # it never gives up
    50     30     0.2     # it had recovered: from the top again
""")
def test_a_fallen_service_waits_ever_longer(falls: float, ran_s: float, wait_s: float) -> None:
    record = Record(falls=int(falls), started_s=100.0)
    after = fell(record, 100.0 + ran_s)
    assert after.due_s == 100.0 + ran_s + wait_s


def test_it_is_started_when_due_and_not_before() -> None:
    records = {"a": fell(Record(), 10.0), "b": Record()}
    assert due(records, 10.0 + BACK_OFF_S[0] - 0.01) == []
    assert due(records, 10.0 + BACK_OFF_S[0]) == ["a"]
    assert due({"a": started(records["a"], 11.0)}, 99.0) == []


def test_the_table_only_grows_and_ends_before_steadiness() -> None:
    assert list(BACK_OFF_S) == sorted(BACK_OFF_S)
    assert BACK_OFF_S[-1] < STEADY_S, "or a falling service would look recovered"
