"""Whoever waits for rows of gas_watch takes them in one order; these waited in a ring before."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection

from core.migrate import migrate
from core.values import OrgId, Role, Viewer, to_ms
from geo.gas import epcis_io, judgement_io, ledger_io, people_io, registers_io
from tests.integration.geo.gas.test_judgement_io import NOW, send
from tests.servers import Server

Work = Callable[[Connection[Any]], object]


@pytest.fixture(scope="module")
def url(server: Server) -> str:
    """Of a database of its own, because these tests write for good."""
    found = server.create_database("waypost_test_gas_watch")
    with psycopg.connect(found, autocommit=True) as conn:
        migrate(conn, storage=server.storage)
    return found


@pytest.fixture
def main(url: str) -> Iterator[Connection[Any]]:
    with psycopg.connect(url, options="-c timezone=UTC") as conn:
        yield conn


@pytest.fixture
def gas(main: Connection[Any]) -> Viewer:
    row = main.execute("INSERT INTO org (kind, name) VALUES ('bureau', %s) RETURNING id",
                       (str(uuid4()),)).fetchone()  # fmt: skip
    assert row is not None
    org = OrgId(row[0])
    main.commit()
    return Viewer("gas", Role.ADMIN, org, frozenset({org}))


def line(type_: str, code: str, **said: Any) -> dict[str, Any]:
    return {"event_id": str(uuid4()), "type": type_, "code": code, "at": to_ms(NOW), **said}


@contextmanager
def at_once(url: str, main: Connection[Any], *works: Work) -> Iterator[list[str]]:
    """All wait for what `main` holds, or for each other, until it commits; what became of them."""
    became: list[str] = []

    def one(work: Work) -> None:
        try:
            with psycopg.connect(url, options="-c timezone=UTC") as conn:
                work(conn)
            became.append("done")
        except psycopg.errors.DeadlockDetected:
            became.append("deadlock")

    threads = [threading.Thread(target=one, args=(work,)) for work in works]
    for no, thread in enumerate(threads, 1):
        thread.start()
        _until_waiting(url, no)
    main.commit()
    for thread in threads:
        thread.join(20)
    yield became


def _until_waiting(url: str, count: int) -> None:
    waiting = ("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
               " AND wait_event_type = 'Lock'")  # fmt: skip
    with psycopg.connect(url, autocommit=True) as conn:
        for _ in range(200):
            if conn.execute(waiting).fetchone() == (count,):
                return
            time.sleep(0.05)
    raise AssertionError(f"there are not {count} waiting")


def test_two_files_of_a_register_in_other_orders(
    url: str, main: Connection[Any], gas: Viewer
) -> None:
    codes = {"X": "2-first", "M": "1-middle", "Y": "3-last"}
    send(main, gas, [line("stock_in", code, site_id=site) for site, code in codes.items()])
    registers_io.touch(main, "site", list(codes), NOW)
    main.commit()

    def entered(order: str, name: str) -> Work:
        rows = [{"key": site, "name": name} for site in order]
        return lambda conn: registers_io.take_in(
            conn, gas, "site", rows, datum="wgs84", dry_run=False, now=NOW
        )

    main.execute("SELECT FROM gas_watch WHERE key = '1-middle' FOR UPDATE")
    with at_once(url, main, entered("XMY", "one"), entered("YMX", "other")) as became:
        assert became == ["done", "done"]


def test_events_told_while_the_clock_takes_their_users(
    url: str, main: Connection[Any], gas: Viewer
) -> None:
    """Numbers below zero stand in another order as numbers than as text."""
    names = [f"PU{no}" for no in range(60)]
    numbers = dict(zip(ledger_io.keys_of(main, names), names, strict=True))
    low = sorted(no for no in numbers if no < 0 and len(str(no)) == 20)
    three = [low[0], low[len(low) // 2], low[-1]]
    assert sorted(map(str, three)) == [str(no) for no in reversed(three)]
    scans = [line("scan", f"PC{no}", user_id=numbers[no]) for no in three]
    send(main, gas, scans)
    main.commit()

    def told(conn: Connection[Any]) -> None:
        send(conn, gas, [{**one, "event_id": str(uuid4())} for one in scans])

    def by_the_clock(conn: Connection[Any]) -> None:
        people_io.sweep(conn, NOW + timedelta(minutes=1))

    main.execute("SELECT FROM gas_watch WHERE key = %s FOR UPDATE", (str(three[1]),))
    with at_once(url, main, by_the_clock, told) as became:
        assert became == ["done", "done"]


def test_documents_that_declare_the_same_cylinders_wrong_in_other_orders(
    url: str, main: Connection[Any], gas: Viewer
) -> None:
    names = [f"PW{no}" for no in range(60)]
    shards = {no & 63: name for no, name in zip(ledger_io.keys_of(main, names), names, strict=True)}
    low, middle, high = (shards[no] for no in sorted(shards)[:3])
    scans = [line("scan", code) for _ in range(2) for code in (low, middle, high)]
    send(main, gas, scans)
    main.commit()
    span = NOW - timedelta(days=1), NOW + timedelta(days=1)
    told = {
        one["eventID"]: one
        for code in (low, middle, high)
        for one in epcis_io.export(main, gas, *span, code=code, now=NOW)["epcisBody"]["eventList"]
    }
    wrong = {"reason": "did_not_occur", "declarationTime": NOW.isoformat()}

    def captured(*numbers: int) -> Work:
        events = [told[f"urn:uuid:{scans[no]['event_id']}"] for no in numbers]
        said = {"type": "EPCISDocument", "epcisBody": {
            "eventList": [{**one, "errorDeclaration": wrong} for one in events]}}  # fmt: skip

        def work(conn: Connection[Any]) -> None:
            report, _ = epcis_io.capture(conn, gas, said, system="", now=NOW)
            assert report["counts"]["declared"] == 3, report

        return work

    ledger_io.lock(main, [middle])
    with at_once(url, main, captured(0, 1, 2), captured(5, 4, 3)) as became:
        assert became == ["done", "done"]


def test_a_dry_run_asks_for_nobody_and_waits_for_nobody(
    url: str, main: Connection[Any], gas: Viewer
) -> None:
    send(main, gas, [line("stock_in", "dry", site_id="DRY")])
    registers_io.touch(main, "site", ["DRY"], NOW)
    main.commit()
    main.execute("SELECT FROM gas_watch WHERE key = 'dry' FOR UPDATE")
    with psycopg.connect(url, options="-c lock_timeout=500") as conn:
        report, _ = registers_io.take_in(conn, gas, "site", [{"key": "DRY"}], datum="wgs84",
                                         dry_run=True, now=NOW)  # fmt: skip
    assert report["counts"]["created"] == 1


def test_a_judgement_takes_nothing_off_that_is_asked_for_meanwhile(
    url: str, main: Connection[Any], gas: Viewer
) -> None:
    send(main, gas, [line("lost", "idle")])
    registers_io.take_in(main, gas, "site", [{"key": "I"}], datum="wgs84", dry_run=False, now=NOW)
    judgement_io.judge_cylinders(main, ["idle"], NOW + timedelta(days=900), ())
    main.execute("INSERT INTO gas_watch VALUES ('cylinder', 'idle', %s)"
                 " ON CONFLICT DO NOTHING", (NOW,))  # fmt: skip
    main.commit()
    main.execute("UPDATE gas_watch SET due_at = %s WHERE key = 'idle'", (NOW,))
    with psycopg.connect(url, options="-c lock_timeout=500 -c timezone=UTC") as conn:
        judgement_io.judge_cylinders(conn, ["idle"], NOW + timedelta(days=901), ())
    main.commit()
    assert main.execute("SELECT due_at FROM gas_watch WHERE key = 'idle'").fetchone() == (NOW,)
