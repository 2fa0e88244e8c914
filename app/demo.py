"""What makes `demo` a demo: a district in the database, somebody to log in, a fleet that moves."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg import Connection

from app.box import Plan
from app.passwords import secret
from app.schedule import Sweep
from core.clock import now
from core.events import Event
from core.events_io import append_events

LOGIN = "dispatcher"
_SEEDED = "demo_district"  # in table `installation`
CITY_SEED = "city_seed"  # likewise: which city the web draws under the units


def plan(words: Sequence[str], headless: bool, *, simulator: bool) -> Plan:
    """`words` say how large the district is, as `simulate` reads them."""

    def seed(conn: Connection[Any], folder: Path) -> tuple[str, str]:
        _seed_district(conn, words)
        return LOGIN, _account(conn, folder)

    return Plan(
        demo=True,
        headless=headless,
        simulate=words if simulator else None,
        district=words,
        seed=seed,
    )


def _seed_district(conn: Connection[Any], words: Sequence[str]) -> None:
    """Once for each size and seed: making the city's plan takes longer than all else."""
    wanted = json.dumps(list(words))
    row = conn.execute("SELECT value FROM installation WHERE name = %s", (_SEEDED,)).fetchone()
    if row is not None and row[0] == wanted:
        return
    from app import (
        district,
        district_equipment,
        district_gas,
        district_io,
        district_tasks,
        simulate,
    )

    read = simulate.read_words(words)
    at = now()
    made = district.plan(read.seed, read.sizes, at)
    events = district_io.seed(conn, made, at)
    if read.sizes.cylinders and made.points:
        centre = (made.points[0].lon_deg, made.points[0].lat_deg)
        events += district_gas.seed(conn, read.seed, centre, read.sizes.cylinders, at)
    events += district_equipment.seed(conn, made.devices, read.seed, at)
    events += district_tasks.seed(conn, made.devices, read.seed, at)
    append_events(conn, events)
    for name, value in ((_SEEDED, wanted), (CITY_SEED, str(read.seed))):
        conn.execute(
            """INSERT INTO installation VALUES (%s, %s)
               ON CONFLICT (name) DO UPDATE SET value = excluded.value""",
            (name, value),
        )


def _account(conn: Connection[Any], folder: Path) -> str:
    """The demo's own account; its password is generated once and kept in the data folder."""
    from core.values import Role
    from devices.enrolment_io import find_org
    from web.accounts_io import create_account

    password = secret(folder, LOGIN)
    known = conn.execute("SELECT FROM account WHERE login = %s", (LOGIN,)).fetchone()
    if known is None:
        create_account(conn, LOGIN, password, Role.ADMIN, find_org(conn, None))
    return password


def windows_sweep(words: Sequence[str]) -> Sweep:
    """A sweep that adds the patrol windows which have come into sight."""
    from app import district, district_io, simulate

    read = simulate.read_words(words)
    made = None

    def sweep(conn: Connection[Any], at: datetime) -> Sequence[Event]:
        nonlocal made
        if made is None:
            made = district.who_and_where(read.seed, read.sizes)
        roster, streets = made
        district_io.roll(conn, roster.points, list(district.windows(roster.points, at)), at)
        district_io.post(conn, list(district.shifts(roster, streets, at)), at)
        return ()

    return sweep
