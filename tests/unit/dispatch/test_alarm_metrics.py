from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dispatch.alarm_metrics import Happened, Stood, metrics, quantile

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def happened(minute: float, source: str = "device:1") -> Happened:
    return Happened(AT + timedelta(minutes=minute), "silent", source, source)


def stood(priority: int = 3, acked_s: float | None = None, active: bool = False) -> Stood:
    acked = None if acked_s is None else AT + timedelta(seconds=acked_s)
    return Stood(priority, AT, acked, active, shelved=False)


def test_a_quiet_hour() -> None:
    found = metrics([happened(1), happened(30, "device:2")], [stood(acked_s=60), stood(1)], AT,
                    AT + HOUR, AT + 2 * HOUR)  # fmt: skip
    assert found["figures"]["per_hour"]["value"] == 2.0
    assert found["figures"]["flood"]["value"] == 0.0
    assert found["figures"]["acknowledged"]["value"] == 0.5
    assert found["figures"]["urgent"]["value"] == 0.5
    assert found["chattering"] == []
    assert found["ack_s"] == {"p50": 60.0, "p90": 60.0, "count": 1}


def test_eleven_in_ten_minutes_are_a_flood_and_ten_are_not() -> None:
    ten = [happened(n * 0.9, f"device:{n}") for n in range(10)]
    assert metrics(ten, [], AT, AT + HOUR, AT + HOUR)["figures"]["flood"]["numerator"] == 0
    found = metrics([*ten, happened(9.5)], [], AT, AT + HOUR, AT + HOUR)
    assert (found["figures"]["flood"]["numerator"], found["peak"]) == (1, 11)
    assert found["figures"]["flood"]["denominator"] == 6


def test_what_chatters_is_named_with_its_worst_ten_minutes() -> None:
    calm = [happened(0, "device:2"), happened(11, "device:2"), happened(22, "device:2")]
    found = metrics([happened(0), happened(5), happened(10), happened(30), *calm], [], AT,
                    AT + HOUR, AT + HOUR)  # fmt: skip
    assert [(one["source"], one["count"]) for one in found["chattering"]] == [("device:1", 3)]
    assert [(one["source"], one["count"]) for one in found["nuisance"]] == [
        ("device:1", 4), ("device:2", 3),
    ]  # fmt: skip


def test_hours_that_were_not_yet_make_no_alarm_rare() -> None:
    found = metrics([happened(1)], [], AT, AT + 24 * HOUR, AT + HOUR)
    assert found["figures"]["per_hour"]["value"] == 1.0


def test_what_stands_for_a_day_is_counted() -> None:
    later = AT + timedelta(hours=25)
    assert metrics([], [stood(active=True)], AT, later, later)["standing"] == 1
    assert metrics([], [stood(active=False)], AT, later, later)["standing"] == 0


@given(st.lists(st.floats(0, 1e6), min_size=1), st.sampled_from([0.5, 0.9]))
def test_a_quantile_is_a_value_at_least_so_many_are_not_above(
    values: list[float], q: float
) -> None:
    ordered = [round(one, 1) for one in sorted(values)]
    found = quantile(ordered, q)
    assert found in ordered
    assert found is not None
    assert sum(one <= found for one in ordered) >= q * len(ordered)


@given(st.lists(st.floats(0, 59.9), max_size=60))
def test_chattering_agrees_with_a_look_at_every_beginning(minutes: list[float]) -> None:
    found = metrics([happened(m) for m in minutes], [], AT, AT + HOUR, AT + HOUR)["chattering"]
    times = [happened(m).at for m in minutes]
    most = max((sum(a <= b <= a + timedelta(minutes=10) for b in times) for a in times), default=0)
    assert (found[0]["count"] if found else 0) == (most if most >= 3 else 0)
