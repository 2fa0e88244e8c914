"""What the bureau may change of the rules: thresholds, delays, severities."""

from typing import Any

import numpy as np
import pytest

from core.errors import Invalid
from geo.gas.rulebook import HOUR_MS, RULES, UNITS, VARIANT_NO, Thresholds, read_limits


def test_nothing_said_is_the_default() -> None:
    assert read_limits({}) == Thresholds()


def test_a_delay_of_a_rule_holds_for_its_variants_unless_one_has_its_own() -> None:
    found = read_limits({"settle_h": {"E6": 3, "E4": 0.5}, "household_max": 3})
    assert found.household_max == 3
    waits = dict(zip(VARIANT_NO, (found.settle_ms / HOUR_MS).tolist(), strict=True))
    assert waits["E6", "unregistered"] == 3
    assert waits["E6", "scanned"] == 0, "an officer stands before it"
    assert waits["E4", "travel"] == 0.5
    assert waits["E3", "in_transit"] == RULES["E3"].settle_h
    assert np.array_equal(Thresholds().settle_ms, read_limits({}).settle_ms)


def test_units_are_of_variants_that_are_there() -> None:
    assert UNITS.keys() <= VARIANT_NO.keys()


def test_a_severity_is_of_the_rule_or_of_one_variant() -> None:
    found = read_limits({"severity": {"E9": "critical", "E4/travel": "low"}})
    assert found.severity_of("E9", "overdue") == "critical"
    assert found.severity_of("E9", "soon") == "info", "a default of a variant stays its own"
    assert found.severity_of("E4", "travel") == "low"
    assert found.severity_of("E5", "places") == RULES["E5"].severity


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"tempo": 3}, "tempo"),
        ({"specs": {}}, "specs"),
        ({"household_max": -1}, "household_max"),
        ({"household_max": True}, "household_max"),
        ({"household_max": {"E1": 3}}, "household_max"),
        ({"settle_h": 3}, "settle_h"),
        ({"settle_h": {"E99": 3}}, "E99"),
        ({"settle_h": {"E3/travel": 3}}, "E3/travel"),
        ({"settle_h": {"E3": "long"}}, "long"),
        ({"severity": {"E3": "awful"}}, "severity is one of"),
        ({"severity": {"E3": 3}}, "severity is one of"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(body: dict[str, Any], named: str) -> None:
    with pytest.raises(Invalid, match=named):
        read_limits(body)
