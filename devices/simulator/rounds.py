"""Which points an officer of the simulated district goes round: the fleet walks it, the roster
in the database says it."""

from collections.abc import Sequence
from random import Random

from devices.simulator.roster import Device, PatrolPoint, Roster
from devices.simulator.streets import Streets, distance_m

BEAT_POINTS = 4


def chance(seed: int, name: str) -> Random:
    """A device's own luck, the same wherever it is asked for."""
    return Random(f"{seed}/{name}")  # noqa: S311


def beat_of(rng: Random, points: Sequence[PatrolPoint], streets: Streets) -> list[PatrolPoint]:
    """A few points near each other, in an order that makes a round."""
    if not points:
        return []
    places = streets.places
    first = rng.choice(points)
    near = sorted(points, key=lambda p: distance_m(places[p.node], places[first.node]))
    left, beat = near[1:BEAT_POINTS], [first]
    while left:
        here = places[beat[-1].node]
        following = min(left, key=lambda p: distance_m(places[p.node], here))
        left.remove(following)
        beat.append(following)
    return beat


def beats(roster: Roster, streets: Streets) -> list[tuple[Device, list[PatrolPoint]]]:
    """Every officer's terminal with its beat."""
    return [
        (one, beat_of(chance(roster.seed, one.id), roster.points_of(one.squad), streets))
        for one in roster.of_kind("officer")
    ]
