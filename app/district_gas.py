"""The gas side of a demonstration: registers, and two months of a centre's records with crimes.

What the live scanners of the simulated fleet say afterwards names the same sites and vehicle.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from psycopg import Connection

from app.tags import all_seeing
from core.events import Event
from core.values import to_ms
from devices.simulator.cylinders import COURIERS, live_users
from devices.simulator.gas_city import CRIMES, GasCity
from geo.gas import imports_io, registers_io
from geo.gas.lines import Row

CYLINDERS: Final = 120
LIVED: Final = timedelta(days=60)
TOLD: Final = timedelta(days=2)  # ago, so that what must settle has settled


def seed(
    conn: Connection[Any], city_seed: int, centre: tuple[float, float], live: int, now: datetime
) -> list[Event]:
    """`centre`: longitude, latitude; `live`: cylinders the fleet moves. Twice changes nothing."""
    viewer = all_seeing(conn, "demo")
    told = now - TOLD
    begin = (now - LIVED).replace(hour=16, minute=0, second=0, microsecond=0)
    city = GasCity(city_seed, CYLINDERS, *centre, to_ms(begin))
    events: list[Event] = []
    for kind, rows in _registers(city, live).items():
        _, more = registers_io.take_in(
            conn, viewer, kind, rows, datum="wgs84", dry_run=False, now=told
        )
        events += more
    lines: list[Row] = []
    for no in range(CYLINDERS):
        life = city.life(no, 2, returned=no % 3 == 0)
        # Crimes stand apart, so that each is seen for itself.
        if no % 5 == 1 and no // 5 < len(CRIMES):
            life = CRIMES[no // 5].commit(city.life(no, 2))
        lines += [Row(len(lines) + n, line) for n, line in enumerate(life, 1)]
    _, more = imports_io.take_in(conn, viewer, lines, system="澜江燃气", datum="wgs84", now=told)
    return events + more


def _registers(city: GasCity, live: int) -> dict[str, list[dict[str, Any]]]:
    found = city.registers()
    found["site"].append({
        "key": "澜江检验站", "role": "inspection", "company": "澜江燃气", "lat": city.lat - 0.004,
        "lon": city.lon,
    })  # fmt: skip
    found["courier"] += [{"key": name, "company": "澜江燃气"} for name in COURIERS]
    chance = Random(f"homes/{city.seed}")  # noqa: S311
    found["user"] += [
        {"key": key, "user_kind": "household", "address": address,
         "lat": round(city.lat + 0.015 + chance.uniform(-0.008, 0.008), 6),
         "lon": round(city.lon + 0.008 + chance.uniform(-0.008, 0.008), 6)}
        for key, address in live_users(live)
    ]  # fmt: skip
    return found
