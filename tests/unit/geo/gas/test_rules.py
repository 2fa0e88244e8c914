"""Legal lives say nothing; one wrong event says just what is wrong, and its absence nothing."""

import os
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from geo.gas.history import history
from geo.gas.rulebook import RULES, VARIANTS
from geo.gas.rules import Book, judge
from tests.unit.geo.gas.lives import (
    COMPANY,
    DAY,
    HOUR,
    MINUTE,
    OTHER,
    SPEC,
    STATION,
    Step,
    book,
    columns,
    life,
)

BOOK = book()
# As many as are asked for; 100000 take some minutes, and fewer show a broken rule as well.
HISTORIES = int(os.environ.get("WAYPOST_GAS_HISTORIES", "4000"))


def said(steps: list[Step], now: int | None = None, known: Book = BOOK) -> set[str]:
    """The variants found in one life a few days after its last event."""
    whole = history(columns({7: steps}), known.sites["key"])
    at = max(step["at"] for step in steps) + 3 * DAY if now is None else now
    return {"/".join(VARIANTS[v][:2]) for v in judge(whole, known, at)["variant"]}


def one(kind: str, steps: list[Step], nth: int = 1) -> int:
    """Where the nth event of a kind stands, from 0."""
    return [n for n, step in enumerate(steps) if step["kind"] == kind][nth]


def test_legal_lives_raise_nothing_in_any_order() -> None:
    chance = Random(1)
    lives = {no: life(no, chance.randrange(1, 5), chance) for no in range(2_000)}
    events = columns(lives)
    for seed in range(3):
        mixed = np.random.default_rng(seed).permutation(events)
        whole = history(mixed, BOOK.sites["key"])
        # At the newest event, so that no cylinder has been left lying since.
        assert not len(judge(whole, BOOK, int(events["at"].max())))


DELETED = {
    "prefill_check": {"E2/no_prefill"},
    "fill": {"E1/no_fill"},
    "postfill_check": {"E2/no_postfill"},
    "stock_in": set(),
    "stock_out": set(),  # the chain asks for this or loading
    "load": {"E15/no_load"},
    "unload": {"E15/holder"},
    "deliver": {"E1/no_deliver", "E3/with_party"},  # by the ledger the courier has it for weeks
    "user_check": {"E18/no_check"},
    "return": {"E1/no_return"},
}


@pytest.mark.parametrize(("kind", "expected"), DELETED.items())
def test_one_event_deleted_is_named_and_withdrawn_when_it_comes(
    kind: str, expected: set[str]
) -> None:
    steps = life(7, 3, Random(2))
    assert said([s for n, s in enumerate(steps) if n != one(kind, steps)]) == expected
    assert said(steps) == set()


def test_nothing_is_said_before_the_missing_event_had_its_time_to_come() -> None:
    steps = [s for s in life(7, 1, Random(3)) if s["kind"] != "fill"]
    told = steps[one("deliver", steps, 0)]["at"] + 1_000
    assert said(steps, told + 24 * HOUR - 1) == set()
    assert said(steps, told + 24 * HOUR) == {"E1/no_fill"}


@pytest.mark.parametrize("kind", sorted({s["kind"] for s in life(7, 1, Random(4))}))
def test_an_event_written_down_twice_is_no_crime(kind: str) -> None:
    steps = life(7, 2, Random(4))
    n = one(kind, steps, 0)
    again = dict(steps[n], at=steps[n]["at"] + 30_000)
    assert said([*steps[: n + 1], again, *steps[n + 1 :]]) == set()


FORGED: dict[str, tuple[str, Step, set[str]]] = {
    "another company fills it": (
        "fill", {"site": OTHER},
        {"E7/not_owner", "E15/holder", "E4/travel", "E5/places"},
    ),
    "an unknown station fills it": ("fill", {"site": 99}, {"E7/unknown_site", "E15/holder"}),
    "an unknown truck carries it": ("load", {"vehicle": 99}, {"E15/vehicle", "E15/no_load"}),
    "too little gas": ("fill", {"net_g": 12_000, "gross_g": 28_500}, {"E19/net"}),
    "heavier at return": ("return", {"gross_g": 40_000}, {"E19/refilled"}),
    "returned by another user": ("return", {"user": 9}, {"E1/no_deliver"}),
    "another serial number": ("fill", {"serial": 5}, {"E20/serial"}),
}  # fmt: skip


@pytest.mark.parametrize("crime", FORGED)
def test_one_event_forged(crime: str) -> None:
    kind, change, expected = FORGED[crime]
    steps = life(7, 2, Random(5))
    n = one(kind, steps, 0)
    forged = [*steps[:n], {**steps[n], **change}, *steps[n + 1 :]]
    found = said(forged)
    # A forged filling also takes the cylinder away from where its checks were made.
    assert expected <= found <= expected | {"E15/holder"}


def test_a_clone_is_seen_at_once() -> None:
    steps = life(7, 1, Random(6))
    n = one("fill", steps, 0)
    scan = {
        "kind": "scan",
        "at": steps[n]["at"] + MINUTE,
        "lat_e7": 313_000_000,
        "lon_e7": 1_217_000_000,
    }
    assert said([*steps[: n + 1], scan], scan["at"] + 1_000) == {"E4/travel", "E5/places"}


