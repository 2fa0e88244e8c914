"""Rules E1–E10, E15, E18–E20 over the lives of cylinders: columns in, findings out. Pure.

Each rule is one function of a history and a book (registers and thresholds), and knows no
clock but the settling of `judge`: so an event that comes late, or was declared wrong, takes a
finding back by itself. Domain reference E.5.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.distance import distances_m
from geo.gas.history import (
    ANYBODY,
    DELIVER,
    END_OF_TIME,
    FILL,
    HANDOVER,
    INSPECT,
    LOAD,
    NOBODY,
    OBSERVATIONS,
    PARTY,
    POSTFILL,
    PREFILL,
    REGISTER,
    RETURN,
    SCAN,
    SCRAP,
    SITE,
    STOCK_IN,
    STOCK_OUT,
    UNLOAD,
    USER,
    USER_CHECK,
    VEHICLE,
    Flags,
    History,
    Ints,
    listed,
)
from geo.gas.rulebook import DAY_MS, HOUR_MS, LOCAL_MS, VARIANT_NO, Thresholds

SITE_DTYPE: Final = np.dtype(
    [("key", "i8"), ("company", "i8"), ("fills", "?"), ("licence_until", "i8"),
     ("lat_e7", "i8"), ("lon_e7", "i8")]
)  # fmt: skip
USER_DTYPE: Final = np.dtype(
    [("key", "i8"), ("lat_e7", "i8"), ("lon_e7", "i8"), ("address", "i8"), ("business", "?"),
     ("most", "i8")]
)  # fmt: skip
VEHICLE_DTYPE: Final = np.dtype([("key", "i8"), ("ended", "i8")])  # when it ended
SPEC_DTYPE: Final = np.dtype([("key", "i8"), ("net_g", "i8"), ("tolerance_g", "i8")])
# A finding: what it says, the event it hangs on and another that bears it out (rows of the
# history, -1: none), from when until when it holds, a figure of its own, and from when it may be
# said, because what is missing could still have come until then.
FOUND_DTYPE: Final = np.dtype(
    [("variant", "i2"), ("row", "i8"), ("other", "i8"), ("since", "i8"), ("until", "i8"),
     ("value", "f8"), ("due", "i8")]
)  # fmt: skip
Found = NDArray[np.void]
DOUBLED_DEEP: Final = 20  # records of one batch, each of which hides the doubling of the next
NOTHING: Final[Found] = np.empty(0, FOUND_DTYPE)


@dataclass(frozen=True)
class Book:
    """Registers, each sorted by key, and thresholds."""

    sites: NDArray[np.void] = field(default_factory=lambda: np.empty(0, SITE_DTYPE))
    users: NDArray[np.void] = field(default_factory=lambda: np.empty(0, USER_DTYPE))
    vehicles: NDArray[np.void] = field(default_factory=lambda: np.empty(0, VEHICLE_DTYPE))
    specs: NDArray[np.void] = field(default_factory=lambda: np.empty(0, SPEC_DTYPE))
    limits: Thresholds = field(default_factory=Thresholds)


Rule = Callable[[History, Book], Iterator[Found]]


def judge(history: History, book: Book, now_ms: int) -> Found:
    """What may be said at `now_ms`, by cylinder and time of the event."""
    found = claims(history, book)
    said: Found = found[found["due"] <= now_ms]
    return said


def claims(history: History, book: Book) -> Found:
    """What may be said one day unless more is told, by cylinder and time of the event."""
    return settled(history, book, ALL, apart=True)


def settled(history: History, book: Book, rules: Iterable[Rule], *, apart: bool = False) -> Found:
    """By these rules, of what was told once. `apart`: no cylinder has a say in another's."""
    gone = doubles(history, book)
    again = np.isin(history.first, history.first[gone]) if apart else np.full(len(gone), gone.any())
    found = NOTHING
    if not again.all():
        found = _found(history, book, rules)
        found = found[~again[found["row"]]]
    if again.any():
        rows = np.flatnonzero(again & ~gone)
        more = _found(History(history.events[rows], history.sites), book, rules)
        more["row"] = rows[more["row"]]
        more["other"] = np.where(more["other"] < 0, -1, rows[more["other"]])
        found = np.concatenate([found, more])
    told = np.maximum(found["since"], history["received"][found["row"]])
    found["due"] = told + book.limits.settle_ms[found["variant"]]
    ordered: Found = found[np.lexsort((found["variant"], found["row"]))]
    return ordered


