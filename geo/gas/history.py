"""Lives of gas cylinders as columns: events in order, and whose each cylinder was. Pure.

One form serves one cylinder of a dozen events and a city's ten million: whatever is asked of
the events before or after is asked of the whole column at once, and never across two cylinders.
Names of sites, people and vehicles are numbers here; 0 says nothing.
Times are milliseconds since 1970 UTC. Events and custody: domain reference E.3.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, get_args

import numpy as np
from numpy.typing import NDArray

from devices.codec import CylinderType

KINDS: Final = ("", *get_args(CylinderType))  # as the wire names them, in the order of a life
(
    _, REGISTER, PREFILL, FILL, POSTFILL, STOCK_IN, STOCK_OUT, LOAD, UNLOAD, HANDOVER, DELIVER,
    USER_CHECK, RETURN, INSPECT, SCRAP, SCAN, LOST, FOUND, ADJUST,
) = range(len(KINDS))  # fmt: skip

# What an inspector may say of a cylinder, as bits of `observed` in this order.
OBSERVATIONS: Final = ("damaged", "unreadable", "altered", "decanted")

EVENT_DTYPE: Final = np.dtype(
    [
        ("id_high", "i8"), ("id_low", "i8"),  # the event's UUID
        ("cylinder", "i8"), ("at", "i8"), ("received", "i8"), ("kind", "i2"),
        ("site", "i8"), ("user", "i8"), ("vehicle", "i8"), ("courier", "i8"),
        ("giver", "i8"), ("taker", "i8"),  # of a handover
        ("serial", "i8"), ("owner", "i8"), ("spec", "i8"),
        ("net_g", "i8"), ("gross_g", "i8"), ("lat_e7", "i8"), ("lon_e7", "i8"),
        ("due", "i8"), ("scrap_due", "i8"), ("observed", "i8"),
    ]
)  # fmt: skip
# What two records of one event have in common: all but their numbers, a moment and some metres.
SAID: Final = tuple(
    name for name in EVENT_DTYPE.names or ()
    if name not in ("id_high", "id_low", "cylinder", "at", "received", "lat_e7", "lon_e7")
)  # fmt: skip
WANDERS_E7: Final = 20_000  # about 200 m: how far off a scanner may say it stood
CROWD: Final = 16  # events of a cylinder within minutes
Events = NDArray[np.void]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
END_OF_TIME: Final = 2**62

# Who may have it after an event.
NOBODY, SITE, VEHICLE, PARTY, USER, ANYBODY = range(6)
AT_SITE: Final = (PREFILL, FILL, POSTFILL, STOCK_IN, STOCK_OUT, UNLOAD)
CUSTODY: Final = (REGISTER, *AT_SITE, LOAD, HANDOVER, DELIVER, RETURN, SCRAP, LOST, FOUND, ADJUST)


@dataclass(frozen=True)
class History:
    """Events of whole cylinders, by cylinder and time. Make it with `history`."""

    events: Events
    sites: Ints  # sorted numbers of the sites known: a party of that name is a site
    _columns: dict[str, Ints] = field(default_factory=dict, compare=False, repr=False)

    def __getitem__(self, name: str) -> Ints:
        """A column, drawn out of the rows once: rules go through it again and again."""
        if name not in self._columns:
            self._columns[name] = np.ascontiguousarray(self.events[name])
        return self._columns[name]

    def __len__(self) -> int:
        return len(self.events)

    @cached_property
    def first(self) -> Ints:
        """For each event the first one of its cylinder."""
        begins = self.rows == 0
        begins[1:] = self["cylinder"][1:] != self["cylinder"][:-1]
        starts: Ints = np.maximum.accumulate(np.where(begins, self.rows, 0))
        return starts

    @cached_property
    def rows(self) -> Ints:
        return np.arange(len(self), dtype=np.int64)

    @cached_property
    def following(self) -> Ints:
        """For each event the next one of its cylinder, or -1."""
        return self.later(np.ones(len(self), bool))

    def of(self, *kinds: int) -> Flags:
        wanted = np.zeros(len(KINDS), bool)
        wanted[list(kinds)] = True
        flags: Flags = wanted[self["kind"]]
        return flags

    def before(self, which: Flags) -> Ints:
        """For each event the last one of its cylinder before it that is one of these, or -1."""
        last = np.concatenate([[-1], self.upto(which)])[:-1]
        found: Ints = np.where(last >= self.first, last, -1)
        return found

    def upto(self, which: Flags) -> Ints:
        """The same, the event itself included."""
        last = np.maximum.accumulate(np.where(which, self.rows, -1))
        found: Ints = np.where(last >= self.first, last, -1)
        return found

    def later(self, which: Flags) -> Ints:
        """For each event the next one of its cylinder after it that is one of these, or -1."""
        if not len(self):
            return self.rows
        none = len(self)
        ahead = np.minimum.accumulate(np.where(which, self.rows, none)[::-1])[::-1]
        ahead = np.concatenate([ahead[1:], [none]])
        safe = np.minimum(ahead, none - 1)
        same = (ahead < none) & (self["cylinder"][safe] == self["cylinder"])
        found: Ints = np.where(same, ahead, -1)
        return found

    def value(self, name: str, rows: Ints, missing: int = 0) -> Ints:
        """A column at rows as `before` and `later` give them."""
        found: Ints = np.where(rows >= 0, self[name][rows], missing)
        return found

    def doubled(self, within_ms: int) -> Flags:
        """Which events say what an earlier one of their cylinder said so shortly before."""
        found = np.zeros(len(self), bool)
        rows = self._like_another(within_ms)
        if not len(rows):
            return found
        said = np.column_stack([self.first[rows], *(self[name][rows] for name in SAID)])
        ordered = np.lexsort((rows, *said.T))
        rows, said = rows[ordered], said[ordered]
        again = (said[1:] == said[:-1]).all(axis=1) & (np.diff(self["at"][rows]) <= within_ms)
        for name in ("lat_e7", "lon_e7"):
            again &= np.abs(np.diff(self[name][rows])) <= WANDERS_E7
        found[rows[1:][again]] = True
        return found

    def _like_another(self, within_ms: int) -> Ints:
        """The few with another of their kind so near, step by step to those told before."""
        at, kind, found = self["at"], self["kind"], np.zeros(len(self), bool)
        rows = self.rows[1:][np.diff(at) <= within_ms]
        for back in range(1, CROWD):
            rows = rows[self.first[rows] <= rows - back]
            rows = rows[at[rows] - at[rows - back] <= within_ms]
            if not len(rows):
                break
            like = rows[kind[rows] == kind[rows - back]]
            found[like] = found[like - back] = True
        else:  # where so many were told at once, all of them
            found |= np.isin(self.first, self.first[rows])
        return np.flatnonzero(found)

    @cached_property
    def moves(self) -> Flags:
        """Events after which somebody else may have it."""
        return self.of(*CUSTODY)

    @cached_property
    def taker_kind(self) -> Ints:
        """What kind of holder an event leaves; a party is whoever a handover names."""
        kind, table = self["kind"], np.zeros(len(KINDS), np.int64)
        table[[REGISTER, *AT_SITE, FOUND]] = SITE
        table[[LOAD, HANDOVER, DELIVER, RETURN]] = VEHICLE, PARTY, USER, PARTY
        table[[LOST, ADJUST]] = ANYBODY
        found = table[kind]
        # An empty one brought straight to a site; and whatever says nobody's name says nothing.
        found = np.where((kind == RETURN) & (self["courier"] == 0), SITE, found)
        found = np.where((found == PARTY) & listed(self.sites, self.taker), SITE, found)
        silent = (self.taker == 0) & (kind != SCRAP)
        settled: Ints = np.where(self.moves & silent, ANYBODY, found)
        return settled

    @cached_property
    def taker(self) -> Ints:
        """Who has it after an event that moves it."""
        kind = self["kind"]
        found = np.where(self.of(REGISTER, *AT_SITE, FOUND), self["site"], 0)
        by_kind = {LOAD: "vehicle", HANDOVER: "taker", ADJUST: "taker", DELIVER: "user"}
        for one, column in by_kind.items():
            found = np.where(kind == one, self[column], found)
        brought = np.where(self["courier"] != 0, self["courier"], self["site"])
        told: Ints = np.where(kind == RETURN, brought, found)
        return told

    @cached_property
    def last_move(self) -> Ints:
        """For each event the one before it that said who has the cylinder, or -1."""
        return self.before(self.moves)

    @cached_property
    def holder(self) -> Ints:
        """Who had it just before each event; 0: unknown or nobody."""
        found: Ints = np.where(self.last_move >= 0, self.taker[self.last_move], 0)
        return found

    @cached_property
    def holder_kind(self) -> Ints:
        """Of which kind that holder was; before the first event, anybody."""
        found: Ints = np.where(self.last_move >= 0, self.taker_kind[self.last_move], ANYBODY)
        return found


def listed(known: Ints, wanted: Ints) -> Flags:
    """Which of `wanted` are among `known`, which is sorted."""
    if not len(known):
        return np.zeros(len(wanted), bool)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    flags: Flags = known[at] == wanted
    return flags


def history(events: Events, sites: Ints) -> History:
    """Events in any order, one of each; at one instant by their place in a cylinder's life."""
    keys: tuple[Any, ...] = tuple(
        events[name] for name in ("id_low", "id_high", "kind", "at", "cylinder")
    )
    return History(events[np.lexsort(keys)], np.sort(sites))
