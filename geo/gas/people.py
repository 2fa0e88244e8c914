"""Rules E11–E13, E17 and E18's yearly check: what users and couriers do. Columns in. Pure.

The history is that of every cylinder these people ever had, because a cylinder leaves a user
when it is seen in other hands, whoever wrote that down: a lost return accuses nobody.
Domain reference E.5.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.distance import distances_m
from geo.gas.history import DELIVER, END_OF_TIME, USER_CHECK, Flags, History, Ints
from geo.gas.rulebook import DAY_MS, HOUR_MS, LOCAL_MS, VARIANT_NO
from geo.gas.rules import FOUND_DTYPE, Book, Found, entries, found_at, settled

_INTERVALS_MIN: Final = 3  # fewer say nothing about a habit


def user_claims(history: History, book: Book) -> Found:
    """About whoever the event of a finding names as its user."""
    return settled(history, book, (stays, silence, hoards, yearly))


def courier_claims(history: History, book: Book) -> Found:
    """About whoever delivered; of whole local days of a courier."""
    return settled(history, book, (fast, one_address))


def _by(history: History, name: str, which: Flags) -> Ints:
    """Rows of these events, by whom they name and time."""
    rows = np.flatnonzero(which & (history[name] != 0))
    ordered: Ints = rows[np.lexsort((rows, history["at"][rows], history[name][rows]))]
    return ordered


def _next_at(history: History, name: str, rows: Ints) -> Ints:
    """When the next of the same person is, for rows as `_by` gives them."""
    after = np.full(len(rows), END_OF_TIME)
    same = history[name][rows][1:] == history[name][rows][:-1]
    after[:-1][same] = history["at"][rows][1:][same]
    return after


def _orders(history: History) -> Ints:
    """Deliveries by user and time; several cylinders at once are one order, told by the first."""
    rows = _by(history, "user", history.of(DELIVER))
    if len(rows):
        fresh = np.ones(len(rows), bool)
        same = history["user"][rows][1:] == history["user"][rows][:-1]
        fresh[1:] = ~same | (np.diff(history["at"][rows]) > 2 * HOUR_MS)
        rows = rows[fresh]
    return rows


def _medians(history: History, orders: Ints) -> tuple[Ints, Ints]:
    """(users, sorted; the median of the time between two orders of each, 0: no habit yet)."""
    gaps = _next_at(history, "user", orders) - history["at"][orders]
    users = history["user"][orders]
    known = gaps < END_OF_TIME // 2
    users, gaps = users[known], gaps[known]
    order = np.lexsort((gaps, users))
    found, first, count = np.unique(users[order], return_index=True, return_counts=True)
    middle = gaps[order][first + count // 2] if len(found) else gaps
    return found, np.where(count >= _INTERVALS_MIN, middle, 0)


def _habit(history: History, orders: Ints, rows: Ints) -> Ints:
    users, medians = _medians(history, orders)
    if not len(users):
        return np.zeros(len(rows), np.int64)
    at = np.minimum(np.searchsorted(users, history["user"][rows]), len(users) - 1)
    same = users[at] == history["user"][rows]
    habit: Ints = np.where(same, medians[at], 0)
    return habit


def stays(history: History, book: Book) -> Iterator[Found]:
    """E11 at a user far longer than that user takes to empty one."""
    limits = book.limits
    usual = _habit(history, _orders(history), history.rows)
    most = np.maximum(usual * limits.unreturned_times, limits.unreturned_d * DAY_MS)
    since = history["at"] + most.astype(np.int64)
    until = history.value("at", history.later(history.moves), END_OF_TIME)
    which = history.of(DELIVER) & (history["user"] != 0) & (until > since)
    yield found_at(history, "E11", "unreturned", which, since=since, until=until)


def silence(history: History, book: Book) -> Iterator[Found]:
    """E12 a business that used to order and does not."""
    limits = book.limits
    orders = _orders(history)
    known, user = entries(book.users, history["user"][orders])
    usual = _habit(history, orders, orders)
    own = np.where(usual > 0, usual * limits.silent_times, END_OF_TIME // 2)
    most = np.minimum(own, limits.silent_d * DAY_MS).astype(np.int64)
    since = history["at"][orders] + most
    until = _next_at(history, "user", orders)
    kept = known & user["business"] & (until > since)
    yield _at("E12", "silent", orders[kept], since=since[kept], until=until[kept])


def hoards(history: History, book: Book) -> Iterator[Found]:
    """E13 more cylinders than a user may have, for longer than an exchange takes."""
    rows = _by(history, "user", history.of(DELIVER))
    until = history.value("at", history.later(history.moves), END_OF_TIME)[rows]
    users = history["user"][rows]
    at = np.concatenate([history["at"][rows], until])
    step = np.concatenate([np.ones(len(rows), np.int64), -np.ones(len(rows), np.int64)])
    who, what = np.concatenate([users, users]), np.concatenate([rows, rows])
    order = np.lexsort((what, step, at, who))  # what leaves at the same instant leaves first
    at, step, who, what = at[order], step[order], who[order], what[order]
    count = np.cumsum(step)  # each user's come and go, so the next one begins at none
    known, user = entries(book.users, who)
    limits = book.limits
    usual = np.where(known & user["business"], limits.business_max, limits.household_max)
    most = np.where(known & (user["most"] > 0), user["most"], usual)
    over = count > most
    begins = over & (step > 0) & ~np.concatenate([[False], over[:-1]])
    no = np.arange(len(over))
    ends = np.minimum.accumulate(np.where(over, len(over) - 1, no)[::-1])[::-1]
    since = at + round(limits.hoard_min_h * HOUR_MS)
    kept = begins & (at[ends] > since) if len(over) else begins
    peak = count[kept].astype(np.float64)
    ending = at[ends][kept] if len(over) else at[kept]
    yield _at("E13", "user", what[kept], since=since[kept], until=ending, value=peak)


def yearly(history: History, book: Book) -> Iterator[Found]:
    """E18 a user who still has gas and was not checked for a year (old regulation, art. 28)."""
    limit = round(book.limits.yearly_check_d * DAY_MS)
    checks = _by(history, "user", history.of(USER_CHECK))
    known = _by(history, "user", history.of(DELIVER, USER_CHECK))
    users, first = np.unique(history["user"][known], return_index=True)
    rows = np.unique(np.concatenate([checks, known[first]]))
    rows = rows[np.lexsort((rows, history["at"][rows], history["user"][rows]))]
    next_check = _after(history, rows, checks)
    since = history["at"][rows] + limit
    left = _last_seen(history, users)[np.searchsorted(users, history["user"][rows])]
    until = np.minimum(next_check, left)
    kept = until > since
    yield _at("E18", "yearly", rows[kept], since=since[kept], until=until[kept])


def _after(history: History, rows: Ints, checks: Ints) -> Ints:
    """When the next of `checks` of the same user is after each of `rows`."""
    if not len(checks):
        return np.full(len(rows), END_OF_TIME)
    users = np.unique(history["user"][rows])
    # One axis for both: user first, time second.
    span = int(history["at"].max()) + 2

    def on_axis(some: Ints) -> NDArray[np.float64]:
        place: NDArray[np.float64] = (
            np.searchsorted(users, history["user"][some]).astype(np.float64) * span
            + history["at"][some]
        )
        return place

    at = np.searchsorted(on_axis(checks), on_axis(rows), side="right")
    safe = np.minimum(at, len(checks) - 1)
    same = (at < len(checks)) & (history["user"][checks[safe]] == history["user"][rows])
    found: Ints = np.where(same, history["at"][checks[safe]], END_OF_TIME)
    return found


def _last_seen(history: History, users: Ints) -> Ints:
    """Until when each of these users had a cylinder."""
    until = history.value("at", history.later(history.moves), END_OF_TIME)
    rows = np.flatnonzero(history.of(DELIVER) & (history["user"] != 0))
    last = np.zeros(len(users), np.int64)
    np.maximum.at(last, np.searchsorted(users, history["user"][rows]), until[rows])
    return last


def fast(history: History, book: Book) -> Iterator[Found]:
    """E17 delivered to two users sooner than anybody gets from one to the other."""
    rows = _by(history, "courier", history.of(DELIVER))
    known, user = entries(book.users, history["user"][rows])
    rows, user = rows[known & (user["lat_e7"] != 0)], user[known & (user["lat_e7"] != 0)]
    lat, lon = user["lat_e7"] / 1e7, user["lon_e7"] / 1e7
    far = distances_m(lon[1:], lat[1:], lon[:-1], lat[:-1])
    far = np.maximum(far - 2 * book.limits.error_m, 0)
    took_s = np.diff(history["at"][rows]) / 1000
    kmh = far / np.maximum(took_s, 1) * 3.6
    same = history["courier"][rows][1:] == history["courier"][rows][:-1]
    same &= _day(history, rows[1:]) == _day(history, rows[:-1])
    odd = same & (kmh > book.limits.courier_kmh)
    at = rows[1:][odd]
    ever = np.full(len(at), END_OF_TIME)
    yield _at(
        "E17", "fast", at, since=history["at"][at], until=ever, value=kmh[odd],
        other=rows[:-1][odd],
    )  # fmt: skip


def one_address(history: History, book: Book) -> Iterator[Found]:
    """E17 one courier serves several users at one and the same address within a day."""
    rows = _by(history, "courier", history.of(DELIVER))
    known, user = entries(book.users, history["user"][rows])
    kept = known & (user["address"] != 0)
    rows, address = rows[kept], user["address"][kept]
    courier, day = history["courier"][rows], _day(history, rows)
    # Each user once at each address, courier and day; `rows` go by time.
    visits = np.column_stack([courier, day, address, history["user"][rows]])
    _, first = np.unique(visits, axis=0, return_index=True)
    _, begin, count = np.unique(visits[first][:, :3], axis=0, return_index=True, return_counts=True)
    many = count >= book.limits.one_address_users
    at = rows[first][begin[many]]
    ever, users = np.full(len(at), END_OF_TIME), count[many].astype(np.float64)
    yield _at("E17", "address", at, since=history["at"][at], until=ever, value=users)


def _day(history: History, rows: Ints) -> Ints:
    day: Ints = (history["at"][rows] + LOCAL_MS) // DAY_MS
    return day


def _at(
    rule: str, variant: str, rows: Ints, *, since: Ints, until: Ints,
    value: NDArray[np.float64] | None = None, other: Ints | None = None,
) -> Found:  # fmt: skip
    """Findings at these rows, which are not in the order of the history."""
    found = np.empty(len(rows), FOUND_DTYPE)
    found["variant"], found["row"] = VARIANT_NO[rule, variant], rows
    found["since"], found["until"] = since, until
    found["value"] = np.nan if value is None else value
    found["other"] = -1 if other is None else other
    return found