def test_due_dates_scrap_and_unknown_codes() -> None:
    steps = life(7, 1, Random(7))
    due = steps[one("fill", steps, 0)]["at"] - HOUR
    overdue = [{**steps[0], "due": due}, *steps[1:]]
    assert said(overdue) == {"E8/inspection", "E9/overdue"}
    ended = [*steps, {"kind": "scrap", "at": steps[-1]["at"] + HOUR}]
    assert said(ended) == set()
    assert said([*ended, {"kind": "scan", "at": ended[-1]["at"] + HOUR}]) == {"E10/seen"}
    assert said([{"kind": "scan", "at": steps[0]["at"]}]) == {"E6/scanned"}


def rebound(after: list[Step], **said_of_it: int) -> Step:
    """Registered once more at the other company's station, an hour later."""
    at = after[-1]["at"] + HOUR
    return {"kind": "register", "at": at, "site": OTHER, "spec": SPEC, **said_of_it}


def filled_there(at: int) -> list[Step]:
    return [
        {"kind": kind, "at": at + minute * MINUTE, "site": OTHER, "net_g": net}
        for minute, kind, net in ((0, "prefill_check", 0), (5, "fill", 14_500),
                                  (9, "postfill_check", 0))
    ]  # fmt: skip


@pytest.mark.parametrize("serial", [0, 1007, 5])
def test_a_code_registered_by_another_company_is_rebound_and_stays_the_first_ones(
    serial: int,
) -> None:
    steps = life(7, 1, Random(7))
    again = rebound(steps, owner=22, serial=serial)
    assert said([*steps, again]) == {"E20/rebound"}
    stolen = [*steps, again, *filled_there(again["at"] + HOUR)]
    assert said(stolen) == {"E20/rebound", "E7/not_owner"}
    # The first registration is declared wrong: then the other company's is the first.
    assert said(stolen[1:]) == set()


def test_registered_again_by_its_owner_or_after_its_end_is_not_rebound() -> None:
    steps = life(7, 1, Random(7))
    assert said([*steps, rebound(steps, owner=COMPANY, serial=1007)]) == set()
    assert said([*steps, rebound(steps, serial=1007)]) == set(), "nobody named"
    silent = [{k: v for k, v in steps[0].items() if k != "owner"}, *steps[1:]]
    assert said([*silent, rebound(steps, owner=22)]) == set()
    ended = [*steps, {"kind": "scrap", "at": steps[-1]["at"] + HOUR}]
    again = rebound(ended, owner=22, serial=1007)
    assert said([*ended, again, *filled_there(again["at"] + HOUR)]) == {"E10/seen"}


def test_a_station_of_no_company_is_no_stranger() -> None:
    steps = life(7, 1, Random(7))
    sites = BOOK.sites.copy()
    sites["company"][sites["key"] == STATION] = 0
    assert said(steps, known=replace(BOOK, sites=sites)) == set()


def test_a_station_counts_until_its_licence_and_a_vehicle_until_its_end() -> None:
    steps = life(7, 1, Random(7))
    end = steps[one("load", steps, 0)]["at"]
    trucks = BOOK.vehicles.copy()
    trucks["ended"] = end + 1
    assert said(steps, known=replace(BOOK, vehicles=trucks)) == set(), "unloaded after its end"
    trucks["ended"] = end
    assert said(steps, known=replace(BOOK, vehicles=trucks)) == {"E15/vehicle"}


def test_a_full_cylinder_on_a_truck_for_a_day() -> None:
    steps = life(7, 1, Random(8))
    cut = steps[: one("load", steps, 0) + 1]
    assert said(cut, cut[-1]["at"] + 47 * HOUR) == set()
    assert said(cut, cut[-1]["at"] + 49 * HOUR) == {"E3/in_transit"}


def test_judging_what_an_event_touches_agrees_with_judging_everything() -> None:
    """Events come shuffled in forty batches, many missing or forged; only the cylinders of a
    batch are judged again."""
    chance = Random(9)
    lives = {}
    for no in range(HISTORIES):
        steps = life(no, chance.randrange(1, 4), chance)
        lives[no] = [s for s in steps if chance.random() > 0.05]
    events = columns(lives)
    order = np.random.default_rng(9).permutation(len(events))
    now = int(events["at"].max())
    kept: dict[int, set[tuple[int, int]]] = {}
    for part in np.array_split(np.arange(len(order)), 40):
        arrived = events[order[: part[-1] + 1]]
        touched = np.unique(events[order[part]]["cylinder"])
        whole = history(arrived[np.isin(arrived["cylinder"], touched)], BOOK.sites["key"])
        kept |= {int(no): set() for no in touched}
        for one_found in judge(whole, BOOK, now):
            event = whole.events[one_found["row"]]
            kept[int(event["cylinder"])].add((int(one_found["variant"]), int(event["id_low"])))
    whole = history(events, BOOK.sites["key"])
    expected: dict[int, set[tuple[int, int]]] = {no: set() for no in kept}
    for one_found in judge(whole, BOOK, now):
        event = whole.events[one_found["row"]]
        expected[int(event["cylinder"])].add((int(one_found["variant"]), int(event["id_low"])))
    assert kept == expected
    assert sum(map(len, expected.values())) > 1_000


def test_every_variant_belongs_to_a_rule() -> None:
    assert {rule for rule, *_ in VARIANTS} == set(RULES)
