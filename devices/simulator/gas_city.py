"""A gas centre's city as records: stations, vehicles, couriers, users, and lives of cylinders.

Everything is a function of the seed. Lives are legal; `commit` makes one crime of one of them
and says which findings it must raise, so that rules can be held against it. Lines have the
fields of the wire (contract, `cylinder`; domain reference E.3).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final
from uuid import UUID, uuid5

Line = dict[str, Any]
MINUTE_MS: Final = 60_000
DAY_MS: Final = 24 * 60 * MINUTE_MS
_NAMES: Final = UUID("b3a0c3a4-52d1-4d6f-9f0e-7f3c5a1e9d22")
COMPANY: Final = "澜江燃气"
STRANGER: Final = "外埠燃气"
STATION, DEPOT, OTHER = "LJ-01", "LJ-GYZ-1", "WB-01"
TRUCK: Final = "沪DW1208"
BLOCK: Final = 40  # cylinders of one courier; two to a household
# What a round is made of: minutes from its beginning, event.
_ROUND: Final = (
    (0, "prefill_check"), (5, "fill"), (9, "postfill_check"), (12, "stock_in"), (30, "stock_out"),
    (35, "load"), (80, "unload"), (90, "handover"), (130, "deliver"), (134, "user_check"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class GasCity:
    """`lon`, `lat`: where the filling station is. `begin_ms`: midnight of the first day."""

    seed: int
    cylinders: int
    lon: float
    lat: float
    begin_ms: int

    def registers(self) -> dict[str, list[Line]]:
        """Entries by kind, as a register's file has them."""
        far = "2036-12-31"
        mine = {"company": COMPANY, "licence_until": far}
        sites = [
            {"key": STATION, "name": "澜江充装站", "role": "filling", "lat": self.lat,
             "lon": self.lon, **mine},
            {"key": DEPOT, "name": "澜江供应站", "role": "depot", "lat": self.lat + 0.02,
             "lon": self.lon + 0.01, **mine},
            {"key": OTHER, "name": "外埠充装站", "role": "filling", "lat": self.lat + 0.07,
             "lon": self.lon + 0.07, "company": STRANGER, "licence_until": far},
        ]  # fmt: skip
        blocks = range((self.cylinders + BLOCK - 1) // BLOCK)
        homes = range((self.cylinders + 1) // 2)
        return {
            "company": [{"key": COMPANY}, {"key": STRANGER}],
            "site": sites,
            "vehicle": [{"key": TRUCK, "company": COMPANY}],
            "courier": [
                {"key": self.courier(no * BLOCK), "name": f"送气工{no + 1}", "company": COMPANY}
                for no in blocks
            ],
            "user": [
                {"key": self.user(no * 2), "name": f"用户{no + 1}", "user_kind": "household",
                 "address": f"澄湾路{no + 1}号", **self.home(no * 2)}
                for no in homes
            ],
        }  # fmt: skip

    def code(self, no: int) -> str:
        return f"311{self.seed % 1000:03d}{no:07d}"

    def courier(self, no: int) -> str:
        return f"SQG-{no // BLOCK + 1:03d}"

    def user(self, no: int) -> str:
        return f"U{100_000 + no // 2}"

    def home(self, no: int) -> dict[str, float]:
        """A courier's households stand within some hundred metres."""
        block, house = divmod(no // 2, BLOCK // 2)
        lat = self.lat + 0.02 + (block % 40) * 0.0012 + (house % 4) * 0.0004
        lon = self.lon + 0.02 + (block // 40) * 0.0014 + (house // 4) * 0.0002
        return {"lat": round(lat, 7), "lon": round(lon, 7)}

    def life(self, no: int, rounds: int, *, returned: bool = True) -> list[Line]:
        """Registration and so many rounds, a week or more apart; the last may be at its user."""
        chance = Random(f"gas/{self.seed}/{no}")  # noqa: S311
        code, user, courier = self.code(no), self.user(no), self.courier(no)
        # Each cylinder of a courier has its minutes of the day, so nobody is at two doors.
        at = self.begin_ms + (no % BLOCK) * 6 * MINUTE_MS
        common = {"code": code, "cylinder_serial": f"LJ{no:07d}"}
        lines = [{
            **common, "type": "register", "at": at, "site_id": STATION, "owner_company": COMPANY,
            "spec": "YSP35.5", "next_inspection_due": at + 1_400 * DAY_MS,
            "scrap_due": at + 2_900 * DAY_MS,
        }]  # fmt: skip
        day = 1 + no % 3
        for one in range(rounds):
            begin = at + day * DAY_MS + 20 * MINUTE_MS
            net = round(14.5 + chance.uniform(-0.2, 0.2), 2)
            fields = self._fields(user, courier, net)
            fields["deliver"] |= self.home(no)
            lines += [
                {**common, "type": kind, "at": begin + minute * MINUTE_MS, **fields[kind]}
                for minute, kind in _ROUND
            ]
            stay = chance.randrange(7, 20)
            day += stay
            if one + 1 == rounds and not returned:
                break
            back = begin + (stay - 1) * DAY_MS
            lines.append({**common, "type": "return", "at": back, "from_user": user,
                          "courier": courier, "weight": 16.9})  # fmt: skip
            lines.append({**common, "type": "handover", "at": back + 60 * MINUTE_MS,
                          "from_party": courier, "to_party": STATION})  # fmt: skip
        for n, line in enumerate(lines):
            line["event_id"] = str(uuid5(_NAMES, f"{self.seed}/{no}/{n}"))
        return lines

    def _fields(self, user: str, courier: str, net: float) -> dict[str, Line]:
        return {
            "prefill_check": {"site_id": STATION, "result": "pass"},
            "fill": {"station": STATION, "scale": f"S{1 + len(user) % 6}", "tare": 16.5,
                     "net": net, "gross": round(16.5 + net, 2), "medium": "LPG"},
            "postfill_check": {"site_id": STATION, "leak": False},
            "stock_in": {"site_id": STATION}, "stock_out": {"site_id": STATION},
            "load": {"site_id": STATION, "vehicle": TRUCK, "driver": "D-7", "escort": "E-3"},
            "unload": {"site_id": DEPOT, "vehicle": TRUCK},
            "handover": {"from_party": DEPOT, "to_party": courier},
            "deliver": {"user_id": user, "courier": courier},
            "user_check": {"user_id": user, "hose": "ok", "regulator": "ok", "cylinder": "ok",
                           "stove": "ok", "ventilation": "ok"},
        }  # fmt: skip


# ── crimes ─────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Crime:
    """`commit` changes a legal life of two rounds or more; `label`: what must be found."""

    name: str
    label: frozenset[str]
    commit: Callable[[list[Line]], list[Line]]
    missing: bool = False  # the events left out are all that is wrong


def _row(lines: Sequence[Line], kind: str, nth: int = -1) -> Line:
    return [line for line in lines if line["type"] == kind][nth]


def _without(kind: str, nth: int = -1) -> Callable[[list[Line]], list[Line]]:
    return lambda lines: [line for line in lines if line is not _row(lines, kind, nth)]


def _with(kind: str, nth: int = -1, **said: Any) -> Callable[[list[Line]], list[Line]]:
    def commit(lines: list[Line]) -> list[Line]:
        one = _row(lines, kind, nth)
        return [{**line, **said} if line is one else line for line in lines]

    return commit


def _more(kind: str, after: str, minutes: int, **said: Any) -> Callable[[list[Line]], list[Line]]:
    """One event more, so long after another."""

    def commit(lines: list[Line]) -> list[Line]:
        one = _row(lines, after)
        told = {"code": one["code"], "type": kind, "at": one["at"] + minutes * MINUTE_MS,
                "event_id": str(uuid5(_NAMES, f"{one['event_id']}/{kind}/{minutes}")),
                **said}  # fmt: skip
        return [*lines, told]

    return commit


def _overdue(lines: list[Line]) -> list[Line]:
    """The stamp of registration ran out before the last filling."""
    due = _row(lines, "fill")["at"] - DAY_MS
    return [
        {**line, "next_inspection_due": due} if line["type"] == "register" else line
        for line in lines
    ]


def _cloned(lines: list[Line]) -> list[Line]:
    """The same code is scanned ten kilometres away, two minutes after it was delivered."""
    one = _row(lines, "deliver")
    return _more("scan", "deliver", 2, lat=one["lat"] + 0.06, lon=one["lon"] + 0.08)(lines)


def _signed_elsewhere(lines: list[Line]) -> list[Line]:
    one = _row(lines, "deliver")
    return [{**line, "lat": line["lat"] + 0.004} if line is one else line for line in lines]


CRIMES: Final = (
    Crime("no_fill", frozenset({"E1 no_fill"}), _without("fill"), True),
    Crime("no_prefill", frozenset({"E2 no_prefill"}), _without("prefill_check"), True),
    Crime("no_postfill", frozenset({"E2 no_postfill"}), _without("postfill_check"), True),
    Crime("no_check", frozenset({"E18 no_check"}), _without("user_check"), True),
    Crime("no_load", frozenset({"E15 no_load"}), _without("load"), True),
    Crime("no_return", frozenset({"E1 no_return"}), _without("return", 0), True),
    Crime("no_deliver", frozenset({"E1 no_deliver", "E3 with_party"}), _without("deliver"), True),
    Crime("unregistered", frozenset({"E6 unregistered"}), _without("register"), True),
    Crime("overweight", frozenset({"E19 net"}), _with("fill", net=16.2)),
    Crime("refilled", frozenset({"E19 refilled"}), _with("return", 0, weight=33.0)),
    Crime("serial", frozenset({"E20 serial"}), _with("deliver", cylinder_serial="FAKE-1")),
    Crime("vehicle", frozenset({"E15 vehicle"}), lambda lines: _with("unload", vehicle="沪A0001")(
        _with("load", vehicle="沪A0001")(lines))),
    Crime("stranger", frozenset({"E7 unknown_site", "E15 holder"}),
          _with("fill", station="无证窝点")),
    Crime("clone", frozenset({"E4 travel", "E5 places"}),
          _cloned),
    Crime("scrapped", frozenset({"E10 seen"}),
          _more("scrap", "prefill_check", -30, site_id=STATION)),
    Crime("overdue", frozenset({"E8 inspection", "E9 overdue", "E9 soon"}), _overdue),
    Crime("far", frozenset({"E17 far"}), _signed_elsewhere),
    Crime("damaged", frozenset({"OBS damaged"}),
          _more("scan", "stock_in", 1, observed=["damaged"], site_id=STATION)),
    Crime("doubled", frozenset(), _more("stock_in", "stock_in", 1, site_id=STATION)),
)  # fmt: skip