def _found(history: History, book: Book, rules: Iterable[Rule]) -> Found:
    parts = [part for rule in rules for part in rule(history, book) if len(part)]
    return np.concatenate(parts) if parts else NOTHING


def found_at(
    history: History, rule: str, variant: str, which: Flags, *, other: Ints | None = None,
    since: Ints | None = None, until: Ints | None = None, value: NDArray[np.float64] | None = None,
) -> Found:  # fmt: skip
    rows = np.flatnonzero(which)
    if not len(rows):
        return NOTHING
    found = np.empty(len(rows), FOUND_DTYPE)
    found["variant"] = VARIANT_NO[rule, variant]
    found["row"] = rows
    found["other"] = -1 if other is None else other[rows]
    found["since"] = (history["at"] if since is None else since)[rows]
    found["until"] = END_OF_TIME if until is None else until[rows]
    found["value"] = np.nan if value is None else value[rows]
    return found


# ── custody ────────────────────────────────────────────────────────────────


def agrees(h: History) -> Flags:
    """Whether an event fits whoever has the cylinder by the ledger."""
    kind, who, what = h["kind"], h.holder, h.holder_kind
    at_site = (what == SITE) & (who == h["site"])
    stocked = h.value("kind", h.last_move) == STOCK_OUT
    fits = np.ones(len(h), bool)
    fits = np.where(h.of(PREFILL, FILL, POSTFILL, STOCK_OUT), at_site, fits)
    fits = np.where(kind == STOCK_IN, at_site | (what == VEHICLE) | (what == PARTY), fits)
    loose = (h["site"] == 0) & ((what == SITE) | (what == PARTY))
    fits = np.where(kind == LOAD, at_site | loose, fits)
    fits = np.where(kind == UNLOAD, (what == VEHICLE) & (who == h["vehicle"]), fits)
    fits = np.where(kind == HANDOVER, (who == h["giver"]) | (h["giver"] == 0), fits)
    by_hand = (who == h["courier"]) | (what == VEHICLE) | ((what == SITE) & stocked)
    fits = np.where(kind == DELIVER, by_hand | (h["courier"] == 0) & (what != USER), fits)
    at_user = (what == USER) & (who == h["user"])
    fits = np.where(h.of(RETURN, USER_CHECK) | ((kind == SCAN) & (h["user"] != 0)), at_user, fits)
    fits = np.where(h.of(INSPECT, SCRAP), what != USER, fits)
    open_question = (what == ANYBODY) | (what == NOBODY) | (kind == REGISTER)
    flags: Flags = fits | open_question
    return flags


def doubles(h: History, book: Book) -> Flags:
    """What was written down twice.

    An event that says the same as one some minutes before it, whatever stands between, is the
    same event; unless it moves the cylinder and whoever gives it had it again, as when it is
    handed back and forth, or put into store and taken out.
    """
    suspect = h.doubled(round(book.limits.double_min * 60_000))
    gone = np.zeros(len(h), bool)
    if not suspect.any():
        return gone
    rows = np.flatnonzero(np.isin(h.first, h.first[suspect]))
    # One record too many may make another look true: off with it, and look again.
    for _ in range(DOUBLED_DEEP):
        part = History(h.events[rows], h.sites)
        real = part.moves & (part.holder != part.taker) & ~part.of(REGISTER)
        real |= part.of(STOCK_OUT) & (part.value("kind", part.last_move) == STOCK_IN)
        real &= agrees(part)
        false = suspect[rows] & ~real
        gone[rows[false]] = True
        rows = rows[np.isin(part.first, part.first[false]) & ~false]
        if not len(rows):
            break
    return gone


