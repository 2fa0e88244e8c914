"""Rates: numerators, denominators, and parts that sum to the whole."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from geo.patrol.monthly import span_of
from geo.patrol.rates import DEFINITIONS, Duty, Outcome, duty_figures, grouped, window_figures
from geo.patrol.results import Result
from tests.table import table


def outcomes(words: str) -> list[Outcome]:
    """`on_time*3,missed` … ; `?` is not judged yet, a trailing `!` is verified."""
    found = []
    for word in [] if words == "-" else words.split(","):
        name, _, times = word.partition("*")
        verified = name.endswith("!")
        result = None if name == "?" else Result(name.rstrip("!"))
        for _ in range(int(times or 1)):
            found.append(Outcome(len(found), 1, 2, 3, "2026-11-01", result, verified or None, 1.0))
    return found


@table("""
    results                                  completion punctuality verified observable
    on_time                                  1/1  1/1  0/1  1/1
    on_time!                                 1/1  1/1  1/1  1/1
    on_time,early,late,missed                3/4  1/4  0/3  4/4
    on_time,excused                          1/1  1/1  0/1  2/2      # nobody owed it
    excused                                  0/0  0/0  0/0  1/1
    -                                        0/0  0/0  0/0  0/0
    on_time,undeterminable,pending_offline   1/3  1/3  0/1  1/3      # never hidden
    on_time,suspect                          1/2  1/2  0/1  1/2
    makeup,out_of_place,too_short            0/3  0/3  0/0  3/3
    on_time,?                                1/2  1/2  0/1  1/1      # due, not judged
""")
def test_the_rates(
    results: str, completion: str, punctuality: str, verified: str, observable: str
) -> None:
    figures = window_figures(outcomes(results))["figures"]
    for name, wanted in (
        ("completion", completion), ("punctuality", punctuality), ("verified", verified),
        ("observable", observable),
    ):  # fmt: skip
        one = figures[name]
        numerator, denominator = map(int, wanted.split("/"))
        assert (one["numerator"], one["denominator"]) == (numerator, denominator), name
        assert one["value"] == (None if not denominator else round(numerator / denominator, 6))
        assert one["definition"]["zh"] and one["definition"]["en"]


def test_the_score_is_weighted() -> None:
    one = window_figures(outcomes("on_time,early,late,makeup,missed"))["figures"]["score"]
    assert one["numerator"] == 1.0 + 0.8 + 0.6 + 0.5 and one["denominator"] == 5


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 4), st.sampled_from([*Result, None]))))
def test_parts_sum_to_the_whole(made: list[tuple[int, int, Any]]) -> None:
    found = [Outcome(i, org, point, None, f"d{point}", r, None, None)
             for i, (org, point, r) in enumerate(made)]  # fmt: skip
    whole = window_figures(found)
    squads = {1: [1, 9], 2: [2, 9], 3: [3, 9]}
    for by in ("squad", "point", "day"):
        parts = [window_figures(group) for group in grouped(found, by, squads=squads).values()]
        assert sum(part["required"] for part in parts) == whole["required"]
        for name in ("completion", "punctuality", "observable"):
            for side in ("numerator", "denominator"):
                total = sum(part["figures"][name][side] for part in parts)
                assert total == whole["figures"][name][side]
    above = grouped(found, "org", squads=squads)
    assert len(above.get(9, [])) == len(found), "a squad counts for the bureau as well"


def test_duty() -> None:
    shifts = [
        Duty(1, 1, "d", "patrol", True, False, True),
        Duty(1, 2, "d", "patrol", True, False, False),
        Duty(1, 3, "d", "post", False, False, False),
        Duty(1, 4, "d", "post", True, True, False),
    ]
    found = {name: (f["numerator"], f["denominator"]) for name, f in duty_figures(shifts).items()}
    assert found == {"attendance": (3, 4), "on_post": (1, 2), "handled": (1, 2)}
    assert duty_figures([])["attendance"]["value"] is None


def test_every_figure_has_its_words() -> None:
    assert all(len(words) == 4 and all(words) for words in DEFINITIONS.values())
    assert (span_of("2028-02")[1] - span_of("2028-02")[0]).days == 29
