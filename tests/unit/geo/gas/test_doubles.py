"""A record doubled says nothing, whatever stands in between; custody that changed back does."""

from random import Random

import numpy as np
import pytest

from geo.gas.history import Events, history
from geo.gas.rules import claims, once
from tests.unit.geo.gas.lives import (
    COMPANY,
    DEPOT,
    HOUR,
    MINUTE,
    SPEC,
    START,
    STATION,
    TRUCK,
    Step,
    book,
    columns,
    life,
)
from tests.unit.geo.gas.test_rules import one, said

A, B = 51, 52
REGISTERED: Step = {"kind": "register", "at": START, "site": STATION, "owner": COMPANY,
                    "spec": SPEC}  # fmt: skip


def handed(minute: float, giver: int, taker: int) -> Step:
    return {"kind": "handover", "at": START + HOUR + round(minute * MINUTE), "giver": giver,
            "taker": taker}  # fmt: skip


def left(steps: list[Step]) -> list[int]:
    """Minutes after the first hour at which something is left to be judged."""
    told = history(columns({7: steps}), book().sites["key"])
    return [round((at - START - HOUR) / MINUTE) for at in once(told, book())["at"][1:]]


@pytest.mark.parametrize("minutes", [1, 5, 9])
@pytest.mark.parametrize("kind", sorted({s["kind"] for s in life(7, 1, Random(4))}))
def test_a_record_doubled_minutes_later_raises_nothing(kind: str, minutes: int) -> None:
    steps = life(7, 2, Random(4))
    n = one(kind, steps, 0)
    again = dict(steps[n], at=steps[n]["at"] + minutes * MINUTE)
    assert said([*steps, again]) == set()


def test_a_filling_doubled_after_its_check_raises_nothing() -> None:
    steps = life(7, 1, Random(4))
    fill = steps[one("fill", steps, 0)]
    assert steps[one("postfill_check", steps, 0)]["at"] < fill["at"] + 5 * MINUTE
    assert said([*steps, dict(fill, at=fill["at"] + 5 * MINUTE)]) == set()
    other = dict(fill, at=fill["at"] + 5 * MINUTE, net_g=14_000)
    assert said([*steps, other]) == {"E2/no_prefill", "E2/no_postfill"}, "another weight, another"
    late = dict(fill, at=fill["at"] + 11 * MINUTE)
    assert said([*steps, late]) >= {"E2/no_prefill"}, "eleven minutes are no doubling"


def test_a_doubled_record_moves_nothing() -> None:
    """Out of store, on the truck, and the first once more: it is still on the truck."""
    steps = life(7, 1, Random(4))
    out = steps[one("stock_out", steps, 0)]
    assert said([*steps, dict(out, at=out["at"] + 7 * MINUTE)]) == set()


def test_a_whole_batch_doubled_moves_nothing() -> None:
    steps = life(7, 1, Random(4))
    batch = [steps[one(kind, steps, 0)] for kind in ("stock_out", "load")]
    assert said([*steps, *(dict(step, at=step["at"] + 8 * MINUTE) for step in batch)]) == set()


def test_handed_back_and_forth_is_no_doubling() -> None:
    there_and_back = [REGISTERED, handed(0, STATION, A), handed(2, A, B), handed(4, B, A)]
    assert left([*there_and_back, handed(6, A, B)]) == [0, 2, 4, 6]
    assert left([*there_and_back, handed(6, A, B), handed(8, B, A)]) == [0, 2, 4, 6, 8]
    # The same without the way back: still with B.
    assert left([*there_and_back[:3], handed(6, A, B)]) == [0, 2]
    # Back once, and that written down twice.
    assert left([*there_and_back, handed(5, B, A)]) == [0, 2, 4]
    # Gone on to a third: whoever says again that A gave it to B had it no more.
    assert left([*there_and_back[:3], handed(3, B, DEPOT), handed(6, A, B)]) == [0, 2, 3]


def test_out_of_store_again_is_no_doubling() -> None:
    """Out, put back, and out again to a courier, all within minutes."""
    steps = life(7, 1, Random(4))
    out, deliver = steps[one("stock_out", steps, 0)], steps[one("deliver", steps, 0)]
    again = [
        dict(out, kind="stock_in", at=out["at"] + 3 * MINUTE), dict(out, at=out["at"] + 6 * MINUTE)
    ]  # fmt: skip
    way = ("load", "unload", "handover")
    legal = [s for s in steps if s["kind"] not in way or s["at"] > deliver["at"]]
    assert said(legal) == said([*legal, *again]) == set()
    assert said([*legal, again[0]]) == {"E15/holder"}, "put back and not taken out"
    twice = [dict(step, at=step["at"] + MINUTE) for step in (out, *again)]
    assert said([*legal, *again, *twice]) == set()


def test_doublings_of_doublings_are_one_record() -> None:
    fill = {"kind": "fill", "site": STATION, "net_g": 14_500}
    many = [dict(fill, at=START + HOUR + n * 8 * MINUTE) for n in range(5)]
    assert left([REGISTERED, *many]) == [0]


def test_one_instant_and_thousands_of_copies() -> None:
    load = {"kind": "load", "site": STATION, "vehicle": TRUCK, "at": START + HOUR}
    assert left([REGISTERED, *([load] * 3_000)]) == [0]


def test_rows_of_findings_are_those_of_the_whole_history() -> None:
    steps = life(7, 1, Random(4))
    fill = steps[one("fill", steps, 0)]
    forged = [dict(step, vehicle=99) if step["kind"] == "load" else step for step in steps]
    assert said([*forged, dict(fill, at=fill["at"] + 5 * MINUTE)]) == {
        "E15/vehicle", "E15/no_load",
    }  # fmt: skip


def test_only_those_cylinders_are_looked_at_again() -> None:
    """What is found of a city with some doublings is what is found of it without."""
    chance = Random(5)
    lives = {no: life(no, 2, chance) for no in range(200)}
    wrong = {no: [s for s in steps if chance.random() > 0.05] for no, steps in lives.items()}
    more = {
        no: [*steps, *(dict(s, at=s["at"] + 3 * MINUTE) for s in steps if chance.random() < 0.03)]
        for no, steps in wrong.items()
    }

    def found(events: Events) -> list[tuple[int, ...]]:
        told = history(events, book().sites["key"])
        held = claims(told, book())
        where = told.events[held["row"]]
        other = np.where(held["other"] < 0, 0, told["at"][held["other"]])
        names = (where["cylinder"], where["at"], held["variant"], other)
        return list(zip(*(name.tolist() for name in names), strict=True))

    assert found(columns(more)) == found(columns(wrong))
    assert len(found(columns(wrong))) > 100


def test_legal_lives_with_any_records_doubled_raise_nothing() -> None:
    chance = Random(77)
    for no in range(300):
        steps, share = life(no, 2, chance), chance.choice([0.05, 0.3, 1.0])
        together, shift = chance.random() < 0.5, chance.randrange(10 * MINUTE + 1)
        more = [
            dict(s, at=s["at"] + (shift if together else chance.randrange(10 * MINUTE + 1)))
            for s in steps if chance.random() < share
        ]  # fmt: skip
        assert said([*steps, *more]) == set()