def once(h: History, book: Book) -> History:
    """Without what was written down twice."""
    gone = doubles(h, book)
    return History(h.events[~gone], h.sites) if gone.any() else h


def _first_since_moved(h: History, which: Flags) -> Flags:
    """The first of these since the cylinder last changed hands."""
    flags: Flags = which & (h.before(which) <= h.last_move)
    return flags


def stages(h: History, book: Book) -> Iterator[Found]:
    """E1 stage missing; E15 moved without record."""
    broken = ~agrees(h)
    at_user = h.of(RETURN, USER_CHECK) | (h.of(SCAN) & (h["user"] != 0))
    never_came = broken & at_user
    never_left = broken & ~at_user & (h.holder_kind == USER)
    others = broken & ~at_user & ~never_left
    emptied = h.before(h.of(REGISTER, DELIVER, RETURN))
    filled = h.before(h.of(FILL))
    unfilled = h.of(DELIVER) & (emptied >= 0) & (filled < emptied)
    last = h.last_move
    yield found_at(h, "E1", "no_fill", unfilled, other=emptied)
    yield found_at(h, "E1", "no_return", _first_since_moved(h, never_left), other=last)
    yield found_at(h, "E1", "no_deliver", _first_since_moved(h, never_came), other=last)
    yield found_at(h, "E15", "no_load", others & h.of(UNLOAD), other=last)
    yield found_at(h, "E15", "holder", _first_since_moved(h, others & ~h.of(UNLOAD)), other=last)


def vehicles(h: History, book: Book) -> Iterator[Found]:
    """E15 carried by a vehicle not, or no longer, registered; said once at loading."""
    known, truck = entries(book.vehicles, h["vehicle"])
    unknown = (h["vehicle"] != 0) & ~(known & (h["at"] < truck["ended"]))
    same = h.value("vehicle", h.last_move) == h["vehicle"]
    yield found_at(h, "E15", "vehicle", unknown & (h.of(LOAD) | h.of(UNLOAD) & ~same))


def silence(h: History, book: Book) -> Iterator[Found]:
    """E3 full, or on the way, and nothing was heard of it for longer than allowed."""
    limits = book.limits
    state = h.upto(h.of(REGISTER, FILL, DELIVER, RETURN, SCRAP))
    full = h.value("kind", state) == FILL
    move = h.upto(h.moves)
    kind = np.where(move >= 0, h.taker_kind[move], ANYBODY)
    until = h.value("at", h.following, END_OF_TIME)
    for variant, which, limit_h in (
        ("full_at_site", full & (kind == SITE), limits.full_at_site_d * 24),
        ("in_transit", kind == VEHICLE, limits.in_transit_h),
        ("with_party", full & (kind == PARTY), limits.with_party_h),
    ):
        since = h["at"] + round(limit_h * HOUR_MS)
        yield found_at(h, "E3", variant, which & (until > since), since=since, until=until)


# ── filling ────────────────────────────────────────────────────────────────


def checks(h: History, book: Book) -> Iterator[Found]:
    """E2 filled without the check before or after it; E18 delivered without one."""
    fill, limits = h.of(FILL), book.limits
    since = h["at"] - round(limits.prefill_min * 60_000)
    before, earlier = h.before(h.of(PREFILL)), h.before(fill)
    checked = (before >= 0) & (before > earlier) & (h.value("at", before) >= since)
    yield found_at(h, "E2", "no_prefill", fill & ~checked)
    until = h["at"] + round(limits.postfill_min * 60_000)
    after, next_fill = h.later(h.of(POSTFILL)), h.later(fill)
    checked = (after >= 0) & ((next_fill < 0) | (after < next_fill))
    checked &= h.value("at", after) <= until
    yield found_at(h, "E2", "no_postfill", fill & ~checked)
    day = (h["at"] + LOCAL_MS) // DAY_MS
    done = np.zeros(len(h), bool)
    for check in (h.later(h.of(USER_CHECK)), h.before(h.of(USER_CHECK))):
        same = (check >= 0) & (h.value("user", check) == h["user"])
        done |= same & ((h.value("at", check) + LOCAL_MS) // DAY_MS == day)
    midnight = (day + 1) * DAY_MS - LOCAL_MS
    yield found_at(h, "E18", "no_check", h.of(DELIVER) & ~done, since=midnight)


def fillers(h: History, book: Book) -> Iterator[Found]:
    """E7 filled where it may not be. Its owner is who registered it first, whoever did later."""
    fill = h.of(FILL)
    known, site = entries(book.sites, h["site"])
    named = _naming(h)
    first = named & (h.before(named) <= h.before(h.of(SCRAP)))
    owner = h.value("owner", h.before(first))
    stranger = known & (owner != 0) & (site["company"] != 0) & (site["company"] != owner)
    licensed = site["fills"] & (site["licence_until"] > h["at"])
    yield found_at(h, "E7", "unknown_site", fill & ~known)
    yield found_at(h, "E7", "not_owner", fill & stranger)
    yield found_at(h, "E7", "unlicensed", fill & known & ~licensed)


def dates(h: History, book: Book) -> Iterator[Found]:
    """E8 filled past a due date; E9 past one, or soon, while a user has it."""
    limits = book.limits
    due = h.value("due", h.before(h["due"] != 0))
    scrap = h.value("scrap_due", h.before(h["scrap_due"] != 0))
    at = h["at"] - round(limits.fill_overdue_d * DAY_MS)
    yield found_at(h, "E8", "inspection", h.of(FILL) & (due != 0) & (at > due))
    yield found_at(h, "E8", "scrap", h.of(FILL) & (scrap != 0) & (at > scrap))
    first = np.minimum(
        np.where(due == 0, END_OF_TIME, due), np.where(scrap == 0, END_OF_TIME, scrap)
    )
    until = h.value("at", h.later(h.moves), END_OF_TIME)
    stay = h.of(DELIVER) & (first < END_OF_TIME)
    since = np.maximum(h["at"], first)
    yield found_at(h, "E9", "overdue", stay & (until > since), since=since, until=until)
    soon = np.maximum(h["at"], first - round(limits.warn_d * DAY_MS))
    ends = np.minimum(until, first)
    yield found_at(h, "E9", "soon", stay & (ends > soon), since=soon, until=ends)


def weights(h: History, book: Book) -> Iterator[Found]:
    """E19 more or less gas than the cylinder holds, or more at return than when filled."""
    known, one = entries(book.specs, h.value("spec", h.before(h.of(REGISTER))))
    off = (h["net_g"] - one["net_g"]).astype(np.float64)
    odd = h.of(FILL) & known & (h["net_g"] != 0) & (np.abs(off) > one["tolerance_g"])
    yield found_at(h, "E19", "net", odd, value=off / 1000)
    filled = h.before(h.of(FILL))
    gross, then = h["gross_g"], h.value("gross_g", filled)
    more = h.of(RETURN) & (gross != 0) & (then != 0) & (gross > then + book.limits.refilled_g)
    yield found_at(h, "E19", "refilled", more, other=filled, value=(gross - then) / 1000)


# ── identity and place ─────────────────────────────────────────────────────


def _naming(h: History) -> Flags:
    """Registrations that say whose it is."""
    flags: Flags = h.of(REGISTER) & (h["owner"] != 0)
    return flags


def codes(h: History, book: Book) -> Iterator[Found]:
    """E6 never registered; E10 seen after its end; E20 another serial number or owner."""
    registered = h.before(h.of(REGISTER))
    ever = (h.upto(h.of(REGISTER)) >= 0) | (h.later(h.of(REGISTER)) >= 0)
    stray = ~ever & ~h.of(SCAN)
    yield found_at(h, "E6", "unregistered", stray & (h.before(stray) < 0))
    scanned = ~ever & h.of(SCAN)
    yield found_at(h, "E6", "scanned", scanned & (h.before(scanned) < 0))
    ended = h.before(h.of(SCRAP))
    gone = (ended >= 0) & ~h.of(SCRAP)
    yield found_at(h, "E10", "seen", gone & (h.before(gone) < ended), other=ended)
    stamp = h.value("serial", registered)
    other = (registered >= 0) & (h["serial"] != 0) & (stamp != 0) & (h["serial"] != stamp)
    named = _naming(h)
    owned = h.before(named)
    taken = named & (owned > h.before(h.of(SCRAP))) & (h["owner"] != h.value("owner", owned))
    bound = np.where(taken, owned, registered)
    yield found_at(h, "E20", "rebound", other & h.of(REGISTER) | taken, other=bound)
    # After another binding the code speaks of the newer one.
    yield found_at(h, "E20", "serial", other & ~h.of(REGISTER), other=registered)


def places(h: History, book: Book) -> Iterator[Found]:
    """E4 faster than any vehicle; E5 at two places within minutes."""
    limits = book.limits
    lat, lon = placed(h, book)
    last = h.before(lat != 0)
    far = distances_m(lon / 1e7, lat / 1e7, lon[last] / 1e7, lat[last] / 1e7)
    far = np.where((last >= 0) & (lat != 0), np.maximum(far - 2 * limits.error_m, 0), 0.0)
    took_s = (h["at"] - h.value("at", last)) / 1000
    kmh = far / np.maximum(took_s, 1e-3) * 3.6
    yield found_at(
        h, "E4", "travel", (far > 0) & (kmh > limits.speed_max_kmh), other=last, value=kmh
    )
    at_once = (far > limits.double_m) & (took_s <= limits.double_min * 60)
    yield found_at(h, "E5", "places", at_once, other=last, value=far)


def signed(h: History, book: Book) -> Iterator[Found]:
    """E17 signed for elsewhere than where the user lives."""
    known, user = entries(book.users, np.where(h.of(DELIVER), h["user"], 0))
    both = known & (user["lat_e7"] != 0) & (h["lat_e7"] != 0)
    far = distances_m(
        h["lon_e7"] / 1e7, h["lat_e7"] / 1e7, user["lon_e7"] / 1e7, user["lat_e7"] / 1e7
    )
    far = np.where(both, far, 0.0)
    yield found_at(h, "E17", "far", far > book.limits.signed_m, value=far)


def observations(h: History, book: Book) -> Iterator[Found]:
    """OBS what an inspector saw, whichever event it was told with."""
    for bit, name in enumerate(OBSERVATIONS):
        yield found_at(h, "OBS", name, (h["observed"] >> bit) & 1 == 1)


def placed(h: History, book: Book) -> tuple[Ints, Ints]:
    """Where each event was: as it says, at its site, or at its user; 0: nowhere known."""
    lat, lon = h["lat_e7"].copy(), h["lon_e7"].copy()
    user = np.where(h.of(DELIVER, USER_CHECK, RETURN), h["user"], 0)
    for register, keys in ((book.sites, h["site"]), (book.users, user)):
        known, one = entries(register, keys)
        use = known & (lat == 0)
        lat, lon = np.where(use, one["lat_e7"], lat), np.where(use, one["lon_e7"], lon)
    return lat, lon


def entries(register: NDArray[np.void], keys: Ints) -> tuple[Flags, NDArray[np.void]]:
    """Which keys a register has, and its entry for each of those; any entry for the others."""
    if not len(register):
        return np.zeros(len(keys), bool), np.zeros(len(keys), register.dtype)
    at = np.minimum(np.searchsorted(register["key"], keys), len(register) - 1)
    return listed(register["key"], keys), register[at]


ALL: Final[tuple[Rule, ...]] = (
    stages, vehicles, silence, checks, fillers, dates, weights, codes, places, signed, observations,
)  # fmt: skip
